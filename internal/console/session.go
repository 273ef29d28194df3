// Package console holds what people need beside the API: how they sign in, their
// sessions and their accounts, and the pages themselves.
package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/cache"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/onetimecode"
)

// SessionLifetime is how long a session lasts after signing in.
const SessionLifetime = 12 * time.Hour

// Person is a user as a session needs it.
type Person struct {
	ID, Login, OrganizationID string
	FirstName, LastName       string
	Owner                     bool
	OrganizationName          string
	Unlocked                  bool // whether the organization has the Management API
	MustEnrol                 bool // whether it requires one-time codes, and the person has none yet
}

// People tells who users are.
type People interface {
	// Verify returns the user with these credentials, or fault.Unauthorized;
	// it takes the same time for a login that nobody has.
	Verify(ctx context.Context, login, password string) (*Person, error)
	// Person returns a user by id, or fault.ResourceNotFound.
	Person(ctx context.Context, q database.Querier, id string) (*Person, error)
	// MayWorkIn reports whether the user is a member of the project.
	MayWorkIn(ctx context.Context, q database.Querier, userID, projectID string) (bool, error)
	// Rename gives a user other names; nil is a name that stays.
	Rename(ctx context.Context, tx database.Tx, userID string, first, last *string, now clock.Timestamp) error
	// HashPassword hashes a new password, or returns fault.InvalidPayload.
	// Call it outside any transaction.
	HashPassword(ctx context.Context, password string) (hash string, err error)
	// SetPassword replaces a user's password and ends all of the user's
	// sessions.
	SetPassword(ctx context.Context, tx database.Tx, userID, hash string, now clock.Timestamp) error
}

// Sessions are the console's sessions. A session ends when its user signs out,
// is unassigned from the project it works in, or that project is deleted; every
// node then refuses it.
type Sessions struct {
	db     database.DB
	clock  clock.Clock
	people People
	codes  *onetimecode.Service
	cookie string // its name
	secure bool
	cache  *cache.Cache[*session]

	throttle *throttle
}

type session struct {
	id             string
	organizationID string
	person         Person
	projectID      string
	expiresAt      clock.Timestamp
}

// NewSessions returns the sessions. With secure set (the public URL is https)
// the cookie is bound to this host and to TLS.
func NewSessions(db database.DB, c clock.Clock, people People, codes *onetimecode.Service, secure bool) *Sessions {
	s := &Sessions{
		db: db, clock: c, people: people, codes: codes, cookie: "steward_session", secure: secure,
		cache: cache.New[*session](20_000), throttle: &throttle{db},
	}
	if secure {
		s.cookie = "__Host-steward_session"
	}
	db.Changes().Subscribe(func(change database.Change) {
		switch {
		case change == database.Everything:
			s.cache.Drop(func(*session) bool { return true })
		case change.Topic == database.TopicCredentials:
			s.cache.Drop(func(e *session) bool { return e.organizationID == change.Key })
		}
	})
	return s
}

// Authenticate returns the actor of the request's session, nil if it carries
// none, or fault.Unauthorized if its session is over.
func (s *Sessions) Authenticate(ctx context.Context, req *http.Request) (*ident.Actor, error) {
	cookie, err := req.Cookie(s.cookie)
	if err != nil || cookie.Value == "" {
		return nil, nil //nolint:nilerr // no cookie is no failure: nobody is signed in
	}
	if len(cookie.Value) > 128 {
		return nil, api.ErrUnauthorized()
	}
	found, err := s.cache.Get(ctx, cookie.Value, func(ctx context.Context) (*session, error) { return s.load(ctx, cookie.Value) })
	if err != nil {
		return nil, err
	}
	if s.clock.Now() >= found.expiresAt {
		return nil, api.ErrUnauthorized()
	}
	p := found.person
	return &ident.Actor{
		Kind: ident.ByUser, ID: p.ID, Name: p.Login, OrganizationID: p.OrganizationID, Owner: p.Owner, Unlocked: p.Unlocked, MustEnrol: p.MustEnrol,
		SessionID: found.id, ProjectID: found.projectID,
	}, nil
}

func (s *Sessions) load(ctx context.Context, token string) (*session, error) {
	var found session
	var userID string
	var projectID *string
	err := s.db.QueryRow(ctx, `SELECT id, user_id, project_id, expires_at FROM sessions WHERE token_hash = $1`, hash(token)).
		Scan(&found.id, &userID, &projectID, &found.expiresAt)
	if errors.Is(err, database.ErrNoRows) {
		return nil, api.ErrUnauthorized()
	}
	if err != nil {
		return nil, err
	}
	p, err := s.people.Person(ctx, s.db, userID)
	if fault.Is(err, fault.ResourceNotFound) {
		return nil, api.ErrUnauthorized()
	}
	if err != nil {
		return nil, err
	}
	found.person, found.organizationID = *p, p.OrganizationID
	if projectID != nil {
		found.projectID = *projectID
	}
	return &found, nil
}

