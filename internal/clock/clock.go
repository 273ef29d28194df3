// Package clock holds the one way Steward tells and writes time: UTC, with
// milliseconds (CONTRACT 1).
package clock

import (
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Clock tells the time. Services are given one, so that tests move time
// instead of waiting for it.
type Clock func() time.Time

// System is the machine's clock.
func System() time.Time { return time.Now() }

// Now returns the clock's time as a Timestamp.
func (c Clock) Now() Timestamp { return At(c()) }

// Layout is how a Timestamp is written: UTC with milliseconds.
const Layout = "2006-01-02T15:04:05.000Z"

// Timestamp is a moment in milliseconds since 1970-01-01 UTC. It is stored as
// an integer on both engines and written as text in JSON.
type Timestamp int64

// At returns t as a Timestamp, cut to the millisecond.
func At(t time.Time) Timestamp { return Timestamp(t.UnixMilli()) }

// Time returns the moment as a time.Time in UTC.
func (t Timestamp) Time() time.Time { return time.UnixMilli(int64(t)).UTC() }

// Add returns the moment d later.
func (t Timestamp) Add(d time.Duration) Timestamp { return t + Timestamp(d.Milliseconds()) }

// String returns the moment in Layout.
func (t Timestamp) String() string { return t.Time().Format(Layout) }

// MarshalJSON writes the moment in Layout.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, len(Layout)+2)
	b = append(b, '"')
	b = t.Time().AppendFormat(b, Layout)
	return append(b, '"'), nil
}

// UnmarshalJSON reads an RFC 3339 moment; what is finer than a millisecond is
// cut off.
func (t *Timestamp) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) < 2 || b[0] != '"' {
		return fmt.Errorf("a timestamp must be a string, not %.20s", b)
	}
	at, err := time.Parse(time.RFC3339Nano, string(b[1:len(b)-1]))
	if err != nil {
		return fmt.Errorf("a timestamp must be RFC 3339: %w", err)
	}
	*t = At(at)
	return nil
}

// Schema describes the JSON form in the OpenAPI document.
func (Timestamp) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Examples: []any{"2026-11-23T10:00:00.000Z"}}
}

var _ huma.SchemaProvider = Timestamp(0)
