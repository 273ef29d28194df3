package user_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/user"
)

const (
	resets      = "/team/v1/password-resets"
	noReset     = "Cannot find the password reset: it was used, was replaced by a newer one, or has expired"
	oldPassword = "an old password"
	newPassword = "correct horse battery"
	// hashed stands for the hash of a password.
	hashed = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
)

// reset asks for a new password and works the job that follows; it returns the
// token of the letter, empty if none was sent.
func (h *house) reset(t *testing.T, email string) (token string) {
	t.Helper()
	if r := h.As(t, "", "POST", resets, fmt.Sprintf(`{"email":%q}`, email)); r.Status != 204 || len(r.Body) != 0 {
		t.Fatalf("%s: %d %s", email, r.Status, r.Body)
	}
	h.mu.Lock()
	wanted, before := h.wanted, len(h.resets)
	h.wanted = nil
	h.mu.Unlock()
	if len(wanted) != 1 {
		t.Fatalf("%s: %d jobs, want 1", email, len(wanted))
	}
	if err := h.users.SendReset(t.Context(), wanted[0], h.now()); err != nil {
		t.Fatal(err)
	}
	if len(h.resets) == before {
		return ""
	}
	return h.resets[len(h.resets)-1].Token
}

// sam is a user who signs in with oldPassword.
func (h *house) sam(t *testing.T) *user.User {
	t.Helper()
	u := h.add(t, apitest.OrganizationID, "Sam@acme.example", false)
	hash, err := h.hasher.Hash(t.Context(), oldPassword)
	if err != nil {
		t.Fatal(err)
	}
	h.Exec(t, `UPDATE users SET password_hash = $1 WHERE id = $2`, hash, u.ID)
	return u
}

// signsIn reports whether sam's password is this one.
func (h *house) signsIn(t *testing.T, password string) bool {
	t.Helper()
	_, err := h.users.VerifyCredentials(t.Context(), h.DB, "sam@acme.example", password)
	return err == nil
}

func TestAPasswordResetIsSentShownAndAcceptedOnceAndEndsAllSessions(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		sam := h.sam(t)
		token := h.reset(t, "SAM@acme.example")
		if want := (user.ResetLetter{OrganizationID: apitest.OrganizationID, To: "Sam@acme.example", Token: token, ExpiresAt: h.now().Add(time.Hour)}); h.resets[0] != want {
			t.Errorf("the letter is %+v", h.resets[0])
		}
		if len(token) < 43 {
			t.Errorf("the token has %d characters, want 256 bits", len(token))
		}
		var hash []byte
		if err := db.QueryRow(t.Context(), `SELECT token_hash FROM password_resets`).Scan(&hash); err != nil || len(hash) != 32 || bytes.Contains(hash, []byte(token)) {
			t.Errorf("of the token is stored %x (%v)", hash, err)
		}
		one := resets + "/" + token
		h.Run(t, []apitest.Case{
			{
				Name: "it is shown to who has the link", Credential: " ", Method: "GET", Path: one, Status: 200,
				Contains: []string{`"email":"S•••@acme.example"`, `"valid_until":"2026-11-23T11:00:00.000Z"`},
			},
			{Name: "and to nobody else", Credential: " ", Method: "GET", Path: resets + "/" + token[1:], Status: 404, Key: "not_found", Details: noReset},
			{Name: "a short password is refused", Credential: " ", Method: "POST", Path: one + "/accept", Body: `{"password":"short"}`, Status: 400, Key: "invalid_payload", Details: "Property .password must NOT have fewer than 12 characters"},
			{Name: "no password is refused", Credential: " ", Method: "POST", Path: one + "/accept", Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have required property 'password'"},
			{Name: "a guess is refused", Credential: " ", Method: "POST", Path: resets + "/guess/accept", Body: password, Status: 404, Key: "not_found", Details: noReset},
		})
		if len(h.ended) != 0 || len(h.Audited()) != 0 || !h.signsIn(t, oldPassword) {
			t.Errorf("something has changed before it was accepted: %v, %v", h.ended, h.Audited())
		}
		h.Run(t, []apitest.Case{
			{Name: "it is accepted", Credential: " ", Method: "POST", Path: one + "/accept", Body: password, Status: 204},
			{Name: "and not twice", Credential: " ", Method: "POST", Path: one + "/accept", Body: password, Status: 404, Key: "not_found", Details: noReset},
			{Name: "the link is dead", Credential: " ", Method: "GET", Path: one, Status: 404, Key: "not_found", Details: noReset},
		})
		if h.signsIn(t, oldPassword) || !h.signsIn(t, newPassword) {
			t.Error("the password is not the new one")
		}
		if want := []string{sam.ID + " everywhere"}; !slices.Equal(h.ended, want) {
			t.Errorf("ended were the sessions %v, want %v", h.ended, want)
		}
		entries := h.Audited()
		if len(entries) != 1 || entries[0].Action != "accept-password-reset" || entries[0].ResourceType != "user" || entries[0].ResourceID != sam.ID ||
			entries[0].Actor.Kind != ident.ByUser || entries[0].Actor.ID != sam.ID || entries[0].Actor.OrganizationID != apitest.OrganizationID {
			t.Errorf("audited: %+v", entries)
		}
		if told := fmt.Sprintf("%+v", entries); strings.Contains(told, token) || strings.Contains(told, "argon2id") {
			t.Error("the audit log holds a secret")
		}
	})
}

