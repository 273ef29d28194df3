package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	deliveredEvents = 20_000
	publishedAtOnce = 500
)

// deliveries measures webhooks of 1 KB from the first publish to the last
// receipt, to one receiver in this process, while single events are published
// beside them.
func (b *bench) deliveries(context.Context) error {
	var received atomic.Int64
	all := make(chan struct{})
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		w.WriteHeader(http.StatusNoContent)
		if received.Add(1) == deliveredEvents {
			close(all)
		}
	}))
	defer receiver.Close()
	body := fmt.Sprintf(`{"target_url":%q,"events":["voucher.created"]}`, receiver.URL)
	if _, err := b.fetch("POST", "/management/v1/projects/"+b.project+"/webhooks", body); err != nil {
		return err
	}
	event := `{"type":"voucher.created","data":{"id":"v_1","text":"` + strings.Repeat("x", 1000) + `"}}`
	batch := `{"events":[` + strings.TrimSuffix(strings.Repeat(event+",", publishedAtOnce), ",") + `]}`
	var took []time.Duration
	began := time.Now()
	for range deliveredEvents / publishedAtOnce {
		start := time.Now()
		if err := b.accept("/v1/webhook-events", batch); err != nil {
			return err
		}
		took = append(took, time.Since(start))
	}
	published := time.Since(began)
	select {
	case <-all:
	case <-time.After(2 * time.Minute):
		return fmt.Errorf("%d of %d webhooks arrived", received.Load(), deliveredEvents)
	}
	elapsed := time.Since(began)
	slices.Sort(took)
	b.row(fmt.Sprintf("webhooks of 1 KB, %d events, first publish to last receipt (p50, p99: publish of %d; all published after %s)",
		deliveredEvents, publishedAtOnce, round(published)),
		result{rate: deliveredEvents / elapsed.Seconds(), p50: took[len(took)/2], p99: took[len(took)*99/100]}, "")
	return nil
}

// accept sends what is answered with 202.
func (b *bench) accept(path, body string) error {
	_, err := b.fetch("POST", path, body)
	return err
}
