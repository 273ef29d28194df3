package app

import (
	"context"
	"time"

	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/conform"
	"github.com/steward-platform/steward/internal/console"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/eventschema"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/mail"
	"github.com/steward-platform/steward/internal/managementkey"
	"github.com/steward-platform/steward/internal/metadataschema"
	"github.com/steward-platform/steward/internal/onetimecode"
	"github.com/steward-platform/steward/internal/organization"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/projectkey"
	"github.com/steward-platform/steward/internal/usage"
	"github.com/steward-platform/steward/internal/user"
)

// The rooms do not know each other. What one needs of another it declares as
// an interface; here are the few lines that join them where the words differ.

// entitlements tells what an organization may have.
type entitlements struct{ organizations *organization.Service }

// Unlocked reports whether the organization has the Management API.
func (e entitlements) Unlocked(ctx context.Context, q database.Querier, organizationID string) (bool, error) {
	o, err := e.organizations.Get(ctx, q, organizationID)
	if err != nil {
		return false, err
	}
	return o.ManagementAPI, nil
}

// ManagementKeyLimit returns how many management keys it may have.
func (e entitlements) ManagementKeyLimit(ctx context.Context, q database.Querier, organizationID string) (int, error) {
	o, err := e.organizations.Get(ctx, q, organizationID)
	if err != nil {
		return 0, err
	}
	return o.ManagementKeyLimit, nil
}

// OrganizationName returns what the organization is called.
func (e entitlements) OrganizationName(ctx context.Context, q database.Querier, organizationID string) (string, error) {
	o, err := e.organizations.Get(ctx, q, organizationID)
	if err != nil {
		return "", err
	}
	return o.Name, nil
}

// letters writes to people.
type letters struct{ mails *mail.Service }

// SendInvitation enqueues an invitation.
func (l letters) SendInvitation(ctx context.Context, tx database.Tx, letter user.Letter) error {
	return l.mails.EnqueueInvitation(ctx, tx, mail.Invitation{
		OrganizationID: letter.OrganizationID, OrganizationName: letter.OrganizationName, ProjectID: letter.ProjectID,
		To: letter.To, Token: letter.Token, ValidUntil: letter.ExpiresAt,
	})
}

// SendPasswordReset enqueues a password reset.
func (l letters) SendPasswordReset(ctx context.Context, tx database.Tx, letter user.ResetLetter) error {
	return l.mails.EnqueuePasswordReset(ctx, tx, mail.PasswordReset{
		OrganizationID: letter.OrganizationID, To: letter.To, Token: letter.Token, ValidUntil: letter.ExpiresAt,
	})
}

// footers are what brands put below e-mails.
type footers struct{ brandings *branding.Service }

// Footer returns a project's footer, empty if it has no brand.
func (f footers) Footer(ctx context.Context, q database.Querier, projectID string) (text, html string, err error) {
	brands, err := f.brandings.List(ctx, q, projectID)
	if err != nil || len(brands) == 0 {
		return "", "", err
	}
	return brands[0].Footer(branding.FooterText), brands[0].Footer(branding.FooterHTML), nil
}

// members puts people into new projects.
type members struct{ users *user.Service }

// AddOwners makes the organization's owners members.
func (m members) AddOwners(ctx context.Context, tx database.Tx, organizationID, projectID string, now clock.Timestamp) error {
	return m.users.AddOwners(ctx, tx, organizationID, projectID, now)
}

// Assign makes a user a member.
func (m members) Assign(ctx context.Context, tx database.Tx, organizationID, projectID string, a project.Assignment, now clock.Timestamp) error {
	return m.users.Assign(ctx, tx, organizationID, projectID, a.ID, a.Login, a.Role, now)
}

// firstKeys mints the keys of new projects.
type firstKeys struct{ keys *projectkey.Service }

// MintPair makes the first server-side and client-side key.
func (k firstKeys) MintPair(ctx context.Context, tx database.Tx, projectID string, sandbox bool, createdBy string, now clock.Timestamp) (server, client project.ProjectSideKey, err error) {
	s, c, err := k.keys.MintPair(ctx, tx, projectID, sandbox, createdBy, now)
	return project.ProjectSideKey(s), project.ProjectSideKey(c), err
}

// people are users as sessions see them.
type people struct {
	db            database.DB
	users         *user.Service
	hasher        *user.Hasher
	organizations *organization.Service
	codes         *onetimecode.Service
}

// Verify returns the user with these credentials, or fault.Unauthorized.
func (h people) Verify(ctx context.Context, login, password string) (*console.Person, error) {
	u, err := h.users.VerifyCredentials(ctx, h.db, login, password)
	if err != nil {
		return nil, err
	}
	return h.Person(ctx, h.db, u.ID)
}

// Person returns a user by id, or fault.ResourceNotFound.
func (h people) Person(ctx context.Context, q database.Querier, id string) (*console.Person, error) {
	u, err := h.users.Get(ctx, q, id)
	if err != nil {
		return nil, err
	}
	o, err := h.organizations.Get(ctx, q, u.OrganizationID)
	if err != nil {
		return nil, err
	}
	p := &console.Person{
		ID: u.ID, Login: u.Login, OrganizationID: u.OrganizationID, FirstName: u.FirstName, LastName: u.LastName,
		OrganizationName: o.Name, Owner: u.IsOwner, Unlocked: o.ManagementAPI,
	}
	if o.RequireOneTimeCodes {
		has, err := h.codes.Status(ctx, q, u.ID)
		if err != nil {
			return nil, err
		}
		p.MustEnrol = has.EnabledAt == nil
	}
	return p, nil
}

