package console_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/console"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/onetimecode"
	"github.com/steward-platform/steward/internal/seal"
)

// people are one, whose password is "right".
type people struct{ console.People }

var ann = console.Person{ID: "user_ann", Login: "ann@acme.example", OrganizationID: apitest.OrganizationID}

func (people) Verify(_ context.Context, login, password string) (*console.Person, error) {
	if login != ann.Login || password != "right" {
		return nil, fault.New(fault.Unauthorized, "Wrong login or password")
	}
	return &ann, nil
}

func (people) Person(context.Context, database.Querier, string) (*console.Person, error) {
	return &ann, nil
}

func (people) MayWorkIn(context.Context, database.Querier, string, string) (bool, error) {
	return true, nil
}

// codes gives Ann one-time codes and returns a recovery code.
func codes(t *testing.T, s *apitest.Server) (recovery string) {
	t.Helper()
	box, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	service := onetimecode.NewService(box)
	err = s.DB.Write(t.Context(), func(tx database.Tx) error {
		e, err := service.Begin(t.Context(), tx, ann.ID, "Steward", ann.Login, clock.At(s.Now()))
		if err != nil {
			return err
		}
		code, err := totp.GenerateCode(e.Secret, s.Now())
		if err != nil {
			return err
		}
		all, err := service.Confirm(t.Context(), tx, ann.ID, code, clock.At(s.Now()))
		if err == nil {
			recovery = all[0]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return recovery
}

func each(t *testing.T, test func(t *testing.T, s *apitest.Server, sessions *console.Sessions)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		box, err := seal.NewBox(bytes.Repeat([]byte{7}, seal.KeySize))
		if err != nil {
			t.Fatal(err)
		}
		var sessions *console.Sessions
		s := apitest.New(t, db, func(s *apitest.Server) {
			sessions = console.NewSessions(db, s.Now, people{}, onetimecode.NewService(box), false)
			console.Register(s.Router, sessions)
		})
		s.Exec(t, `INSERT INTO users (id, organization_id, login, email, first_name, last_name, is_owner, password_hash, created_at, updated_at)
			VALUES ($1, $2, $3, $3, 'Ann', 'A', FALSE, '', 0, 0)`, ann.ID, ann.OrganizationID, ann.Login)
		test(t, s, sessions)
	})
}

func try(t *testing.T, s *apitest.Server, login, password string) apitest.Response {
	t.Helper()
	return s.As(t, "", http.MethodPost, "/team/v1/session", fmt.Sprintf(`{"email":%q,"password":%q}`, login, password))
}

func TestGuessingAPasswordGetsSlowerWithEveryFailureWhetherOrNotSomebodyHasTheLogin(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *console.Sessions) {
		var told []string
		for _, login := range []string{ann.Login, "nobody@acme.example"} {
			var log []string
			for range 4 {
				log = append(log, strconv.Itoa(try(t, s, login, "wrong").Status))
			}
			for _, wait := range []time.Duration{1, 2, 4, 8} {
				log = append(log, strconv.Itoa(try(t, s, login, "wrong").Status))
				refused := try(t, s, login, "right") // also the right one
				log = append(log, fmt.Sprintf("%d %s %s", refused.Status, refused.Header.Get("Retry-After"), refused.String(t, "details")))
				s.Move(wait * time.Second)
			}
			told = append(told, strings.Join(log, "\n"))
		}
		wanted := []string{"401", "401", "401", "401"}
		for _, wait := range []int{1, 2, 4, 8} {
			wanted = append(wanted, "401", fmt.Sprintf("429 %d There were too many tries to sign in; try again in %d seconds", wait, wait))
		}
		want := strings.Join(wanted, "\n")
		if told[0] != want || told[1] != want {
			t.Errorf("the tries were answered\n%s\nand for nobody's login\n%s\nwant\n%s", told[0], told[1], want)
		}
	})
}

