package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the baseline uses the same driver

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
)

// compare measures the server and its baseline in turn, so that a machine that
// changes its speed changes both, and prints the median of each and of their
// ratios.
func (b *bench) compare(_ context.Context, what, baseline string, server, bare func() (result, error)) error {
	var servers, bares []result
	var ratios []float64
	for range *rounds {
		s, err := server()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		n, err := bare()
		if err != nil {
			return fmt.Errorf("%s: %w", baseline, err)
		}
		servers, bares, ratios = append(servers, s), append(bares, n), append(ratios, s.rate/n.rate)
	}
	slices.Sort(ratios)
	b.row(baseline, median(bares), "")
	b.row(what, median(servers), fmt.Sprintf("%.0f %%", 100*ratios[len(ratios)/2]))
	return nil
}

func median(rs []result) result {
	slices.SortFunc(rs, func(a, b result) int { return cmp.Compare(a.rate, b.rate) })
	return rs[len(rs)/2]
}

func (b *bench) row(what string, r result, ratio string) {
	fmt.Printf("| %s | %s | %.0f | %s | %s | %s |\n", b.engine, what, r.rate, round(r.p50), round(r.p99), ratio)
}

func round(d time.Duration) time.Duration {
	if d < time.Millisecond {
		return d.Round(time.Microsecond)
	}
	return d.Round(10 * time.Microsecond)
}

// commits is the baseline of a write: one row, one durable commit.
type commits struct {
	worker func(int) (func() error, func(), error)
	close  func()
}

func bareCommits(ctx context.Context, b *bench) (*commits, error) {
	payload := strings.Repeat("x", 200)
	if b.engine == database.SQLite {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, payload TEXT)`); err != nil {
			return nil, err
		}
		insert, err := db.PrepareContext(ctx, `INSERT INTO bare (id, payload) VALUES (?, ?)`) //nolint:sqlclosecheck // closed with the database
		if err != nil {
			return nil, err
		}
		call := func() error {
			_, err := insert.ExecContext(ctx, ident.NewID("bare"), payload)
			return err
		}
		return &commits{func(int) (func() error, func(), error) { return call, func() {}, nil }, func() { _ = db.Close() }}, nil
	}
	pool, err := pgxpool.New(ctx, bareURL)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS bare (id TEXT PRIMARY KEY, payload TEXT)`); err != nil {
		return nil, err
	}
	call := func() error {
		_, err := pool.Exec(ctx, `INSERT INTO bare (id, payload) VALUES ($1, $2)`, ident.NewID("bare"), payload)
		return err
	}
	return &commits{func(int) (func() error, func(), error) { return call, func() {}, nil }, pool.Close}, nil
}

// bareURL is the PostgreSQL database that createPostgres made.
var bareURL string

func createPostgres(ctx context.Context) (string, error) {
	server := os.Getenv(databasetest.PostgresVariable)
	if server == "" {
		return "", fmt.Errorf("%s is not set: run `make bench`", databasetest.PostgresVariable)
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }()
	name := "bench_" + strings.TrimPrefix(ident.NewID("b"), "b_")
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	u, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	bareURL = u.String()
	return bareURL, nil
}

// manyProjects fills the organization and measures get, create and list by
// page before and after.
func (b *bench) manyProjects(ctx context.Context) error {
	few, err := b.projectCosts(ctx)
	if err != nil {
		return err
	}
	if err := b.fill(ctx, *million); err != nil {
		return err
	}
	many, err := b.projectCosts(ctx)
	if err != nil {
		return err
	}
	for i, what := range []string{"get a project", "create a project", "page of 100 projects"} {
		b.row(what+", of 1,000", few[i], "")
		b.row(fmt.Sprintf("%s, of %d", what, *million), many[i], fmt.Sprintf("%.2f × the cost", few[i].rate/many[i].rate))
	}
	return nil
}

func (b *bench) projectCosts(ctx context.Context) ([]result, error) {
	get := request("GET", "/management/v1/projects/"+b.project, "", b.auth...)
	page := request("GET", "/management/v1/projects?limit=100&starting_after_id="+b.project, "", b.auth...)
	var n atomic.Int64
	create := func() string {
		return request("POST", "/management/v1/projects", fmt.Sprintf(`{"name":"More %d","timezone":"UTC","currency":"EUR","case_sensitive_codes":true}`, n.Add(1)), b.auth...)
	}
	var out []result
	for _, next := range []func() string{func() string { return get }, create, func() string { return page }} {
		r, err := load(ctx, 4, *duration, callers(b.address, next))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// fill adds projects until there are n in all, each with its owner and two
// keys as the API makes them, but by copying rows: a million calls would take
// longer than what is measured.
func (b *bench) fill(ctx context.Context, n int) error {
	db, err := database.Connect(ctx, database.Options{File: filepath.Join(b.dir, "steward.db"), URL: b.url})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	const batch = 50_000
	for first := 0; first < n-1000; first += batch {
		numbers := fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)`, first, min(first+batch, n-1000)-1)
		err := db.Append(ctx, func(tx database.Tx) error {
			for _, copied := range []string{
				`INSERT INTO projects (id, organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at) ` + numbers +
					` SELECT 'proj_0' || CAST(10000000 + i AS TEXT), organization_id, name, is_sandbox, settings, webhook_token, created_at, updated_at FROM projects, n WHERE id = $1`,
				`INSERT INTO project_members (project_id, user_id, role, created_at) ` + numbers +
					` SELECT 'proj_0' || CAST(10000000 + i AS TEXT), user_id, role, created_at FROM project_members, n WHERE project_id = $1`,
				`INSERT INTO project_keys (id, project_id, kind, name, token_hash, last_four, allowed_ips, created_by, updated_by, created_at, updated_at) ` + numbers +
					` SELECT 'app_0' || kind || CAST(10000000 + i AS TEXT), 'proj_0' || CAST(10000000 + i AS TEXT), kind, name, token_hash, last_four, allowed_ips, created_by, updated_by, created_at, updated_at
					FROM project_keys, n WHERE project_id = $1`,
			} {
				if _, err := tx.Exec(ctx, copied, b.project); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if _, err := db.Exec(ctx, `UPDATE project_counts SET total = (SELECT count(*) FROM projects WHERE projects.organization_id = project_counts.organization_id)`); err != nil {
		return err
	}
	if b.engine == database.PostgreSQL {
		_, err = db.Exec(ctx, "ANALYZE")
	}
	return err
}
