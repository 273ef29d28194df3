package client_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/steward-platform/steward/client"
	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
)

// serve starts a server with an organization and returns a client of it.
func serve(t *testing.T) *client.ClientWithResponses {
	t.Helper()
	ctx := t.Context()
	c := config.Server{Database: config.Database{DataDir: t.TempDir(), Cluster: "eu1"}}
	a, err := app.New(ctx, c, "http://localhost", clock.System, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	op, err := app.Operate(ctx, c.Database, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = op.Close() })
	org, err := op.CreateOrganization(ctx, app.NewOrganization{Name: "Acme", OwnerEmail: "o@acme.example", OwnerFirstName: "O", OwnerLastName: "O"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.SetFeature(ctx, org.ID, "management-api", true); err != nil {
		t.Fatal(err)
	}
	key, err := op.CreateKey(ctx, org.ID, app.NewKey{Name: "k"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.New(server.URL+"/", key.ID, key.Token)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheClientMakesReadsAndDeletes(t *testing.T) {
	t.Parallel()
	c, ctx := serve(t), t.Context()
	made, err := c.CreateProjectWithResponse(ctx, nil, client.ProjectCreate{Name: "Shop", Timezone: "UTC", Currency: "EUR", CaseSensitiveCodes: true})
	if err := client.Check(made, err); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetProjectWithResponse(ctx, made.JSON200.Id, nil)
	if err := client.Check(got, err); err != nil || got.JSON200.Name != "Shop" {
		t.Fatalf("%v %+v", err, got.JSON200)
	}
	deleted, err := c.DeleteProjectWithResponse(ctx, made.JSON200.Id, nil)
	if err := client.Check(deleted, err); err != nil {
		t.Fatal(err)
	}
	gone, err := c.GetProjectWithResponse(ctx, made.JSON200.Id, nil)
	var problem client.Problem
	if err := client.Check(gone, err); !errors.As(err, &problem) || problem.Key != "not_found" || !strings.Contains(problem.Details, made.JSON200.Id) {
		t.Errorf("a deleted project: %v", err)
	}
}

func TestDoSendsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	c := serve(t)
	res, err := c.Do(t.Context(), http.MethodPost, "/management/v1/projects", http.Header{"X-Request-Id": {"v-mine"}}, strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 400 || !strings.Contains(string(body), `"request_id":"v-mine"`) {
		t.Errorf("%v %d %s", err, res.StatusCode, body)
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	for _, args := range [][3]string{{"steward.example.com", "a", "b"}, {"ftp://x", "a", "b"}, {"http://x", "", "b"}, {"http://x", "a", ""}, {"://", "a", "b"}} {
		if _, err := client.New(args[0], args[1], args[2]); err == nil {
			t.Errorf("New%q works", args)
		}
	}
}
