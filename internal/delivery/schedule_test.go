package delivery_test

import (
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/delivery"
)

var first = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// after returns the moment so many minutes after the first try.
func after(minutes float64) time.Time {
	return first.Add(time.Duration(minutes * float64(time.Minute)))
}

func TestTheScheduleHasTwelveRetriesInADay(t *testing.T) {
	t.Parallel()
	now, tries := first, 1
	for _, minutes := range []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 24 * 60} {
		at, ok := delivery.Next(first, tries, 0, now.Add(10*time.Second)) // a try takes ten seconds at the most
		if !ok || !at.Equal(after(minutes)) {
			t.Fatalf("after %d tries the next is at %s, %t; want %s", tries, at.Sub(first), ok, after(minutes).Sub(first))
		}
		now, tries = at, tries+1
	}
	if tries != 13 {
		t.Errorf("there are %d tries in all, want 13", tries)
	}
	if at, ok := delivery.Next(first, tries, 0, now); ok {
		t.Errorf("after the last try there is one more, at %s", at.Sub(first))
	}
}

func TestNextHonoursTheReceiverWithinTheSchedule(t *testing.T) {
	t.Parallel()
	const day = 24 * 60
	for _, c := range []struct {
		name       string
		tries      int
		retryAfter time.Duration
		now, want  float64 // minutes after the first try; want 0: no further try
	}{
		{"a wish before the schedule changes nothing", 1, 30 * time.Second, 0, 1},
		{"a wish for the very moment changes nothing", 1, time.Minute, 0, 1},
		{"a wish after the schedule is honoured", 1, time.Hour, 0.5, 60.5},
		{"the schedule goes on behind it, and nothing is made up for", 2, 0, 60.5, 64},
		{"a wish behind a wish", 2, 10 * time.Minute, 60.5, 70.5},
		{"a wish for the last moment", 3, 23 * time.Hour, 60, day},
		{"a wish beyond the day gets the last moment", 3, 24 * time.Hour, 60, day},
		{"even a wish for a year", 1, 365 * 24 * time.Hour, 0, day},
		{"before the last try a wish is cut to it", 12, time.Hour, day - 1, day},
		{"a negative wish is none", 1, -time.Hour, 0, 1},
		{"after the last try a wish changes nothing", 13, time.Minute, day, 0},

		{"a time that has gone by is passed over", 1, 0, 1.5, 2},
		{"so is the moment itself", 1, 0, 1, 2},
		{"so are all that have gone by", 3, 0, 600, 1024},
		{"a late try before the last one", 4, 0, day - 1, day},
		{"a late try after the day was the last", 4, 0, day, 0},
		{"a late try after the day, with a wish", 4, time.Hour, 2 * day, 0},
		{"tries count even when they were made early", 5, 0, 2, 16},
		{"a clock that was set back", 2, 0, -30, 2},
		{"no try counts as one", 0, 0, 0, 1},
		{"more tries than there can be", 99, 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, ok := delivery.Next(first, c.tries, c.retryAfter, after(c.now))
			switch {
			case ok != (c.want != 0):
				t.Errorf("a further try: %t (%s)", ok, at.Sub(first))
			case ok && !at.Equal(after(c.want)):
				t.Errorf("the next try is %s after the first, want %s", at.Sub(first), after(c.want).Sub(first))
			case !ok && !at.IsZero():
				t.Errorf("there is no further try and it is at %s", at)
			}
		})
	}
}

// FuzzNext holds: a next try is in the future, neither before the schedule and
// the wish (unless that lies beyond the day) nor after the day, and whatever
// happens there are at most 13 tries.
func FuzzNext(f *testing.F) {
	f.Add(int64(0), int64(0), int64(10))
	f.Add(int64(time.Hour), int64(time.Minute), int64(0))
	f.Fuzz(func(t *testing.T, retryAfter, late, took int64) {
		retryAfter = max(0, retryAfter) % int64(24*time.Hour)
		late, took = max(0, late)%int64(48*time.Hour), max(0, took)%int64(10*time.Second)
		now, end := first, first.Add(24*time.Hour)
		for tries := 1; ; tries++ {
			if tries > 13 {
				t.Fatal("there are more than 13 tries")
			}
			now = now.Add(time.Duration(took))
			at, ok := delivery.Next(first, tries, time.Duration(retryAfter), now)
			if !ok {
				if tries < 13 && now.Before(end) {
					t.Fatalf("after %d tries, %s after the first, there is none left", tries, now.Sub(first))
				}
				return
			}
			if !at.After(now) || at.After(end) {
				t.Fatalf("the next try is %s after the first, now is %s", at.Sub(first), now.Sub(first))
			}
			if at.Before(now.Add(time.Duration(retryAfter))) && at.Before(end) {
				t.Fatalf("the next try is %s after the last, the receiver asked for %s", at.Sub(now), time.Duration(retryAfter))
			}
			now = at.Add(time.Duration(late))
		}
	})
}
