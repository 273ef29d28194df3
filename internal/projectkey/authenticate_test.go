package projectkey_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/projectkey"
)

var home = netip.MustParseAddr("203.0.113.9")

func TestAKeyOpensTheDoorOfItsSideAndItsProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
		for _, kind := range projectkey.Kinds {
			id, token := mint(t, s, collection, `{"kind":"`+string(kind)+`","name":"The `+string(kind)+`"}`)
			clientSide := kind == projectkey.Client
			actor, err := a.Authenticate(t.Context(), clientSide, id, token, home)
			want := ident.Actor{
				Kind: ident.ByProjectKey, ID: id, Name: "The " + string(kind), OrganizationID: apitest.OrganizationID, ProjectID: apitest.ProjectID, Unlocked: true, Address: home,
			}
			if err != nil || fmt.Sprint(*actor) != fmt.Sprint(want) {
				t.Fatalf("%s: %+v, %v", kind, actor, err)
			}
			if _, err := a.Authenticate(t.Context(), !clientSide, id, token, home); err == nil || err.Error() != api.ErrUnauthorized().Error() {
				t.Errorf("%s at the other side: %v", kind, err)
			}
			for _, bad := range [][2]string{
				{id, token + "x"}, {id, ""}, {"", token}, {"", ""}, {"app_unknown", token}, {"app_unknown", ""}, {id, strings.ToUpper(token)}, {id + " ", token},
				{id, strings.Repeat("t", 100_000)}, {strings.Repeat("i", 100_000), token}, {"\xff", token}, {"app_\x00", token},
			} {
				if _, err := a.Authenticate(t.Context(), clientSide, bad[0], bad[1], home); err == nil || err.Error() != api.ErrUnauthorized().Error() {
					t.Errorf("%.40q: %v", bad, err)
				}
			}
		}
	})
}

func TestAnAddressThatIsNotOnTheListIsToldSo(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
		id, token := mint(t, s, collection, `{"kind":"server","name":"k","allowed_ips":["203.0.113.0/28","2001:db8::/32","198.51.100.7"]}`)
		for address, allowed := range map[string]bool{
			"203.0.113.9": true, "203.0.113.16": false, "198.51.100.7": true, "198.51.100.8": false, "2001:db8::5": true, "2001:db9::5": false,
		} {
			_, err := a.Authenticate(t.Context(), false, id, token, netip.MustParseAddr(address))
			if allowed && err != nil {
				t.Errorf("%s: %v", address, err)
			}
			if !allowed && (!fault.Is(err, fault.Forbidden) || err.Error() != "forbidden: The key may not be used from the address "+address) {
				t.Errorf("%s: %v", address, err)
			}
		}
		if _, err := a.Authenticate(t.Context(), false, id, token, netip.Addr{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an address that is not known: %v", err)
		}
		elsewhere := netip.MustParseAddr("192.0.2.1")
		if _, err := a.Authenticate(t.Context(), false, id, "wrong", elsewhere); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("a wrong token from elsewhere: %v", err)
		}
		if _, err := a.Authenticate(t.Context(), true, id, token, elsewhere); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("the other side from elsewhere: %v", err)
		}
	})
}

func TestARegeneratedTokenStaysGoodForItsOverlapAndNoLonger(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
		id, old := mint(t, s, collection, `{"kind":"client","name":"k"}`)
		good := func(token string) bool {
			_, err := a.Authenticate(t.Context(), true, id, token, home)
			return err == nil
		}
		if !good(old) {
			t.Error("the first token is refused")
		}
		path := collection + "/" + id + "/regenerate"
		r := s.As(t, apitest.Owner, "POST", path, `{"overlap_seconds":3600}`)
		fresh := r.String(t, "token")
		if r.Status != 200 || fresh == old || r.String(t, "previous_token_valid_until") != "2026-11-23T11:00:00.000Z" {
			t.Fatalf("regenerate: %d %s", r.Status, r.Body)
		}
		if !good(old) || !good(fresh) {
			t.Error("inside the overlap one of the tokens is refused")
		}
		s.Run(t, []apitest.Case{{
			Name: "a promised overlap is not cut short", Credential: apitest.Owner, Method: "POST", Path: path, Body: `{"overlap_seconds":60}`, Status: 400, Key: "invalid_payload",
			Details: "Property .overlap_seconds must be 0 until 2026-11-23T11:00:00.000Z: the token before the last regeneration stays good until then, and only one can",
		}})
		s.Move(time.Hour)
		if good(old) || !good(fresh) {
			t.Error("after the overlap the old token is good, or the new one is not")
		}
		last := s.As(t, apitest.Owner, "POST", path, `{"overlap_seconds":60}`).String(t, "token")
		if r := s.As(t, apitest.Owner, "POST", path, `{}`); r.Status != 200 || good(fresh) || good(last) || !good(r.String(t, "token")) {
			t.Errorf("without an overlap both tokens before end at once: %d %s", r.Status, r.Body)
		}
	})
}

