package onetimecode

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/seal"
)

const (
	ann  = "user_ann"
	noon = clock.Timestamp(1_800_000_000_000) // the beginning of a period
)

// each runs a test with a service and two users on every engine.
func each(t *testing.T, test func(t *testing.T, db database.DB, s *Service)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		box, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(t.Context(), func(tx database.Tx) error {
			if _, err := tx.Exec(t.Context(), `INSERT INTO organizations (id, name, management_api, management_key_limit, limits, created_at, updated_at) VALUES ('org_a', 'A', TRUE, 5, '{}', 0, 0)`); err != nil {
				return err
			}
			for _, id := range []string{ann, "user_bob"} {
				if _, err := tx.Exec(t.Context(), `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
					VALUES ($1, 'org_a', $1, $1, 'F', 'L', FALSE, '', 0, 0)`, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, db, NewService(box))
	})
}

func in[T any](t *testing.T, db database.DB, do func(tx database.Tx) (T, error)) (out T) {
	t.Helper()
	err := db.Write(t.Context(), func(tx database.Tx) (err error) {
		out, err = do(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func codeAt(t *testing.T, secret string, at clock.Timestamp) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at.Time())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrol sets a user up at a time and returns the secret and recovery codes.
func enrol(t *testing.T, db database.DB, s *Service, userID string, at clock.Timestamp) (string, []string) {
	t.Helper()
	e := in(t, db, func(tx database.Tx) (*Enrolment, error) {
		return s.Begin(t.Context(), tx, userID, "Steward (A)", "ann@a.example", at)
	})
	codes := in(t, db, func(tx database.Tx) ([]string, error) {
		return s.Confirm(t.Context(), tx, userID, codeAt(t, e.Secret, at), at)
	})
	if codes == nil {
		t.Fatal("the first code is refused")
	}
	return e.Secret, codes
}

func use(t *testing.T, db database.DB, s *Service, userID, code string, at clock.Timestamp) bool {
	t.Helper()
	return in(t, db, func(tx database.Tx) (bool, error) { return s.Use(t.Context(), tx, userID, code, at) })
}

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for second, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		at := clock.Timestamp(second * 1000)
		if got, err := match(secret, code, 0, at); err != nil || got != second/30 {
			t.Errorf("at %d, %s is of the period %d (%v)", second, code, got, err)
		}
		for _, wrong := range []string{"", code[:5], code + "0", "00000x", "٢٨٧٠٨٢"} {
			if got, err := match(secret, wrong, 0, at); err != nil || got != 0 {
				t.Errorf("at %d, %q is of the period %d (%v)", second, wrong, got, err)
			}
		}
	}
}

func TestACodeHoldsOnePeriodEitherWayAndOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db database.DB, s *Service) {
		secret, _ := enrol(t, db, s, ann, noon)
		if use(t, db, s, ann, codeAt(t, secret, noon), noon) {
			t.Error("the code that confirmed the device signs in as well")
		}
		const late = noon + 10*60_000
		for _, c := range []struct {
			name string
			made time.Duration // when the code was made, beside now
			want bool
		}{
			{"two periods late", -60 * time.Second, false},
			{"one period late", -30 * time.Second, true},
			{"now", 0, true},
			{"now, again", 0, false},
			{"an earlier one that was used", -30 * time.Second, false},
			{"one period early", 30 * time.Second, true},
			{"what was passed over", 0, false},
			{"two periods early", 60 * time.Second, false},
		} {
			if got := use(t, db, s, ann, codeAt(t, secret, late.Add(c.made)), late); got != c.want {
				t.Errorf("%s: %v", c.name, got)
			}
		}
		if use(t, db, s, "user_bob", codeAt(t, secret, late.Add(2*time.Minute)), late.Add(2*time.Minute)) {
			t.Error("another user's code holds")
		}
		next := late.Add(5 * time.Minute)
		if code := codeAt(t, secret, next); !use(t, db, s, ann, code[:3]+" "+code[3:], next) {
			t.Error("a code in two groups does not hold")
		}
	})
}

func TestOfManyUsesAtOnceOneIsGood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db database.DB, s *Service) {
		secret, recovery := enrol(t, db, s, ann, noon)
		at := noon.Add(5 * time.Minute)
		for _, code := range []string{codeAt(t, secret, at), recovery[3]} {
			var good atomic.Int32
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if use(t, db, s, ann, code, at) {
						good.Add(1)
					}
				})
			}
			all.Wait()
			if good.Load() != 1 {
				t.Errorf("%s was good %d times", code, good.Load())
			}
		}
	})
}

