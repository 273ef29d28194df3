// Package apitest runs a room's operations behind the real runner on a real
// database, with the smallest of everything else: two organizations with a
// project and a management key each.
//
// What it checks on every answer (the request id, the form of errors) no test
// has to check again.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/seal"
)

// The tenants of every Server.
const (
	OrganizationID = "org_01k0000000000000000000000a"
	ProjectID      = "proj_01k0000000000000000000000a"
	StrangerOrgID  = "org_01k0000000000000000000000b"
	StrangerID     = "proj_01k0000000000000000000000b" // the stranger's project
)

// Credentials that a request can carry: the id goes into X-Management-Id.
const (
	Key         = "mk_full"     // may do everything in the organization
	ReadKey     = "mk_read"     // has the scope read alone
	BoundKey    = "mk_bound"    // is bound to a project that is not ProjectID
	StrangerKey = "mk_stranger" // belongs to the other organization
	Owner       = "user_owner"  // a person who owns the organization
	Viewer      = "user_viewer" // a person with the role VIEWER in ProjectID
	Merchant    = "user_seller" // a person with the role MERCHANT in ProjectID
	Outsider    = "user_none"   // a person without a role in ProjectID

	AppKey         = "app_server"   // the server-side key of ProjectID
	StrangerAppKey = "app_stranger" // the server-side key of StrangerID
	ClientKey      = "app_client"   // the client-side key of ProjectID
)

// TrustedOrigin is the one origin that ClientKey may be used from, with every
// setting on.
const TrustedOrigin = "https://shop.example"

// Start is the time of a Server's clock until it is moved.
var Start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// Server is a running API.
type Server struct {
	URL    string
	DB     database.DB
	Seal   *seal.Box
	Router *api.Router

	mu      sync.Mutex
	now     time.Time
	entries []api.Entry
	usage   []api.Usage
	revoked map[string]bool
}

// New starts the operations that register adds, on a fresh schema in db.
func New(t testing.TB, db database.DB, register func(s *Server)) *Server {
	t.Helper()
	box, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{DB: db, Seal: box, now: Start}
	s.seed(t)
	s.Router = api.NewRouter(api.Parts{
		DB: db, Clock: s.Now, Log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})), Seal: box,
		Keys: keys{s}, Sessions: sessions{s}, Projects: projects{}, Roles: roles{}, Meter: (*meter)(s), Audit: (*auditor)(s),
		ProjectKeys: projectKeys{s}, ClientSide: clientSide{}, Callers: callers{}, Observe: func(string, int, time.Duration) {},
	})
	register(s)
	h, err := s.Router.Handler()
	if err != nil {
		t.Fatalf("compile the operations: %v", err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func (s *Server) seed(t testing.TB) {
	t.Helper()
	at := clock.At(Start)
	for _, o := range []struct{ org, project string }{{OrganizationID, ProjectID}, {StrangerOrgID, StrangerID}} {
		s.Exec(t, `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at)
			VALUES ($1, 'Acme', TRUE, 5, '{}', $2, $2)`, o.org, at)
		s.AddProject(t, o.org, o.project)
	}
}

// AddProject puts a bare project into the database.
func (s *Server) AddProject(t testing.TB, organizationID, projectID string) {
	t.Helper()
	s.Exec(t, `INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at)
		VALUES ($1, $2, 'Shop', FALSE, '{}', $3, $4, $4)`, projectID, organizationID, []byte{0}, clock.At(Start))
}

// Exec runs a statement on the database.
func (s *Server) Exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := s.DB.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Count returns how many rows a table has.
func (s *Server) Count(t testing.TB, table string) int {
	t.Helper()
	var n int
	if err := s.DB.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatalf("count %s: %v", table, err)
	}
	return n
}

// Now is the server's clock.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Move moves the server's clock.
func (s *Server) Move(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Revoke makes the server refuse a credential from now on.
func (s *Server) Revoke(credential string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revoked == nil {
		s.revoked = map[string]bool{}
	}
	s.revoked[credential] = true
}

func (s *Server) isRevoked(credential string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoked[credential]
}

// Audited returns what was written to the audit log.
func (s *Server) Audited() []api.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

// Counted returns the calls that were metered.
func (s *Server) Counted() []api.Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.usage)
}

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON returns the body as a JSON object.
func (r Response) JSON(t testing.TB) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(r.Body, &out); err != nil {
		t.Fatalf("the answer is no JSON object: %v\n%s", err, r.Body)
	}
	return out
}

