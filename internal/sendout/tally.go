package sendout

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
)

// tally counts tries by webhook, hour, success and latency, in memory until it
// is written: a crash loses what was counted in its last second.
type tally struct {
	mu       sync.Mutex
	tries    map[tallyKey]int64
	failures map[string]failure // by webhook
}

type tallyKey struct {
	projectID, webhookID string
	hour                 clock.Timestamp
	succeeded            bool
	bucket               int64
}

// failure is the last try of a webhook that failed.
type failure struct {
	projectID, webhookID, sendoutID string
	at                              clock.Timestamp
	status                          int
	reason                          string
}

func newTally() *tally { return &tally{tries: map[tallyKey]int64{}, failures: map[string]failure{}} }

// perOctave is how many buckets a doubling of the latency has: what is told of
// latencies is at most a fifth too high.
const perOctave = 4

// bucketOf returns the bucket of a latency: the lowest whose ceiling is not
// below it.
func bucketOf(took time.Duration) int64 {
	return int64(math.Ceil(perOctave * math.Log2(math.Max(1, float64(took)/float64(time.Millisecond)))))
}

// ceiling returns the longest latency of a bucket, in milliseconds.
func ceiling(bucket int64) float64 {
	return math.Round(math.Exp2(float64(bucket)/perOctave)*10) / 10
}

func (c *tally) add(webhookID string, t *try) {
	key := tallyKey{
		projectID: t.sendout.projectID, webhookID: webhookID, hour: hourOf(t.at), succeeded: t.result.Error == "", bucket: bucketOf(t.result.Took),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries[key]++
	if last, known := c.failures[webhookID]; !key.succeeded && (!known || t.at >= last.at) {
		c.failures[webhookID] = failure{key.projectID, webhookID, t.sendout.ID, t.at, t.result.Status, t.result.Error}
	}
}

func hourOf(at clock.Timestamp) clock.Timestamp { return clock.At(at.Time().Truncate(time.Hour)) }

// take empties the tally.
func (c *tally) take() (tries map[tallyKey]int64, failures map[string]failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tries, failures = c.tries, c.failures
	c.tries, c.failures = map[tallyKey]int64{}, map[string]failure{}
	return tries, failures
}

// restore puts back what was not written.
func (c *tally) restore(tries map[tallyKey]int64, failures map[string]failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, n := range tries {
		c.tries[key] += n
	}
	for id, f := range failures {
		if newer, known := c.failures[id]; !known || newer.at < f.at {
			c.failures[id] = f
		}
	}
}

// Flush writes what was counted since it last was. If that fails nothing is
// lost: the next flush writes it.
func (s *Service) Flush(ctx context.Context) error {
	tries, failures := s.tally.take()
	if len(tries) == 0 {
		return nil
	}
	err := s.db.Append(ctx, func(tx database.Tx) error {
		if err := s.store.AddTallies(ctx, tx, tries); err != nil {
			return err
		}
		return s.store.KeepFailures(ctx, tx, failures)
	})
	if err != nil {
		s.tally.restore(tries, failures)
	}
	return err
}
