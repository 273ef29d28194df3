-- +goose Up
-- The second thing that people sign in with. The secrets are sealed; a pending
-- one waits for its first code.
CREATE TABLE one_time_codes (
    user_id       TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret        BYTEA,
    last_step     BIGINT NOT NULL,
    enabled_at    BIGINT,
    pending       BYTEA,
    pending_until BIGINT
);
CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);
ALTER TABLE organizations ADD COLUMN require_one_time_codes BOOLEAN NOT NULL DEFAULT FALSE;

-- From where a session was begun, for its user to recognise it.
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