// String returns a top-level text of the JSON body.
func (r Response) String(t testing.TB, name string) string {
	t.Helper()
	text, _ := r.JSON(t)[name].(string)
	return text
}

// Do calls the API with the credential Key. A body is sent as JSON: a string
// as it is, anything else encoded.
func (s *Server) Do(t testing.TB, method, path string, body any, header ...string) Response {
	t.Helper()
	return s.As(t, Key, method, path, body, header...)
}

// As calls the API with one of the credentials. Headers are pairs of names and
// values.
func (s *Server) As(t testing.TB, credential, method, path string, body any, header ...string) Response {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, reader)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(credential, "mk_"):
		req.Header.Set("X-Management-Id", credential)
		req.Header.Set("X-Management-Token", "secret")
	case credential == ClientKey:
		req.Header.Set("X-Client-Application-Id", credential)
		req.Header.Set("X-Client-Token", "secret")
		req.Header.Set("Origin", TrustedOrigin)
	case strings.HasPrefix(credential, "app_"):
		req.Header.Set("X-App-Id", credential)
		req.Header.Set("X-App-Token", "secret")
	case credential != "":
		req.AddCookie(&http.Cookie{Name: "session", Value: credential})
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := Response{res.StatusCode, res.Header, raw}
	s.check(t, method+" "+path, out)
	return out
}

// check holds what every answer promises.
func (s *Server) check(t testing.TB, call string, r Response) {
	t.Helper()
	id := r.Header.Get("X-Request-Id")
	if id == "" {
		t.Errorf("%s: no X-Request-Id", call)
	}
	if r.Status < 400 {
		return
	}
	var p api.Problem
	if err := json.Unmarshal(r.Body, &p); err != nil {
		t.Fatalf("%s: the error is no JSON: %v\n%s", call, err, r.Body)
	}
	if p.Code != r.Status || p.Key == "" || p.Message == "" || p.Details == "" || p.RequestID != id {
		t.Errorf("%s: a malformed error: %s", call, r.Body)
	}
	if r.Status >= 500 {
		t.Errorf("%s: %s", call, r.Body)
	}
}

// Case is one call and everything it must come to.
type Case struct {
	Name       string
	Credential string // Key if empty
	Method     string
	Path       string
	Body       any
	Header     []string
	Status     int
	Key        string         // of the error
	Details    string         // of the error, exactly
	Contains   []string       // parts of the body
	Rows       map[string]int // rows that tables have afterwards
}

// Run makes the calls one after the other, each as a test of its own.
func (s *Server) Run(t *testing.T, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			credential := c.Credential
			if credential == "" {
				credential = Key
			}
			r := s.As(t, credential, c.Method, c.Path, c.Body, c.Header...)
			if r.Status != c.Status {
				t.Fatalf("status %d, want %d: %s", r.Status, c.Status, r.Body)
			}
			if got := r.problem().Key; c.Key != "" && got != c.Key {
				t.Errorf("key %q, want %q", got, c.Key)
			}
			if got := r.problem().Details; c.Details != "" && got != c.Details {
				t.Errorf("details\n%s\nwant\n%s", got, c.Details)
			}
			for _, part := range c.Contains {
				if !bytes.Contains(r.Body, []byte(part)) {
					t.Errorf("the body lacks %s:\n%s", part, r.Body)
				}
			}
			for table, want := range c.Rows {
				if got := s.Count(t, table); got != want {
					t.Errorf("%s has %d rows, want %d", table, got, want)
				}
			}
		})
	}
}

