-- +goose Up
-- One set of rules a project; without one the defaults hold.
CREATE TABLE stacking_rules (
    id         TEXT PRIMARY KEY,
    project_id TEXT NOT NULL UNIQUE REFERENCES projects (id) ON DELETE CASCADE,
    rules      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT
);
