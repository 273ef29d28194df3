package project

import (
	"context"
	"net/url"
	"strings"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/projectcache"
)

// SandboxCallsPerHour is how many calls of the Project API a sandbox takes
// (CONTRACT 4).
const SandboxCallsPerHour = 100

// cachedProjects bounds how many projects Access remembers.
const cachedProjects = 20_000

// Access tells what every call of the Project API has to know of its project,
// from a cache that any change of the project empties.
type Access struct {
	projects *projectcache.Cache[*access]
}

var _ api.ClientSideFinder = (*Access)(nil)

type access struct {
	sandbox bool
	trusted []trusted
	enabled map[api.ClientSetting]bool
}

// NewAccess returns an Access that hears of changes from now on.
func NewAccess(db database.DB) *Access {
	return &Access{projectcache.New(db, cachedProjects, loadAccess)}
}

func loadAccess(ctx context.Context, q database.Querier, projectID string) (*access, error) {
	p, err := Store{}.Find(ctx, q, projectID)
	if err != nil {
		return nil, err
	}
	a := &access{sandbox: p.IsSandbox, enabled: map[api.ClientSetting]bool{api.ClientLoyaltyEvents: p.ClientLoyaltyEventsEnabled}}
	for _, domain := range p.ClientTrustedDomains {
		if t, ok := parseTrusted(domain); ok {
			a.trusted = append(a.trusted, t)
		}
	}
	return a, nil
}

// IsSandbox reports whether the project is a sandbox, or returns
// fault.ResourceNotFound.
func (a *Access) IsSandbox(ctx context.Context, projectID string) (bool, error) {
	p, err := a.projects.Get(ctx, projectID)
	if err != nil {
		return false, err
	}
	return p.sandbox, nil
}

// MayCall reports whether the Origin is one of the project's trusted domains,
// and whether the setting is on. It returns fault.ResourceNotFound if there is
// no such project.
func (a *Access) MayCall(ctx context.Context, projectID, origin string, setting api.ClientSetting) (isTrusted, enabled bool, err error) {
	p, err := a.projects.Get(ctx, projectID)
	if err != nil {
		return false, false, err
	}
	from, ok := parseOrigin(origin)
	if !ok {
		return false, p.enabled[setting], nil
	}
	for _, t := range p.trusted {
		if t.covers(from) {
			return true, p.enabled[setting], nil
		}
	}
	return false, p.enabled[setting], nil
}

// Hits returns the cache's hits and misses.
func (a *Access) Hits() (hits, misses uint64) { return a.projects.Hits() }

// trusted is one of a project's trusted domains: an origin, or a host, of which
// then every scheme counts, and every port unless it names one.
type trusted struct{ scheme, host, port string }

func parseTrusted(domain string) (trusted, bool) {
	if strings.Contains(domain, "://") {
		return parseURL(domain)
	}
	t, ok := parseURL("https://" + domain)
	t.scheme = ""
	if !strings.HasSuffix(domain, ":"+t.port) { // the default port of the scheme that nobody named
		t.port = ""
	}
	return t, ok
}

// parseOrigin reads an Origin header: a scheme, a host and perhaps a port, and
// nothing else (RFC 6454).
func parseOrigin(s string) (trusted, bool) {
	u, err := url.Parse(s)
	if err != nil || !strings.EqualFold(s, u.Scheme+"://"+u.Host) {
		return trusted{}, false
	}
	return parseURL(s)
}

// parseURL reads a URL, of which its origin counts.
func parseURL(s string) (trusted, bool) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return trusted{}, false
	}
	t := trusted{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	switch {
	case t.port != "":
	case t.scheme == "https":
		t.port = "443"
	default:
		t.port = "80"
	}
	return t, true
}

// covers reports whether a page of the origin is trusted.
func (t trusted) covers(origin trusted) bool {
	return t.host == origin.host && (t.scheme == "" || t.scheme == origin.scheme) && (t.port == "" || t.port == origin.port)
}
