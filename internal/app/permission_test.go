package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/ident"
)

func TestEveryPermissionOpensSomething(t *testing.T) {
	t.Parallel()
	w := newWorld(t, database.SQLite)
	everything := map[string]operation{}
	for _, door := range api.Documents {
		if err := readDocument(door, everything); err != nil {
			t.Fatal(err)
		}
	}
	ann := w.signIn(t, "ann@ours.example")
	asOwner := func(method, path, body string) []byte {
		status, answer := w.send(t, method, path, body, "Cookie", w.ours.cookie)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, status, answer)
		}
		return answer
	}
	role := func(p ident.Permission) string { return fmt.Sprintf(`{"name":"One thing","permissions":[%q]}`, p) }
	var made struct{ ID string }
	if err := json.Unmarshal(asOwner(http.MethodPost, "/team/v1/roles", role(ident.DataRead)), &made); err != nil {
		t.Fatal(err)
	}
	project := map[string]string{"projectId": w.ours.ids["projectId"]}
	asOwner(http.MethodPut, fill("/management/v1/projects/{projectId}/users/", project)+w.ours.ids["userId"], `{"role":"`+made.ID+`"}`)

	// What is asked for is not there, or has no body: what is not refused for
	// want of a right is refused for that.
	opens := func(op operation) bool {
		path := op.forPeople()
		if op.method == http.MethodDelete || !strings.Contains(path, "/projects/{projectId}") {
			return false
		}
		status, _ := w.send(t, op.method, fill(path, project), "", "Cookie", ann)
		return status != http.StatusForbidden
	}
	for _, p := range ident.Permissions {
		asOwner(http.MethodPut, "/team/v1/roles/"+made.ID, role(p))
		opened := 0
		for _, op := range everything {
			if opens(op) {
				opened++
			}
		}
		if opened == 0 || opened > len(everything)/2 {
			t.Errorf("%s opens %d of %d operations", p, opened, len(everything))
		}
	}
}

func TestTheConfigurationIsReadFromTheStoreWhateverOtherCachesHold(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		ops := operations(t)
		if status, body := w.as(t, w.ours, ops["list-categories"], w.ours.ids, ""); status != http.StatusOK || !strings.Contains(string(body), `"name":"A"`) {
			t.Fatalf("%d %s", status, body)
		}
		if _, err := w.db.Exec(t.Context(), `UPDATE categories SET name = 'Untold' WHERE id = $1`, w.ours.ids["categoryId"]); err != nil {
			t.Fatal(err)
		}
		status, body := w.as(t, w.ours, ops["get-configuration"], w.ours.ids, "")
		if status != http.StatusOK || !strings.Contains(string(body), `"name":"Untold"`) {
			t.Errorf("%d %s", status, body)
		}
	})
}
