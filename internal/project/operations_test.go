package project_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/project"
)

// required are the members that the reference contract requires of a project.
var required = []string{
	"id", "name", "description", "currency", "timezone", "cluster_id", "api_version", "case_sensitive_codes", "client_trusted_domains",
	"client_redeem_enabled", "client_publish_enabled", "client_list_vouchers_enabled", "client_create_customer_enabled",
	"client_loyalty_events_enabled", "client_set_voucher_expiration_date_enabled", "api_usage_notifications",
	"webhooks_callout_notifications", "is_sandbox", "webhook_version", "webhook_token",
}

func TestAProjectIsMadeWithDefaultsKeysAndOwners(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		made := h.Do(t, "POST", collection, minimal)
		if made.Status != 200 || made.Header.Get("ETag") != "" {
			t.Fatalf("create: %d %s", made.Status, made.Body)
		}
		p := made.JSON(t)
		for _, name := range append(required, "dial_code", "default_code_config", "server_side_key", "client_side_key") {
			if _, ok := p[name]; !ok {
				t.Errorf("the answer lacks %s", name)
			}
		}
		if _, ok := p["limits"]; ok {
			t.Error("a project without limits shows some")
		}
		for _, side := range []string{"server", "client"} {
			key, _ := p[side+"_side_key"].(map[string]any)
			if id, _ := key["app_id"].(string); !strings.HasPrefix(id, "app_") || key["app_token"] != side+"-token" {
				t.Errorf("the %s key is %v", side, key)
			}
		}
		id, token := made.String(t, "id"), made.String(t, "webhook_token")
		if !strings.HasPrefix(id, "proj_") || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(token) {
			t.Errorf("id %s, webhook token %s", id, token)
		}
		if stored := h.text(t, `SELECT settings FROM projects WHERE id = $1`, id); strings.Contains(stored, token) {
			t.Error("the webhook token is kept in the clear")
		}
		quiet := `{"enabled":false,"value":80,"emails":[],"in_app":false}`
		silent := `{"email":false,"in_app":false,"emails":[]}`
		h.Run(t, []apitest.Case{
			{
				Name: "it is shown with defaults, without its keys", Method: "GET", Path: collection + "/" + id, Status: 200,
				Contains: []string{
					`"description":""`, `"dial_code":null`, `"cluster_id":"eu1"`, `"api_version":"v2018-08-01"`, `"webhook_version":"v2024-01-01"`,
					`"is_sandbox":false`, `"client_trusted_domains":[]`, `"client_redeem_enabled":false`, `"webhook_token":"` + token + `"`,
					`"api_usage_notifications":{"redemptions":` + quiet + `,"messages":` + quiet + `,"api_calls":` + quiet + `,"bulk_api_calls":` + quiet +
						`,"webhook_calls":` + quiet + `,"cycle_calls":` + quiet + `}`,
					`"webhooks_callout_notifications":{"distributions":` + silent + `,"webhooks":` + silent + `}`,
					`"default_code_config":{"charset":"` + project.DefaultCharset(true) + `"}`,
				},
				Rows: map[string]int{"projects": 3, "project_keys": 2},
			},
			{Name: "a stranger cannot see it", Credential: apitest.StrangerKey, Method: "GET", Path: collection + "/" + id, Status: 404, Key: "not_found", Details: "Cannot find project with id " + id},
		})
		shown := h.Do(t, "GET", collection+"/"+id, nil)
		if strings.Contains(string(shown.Body), "_side_key") || shown.Header.Get("ETag") == "" {
			t.Errorf("shown: %s", shown.Body)
		}
		if role := h.text(t, `SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2`, id, apitest.Owner); role != "ADMIN" {
			t.Errorf("the owner's role is %q", role)
		}
		if n := len(h.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
	})
}

