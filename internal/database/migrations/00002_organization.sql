-- +goose Up
CREATE TABLE organizations (
    id                   TEXT PRIMARY KEY,
    name                 TEXT NOT NULL,
    management_api       BOOLEAN NOT NULL,
    management_key_limit BIGINT NOT NULL,
    limits               TEXT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
);
