-- +goose Up
-- What has run out is looked for every few seconds.
CREATE INDEX idempotency_keys_answer ON idempotency_keys (answer_until) WHERE answer IS NOT NULL;
CREATE INDEX sessions_expiry ON sessions (expires_at);