func TestAProjectIsMadeWithAllItIsGiven(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		loud := `{"enabled":true,"value":90,"emails":["ops@acme.example"],"in_app":true}`
		made := h.Do(t, "POST", collection, `{"name":"Shop","case_sensitive_codes":false,"timezone":"GMT+5:30","currency":"INR","description":"Summer",
			"dial_code":"+91","cluster_id":"eu1","api_version":"v2018-08-01","webhook_version":"v2024-01-01","client_redeem_enabled":true,
			"client_trusted_domains":["https://shop.example","localhost:3000"],"api_usage_notifications":{"messages":`+loud+`},
			"webhooks_callout_notifications":{"webhooks":{"email":true,"in_app":true,"emails":["ops@acme.example"]}},
			"default_code_config":{"charset":"ABC123"},"newer_member":{"of":"a newer contract"},
			"users":[{"id":"`+jane+`","role":"USER"},{"login":"`+apitest.Viewer+`@acme.example","role":"role_custom"}]}`)
		if made.Status != 200 {
			t.Fatalf("%d %s", made.Status, made.Body)
		}
		id := made.String(t, "id")
		h.Run(t, []apitest.Case{{
			Name: "it is shown as it was given", Method: "GET", Path: collection + "/" + id, Status: 200, Contains: []string{
				`"timezone":"GMT+5:30"`, `"currency":"INR"`, `"description":"Summer"`, `"dial_code":"+91"`, `"client_redeem_enabled":true`,
				`"client_trusted_domains":["https://shop.example","localhost:3000"]`, `"messages":` + loud, `"case_sensitive_codes":false`,
				`"webhooks":{"email":true,"in_app":true,"emails":["ops@acme.example"]}`, `"charset":"ABC123"`,
			},
		}})
		for user, want := range map[string]string{jane: "USER", apitest.Viewer: "role_custom", apitest.Owner: "ADMIN", apitest.Outsider: ""} {
			if role := h.text(t, `SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2`, id, user); role != want {
				t.Errorf("%s has the role %q, want %q", user, role, want)
			}
		}
	})
}