// Two authenticators on two handles of one database stand for two nodes.
func TestADeletedKeyIsRefusedByEveryNodeWithinTheContractsTime(t *testing.T) {
	t.Parallel()
	for engine, allowed := range map[database.Engine]time.Duration{database.SQLite: 250 * time.Millisecond, database.PostgreSQL: 100 * time.Millisecond} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			options := databasetest.Options(t, engine)
			open := func() database.DB {
				db, err := database.Open(t.Context(), options)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				return db
			}
			s, _ := serve(t, open())
			here := projectkey.NewAuthenticator(s.DB, clock.Clock(s.Now))
			there := projectkey.NewAuthenticator(open(), clock.Clock(s.Now))
			best := time.Hour
			for i := range 6 { // a stall of the machine is not the promise broken
				id, token := mint(t, s, collection, fmt.Sprintf(`{"kind":"server","name":"k%d"}`, i))
				for _, a := range []*projectkey.Authenticator{here, there} {
					if _, err := a.Authenticate(t.Context(), false, id, token, home); err != nil {
						t.Fatal(err)
					}
				}
				if r := s.As(t, apitest.Owner, "DELETE", collection+"/"+id, nil); r.Status != 204 {
					t.Fatalf("delete: %d %s", r.Status, r.Body)
				}
				deleted := time.Now()
				if _, err := here.Authenticate(t.Context(), false, id, token, home); !fault.Is(err, fault.Unauthorized) {
					t.Errorf("the node that deleted the key still takes it: %v", err)
				}
				for {
					_, err := there.Authenticate(t.Context(), false, id, token, home)
					if fault.Is(err, fault.Unauthorized) {
						break
					}
					if time.Since(deleted) > 10*time.Second {
						t.Fatal("the other node never refused the key")
					}
				}
				best = min(best, time.Since(deleted))
			}
			if best > allowed {
				t.Errorf("refused after %s at the best, want within %s", best, allowed)
			}
		})
	}
}

func TestAKeyIsGoodUntilItExpiresAlsoWhereItIsRemembered(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
		id, token := mint(t, s, collection, `{"kind":"server","name":"k","expires_at":"2026-11-23T10:00:10Z"}`)
		good := func() bool {
			_, err := a.Authenticate(t.Context(), false, id, token, home)
			if err != nil && err.Error() != api.ErrUnauthorized().Error() {
				t.Error(err)
			}
			return err == nil
		}
		s.Move(10*time.Second - time.Millisecond)
		if !good() {
			t.Error("refused in the last millisecond")
		}
		s.Move(time.Millisecond) // the credential is cached still
		if good() {
			t.Error("taken after it expired")
		}
		path := collection + "/" + id
		put := func(name, body, shown string) apitest.Case {
			return apitest.Case{Name: name, Credential: apitest.Owner, Method: "PUT", Path: path, Body: body, Status: 200, Contains: []string{shown}}
		}
		s.Run(t, []apitest.Case{
			{Name: "it is shown", Credential: apitest.Owner, Method: "GET", Path: path, Status: 200, Contains: []string{`"expires_at":"2026-11-23T10:00:10.000Z"`}},
			put("an expired key may be renamed", `{"name":"old","expires_at":"2026-11-23T10:00:10Z"}`, `"name":"old"`),
			{Name: "but not expire earlier", Credential: apitest.Owner, Method: "PUT", Path: path, Body: `{"expires_at":"2026-11-23T10:00:09Z"}`, Status: 400, Details: "Property .expires_at must be in the future"},
		})
		if good() {
			t.Error("a rename has made it good again")
		}
		s.Run(t, []apitest.Case{put("null is for ever", `{"expires_at":null}`, `"expires_at":null`)})
		s.Move(1000 * time.Hour)
		if !good() {
			t.Error("refused although it never expires")
		}
	})
}

