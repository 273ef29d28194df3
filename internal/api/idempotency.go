package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// keepAnswers is how long an answer is kept for its key (CONTRACT 2).
	keepAnswers = 24 * time.Hour
	// claimLease is how long a claim without an answer is believed to belong
	// to a running request. It is longer than any request may take, so a claim
	// that outlives it was left by a process that died.
	claimLease = 2 * requestTimeout
	// maxIdempotencyKey is the longest key, in bytes (CONTRACT 2).
	maxIdempotencyKey = 255
)

// claim is a caller's hold on an Idempotency-Key while its request runs.
type claim struct {
	credential, key string
	hash            []byte
	at              clock.Timestamp
}

// finish keeps an answer in the transaction of its work.
type finish func(database.Tx, *answer) error

// once runs do for the request, and at most once to success for its
// Idempotency-Key: the answer commits with the work, so whatever crashes, both
// are there or neither is. Only successes are kept; what failed has written
// nothing and may be tried again under the same key.
func (r *Router) once(ctx context.Context, op *Operation, c *Call, req *http.Request, body []byte,
	do func(finish finish) (*answer, error),
) (*answer, error) {
	key := req.Header.Get("Idempotency-Key")
	if key == "" || op.Door == Open {
		return do(func(database.Tx, *answer) error { return nil })
	}
	if err := checkText(key); err != nil || len(key) > maxIdempotencyKey {
		return nil, fault.Invalid("Header Idempotency-Key must be UTF-8 and NOT have more than 255 bytes")
	}
	mine := &claim{credential: string(c.Actor.Kind) + ":" + c.Actor.ID, key: key, hash: requestHash(req, body), at: c.Now}
	stored, err := r.claim(ctx, mine)
	if err != nil || stored != nil {
		return stored, err
	}
	done, err := do(func(tx database.Tx, a *answer) error { return r.store(ctx, tx, op, mine, a) })
	if err != nil {
		r.release(ctx, mine, c.RequestID)
		return nil, err
	}
	return done, nil
}

func requestHash(req *http.Request, body []byte) []byte {
	h := sha256.New()
	_, _ = io.WriteString(h, req.Method+" "+req.URL.RequestURI()+"\n") // a hash never fails to write
	_, _ = h.Write(body)
	return h.Sum(nil)
}

// claim takes the key for this request. It returns the stored answer if the
// same request has been answered, and a fault if another request holds or held
// the key.
func (r *Router) claim(ctx context.Context, mine *claim) (stored *answer, err error) {
	err = r.parts.DB.Append(ctx, func(tx database.Tx) error {
		stored = nil
		if _, err := tx.Exec(ctx, `DELETE FROM idempotency_keys WHERE credential = $1 AND key = $2 AND
			(expires_at <= $3 OR (status IS NULL AND claimed_at <= $4))`,
			mine.credential, mine.key, mine.at, mine.at.Add(-claimLease)); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO idempotency_keys (credential, key, request_hash, claimed_at, expires_at)
			VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			mine.credential, mine.key, mine.hash, mine.at, mine.at.Add(keepAnswers))
		if err != nil || n == 1 {
			return err
		}
		stored, err = r.stored(ctx, tx, mine)
		return err
	})
	return stored, err
}

func (r *Router) stored(ctx context.Context, tx database.Tx, mine *claim) (*answer, error) {
	var (
		hash, sealed []byte
		status       *int
		tag          *string
		until        *clock.Timestamp
	)
	err := tx.QueryRow(ctx, `SELECT request_hash, status, etag, answer, answer_until FROM idempotency_keys
		WHERE credential = $1 AND key = $2`, mine.credential, mine.key).Scan(&hash, &status, &tag, &sealed, &until)
	switch {
	case errors.Is(err, database.ErrNoRows): // released between the two statements
		return nil, fault.New(fault.IdempotencyKeyReused, "A request with this Idempotency-Key is still running")
	case err != nil:
		return nil, err
	case string(hash) != string(mine.hash):
		return nil, fault.New(fault.IdempotencyKeyReused, "This Idempotency-Key was used for another request; use a new one")
	case status == nil:
		return nil, fault.New(fault.IdempotencyKeyReused, "A request with this Idempotency-Key is still running")
	case sealed == nil || until == nil || *until <= mine.at:
		return nil, fault.New(fault.IdempotencyKeyReused, "The request with this Idempotency-Key succeeded; its answer held a secret and is no longer kept")
	}
	body, err := r.parts.Seal.Open(sealPurpose(mine), sealed)
	if err != nil {
		return nil, err
	}
	a := &answer{status: *status, body: body, replayed: true}
	if tag != nil {
		a.etag = *tag
	}
	return a, nil
}

func sealPurpose(c *claim) string { return "answer " + c.credential + " " + c.key }

func (r *Router) store(ctx context.Context, tx database.Tx, op *Operation, mine *claim, a *answer) error {
	until := mine.at.Add(keepAnswers)
	if op.KeepAnswer > 0 {
		until = mine.at.Add(op.KeepAnswer)
	}
	n, err := tx.Exec(ctx, `UPDATE idempotency_keys SET status = $1, etag = $2, answer = $3, answer_until = $4
		WHERE credential = $5 AND key = $6 AND claimed_at = $7 AND status IS NULL`,
		a.status, a.etag, r.parts.Seal.Seal(sealPurpose(mine), a.body), until, mine.credential, mine.key, mine.at)
	if err == nil && n != 1 {
		return fault.New(fault.IdempotencyKeyReused, "Another request took over this Idempotency-Key")
	}
	return err
}

// release gives the key back after a failure. If that fails too, the claim
// runs out by itself.
func (r *Router) release(ctx context.Context, mine *claim, requestID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := r.parts.DB.Exec(ctx, `DELETE FROM idempotency_keys
		WHERE credential = $1 AND key = $2 AND claimed_at = $3 AND status IS NULL`, mine.credential, mine.key, mine.at); err != nil {
		r.parts.Log.Warn("an idempotency key was not released", "request_id", requestID, "error", err)
	}
}

// Sweep erases stored answers whose time is over. It reports whether one of
// them held a secret: then the database's files have to be scrubbed. It may
// report so together with an error. Run it every minute or so.
func (r *Router) Sweep(ctx context.Context) (secrets bool, err error) {
	now := r.parts.Clock.Now()
	// An answer that is kept for less time than its key held a secret.
	n, err := r.parts.DB.Exec(ctx, `UPDATE idempotency_keys SET answer = NULL WHERE answer IS NOT NULL AND answer_until <= $1 AND answer_until < expires_at`, now)
	if err != nil {
		return false, err
	}
	_, err = r.parts.DB.Exec(ctx, `DELETE FROM idempotency_keys WHERE expires_at <= $1`, now)
	return n > 0, err
}
