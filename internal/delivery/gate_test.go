package delivery_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/steward-platform/steward/internal/delivery"
)

func enter(t *testing.T, g *delivery.Gate, host string) (leave func()) {
	t.Helper()
	leave, ok := g.Enter(host)
	if !ok {
		t.Fatalf("there is no place for %s", host)
	}
	return leave
}

func full(t *testing.T, g *delivery.Gate, host string) {
	t.Helper()
	if _, ok := g.Enter(host); ok {
		t.Fatalf("there is a place for %s, want none", host)
	}
}

func TestEnterTakesAPlaceOnlyIfOneIsFree(t *testing.T) {
	t.Parallel()
	g := delivery.NewGate(3, 2)
	slow := enter(t, g, "slow")
	enter(t, g, "slow")
	full(t, g, "slow") // its own places are taken
	quick := enter(t, g, "quick")
	full(t, g, "quick") // all places are
	full(t, g, "other")

	slow()
	slow() // a second time does nothing
	enter(t, g, "slow")
	full(t, g, "other")
	quick()
	full(t, g, "slow")
	enter(t, g, "other")
}

func TestAGateHasAtLeastOnePlace(t *testing.T) {
	t.Parallel()
	g := delivery.NewGate(0, -1)
	enter(t, g, "a")
	full(t, g, "b")
}

func TestWhoWaitsIsServedInTurnAndABusyHostHoldsUpNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := delivery.NewGate(2, 1)
		slow, quick := enter(t, g, "slow"), enter(t, g, "quick")
		type served struct {
			who   string
			leave func()
		}
		order := make(chan served, 10)
		for _, who := range []string{"slow 1", "slow 2", "quick 1", "other 1", "quick 2"} {
			go func() {
				host := who[:len(who)-2]
				leave, err := g.Wait(t.Context(), host)
				if err != nil {
					t.Error(err)
				}
				order <- served{who, leave}
			}()
			synctest.Wait() // it has its place in the queue
		}
		next := func(leave func(), want string) func() {
			t.Helper()
			leave()
			synctest.Wait()
			select {
			case got := <-order:
				if got.who != want {
					t.Fatalf("%s is served, want %s", got.who, want)
				}
				return got.leave
			default:
				t.Fatalf("nobody is served, want %s", want)
				return nil
			}
		}
		quick1 := next(quick, "quick 1") // slow 1 and 2 are before it, but their host is busy
		full(t, g, "other")              // and other 1 waits already
		other1 := next(quick1, "other 1")
		quick2 := next(other1, "quick 2")
		slow1 := next(slow, "slow 1")
		slow2 := next(slow1, "slow 2")
		slow2()
		quick2()
		enter(t, g, "slow")
		enter(t, g, "quick")
	})
}

func TestWhoStopsWaitingTakesNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := delivery.NewGate(1, 1)
		leave := enter(t, g, "a")
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() {
			_, err := g.Wait(ctx, "a")
			gaveUp <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			t.Errorf("the answer is %v", err)
		}
		leave()
		enter(t, g, "a")()
		if _, err := g.Wait(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that is over is answered %v", err)
		}
		leave, err := g.Wait(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		full(t, g, "a")
		leave()
		leave()
		enter(t, g, "a")
		full(t, g, "a")
	})
}

// TestAGateIsNeverOverfullAndNoPlaceIsLost lets many come, wait, give up and go
// at once.
func TestAGateIsNeverOverfullAndNoPlaceIsLost(t *testing.T) {
	t.Parallel()
	const all, perHost, hosts, workers, rounds = 7, 3, 4, 40, 300
	g := delivery.NewGate(all, perHost)
	var inside atomic.Int64
	var at [hosts]atomic.Int64
	var done sync.WaitGroup
	for w := range workers {
		done.Go(func() {
			for r := range rounds {
				h := (w + r) % hosts
				leave, ok := g.Enter(strconv.Itoa(h))
				if !ok {
					ctx, cancel := context.WithCancel(t.Context())
					if r%3 == 0 {
						go cancel() // just about when its turn comes
					}
					var err error
					leave, err = g.Wait(ctx, strconv.Itoa(h))
					cancel()
					if err != nil {
						continue
					}
				}
				if n, m := inside.Add(1), at[h].Add(1); n > all || m > perHost {
					t.Errorf("%d are inside, %d of them at one host", n, m)
				}
				inside.Add(-1)
				at[h].Add(-1)
				leave()
			}
		})
	}
	done.Wait()
	for i := range all {
		enter(t, g, strconv.Itoa(i%hosts))
	}
	full(t, g, "another")
}