func (r Response) problem() api.Problem {
	var p api.Problem
	_ = json.Unmarshal(r.Body, &p) // what is no problem has no key
	return p
}

type keys struct{ server *Server }

func (k keys) Authenticate(_ context.Context, id, token string, from netip.Addr) (*ident.Actor, error) {
	a := &ident.Actor{Kind: ident.ByManagementKey, ID: id, Name: id, OrganizationID: OrganizationID, Unlocked: true, Address: from}
	switch {
	case token != "secret", k.server.isRevoked(id):
		return nil, api.ErrUnauthorized()
	case id == Key:
	case id == ReadKey:
		a.Scopes = []string{ident.ScopeRead}
	case id == BoundKey:
		a.ProjectIDs = []string{"proj_elsewhere"}
	case id == StrangerKey:
		a.OrganizationID = StrangerOrgID
	default:
		return nil, api.ErrUnauthorized()
	}
	return a, nil
}

type projectKeys struct{ server *Server }

func (k projectKeys) Authenticate(_ context.Context, clientSide bool, id, token string, from netip.Addr) (*ident.Actor, error) {
	a := &ident.Actor{Kind: ident.ByProjectKey, ID: id, Name: id, OrganizationID: OrganizationID, ProjectID: ProjectID, Unlocked: true, Address: from}
	switch {
	case token != "secret", clientSide != (id == ClientKey), k.server.isRevoked(id):
		return nil, api.ErrUnauthorized()
	case id == AppKey, id == ClientKey:
	case id == StrangerAppKey:
		a.OrganizationID, a.ProjectID = StrangerOrgID, StrangerID
	default:
		return nil, api.ErrUnauthorized()
	}
	return a, nil
}

type clientSide struct{}

func (clientSide) MayCall(_ context.Context, _, origin string, _ api.ClientSetting) (trusted, enabled bool, err error) {
	return origin == TrustedOrigin, true, nil
}

type callers struct{}

func (callers) Admit(string, netip.Addr) api.Rate { return api.Rate{} }

type sessions struct{ server *Server }

func (s sessions) Authenticate(_ context.Context, req *http.Request) (*ident.Actor, error) {
	cookie, err := req.Cookie("session")
	if err != nil {
		return nil, nil //nolint:nilerr // no cookie is no failure: nobody is signed in
	}
	if s.server.isRevoked(cookie.Value) {
		return nil, api.ErrUnauthorized()
	}
	return &ident.Actor{
		Kind: ident.ByUser, ID: cookie.Value, Name: cookie.Value + "@acme.example", OrganizationID: OrganizationID,
		Unlocked: true, Owner: cookie.Value == Owner, SessionID: "session_" + cookie.Value,
	}, nil
}

type projects struct{}

func (projects) Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM projects WHERE organization_id = $1 AND id = $2`, organizationID, projectID).Scan(&n)
	return n == 1, err
}

type roles struct{}

func (roles) PermissionsIn(_ context.Context, _ database.Querier, userID, _ string) ([]ident.Permission, error) {
	role := map[string]ident.BuiltInRole{Viewer: ident.Viewer, Merchant: ident.Merchant}[userID]
	held, _ := role.Permissions() // nobody else has a role
	return held, nil
}

type meter Server

func (m *meter) Admit(*ident.Actor, string, string) api.Rate {
	return api.Rate{Limit: 1000, Remaining: 999, Retry: time.Minute}
}

func (m *meter) Count(u api.Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage = append(m.usage, u)
}

type auditor Server

func (a *auditor) Record(_ context.Context, _ database.Tx, e api.Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, e)
	return nil
}

// testWriter sends log lines to the test's own output.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
