-- +goose Up
-- Facts about the installation itself, such as the secret key's fingerprint.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
