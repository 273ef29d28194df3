package delivery

import "time"

// lastRetry is when the last try is made, after the first one.
const lastRetry = 24 * time.Hour

// retries are when a try is repeated, counted from the first one (CONTRACT 6:
// "1, 2, 4, … 512, 1024 minutes after the first try, the last after 24 h"):
// eleven powers of two in minutes, each the time since the first try and not
// since the one before, and then a day. With the first one that makes 13 tries.
var retries = func() (out []time.Duration) {
	for minutes := time.Duration(1); minutes <= 1024; minutes *= 2 {
		out = append(out, minutes*time.Minute)
	}
	return append(out, lastRetry)
}()

// Next returns when to try again after tries (at least 1) in vain, the first
// of them made at first, and what the last one's receiver asked for with
// Retry-After, 0 if it asked for nothing. ok is false after the last try: the
// send-out has failed.
//
// The times are those of CONTRACT 6. One that has gone by, because the tries
// before it were made late, is passed over rather than made up for, so that a
// receiver which was spared for an hour is not then tried six times in a row.
// A receiver's wish is honoured within the schedule: the next try is not
// before it, but the last one is made after 24 h whatever the wish.
func Next(first time.Time, tries int, retryAfter time.Duration, now time.Time) (at time.Time, ok bool) {
	for i := max(tries, 1) - 1; i < len(retries); i++ {
		if at = first.Add(retries[i]); at.After(now) {
			return within(at, now.Add(retryAfter), first.Add(lastRetry)), true
		}
	}
	return time.Time{}, false
}

// within returns at, or the wish if that is later, but nothing after the end.
func within(at, wish, end time.Time) time.Time {
	switch {
	case !wish.After(at):
		return at
	case wish.After(end):
		return end
	}
	return wish
}
