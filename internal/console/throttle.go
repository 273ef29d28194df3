package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// bound says how many tries in a row may fail before one has to wait: a second
// after the first that is too many, and twice as long after each further one.
type bound struct {
	free    int64
	longest time.Duration
}

var (
	byLogin   = bound{5, 15 * time.Minute}
	byAddress = bound{50, time.Minute} // many people can come from one
)

// forgetAfter is how long failures count that no other one has followed.
const forgetAfter = time.Hour

// delay returns how long to wait after so many tries.
func (b bound) delay(tries int64) time.Duration {
	if tries < b.free {
		return 0
	}
	return min(b.longest, time.Second<<min(tries-b.free, 20))
}

// throttle makes guessing passwords slow. A try counts as failed from the moment
// it begins, so that many at once gain nothing; one that succeeds is forgotten.
type throttle struct{ db database.DB }

// subject is who tries: a login, whether or not somebody has it, or an address.
// Of IPv6 addresses a network of 64 bits counts as one.
func subject(kind, name string) string {
	sum := sha256.Sum256([]byte(kind + " " + name))
	return kind + ":" + hex.EncodeToString(sum[:16])
}

func loginSubject(login string) string {
	return subject("login", strings.ToLower(strings.TrimSpace(login)))
}

func addressSubject(a netip.Addr) string {
	if a = a.Unmap(); a.Is6() {
		if network, err := a.Prefix(64); err == nil {
			return subject("address", network.String())
		}
	}
	return subject("address", a.String())
}

// enter takes a try to sign in, or returns fault.TooManyRequests while the login
// or the address has to wait; then the call's header says for how long.
func (t *throttle) enter(ctx context.Context, c *api.Call, login string) error {
	var wait time.Duration
	err := t.db.Write(ctx, func(tx database.Tx) (err error) {
		if wait, err = t.take(ctx, tx, addressSubject(c.Address), byAddress, c.Now); err != nil || wait > 0 {
			return err
		}
		wait, err = t.take(ctx, tx, loginSubject(login), byLogin, c.Now)
		return err
	})
	if err != nil || wait == 0 {
		return err
	}
	seconds := int64(math.Ceil(wait.Seconds()))
	c.Header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	return fault.New(fault.TooManyRequests, "%s", fmt.Sprintf("There were too many tries to sign in; try again in %d seconds", seconds))
}

// take counts a try of a subject, or returns for how long there is none.
func (t *throttle) take(ctx context.Context, tx database.Tx, subject string, b bound, now clock.Timestamp) (wait time.Duration, err error) {
	var tries int64
	var until, last clock.Timestamp
	err = tx.QueryRow(ctx, `SELECT failures, until, last_at FROM sign_in_failures WHERE subject = $1`, subject).Scan(&tries, &until, &last)
	if err != nil && !errors.Is(err, database.ErrNoRows) {
		return 0, err
	}
	if until > now {
		return time.Duration(until-now) * time.Millisecond, nil
	}
	if last.Add(forgetAfter) < now {
		tries = 0
	}
	tries++
	_, err = tx.Exec(ctx, `INSERT INTO sign_in_failures (subject, failures, until, last_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (subject) DO UPDATE SET failures = excluded.failures, until = excluded.until, last_at = excluded.last_at`,
		subject, tries, now.Add(b.delay(tries)), now)
	return 0, err
}

// forget ends what was counted against a login, once somebody has signed in
// with it, and takes the try back from the address.
func (t *throttle) forget(ctx context.Context, tx database.Tx, c *api.Call, login string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sign_in_failures WHERE subject = $1`, loginSubject(login)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE sign_in_failures SET failures = failures - 1, until = $1 WHERE subject = $2 AND failures > 0`, c.Now, addressSubject(c.Address))
	return err
}

// giveBack takes back one try that failed for no wrong guess. What others'
// guesses have made everybody wait for stays.
func (t *throttle) giveBack(ctx context.Context, c *api.Call, login string) error {
	return t.db.Write(ctx, func(tx database.Tx) error {
		return errors.Join(
			giveBack(ctx, tx, addressSubject(c.Address), byAddress, c.Now),
			giveBack(ctx, tx, loginSubject(login), byLogin, c.Now))
	})
}

func giveBack(ctx context.Context, tx database.Tx, subject string, b bound, now clock.Timestamp) error {
	_, err := tx.Exec(ctx, `UPDATE sign_in_failures SET failures = failures - 1, until = CASE WHEN failures <= $1 THEN $2 ELSE until END
		WHERE subject = $3 AND failures > 0`, b.free, now, subject)
	return err
}

// sweep removes what counts no more.
func (t *throttle) sweep(ctx context.Context, db database.DB, now clock.Timestamp) error {
	_, err := db.Exec(ctx, `DELETE FROM sign_in_failures WHERE last_at < $1 AND until < $2`, now.Add(-forgetAfter), now)
	return err
}