func TestAProjectThatBreaksTheRulesIsNotMade(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		none := map[string]int{"projects": 2, "project_keys": 0, "project_members": 1, "project_counts": 2}
		with := func(member string) string { return strings.TrimSuffix(minimal, "}") + "," + member + "}" }
		cases := []apitest.Case{
			{
				Name: "what is missing", Body: `{}`, Details: "Payload must have required property 'case_sensitive_codes'; Payload must have required property 'currency'; " +
					"Payload must have required property 'name'; Payload must have required property 'timezone'",
			},
			{
				Name: "wrong types and formats", Body: `{"name":"","case_sensitive_codes":"yes","timezone":"Mars/Olympus","currency":"eur","description":null}`,
				Details: "Property .case_sensitive_codes must be boolean; Property .currency must match format currency (an ISO 4217 code such as EUR); " +
					"Property .description must be string; Property .name must NOT have fewer than 1 characters; " +
					"Property .timezone must match format timezone (an IANA name such as Europe/Warsaw, or GMT±h[:mm])",
			},
			{Name: "a blank name", Body: strings.Replace(minimal, "Shop", "  ", 1), Details: "Property .name must NOT be blank"},
			{Name: "another version of the API", Body: with(`"api_version":"v1"`), Details: "Property .api_version must be equal to one of the allowed values: v2018-08-01"},
			{Name: "another version of webhooks", Body: with(`"webhook_version":"v1"`), Details: "Property .webhook_version must be equal to one of the allowed values: v2024-01-01"},
			{
				Name: "a notification that is not complete", Body: with(`"api_usage_notifications":{"messages":{"value":80}}`),
				Details: "Property .api_usage_notifications.messages must have required property 'emails'; Property .api_usage_notifications.messages must have required property 'enabled'; " +
					"Property .api_usage_notifications.messages must have required property 'in_app'",
			},
			{
				Name:    "a notification out of bounds",
				Body:    with(`"api_usage_notifications":{"api_calls":{"enabled":true,"value":9,"emails":["x"],"in_app":true},"cycle_calls":{"enabled":true,"value":91,"emails":[],"in_app":true}}`),
				Details: "Property .api_usage_notifications.api_calls.emails.0 must match format email (an address such as name@example.com); Property .api_usage_notifications.api_calls.value must be >= 10; Property .api_usage_notifications.cycle_calls.value must be <= 90",
			},
			{
				Name: "a webhook notification that is not complete", Body: with(`"webhooks_callout_notifications":{"webhooks":{"email":true}}`),
				Details: "Property .webhooks_callout_notifications.webhooks must have required property 'emails'; Property .webhooks_callout_notifications.webhooks must have required property 'in_app'",
			},
			{
				Name: "what no schema can say, all at once", Body: with(`"dial_code":"PL","client_trusted_domains":["shop.example","a b"],"default_code_config":{"charset":"aa"}`),
				Details: "Property .client_trusted_domains.1 must be a host such as shop.example, or an http or https URL of one; " +
					"Property .default_code_config.charset must NOT hold the character a twice; Property .dial_code must be a country dial code such as 48 or +48",
			},
			{Name: "too many domains", Body: with(`"client_trusted_domains":[` + strings.Repeat(`"a.example",`, 100) + `"a.example"]`), Details: "Property .client_trusted_domains must NOT have more than 100 items"},
			{Name: "a user by both id and login", Body: with(`"users":[{"id":"a","login":"b","role":"USER"}]`), Details: "Property .users.0 must have exactly one of id and login"},
			{Name: "a user by neither, and another", Body: with(`"users":[{"role":"USER"},{"role":"USER"}]`), Details: "Property .users.0 must have exactly one of id and login; Property .users.1 must have exactly one of id and login"},
			{Name: "a user without a role", Body: with(`"users":[{"id":"a"}]`), Details: "Property .users.0 must have required property 'role'"},
			{Name: "a role by invitation only", Key: "used_incorrect_role", Body: with(`"users":[{"id":"` + jane + `","role":"USER_RESTRICTED"}]`), Details: "USER_RESTRICTED can be given by invitation only: Property .users.0.role"},
			{Name: "no role", Key: "used_incorrect_role", Body: with(`"users":[{"id":"` + jane + `","role":"BOSS"}]`), Details: "Property .users.0.role must be ADMIN, USER, VIEWER, MERCHANT or the id of a custom role"},
			{Name: "a custom role that there is not", Key: "used_incorrect_role", Body: with(`"users":[{"id":"` + jane + `","role":"role_none"}]`), Details: "There is no role role_none"},
			{Name: "a user that there is not", Status: 404, Key: "not_found", Body: with(`"users":[{"id":"` + jane + `","role":"USER"},{"login":"nobody","role":"USER"}]`), Details: "Cannot find user with id nobody"},
			{Name: "another cluster", Status: 403, Key: "forbidden", Body: with(`"cluster_id":"us1"`), Details: "Project is bound to different region"},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Status: 403, Key: "forbidden", Body: minimal, Details: "The key's scopes read do not include projects"},
			{Name: "a key that is bound to projects", Credential: apitest.BoundKey, Status: 403, Key: "forbidden", Body: minimal, Details: "The key is bound to projects and cannot make another one"},
			{Name: "a person who is no owner", Credential: apitest.Viewer, Status: 403, Key: "forbidden", Body: minimal, Details: "Only owners of the organization may do this"},
		}
		for i := range cases {
			c := &cases[i]
			c.Method, c.Path, c.Rows = "POST", collection, none
			if c.Status == 0 {
				c.Status = 400
			}
			if c.Key == "" {
				c.Key = "invalid_payload"
			}
		}
		h.Run(t, cases)
	})
}

