package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/steward-platform/steward/test/binary"
)

const (
	deliveredEvents = 20_000
	publishedAtOnce = 500
	// fannedOut is how many events go to each of ten receivers, or to nine.
	receivers, fannedOut = 10, 6_000
	// arrival bounds how long anything may take to arrive.
	arrival = 2 * time.Minute
)

// webhooks measures deliveries of events of 1 KB to receivers in this process.
func (b *bench) webhooks(ctx context.Context) error {
	for _, m := range []func(context.Context) error{b.deliveries, b.oneOfTenHangs, b.steady} {
		if err := m(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sink is a receiver that counts. While it hangs, it answers nobody.
type sink struct {
	*httptest.Server
	received atomic.Int64
	hangs    atomic.Bool
}

func newSink() *sink {
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		if s.hangs.Load() {
			<-req.Context().Done()
			return
		}
		w.WriteHeader(http.StatusNoContent)
		s.received.Add(1)
	}))
	return s
}

func newSinks() (sinks []*sink, closeAll func()) {
	for range receivers {
		sinks = append(sinks, newSink())
	}
	return sinks, func() {
		for _, s := range sinks {
			s.Close()
		}
	}
}

// arrived waits until n webhooks in all have come to the sinks.
func arrived(n int64, sinks ...*sink) error {
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(arrival); ; <-poll.C {
		received := total(sinks)
		if received >= n {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d webhooks arrived", received, n)
		}
	}
}

func total(sinks []*sink) (received int64) {
	for _, s := range sinks {
		received += s.received.Load()
	}
	return received
}

// subscribe makes a project of its own whose events go to sinks. Call done when
// nothing needs to go there any more.
func (b *bench) subscribe(sinks ...*sink) (done func() error, err error) {
	id, err := b.createProject(int(time.Now().UnixNano()))
	if err != nil {
		return nil, err
	}
	b.project = id
	for _, s := range sinks {
		if err := b.createHook(s, "voucher.created"); err != nil {
			return nil, err
		}
	}
	return func() error {
		page, err := b.fetch("GET", "/management/v1/projects/"+id+"/webhooks", "")
		for _, text := range strings.Split(page, `"id":"wh_`)[1:] {
			hook, _, _ := strings.Cut(text, `"`)
			if err == nil { // what is left is cancelled
				_, err = b.fetch("PUT", "/management/v1/projects/"+id+"/webhooks/wh_"+hook, `{"active":false}`)
			}
		}
		return err
	}, nil
}

func (b *bench) createHook(s *sink, event string) error {
	_, err := b.fetch("POST", "/management/v1/projects/"+b.project+"/webhooks", fmt.Sprintf(`{"target_url":%q,"events":[%q]}`, s.URL, event))
	return err
}

// draft is an event of 1 KB.
func draft(event string) string {
	return fmt.Sprintf(`{"type":%q,"data":{"id":"v_1","text":%q}}`, event, strings.Repeat("x", 1000))
}

