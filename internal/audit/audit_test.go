package audit_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/audit"
)

func TestSecretsAreMaskedAtAnyDepth(t *testing.T) {
	t.Parallel()
	type pair struct {
		AppID string `json:"app_id"`
		Token string `json:"app_token"`
	}
	for _, c := range []struct {
		name string
		form any
		want string
	}{
		{"nothing", nil, ``},
		{"a pointer to nothing", (*pair)(nil), ``},
		{"a struct", pair{"app_1", "s3cret"}, `{"app_id":"app_1","app_token":"••••"}`},
		{
			"every name of a secret", map[string]any{
				"token": "a", "app_token": "b", "webhook_token": "c", "secret": "d", "password": "e", "password_hash": "f", "code": "g", "recovery_codes": []string{"h", "i"},
			},
			`{"app_token":"••••","code":"••••","password":"••••","password_hash":"••••","recovery_codes":"••••","secret":"••••","token":"••••","webhook_token":"••••"}`,
		},
		{"within lists and objects", json.RawMessage(`{"a":[{"b":{"secret":{"deep":[1]}}},"token"]}`), `{"a":[{"b":{"secret":"••••"}},"token"]}`},
		{"in capitals", json.RawMessage(`{"Token":"a"}`), `{"Token":"••••"}`},
		{"that there was none is no secret", json.RawMessage(`{"token":null,"code":0}`), `{"code":"••••","token":null}`},
		{"names that only hold one", json.RawMessage(`{"default_code_config":{"length":8},"token_visible_until":"x"}`), `{"default_code_config":{"length":8},"token_visible_until":"x"}`},
		{"other values to the last digit", json.RawMessage(`{"amount":12345678901234567890.10,"html":"<b>&"}`), `{"amount":12345678901234567890.10,"html":"<b>&"}`},
	} {
		if got, err := audit.Snapshot(c.form); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", c.name, got, err, c.want)
		}
	}
	if _, err := audit.Snapshot(math.Inf(1)); err == nil {
		t.Error("what is no JSON is recorded")
	}
}

func TestAFormThatIsTooLargeIsReplacedByANote(t *testing.T) {
	t.Parallel()
	largest := strings.Repeat("x", audit.MaxSnapshot-len(`{"a":""}`))
	if got, err := audit.Snapshot(map[string]string{"a": largest}); err != nil || len(got) != audit.MaxSnapshot {
		t.Errorf("the largest form that fits comes to %d bytes, %v", len(got), err)
	}
	want := `{"note":"Left out: its 65537 bytes are more than the 65536 that the audit log keeps"}`
	if got, err := audit.Snapshot(map[string]string{"a": largest + "x"}); err != nil || got != want {
		t.Errorf("one byte more comes to %.100s, %v", got, err)
	}
	if got, err := audit.Snapshot(map[string]string{"token": largest + "x"}); err != nil || got != `{"token":"••••"}` {
		t.Errorf("what is large by its secret alone comes to %.100s, %v", got, err)
	}
}

// FuzzSnapshot holds that whatever is recorded is JSON within bounds, without
// the value of any secret, and comes to itself when recorded again.
func FuzzSnapshot(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `[]`, `"x"`, `{"token":"x"}`, `{"a":[{"password":{"b":1}}]}`, `{"TOKEN":[null]}`, `{"a":"\u0000\ud800"}`, `{"a":1,"a":2}`} {
		f.Add(s)
	}
	names := []string{"token", "app_token", "webhook_token", "secret", "password", "password_hash", "code", "recovery_codes"}
	var check func(v any) error
	check = func(v any) error {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				if err := check(item); err != nil {
					return err
				}
			}
		case map[string]any:
			for name, value := range v {
				if slices.Contains(names, strings.ToLower(name)) && value != nil && value != audit.Masked {
					return fmt.Errorf("%s is %v", name, value)
				}
				if err := check(value); err != nil {
					return err
				}
			}
		}
		return nil
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) {
			return
		}
		got, err := audit.Snapshot(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		if got == "" {
			return
		}
		var doc any
		if err := json.Unmarshal([]byte(got), &doc); err != nil && !strings.Contains(err.Error(), "number") {
			t.Fatalf("%q is no JSON: %v", got, err)
		}
		if err := check(doc); err != nil {
			t.Fatal(err)
		}
		if len(got) > audit.MaxSnapshot {
			t.Fatalf("%d bytes", len(got))
		}
		if again, err := audit.Snapshot(json.RawMessage(got)); err != nil || again != got {
			t.Fatalf("%q comes to %q, %v", got, again, err)
		}
	})
}