// Begin starts a session of a user for whoever makes the call, and gives the
// answer its cookie.
func (s *Sessions) Begin(ctx context.Context, tx database.Tx, c *api.Call, userID string) error {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
	token := hex.EncodeToString(random[:])
	_, err := tx.Exec(ctx, `INSERT INTO sessions (id, token_hash, user_id, created_at, expires_at, address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		ident.NewID(ident.Session), hash(token), userID, c.Now, c.Now.Add(SessionLifetime), c.Address.String(), userAgent(c.Request))
	if err == nil {
		c.Header.Set("Set-Cookie", s.newCookie(token, int(SessionLifetime.Seconds())).String())
	}
	return err
}

// End ends one session.
func (s *Sessions) End(ctx context.Context, tx database.Tx, sessionID, organizationID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE id = $1`, sessionID); err != nil {
		return err
	}
	return s.changed(ctx, tx, organizationID)
}

// WorkIn notes which project the session's user works in, so that the session
// ends with it. It returns fault.ResourceNotFound for a project that the user
// is no member of.
func (s *Sessions) WorkIn(ctx context.Context, tx database.Tx, actor *ident.Actor, projectID string) error {
	member, err := s.people.MayWorkIn(ctx, tx, actor.ID, projectID)
	if err != nil {
		return err
	}
	if !member {
		return fault.NotFound("project", projectID)
	}
	if _, err := tx.Exec(ctx, `UPDATE sessions SET project_id = $1 WHERE id = $2`, projectID, actor.SessionID); err != nil {
		return err
	}
	return s.changed(ctx, tx, actor.OrganizationID)
}

// EndIn ends the sessions of all who work in a project.
func (s *Sessions) EndIn(ctx context.Context, tx database.Tx, organizationID, projectID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE project_id = $1`, projectID); err != nil {
		return err
	}
	return s.changed(ctx, tx, organizationID)
}

// EndUserIn ends the user's sessions that work in a project.
func (s *Sessions) EndUserIn(ctx context.Context, tx database.Tx, organizationID, userID, projectID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND project_id = $2`, userID, projectID); err != nil {
		return err
	}
	return s.changed(ctx, tx, organizationID)
}

// EndAll ends all of a user's sessions, after a change of the password.
func (s *Sessions) EndAll(ctx context.Context, tx database.Tx, organizationID, userID string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, userID); err != nil {
		return err
	}
	return s.changed(ctx, tx, organizationID)
}

// endOthers ends the user's sessions but the one that makes the call.
func (s *Sessions) endOthers(ctx context.Context, tx database.Tx, actor *ident.Actor) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, actor.ID, actor.SessionID); err != nil {
		return err
	}
	return s.changed(ctx, tx, actor.OrganizationID)
}

// Sweep removes sessions that are over, and failures to sign in that count no
// more.
func (s *Sessions) Sweep(ctx context.Context, db database.DB, now clock.Timestamp) error {
	_, err := db.Exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, now)
	return errors.Join(err, s.throttle.sweep(ctx, db, now))
}

// Hits returns the cache's hits and misses.
func (s *Sessions) Hits() (hits, misses uint64) { return s.cache.Hits() }

func (s *Sessions) changed(ctx context.Context, tx database.Tx, organizationID string) error {
	return tx.Notify(ctx, database.Change{Topic: database.TopicCredentials, Key: organizationID})
}

func (s *Sessions) newCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure follows the public URL: plain http on a laptop has no TLS
		Name: s.cookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// userAgent returns what the caller's browser calls itself, shortened.
func userAgent(r *http.Request) string {
	name := strings.ToValidUTF8(strings.ReplaceAll(r.UserAgent(), "\x00", ""), "")
	return string([]rune(name)[:min(255, len([]rune(name)))])
}

// list returns the caller's sessions that have not ended, the newest first.
func (s *Sessions) list(ctx context.Context, q database.Querier, actor *ident.Actor, now clock.Timestamp) ([]*AccountSession, error) {
	rows, err := q.Query(ctx, `SELECT id, address, user_agent, created_at, expires_at FROM sessions
		WHERE user_id = $1 AND expires_at > $2 ORDER BY id DESC LIMIT 1000`, actor.ID, now)
	return database.Collect(rows, err, func(row database.Row) (*AccountSession, error) {
		found := AccountSession{Object: "session"}
		err := row.Scan(&found.ID, &found.Address, &found.UserAgent, &found.CreatedAt, &found.ExpiresAt)
		found.Current = found.ID == actor.SessionID
		return &found, err
	})
}

// endOwn ends a session of the caller, or returns fault.ResourceNotFound.
func (s *Sessions) endOwn(ctx context.Context, tx database.Tx, actor *ident.Actor, sessionID string) error {
	n, err := tx.Exec(ctx, `DELETE FROM sessions WHERE id = $1 AND user_id = $2`, sessionID, actor.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NotFound("session", sessionID)
	}
	return s.changed(ctx, tx, actor.OrganizationID)
}
