-- +goose Up
-- Calls by hour. project_id and key_id are '' where none is meant; there is
-- no foreign key, because what was used stays counted after a deletion.
CREATE TABLE usage_hours (
    organization_id TEXT NOT NULL,
    hour            BIGINT NOT NULL,
    metric          TEXT NOT NULL,
    project_id      TEXT NOT NULL,
    key_id          TEXT NOT NULL,
    operation       TEXT NOT NULL,
    status_class    BIGINT NOT NULL,
    calls           BIGINT NOT NULL,
    PRIMARY KEY (organization_id, hour, metric, project_id, key_id, operation, status_class)
);

-- What counts against a limit: calls of one subject in one window of time,
-- added up over all nodes.
CREATE TABLE usage_windows (
    subject   TEXT NOT NULL,
    window_id TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    calls     BIGINT NOT NULL,
    PRIMARY KEY (subject, window_id, starts_at)
);
CREATE INDEX usage_windows_age ON usage_windows (starts_at);
