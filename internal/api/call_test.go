package api

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/fault"
)

func TestTheRateHeadersTellOfTheLimitThatIsNearest(t *testing.T) {
	t.Parallel()
	narrow := Rate{Limit: 5, Remaining: 3, Retry: 5 * time.Second}
	wide := Rate{Limit: 1000, Remaining: 999, Retry: time.Hour}
	hit := Rate{Limit: 1000, Remaining: 0, Retry: time.Hour, Exceeded: "api_calls"}
	for _, c := range []struct {
		name             string
		rates            []Rate
		limit, remaining string
		refused          bool
	}{
		{"the nearer first", []Rate{narrow, wide}, "5", "3", false},
		{"the nearer last", []Rate{wide, narrow}, "5", "3", false},
		{"nothing limits it", []Rate{{}, wide, {}}, "1000", "999", false},
		{"what was hit", []Rate{narrow, hit}, "1000", "0", true},
		{"what was hit beside one that is used up", []Rate{{Limit: 5}, hit}, "1000", "0", true},
	} {
		call := &Call{Header: http.Header{}}
		var err error
		for _, rate := range c.rates {
			err = call.stand(rate)
		}
		if fault.Is(err, fault.TooManyRequests) != c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
		if l, r := call.Header.Get("X-Rate-Limit-Limit"), call.Header.Get("X-Rate-Limit-Remaining"); l != c.limit || r != c.remaining {
			t.Errorf("%s: %s of %s, want %s of %s", c.name, r, l, c.remaining, c.limit)
		}
	}
}

func TestTheLogQuotesNothingThatACallerSentButTellsWhatFailedHere(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := &Router{parts: Parts{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	line := func(status int, err error) string {
		log.Reset()
		r.log(t.Context(), &Operation{ID: "op"}, &Call{RequestID: "v-1"}, httptest.NewRequest(http.MethodPost, "/", nil), status, time.Second, err)
		return log.String()
	}
	refused := fault.New(fault.MetadataValidationFailed, "phone: must be a number (actual value is '555-0100')").Because(errors.New("555-0100"))
	if got := line(http.StatusBadRequest, refused); strings.Contains(got, "555") || !strings.Contains(got, "fault=metadata_validation_failed") || !strings.Contains(got, "status=400") {
		t.Errorf("a refusal: %s", got)
	}
	if got := line(http.StatusInternalServerError, errors.New("disk full")); !strings.Contains(got, `error="disk full"`) {
		t.Errorf("a failure: %s", got)
	}
	if got := line(http.StatusOK, errors.New("broken pipe")); !strings.Contains(got, `error="broken pipe"`) {
		t.Errorf("an answer that was not delivered: %s", got)
	}
}
