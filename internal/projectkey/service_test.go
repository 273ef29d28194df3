package projectkey

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/seal"
)

// projects knows the seeded ones.
type projects struct{}

func (projects) IsSandbox(_ context.Context, _ database.Querier, id string) (bool, error) {
	if id != project && id != sandbox {
		return false, fault.NotFound("project", id)
	}
	return id == sandbox, nil
}

func service(t *testing.T, db database.DB) *Service {
	t.Helper()
	seed(t, db)
	box, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return NewService(box, projects{})
}

// heard collects the changes that nodes are told about.
func heard(db database.DB) func() []database.Change {
	var mu sync.Mutex
	var all []database.Change
	db.Changes().Subscribe(func(c database.Change) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, c)
	})
	return func() []database.Change {
		mu.Lock()
		defer mu.Unlock()
		return append([]database.Change{}, all...)
	}
}

// mustCreate mints a server key in the project.
func mustCreate(t *testing.T, s *Service, db database.DB, projectID string) *ProjectKeyMinted {
	t.Helper()
	var minted *ProjectKeyMinted
	err := write(t, db, func(ctx context.Context, tx database.Tx) (err error) {
		minted, err = s.Create(ctx, tx, org, projectID, Server, ProjectKeyDraft{Name: "Checkout"}, "user_a", start)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return minted
}

func TestTheFirstPairIsVisibleFor14DaysAndASandboxsAlways(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		for _, projectID := range []string{project, sandbox} {
			var server, client Minted
			err := write(t, db, func(ctx context.Context, tx database.Tx) (err error) {
				server, client, err = s.MintPair(ctx, tx, projectID, projectID == sandbox, "user_a", start)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for kind, m := range map[Kind]Minted{Server: server, Client: client} {
				k, err := s.Get(t.Context(), db, projectID, m.AppID)
				if err != nil || k.Kind != kind || k.CreatedBy != "user_a" || k.LastFour != m.AppToken[len(m.AppToken)-4:] {
					t.Errorf("the %s key: %+v, %v", kind, k, err)
				}
				if !strings.HasPrefix(m.AppID, "app_") || !bytes.Equal(k.tokenHash, hashToken(m.AppToken)) || bytes.Contains(k.sealedToken, []byte(m.AppToken)) {
					t.Errorf("the %s key is not kept as a hash and sealed", kind)
				}
				last := start.Add(FirstWindow) - 1
				if token, err := s.Reveal(t.Context(), db, projectID, m.AppID, last); err != nil || token != m.AppToken {
					t.Errorf("in its window: %q, %v", token, err)
				}
				token, err := s.Reveal(t.Context(), db, projectID, m.AppID, last+1)
				if projectID == sandbox && (err != nil || token != m.AppToken) {
					t.Errorf("a sandbox's token is gone: %v", err)
				}
				if projectID == project && !fault.Is(err, fault.TokenNotVisible) {
					t.Errorf("after 14 days: %q, %v", token, err)
				}
			}
		}
	})
}

func TestErasingRemovesWhatMayNotBeShownAnyMore(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		minted, kept := mustCreate(t, s, db, project), mustCreate(t, s, db, sandbox)
		if erased, err := s.Erase(t.Context(), db, start.Add(RevealWindow)-1); err != nil || erased {
			t.Fatalf("inside the window: %t, %v", erased, err)
		}
		if n := count(t, db, "sealed_token IS NULL"); n != 0 {
			t.Errorf("%d tokens were erased inside their window", n)
		}
		over := start.Add(RevealWindow)
		for _, want := range []bool{true, false} { // the second time there is nothing left
			if erased, err := s.Erase(t.Context(), db, over); err != nil || erased != want {
				t.Fatalf("erased: %t (%v), want %t", erased, err, want)
			}
		}
		if n := count(t, db, "id = $1 AND sealed_token IS NULL", minted.ID); n != 1 {
			t.Error("the ciphertext is still there")
		}
		for _, at := range []clock.Timestamp{start, over} { // even for a node whose clock is behind
			if _, err := s.Reveal(t.Context(), db, project, minted.ID, at); !fault.Is(err, fault.TokenNotVisible) {
				t.Errorf("at %s: %v", at, err)
			}
		}
		if token, err := s.Reveal(t.Context(), db, sandbox, kept.ID, over); err != nil || token != kept.Token {
			t.Errorf("the sandbox's token: %v", err)
		}
	})
}

