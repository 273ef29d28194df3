-- +goose Up
-- The token itself is kept as a hash; sealed_token is its ciphertext, there
-- only while the token may be shown again.
CREATE TABLE management_keys (
    id                  TEXT PRIMARY KEY,
    organization_id     TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name                TEXT NOT NULL,
    token_hash          BYTEA NOT NULL,
    last_four           TEXT NOT NULL,
    sealed_token        BYTEA,
    token_visible_until BIGINT NOT NULL,
    previous_hash       BYTEA,
    previous_until      BIGINT,
    allowed_ips         TEXT NOT NULL,
    scopes              TEXT NOT NULL,
    project_ids         TEXT NOT NULL,
    expires_at          BIGINT,
    last_used_at        BIGINT,
    last_used_ip        TEXT,
    created_by          TEXT NOT NULL,
    updated_by          TEXT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL
);
CREATE INDEX management_keys_organization ON management_keys (organization_id, id);
CREATE INDEX management_keys_reveal ON management_keys (token_visible_until) WHERE sealed_token IS NOT NULL;
