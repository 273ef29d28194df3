package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/database"
)

// own are the operations beyond the reference contract.
var own = []string{"clone-project", "get-webhook-secret", "rotate-webhook-secret"}

func TestEveryOperationOfTheReferenceContractIsThere(t *testing.T) {
	t.Parallel()
	managed := 0
	for _, op := range operations(t) {
		if !op.ofProject() {
			managed++
		}
	}
	if n := managed - len(own); n != 38 {
		t.Errorf("%d operations of the reference contract, want 38", n)
	}
	for _, name := range []string{"management", "project"} {
		raw, err := os.ReadFile("../../../shared/contract/" + name + ".openapi.json")
		if err != nil {
			t.Skip("the reference documents are not beside the project; the count above still holds")
		}
		checkPaths(t, raw)
	}
}

// checkPaths holds that we have every operation of a reference document under
// its id.
func checkPaths(t *testing.T, reference []byte) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(reference, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			var op struct {
				OperationID string `json:"operationId"`
			}
			if method == "parameters" {
				continue
			}
			if err := json.Unmarshal(o, &op); err != nil {
				t.Fatal(err)
			}
			got, ok := operations(t)[op.OperationID]
			if !ok || got.path != path || got.method != strings.ToUpper(method) {
				t.Errorf("%s %s %s is %+v", op.OperationID, method, path, got)
			}
		}
	}
}

// unmasked finds a secret that the audit log should have masked.
var unmasked = regexp.MustCompile(`"(webhook_token|app_token|token|secret|password)":"[^•"]`)

func TestNothingDoneWithAKeyIsAuditedAndEverythingAPersonDoesIs(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		before := w.count(t, "audit_log")
		for _, op := range sorted(t) {
			status, body := w.as(t, w.ours, op, w.ours.ids, validBody(op.id, w.ours, "ours"))
			if status >= 500 {
				t.Errorf("%s with a key: %d %s", op.id, status, body)
			}
		}
		if n := w.count(t, "audit_log"); n != before {
			t.Errorf("calls with a key left %d entries in the audit log", n-before)
		}
		for _, op := range sorted(t) {
			before := w.count(t, "audit_log")
			status, body := w.send(t, op.method, fill(op.forPeople(), w.theirs.ids), validBody(op.id, w.theirs, "theirs"), "Cookie", w.theirs.cookie)
			if status >= 500 {
				t.Errorf("%s by a person: %d %s", op.id, status, body)
			}
			want := before
			if (op.method != http.MethodGet || op.id == "get-webhook-secret") && !op.computes() && status < 400 { // showing a secret is a deed
				want++
			}
			if n := w.count(t, "audit_log"); n != want {
				t.Errorf("%s by a person: %d, and %d new entries in the audit log", op.id, status, n-before)
			}
		}
		rows, err := w.db.Query(t.Context(), `SELECT COALESCE(before_change, '') || COALESCE(after_change, '') FROM audit_log`)
		texts, err := database.Collect(rows, err, func(r database.Row) (text string, err error) { return text, r.Scan(&text) })
		if err != nil || len(texts) == 0 {
			t.Fatalf("read the audit log: %v", err)
		}
		for _, text := range texts {
			if unmasked.MatchString(text) {
				t.Errorf("the audit log holds a secret: %s", text)
			}
		}
	})
}

func TestAStrangersResourceAnswersExactlyAsOneThatNeverWas(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		for _, op := range sorted(t) {
			if !strings.Contains(op.path, "{") {
				continue
			}
			// All ids a stranger's; and the stranger's resource under a project of ours.
			for name, ids := range map[string]map[string]string{
				"everything":   w.theirs.ids,
				"the resource": mixed(w.theirs.ids, w.ours.ids["projectId"]),
			} {
				if name == "the resource" && strings.Count(op.path, "{") < 2 {
					continue
				}
				never := map[string]string{}
				for param := range ids {
					never[param] = "never_" + param
				}
				if name == "the resource" {
					never["projectId"] = w.ours.ids["projectId"]
				}
				before := w.rows(t)
				body := validBody(op.id, w.ours, "ours")
				gotStatus, got := w.as(t, w.ours, op, ids, body)
				wantStatus, want := w.as(t, w.ours, op, never, body)
				for param, id := range ids {
					got = []byte(strings.ReplaceAll(string(got), id, never[param]))
				}
				if gotStatus != http.StatusNotFound || gotStatus != wantStatus || string(got) != string(want) {
					t.Errorf("%s, %s a stranger's: %d %s\nnever was: %d %s", op.id, name, gotStatus, got, wantStatus, want)
				}
				if after := w.rows(t); after != before {
					t.Errorf("%s, %s a stranger's: rows changed", op.id, name)
				}
			}
		}
	})
}

func mixed(ids map[string]string, projectID string) map[string]string {
	out := maps.Clone(ids)
	out["projectId"] = projectID
	return out
}