func TestAnUpdateChangesOnlyWhatIsSent(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		rows := map[string]int{"projects": 2}
		h.Run(t, []apitest.Case{
			{Name: "nothing", Method: "PUT", Path: single, Body: `{}`, Status: 200, Contains: []string{`"name":"Shop"`, `"timezone":"UTC"`}, Rows: rows},
			{
				Name: "some settings", Method: "PUT", Path: single, Status: 200, Rows: rows,
				Body:     `{"name":"Store","dial_code":"48","client_trusted_domains":["a.example","b.example"],"client_publish_enabled":true,"default_code_config":{"charset":"01"}}`,
				Contains: []string{`"name":"Store"`, `"dial_code":"48"`, `"a.example","b.example"`, `"client_publish_enabled":true`, `"charset":"01"`, `"currency":"EUR"`},
			},
			{
				Name: "an array is replaced, null clears, objects merge", Method: "PUT", Path: single, Status: 200, Rows: rows,
				Body:     `{"dial_code":null,"client_trusted_domains":["c.example"],"default_code_config":{},"api_usage_notifications":{"messages":{"enabled":true,"value":10,"emails":[],"in_app":true}}}`,
				Contains: []string{`"dial_code":null`, `"client_trusted_domains":["c.example"]`, `"charset":"01"`, `"messages":{"enabled":true,"value":10`, `"redemptions":{"enabled":false,"value":80`, `"name":"Store"`},
			},
			{
				Name: "a null charset is the default of codes that are not case sensitive", Method: "PUT", Path: single, Status: 200, Rows: rows,
				Body: `{"default_code_config":{"charset":null}}`, Contains: []string{`"charset":"` + project.DefaultCharset(false) + `"`},
			},
			{
				Name: "what cannot be changed may be sent as it is", Method: "PUT", Path: single, Status: 200, Rows: rows,
				Body: `{"case_sensitive_codes":false,"cluster_id":"eu1","api_version":"v2018-08-01","description":"d"}`, Contains: []string{`"description":"d"`},
			},
			{
				Name: "but not otherwise", Method: "PUT", Path: single, Status: 400, Key: "invalid_payload",
				Body: `{"name":"Other","case_sensitive_codes":true,"cluster_id":"us1","api_version":"v2"}`,
				Details: "Property .api_version cannot be changed after creation; it is v2018-08-01; " +
					"Property .case_sensitive_codes cannot be changed after creation; it is false; Property .cluster_id cannot be changed after creation; it is eu1",
			},
			{Name: "nor cleared", Method: "PUT", Path: single, Body: `{"case_sensitive_codes":null,"cluster_id":null,"name":null}`, Status: 400, Details: "Property .case_sensitive_codes must be boolean; Property .cluster_id must be string; Property .name must be string"},
			{Name: "a charset that does not suit the codes", Method: "PUT", Path: single, Body: `{"default_code_config":{"charset":"aA"}}`, Status: 400, Details: "Property .default_code_config.charset must NOT hold both a and A, for the project's codes are not case sensitive"},
			{Name: "an empty charset", Method: "PUT", Path: single, Body: `{"default_code_config":{"charset":""}}`, Status: 400, Details: "Property .default_code_config.charset must NOT have fewer than 1 characters"},
			{
				Name: "what a project never takes is passed over", Method: "PUT", Path: single, Body: `{"id":"proj_x","is_sandbox":true,"webhook_token":"x","limits":{},"users":[]}`, Status: 200,
				Contains: []string{`"id":"` + apitest.ProjectID + `"`, `"is_sandbox":false`, `"webhook_token":"abab`, `"name":"Store"`},
			},
			{Name: "no such project", Method: "PUT", Path: collection + "/proj_none", Body: `{}`, Status: 404, Details: "Cannot find project with id proj_none"},
			{Name: "a stranger", Credential: apitest.StrangerKey, Method: "PUT", Path: single, Body: `{}`, Status: 404, Details: "Cannot find project with id " + apitest.ProjectID},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Method: "PUT", Path: single, Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "a key bound to another project", Credential: apitest.BoundKey, Method: "PUT", Path: single, Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "a viewer", Credential: apitest.Viewer, Method: "PUT", Path: single, Body: `{}`, Status: 403, Key: "forbidden"},
			{Name: "an owner", Credential: apitest.Owner, Method: "PUT", Path: single, Body: `{"name":"Mine"}`, Status: 200, Contains: []string{`"name":"Mine"`}},
		})
	})
}

func TestAnETagHoldsUntilTheProjectChanges(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		tag := h.Do(t, "GET", single, nil).Header.Get("ETag")
		changed := h.Do(t, "PUT", single, `{"name":"Store"}`, "If-Match", tag)
		h.Run(t, []apitest.Case{
			{Name: "the new one is the answer's", Method: "GET", Path: single, Header: []string{"If-None-Match", changed.Header.Get("ETag")}, Status: 304},
			{Name: "the old one no longer allows a change", Method: "PUT", Path: single, Body: `{"name":"Late"}`, Header: []string{"If-Match", tag}, Status: 412, Key: "precondition_failed"},
			{Name: "nor a deletion", Method: "DELETE", Path: single, Header: []string{"If-Match", tag}, Status: 412, Rows: map[string]int{"projects": 2}},
		})
	})
}

func TestWhoMayReadAProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		h.Run(t, []apitest.Case{
			{Name: "a key with the scope read", Credential: apitest.ReadKey, Method: "GET", Path: single, Status: 200},
			{Name: "an owner", Credential: apitest.Owner, Method: "GET", Path: single, Status: 200},
			{Name: "a member who may read settings", Credential: apitest.Viewer, Method: "GET", Path: single, Status: 200},
			{Name: "no outsider", Credential: apitest.Outsider, Method: "GET", Path: single, Status: 403, Key: "forbidden"},
			{Name: "no key that is bound elsewhere", Credential: apitest.BoundKey, Method: "GET", Path: single, Status: 403, Key: "forbidden"},
			{Name: "nobody without a credential", Credential: "mk_none", Method: "GET", Path: single, Status: 401, Key: "unauthorized"},
		})
	})
}

func TestADeletedProjectTakesAllItHadAndItsSessionsWithIt(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		made := h.Do(t, "POST", collection, minimal)
		path := collection + "/" + made.String(t, "id")
		for i, p := range []string{made.String(t, "id"), apitest.ProjectID} {
			h.Exec(t, `INSERT INTO sessions (id, token_hash, user_id, project_id, created_at, expires_at) VALUES ($1, $2, $3, $4, 0, 0)`,
				"sess_"+p, []byte{byte(i)}, apitest.Viewer, p)
		}
		everything := map[string]int{"projects": 3, "sessions": 2, "project_keys": 2, "project_members": 2}
		h.Run(t, []apitest.Case{
			{Name: "not by a viewer", Credential: apitest.Viewer, Method: "DELETE", Path: path, Status: 403, Key: "forbidden", Rows: everything},
			{Name: "not by a key that may only read", Credential: apitest.ReadKey, Method: "DELETE", Path: path, Status: 403, Key: "forbidden", Rows: everything},
			{Name: "not by a key bound elsewhere", Credential: apitest.BoundKey, Method: "DELETE", Path: path, Status: 403, Key: "forbidden", Rows: everything},
			{Name: "not by a stranger", Credential: apitest.StrangerKey, Method: "DELETE", Path: path, Status: 404, Key: "not_found", Rows: everything},
			{Name: "by the organization's key", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"projects": 2, "sessions": 1, "project_keys": 0, "project_members": 1}},
			{Name: "after which it is gone", Method: "GET", Path: path, Status: 404, Key: "not_found"},
			{Name: "and cannot be deleted again", Method: "DELETE", Path: path, Status: 404, Key: "not_found"},
			{Name: "and is no longer counted", Method: "GET", Path: collection, Status: 200, Contains: []string{`"total":1}`}},
		})
	})
}

func TestTheSandboxIsMadeOnceAndCannotBeDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		first, second := h.sandbox(t), h.sandbox(t)
		if first.ID != second.ID || first.WebhookToken != second.WebhookToken || !first.IsSandbox {
			t.Fatalf("made %+v, then %+v", first, second)
		}
		path := collection + "/" + first.ID
		rows := map[string]int{"projects": 3, "project_keys": 2}
		h.Run(t, []apitest.Case{
			{
				Name: "it is shown with its limits", Method: "GET", Path: path, Status: 200, Rows: rows,
				Contains: []string{`"name":"Sandbox Project"`, `"is_sandbox":true`, `"limits":{"api_calls":[{"value":100,"duration":"PT1H"}]}`, `"case_sensitive_codes":true`},
			},
			{Name: "it can be changed", Method: "PUT", Path: path, Body: `{"name":"Playground"}`, Status: 200, Contains: []string{`"is_sandbox":true`, `"limits"`}},
			{Name: "it cannot be deleted", Method: "DELETE", Path: path, Status: 400, Key: "invalid_payload", Details: "The sandbox project cannot be deleted", Rows: rows},
			{Name: "not even by an owner", Credential: apitest.Owner, Method: "DELETE", Path: path, Status: 400, Key: "invalid_payload", Rows: rows},
		})
		if n := h.text(t, `SELECT id FROM project_keys WHERE project_id = $1 AND token_visible_until IS NOT NULL`, first.ID); n != "" {
			t.Error("a key of the sandbox does not stay visible")
		}
		if role := h.text(t, `SELECT role FROM project_members WHERE project_id = $1 AND user_id = $2`, first.ID, apitest.Owner); role != "ADMIN" {
			t.Errorf("the owner's role is %q", role)
		}
	})
}

