package api_test

import (
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

func TestAnIdempotencyKeyRunsARequestOnceAndReplaysItsAnswer(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		before := s.Count(t, "settings")
		key := []string{"Idempotency-Key", "k1"}
		first := s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, key...)
		again := s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, key...)
		if first.Status != 200 || again.Status != 200 || string(first.Body) != string(again.Body) || first.Header.Get("ETag") != again.Header.Get("ETag") {
			t.Fatalf("%d %s, then %d %s", first.Status, first.Body, again.Status, again.Body)
		}
		if first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Error("Idempotent-Replayed marks the wrong answer")
		}
		s.Run(t, []apitest.Case{
			{Name: "another body is refused", Method: "POST", Path: notesAt, Body: `{"name":"b","size":3}`, Header: key, Status: 409, Key: "idempotency_key_reused", Rows: map[string]int{"settings": before + 1}},
			{Name: "another credential has keys of its own", Credential: apitest.Owner, Method: "POST", Path: notesAt, Body: `{"name":"b","size":3}`, Header: key, Status: 200},
			{Name: "a key of 256 bytes is too long", Method: "POST", Path: notesAt, Body: `{"name":"c","size":3}`, Header: []string{"Idempotency-Key", string(make256())}, Status: 400, Key: "invalid_payload"},
			{Name: "what failed may be tried again", Method: "POST", Path: notesAt, Body: `{"name":"a","size":3}`, Header: []string{"Idempotency-Key", "k2"}, Status: 409, Key: "duplicate_found"},
			{Name: "with another body too", Method: "POST", Path: notesAt, Body: `{"name":"d","size":3}`, Header: []string{"Idempotency-Key", "k2"}, Status: 200},
		})
	})
}

func make256() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = 'k'
	}
	return b
}

func TestAnAnswerWithASecretIsNotKeptBeyondItsTime(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := start(t, db)
		call := func() apitest.Response {
			return s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, "Idempotency-Key", "k1")
		}
		if first := call(); first.Status != 200 {
			t.Fatalf("%d %s", first.Status, first.Body)
		}
		s.Move(14 * time.Minute)
		if r := call(); r.Status != 200 || r.String(t, "token") != "stm_secret" {
			t.Errorf("inside the window: %d %s", r.Status, r.Body)
		}
		s.Move(2 * time.Minute)
		if r := call(); r.Status != 409 {
			t.Errorf("after the window: %d %s", r.Status, r.Body)
		}
		for _, want := range []bool{true, false} { // the second time there is nothing left
			if secrets, err := s.Router.Sweep(t.Context()); err != nil || secrets != want {
				t.Fatalf("secrets erased: %t (%v), want %t", secrets, err, want)
			}
		}
		if n := s.Count(t, "idempotency_keys WHERE answer IS NOT NULL"); n != 0 {
			t.Errorf("%d answers are still there", n)
		}
		if r := call(); r.Status != 409 {
			t.Errorf("after the sweep: %d %s", r.Status, r.Body)
		}
		s.Move(24 * time.Hour)
		if r := call(); r.Status != 409 || r.String(t, "key") != "duplicate_found" {
			t.Errorf("after a day the key is free, and the request runs again: %d %s", r.Status, r.Body)
		}
		if _, err := s.Router.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.Count(t, "idempotency_keys"); n != 0 {
			t.Errorf("%d keys are still there", n)
		}
	})
}

func TestARunningRequestHoldsItsKeyUntilItsProcessMustHaveDied(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		entered, leave := make(chan struct{}), make(chan struct{})
		s := apitest.New(t, db, func(s *apitest.Server) {
			registerNotes(s, func() {
				if entered != nil {
					close(entered)
					entered = nil
					<-leave
				}
			})
		})
		waiting := entered
		first := make(chan apitest.Response)
		go func() {
			first <- s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, "Idempotency-Key", "k1")
		}()
		<-waiting
		// On SQLite the claim waits for the one writer, so it is asked after.
		if db.Engine() == database.PostgreSQL {
			if r := s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, "Idempotency-Key", "k1"); r.Status != 409 || r.String(t, "key") != "idempotency_key_reused" {
				t.Errorf("while it runs: %d %s", r.Status, r.Body)
			}
		}
		close(leave)
		if r := <-first; r.Status != 200 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}

		// A claim without an answer, left by a process that died.
		s.Exec(t, `UPDATE idempotency_keys SET status = NULL, answer = NULL`)
		s.Exec(t, `DELETE FROM settings WHERE name = 'a'`)
		if r := s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, "Idempotency-Key", "k1"); r.Status != 409 {
			t.Errorf("a fresh claim: %d %s", r.Status, r.Body)
		}
		s.Move(61 * time.Second)
		if r := s.Do(t, "POST", notesAt, `{"name":"a","size":3}`, "Idempotency-Key", "k1"); r.Status != 200 || r.Header.Get("Idempotent-Replayed") != "" {
			t.Errorf("an abandoned claim: %d %s", r.Status, r.Body)
		}
	})
}
