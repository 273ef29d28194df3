package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

// world is a whole server with two organizations.
type world struct {
	server *httptest.Server
	db     database.DB // a second handle, to look at rows
	log    *lockedBuffer
	time   *movable
	dir    string // of its data
	url    string // of its database, if it has no file

	ours, theirs tenant
}

// tenant is an organization with a key, an owner and one of each resource.
type tenant struct {
	org, keyID, token     string
	appID, appToken       string // of the project's server-side key
	clientID, clientToken string
	cookie                string
	ids                   map[string]string // path parameter → id
}

type movable struct {
	mu sync.Mutex
	at time.Time
}

func (m *movable) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// lockedBuffer holds the log, which many goroutines write.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newWorld(t *testing.T, engine database.Engine) *world {
	t.Helper()
	options := databasetest.Options(t, engine)
	c := config.Server{Database: config.Database{DataDir: t.TempDir(), DatabaseURL: options.URL, Cluster: "eu1"}, WebhookAllow: []string{"127.0.0.0/8"}}
	w := &world{log: &lockedBuffer{}, time: &movable{at: time.Now()}, dir: c.DataDir, url: c.DatabaseURL}
	a, err := app.New(t.Context(), c, "http://localhost", clock.Clock(w.time.now), slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	w.server = httptest.NewServer(a.Handler())
	t.Cleanup(w.server.Close)
	op, err := app.Operate(t.Context(), c.Database, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = op.Close() })
	w.ours, w.theirs = w.newTenant(t, op, "ours"), w.newTenant(t, op, "theirs")
	w.db, err = database.Connect(t.Context(), database.Options{File: c.File(), URL: c.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	return w
}

const password = "correct horse battery"

func (w *world) newTenant(t *testing.T, op *app.Operator, name string) tenant {
	t.Helper()
	ctx := t.Context()
	org, err := op.CreateOrganization(ctx, app.NewOrganization{Name: name, OwnerEmail: "owner@" + name + ".example", OwnerFirstName: "O", OwnerLastName: "O", OwnerPassword: password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.SetFeature(ctx, org.ID, "management-api", true); err != nil {
		t.Fatal(err)
	}
	if _, err := op.CreateUser(ctx, app.NewUser{Organization: org.ID, Email: "ann@" + name + ".example", FirstName: "Ann", LastName: "A", Password: password}); err != nil {
		t.Fatal(err)
	}
	key, err := op.CreateKey(ctx, org.ID, app.NewKey{Name: "k"})
	if err != nil {
		t.Fatal(err)
	}
	n := tenant{org: org.ID, keyID: key.ID, token: key.Token, ids: map[string]string{}}
	n.cookie = w.signIn(t, "owner@"+name+".example")
	w.makeProject(t, &n)
	for param, operation := range map[string]string{
		"categoryId": "create-category", "campaignTemplateId": "create-campaign-template",
		"metadataSchemaId": "create-metadata-schema", "customEventSchemaId": "create-custom-event-schema", "webhookId": "create-webhook",
		"stackingRulesId": "create-stacking-rules", "brandingId": "create-brand", "userId": "assign-user",
	} {
		if _, ok := operations(t)[operation]; ok {
			n.ids[param] = w.make(t, n, operation, name)
		}
	}
	n.ids["resource"] = name
	status, body := w.call(t, n.keyID, n.token, http.MethodPost, "/management/v1/projects/"+n.ids["projectId"]+"/metadata-schemas", `{"related_object":"`+name+`","properties":{}}`)
	if status != http.StatusOK {
		t.Fatalf("make a custom schema: %d %s", status, body)
	}
	n.ids["eventId"] = w.make(t, n, "track-custom-event", name)
	publish := operations(t)["publish-webhook-event"]
	if status, body := w.as(t, n, publish, n.ids, validBody(publish.id, n, name)); status != http.StatusAccepted {
		t.Fatalf("publish: %d %s", status, body)
	}
	_, body = w.as(t, n, operations(t)["list-webhook-sendouts"], n.ids, "")
	var sent struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &sent); err != nil || len(sent.Data) != 1 {
		t.Fatalf("the send-out: %s", body)
	}
	n.ids["sendoutId"] = sent.Data[0].ID
	retry := operations(t)["retry-webhook-sendouts"]
	if _, body = w.as(t, n, retry, n.ids, validBody(retry.id, n, name)); json.Unmarshal(body, &sent.Data[0]) != nil {
		t.Fatalf("the replay: %s", body)
	}
	n.ids["replayId"] = sent.Data[0].ID
	return n
}

type sideKey struct {
	AppID    string `json:"app_id"`
	AppToken string `json:"app_token"`
}

// makeProject makes the tenant's project and notes its keys.
func (w *world) makeProject(t *testing.T, n *tenant) {
	t.Helper()
	op := operations(t)["create-project"]
	status, body := w.call(t, n.keyID, n.token, op.method, op.path, validBody(op.id, *n, ""))
	var made struct {
		ID     string  `json:"id"`
		Server sideKey `json:"server_side_key"`
		Client sideKey `json:"client_side_key"`
	}
	if err := json.Unmarshal(body, &made); err != nil || status != http.StatusOK {
		t.Fatalf("make a project: %d %s", status, body)
	}
	n.ids["projectId"] = made.ID
	n.appID, n.appToken, n.clientID, n.clientToken = made.Server.AppID, made.Server.AppToken, made.Client.AppID, made.Client.AppToken
}

func (w *world) signIn(t *testing.T, login string) string {
	t.Helper()
	res, err := http.Post(w.server.URL+"/team/v1/session", "application/json", strings.NewReader(fmt.Sprintf(`{"email":%q,"password":%q}`, login, password)))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 204 {
		t.Fatalf("sign in as %s: %d", login, res.StatusCode)
	}
	cookie, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return cookie
}

// make runs a create operation with its valid body and returns the new id.
func (w *world) make(t *testing.T, n tenant, operation, name string) string {
	t.Helper()
	op := operations(t)[operation]
	status, body := w.as(t, n, op, n.ids, strings.Replace(validBody(operation, n, name), `"T `, `"First T `, 1))
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &made); err != nil || status != 200 {
		t.Fatalf("%s: %d %s", operation, status, body)
	}
	return made.ID
}

// validBody is a body that each operation accepts.
func validBody(operation string, n tenant, name string) string {
	definition := `{"type":"string","optional":true,"array":false}`
	switch operation {
	case "create-project":
		return `{"name":"Shop","timezone":"UTC","currency":"EUR","case_sensitive_codes":true}`
	case "update-project", "clone-project":
		return `{"name":"Renamed"}`
	case "assign-user":
		return `{"login":"ann@` + name + `.example","role":"USER"}`
	case "update-user":
		return `{"role":"VIEWER"}`
	case "invite-user":
		return `{"email":"new@` + name + `.example","first_name":"N","last_name":"N","projects":{"` + n.ids["projectId"] + `":"USER"}}`
	case "create-metadata-schema":
		return `{"related_object":"order","properties":{"a":` + definition + `}}`
	case "update-metadata-schema":
		return `{"properties":{"b":` + definition + `}}`
	case "create-custom-event-schema":
		return `{"name":"review","schema":{"properties":{}}}`
	case "update-custom-event-schema":
		return `{"schema":{"properties":{"a":{"type":"string","optional":true}}}}`
	case "create-webhook", "update-webhook":
		return `{"target_url":"https://127.0.0.1:9/","events":["voucher.created"]}`
	case "create-stacking-rules", "update-stacking-rules":
		return `{"redeemables_limit":20}`
	case "create-brand":
		return `{"brand":{"name":"A"},"address":{"street":"a","city":"a","postal":"a","state":"a","country":"a"},"contact":{"email":"a@a.example"}}`
	case "update-brand":
		return `{"brand":{"name":"B"}}`
	case "create-category", "update-category":
		return `{"name":"A","hierarchy":1}`
	case "create-campaign-template":
		return `{"name":"T ` + name + `","campaign":{"campaign_type":"DISCOUNT_COUPONS"}}`
	case "update-campaign-template":
		return `{"description":"Changed"}`
	case "track-custom-event":
		return `{"event":"review","customer":{"source_id":"` + name + `"}}`
	case "publish-webhook-event":
		return `{"type":"voucher.created","data":{"id":"v_1"}}`
	case "retry-webhook-sendouts":
		return `{"status":"failed"}`
	case "rotate-webhook-secret":
		return `{"overlap_hours":1}`
	case "test-webhook":
		return `{"type":"voucher.created"}`
	case "validate-metadata":
		return `{"metadata":{}}`
	case "evaluate-stacking":
		return `{"order":{"amount":1000},"redeemables":[{"object":"voucher","id":"V1","effect":{"type":"AMOUNT","amount_off":300}}]}`
	case "management-copy-campaign-template":
		return `{"name":"Copy","destination_project_id":"` + n.ids["projectId"] + `"}`
	}
	return ""
}

// operation is one of the Management API or of the Project API's server side,
// as its document tells it.
type operation struct {
	id, method, path string
	body             map[string]any // its schema, resolved; nil if it takes none
}

// ofProject reports whether a project's key opens it.
func (o operation) ofProject() bool { return strings.HasPrefix(o.path, "/v1/") }

// forPeople is where people find the operation.
func (o operation) forPeople() string {
	if o.ofProject() {
		return "/team/v1/projects/{projectId}/" + strings.TrimPrefix(o.path, "/v1/")
	}
	return o.path
}

// computes reports whether it changes nothing although it is sent a body.
func (o operation) computes() bool { return o.id == "validate-metadata" || o.id == "evaluate-stacking" }

var readDocuments = sync.OnceValues(func() (map[string]operation, error) {
	out := map[string]operation{}
	for _, door := range []api.Door{api.Management, api.Project} {
		if err := readDocument(door, out); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// readDocument adds a door's operations.
func readDocument(door api.Door, to map[string]operation) error {
	raw, err := app.OpenAPI(door, false)
	if err != nil {
		return err
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			RequestBody struct {
				Content map[string]struct {
					Schema map[string]any `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	for path, methods := range doc.Paths {
		if strings.HasPrefix(path, "/client/") { // the same operations, five of them in five seconds
			continue
		}
		for method, o := range methods {
			op := operation{id: o.OperationID, method: strings.ToUpper(method), path: path}
			if s := o.RequestBody.Content["application/json"].Schema; s != nil {
				if ref, ok := s["$ref"].(string); ok {
					s = doc.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]]
				}
				op.body = s
			}
			to[op.id] = op
		}
	}
	return nil
}

func operations(t *testing.T) map[string]operation {
	t.Helper()
	ops, err := readDocuments()
	if err != nil {
		t.Fatal(err)
	}
	return ops
}

// sorted returns the operations with deletions last, the project's very last,
// so that a walk finds what it needs.
func sorted(t *testing.T) []operation {
	t.Helper()
	rank := func(o operation) int {
		switch {
		case o.id == "delete-project":
			return 3
		case o.id == "unassign-user":
			return 1
		case o.method == http.MethodDelete:
			return 2
		}
		return 0
	}
	return slices.SortedFunc(maps.Values(operations(t)), func(a, b operation) int {
		if rank(a) != rank(b) {
			return rank(a) - rank(b)
		}
		return strings.Compare(a.id, b.id)
	})
}

func fill(path string, ids map[string]string) string {
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + "none" + after
	}
	return path
}

// as calls an operation with the tenant's key for it.
func (w *world) as(t *testing.T, n tenant, op operation, ids map[string]string, body string) (int, []byte) {
	t.Helper()
	if op.ofProject() {
		return w.send(t, op.method, fill(op.path, ids), body, "X-App-Id", n.appID, "X-App-Token", n.appToken)
	}
	return w.call(t, n.keyID, n.token, op.method, fill(op.path, ids), body)
}

func (w *world) call(t *testing.T, id, token, method, path, body string) (int, []byte) {
	t.Helper()
	return w.send(t, method, path, body, "X-Management-Id", id, "X-Management-Token", token)
}

func (w *world) send(t *testing.T, method, path, body string, header ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("X-Request-Id", "v-test")
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
	return res.StatusCode, raw
}

// count returns how many rows a table has.
func (w *world) count(t *testing.T, table string) int {
	t.Helper()
	var n int
	if err := w.db.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// rows counts the rows of every table that a call could leave something in.
func (w *world) rows(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	for _, table := range []string{
		"projects", "project_counts", "project_members", "project_keys", "users", "invitations", "invitation_projects", "metadata_schemas",
		"event_schemas", "categories", "stacking_rules", "brandings", "webhooks", "campaign_templates", "mails", "idempotency_keys", "management_keys", "customers", "custom_events", "webhook_events", "webhook_sendouts", "webhook_replays", "river_job",
	} {
		fmt.Fprintf(&out, "%s %d\n", table, w.count(t, table))
	}
	return out.String()
}

func eachEngine(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, engine))
		})
	}
}