func TestACloneTakesOverSettingsAndCopiesAndNothingElse(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		h.Do(t, "PUT", single, `{"description":"Original","dial_code":"48","default_code_config":{"charset":"01"},"client_redeem_enabled":true}`)
		for name, from := range map[string]string{"a project": apitest.ProjectID, "a sandbox": h.sandbox(t).ID} {
			made := h.Do(t, "POST", collection+"/"+from+"/clone", `{"name":"Copy"}`)
			if made.Status != 200 || made.Header.Get("ETag") != "" {
				t.Fatalf("%s: %d %s", name, made.Status, made.Body)
			}
			p, original := made.JSON(t), h.Do(t, "GET", collection+"/"+from, nil).JSON(t)
			for _, member := range []string{"id", "name", "webhook_token"} {
				if p[member] == original[member] {
					t.Errorf("%s: %s is the original's", name, member)
				}
			}
			for _, member := range []string{"description", "dial_code", "client_redeem_enabled", "case_sensitive_codes", "timezone", "currency", "cluster_id"} {
				if p[member] != original[member] {
					t.Errorf("%s: %s is %v, not the original's %v", name, member, p[member], original[member])
				}
			}
			if p["is_sandbox"] != false || p["limits"] != nil || p["server_side_key"] == nil || p["client_side_key"] == nil {
				t.Errorf("%s: %s", name, made.Body)
			}
			id := made.String(t, "id")
			copied := h.text(t, `SELECT a.name || ', ' || b.name FROM categories a JOIN categories b ON b.project_id = a.project_id
				WHERE a.project_id = $1 AND a.hierarchy = 0 AND b.hierarchy = 1`, id)
			if copied != "first of "+from+", second of "+from {
				t.Errorf("%s: copied %s", name, copied)
			}
			if user := h.text(t, `SELECT user_id FROM project_members WHERE project_id = $1`, id); user != apitest.Owner {
				t.Errorf("%s: %s is a member", name, user)
			}
			if kind := h.text(t, `SELECT kind FROM project_keys WHERE project_id = $1 AND token_visible_until IS NULL`, id); kind != "" {
				t.Errorf("%s: the %s key stays visible", name, kind)
			}
		}
	})
}

func TestWhoMayCloneAndWhat(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		path, body, none := single+"/clone", `{"name":"Copy"}`, map[string]int{"projects": 2, "project_keys": 0, "categories": 0}
		h.Run(t, []apitest.Case{
			{Name: "a name is required", Method: "POST", Path: path, Body: `{}`, Status: 400, Details: "Payload must have required property 'name'", Rows: none},
			{Name: "a blank one does not do", Method: "POST", Path: path, Body: `{"name":" "}`, Status: 400, Details: "Property .name must NOT be blank", Rows: none},
			{Name: "no such project", Method: "POST", Path: collection + "/proj_none/clone", Body: body, Status: 404, Details: "Cannot find project with id proj_none", Rows: none},
			{Name: "a stranger", Credential: apitest.StrangerKey, Method: "POST", Path: path, Body: body, Status: 404, Details: "Cannot find project with id " + apitest.ProjectID, Rows: none},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Method: "POST", Path: path, Body: body, Status: 403, Key: "forbidden", Rows: none},
			{Name: "a key bound elsewhere", Credential: apitest.BoundKey, Method: "POST", Path: path, Body: body, Status: 403, Key: "forbidden", Rows: none},
			{Name: "a viewer", Credential: apitest.Viewer, Method: "POST", Path: path, Body: body, Status: 403, Key: "forbidden", Rows: none},
			{
				Name: "an owner, with a description of the copy's own", Credential: apitest.Owner, Method: "POST", Path: path, Body: `{"name":"Copy","description":"Mine"}`, Status: 200,
				Contains: []string{`"description":"Mine"`, `"name":"Copy"`}, Rows: map[string]int{"projects": 3, "project_keys": 2, "categories": 2},
			},
		})
	})
}