func TestAnAddressThatIsNobodysIsAnsweredAsOneThatIsSomebodys(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.sam(t)
		known := h.As(t, "", "POST", resets, `{"email":"sam@acme.example"}`, "X-Request-Id", "v-1")
		if n := h.Count(t, "password_resets"); n != 0 || len(h.resets) != 0 {
			t.Errorf("the call itself left %d links and %d letters: what it does depends on whose address it is", n, len(h.resets))
		}
		h.wanted = nil
		unknown := h.As(t, "", "POST", resets, `{"email":"nobody@acme.example"}`, "X-Request-Id", "v-1")
		if known.Status != 204 || unknown.Status != known.Status || !bytes.Equal(unknown.Body, known.Body) ||
			!maps.EqualFunc(unknown.Header, known.Header, slices.Equal) {
			t.Errorf("known: %+v\nunknown: %+v", known, unknown)
		}
		if want := []user.ResetWanted{{Login: "nobody@acme.example"}}; !slices.Equal(h.wanted, want) {
			t.Errorf("the job is %+v, want %+v", h.wanted, want)
		}
		h.wanted = nil
		if token := h.reset(t, "nobody@acme.example"); token != "" || h.Count(t, "password_resets") != 0 {
			t.Error("nobody was sent a letter")
		}
		if len(h.Audited()) != 0 {
			t.Errorf("audited: %+v", h.Audited())
		}
		h.Run(t, []apitest.Case{
			{Name: "no address", Credential: " ", Method: "POST", Path: resets, Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have required property 'email'"},
			{Name: "what is no address", Credential: " ", Method: "POST", Path: resets, Body: `{"email":"sam"}`, Status: 400, Key: "invalid_payload", Details: "Property .email must match format email (an address such as name@example.com)"},
		})
	})
}

func TestASecondPasswordResetReplacesTheFirst(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.sam(t)
		first, next := h.reset(t, "sam@acme.example"), h.reset(t, "sam@acme.example")
		h.Run(t, []apitest.Case{
			{Name: "the old link is not shown", Credential: " ", Method: "GET", Path: resets + "/" + first, Status: 404, Key: "not_found", Details: noReset},
			{Name: "nor accepted", Credential: " ", Method: "POST", Path: resets + "/" + first + "/accept", Body: password, Status: 404, Key: "not_found", Details: noReset},
			{Name: "the new one is good", Credential: " ", Method: "POST", Path: resets + "/" + next + "/accept", Body: password, Status: 204},
		})
	})
}

func TestAPasswordResetEndsAfterAnHourOrWithAnyNewPassword(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		sam := h.sam(t)
		token := h.reset(t, "sam@acme.example")
		h.Move(time.Hour - time.Millisecond)
		h.Run(t, []apitest.Case{{Name: "until then it is good", Credential: " ", Method: "GET", Path: resets + "/" + token, Status: 200}})
		h.Move(time.Millisecond)
		h.Run(t, []apitest.Case{
			{Name: "it is no longer shown", Credential: " ", Method: "GET", Path: resets + "/" + token, Status: 404, Key: "not_found", Details: noReset},
			{Name: "nor accepted", Credential: " ", Method: "POST", Path: resets + "/" + token + "/accept", Body: password, Status: 404, Key: "not_found", Details: noReset},
		})
		if err := h.users.SweepResets(t.Context(), db, h.now()); err != nil || h.Count(t, "password_resets") != 0 {
			t.Errorf("it was not swept (%v)", err)
		}
		if !h.signsIn(t, oldPassword) {
			t.Error("the old password is gone")
		}

		token = h.reset(t, "sam@acme.example")
		h.write(t, func(tx database.Tx) error { return h.users.SetPassword(t.Context(), tx, sam.ID, hashed, h.now()) })
		h.Run(t, []apitest.Case{{Name: "who has got a new password otherwise", Credential: " ", Method: "GET", Path: resets + "/" + token, Status: 404, Key: "not_found", Details: noReset}})
	})
}

func TestAnAddressIsSentThreePasswordResetsInAnyHour(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.sam(t)
		h.add(t, apitest.StrangerOrgID, "eve@other.example", false)
		var last string
		for range 3 {
			last = h.reset(t, "sam@acme.example")
			h.Move(10 * time.Minute)
		}
		if len(h.resets) != 3 {
			t.Fatalf("%d letters were sent, want 3", len(h.resets))
		}
		if h.reset(t, "Sam@acme.example") != "" {
			t.Error("a fourth was sent within the hour")
		}
		h.Run(t, []apitest.Case{
			{Name: "the third link stays good", Credential: " ", Method: "GET", Path: resets + "/" + last, Status: 200},
			{Name: "and is used up", Credential: " ", Method: "POST", Path: resets + "/" + last + "/accept", Body: password, Status: 204},
		})
		if h.reset(t, "sam@acme.example") != "" {
			t.Error("having used one, a fourth was sent within the hour")
		}
		if h.reset(t, "eve@other.example") == "" {
			t.Error("another address was not sent its first")
		}
		h.Move(30 * time.Minute) // an hour after the first
		if h.reset(t, "sam@acme.example") == "" || h.reset(t, "sam@acme.example") != "" {
			t.Error("an hour after the first, there was not one more, and one only")
		}
	})
}

func TestOfThoseWhoAcceptAPasswordResetAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h := start(t, db)
		h.sam(t)
		token := h.reset(t, "sam@acme.example")
		results := make([]error, 4)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				results[i] = db.Write(t.Context(), func(tx database.Tx) error {
					_, err := h.users.AcceptReset(t.Context(), tx, token, hashed, h.now())
					return err
				})
			})
		}
		all.Wait()
		accepted := 0
		for _, err := range results {
			if err == nil {
				accepted++
			} else if !strings.HasPrefix(err.Error(), "not_found: ") {
				t.Errorf("one who came too late got %v", err)
			}
		}
		if accepted != 1 {
			t.Errorf("%d accepted, want 1", accepted)
		}
	})
}
