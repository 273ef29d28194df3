-- +goose Up
-- token_visible_until is null where the token may be shown for ever (the
-- sandbox's keys).
CREATE TABLE project_keys (
    id                  TEXT PRIMARY KEY,
    project_id          TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    kind                TEXT NOT NULL,
    name                TEXT NOT NULL,
    token_hash          BYTEA NOT NULL,
    last_four           TEXT NOT NULL,
    sealed_token        BYTEA,
    token_visible_until BIGINT,
    previous_hash       BYTEA,
    previous_until      BIGINT,
    allowed_ips         TEXT NOT NULL,
    last_used_at        BIGINT,
    last_used_ip        TEXT,
    created_by          TEXT NOT NULL,
    updated_by          TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL
);
CREATE INDEX project_keys_project ON project_keys (project_id, id);
CREATE INDEX project_keys_reveal ON project_keys (token_visible_until) WHERE sealed_token IS NOT NULL;
CREATE INDEX project_keys_overlap ON project_keys (previous_until) WHERE previous_until IS NOT NULL;