func TestWhatAPersonDoesToAProjectIsAuditedWithoutTheTokensOfItsKeys(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		id := h.As(t, apitest.Owner, "POST", collection, minimal).String(t, "id")
		copied := h.As(t, apitest.Owner, "POST", collection+"/"+id+"/clone", `{"name":"Copy"}`).String(t, "id")
		h.As(t, apitest.Owner, "PUT", collection+"/"+id, `{"name":"Store"}`)
		h.As(t, apitest.Owner, "DELETE", collection+"/"+id, nil)

		entries := h.Audited()
		want := []struct{ action, id, before, after string }{
			{"create-project", id, "", "Shop"}, {"clone-project", copied, "", "Copy"}, {"update-project", id, "Shop", "Store"}, {"delete-project", id, "Store", ""},
		}
		if len(entries) != len(want) {
			t.Fatalf("%d entries, want %d", len(entries), len(want))
		}
		name := func(v any) string {
			if p, ok := v.(*project.Project); ok && p != nil {
				return p.Name
			}
			return ""
		}
		for i, w := range want {
			e := entries[i]
			if e.Action != w.action || e.ResourceType != "project" || e.ResourceID != w.id || name(e.Before) != w.before || name(e.After) != w.after {
				t.Errorf("entry %d is %+v, want %+v", i, e, w)
			}
			raw, err := json.Marshal([]any{e.Before, e.After})
			if err != nil || strings.Contains(string(raw), "-token") {
				t.Errorf("entry %d tells a token: %s (%v)", i, raw, err)
			}
		}
	})
}

func TestARepeatedCreationMakesOneProjectAndShowsItsKeysAgain(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		first := h.Do(t, "POST", collection, minimal, "Idempotency-Key", "once")
		h.Move(23 * time.Hour)
		second := h.Do(t, "POST", collection, minimal, "Idempotency-Key", "once")
		if second.Status != 200 || string(first.Body) != string(second.Body) || second.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%d %s, first %s", second.Status, second.Body, first.Body)
		}
		if n := h.Count(t, "projects"); n != 3 {
			t.Errorf("%d projects, want 3", n)
		}
	})
}

func TestAChangeIsToldToEveryNode(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite) // which publishes before the answer
	h := open(t, db)
	heard := make(chan database.Change, 16)
	db.Changes().Subscribe(func(c database.Change) { heard <- c })
	told := func(want ...database.Change) {
		t.Helper()
		for _, w := range want {
			if got := <-heard; got != w {
				t.Errorf("told %v, want %v", got, w)
			}
		}
		if len(heard) > 0 {
			t.Errorf("and then %v", <-heard)
		}
	}
	configuration := func(id string) database.Change {
		return database.Change{Topic: database.TopicConfiguration, Key: id}
	}
	id := h.Do(t, "POST", collection, minimal).String(t, "id")
	told(configuration(id))
	told(configuration(h.Do(t, "POST", collection+"/"+id+"/clone", `{"name":"Copy"}`).String(t, "id")))
	h.Do(t, "PUT", collection+"/"+id, `{"name":"Store"}`)
	told(configuration(id))
	h.Do(t, "DELETE", collection+"/"+id, nil)
	told(database.Change{Topic: database.TopicCredentials, Key: apitest.OrganizationID}, configuration(id))
}

func TestProjectsMadeAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := open(t, db)
		var wait sync.WaitGroup
		for range 10 {
			wait.Go(func() {
				if made := h.Do(t, "POST", collection, minimal); made.Status != 200 {
					t.Errorf("%d %s", made.Status, made.Body)
				}
			})
		}
		wait.Wait()
		if l := read(t, h.Do(t, "GET", collection, nil)); l.Total != 11 || len(l.Data) != 11 {
			t.Errorf("%d entries of %d, want 11", len(l.Data), l.Total)
		}
	})
}