// badBodies are what no operation may accept, whatever its schema.
func badBodies(valid string) map[string]string {
	deep := strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)
	return map[string]string{
		"nothing":         " ",
		"not JSON":        `{"name":`,
		"a list":          `[]`,
		"a text":          `"x"`,
		"null":            `null`,
		"a second value":  valid + ` {}`,
		"deep nesting":    strings.TrimSuffix(valid, "}") + `,"more":` + deep + `}`,
		"invalid UTF-8":   strings.TrimSuffix(valid, "}") + ",\"more\":\"\xc3\x28\"}",
		"a NUL":           strings.TrimSuffix(valid, "}") + `,"more":"a\u0000"}`,
		"a huge number":   strings.TrimSuffix(valid, "}") + `,"more":1e999}`,
		"a member twice":  strings.TrimSuffix(valid, "}") + "," + strings.TrimPrefix(valid, "{"),
		"larger than 1MB": strings.TrimSuffix(valid, "}") + `,"more":"` + strings.Repeat("a", 1<<20) + `"}`,
	}
}

func TestNoOperationAcceptsABodyThatBreaksItsSchemaOrLeavesARow(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		for _, op := range sorted(t) {
			if op.body == nil {
				continue
			}
			valid := validBody(op.id, w.ours, "ours")
			if valid == "" {
				t.Fatalf("%s has no valid body in this test", op.id)
			}
			bodies := badBodies(valid)
			maps.Copy(bodies, brokenMembers(t, op, valid))
			before := w.rows(t)
			for _, name := range slices.Sorted(maps.Keys(bodies)) {
				status, answer := w.as(t, w.ours, op, w.ours.ids, bodies[name])
				want := http.StatusBadRequest
				if name == "larger than 1MB" {
					want = http.StatusRequestEntityTooLarge
				}
				if status != want {
					t.Errorf("%s with %s: %d %.300s", op.id, name, status, answer)
				}
			}
			if after := w.rows(t); after != before {
				t.Errorf("%s left rows:\n%s\nbefore:\n%s", op.id, after, before)
			}
		}
	})
}

// brokenMembers breaks the valid body in each member of its schema: left out
// if required, of a wrong type, too long, too large, null where it may not be.
func brokenMembers(t *testing.T, op operation, valid string) map[string]string {
	t.Helper()
	out := map[string]string{}
	properties, _ := op.body["properties"].(map[string]any)
	if len(properties) == 0 {
		t.Fatalf("%s: the schema of the body has no members", op.id)
	}
	put := func(what, name string, value any) {
		var body map[string]any
		if err := json.Unmarshal([]byte(valid), &body); err != nil {
			t.Fatal(err)
		}
		if value == nil && what == "without" {
			delete(body, name)
		} else {
			body[name] = value
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		out[what+" "+name] = string(raw)
	}
	required, _ := op.body["required"].([]any)
	for _, name := range required {
		put("without", fmt.Sprint(name), nil)
	}
	for name, p := range properties {
		schema, _ := p.(map[string]any)
		types, nullable := typesOf(schema)
		if !nullable && len(types) > 0 {
			put("null as", name, nil)
		}
		switch {
		case slices.Contains(types, "string"):
			put("a number as", name, 7)
			put("too long a", name, strings.Repeat("x", 70_000))
		case slices.Contains(types, "integer"), slices.Contains(types, "number"):
			put("a text as", name, "x")
			put("too large a", name, 1e300)
		case slices.Contains(types, "boolean"):
			put("a text as", name, "true")
		case slices.Contains(types, "array"):
			put("an object as", name, map[string]any{})
			put("nonsense in", name, []any{map[string]any{"x": []any{1}}})
		case slices.Contains(types, "object"), schema["$ref"] != nil:
			put("a list as", name, []any{})
		}
	}
	return out
}

func typesOf(schema map[string]any) (types []string, nullable bool) {
	switch t := schema["type"].(type) {
	case string:
		types = []string{t}
	case []any:
		for _, v := range t {
			types = append(types, fmt.Sprint(v))
		}
	}
	return types, slices.Contains(types, "null")
}

func TestTheLogHoldsRequestIDsAndNoSecret(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, w *world) {
		for _, op := range sorted(t) {
			w.as(t, w.ours, op, w.ours.ids, validBody(op.id, w.ours, "ours"))
		}
		text := w.log.String()
		if !strings.Contains(text, "request_id=v-test") || !strings.Contains(text, "operation=create-webhook") {
			t.Errorf("the log tells too little:\n%.2000s", text)
		}
		for what, secret := range map[string]string{"the token": w.ours.token, "the password": password, "the cookie": w.ours.cookie} {
			if strings.Contains(text, secret) {
				t.Errorf("the log holds %s", what)
			}
		}
	})
}
