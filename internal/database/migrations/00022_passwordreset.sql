-- +goose Up
-- The links to choose a new password with; a link's token is kept as a hash.
-- Of a user's links only the newest is live, and only until it is used. The
-- others stay until they expire: they tell how many were sent of late.
CREATE TABLE password_resets (
    token_hash BYTEA PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    live       BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_resets_user ON password_resets (user_id);
CREATE INDEX password_resets_expiry ON password_resets (expires_at);

-- Mails that were not sent are removed some time after they were written.
CREATE INDEX mails_unsent ON mails (created_at) WHERE status IN ('failed', 'kept');
