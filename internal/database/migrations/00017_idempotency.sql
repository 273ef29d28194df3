-- +goose Up
-- Answers kept for Idempotency-Key. answer is sealed: it can hold tokens. A
-- row without a status is a claim of a request that still runs; one with a
-- status but without an answer held a secret that is no longer shown.
CREATE TABLE idempotency_keys (
    credential   TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    claimed_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    status       BIGINT,
    etag         TEXT,
    answer       BYTEA,
    answer_until BIGINT,
    PRIMARY KEY (credential, key)
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
