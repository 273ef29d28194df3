-- +goose Up
CREATE TABLE campaign_templates (
    id            TEXT PRIMARY KEY,
    project_id    TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    description   TEXT,
    campaign_type TEXT NOT NULL,
    definition    TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT,
    UNIQUE (project_id, name)
);
CREATE INDEX campaign_templates_project ON campaign_templates (project_id, id);
