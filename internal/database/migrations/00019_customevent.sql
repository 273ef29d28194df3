-- +goose Up
-- No other index begins with project_id: until PostgreSQL has gathered its
-- statistics it would read all of a project's customers by it to find a few.
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
-- Ids begin with the time of the event: a range of ids is a range of time.
-- There is no foreign key: checking it, PostgreSQL locks the one row of the
-- project for every event. What a deleted project leaves is swept.
CREATE TABLE custom_events (
    project_id  TEXT NOT NULL,
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
