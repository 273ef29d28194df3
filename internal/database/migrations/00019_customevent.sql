-- +goose Up
CREATE TABLE customers (
    id         TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    source_id  TEXT NOT NULL,
    document   TEXT NOT NULL,
    version    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT,
    UNIQUE (project_id, source_id)
);
CREATE INDEX customers_project ON customers (project_id, id);
-- Ids begin with the time of the event: a range of ids is a range of time.
CREATE TABLE custom_events (
    project_id  TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    id          TEXT NOT NULL,
    type        TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    payload     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (project_id, id)
);
CREATE INDEX custom_events_type ON custom_events (project_id, type, id);
CREATE INDEX custom_events_customer ON custom_events (project_id, customer_id, id);
CREATE TABLE event_rejections (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    type       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    count      BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    PRIMARY KEY (project_id, type, reason)
);
CREATE TABLE rejected_events (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    type       TEXT NOT NULL,
    details    TEXT NOT NULL,
    payload    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, id)
);
-- For how many days custom events are kept; 0 is for ever.
ALTER TABLE organizations ADD COLUMN event_retention_days BIGINT NOT NULL DEFAULT 365;
