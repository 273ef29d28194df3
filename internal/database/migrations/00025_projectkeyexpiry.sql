-- +goose Up
-- expires_at is null for a key that is good until it is deleted.
ALTER TABLE project_keys ADD COLUMN expires_at BIGINT;
