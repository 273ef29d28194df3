package customevent

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/steward-platform/steward/internal/api"
)

// FuzzEvents reads bodies as the operation does, after its schema has let them
// through or not, and holds that what is accepted is kept as it was sent.
func FuzzEvents(f *testing.F) {
	for _, seed := range []string{
		good, visit, `{"events":[` + good + `,` + visit + `]}`, `{}`, `{"events":[]}`, `{"events":[{}]}`,
		`{"event":"review","customer":{"id":"cust_1","address":{"city":"a"},"metadata":{"a":{"b":[1e308,-0,null]}}},"referral":{"code":"x"},"loyalty":null}`,
		`{"event":"review","customer":{"source_id":"a","metadata":null},"metadata":{"a":1,"a":2}}`,
		`{"event":"review","customer":{"source_id":"\u0000"},"metadata":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var b CustomEventsCreate
		if api.Merge(body, &b) != nil {
			return
		}
		drafts, batch, err := b.drafts()
		if err != nil {
			return
		}
		if len(drafts) == 0 || (!batch && len(drafts) != 1) {
			t.Fatalf("%d events of %s", len(drafts), body)
		}
		for i := range drafts {
			d := &drafts[i]
			if d.Event == "" || d.Customer == nil || d.Customer.ID+d.Customer.SourceID == "" {
				t.Fatalf("accepted without what it needs: %s", body)
			}
			keeps(t, d)
			merges(t, d.Customer)
		}
	})
}

// keeps holds that the row of an event holds what was sent.
func keeps(t *testing.T, d *CustomEventDraft) {
	t.Helper()
	raw, err := json.Marshal(payload{d.Referral, d.Loyalty, d.Metadata})
	if err != nil {
		t.Fatalf("%s cannot be kept: %v", d.Metadata.raw, err)
	}
	var kept payload
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatalf("%s cannot be read again: %v", raw, err)
	}
	if d.Metadata.raw == nil {
		return
	}
	sent, again := jsontext.Value(bytes.Clone(d.Metadata.raw)), jsontext.Value(kept.Metadata.raw)
	if sent.Compact() != nil || again.Compact() != nil || !bytes.Equal(sent, again) {
		t.Fatalf("%s became %s", sent, again)
	}
}

// merges holds that merging the same twice changes nothing the second time, and
// that what was sent is then known.
func merges(t *testing.T, d *CustomerDraft) {
	t.Helper()
	var c customer
	c.merge(&d.CustomerDocument, nil)
	once, err := json.Marshal(c.document, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	c.changed = false
	c.merge(&d.CustomerDocument, nil)
	if twice, _ := json.Marshal(c.document, json.Deterministic(true)); c.changed || !bytes.Equal(once, twice) {
		t.Fatalf("%s merged twice is %s", once, twice)
	}
	for name := range d.Metadata.values {
		if _, known := c.document.Metadata.values[name]; !known {
			t.Fatalf("%s was lost of %s", name, d.Metadata.raw)
		}
	}
}
