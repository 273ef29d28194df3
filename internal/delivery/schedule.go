package delivery

import "time"

// lastRetry is when the last try is made, after the first one (CONTRACT 6).
const lastRetry = 24 * time.Hour

// retries are when tries are repeated, after the first one: 1, 2, 4, … 1024
// minutes, and a day (CONTRACT 6). With the first one that makes 13 tries.
var retries = func() (out []time.Duration) {
	for minutes := 1; minutes <= 1024; minutes *= 2 {
		out = append(out, time.Duration(minutes)*time.Minute)
	}
	return append(out, lastRetry)
}()

// Next returns when to try again, after so many tries in vain (at least 1), the
// first of which was at first. What a receiver asks for with Retry-After is
// honoured within the schedule: the next try is not before it, but no later
// than the last one would be. A time of the schedule that has gone by is now.
// ok is false after the last try.
func Next(first time.Time, tries int, retryAfter time.Duration, now time.Time) (at time.Time, ok bool) {
	if tries < 1 || tries > len(retries) {
		return time.Time{}, false
	}
	at = later(first.Add(retries[tries-1]), now)
	if asked := now.Add(retryAfter); retryAfter > 0 && asked.After(at) {
		at = asked
		if end := later(first.Add(lastRetry), now); at.After(end) {
			at = end
		}
	}
	return at, true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
