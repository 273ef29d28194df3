-- +goose Up
-- Ids begin with the time of the event or send-out: a range of ids is a range
-- of time. There are no foreign keys, for the reason told of custom_events.
CREATE TABLE webhook_events (
    id         TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    data       TEXT NOT NULL,
    entity_id  TEXT,
    group_id   TEXT,
    source     TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- Of its tries, earlier ones do not count for the schedule: they were made
-- before somebody asked to try again.
CREATE TABLE webhook_sendouts (
    id          TEXT PRIMARY KEY,
    project_id  TEXT NOT NULL,
    webhook_id  TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    type        TEXT NOT NULL,
    status      TEXT NOT NULL,
    tries       BIGINT NOT NULL,
    earlier     BIGINT NOT NULL,
    first_at    BIGINT,
    next_at     BIGINT,
    lease_until BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX webhook_sendouts_project ON webhook_sendouts (project_id, id);
-- What is unfinished is found by when it is due.
CREATE INDEX webhook_sendouts_due ON webhook_sendouts (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX webhook_sendouts_webhook ON webhook_sendouts (webhook_id, id);
CREATE TABLE webhook_attempts (
    project_id TEXT NOT NULL,
    sendout_id TEXT NOT NULL,
    number     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    took       BIGINT NOT NULL,
    status     BIGINT NOT NULL,
    answer     TEXT NOT NULL,
    error      TEXT NOT NULL,
    PRIMARY KEY (project_id, sendout_id, number)
);
