-- +goose Up
-- The outbox. A queued mail is due at next_attempt_at; while it is being sent
-- that is when the sender's lease on it ends. The text of a sent mail is
-- erased: it can hold a link that is as good as a password.
CREATE TABLE mails (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    project_id      TEXT REFERENCES projects (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    to_address      TEXT NOT NULL,
    from_name       TEXT NOT NULL,
    subject         TEXT NOT NULL,
    text_body       TEXT NOT NULL,
    html_body       TEXT NOT NULL,
    status          TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    last_error      TEXT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT
);
CREATE INDEX mails_due ON mails (next_attempt_at, id) WHERE status = 'queued';
CREATE INDEX mails_sent ON mails (sent_at) WHERE status = 'sent';
CREATE INDEX mails_project ON mails (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX mails_organization ON mails (organization_id);
