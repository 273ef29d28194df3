// Package app puts the parts of the house together, starts them and stops
// them in order.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/delivery"
	"github.com/steward-platform/steward/internal/managementkey"
	"github.com/steward-platform/steward/internal/projectkey"
	"github.com/steward-platform/steward/internal/usage"
)

// App is a whole server, not yet listening.
type App struct {
	config     config.Server
	log        *slog.Logger
	clock      clock.Clock
	db         database.DB
	services   *services
	router     *api.Router
	metrics    *metrics
	meter      *usage.Meter
	handle     http.Handler
	stopping   atomic.Bool
	cancel     context.CancelFunc // ends the background work
	started    bool               // the queue is working
	background sync.WaitGroup
	// unscrubbed says that secrets are erased from the rows but perhaps not yet
	// from the files. It is the sweep's alone.
	unscrubbed bool
}

// New opens the database and puts a server together. publicURL is how people
// reach it, without a slash at the end.
func New(ctx context.Context, c config.Server, publicURL string, clk clock.Clock, log *slog.Logger) (*App, error) {
	db, err := database.Open(ctx, database.Options{File: c.File(), URL: c.DatabaseURL})
	if err != nil {
		return nil, err
	}
	a, err := assemble(ctx, db, c, publicURL, clk, log)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func assemble(ctx context.Context, db database.DB, c config.Server, publicURL string, clk clock.Clock, log *slog.Logger) (*App, error) {
	proxies, err := trustedProxies(c.TrustedProxy)
	if err != nil {
		return nil, err
	}
	guard, err := delivery.NewGuard(c.AllowedTargets(), net.DefaultResolver)
	if err != nil {
		return nil, err
	}
	box, err := openBox(ctx, db, c.Database)
	if err != nil {
		return nil, err
	}
	s, err := newServices(parts{
		db: db, clock: clk, log: log, box: box, egress: egress{guard}, courier: newCourier(guard), publicURL: publicURL,
		cluster: c.Cluster, smtpURL: c.SMTPURL, secure: c.Secure(),
	})
	if err != nil {
		return nil, err
	}
	a := &App{config: c, log: log, clock: clk, db: db, metrics: newMetrics(), services: s, meter: s.meter,
		unscrubbed: true, // by a process before this one, for all we know
	}
	authenticator := managementkey.NewAuthenticator(db, clk, entitlements{s.organizations})
	projectKeys := projectkey.NewAuthenticator(db, clk)
	a.router = api.NewRouter(api.Parts{
		DB: db, Clock: clk, Log: log, Seal: box, Keys: authenticator, Sessions: s.sessions, Projects: s.projects, Roles: s.users,
		ProjectKeys: projectKeys, ClientSide: s.access, Callers: usage.NewAddresses(clk),
		Meter: a.meter, Audit: s.audit, Observe: a.metrics.observe, TrustedProxies: proxies,
	})
	register(a.router, s)
	operations, err := a.router.Handler()
	if err != nil {
		return nil, err
	}
	a.metrics.watchDatabase(db)
	a.metrics.watchCache("credentials", authenticator.Hits)
	for name, hits := range map[string]func() (hits, misses uint64){
		"project_credentials": projectKeys.Hits, "sessions": s.sessions.Hits, "configurations": s.configured.Hits, "metadata_schemas": s.metadata.Hits,
		"event_schemas": s.events.Hits, "categories": s.categories.Hits, "brandings": s.brandings.Hits, "projects": s.access.Hits,
	} {
		a.metrics.watchCache(name, hits)
	}
	a.metrics.watch("steward_usage_pending", "Counted calls that wait to be written.", nil, func() float64 { return float64(a.meter.Pending()) })
	a.metrics.watch("steward_mail_queued", "E-mails that wait to be sent.", nil, s.queuedMails)
	if a.handle, err = a.handler(operations); err != nil {
		return nil, err
	}
	return a, s.queue.Open(ctx)
}

func trustedProxies(ranges []string) (out []netip.Prefix, err error) {
	for _, text := range ranges {
		p, err := api.ParseIPRange(text)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxy %s is %w", text, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// OpenAPI returns the document of a door as JSON or YAML. It needs no
// database.
func OpenAPI(door api.Door, asYAML bool) ([]byte, error) {
	s, err := newServices(parts{db: noDatabase{}})
	if err != nil {
		return nil, err
	}
	router := api.NewRouter(api.Parts{DB: noDatabase{}})
	register(router, s)
	if _, err := router.Handler(); err != nil {
		return nil, err
	}
	doc := router.OpenAPI(door)
	if asYAML {
		return doc.YAML()
	}
	raw, err := json.MarshalIndent(doc, "", "  ")
	return append(raw, '\n'), err
}

// noDatabase stands where a document is written and nothing is run.
type noDatabase struct{ database.DB }

// Changes tells of none.
func (noDatabase) Changes() *database.Changes { return new(database.Changes) }
