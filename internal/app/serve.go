package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
)

const (
	// drainTime is how long calls that run get to end at a shutdown, and
	// closeTime how long the background work then gets: an e-mail on its way
	// may take most of it.
	drainTime = 15 * time.Second
	closeTime = 45 * time.Second
	// sweepEvery is how often what has run out is erased.
	sweepEvery = 5 * time.Second
	// retainEvery is how often old events are looked for.
	retainEvery = 10 * time.Minute
)

// Serve runs a server until ctx ends, then shuts it down cleanly: it stops
// taking calls, lets those that run end, writes what was counted, and closes
// the database. What people should see goes to out, logs go to errw.
func Serve(ctx context.Context, c config.Server, out, errw io.Writer) error {
	log, err := newLogger(c, errw)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen) //nolint:noctx // binding a port does not wait
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	publicURL, err := c.Public(listener.Addr().String())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	a, err := New(ctx, c, publicURL, clock.System, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	var note string
	if c.Demo {
		if note, err = a.demo(ctx, publicURL); err != nil {
			return errors.Join(err, listener.Close(), a.Close(ctx))
		}
	}
	if err := a.Start(ctx); err != nil {
		return errors.Join(err, listener.Close(), a.Close(ctx))
	}
	servers := []*http.Server{newHTTPServer(a.Handler(), log)}
	servers[0].RegisterOnShutdown(a.services.configured.Stop)
	listeners := []net.Listener{listener}
	if c.MetricsListen != "" {
		l, err := net.Listen("tcp", c.MetricsListen) //nolint:noctx // binding a port does not wait
		if err != nil {
			return errors.Join(fmt.Errorf("cannot listen for metrics: %w", err), listener.Close(), a.Close(ctx))
		}
		servers, listeners = append(servers, newHTTPServer(a.metrics.handler(), log)), append(listeners, l)
	}
	_, _ = fmt.Fprintf(out, "%sSteward listens on http://%s\n", note, listener.Addr())
	return a.run(ctx, servers, listeners)
}

// run serves until ctx ends or a listener fails.
func (a *App) run(ctx context.Context, servers []*http.Server, listeners []net.Listener) error {
	failed := make(chan error, len(servers))
	for i, s := range servers {
		go func() { failed <- s.Serve(listeners[i]) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.stopping.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	for _, s := range servers {
		if left := s.Shutdown(drain); left != nil {
			err = errors.Join(err, left, s.Close()) // who has not ended by now is cut off
		}
	}
	closing, done := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer done()
	return errors.Join(err, a.Close(closing))
}

func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func newLogger(c config.Server, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return nil, fmt.Errorf("cannot read the log level: %w", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}

// Handler answers everything the server answers.
func (a *App) Handler() http.Handler { return a.handle }

// Start begins the work in the background: counting, mail, deliveries, and
// erasing what has run out. It ends with Close.
func (a *App) Start(ctx context.Context) error {
	if err := a.services.sendouts.Begin(ctx); err != nil {
		return err
	}
	if err := a.services.queue.Start(ctx); err != nil {
		return err
	}
	a.started = true
	ctx, a.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for _, work := range []func(context.Context){a.meter.Run, a.services.mails.Run, a.services.customEvents.Run, a.services.sendouts.Run, a.services.notifications.Run, a.sweep, a.retain} {
		a.background.Go(func() { work(ctx) })
	}
	return nil
}

// Close stops the background work, writes what was counted, and closes the
// database.
func (a *App) Close(ctx context.Context) error {
	if a.cancel != nil {
		a.cancel()
	}
	ended := make(chan struct{})
	go func() { a.background.Wait(); close(ended) }()
	var err error
	if a.started {
		err = a.services.queue.Stop(ctx)
	}
	select {
	case <-ended:
	case <-ctx.Done():
		err = errors.Join(err, errors.New("the background work did not end in time"))
	}
	return errors.Join(err, a.services.sendouts.Flush(context.WithoutCancel(ctx)), a.meter.Close(context.WithoutCancel(ctx)), a.services.notifications.Check(context.WithoutCancel(ctx)), a.db.Close())
}

// retain removes, now and every ten minutes, what is older than it is to be kept.
func (a *App) retain(ctx context.Context) {
	ticker := time.NewTicker(retainEvery)
	defer ticker.Stop()
	for {
		now := a.clock.Now()
		if err := errors.Join(a.services.customEvents.Sweep(ctx, now), a.services.sendouts.Sweep(ctx, now), a.services.notifications.Sweep(ctx, now)); err != nil && ctx.Err() == nil {
			a.log.Warn("old events or notifications were not removed; the next round tries again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// sweep erases, every few seconds, what has run out: ciphertexts of tokens,
// stored answers, sessions.
func (a *App) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		a.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (a *App) sweepOnce(ctx context.Context) {
	now := a.clock.Now()
	warn := func(what string, err error) {
		if err != nil && ctx.Err() == nil {
			a.log.Warn("what has run out was not erased; the next round tries again", "what", what, "error", err)
		}
	}
	for what, erase := range map[string]func() (secrets bool, err error){
		"management keys": func() (bool, error) { return a.services.keys.Erase(ctx, a.db, now) },
		"project keys":    func() (bool, error) { return a.services.projectKeys.Erase(ctx, a.db, now) },
		"webhook secrets": func() (bool, error) { return a.services.webhooks.Erase(ctx, a.db, now) },
		"answers":         func() (bool, error) { return a.router.Sweep(ctx) },
	} {
		secrets, err := erase()
		a.unscrubbed = a.unscrubbed || secrets
		warn(what, err)
	}
	warn("sessions", a.services.sessions.Sweep(ctx, a.db, now))
	warn("invitations", a.services.users.SweepInvitations(ctx, a.db, now))
	warn("password resets", a.services.users.SweepResets(ctx, a.db, now))
	warn("mail", a.services.mails.Sweep(ctx))
	if !a.unscrubbed {
		return
	}
	err := a.db.Scrub(ctx)
	a.unscrubbed = err != nil
	warn("secrets in files", err)
}
