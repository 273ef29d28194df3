package project

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/seal"
)

// Members puts people into projects.
type Members interface {
	// AddOwners makes every owner of the organization a member of the project,
	// with the role ADMIN.
	AddOwners(ctx context.Context, tx database.Tx, organizationID, projectID string, now clock.Timestamp) error
	// Assign makes a user a member of the project. It returns
	// fault.ResourceNotFound for a user that the organization does not have,
	// or fault.IncorrectRole.
	Assign(ctx context.Context, tx database.Tx, organizationID, projectID string, a Assignment, now clock.Timestamp) error
}

// Keys mints the keys of projects.
type Keys interface {
	// MintPair makes the first server-side and client-side key of a project.
	MintPair(ctx context.Context, tx database.Tx, projectID string, sandbox bool, createdBy string, now clock.Timestamp) (server, client ProjectSideKey, err error)
}

// Sessions ends console sessions.
type Sessions interface {
	// EndIn ends the sessions of all who work in the project, on every node.
	EndIn(ctx context.Context, tx database.Tx, organizationID, projectID string) error
}

// Roles tells what users may do in a project.
type Roles interface {
	// PermissionsIn returns the user's permissions in the project, nil if the
	// user is no member of it.
	PermissionsIn(ctx context.Context, q database.Querier, userID, projectID string) ([]ident.Permission, error)
}

// Copier copies what one room keeps for a project.
type Copier interface {
	// CopyProject copies it from a project to one just made.
	CopyProject(ctx context.Context, tx database.Tx, from, to string, now clock.Timestamp) error
}

// Parts is what projects need from other rooms.
type Parts struct {
	Keys     Keys
	Members  Members
	Roles    Roles
	Sessions Sessions
	// Copiers copy, in this order, what a clone takes over beside the settings.
	Copiers []Copier
}

// Service does what can be done with projects.
type Service struct {
	store   Store
	seal    *seal.Box
	cluster string
	parts   Parts
}

// NewService returns the service of a server in the given cluster.
func NewService(box *seal.Box, cluster string, parts Parts) *Service {
	return &Service{seal: box, cluster: cluster, parts: parts}
}

// Exists reports whether the organization has this project.
func (s *Service) Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error) {
	return s.store.Exists(ctx, q, organizationID, projectID)
}

// Get returns a project of the organization, or fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, organizationID, id string) (*Project, error) {
	p, err := s.store.Get(ctx, q, organizationID, id)
	if err != nil {
		return nil, err
	}
	return p, s.open(p)
}

// Create makes a project with its first keys, and all owners of the
// organization and the users named by the draft as its members (CONTRACT 3).
// It returns fault.Forbidden for another cluster, fault.InvalidPayload,
// fault.IncorrectRole, or fault.ResourceNotFound for a user.
func (s *Service) Create(ctx context.Context, tx database.Tx, organizationID string, draft ProjectCreate, createdBy string, now clock.Timestamp) (*ProjectCreated, error) {
	if draft.ClusterID != nil && *draft.ClusterID != s.cluster {
		return nil, fault.Denied("Project is bound to different region")
	}
	if err := draft.check(draft.CaseSensitiveCodes); err != nil {
		return nil, err
	}
	users, err := draft.assignments()
	if err != nil {
		return nil, err
	}
	p := &Project{
		Document: draft.Document,
		Origin:   Origin{ClusterID: s.cluster, APIVersion: draft.APIVersion, CaseSensitiveCodes: draft.CaseSensitiveCodes},
	}
	created, err := s.insert(ctx, tx, organizationID, p, createdBy, now)
	if err != nil {
		return nil, err
	}
	for _, a := range users {
		if err := s.parts.Members.Assign(ctx, tx, organizationID, p.ID, a, now); err != nil {
			return nil, err
		}
	}
	return created, changed(ctx, tx, p.ID)
}

// Clone makes a project with the settings of another and what the copiers take
// over, with keys of its own, and with the owners alone as its members. The
// copy of a sandbox is no sandbox. It returns fault.ResourceNotFound or
// fault.InvalidPayload.
func (s *Service) Clone(ctx context.Context, tx database.Tx, organizationID, id string, c ProjectClone, createdBy string, now clock.Timestamp) (*ProjectCreated, error) {
	p, err := s.store.Get(ctx, tx, organizationID, id)
	if err != nil {
		return nil, err
	}
	p.Name, p.IsSandbox, p.Limits, p.ClusterID = c.Name, false, nil, s.cluster
	if c.Description != nil {
		p.Description = *c.Description
	}
	if err := p.check(p.CaseSensitiveCodes); err != nil {
		return nil, err
	}
	created, err := s.insert(ctx, tx, organizationID, p, createdBy, now)
	if err != nil {
		return nil, err
	}
	for _, copier := range s.parts.Copiers {
		if err := copier.CopyProject(ctx, tx, id, p.ID, now); err != nil {
			return nil, err
		}
	}
	return created, changed(ctx, tx, p.ID)
}

