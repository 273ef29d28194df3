// Command bench measures the server against baselines in the same run and
// prints a table. Run it with `make bench`; docs/benchmarks.md holds a run.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"time"

	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
)

var (
	duration = flag.Duration("duration", 5*time.Second, "how long each measurement takes")
	rounds   = flag.Int("rounds", 3, "how often baseline and server are measured in turn; medians are printed")
	profile  = flag.String("cpuprofile", "", "write a CPU profile to this file")
	only     = flag.Bool("project-api", false, "measure the Project API alone")
	hooks    = flag.Bool("webhooks", false, "measure deliveries alone")
	million  = flag.Int("projects", 0, "also measure an organization with this many projects, for example 1000000")
)

func main() {
	flag.Parse()
	debug.SetGCPercent(200) // as cmd/steward does
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		pprof.StopCPUProfile()
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "steward-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	fmt.Printf("%s, %d CPUs, %s; each figure is the median of %d rounds of %s\n\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, *rounds, *duration)
	fmt.Println("| engine | what | rate/s | p50 | p99 | of the baseline |")
	fmt.Println("| --- | --- | ---: | ---: | ---: | ---: |")
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		b, err := newBench(ctx, engine, filepath.Join(dir, string(engine)))
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
		err = b.all(ctx)
		b.close()
		if err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

// bench is a server with an organization to measure.
type bench struct {
	engine  database.Engine
	dir     string
	app     *app.App
	server  *http.Server
	address string
	url     string // of the PostgreSQL database
	auth    []string
	project string
	appAuth []string // of the project's server-side key
}

// prepare makes an organization with a key on a new database.
func prepare(ctx context.Context, engine database.Engine, dir string) (*bench, config.Server, error) {
	c := config.Server{Database: config.Database{DataDir: dir, Cluster: "eu1"}, WebhookAllow: []string{"127.0.0.0/8"}}
	if engine == database.PostgreSQL {
		url, err := createPostgres(ctx)
		if err != nil {
			return nil, c, err
		}
		c.DatabaseURL = url
	}
	op, err := app.Operate(ctx, c.Database, true)
	if err != nil {
		return nil, c, err
	}
	org, err := op.CreateOrganization(ctx, app.NewOrganization{Name: "Bench", OwnerEmail: "owner@bench.example", OwnerFirstName: "B", OwnerLastName: "B"})
	if err != nil {
		return nil, c, err
	}
	if _, err := op.SetFeature(ctx, org.ID, "management-api", true); err != nil {
		return nil, c, err
	}
	if _, err := op.SetLimits(ctx, org.ID, app.LimitsChange{Calls: map[string]int64{"api_calls_per_minute": 1_000_000_000}}); err != nil {
		return nil, c, err
	}
	key, err := op.CreateKey(ctx, org.ID, app.NewKey{Name: "bench"})
	if err != nil {
		return nil, c, err
	}
	if err := op.Close(); err != nil {
		return nil, c, err
	}
	return &bench{engine: engine, dir: dir, url: c.DatabaseURL, auth: []string{"X-Management-Id", key.ID, "X-Management-Token", key.Token}}, c, nil
}

func newBench(ctx context.Context, engine database.Engine, dir string) (*bench, error) {
	b, c, err := prepare(ctx, engine, dir)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if b.app, err = app.New(ctx, c, "http://localhost", clock.System, log); err != nil {
		return nil, err
	}
	if err := b.app.Start(ctx); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b.address = listener.Addr().String()
	b.server = &http.Server{Handler: b.app.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = b.server.Serve(listener) }()
	for i := range 1000 {
		id, err := b.createProject(i)
		if err != nil {
			return nil, err
		}
		b.project = id
	}
	return b, nil
}

func (b *bench) close() {
	_ = b.server.Close()
	_ = b.app.Close(context.Background())
}

func (b *bench) createProject(n int) (string, error) {
	body := fmt.Sprintf(`{"name":"Shop %d","timezone":"Europe/Warsaw","currency":"EUR","case_sensitive_codes":true}`, n)
	answer, err := b.fetch("POST", "/management/v1/projects", body)
	if err != nil {
		return "", err
	}
	_, rest, ok := strings.Cut(answer, `"id":"`)
	if !ok {
		return "", fmt.Errorf("no project: %.300s", answer)
	}
	id, _, _ := strings.Cut(rest, `"`)
	if _, key, ok := strings.Cut(answer, `"server_side_key":{"app_id":"`); ok {
		parts := strings.SplitN(key, `"`, 5) // id, app_token, its value
		b.appAuth = []string{"X-App-Id", parts[0], "X-App-Token", parts[4][:strings.IndexByte(parts[4], '"')]}
	}
	return id, nil
}