func TestARegeneratedKeyIsVisibleFor15MinutesAndItsOldTokenGoodForTheOverlap(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		first := mustCreate(t, s, db, project)
		later := start.Add(time.Hour)
		regenerate := func(overlap time.Duration) (before *ProjectKey, after *ProjectKeyMinted) {
			t.Helper()
			err := write(t, db, func(ctx context.Context, tx database.Tx) (err error) {
				before, after, err = s.Regenerate(ctx, tx, org, project, first.ID, overlap, "user_b", later)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return before, after
		}

		before, after := regenerate(MaxOverlap)
		if after.Token == first.Token || !strings.HasPrefix(after.Token, "sts_") || before.LastFour != first.LastFour || after.UpdatedBy != "user_b" || after.CreatedBy != "user_a" {
			t.Errorf("regenerated: %+v", after)
		}
		k, err := s.Get(t.Context(), db, project, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(k.previousHash, hashToken(first.Token)) || *k.PreviousValidUntil != later.Add(MaxOverlap) || *k.TokenVisibleUntil != later.Add(RevealWindow) {
			t.Errorf("kept: %+v", k)
		}
		if erased, err := s.Erase(t.Context(), db, later.Add(MaxOverlap)); err != nil || !erased {
			t.Fatalf("erased: %t, %v", erased, err)
		}
		if n := count(t, db, "previous_hash IS NOT NULL OR previous_until IS NOT NULL"); n != 0 {
			t.Error("the old token's hash outlived the overlap")
		}

		regenerate(0)
		if k, err = s.Get(t.Context(), db, project, first.ID); err != nil || k.previousHash != nil || k.PreviousValidUntil != nil {
			t.Errorf("without an overlap the old token is good for nothing: %+v, %v", k, err)
		}
	})
}

func TestARegeneratedSandboxKeyStaysVisible(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		minted := mustCreate(t, s, db, sandbox)
		var after *ProjectKeyMinted
		err := write(t, db, func(ctx context.Context, tx database.Tx) (err error) {
			_, after, err = s.Regenerate(ctx, tx, org, sandbox, minted.ID, 0, "user_a", start)
			return err
		})
		if err != nil || after.TokenVisibleUntil != nil {
			t.Fatalf("%+v, %v", after, err)
		}
		if token, err := s.Reveal(t.Context(), db, sandbox, minted.ID, start.Add(365*24*time.Hour)); err != nil || token != after.Token {
			t.Errorf("a year later: %q, %v", token, err)
		}
	})
}

func TestAnUpdateChangesOnlyWhatIsSent(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		minted := mustCreate(t, s, db, project)
		update := func(body string) (before, after *ProjectKey, err error) {
			err = write(t, db, func(ctx context.Context, tx database.Tx) (err error) {
				before, after, err = s.Update(ctx, tx, org, project, minted.ID, []byte(body), "user_b", start+1)
				return err
			})
			return before, after, err
		}
		if _, after, err := update(`{"allowed_ips":["203.0.113.0/24","::1"]}`); err != nil || after.Name != "Checkout" || len(after.AllowedIP) != 2 {
			t.Errorf("%+v, %v", after, err)
		}
		before, after, err := update(`{"name":"Till","allowed_ips":["::2"]}`)
		if err != nil || after.Name != "Till" || after.AllowedIP[0] != "::2" || after.UpdatedBy != "user_b" {
			t.Errorf("%+v, %v", after, err)
		}
		if before.Name != "Checkout" || before.AllowedIP[0] != "203.0.113.0/24" {
			t.Errorf("what was before has changed: %+v", before)
		}
		if _, _, err := update(`{"name":"","allowed_ips":["nowhere"]}`); !fault.Is(err, fault.InvalidPayload) {
			t.Errorf("a broken update: %v", err)
		}
		k, err := s.Get(t.Context(), db, project, minted.ID)
		if err != nil || k.Name != "Till" || !bytes.Equal(k.tokenHash, hashToken(minted.Token)) {
			t.Errorf("kept: %+v, %v", k, err)
		}
	})
}

