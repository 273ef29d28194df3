package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
)

// visitor is somebody at the console: a cookie, and what an authenticator holds.
type visitor struct {
	w        *world
	login    string
	password string
	cookie   string
	secret   string
	recovery []string
}

type reply struct {
	status int
	body   string
	header http.Header
}

// field returns a member of the answer, "" if it has none.
func (r reply) field(name string) string {
	var members map[string]any
	_ = json.Unmarshal([]byte(r.body), &members)
	if members[name] == nil {
		return ""
	}
	return fmt.Sprint(members[name])
}

func (v *visitor) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, v.w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", "test/1")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if v.cookie != "" {
		req.Header.Set("Cookie", v.cookie)
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
	if set := res.Header.Get("Set-Cookie"); set != "" {
		v.cookie, _, _ = strings.Cut(set, ";")
	}
	return reply{res.StatusCode, string(raw), res.Header}
}

// must makes a call that has to be answered so.
func (v *visitor) must(t *testing.T, status int, method, path, body string) reply {
	t.Helper()
	r := v.do(t, method, path, body)
	if r.status != status {
		t.Errorf("%s %s %s: %d %s, want %d", method, path, body, r.status, r.body, status)
	}
	return r
}

func (v *visitor) signIn(t *testing.T, code string) reply {
	t.Helper()
	v.cookie = ""
	body, _ := json.Marshal(map[string]string{"email": v.login, "password": v.password, "code": code})
	return v.do(t, "POST", "/team/v1/session", string(body))
}

