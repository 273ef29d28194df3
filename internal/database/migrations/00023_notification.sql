-- +goose Up
-- What the console tells people. Ids begin with the time: the newest come
-- first by their ids.
CREATE TABLE notifications (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    project_id      TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    title           TEXT NOT NULL,
    text            TEXT NOT NULL,
    details         TEXT NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX notifications_organization ON notifications (organization_id, id);
CREATE INDEX notifications_project ON notifications (project_id);

-- Who has read what.
CREATE TABLE notification_reads (
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    notification_id TEXT NOT NULL REFERENCES notifications (id) ON DELETE CASCADE,
    read_at         BIGINT NOT NULL,
    PRIMARY KEY (user_id, notification_id)
);
CREATE INDEX notification_reads_notification ON notification_reads (notification_id);

-- That a project was warned of a metric in the time that begins at starts_at:
-- who inserts the row writes the warning.
CREATE TABLE usage_warnings (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    metric     TEXT NOT NULL,
    starts_at  BIGINT NOT NULL,
    PRIMARY KEY (project_id, metric, starts_at)
);
CREATE INDEX usage_warnings_age ON usage_warnings (starts_at);

-- The projects that ask for usage warnings, found without reading the others
-- of their organization. Nothing else in the settings has a member "enabled".
CREATE INDEX projects_warned ON projects (organization_id, id) WHERE settings LIKE '%"enabled":true%';
