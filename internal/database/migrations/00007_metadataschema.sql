-- +goose Up
CREATE TABLE metadata_schemas (
    id                 TEXT PRIMARY KEY,
    project_id         TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    related_object     TEXT NOT NULL,
    allow_defined_only BOOLEAN,
    properties         TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT,
    UNIQUE (project_id, related_object)
);
