-- +goose Up
-- secret is the sealed whsec_ secret of the Standard Webhooks signatures.
CREATE TABLE webhooks (
    id         TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    target_url TEXT NOT NULL,
    events     TEXT NOT NULL,
    active     BOOLEAN NOT NULL,
    secret     BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_project ON webhooks (project_id, id);
