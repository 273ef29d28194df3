-- +goose Up
-- The outbox is read page by page, the newest first.
DROP INDEX mails_organization;
CREATE INDEX mails_organization ON mails (organization_id, id);