func TestMadeUpIDsDriveNoKeyOutAndAChangeOfAnothersKeysForgetsNone(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite) // tells within the process, at once
	s, _ := serve(t, db)
	a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
	id, token := mint(t, s, collection, `{"kind":"server","name":"k"}`)
	call := func(id string) { _, _ = a.Authenticate(t.Context(), false, id, token, home) }
	call(id)
	for i := range 1500 {
		call(fmt.Sprint("app_", i))
	}
	err := db.Write(t.Context(), func(tx database.Tx) error {
		return tx.Notify(t.Context(), database.Change{Topic: database.TopicCredentials, Key: apitest.StrangerOrgID})
	})
	if err != nil {
		t.Fatal(err)
	}
	call(id)
	if hits, misses := a.Hits(); hits != 1 || misses != 1501 {
		t.Errorf("%d hits and %d misses, want the key found again and each made-up id looked up once", hits, misses)
	}
	if !projectkey.AmongKeys(a, id) || projectkey.AmongKeys(a, "app_1499") {
		t.Error("the key has no place among the cached keys, or a made-up id has one")
	}
}

func TestAnIDThatWasUnknownIsGoodAsSoonAsItsKeyIsThere(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := serve(t, db)
		id, token := mint(t, s, collection, `{"kind":"server","name":"k"}`)
		s.Exec(t, `UPDATE project_keys SET id = 'app_later' WHERE id = $1`, id)
		a := projectkey.NewAuthenticator(db, clock.Clock(s.Now))
		for range 2 {
			if _, err := a.Authenticate(t.Context(), false, id, token, home); !fault.Is(err, fault.Unauthorized) {
				t.Fatalf("unknown: %v", err)
			}
		}
		// On PostgreSQL the word of our own write comes back and may empty the cache once more.
		if hits, misses := a.Hits(); db.Engine() == database.SQLite && (hits != 1 || misses != 1) {
			t.Errorf("%d hits and %d misses, want 1 of each: an unknown id is looked up once", hits, misses)
		}
		s.Exec(t, `UPDATE project_keys SET id = $1`, id)
		mint(t, s, collection, `{"kind":"server","name":"another"}`) // a change of the organization's keys
		if _, err := a.Authenticate(t.Context(), false, id, token, home); err != nil {
			t.Errorf("known: %v", err)
		}
	})
}

func TestTheLatestUseOfAKeyIsKept(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := serve(t, db)
		id, _ := mint(t, s, collection, `{"kind":"server","name":"k"}`)
		other, _ := mint(t, s, collection, `{"kind":"server","name":"other"}`)
		at := clock.At(s.Now())
		for _, use := range []struct {
			at      clock.Timestamp
			address string
		}{{at + 5, "203.0.113.9"}, {at + 3, "192.0.2.1"}} { // what comes late is not what was last
			if err := db.Append(t.Context(), func(tx database.Tx) error { return service.Touch(t.Context(), tx, id, use.at, use.address) }); err != nil {
				t.Fatal(err)
			}
		}
		s.Run(t, []apitest.Case{
			{Name: "the key", Credential: apitest.Owner, Method: "GET", Path: collection + "/" + id, Status: 200, Contains: []string{`"last_used_at":"2026-11-23T10:00:00.005Z","last_used_ip":"203.0.113.9"`}},
			{Name: "another one", Credential: apitest.Owner, Method: "GET", Path: collection + "/" + other, Status: 200, Contains: []string{`"last_used_at":null`}},
		})
	})
}