// Rename gives a user other names.
func (h people) Rename(ctx context.Context, tx database.Tx, userID string, first, last *string, now clock.Timestamp) error {
	return h.users.Rename(ctx, tx, userID, first, last, now)
}

// HashPassword hashes a new password.
func (h people) HashPassword(ctx context.Context, password string) (string, error) {
	return h.hasher.Hash(ctx, password)
}

// SetPassword replaces a user's password.
func (h people) SetPassword(ctx context.Context, tx database.Tx, userID, hash string, now clock.Timestamp) error {
	return h.users.SetPassword(ctx, tx, userID, hash, now)
}

// MayWorkIn reports whether the user is a member of the project.
func (h people) MayWorkIn(ctx context.Context, q database.Querier, userID, projectID string) (bool, error) {
	return h.users.IsMember(ctx, q, userID, projectID)
}

// keyUse notes the last use of keys.
type keyUse struct {
	keys        *managementkey.Service
	projectKeys *projectkey.Service
}

// Touch keeps the uses of management keys and of project keys.
func (k keyUse) Touch(ctx context.Context, tx database.Tx, uses []usage.Use) error {
	for _, u := range uses {
		touch := k.keys.Touch
		if u.Kind == ident.ByProjectKey {
			touch = k.projectKeys.Touch
		}
		if err := touch(ctx, tx, u.KeyID, u.At, u.Address.String()); err != nil {
			return err
		}
	}
	return nil
}

// judges are the schemas that events and customers are held against.
type judges struct {
	metadata *metadataschema.Service
	events   *eventschema.Service
}

// EventChecker returns what judges the events of a name, nil if nothing does.
func (j judges) EventChecker(ctx context.Context, projectID, name string) (*conform.Checker, error) {
	return j.events.Checker(ctx, projectID, name)
}

// CustomerChecker returns what judges customers, nil if nothing does.
func (j judges) CustomerChecker(ctx context.Context, projectID string) (*conform.Checker, error) {
	return j.metadata.Checker(ctx, projectID, "customer")
}

// storedEvents finds events to try changed schemas on. Schemas are made before
// the events that they judge.
type storedEvents struct{ services *services }

// LatestMetadata returns the metadata of the newest events of a name.
func (e storedEvents) LatestMetadata(ctx context.Context, q database.Querier, projectID, name string, limit int) ([]conform.Sample, error) {
	return e.services.customEvents.LatestEvents(ctx, q, projectID, name, limit)
}

// storedObjects finds metadata to try changed schemas on: of the objects that
// have schemas, Steward keeps customers alone.
type storedObjects struct{ services *services }

// LatestMetadata returns the metadata of the newest objects.
func (o storedObjects) LatestMetadata(ctx context.Context, q database.Querier, projectID, object string, limit int) ([]conform.Sample, error) {
	if object != "customer" {
		return nil, nil
	}
	return o.services.customEvents.LatestCustomers(ctx, q, projectID, limit)
}

// limitFinder tells limits from a cache that any change of an organization
// empties.
type limitFinder struct {
	db            database.DB
	organizations *organization.Service
	projects      *project.Access
	cache         *cache.Cache[*cachedLimits]
}

type cachedLimits struct {
	organizationID string
	limits         usage.Limits
}

func newLimitFinder(db database.DB, organizations *organization.Service, projects *project.Access) *limitFinder {
	f := &limitFinder{db: db, organizations: organizations, projects: projects, cache: cache.New[*cachedLimits](10_000)}
	db.Changes().Subscribe(func(change database.Change) {
		if change == database.Everything || change.Topic == database.TopicCredentials {
			f.cache.Drop(func(c *cachedLimits) bool { return change == database.Everything || c.organizationID == change.Key })
		}
	})
	return f
}

// limitLookup bounds how long a call may wait for its limits to be read.
const limitLookup = 2 * time.Second

// LimitsOf returns an organization's limits. If they cannot be read now, none
// but the default holds: a call that could not be limited is better answered
// than refused.
func (f *limitFinder) LimitsOf(organizationID string) usage.Limits {
	ctx, cancel := context.WithTimeout(context.Background(), limitLookup)
	defer cancel()
	c, err := f.cache.Get(ctx, organizationID, func(ctx context.Context) (*cachedLimits, error) {
		o, err := f.organizations.Get(ctx, f.db, organizationID)
		if err != nil {
			return nil, err
		}
		l, err := usage.ParseLimits(o.Limits)
		return &cachedLimits{organizationID, l}, err
	})
	if err != nil {
		return usage.Limits{}
	}
	return c.limits
}

// ProjectLimits returns a project's own limits on the Project API: a sandbox
// has some. As with LimitsOf, what cannot be read now does not limit.
func (f *limitFinder) ProjectLimits(projectID string) usage.Limits {
	ctx, cancel := context.WithTimeout(context.Background(), limitLookup)
	defer cancel()
	if sandbox, err := f.projects.IsSandbox(ctx, projectID); err != nil || !sandbox {
		return usage.Limits{}
	}
	return usage.Limits{APICallsPerHour: project.SandboxCallsPerHour}
}

// lateSessions lets users' rooms end sessions: sessions are of users, so they
// are made after them.
type lateSessions struct{ services *services }

// EndUserIn ends the user's sessions that work in a project.
func (l lateSessions) EndUserIn(ctx context.Context, tx database.Tx, organizationID, userID, projectID string) error {
	return l.services.sessions.EndUserIn(ctx, tx, organizationID, userID, projectID)
}

// EndAll ends all of a user's sessions.
func (l lateSessions) EndAll(ctx context.Context, tx database.Tx, organizationID, userID string) error {
	return l.services.sessions.EndAll(ctx, tx, organizationID, userID)
}
