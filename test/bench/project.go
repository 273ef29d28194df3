package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
)

// projectAPI measures the Project API, in a project with schemas, categories
// and a brand.
func (b *bench) projectAPI(ctx context.Context) error {
	if err := b.configure(); err != nil {
		return err
	}
	for _, m := range []func(context.Context) error{b.getConfiguration, b.sendEvents, b.sendBatches} {
		if err := m(ctx); err != nil {
			return err
		}
	}
	return nil
}

// configure gives the project what the measurements need.
func (b *bench) configure() error {
	project := "/management/v1/projects/" + b.project
	for path, body := range map[string]string{
		"/custom-event-schemas": `{"name":"review","schema":{"properties":{"rating":{"type":"number","optional":false},"comment":{"type":"string","optional":true},
			"day":{"type":"date","optional":false},"verified":{"type":"boolean","optional":true}}}}`,
		"/metadata-schemas": `{"related_object":"order","properties":{"channel":{"type":"string","optional":false,"array":false,"eq":["web","shop"]}}}`,
		"/branding": `{"brand":{"name":"Shop"},"address":{"street":"a","city":"a","postal":"a","state":"a","country":"a"},
			"contact":{"email":"a@a.example"}}`,
		"/stacking-rules": `{"applicable_redeemables_limit":3}`,
	} {
		if _, err := b.fetch("POST", project+path, body); err != nil {
			return err
		}
	}
	return nil
}

// getConfiguration compares reading the configuration to a bare net/http
// handler that answers the same bytes.
func (b *bench) getConfiguration(ctx context.Context) error {
	return b.compareGet(ctx, "GET configuration with a project key", "/v1/configuration", b.appAuth)
}

// event is one custom event of one of a thousand customers.
func event(n int64) string {
	return fmt.Sprintf(`{"event":"review","customer":{"source_id":"crm-%d"},"metadata":{"rating":%d,"comment":"as expected, arrived in time","day":"2026-11-23","verified":true}}`, n%1000, n%5)
}

// sendEvents compares custom events, one a call, to bare durable commits of one
// row on the same disk.
func (b *bench) sendEvents(ctx context.Context) error {
	var n atomic.Int64
	bare, err := bareCommits(ctx, b)
	if err != nil {
		return err
	}
	defer bare.close()
	return b.compare(ctx, "custom event, one a call", "bare durable single-row commits",
		func() (result, error) {
			return load(ctx, connections, *duration, callers(b.address, func() string {
				return request("POST", "/v1/events", event(n.Add(1)), b.appAuth...)
			}))
		},
		func() (result, error) { return load(ctx, connections, *duration, bare.worker) })
}

const batchSize = 100

// sendBatches measures custom events in batches. The requests are written
// beforehand: writing them would cost as much as reading them does.
func (b *bench) sendBatches(ctx context.Context) error {
	var requests []string
	for first := range int64(50) {
		events := make([]string, batchSize)
		for i := range events {
			events[i] = event(first*37 + int64(i))
		}
		requests = append(requests, request("POST", "/v1/events", `{"events":[`+strings.Join(events, ",")+`]}`, b.appAuth...))
	}
	var n atomic.Int64
	var rs []result
	for range *rounds {
		r, err := load(ctx, connections, *duration, callers(b.address, func() string { return requests[int(n.Add(1))%len(requests)] }))
		if err != nil {
			return err
		}
		r.rate *= batchSize
		rs = append(rs, r)
	}
	b.row(fmt.Sprintf("custom events in batches of %d (events/s; p50 and p99 of a batch)", batchSize), median(rs), "")
	return nil
}