// publish publishes events by 500, and returns how long each call took.
func (b *bench) publish(events int) (took []time.Duration, err error) {
	batch := `{"events":[` + strings.TrimSuffix(strings.Repeat(draft("voucher.created")+",", publishedAtOnce), ",") + `]}`
	for range events / publishedAtOnce {
		start := time.Now()
		if _, err := b.fetch("POST", "/v1/webhook-events", batch); err != nil {
			return nil, err
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// deliveries measures from the first publish to the last receipt.
func (b *bench) deliveries(context.Context) error {
	var rs []result
	for range *rounds {
		s := newSink()
		done, err := b.subscribe(s)
		if err != nil {
			return err
		}
		began := time.Now()
		took, err := b.publish(deliveredEvents)
		if err != nil {
			return err
		}
		if err := arrived(deliveredEvents, s); err != nil {
			return err
		}
		r := percentiles(took)
		r.rate = deliveredEvents / time.Since(began).Seconds()
		rs = append(rs, r)
		if err := done(); err != nil {
			return err
		}
		s.Close()
	}
	b.row(fmt.Sprintf("webhooks, %d events, first publish to last receipt (p50, p99: publish of %d)", deliveredEvents, publishedAtOnce), median(rs), "")
	return nil
}

func percentiles(took []time.Duration) result {
	slices.Sort(took)
	return result{calls: len(took), p50: took[len(took)/2], p99: took[len(took)*99/100]}
}

// oneOfTenHangs compares how quickly nine receivers get theirs while the tenth
// does not answer, to when it does.
func (b *bench) oneOfTenHangs(ctx context.Context) error {
	nine := func(hangs bool) func() (result, error) {
		return func() (result, error) {
			sinks, closeAll := newSinks()
			defer closeAll()
			tenth := sinks[receivers-1]
			defer tenth.CloseClientConnections()
			defer tenth.hangs.Store(false)
			tenth.hangs.Store(hangs)
			done, err := b.subscribe(sinks...)
			if err != nil {
				return result{}, err
			}
			began := time.Now()
			took, err := b.publish(fannedOut)
			if err != nil {
				return result{}, err
			}
			if err := arrived((receivers-1)*fannedOut, sinks[:receivers-1]...); err != nil {
				return result{}, err
			}
			r := percentiles(took)
			r.rate = (receivers - 1) * fannedOut / time.Since(began).Seconds()
			if !hangs {
				err = arrived(fannedOut, tenth)
			}
			if err == nil {
				err = done()
			}
			return r, err
		}
	}
	return b.compare(ctx, "the same nine while the tenth hangs", fmt.Sprintf("webhooks to nine of ten receivers, %d events", fannedOut), nine(true), nine(false))
}

// steady measures the built program: how its memory goes while it delivers, and
// how long callers wait who publish meanwhile.
func (b *bench) steady(ctx context.Context) error {
	p, _, err := prepare(ctx, b.engine, filepath.Join(b.dir, "steady"))
	if err != nil {
		return err
	}
	file, env, err := p.build(ctx)
	if err != nil {
		return err
	}
	server, err := binary.Start(file, env)
	if err != nil {
		return err
	}
	defer server.Kill()
	p.address = strings.TrimPrefix(server.URL, "http://")
	sinks, closeAll := newSinks()
	defer closeAll()
	if _, err := p.subscribe(sinks...); err != nil {
		return err
	}
	if err := p.createHook(sinks[0], "customer.created"); err != nil {
		return err
	}
	m, err := watchMemory(server.PID())
	if err != nil {
		return err
	}
	var busy, alone []result
	delivered := 0
	for range *rounds {
		for _, measured := range []struct {
			into    *[]result
			backlog int
			rate    int
		}{{&busy, fannedOut, 200}, {&alone, 0, 500}} {
			r, err := p.publishWhileDelivering(sinks, delivered, measured.backlog, measured.rate)
			if err != nil {
				return err
			}
			delivered += receivers*measured.backlog + r.calls
			*measured.into = append(*measured.into, r)
		}
	}
	time.Sleep(5 * time.Second) // idle
	begin, peak, end, err := m.stop()
	if err != nil {
		return err
	}
	b.row(fmt.Sprintf("publish of one event while %d others are delivered", receivers*fannedOut), median(busy), "")
	b.row("publish of one event, each delivered", median(alone), "")
	fmt.Printf("| %s | resident memory over %d deliveries: begin, peak, end | %d kB | %d kB | %d kB | |\n", b.engine, delivered, begin, peak, end)
	return nil
}

// publishWhileDelivering publishes a backlog of events to all sinks, and then
// single ones to one of them at a pace: until the backlog is delivered, or, if
// there is none, for a while. It returns when all have arrived.
func (b *bench) publishWhileDelivering(sinks []*sink, before, backlog, perSecond int) (result, error) {
	if _, err := b.publish(backlog); err != nil {
		return result{}, err
	}
	goal := int64(before + receivers*backlog)
	r, err := b.paced(perSecond, func(since time.Duration) bool {
		return (backlog == 0 && since < *duration) || total(sinks) < goal
	})
	if err != nil {
		return result{}, err
	}
	return r, arrived(goal+int64(r.calls), sinks...)
}

// paced publishes single events, so many a second, for as long as on says. What a call
// takes counts from when it was due.
func (b *bench) paced(perSecond int, on func(since time.Duration) bool) (result, error) {
	one := request("POST", "/v1/webhook-events", draft("customer.created"), b.appAuth...)
	pace := time.Second * connections / time.Duration(perSecond)
	began := time.Now()
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	var fail error
	for n := range connections {
		wg.Go(func() {
			var mine []time.Duration
			c, err := dial(b.address)
			if err == nil {
				defer c.close()
				for due := began.Add(time.Duration(n) * pace / connections); err == nil && on(time.Since(began)); due = due.Add(pace) {
					time.Sleep(time.Until(due))
					err = c.do(one)
					mine = append(mine, time.Since(due))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took, fail = append(took, mine...), errors.Join(fail, err)
		})
	}
	wg.Wait()
	if fail != nil || len(took) == 0 {
		return result{}, errors.Join(fail, fmt.Errorf("%d calls succeeded", len(took)))
	}
	r := percentiles(took)
	r.rate = float64(len(took)) / time.Since(began).Seconds()
	return r, nil
}

// memory watches what a process holds.
type memory struct {
	begin, peak, end int
	err              error
	quit, gone       chan struct{}
}

func watchMemory(pid int) (*memory, error) {
	begin, err := residentMemory(pid)
	if err != nil {
		return nil, err
	}
	m := &memory{begin: begin, peak: begin, end: begin, quit: make(chan struct{}), gone: make(chan struct{})}
	go func() {
		defer close(m.gone)
		for m.err == nil {
			select {
			case <-m.quit:
				return
			case <-time.After(50 * time.Millisecond):
			}
			if m.end, m.err = residentMemory(pid); m.end > m.peak {
				m.peak = m.end
			}
		}
	}()
	return m, nil
}

func (m *memory) stop() (begin, peak, end int, err error) {
	close(m.quit)
	<-m.gone
	return m.begin, m.peak, m.end, m.err
}
