package configuration

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

const path = "/v1/configuration"

// document is a project's document in these tests.
type document struct {
	Name string `json:"name" doc:"The project's name."`
}

func load(ctx context.Context, q database.Querier, projectID string) (*document, error) {
	var d document
	return &d, q.QueryRow(ctx, `SELECT name FROM projects WHERE id = $1`, projectID).Scan(&d.Name)
}

func start(t *testing.T, db database.DB) (*apitest.Server, *Service[*document]) {
	t.Helper()
	var service *Service[*document]
	s := apitest.New(t, db, func(s *apitest.Server) {
		service = NewService(s.DB, load)
		Register(s.Router, service)
	})
	return s, service
}

// rename changes the project as its room would.
func rename(t *testing.T, db database.DB, name string) {
	t.Helper()
	err := db.Write(t.Context(), func(tx database.Tx) error {
		if _, err := tx.Exec(t.Context(), `UPDATE projects SET name = $1 WHERE id = $2`, name, apitest.ProjectID); err != nil {
			return err
		}
		return tx.Notify(t.Context(), database.Change{Topic: database.TopicConfiguration, Key: apitest.ProjectID})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheConfigurationIsAnsweredWithATagThatTellsWhetherItChanged(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := start(t, db)
		first := s.As(t, apitest.AppKey, http.MethodGet, path, nil)
		tag := first.Header.Get("ETag")
		if first.Status != 200 || string(first.Body) != `{"name":"Shop"}`+"\n" || tag == "" {
			t.Fatalf("%d %s %s", first.Status, tag, first.Body)
		}
		rename(t, s.DB, "Other")
		s.Run(t, []apitest.Case{
			{Name: "what is new", Credential: apitest.AppKey, Method: http.MethodGet, Path: path, Header: []string{"If-None-Match", tag}, Status: 200, Contains: []string{"Other"}},
			{Name: "at once although it may wait", Credential: apitest.AppKey, Method: http.MethodGet, Path: path + "?wait=30s", Header: []string{"If-None-Match", tag}, Status: 200},
			{Name: "at once to those who have nothing", Credential: apitest.AppKey, Method: http.MethodGet, Path: path + "?wait=30s", Status: 200},
			{Name: "too long a wait", Credential: apitest.AppKey, Method: http.MethodGet, Path: path + "?wait=31s", Status: 400, Details: "Property .wait must be a duration from 0s to 30s, such as 30s"},
			{Name: "a negative one", Credential: apitest.AppKey, Method: http.MethodGet, Path: path + "?wait=-1s", Status: 400},
			{Name: "no wait at all", Credential: apitest.AppKey, Method: http.MethodGet, Path: path + "?wait=soon", Status: 400},
			{Name: "a viewer", Credential: apitest.Viewer, Method: http.MethodGet, Path: "/team/v1/projects/" + apitest.ProjectID + "/configuration", Status: 200},
			{Name: "an outsider", Credential: apitest.Outsider, Method: http.MethodGet, Path: "/team/v1/projects/" + apitest.ProjectID + "/configuration", Status: 403},
		})
	})
}

func TestAWaitEndsWithAChangeOnAnyNode(t *testing.T) {
	t.Parallel()
	eachTwice(t, func(t *testing.T, db, other database.DB) {
		s, service := start(t, db)
		for name, writer := range map[string]database.DB{"here": db, "elsewhere": other} {
			tag := s.As(t, apitest.AppKey, http.MethodGet, path, nil).Header.Get("ETag")
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() {
					r := s.As(t, apitest.AppKey, http.MethodGet, path+"?wait=30s", nil, "If-None-Match", tag)
					if r.Status != 200 || string(r.Body) != `{"name":"changed `+name+`"}`+"\n" {
						t.Errorf("changed %s: %d %s", name, r.Status, r.Body)
					}
				})
			}
			await(t, service, 3)
			began := time.Now()
			rename(t, writer, "changed "+name)
			wg.Wait()
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("changed %s: told after %s", name, took)
			}
		}
		if n := waiting(service); n != 0 {
			t.Errorf("%d calls are still waited for", n)
		}
	})
}

// eachTwice runs the test on both engines with two handles on one database, as
// two processes have them.
func eachTwice(t *testing.T, test func(t *testing.T, db, other database.DB)) {
	t.Helper()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			options := databasetest.Options(t, engine)
			var handles [2]database.DB
			for i := range handles {
				db, err := database.Open(t.Context(), options)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				handles[i] = db
			}
			test(t, handles[0], handles[1])
		})
	}
}

func TestAWaitWithoutAChangeAnswers304(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		tag := s.As(t, apitest.AppKey, http.MethodGet, path, nil).Header.Get("ETag")
		if r := s.As(t, apitest.AppKey, http.MethodGet, path+"?wait=20ms", nil, "If-None-Match", tag); r.Status != 304 {
			t.Errorf("after the wait: %d %s", r.Status, r.Body)
		}
		if n := waiting(service); n != 0 {
			t.Errorf("%d calls are still waited for", n)
		}
	})
}

func TestAStopEndsEveryWait(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		tag := s.As(t, apitest.AppKey, http.MethodGet, path, nil).Header.Get("ETag")
		var wg sync.WaitGroup
		wg.Go(func() {
			if r := s.As(t, apitest.AppKey, http.MethodGet, path+"?wait=30s", nil, "If-None-Match", tag); r.Status != 304 {
				t.Errorf("after the stop: %d %s", r.Status, r.Body)
			}
		})
		await(t, service, 1)
		service.Stop()
		wg.Wait()
		if r := s.As(t, apitest.AppKey, http.MethodGet, path+"?wait=30s", nil, "If-None-Match", tag); r.Status != 304 {
			t.Errorf("a wait after the stop: %d", r.Status)
		}
	})
}

func TestWhoseCredentialEndsDuringAWaitIsToldNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		for credential, at := range map[string]string{
			apitest.AppKey: path, apitest.Viewer: "/team/v1/projects/" + apitest.ProjectID + "/configuration",
		} {
			tag := s.As(t, credential, http.MethodGet, at, nil).Header.Get("ETag")
			var wg sync.WaitGroup
			wg.Go(func() {
				r := s.As(t, credential, http.MethodGet, at+"?wait=30s", nil, "If-None-Match", tag)
				if r.Status != 401 || strings.Contains(string(r.Body), "after "+credential) {
					t.Errorf("%s: %d %s", credential, r.Status, r.Body)
				}
			})
			await(t, service, 1)
			s.Revoke(credential)
			rename(t, s.DB, "after "+credential)
			wg.Wait()
		}
	})
}

func waiting[D any](s *Service[D]) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.waiting {
		n += w.calls
	}
	return n
}

// await returns when n calls wait.
func await[D any](t *testing.T, s *Service[D], n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); waiting(s) != n; {
		if time.Now().After(deadline) {
			t.Fatalf("%d calls wait, want %d", waiting(s), n)
		}
		runtime.Gosched()
	}
}
