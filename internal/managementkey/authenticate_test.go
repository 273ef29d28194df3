package managementkey_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/managementkey"
)

var home = netip.MustParseAddr("203.0.113.9")

func TestOnlyAGoodCredentialOpensTheDoor(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, o := start(t, db)
		a := managementkey.NewAuthenticator(db, clock.Clock(s.Now), o)
		id, token := mint(t, s, `{"name":"k","scopes":["webhooks"],"expires_at":"2026-11-23T12:00:00.000Z"}`)
		actor, err := a.Authenticate(t.Context(), id, token, home)
		if err != nil || actor.OrganizationID != apitest.OrganizationID || !actor.Unlocked || !actor.InScope("webhooks", true) || actor.InScope("users", false) {
			t.Fatalf("a good credential: %v %+v", err, actor)
		}
		for _, bad := range [][2]string{{id, token + "x"}, {id, ""}, {"", token}, {"mk_unknown", token}, {id, "stm_" + token}, {"mk_unknown", ""}} {
			if _, err := a.Authenticate(t.Context(), bad[0], bad[1], home); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		s.Move(2 * time.Hour)
		if _, err := a.Authenticate(t.Context(), id, token, home); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("expired: %v", err)
		}
	})
}

func TestAnAddressThatIsNotOnTheListIsToldSo(t *testing.T) {
	t.Parallel()
	s, _, o := start(t, databasetest.Open(t, database.SQLite))
	a := managementkey.NewAuthenticator(s.DB, clock.Clock(s.Now), o)
	id, token := mint(t, s, `{"name":"k","allowed_ips":["203.0.113.0/28","2001:db8::/32","198.51.100.7"]}`)
	for address, allowed := range map[string]bool{
		"203.0.113.9": true, "203.0.113.16": false, "198.51.100.7": true, "198.51.100.8": false,
		"2001:db8::5": true, "2001:db9::5": false,
	} {
		_, err := a.Authenticate(t.Context(), id, token, netip.MustParseAddr(address))
		if allowed && err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if !allowed && (!fault.Is(err, fault.Forbidden) || err.Error() != "forbidden: The key may not be used from the address "+address) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := a.Authenticate(t.Context(), id, "wrong", netip.MustParseAddr("192.0.2.1")); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a wrong token from elsewhere: %v", err)
	}
}

func TestARotatedTokenStaysGoodForItsOverlapAndNoLonger(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, o := start(t, db)
		a := managementkey.NewAuthenticator(db, clock.Clock(s.Now), o)
		id, old := mint(t, s, `{"name":"k"}`)
		r := s.As(t, apitest.Owner, "POST", collection+"/"+id+"/rotate", `{"overlap_seconds":3600}`)
		fresh := r.String(t, "token")
		if r.Status != 200 || fresh == old {
			t.Fatalf("rotate: %d %s", r.Status, r.Body)
		}
		good := func(token string) bool {
			_, err := a.Authenticate(t.Context(), id, token, home)
			return err == nil
		}
		if !good(old) || !good(fresh) {
			t.Error("inside the overlap one of the tokens is refused")
		}
		s.Run(t, []apitest.Case{{
			Name: "a promised overlap is not cut short", Credential: apitest.Owner, Method: "POST", Path: collection + "/" + id + "/rotate",
			Body: `{"overlap_seconds":60}`, Status: 400, Key: "invalid_payload", Contains: []string{"must be 0 until 2026-11-23T11:00:00.000Z"},
		}})
		s.Move(time.Hour)
		if good(old) || !good(fresh) {
			t.Error("after the overlap the old token is good, or the new one is not")
		}
		if erased, err := service.Erase(t.Context(), db, clock.At(s.Now())); err != nil || !erased || s.Count(t, "management_keys WHERE previous_hash IS NULL") != 1 {
			t.Errorf("the old hash is still kept: %v", err)
		}
		s.Run(t, []apitest.Case{{
			Name: "an overlap of more than seven days is refused", Credential: apitest.Owner, Method: "POST", Path: collection + "/" + id + "/rotate",
			Body: `{"overlap_seconds":604801}`, Status: 400, Details: "Property .overlap_seconds must be <= 604800",
		}})
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
			s, _, o := start(t, open())
			o.limit = 100
			here := managementkey.NewAuthenticator(s.DB, clock.Clock(s.Now), o)
			there := managementkey.NewAuthenticator(open(), clock.Clock(s.Now), o)
			best := time.Hour
			for i := range 6 { // a stall of the machine is not the promise broken
				id, token := mint(t, s, fmt.Sprintf(`{"name":"k%d"}`, i))
				for _, a := range []*managementkey.Authenticator{here, there} {
					if _, err := a.Authenticate(t.Context(), id, token, home); err != nil {
						t.Fatal(err)
					}
				}
				if r := s.As(t, apitest.Owner, "DELETE", collection+"/"+id, nil); r.Status != 204 {
					t.Fatalf("delete: %d %s", r.Status, r.Body)
				}
				deleted := time.Now()
				if _, err := here.Authenticate(t.Context(), id, token, home); !fault.Is(err, fault.Unauthorized) {
					t.Errorf("the node that deleted the key still takes it: %v", err)
				}
				for {
					_, err := there.Authenticate(t.Context(), id, token, home)
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