// EnsureSandbox makes the organization's sandbox, if it has none yet, and
// returns it. The tokens of its keys can be shown always (CONTRACT 4).
func (s *Service) EnsureSandbox(ctx context.Context, tx database.Tx, organizationID string, now clock.Timestamp) (*Project, error) {
	p, err := s.store.Sandbox(ctx, tx, organizationID)
	if err != nil {
		return nil, err
	}
	if p != nil {
		return p, s.open(p)
	}
	p = &Project{
		Document:  Document{Name: "Sandbox Project", Settings: defaultSettings()},
		Origin:    Origin{ClusterID: s.cluster, APIVersion: APIVersion, CaseSensitiveCodes: true},
		IsSandbox: true, Limits: sandboxLimits(),
	}
	p.Timezone, p.Currency = "UTC", "EUR"
	created, err := s.insert(ctx, tx, organizationID, p, string(ident.ByOperator), now)
	if err != nil {
		return nil, err
	}
	return &created.Project, changed(ctx, tx, p.ID)
}

// Update merges the members that the body sends into the project and returns
// it before and after. It returns fault.ResourceNotFound, or
// fault.InvalidPayload, also for a change of what cannot be changed.
func (s *Service) Update(ctx context.Context, tx database.Tx, organizationID, id string, body []byte, now clock.Timestamp) (before, after *Project, err error) {
	if before, err = s.Get(ctx, tx, organizationID, id); err != nil {
		return nil, nil, err
	}
	if after, err = s.Get(ctx, tx, organizationID, id); err != nil { // a second copy: merging writes through pointers
		return nil, nil, err
	}
	sent := ProjectUpdate{Document: after.Document}
	if err := api.Merge(body, &sent); err != nil {
		return nil, nil, err
	}
	after.Document = sent.Document
	if err := after.check(after.CaseSensitiveCodes, after.checkImmutable(&sent)...); err != nil {
		return nil, nil, err
	}
	after.settle(after.CaseSensitiveCodes)
	if err := s.store.Update(ctx, tx, organizationID, after, now); err != nil {
		return nil, nil, err
	}
	return before, after, changed(ctx, tx, id)
}

// Delete removes the project with all that belongs to it, ends the sessions of
// those who work in it, and returns what it was. It returns
// fault.ResourceNotFound, or fault.InvalidPayload for a sandbox (CONTRACT 3).
func (s *Service) Delete(ctx context.Context, tx database.Tx, organizationID, id string) (*Project, error) {
	p, err := s.Get(ctx, tx, organizationID, id)
	if err != nil {
		return nil, err
	}
	if p.IsSandbox {
		return nil, fault.Invalid("The sandbox project cannot be deleted").About(kind, id)
	}
	if err := s.parts.Sessions.EndIn(ctx, tx, organizationID, id); err != nil {
		return nil, err
	}
	if err := s.store.Delete(ctx, tx, organizationID, id); err != nil {
		return nil, err
	}
	// Its keys and sessions are gone with it: no node may know them any more.
	if err := tx.Notify(ctx, database.Change{Topic: database.TopicCredentials, Key: organizationID}); err != nil {
		return nil, err
	}
	return p, changed(ctx, tx, id)
}

// insert keeps p as a new project, with a webhook token and keys of its own
// and the organization's owners as its members.
func (s *Service) insert(ctx context.Context, tx database.Tx, organizationID string, p *Project, createdBy string, now clock.Timestamp) (*ProjectCreated, error) {
	p.ID = ident.NewID(ident.Project)
	p.settle(p.CaseSensitiveCodes)
	var token [32]byte
	_, _ = rand.Read(token[:]) // never fails: crypto/rand ends the program instead
	p.WebhookToken = hex.EncodeToString(token[:])
	p.sealedToken = s.seal.Seal(purpose(p.ID), []byte(p.WebhookToken))
	if err := s.store.Insert(ctx, tx, organizationID, p, now); err != nil {
		return nil, err
	}
	server, client, err := s.parts.Keys.MintPair(ctx, tx, p.ID, p.IsSandbox, createdBy, now)
	if err != nil {
		return nil, err
	}
	if err := s.parts.Members.AddOwners(ctx, tx, organizationID, p.ID, now); err != nil {
		return nil, err
	}
	return &ProjectCreated{Project: *p, ServerSideKey: server, ClientSideKey: client}, nil
}

// WebhookToken returns the organization of a project, whichever it is, and the
// secret that signs the project's webhooks, or fault.ResourceNotFound.
func (s *Service) WebhookToken(ctx context.Context, q database.Querier, projectID string) (organizationID, token string, err error) {
	p, err := s.store.Find(ctx, q, projectID)
	if err != nil {
		return "", "", err
	}
	if err := s.open(p); err != nil {
		return "", "", err
	}
	organizationID, err = s.store.Organization(ctx, q, projectID)
	return organizationID, p.WebhookToken, err
}

// open makes the webhook token of a stored project readable.
func (s *Service) open(p *Project) error {
	token, err := s.seal.Open(purpose(p.ID), p.sealedToken)
	if err != nil {
		return fmt.Errorf("webhook token of %s: %w", p.ID, err)
	}
	p.WebhookToken = string(token)
	return nil
}

func purpose(id string) string { return "webhook_token " + id }

func changed(ctx context.Context, tx database.Tx, projectID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicConfiguration, Key: projectID})
}
