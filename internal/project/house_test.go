package project_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/project"
)

const (
	collection = "/management/v1/projects"
	single     = collection + "/" + apitest.ProjectID
	minimal    = `{"name":"Shop","case_sensitive_codes":true,"timezone":"Europe/Warsaw","currency":"EUR"}`
	cluster    = "eu1"
	settings   = `{"timezone":"UTC","currency":"EUR","cluster_id":"eu1","api_version":"v2018-08-01","case_sensitive_codes":false}`
	jane       = "user_jane" // a person of the organization, member of nothing
)

// house is the API of this room, with the smallest of the other rooms.
type house struct {
	*apitest.Server
	service *project.Service
}

// open starts a house whose organization has an owner, a viewer and Jane, and
// whose bare project can be shown.
func open(t testing.TB, db database.DB) house {
	t.Helper()
	var h house
	h.Server = apitest.New(t, db, func(s *apitest.Server) {
		h.service = project.NewService(s.Seal, cluster, project.Parts{
			Keys: keys{}, Members: members{}, Roles: roles{}, Sessions: sessions{}, Copiers: []project.Copier{copier{"first"}, copier{"second"}},
		})
		project.Register(s.Router, h.service)
	})
	for id, owner := range map[string]bool{apitest.Owner: true, apitest.Viewer: false, apitest.Outsider: false, jane: false} {
		h.Exec(t, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
			VALUES ($1, $2, $3, $3, 'F', 'L', $4, '', 0, 0)`, id, apitest.OrganizationID, id+"@acme.example", owner)
	}
	for org, id := range map[string]string{apitest.OrganizationID: apitest.ProjectID, apitest.StrangerOrgID: apitest.StrangerID} {
		h.furnish(t, org, id)
	}
	h.join(t, apitest.ProjectID, apitest.Viewer, "VIEWER")
	return h
}

// furnish gives a bare project what only the service gives it.
func (h house) furnish(t testing.TB, organizationID, id string) {
	t.Helper()
	h.Exec(t, `UPDATE projects SET settings = $1, webhook_token = $2 WHERE id = $3`, settings, h.sealed(id), id)
	h.Exec(t, `INSERT INTO project_counts (organization_id, total) VALUES ($1, 1)
		ON CONFLICT (organization_id) DO UPDATE SET total = project_counts.total + 1`, organizationID)
}

// add puts further projects into the organization, with ids that sort behind
// the first one's, in one transaction.
func (h house) add(t testing.TB, n int) []string {
	t.Helper()
	ids := []string{}
	for i := range n {
		ids = append(ids, fmt.Sprintf("proj_01k1%022d", i))
	}
	err := h.DB.Write(t.Context(), func(tx database.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(t.Context(), `INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at)
				VALUES ($1, $2, 'Shop', FALSE, $3, $4, 0, 0)`, id, apitest.OrganizationID, settings, h.sealed(id)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(t.Context(), `UPDATE project_counts SET total = total + $1 WHERE organization_id = $2`, n, apitest.OrganizationID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// sealed is the webhook token of a project that the service did not make.
func (h house) sealed(id string) []byte {
	return h.Seal.Seal("webhook_token "+id, []byte(strings.Repeat("ab", 32)))
}

func (h house) join(t testing.TB, projectID, userID, role string) {
	t.Helper()
	h.Exec(t, `INSERT INTO project_members (project_id, user_id, role, created_at) VALUES ($1, $2, $3, 0)`, projectID, userID, role)
}

// text returns the one text that a query answers with, or nothing.
func (h house) text(t testing.TB, sql string, args ...any) string {
	t.Helper()
	var s string
	if err := h.DB.QueryRow(t.Context(), sql, args...).Scan(&s); err != nil && !errors.Is(err, database.ErrNoRows) {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// sandbox makes the organization's sandbox.
func (h house) sandbox(t testing.TB) *project.Project {
	t.Helper()
	var p *project.Project
	err := h.DB.Write(t.Context(), func(tx database.Tx) (err error) {
		p, err = h.service.EnsureSandbox(t.Context(), tx, apitest.OrganizationID, clock.At(h.Now()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

type keys struct{}

func (keys) MintPair(ctx context.Context, tx database.Tx, projectID string, sandbox bool, createdBy string, now clock.Timestamp) (server, client project.ProjectSideKey, err error) {
	for kind, into := range map[string]*project.ProjectSideKey{"server": &server, "client": &client} {
		*into = project.ProjectSideKey{AppID: ident.NewID(ident.ProjectKey), AppToken: kind + "-token"}
		var until *clock.Timestamp
		if !sandbox {
			until = &now
		}
		if _, err := tx.Exec(ctx, `INSERT INTO project_keys (id, project_id, kind, name, token_hash, last_four, token_visible_until, allowed_ips, created_by, updated_by, created_at, updated_at)
			VALUES ($1, $2, $3, '', $4, '', $5, '[]', $6, $6, $7, $7)`, into.AppID, projectID, kind, []byte{1}, until, createdBy, now); err != nil {
			return server, client, err
		}
	}
	return server, client, nil
}

type members struct{}

func (members) AddOwners(ctx context.Context, tx database.Tx, organizationID, projectID string, now clock.Timestamp) error {
	_, err := tx.Exec(ctx, `INSERT INTO project_members (project_id, user_id, role, created_at)
		SELECT $1, id, 'ADMIN', 0 FROM users WHERE organization_id = $2 AND is_owner`, projectID, organizationID)
	return err
}

func (members) Assign(ctx context.Context, tx database.Tx, organizationID, projectID string, a project.Assignment, now clock.Timestamp) error {
	if a.Role == "role_none" {
		return fault.New(fault.IncorrectRole, "There is no role role_none")
	}
	n, err := tx.Exec(ctx, `INSERT INTO project_members (project_id, user_id, role, created_at)
		SELECT $1, id, $2, 0 FROM users WHERE organization_id = $3 AND (id = $4 OR login = $5)`, projectID, a.Role, organizationID, a.ID, a.Login)
	if err == nil && n == 0 {
		return fault.NotFound("user", a.ID+a.Login)
	}
	return err
}

type roles struct{}

func (roles) PermissionsIn(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error) {
	var role string
	err := q.QueryRow(ctx, `SELECT role FROM project_members WHERE user_id = $1 AND project_id = $2`, userID, projectID).Scan(&role)
	held, _ := ident.BuiltInRole(role).Permissions()
	return held, err
}

type sessions struct{}

func (sessions) EndIn(ctx context.Context, tx database.Tx, organizationID, projectID string) error {
	_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE project_id = $1`, projectID)
	return err
}

// copier leaves a trace of what it copied, so that tests see that and in what
// order it ran.
type copier struct{ name string }

func (c copier) CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error {
	_, err := tx.Exec(ctx, `INSERT INTO categories (id, project_id, name, hierarchy, created_at)
		VALUES ($1, $2, $3, (SELECT count(*) FROM categories WHERE project_id = $2), $4)`, ident.NewID(ident.Category), to, c.name+" of "+from, now)
	return err
}