// code returns what the device shows now; the clock moves on first, for a code
// is good once.
func (v *visitor) code(t *testing.T) string {
	t.Helper()
	v.w.time.mu.Lock()
	v.w.time.at = v.w.time.at.Add(time.Minute)
	v.w.time.mu.Unlock()
	code, err := totp.GenerateCode(v.secret, v.w.time.now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

const (
	accountPath = "/team/v1/account"
	codesPath   = accountPath + "/one-time-codes"
)

func (v *visitor) enrol(t *testing.T) {
	t.Helper()
	code := ""
	if v.secret != "" {
		code = v.code(t)
	}
	v.secret = v.must(t, 200, "POST", codesPath, fmt.Sprintf(`{"password":%q,"code":%q}`, v.password, code)).field("secret")
	var shown struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	r := v.must(t, 200, "POST", codesPath+"/confirm", fmt.Sprintf(`{"code":%q}`, v.code(t)))
	if err := json.Unmarshal([]byte(r.body), &shown); err != nil || len(shown.RecoveryCodes) != 10 {
		t.Fatalf("the recovery codes are %s", r.body)
	}
	v.recovery = shown.RecoveryCodes
}

func (w *world) visitor(login string) *visitor {
	return &visitor{w: w, login: login, password: password}
}

func everyWorld(t *testing.T, test func(t *testing.T, w *world, operate func(do func(op *app.Operator) error))) {
	t.Helper()
	for _, engine := range []database.Engine{database.SQLite, database.PostgreSQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			test(t, w, func(do func(op *app.Operator) error) {
				t.Helper()
				op, err := app.Operate(t.Context(), config.Database{DataDir: w.dir, DatabaseURL: w.url, Cluster: "eu1"}, false)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = op.Close() }()
				if err := do(op); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestWhoHasOneTimeCodesSignsInWithThemAndNobodyElseIsTold(t *testing.T) {
	t.Parallel()
	everyWorld(t, func(t *testing.T, w *world, _ func(func(*app.Operator) error)) {
		ann, elsewhere := w.visitor("ann@ours.example"), w.visitor("ann@ours.example")
		if r := elsewhere.signIn(t, ""); r.status != 204 {
			t.Fatalf("without codes: %d %s", r.status, r.body)
		}
		ann.signIn(t, "")
		for body, want := range map[string]string{
			`{"password":"wrong"}`: "Property .password must be your password",
			`{}`:                   "Payload must have required property 'password'",
		} {
			if r := ann.must(t, 400, "POST", codesPath, body); r.field("details") != want {
				t.Errorf("%s: %s", body, r.body)
			}
		}
		ann.enrol(t)
		elsewhere.must(t, 401, "GET", accountPath, "") // has not shown a code
		if r := ann.must(t, 200, "GET", accountPath, ""); !strings.Contains(r.body, `"recovery_codes_left":10`) || strings.Contains(r.body, `"enabled_at":null`) {
			t.Errorf("the account is %s", r.body)
		}

		stranger := w.visitor("ann@ours.example")
		stranger.password = "wrong"
		if r := stranger.signIn(t, ""); r.status != 401 || r.field("key") != "unauthorized" {
			t.Errorf("a wrong password: %d %s", r.status, r.body)
		}
		if r := stranger.signIn(t, ann.code(t)); r.field("key") != "unauthorized" {
			t.Errorf("a wrong password with a good code: %s", r.body)
		}
		good := ann.code(t)
		for _, code := range []string{"000000x", "abcd-efgh-ijkl-mnop", ""} {
			if r := ann.signIn(t, code); r.status != 401 || r.field("key") != "one_time_code_required" || ann.cookie != "" {
				t.Errorf("the code %q: %d %s", code, r.status, r.body)
			}
		}
		if r := ann.signIn(t, good); r.status != 204 {
			t.Errorf("a good code: %d %s", r.status, r.body)
		}
		if r := ann.signIn(t, good); r.field("key") != "one_time_code_required" {
			t.Errorf("a code twice: %s", r.body)
		}
		if r := ann.signIn(t, ann.recovery[0]); r.status != 204 {
			t.Errorf("a recovery code: %d %s", r.status, r.body)
		}
		if r := ann.signIn(t, ann.recovery[0]); r.status != 401 {
			t.Errorf("a recovery code twice: %d", r.status)
		}
		ann.signIn(t, ann.code(t))
		var fresh struct {
			RecoveryCodes []string `json:"recovery_codes"`
		}
		ann.must(t, 400, "POST", accountPath+"/recovery-codes", fmt.Sprintf(`{"password":%q}`, password))
		r := ann.must(t, 200, "POST", accountPath+"/recovery-codes", fmt.Sprintf(`{"password":%q,"code":%q}`, password, ann.code(t)))
		if err := json.Unmarshal([]byte(r.body), &fresh); err != nil || len(fresh.RecoveryCodes) != 10 || fresh.RecoveryCodes[1] == ann.recovery[1] {
			t.Errorf("the fresh recovery codes are %s", r.body)
		}
		ann.enrol(t) // another device
		if r := ann.must(t, 400, "POST", codesPath+"/disable", fmt.Sprintf(`{"password":%q,"code":"123456"}`, password)); !strings.HasPrefix(r.field("details"), "Property .code must be") {
			t.Errorf("a wrong code: %s", r.body)
		}
		ann.must(t, 204, "POST", codesPath+"/disable", fmt.Sprintf(`{"password":%q,"code":%q}`, password, ann.code(t)))
		if r := ann.signIn(t, ""); r.status != 204 {
			t.Errorf("after disabling: %d %s", r.status, r.body)
		}
		for _, secret := range []string{ann.secret, ann.recovery[0], fresh.RecoveryCodes[0], good} {
			if strings.Contains(w.log.String(), secret) {
				t.Errorf("the log tells %s", secret)
			}
		}
	})
}

func TestWhereCodesAreRequiredASessionWithoutThemIsGoodForSettingThemUpAlone(t *testing.T) {
	t.Parallel()
	everyWorld(t, func(t *testing.T, w *world, operate func(func(*app.Operator) error)) {
		owner, ann := w.visitor("owner@ours.example"), w.visitor("ann@ours.example")
		owner.signIn(t, "")
		ann.signIn(t, "")
		ann.must(t, 403, "PUT", "/team/v1/organization", `{"require_one_time_codes":true}`)
		tag := owner.must(t, 200, "GET", "/team/v1/organization", "").header.Get("ETag")
		if r := owner.must(t, 200, "PUT", "/team/v1/organization", `{"require_one_time_codes":true}`); r.field("require_one_time_codes") != "true" || r.header.Get("ETag") == tag {
			t.Errorf("the organization is %s", r.body)
		}
		for _, v := range []*visitor{owner, ann} {
			if r := v.must(t, 200, "GET", "/team/v1/session", ""); r.field("must_enrol") != "true" {
				t.Errorf("the session is %s", r.body)
			}
			for _, path := range []string{"/management/v1/projects", "/team/v1/users", "/team/v1/projects/" + w.ours.ids["projectId"] + "/keys", "/team/v1/notifications"} {
				if r := v.must(t, 403, "GET", path, ""); !strings.Contains(r.field("details"), "one-time codes") {
					t.Errorf("%s: %s", path, r.body)
				}
			}
			v.must(t, 200, "GET", accountPath, "")
			v.enrol(t)
			v.must(t, 200, "GET", "/management/v1/projects", "")
		}
		if r := owner.must(t, 200, "GET", "/team/v1/one-time-codes", ""); strings.Contains(r.body, `"enabled_at":null`) || r.field("total") != "2" || strings.Contains(r.body, "theirs") {
			t.Errorf("who has codes: %s", r.body)
		}
		ann.must(t, 403, "GET", "/team/v1/one-time-codes", "")

		// Somebody has lost the device.
		id := ann.must(t, 200, "GET", accountPath, "").field("id")
		their := w.visitor("owner@theirs.example")
		their.signIn(t, "")
		unknown := their.must(t, 404, "DELETE", "/team/v1/users/user_nobody/one-time-codes", "").field("details")
		if r := their.must(t, 404, "DELETE", "/team/v1/users/"+id+"/one-time-codes", ""); strings.ReplaceAll(r.field("details"), id, "user_nobody") != unknown {
			t.Errorf("a stranger's user: %s", r.body)
		}
		ann.must(t, 403, "DELETE", "/team/v1/users/"+id+"/one-time-codes", "")
		owner.must(t, 204, "DELETE", "/team/v1/users/"+id+"/one-time-codes", "")
		if r := ann.signIn(t, ""); r.status != 204 || ann.must(t, 200, "GET", "/team/v1/session", "").field("must_enrol") != "true" {
			t.Errorf("who has lost the device: %d %s", r.status, r.body)
		}
		ownerID := owner.must(t, 200, "GET", accountPath, "").field("id")
		owner.must(t, 400, "DELETE", "/team/v1/users/"+ownerID+"/one-time-codes", "")
		operate(func(op *app.Operator) error {
			for _, want := range []bool{true, false} {
				if done, err := op.DisableCodes(t.Context(), "Owner@ours.example"); err != nil || done.Disabled != want || done.ID != ownerID {
					return fmt.Errorf("the operator is told %+v (%w)", done, err)
				}
			}
			return nil
		})
		if r := owner.signIn(t, ""); r.status != 204 {
			t.Errorf("after the operator's command: %d %s", r.status, r.body)
		}
		// A key is no person.
		if status, body := w.call(t, w.ours.keyID, w.ours.token, "GET", "/management/v1/projects", ""); status != 200 {
			t.Errorf("a key: %d %s", status, body)
		}
	})
}

func TestPeopleChangeTheirNameAndPasswordAndEndTheirSessions(t *testing.T) {
	t.Parallel()
	everyWorld(t, func(t *testing.T, w *world, _ func(func(*app.Operator) error)) {
		ann, second, third, owner := w.visitor("ann@ours.example"), w.visitor("ann@ours.example"), w.visitor("ann@ours.example"), w.visitor("owner@ours.example")
		for _, v := range []*visitor{ann, second, third, owner} {
			v.signIn(t, "")
		}
		if r := ann.must(t, 200, "PUT", accountPath, `{"first_name":"Anna"}`); r.field("first_name") != "Anna" || r.field("last_name") != "A" {
			t.Errorf("the account is %s", r.body)
		}
		if r := second.must(t, 200, "GET", "/team/v1/session", ""); r.field("first_name") != "Anna" || r.field("organization_name") != "ours" {
			t.Errorf("the session is %s", r.body)
		}
		ann.must(t, 400, "PUT", accountPath, `{"first_name":" "}`)

		var list struct {
			Data []struct {
				ID, Address string
				Agent       string `json:"user_agent"`
				Current     bool
			}
		}
		r := ann.must(t, 200, "GET", accountPath+"/sessions", "")
		if err := json.Unmarshal([]byte(r.body), &list); err != nil || len(list.Data) != 3 || !list.Data[2].Current || list.Data[0].Current || list.Data[0].Agent != "test/1" || list.Data[0].Address != "127.0.0.1" {
			t.Fatalf("the sessions are %s", r.body)
		}
		owner.must(t, 404, "DELETE", accountPath+"/sessions/"+list.Data[0].ID, "") // another's
		ann.must(t, 204, "DELETE", accountPath+"/sessions/"+list.Data[0].ID, "")
		third.must(t, 401, "GET", accountPath, "")
		second.must(t, 200, "GET", accountPath, "")
		ann.must(t, 204, "DELETE", accountPath+"/sessions", "")
		second.must(t, 401, "GET", accountPath, "")
		ann.must(t, 200, "GET", accountPath, "")

		second.signIn(t, "")
		for body, want := range map[string]string{
			`{"current_password":"wrong","password":"another good password"}`: "Property .current_password must be your password",
			`{"current_password":"` + password + `","password":"short"}`:      "Property .password",
		} {
			if r := ann.must(t, 400, "PUT", accountPath+"/password", body); !strings.HasPrefix(r.field("details"), want) {
				t.Errorf("%s: %s", body, r.body)
			}
		}
		before := *ann
		ann.must(t, 204, "PUT", accountPath+"/password", `{"current_password":"`+password+`","password":"another good password"}`)
		ann.must(t, 200, "GET", accountPath, "")
		before.must(t, 401, "GET", accountPath, "")
		second.must(t, 401, "GET", accountPath, "")
		if r := second.signIn(t, ""); r.status != 401 {
			t.Errorf("the old password: %d", r.status)
		}
		second.password = "another good password"
		if r := second.signIn(t, ""); r.status != 204 {
			t.Errorf("the new password: %d %s", r.status, r.body)
		}
		owner.must(t, 200, "GET", accountPath, "")
		log := owner.must(t, 200, "GET", "/team/v1/audit-log?limit=100", "").body
		for _, action := range []string{"update-account", "update-password", "delete-own-session", "delete-sessions"} {
			if !strings.Contains(log, `"`+action+`"`) {
				t.Errorf("the audit log has no %s", action)
			}
		}
		if strings.Contains(log, "another good password") {
			t.Error("the audit log tells a password")
		}
	})
}

func TestOneAddressAsksForFewPasswordResetsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, database.SQLite)
	v := w.visitor("nobody@ours.example")
	for range 5 {
		v.must(t, 204, "POST", "/team/v1/password-resets", `{"email":"somebody@ours.example"}`)
	}
	if r := v.must(t, 429, "POST", "/team/v1/password-resets", `{"email":"another@ours.example"}`); r.header.Get("Retry-After") != "5" || r.field("key") != "too_many_requests" {
		t.Errorf("the sixth: %v %s", r.header, r.body)
	}
	w.time.mu.Lock()
	w.time.at = w.time.at.Add(5 * time.Second)
	w.time.mu.Unlock()
	v.must(t, 204, "POST", "/team/v1/password-resets", `{"email":"somebody@ours.example"}`)
}
