-- +goose Up
-- settings is the JSON of everything a project lets its users configure.
CREATE TABLE projects (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name            TEXT NOT NULL,
    is_sandbox      BOOLEAN NOT NULL,
    settings        TEXT NOT NULL,
    webhook_token   BYTEA NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX projects_organization ON projects (organization_id, id);
-- An organization has one sandbox, found without reading its other projects.
CREATE UNIQUE INDEX projects_sandbox ON projects (organization_id) WHERE is_sandbox;

-- How many projects an organization has, so that a page of a list of a
-- million projects need not count them.
CREATE TABLE project_counts (
    organization_id TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    total           BIGINT NOT NULL
);

CREATE TABLE project_members (
    project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, user_id)
);
CREATE INDEX project_members_user ON project_members (user_id, project_id);

-- login is the e-mail address in lower case.
CREATE TABLE invitations (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    login           TEXT NOT NULL,
    email           TEXT NOT NULL,
    first_name      TEXT NOT NULL,
    last_name       TEXT NOT NULL,
    token_hash      BYTEA NOT NULL UNIQUE,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    UNIQUE (organization_id, login)
);

CREATE TABLE invitation_projects (
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    project_id    TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    role          TEXT NOT NULL,
    PRIMARY KEY (invitation_id, project_id)
);
CREATE INDEX invitation_projects_project ON invitation_projects (project_id);
