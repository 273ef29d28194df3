package usage_test

import (
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/usage"
)

func moment(t testing.TB, text string) clock.Timestamp {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return clock.At(at)
}

func TestWindowsBeginAndEndAtTheirEdgesInUTC(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		span               usage.Span
		at, starts, before string
	}{
		{"the last instant of a minute", usage.Minute, "2026-11-23T10:00:59.999Z", "2026-11-23T10:00:00Z", "2026-11-23T10:01:00Z"},
		{"the first instant of the next", usage.Minute, "2026-11-23T10:01:00Z", "2026-11-23T10:01:00Z", "2026-11-23T10:02:00Z"},
		{"the last instant of a year's hour", usage.Hour, "2026-12-31T23:59:59.999Z", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"},
		{"an hour of a zone half an hour off", usage.Hour, "2026-11-23T10:15:00+05:30", "2026-11-23T04:00:00Z", "2026-11-23T05:00:00Z"},
		{"a day on which Warsaw has 23 hours", usage.Day, "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"},
		{"a day on which Warsaw has 25 hours", usage.Day, "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"},
		{"the hour that Warsaw has twice, first", usage.Hour, "2026-10-25T02:30:00+02:00", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
		{"the hour that Warsaw has twice, again", usage.Hour, "2026-10-25T02:30:00+01:00", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"},
		{"a month of 30 days", usage.Cycle, "2026-11-30T23:59:59.999Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
		{"February of a leap year", usage.Cycle, "2028-02-29T10:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"the last month of a year", usage.Cycle, "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{"a month that has begun in UTC alone", usage.Cycle, "2026-11-30T20:00:00-08:00", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
	} {
		starts, ends := c.span.Bounds(moment(t, c.at))
		if starts != moment(t, c.starts) || ends != moment(t, c.before) {
			t.Errorf("%s: %s to %s, want %s to %s", c.name, starts, ends, c.starts, c.before)
		}
	}
}

// FuzzBounds holds that windows tile time: each moment is in exactly one.
func FuzzBounds(f *testing.F) {
	for _, at := range []int64{0, 1, -1, 1795428000000, 1795427999999, 253402300799999, -62135596800000} {
		for span := usage.Minute; span <= usage.Cycle; span++ {
			f.Add(int(span), at)
		}
	}
	f.Fuzz(func(t *testing.T, n int, ms int64) {
		const year9999 = 253402300799999
		span, at := usage.Span(((n%4)+4)%4), clock.Timestamp(ms%year9999)
		starts, ends := span.Bounds(at)
		if starts > at || at >= ends {
			t.Fatalf("%d is not in %d to %d", at, starts, ends)
		}
		if again, _ := span.Bounds(starts); again != starts {
			t.Fatalf("the window of its own start %d starts at %d", starts, again)
		}
		if _, last := span.Bounds(ends - 1); last != ends {
			t.Fatalf("the window's last moment belongs to one that ends at %d, not %d", last, ends)
		}
		if next, _ := span.Bounds(ends); next != ends {
			t.Fatalf("after the window that ends at %d comes one from %d", ends, next)
		}
	})
}
