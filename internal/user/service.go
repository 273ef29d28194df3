package user

import (
	"context"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Sessions ends console sessions.
type Sessions interface {
	// EndUserIn ends the user's sessions that work in the project.
	EndUserIn(ctx context.Context, tx database.Tx, organizationID, userID, projectID string) error
	// EndAll ends all of the user's sessions.
	EndAll(ctx context.Context, tx database.Tx, organizationID, userID string) error
}

// Projects tells which projects there are.
type Projects interface {
	// Exists reports whether the organization has this project.
	Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error)
}

// Organizations tells what organizations are called.
type Organizations interface {
	// OrganizationName returns the organization's name.
	OrganizationName(ctx context.Context, q database.Querier, organizationID string) (string, error)
}

// Mailer sends what people are told by e-mail.
type Mailer interface {
	// SendInvitation enqueues an invitation in the transaction.
	SendInvitation(ctx context.Context, tx database.Tx, letter Letter) error
	// SendPasswordReset enqueues a password reset in the transaction.
	SendPasswordReset(ctx context.Context, tx database.Tx, letter ResetLetter) error
}

// Parts is what users need from other rooms.
type Parts struct {
	// DB is read from where no transaction is open yet.
	DB            database.DB
	Hasher        *Hasher
	Sessions      Sessions
	Projects      Projects
	Organizations Organizations
	Mailer        Mailer
	Queue         Queue
}

// Service does what can be done with users, members, roles, invitations and
// password resets.
// Its callers have checked that the project is within the actor's reach.
type Service struct {
	store       Store
	members     MemberStore
	roles       RoleStore
	invitations InvitationStore
	resets      ResetStore
	parts       Parts
}

// NewService returns the service.
func NewService(parts Parts) *Service { return &Service{parts: parts} }

// Create makes a user. An owner becomes a member of all of the organization's
// projects. It returns fault.InvalidPayload, or fault.DuplicateFound if
// somebody has the login, in whatever organization.
func (s *Service) Create(ctx context.Context, tx database.Tx, n NewUser, now clock.Timestamp) (*User, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	u := n.user(now)
	if err := s.store.Insert(ctx, tx, u); err != nil {
		return nil, err
	}
	if u.IsOwner {
		return u, s.members.AddOwner(ctx, tx, u, now)
	}
	return u, nil
}

// Get returns a user by id, of whatever organization, or
// fault.ResourceNotFound.
func (s *Service) Get(ctx context.Context, q database.Querier, id string) (*User, error) {
	return s.store.Get(ctx, q, id)
}

// FindByLogin returns the user with this login, of whatever organization and
// in whatever case it is written, or fault.ResourceNotFound.
func (s *Service) FindByLogin(ctx context.Context, q database.Querier, login string) (*User, error) {
	u, err := s.store.FindByLogin(ctx, q, normalize(login))
	if err == nil && u == nil {
		return nil, fault.NotFound(kind, login)
	}
	return u, err
}

// Rename gives a user other names, valid ones; nil is a name that stays. It
// returns fault.ResourceNotFound.
func (s *Service) Rename(ctx context.Context, tx database.Tx, userID string, first, last *string, now clock.Timestamp) error {
	return s.store.Rename(ctx, tx, userID, first, last, now)
}

// SetPassword replaces a user's password with one that Hasher.Hash has hashed,
// ends all of the user's sessions, and makes the links to choose another one
// dead. It returns fault.ResourceNotFound.
func (s *Service) SetPassword(ctx context.Context, tx database.Tx, userID, hash string, now clock.Timestamp) error {
	u, err := s.store.Get(ctx, tx, userID)
	if err != nil {
		return err
	}
	if err := s.store.SetPassword(ctx, tx, userID, hash, now); err != nil {
		return err
	}
	if err := s.resets.Void(ctx, tx, userID); err != nil {
		return err
	}
	return s.parts.Sessions.EndAll(ctx, tx, u.OrganizationID, userID)
}

// VerifyCredentials returns the user who signs in with this login and
// password, or fault.Unauthorized. It takes as long for a login that nobody has
// as for a wrong password. Hashing takes time: never call it inside a
// transaction that writes.
func (s *Service) VerifyCredentials(ctx context.Context, q database.Querier, login, password string) (*User, error) {
	u, err := s.store.FindByLogin(ctx, q, normalize(login))
	if err != nil {
		return nil, err
	}
	hash := ""
	if u != nil {
		hash = u.PasswordHash
	}
	ok, err := s.parts.Hasher.Verify(ctx, hash, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, api.ErrUnauthorized()
	}
	return u, nil
}