func TestRecoveryCodesAreGoodOnceEachAndReplacedTogether(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db database.DB, s *Service) {
		_, codes := enrol(t, db, s, ann, noon)
		shape := regexp.MustCompile(`^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`)
		seen := map[string]bool{}
		for _, code := range codes {
			if !shape.MatchString(code) || seen[code] {
				t.Errorf("the codes are %v", codes)
			}
			seen[code] = true
		}
		if len(codes) != RecoveryCodes {
			t.Errorf("there are %d codes", len(codes))
		}
		typed := strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))
		if !use(t, db, s, ann, typed, noon) || use(t, db, s, ann, codes[0], noon) || use(t, db, s, "user_bob", codes[1], noon) {
			t.Error("a recovery code is not good exactly once, for its user")
		}
		left := in(t, db, func(tx database.Tx) (*Status, error) { return s.Status(t.Context(), tx, ann) })
		if left.RecoveryCodes != 9 || left.EnabledAt == nil || *left.EnabledAt != noon {
			t.Errorf("the status is %+v", left)
		}
		fresh := in(t, db, func(tx database.Tx) ([]string, error) { return s.Renew(t.Context(), tx, ann) })
		if use(t, db, s, ann, codes[1], noon) || !use(t, db, s, ann, fresh[1], noon) {
			t.Error("an old code holds, or a fresh one does not")
		}
	})
}

func TestASecretCountsOnceItsFirstCodeIsSeenWithinTheHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db database.DB, s *Service) {
		ctx := t.Context()
		confirm := func(code string, at clock.Timestamp) bool {
			return in(t, db, func(tx database.Tx) ([]string, error) { return s.Confirm(ctx, tx, ann, code, at) }) != nil
		}
		if confirm("123456", noon) {
			t.Error("nothing waits, and is confirmed")
		}
		old, recovery := enrol(t, db, s, ann, noon)
		later := noon.Add(24 * time.Hour)
		e := in(t, db, func(tx database.Tx) (*Enrolment, error) {
			return s.Begin(ctx, tx, ann, "Steward (A & B)", "ann@a.example", later)
		})
		if e.ValidUntil != later.Add(time.Hour) || !strings.HasPrefix(e.URI, "otpauth://totp/Steward%20%28A%20&%20B%29:ann@a.example?") || !strings.Contains(e.URI, "secret="+e.Secret) || len(e.Secret) != 32 {
			t.Errorf("the enrolment is %+v", e)
		}
		if confirm(codeAt(t, old, later), later) || confirm("", later) {
			t.Error("a code of another secret confirms")
		}
		if !use(t, db, s, ann, codeAt(t, old, later), later) {
			t.Error("the secret that counts does not count until another one does")
		}
		if confirm(codeAt(t, e.Secret, later.Add(time.Hour)), later.Add(time.Hour)) {
			t.Error("a secret waits for longer than an hour")
		}
		in(t, db, func(tx database.Tx) (*Enrolment, error) {
			var err error
			e, err = s.Begin(ctx, tx, ann, "Steward (A)", "ann@a.example", later)
			return e, err
		})
		if !confirm(codeAt(t, e.Secret, later), later) || confirm(codeAt(t, e.Secret, later), later) {
			t.Error("the first code does not confirm exactly once")
		}
		if use(t, db, s, ann, codeAt(t, old, later.Add(time.Minute)), later.Add(time.Minute)) || use(t, db, s, ann, recovery[0], later) {
			t.Error("what was before still holds")
		}
	})
}

func TestNoSecretIsKeptInTheOpenAndNothingAfterDisabling(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, db database.DB, s *Service) {
		ctx := t.Context()
		secret, recovery := enrol(t, db, s, ann, noon)
		rows := func() string {
			var sealed, hashed []byte
			_ = db.QueryRow(ctx, `SELECT secret FROM one_time_codes`).Scan(&sealed)
			_ = db.QueryRow(ctx, `SELECT code_hash FROM recovery_codes LIMIT 1`).Scan(&hashed)
			return fmt.Sprintf("%s %s", sealed, hashed)
		}
		raw, err := base32.StdEncoding.DecodeString(secret)
		if kept := rows(); err != nil || len(kept) < 60 || strings.Contains(kept, secret) || strings.Contains(kept, string(raw)) || strings.Contains(kept, recovery[0]) {
			t.Errorf("what is kept is %q (%v)", kept, err)
		}
		for _, want := range []bool{true, false} {
			if had := in(t, db, func(tx database.Tx) (bool, error) { return s.Disable(ctx, tx, ann) }); had != want {
				t.Errorf("disabling says %v, want %v", had, want)
			}
		}
		if kept := rows(); kept != " " {
			t.Errorf("%q is kept", kept)
		}
		in(t, db, func(tx database.Tx) (*Enrolment, error) { return s.Begin(ctx, tx, ann, "S", "ann", noon) })
		if in(t, db, func(tx database.Tx) (bool, error) { return s.Disable(ctx, tx, ann) }) {
			t.Error("a secret that waits counts as one that counts")
		}
	})
}
