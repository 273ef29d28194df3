-- +goose Up
-- A webhook's own headers: their names are shown, their values are sealed. The
-- secret before the last rotation signs beside the current one for a while.
ALTER TABLE webhooks ADD COLUMN header_names TEXT NOT NULL DEFAULT '[]';
ALTER TABLE webhooks ADD COLUMN headers BYTEA;
ALTER TABLE webhooks ADD COLUMN ordered BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE webhooks ADD COLUMN rotated_at BIGINT;
ALTER TABLE webhooks ADD COLUMN old_secret BYTEA;
ALTER TABLE webhooks ADD COLUMN old_secret_until BIGINT;
CREATE INDEX webhooks_old_secret ON webhooks (old_secret_until) WHERE old_secret_until IS NOT NULL;

-- A send-out has a group only if it must wait for those before it there.
ALTER TABLE webhook_sendouts ADD COLUMN group_id TEXT;
ALTER TABLE webhook_sendouts ADD COLUMN test BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX webhook_sendouts_group ON webhook_sendouts (webhook_id, group_id, id) WHERE group_id IS NOT NULL AND next_at IS NOT NULL;

-- Send-outs that are tried again by a filter. The last one seen says how far
-- it is.
CREATE TABLE webhook_replays (
    id          TEXT PRIMARY KEY,
    project_id  TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    filter      TEXT NOT NULL,
    status      TEXT NOT NULL,
    total       BIGINT NOT NULL,
    retried     BIGINT NOT NULL,
    skipped     BIGINT NOT NULL,
    last_id     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX webhook_replays_project ON webhook_replays (project_id, id);

-- What is left of a project that is gone is found by the events.
CREATE INDEX webhook_events_project ON webhook_events (project_id, id);

-- How many tries of a webhook took how long in an hour, by powers of the
-- fourth root of two in milliseconds; and the last one that failed.
CREATE TABLE webhook_tallies (
    project_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    hour       BIGINT NOT NULL,
    succeeded  BOOLEAN NOT NULL,
    bucket     BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, hour, succeeded, bucket)
);
CREATE INDEX webhook_tallies_hour ON webhook_tallies (hour);
CREATE TABLE webhook_failures (
    webhook_id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL,
    sendout_id TEXT NOT NULL,
    at         BIGINT NOT NULL,
    status     BIGINT NOT NULL,
    error      TEXT NOT NULL
);