func (b *bench) fetch(method, path, body string) (string, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+b.address+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for _, pairs := range [][]string{b.auth, b.appAuth} {
		for i := 0; i+1 < len(pairs); i += 2 {
			req.Header.Set(pairs[i], pairs[i+1])
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode > 299 {
		err = fmt.Errorf("%s %s: %d %.300s", method, path, res.StatusCode, raw)
	}
	return string(raw), err
}

// all measures everything and prints its rows.
func (b *bench) all(ctx context.Context) error {
	if *only {
		return b.projectAPI(ctx)
	}
	if *hooks {
		return b.webhooks(ctx)
	}
	for _, m := range []func(context.Context) error{b.getProject, b.createWebhook, b.listProjects, b.projectAPI, b.webhooks, b.allocations, b.process} {
		if err := m(ctx); err != nil {
			return err
		}
	}
	if *million > 0 {
		return b.manyProjects(ctx)
	}
	return nil
}

const connections = 8

// getProject compares reading a project with a key to a bare net/http handler
// that answers the same bytes.
func (b *bench) getProject(ctx context.Context) error {
	return b.compareGet(ctx, "GET project with a key", "/management/v1/projects/"+b.project, b.auth)
}

// compareGet compares a read to a bare net/http handler that answers the same
// bytes.
func (b *bench) compareGet(ctx context.Context, what, path string, auth []string) error {
	body, err := b.fetch("GET", path, "")
	if err != nil {
		return err
	}
	bare, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, body)
	})}
	go func() { _ = server.Serve(bare) }()
	defer func() { _ = server.Close() }()
	get := request("GET", path, "", auth...)
	return b.compare(ctx, what, "bare net/http, same bytes",
		func() (result, error) {
			return load(ctx, connections, *duration, callers(b.address, func() string { return get }))
		},
		func() (result, error) {
			return load(ctx, connections, *duration, callers(bare.Addr().String(), func() string { return get }))
		})
}

// createWebhook compares creating webhooks to bare durable commits of one row
// on the same disk.
func (b *bench) createWebhook(ctx context.Context) error {
	var n atomic.Int64
	path := "/management/v1/projects/" + b.project + "/webhooks"
	create := func() (result, error) {
		return load(ctx, connections, *duration, callers(b.address, func() string {
			body := fmt.Sprintf(`{"target_url":"https://127.0.0.1:9/%d","events":["voucher.created"]}`, n.Add(1))
			return request("POST", path, body, b.auth...)
		}))
	}
	bare, err := bareCommits(ctx, b)
	if err != nil {
		return err
	}
	defer bare.close()
	return b.compare(ctx, "create webhook", "bare durable single-row commits", create, func() (result, error) {
		return load(ctx, connections, *duration, bare.worker)
	})
}

func (b *bench) listProjects(ctx context.Context) error {
	list := request("GET", "/management/v1/projects", "", b.auth...)
	r, err := load(ctx, 2, *duration, callers(b.address, func() string { return list }))
	if err != nil {
		return err
	}
	b.row("list of 1,000 projects, streamed", r, "")
	page := request("GET", "/management/v1/projects?limit=100", "", b.auth...)
	if r, err = load(ctx, 2, *duration, callers(b.address, func() string { return page })); err != nil {
		return err
	}
	b.row("page of 100 projects", r, "")
	return nil
}

// allocations counts what one authenticated request allocates in the handler.
func (b *bench) allocations(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "/management/v1/projects/"+b.project, nil)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(b.auth); i += 2 {
		req.Header.Set(b.auth[i], b.auth[i+1])
	}
	req.RemoteAddr = "127.0.0.1:1234"
	handler := b.app.Handler()
	const calls = 5000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range calls {
		handler.ServeHTTP(discard{http.Header{}}, req)
	}
	runtime.ReadMemStats(&after)
	fmt.Printf("| %s | allocations of one authenticated GET | %d | %d bytes | | |\n", b.engine,
		(after.Mallocs-before.Mallocs)/calls, (after.TotalAlloc-before.TotalAlloc)/calls)
	return nil
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
