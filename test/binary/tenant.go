package binary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Tenant is an organization with a key of the Management API, on a server that
// may come and go.
type Tenant struct {
	URL string // of the server; set it once there is one

	id, token string
}

// NewTenant makes an organization by the command line, with what env names as
// its database.
func NewTenant(t testing.TB, file string, env []string) *Tenant {
	t.Helper()
	var org struct {
		ID string `json:"id"`
	}
	operate(t, file, env, &org, "org", "create", "--name", "Crash", "--owner-email", "owner@crash.example")
	operate(t, file, env, nil, "org", "unlock", org.ID, "management-api")
	var key struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}
	operate(t, file, env, &key, "key", "create", "--org", org.ID, "--name", "k")
	return &Tenant{id: key.ID, token: key.Token}
}

func operate(t testing.TB, file string, env []string, into any, args ...string) {
	t.Helper()
	cmd := exec.Command(file, append(args, "--json")...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("steward %v: %v\n%s", args, err, &stderr)
	}
	if into != nil {
		if err := json.Unmarshal(out, into); err != nil {
			t.Fatalf("steward %v: %v\n%s", args, err, out)
		}
	}
}

// Project is a project with its server-side key.
type Project struct{ ID, appID, appToken string }

// callTimeout bounds a call, so that a server that hangs fails a test.
const callTimeout = 30 * time.Second

var client = &http.Client{Timeout: callTimeout}

// Call sends a request with the tenant's key and the project's, and returns the
// answer. The status is 0 if none came, as from a server that was killed.
func (k *Tenant) Call(p Project, method, path, body string) (status int, answer []byte) {
	req, err := http.NewRequest(method, k.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	req.Header.Set("X-Management-Id", k.id)
	req.Header.Set("X-Management-Token", k.token)
	req.Header.Set("X-App-Id", p.appID)
	req.Header.Set("X-App-Token", p.appToken)
	res, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	return res.StatusCode, raw
}

// CreateProject makes a project.
func (k *Tenant) CreateProject(t testing.TB, name string) Project {
	t.Helper()
	status, body := k.Call(Project{}, "POST", "/management/v1/projects", fmt.Sprintf(`{"name":%q,"timezone":"UTC","currency":"EUR","case_sensitive_codes":true}`, name))
	var p struct {
		ID  string `json:"id"`
		Key struct {
			ID    string `json:"app_id"`
			Token string `json:"app_token"`
		} `json:"server_side_key"`
	}
	if err := json.Unmarshal(body, &p); err != nil || status != http.StatusOK {
		t.Fatalf("create a project: %d %s", status, body)
	}
	return Project{p.ID, p.Key.ID, p.Key.Token}
}