func TestWhatCannotBeDoneToAKeyIsToldAndLeavesNothing(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := service(t, db)
		minted := mustCreate(t, s, db, project)
		for _, c := range []struct {
			name string
			code *fault.Code
			do   func(ctx context.Context, tx database.Tx) error
		}{
			{"create with an unknown kind", fault.InvalidPayload, func(ctx context.Context, tx database.Tx) error {
				return second(s.Create(ctx, tx, org, project, "root", ProjectKeyDraft{Name: "n"}, "u", start))
			}},
			{"create without a name", fault.InvalidPayload, func(ctx context.Context, tx database.Tx) error {
				return second(s.Create(ctx, tx, org, project, Client, ProjectKeyDraft{}, "u", start))
			}},
			{"create in a project that is not there", fault.ResourceNotFound, func(ctx context.Context, tx database.Tx) error {
				return second(s.Create(ctx, tx, org, "proj_none", Client, ProjectKeyDraft{Name: "n"}, "u", start))
			}},
			{"regenerate with a negative overlap", fault.InvalidPayload, func(ctx context.Context, tx database.Tx) error {
				_, _, err := s.Regenerate(ctx, tx, org, project, minted.ID, -1, "u", start)
				return err
			}},
			{"regenerate with more than seven days", fault.InvalidPayload, func(ctx context.Context, tx database.Tx) error {
				_, _, err := s.Regenerate(ctx, tx, org, project, minted.ID, MaxOverlap+1, "u", start)
				return err
			}},
			{"regenerate through another project", fault.ResourceNotFound, func(ctx context.Context, tx database.Tx) error {
				_, _, err := s.Regenerate(ctx, tx, org, sandbox, minted.ID, 0, "u", start)
				return err
			}},
			{"update through another project", fault.ResourceNotFound, func(ctx context.Context, tx database.Tx) error {
				_, _, err := s.Update(ctx, tx, org, sandbox, minted.ID, []byte(`{}`), "u", start)
				return err
			}},
			{"delete through another project", fault.ResourceNotFound, func(ctx context.Context, tx database.Tx) error {
				return second(s.Delete(ctx, tx, org, sandbox, minted.ID))
			}},
			{"reveal through another project", fault.ResourceNotFound, func(ctx context.Context, tx database.Tx) error {
				return second(s.Reveal(ctx, tx, sandbox, minted.ID, start))
			}},
		} {
			if err := write(t, db, c.do); !fault.Is(err, c.code) {
				t.Errorf("%s: %v, want %s", c.name, err, c.code.Key)
			}
		}
		k, err := s.Get(t.Context(), db, project, minted.ID)
		if err != nil || !bytes.Equal(k.tokenHash, hashToken(minted.Token)) || count(t, db, "TRUE") != 1 {
			t.Errorf("left: %+v, %v", k, err)
		}
	})
}

func TestEveryChangeOfAKeyDropsTheOrganizationsCredentials(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite) // which publishes before Write returns
	s := service(t, db)
	changes := heard(db)
	minted := mustCreate(t, s, db, project)
	for _, do := range []func(ctx context.Context, tx database.Tx) error{
		func(ctx context.Context, tx database.Tx) error {
			_, _, err := s.Update(ctx, tx, org, project, minted.ID, []byte(`{"name":"Till"}`), "u", start)
			return err
		},
		func(ctx context.Context, tx database.Tx) error {
			_, _, err := s.Regenerate(ctx, tx, org, project, minted.ID, 0, "u", start)
			return err
		},
		func(ctx context.Context, tx database.Tx) error {
			return second(s.Delete(ctx, tx, org, project, minted.ID))
		},
	} {
		if err := write(t, db, do); err != nil {
			t.Fatal(err)
		}
	}
	got := changes()
	if len(got) != 4 {
		t.Fatalf("%d changes, want 4: %v", len(got), got)
	}
	for _, c := range got {
		if c != (database.Change{Topic: database.TopicCredentials, Key: org}) {
			t.Errorf("told %v", c)
		}
	}
	if list, err := s.List(t.Context(), db, project); err != nil || len(list) != 0 {
		t.Errorf("after the deletion: %v, %v", list, err)
	}
}