func TestASuccessForgetsTheFailuresAndAnHourDoesAsWell(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, sessions *console.Sessions) {
		for range 3 {
			for range 4 {
				try(t, s, ann.Login, "wrong")
			}
			if r := try(t, s, strings.ToUpper(ann.Login[:1])+ann.Login[1:], "wrong"); r.Status != 401 {
				t.Fatalf("the fifth try is answered %d", r.Status)
			}
			s.Move(time.Second)
			if r := try(t, s, ann.Login, "right"); r.Status != 204 || r.Header.Get("Set-Cookie") == "" {
				t.Fatalf("the right password is answered %d %s", r.Status, r.Body)
			}
		}
		for range 5 {
			try(t, s, ann.Login, "wrong")
		}
		s.Move(time.Hour + time.Minute)
		for range 4 {
			if r := try(t, s, ann.Login, "wrong"); r.Status != 401 {
				t.Fatalf("after an hour a try is answered %d", r.Status)
			}
		}
		s.Move(2 * time.Hour)
		if err := sessions.Sweep(t.Context(), s.DB, clock.At(s.Now())); err != nil || s.Count(t, "sign_in_failures") != 0 {
			t.Errorf("%d failures are kept (%v)", s.Count(t, "sign_in_failures"), err)
		}
	})
}

func TestManyTriesAtOnceGainNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *console.Sessions) {
		var judged atomic.Int32
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				if try(t, s, ann.Login, "wrong").Status == 401 {
					judged.Add(1)
				}
			})
		}
		all.Wait()
		if judged.Load() != 5 {
			t.Errorf("%d of thirty tries at once were judged, want 5", judged.Load())
		}
	})
}

func TestOneAddressCannotTryAllLogins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *console.Sessions) {
		for i := range 50 {
			if r := try(t, s, fmt.Sprintf("user-%d@acme.example", i), "wrong"); r.Status != 401 {
				t.Fatalf("try %d is answered %d", i, r.Status)
			}
		}
		if r := try(t, s, "another@acme.example", "wrong"); r.Status != 429 || r.Header.Get("Retry-After") != "1" {
			t.Errorf("the next login is answered %d %v", r.Status, r.Header)
		}
	})
}

func TestGuessesOfACodeSlowDownAndAMissingOneDoesNotCount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *apitest.Server, _ *console.Sessions) {
		recovery := codes(t, s)
		enter := func(code string) apitest.Response {
			t.Helper()
			return s.As(t, "", http.MethodPost, "/team/v1/session", fmt.Sprintf(`{"email":%q,"password":"right","code":%q}`, ann.Login, code))
		}
		for i := range 60 { // more than an address or a login may fail
			if r := enter(""); r.Status != 401 || r.String(t, "key") != "one_time_code_required" {
				t.Fatalf("try %d without a code is answered %d %s", i, r.Status, r.Body)
			}
		}
		for i := range 5 {
			if i == 4 { // the fourth guess was the last that is free, and asking is no guess
				enter("")
			}
			if r := enter("000000"); r.Status != 401 {
				t.Fatalf("a guess is answered %d %s", r.Status, r.Body)
			}
		}
		for _, code := range []string{"", "000000", recovery} { // asking without one does not end the wait
			if r := enter(code); r.Status != 429 || r.Header.Get("Retry-After") != "1" {
				t.Errorf("after five guesses %q is answered %d %s", code, r.Status, r.Body)
			}
		}
		s.Move(time.Second)
		if r := enter(""); r.Status != 401 {
			t.Errorf("a second later, without a code: %d %s", r.Status, r.Body)
		}
		if r := enter("000000"); r.Status != 429 || r.Header.Get("Retry-After") != "2" {
			t.Errorf("asking without a code shortens the wait: %d %v", r.Status, r.Header.Get("Retry-After"))
		}
		s.Move(2 * time.Second)
		if r := enter(recovery); r.Status != 204 {
			t.Errorf("a recovery code is answered %d %s", r.Status, r.Body)
		}
	})
}
