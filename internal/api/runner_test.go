package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

// Note is the smallest resource: settings rows are its store.
type Note struct {
	Name  string   `json:"name" minLength:"1" maxLength:"5" doc:"Its name."`
	Size  int      `json:"size" minimum:"1" maximum:"30" doc:"Its size."`
	Tags  []string `json:"tags" nullable:"false" maxItems:"2" uniqueItems:"true" doc:"Its tags."`
	More  *string  `json:"more" nullable:"true" maxLength:"9" doc:"More."`
	Token string   `json:"token,omitempty" doc:"A secret."`
}

type NoteCreate struct{ Note }

func (NoteCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "name", "size")
}

const (
	notes   = "/management/v1/projects/{projectId}/notes"
	notesAt = "/management/v1/projects/" + apitest.ProjectID + "/notes"
)

type path struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Name      string `path:"name" doc:"The note."`
}

// registerNotes adds operations on notes. Before a write commits, it calls
// pause, if there is one.
func registerNotes(s *apitest.Server, pause func()) {
	op := api.Operation{Door: api.Management, Tag: "Notes", Resource: "notes", Permission: ident.SettingsRead, Summary: "s", Description: "d"}
	get := op
	get.ID, get.Method, get.Path = "get-note", http.MethodGet, notes+"/{name}"
	api.Read(s.Router, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *path) (*Note, error) {
		n := Note{Name: in.Name, Tags: []string{}}
		err := q.QueryRow(ctx, `SELECT length(value) FROM settings WHERE name = $1`, in.Name).Scan(&n.Size)
		if errors.Is(err, database.ErrNoRows) {
			return nil, fault.NotFound("note", in.Name)
		}
		return &n, err
	})
	list := op
	list.ID, list.Method, list.Path = "list-notes", http.MethodGet, notes
	api.Read(s.Router, list, func(_ context.Context, _ database.Querier, _ *api.Call, in *struct {
		ProjectID string `path:"projectId" doc:"The project."`
		Limit     int    `query:"limit" minimum:"1" maximum:"100" default:"10" doc:"How many."`
	},
	) (api.List[Note], error) {
		return api.All(make([]Note, in.Limit)), nil
	})

	op.Permission = ident.SettingsWrite
	post := op
	post.ID, post.Method, post.Path, post.KeepAnswer = "create-note", http.MethodPost, notes, 15*time.Minute
	api.Write(s.Router, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct {
		ProjectID string `path:"projectId" doc:"The project."`
		Body      NoteCreate
	},
	) (*Note, error) {
		if in.Body.Name == "panic" {
			panic("SELECT secret FROM vault")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2)`, in.Body.Name, strings.Repeat("x", in.Body.Size)); err != nil {
			if errors.Is(err, database.ErrUnique) {
				return nil, fault.Duplicate("note", "name", in.Body.Name).Because(err)
			}
			return nil, err
		}
		if in.Body.Name == "fail" {
			return nil, errors.New("SELECT secret FROM vault")
		}
		if pause != nil {
			pause()
		}
		n := in.Body.Note
		n.Token = "stm_secret"
		c.Record("note", n.Name, nil, n)
		return &n, nil
	})
	put := op
	put.ID, put.Method, put.Path = "update-note", http.MethodPut, notes+"/{name}"
	api.Write(s.Router, put, func(ctx context.Context, tx database.Tx, _ *api.Call, in *struct {
		ProjectID string `path:"projectId" doc:"The project."`
		Name      string `path:"name" doc:"The note."`
		Body      NoteCreate
	},
	) (*Note, error) {
		_, err := tx.Exec(ctx, `UPDATE settings SET value = $1 WHERE name = $2`, strings.Repeat("x", in.Body.Size), in.Name)
		return &Note{Name: in.Name, Size: in.Body.Size, Tags: []string{}}, err
	})
}

func start(t *testing.T, db database.DB) *apitest.Server {
	return apitest.New(t, db, func(s *apitest.Server) { registerNotes(s, nil) })
}

func TestAPayloadThatCannotBeReadIsRefusedWithThePlaceAndLeavesNoRow(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	before := s.Count(t, "settings")
	cases := []apitest.Case{
		{Name: "empty", Body: "", Details: "Payload must be a JSON object; it is empty"},
		{Name: "not JSON", Body: `{"name":}`, Details: "Payload is not valid JSON: invalid character '}' looking for beginning of value at byte 9"},
		{Name: "cut short", Body: `{"name":"a"`, Details: "Payload is not valid JSON: it ends too early, at byte 11"},
		{Name: "a second value", Body: `{"name":"a","size":1} {}`, Details: "Payload must be one JSON value; something follows it at byte 22"},
		{Name: "not an object", Body: `[]`, Details: "Payload must be object"},
		{Name: "invalid UTF-8", Body: "{\"name\":\"\xff\",\"size\":1}", Details: "Payload must be UTF-8; byte 9 is not"},
		{Name: "a NUL", Body: `{"name":"a\u0000","size":1}`, Details: "Property .name must not contain a NUL character"},
		{Name: "a number beyond doubles", Body: `{"name":"a","size":1e999}`, Details: "Payload holds a number out of range at byte 25"},
		{Name: "a huge number", Body: `{"name":"a","size":1e300}`, Details: "Property .size must be <= 30"},
		{Name: "a fraction", Body: `{"name":"a","size":1.5}`, Details: "Property .size must be integer"},
		{Name: "too deep", Body: `{"name":"a","size":1,"more":` + deep + `}`, Details: "Payload must not nest deeper than 32 levels; it does at byte 59"},
		{Name: "a member twice", Body: `{"name":"a","size":1,"size":2}`, Details: "Property .size must NOT be given twice"},
		{Name: "half a surrogate pair", Body: `{"name":"\ud800","size":1}`, Details: "Payload is not valid JSON: it cannot be read at byte 9"},
		{Name: "null where none may be", Body: `{"name":null,"size":1}`, Details: "Property .name must be string"},
		{
			Name: "everything at once", Body: `{"name":"too long","size":0,"tags":["a","a","a"]}`,
			Details: "Property .name must NOT have more than 5 characters; Property .size must be >= 1; Property .tags must NOT have duplicate items (items 0 and 1 are identical); Property .tags must NOT have more than 2 items",
		},
		{Name: "nothing there", Body: `{}`, Details: "Payload must have required property 'name'; Payload must have required property 'size'"},
	}
	for i := range cases {
		cases[i].Method, cases[i].Path, cases[i].Status, cases[i].Key = "POST", notesAt, 400, "invalid_payload"
		cases[i].Rows = map[string]int{"settings": before}
	}
	s.Run(t, cases)
	s.Run(t, []apitest.Case{
		{Name: "larger than 1 MiB", Method: "POST", Path: notesAt, Body: `"` + strings.Repeat("a", api.MaxBody) + `"`, Status: 413, Key: "payload_too_large"},
		{Name: "not JSON by its type", Method: "POST", Path: notesAt, Body: `{}`, Header: []string{"Content-Type", "text/xml"}, Status: 415, Key: "unsupported_media_type"},
		{Name: "unknown members are ignored", Method: "POST", Path: notesAt, Body: `{"name":"a","size":1,"NAME":"longer than five","x":{}}`, Status: 200, Contains: []string{`"name":"a"`}},
		{Name: "a query of the wrong type", Method: "GET", Path: notesAt + "?limit=many", Status: 400, Details: "Property .limit must be integer"},
		{Name: "a query out of range", Method: "GET", Path: notesAt + "?limit=101", Status: 400, Details: "Property .limit must be <= 100"},
		{Name: "a query left out has its default", Method: "GET", Path: notesAt, Status: 200, Contains: []string{`"total":10`}},
	})
}

func TestAFailureLeavesNoRowAndTellsNothingOfItself(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	before := s.Count(t, "settings")
	for _, name := range []string{"fail", "panic"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+notesAt, strings.NewReader(fmt.Sprintf(`{"name":%q,"size":1}`, name)))
		req.Header.Set("X-Management-Id", apitest.Key)
		req.Header.Set("X-Management-Token", "secret")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var body [4096]byte
		n, _ := res.Body.Read(body[:])
		_ = res.Body.Close()
		if res.StatusCode != 500 || strings.Contains(string(body[:n]), "vault") || !strings.Contains(string(body[:n]), `"key":"internal_error"`) {
			t.Errorf("%s: %d %s", name, res.StatusCode, body[:n])
		}
		if after := s.Count(t, "settings"); after != before {
			t.Errorf("%s left %d rows", name, after-before)
		}
	}
}

func TestOneAnswerMeetsEveryCredentialThatDoesNotHold(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	var bodies []string
	for _, header := range [][]string{
		nil,
		{"X-Management-Id", apitest.Key},
		{"X-Management-Token", "secret"},
		{"X-Management-Id", "mk_unknown", "X-Management-Token", "secret"},
		{"X-Management-Id", apitest.Key, "X-Management-Token", "wrong"},
	} {
		r := s.As(t, "", http.MethodGet, notesAt, nil, append(header, "X-Request-Id", "v-same")...)
		if r.Status != 401 {
			t.Errorf("%v: %d", header, r.Status)
		}
		bodies = append(bodies, string(r.Body))
	}
	for _, b := range bodies {
		if b != bodies[0] {
			t.Errorf("answers differ:\n%s%s", bodies[0], b)
		}
	}
}

func TestARequestIDIsKeptIfItIsSaneAndMadeIfNot(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	if got := s.Do(t, "GET", notesAt, nil, "X-Request-Id", "abc-123").Header.Get("X-Request-Id"); got != "abc-123" {
		t.Errorf("a sane id became %q", got)
	}
	for _, bad := range []string{"a b", "a\tb", strings.Repeat("x", 129), "é"} {
		if got := s.Do(t, "GET", notesAt, nil, "X-Request-Id", bad).Header.Get("X-Request-Id"); !strings.HasPrefix(got, "v-") || len(got) != 20 {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestAnETagChangesWithTheResourceAndGuardsIt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		s.Do(t, "POST", notesAt, `{"name":"a","size":3}`)
		at := notesAt + "/a"
		tag := s.Do(t, "GET", at, nil).Header.Get("ETag")
		if tag == "" || tag != s.Do(t, "GET", at, nil).Header.Get("ETag") {
			t.Fatalf("the ETag %q is missing or not stable", tag)
		}
		if list := s.Do(t, "GET", notesAt, nil).Header.Get("ETag"); list != "" {
			t.Errorf("a list has the ETag %s", list)
		}
		s.Run(t, []apitest.Case{
			{Name: "unchanged, so not sent again", Method: "GET", Path: at, Header: []string{"If-None-Match", `"x", W/` + tag}, Status: 304},
			{Name: "another tag is refused", Method: "PUT", Path: at, Body: `{"name":"a","size":5}`, Header: []string{"If-Match", `"other"`}, Status: 412, Key: "precondition_failed"},
			{Name: "a weak tag is no match", Method: "PUT", Path: at, Body: `{"name":"a","size":5}`, Header: []string{"If-Match", "W/" + tag}, Status: 412},
			{Name: "and nothing was written", Method: "GET", Path: at, Status: 200, Contains: []string{`"size":3`}},
			{Name: "the right tag passes", Method: "PUT", Path: at, Body: `{"name":"a","size":5}`, Header: []string{"If-Match", tag}, Status: 200},
			{Name: "and is then the wrong one", Method: "PUT", Path: at, Body: `{"name":"a","size":6}`, Header: []string{"If-Match", tag}, Status: 412},
			{Name: "a star matches what is there", Method: "PUT", Path: at, Body: `{"name":"a","size":6}`, Header: []string{"If-Match", "*"}, Status: 200},
			{Name: "a star does not match what is not", Method: "PUT", Path: notesAt + "/none", Body: `{"name":"a","size":6}`, Header: []string{"If-Match", "*"}, Status: 404},
		})
		if put, get := s.Do(t, "PUT", at, `{"name":"a","size":7}`).Header.Get("ETag"), s.Do(t, "GET", at, nil).Header.Get("ETag"); put != get {
			t.Errorf("the update answers with ETag %s, a read with %s", put, get)
		}
	})
}

func TestOfManyConcurrentUpdatesWithOneETagExactlyOneWins(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		s.Do(t, "POST", notesAt, `{"name":"a","size":3}`)
		tag := s.Do(t, "GET", notesAt+"/a", nil).Header.Get("ETag")
		const writers = 8
		statuses := make(chan int, writers)
		for i := range writers {
			go func() {
				statuses <- s.Do(t, "PUT", notesAt+"/a", fmt.Sprintf(`{"name":"a","size":%d}`, i+10), "If-Match", tag).Status
			}()
		}
		won := 0
		for range writers {
			switch status := <-statuses; status {
			case 200:
				won++
			case 412:
			default:
				t.Errorf("status %d", status)
			}
		}
		if won != 1 {
			t.Errorf("%d updates won", won)
		}
	})
}

func TestRightsAreCheckedBeforeThePayloadIsRead(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	s.Run(t, []apitest.Case{
		{Name: "scope", Credential: apitest.ReadKey, Method: "POST", Path: notesAt, Body: `{`, Status: 403, Details: "The key's scopes read do not include notes"},
		{Name: "project binding", Credential: apitest.BoundKey, Method: "POST", Path: notesAt, Body: `{`, Status: 403, Details: "The key is not allowed in project " + apitest.ProjectID},
		{Name: "permission", Credential: apitest.Viewer, Method: "POST", Path: notesAt, Body: `{`, Status: 403, Details: "Your role in project " + apitest.ProjectID + " does not include the permission settings.write"},
		{Name: "no role at all", Credential: apitest.Outsider, Method: "GET", Path: notesAt, Status: 403},
		{Name: "another tenant's project", Credential: apitest.StrangerKey, Method: "GET", Path: notesAt, Status: 404, Details: "Cannot find project with id " + apitest.ProjectID},
		{Name: "a project that never was", Method: "GET", Path: "/management/v1/projects/proj_none/notes", Status: 404, Details: "Cannot find project with id proj_none"},
		{Name: "a project that cannot be", Method: "GET", Path: "/management/v1/projects/%00%ff/notes", Status: 404},
		{Name: "an operation that is not", Method: "PATCH", Path: notesAt, Status: 404, Details: "There is no operation PATCH " + notesAt},
	})
}

func TestCallsOfKeysAreCountedAndPeoplesAreAudited(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	s.Do(t, "POST", notesAt, `{"name":"a","size":3}`)
	s.Do(t, "POST", notesAt, `{"name":"a","size":3}`)
	s.As(t, apitest.Owner, "POST", notesAt, `{"name":"b","size":3}`)
	s.As(t, apitest.Owner, "POST", notesAt, `{"name":"b","size":3}`)

	counted := s.Counted()
	if len(counted) != 2 || counted[0].Status != 200 || counted[1].Status != 409 || counted[0].Operation != "create-note" ||
		counted[0].ProjectID != apitest.ProjectID || counted[0].Metric != api.MetricManagementCalls {
		t.Errorf("counted %+v", counted)
	}
	audited := s.Audited()
	if len(audited) != 1 || audited[0].Actor.ID != apitest.Owner || audited[0].ResourceID != "b" || audited[0].Address != "127.0.0.1" {
		t.Errorf("audited %+v", audited)
	}
}

func TestARepeatedDeleteOfAProjectIsReplayedAlthoughTheProjectIsGone(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := apitest.New(t, db, func(s *apitest.Server) {
			api.Write(s.Router, api.Operation{
				ID: "delete-it", Method: http.MethodDelete, Path: "/management/v1/projects/{projectId}", Door: api.Management, Tag: "T",
				Resource: "projects", Permission: ident.SettingsWrite, Status: http.StatusNoContent, Summary: "s", Description: "d",
			}, func(ctx context.Context, tx database.Tx, _ *api.Call, in *struct {
				ProjectID string `path:"projectId" doc:"The project."`
			},
			) (api.None, error) {
				_, err := tx.Exec(ctx, `DELETE FROM projects WHERE id = $1`, in.ProjectID)
				return api.None{}, err
			})
		})
		at := "/management/v1/projects/" + apitest.ProjectID
		s.Run(t, []apitest.Case{
			{Name: "it is deleted", Method: "DELETE", Path: at, Header: []string{"Idempotency-Key", "d1"}, Status: 204},
			{Name: "the repetition is answered alike", Method: "DELETE", Path: at, Header: []string{"Idempotency-Key", "d1"}, Status: 204},
			{Name: "another request is told that it is gone", Method: "DELETE", Path: at, Header: []string{"Idempotency-Key", "d2"}, Status: 404},
			{Name: "and so is one without a key", Method: "DELETE", Path: at, Status: 404},
		})
	})
}

func TestIntegersAreThoseOfJSONSchema(t *testing.T) {
	t.Parallel()
	s := start(t, databasetest.Open(t, database.SQLite))
	s.Run(t, []apitest.Case{
		{Name: "4.0", Method: "POST", Path: notesAt, Body: `{"name":"a","size":4.0}`, Status: 200, Contains: []string{`"size":4`}},
		{Name: "1e1", Method: "POST", Path: notesAt, Body: `{"name":"b","size":1e1}`, Status: 200, Contains: []string{`"size":10`}},
		{Name: "4.5", Method: "POST", Path: notesAt, Body: `{"name":"c","size":4.5}`, Status: 400, Details: "Property .size must be integer"},
	})
}
