-- +goose Up
-- Tries to sign in that failed, by login and by address: hashes, so that the
-- table tells nobody who has an account.
CREATE TABLE sign_in_failures (
    subject  TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL
);
CREATE INDEX sign_in_failures_last ON sign_in_failures (last_at);
