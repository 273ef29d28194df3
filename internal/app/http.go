package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/console"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// handler puts the operations beside what needs no credential: health,
// metrics, documents, and the page at /.
func (a *App) handler(operations http.Handler) (http.Handler, error) {
	mux := http.NewServeMux()
	sameSite := http.NewCrossOriginProtection() // a session cookie must not be used by another site's page
	sameSite.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		id := ident.NewRequestID()
		w.Header().Set("X-Request-Id", id)
		api.WriteFault(w, a.log, id, fault.Denied("The request comes from another site"))
	}))
	mux.Handle("/management/", sameSite.Handler(operations))
	mux.Handle("/team/v1/", sameSite.Handler(operations))
	mux.Handle("/v1/", operations) // project keys are in headers, which no other site's page can send
	mux.Handle("/client/", operations)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", a.ready)
	if a.config.MetricsListen == "" {
		mux.Handle("GET /metrics", a.metrics.handler())
	}
	for _, door := range api.Documents {
		if err := a.serveDocument(mux, door); err != nil {
			return nil, err
		}
	}
	if !console.Serve(mux) {
		mux.HandleFunc("GET /{$}", welcome)
	}
	mux.HandleFunc("/", a.nothingHere)
	return a.noSniff(mux), nil
}

// serveDocument serves a door's OpenAPI document, written once.
func (a *App) serveDocument(mux *http.ServeMux, door api.Door) error {
	doc := a.router.OpenAPI(door)
	asJSON, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("cannot write the OpenAPI document: %w", err)
	}
	asYAML, err := doc.YAML()
	if err != nil {
		return fmt.Errorf("cannot write the OpenAPI document: %w", err)
	}
	for suffix, body := range map[string]struct {
		media string
		raw   []byte
	}{"json": {"application/json", asJSON}, "yaml": {"application/yaml", asYAML}} {
		mux.HandleFunc("GET /openapi/"+string(door)+"."+suffix, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", body.media)
			w.Header().Set("Access-Control-Allow-Origin", "*") // a public document
			_, _ = w.Write(body.raw)
		})
	}
	return nil
}

// ready answers 200 while the server takes calls: the database is reachable,
// its schema is this program's (that is checked at start), and nobody has asked
// it to stop.
func (a *App) ready(w http.ResponseWriter, req *http.Request) {
	ctx, cancel := context.WithTimeout(req.Context(), 2*time.Second)
	defer cancel()
	switch err := a.db.Ping(ctx); {
	case a.stopping.Load():
		plain(w, http.StatusServiceUnavailable, "stopping")
	case err != nil:
		a.log.Warn("not ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
	default:
		plain(w, http.StatusOK, "ready")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

func welcome(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write([]byte(welcomePage))
}

const welcomePage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Steward</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}code{font-size:.9em}</style></head>
<body><h1>Steward is running</h1>
<p>This program was built without the console: <code>make build</code> puts it in, and needs Node.</p>
<p>The Management API answers at <code>/management/v1/…</code> to the headers <code>X-Management-Id</code> and <code>X-Management-Token</code>,
the Project API at <code>/v1/…</code> to <code>X-App-Id</code> and <code>X-App-Token</code>.</p>
<ul><li><a href="/openapi/management.yaml">OpenAPI document of the Management API</a></li>
<li><a href="/openapi/project.yaml">OpenAPI document of the Project API</a></li>
<li><a href="/openapi/team.yaml">OpenAPI document of the Team API</a></li>
<li><a href="/readyz">Readiness</a></li></ul></body></html>
`

// noSniff keeps browsers from taking an answer for anything but what its
// content type says. A path that is not clean is nothing here: redirecting it,
// as the mux would, is of no use to a client of an API.
func (a *App) noSniff(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if p := req.URL.Path; strings.Contains(p, "//") || strings.Contains(p, "/./") || strings.Contains(p, "/../") {
			a.nothingHere(w, req)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// nothingHere answers what nothing else does, in the form of every error.
func (a *App) nothingHere(w http.ResponseWriter, req *http.Request) {
	id := ident.NewRequestID()
	w.Header().Set("X-Request-Id", id)
	api.WriteFault(w, a.log, id, fault.New(fault.ResourceNotFound, "There is nothing at %.200s", strings.ToValidUTF8(req.URL.Path, "?")))
}
