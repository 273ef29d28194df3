package delivery

import (
	"context"
	"slices"
	"sync"
)

// Gate bounds how much is on its way at once: in all, and to one host, so that
// a slow host cannot take the places of the others. It is safe for concurrent
// use.
type Gate struct {
	all, perHost int

	mu      sync.Mutex
	inUse   int
	hosts   map[string]int
	waiting []*waiter // longest first; none of them fits in
}

// waiter is one call of Wait. Its channel is closed once it has its place.
type waiter struct {
	host  string
	ready chan struct{}
}

// NewGate returns a gate with so many places in all, and so many for one host;
// each at least 1.
func NewGate(all, perHost int) *Gate {
	return &Gate{all: max(all, 1), perHost: max(perHost, 1), hosts: map[string]int{}}
}

// Enter takes a place without waiting; ok is false if all places, or all of the
// host's, are taken. It overtakes nobody in Wait who could have the place.
// leave gives the place back; calling it again does nothing.
func (g *Gate) Enter(host string) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.fits(host) {
		return nil, false
	}
	return g.take(host), true
}

// Wait takes a place as soon as there is one, and returns ctx's error if it
// ends before. Who waits longest is first, but those who wait for a busy host
// do not hold up the ones behind them who wait for another.
func (g *Gate) Wait(ctx context.Context, host string) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	if g.fits(host) {
		defer g.mu.Unlock()
		return g.take(host), nil
	}
	w := &waiter{host, make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.mu.Unlock()

	select {
	case <-w.ready:
		return g.once(host), nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	} else { // the place came at the same moment
		g.giveBack(host)
	}
	return nil, ctx.Err()
}

// fits reports whether there is a place. A place that is free fits nobody who
// waits: giveBack would have handed it on. g.mu is held, as in all that follow.
func (g *Gate) fits(host string) bool { return g.inUse < g.all && g.hosts[host] < g.perHost }

func (g *Gate) take(host string) (leave func()) {
	g.inUse++
	g.hosts[host]++
	return g.once(host)
}

// once returns a leave for a place that is taken.
func (g *Gate) once(host string) (leave func()) {
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.giveBack(host)
	})
}

// giveBack frees a place and hands it to the first who can have it: one at the
// most, since whoever waits does so for a place in all or for one of this host.
func (g *Gate) giveBack(host string) {
	g.inUse--
	if g.hosts[host]--; g.hosts[host] == 0 {
		delete(g.hosts, host)
	}
	i := slices.IndexFunc(g.waiting, func(w *waiter) bool { return g.fits(w.host) })
	if i < 0 {
		return
	}
	w := g.waiting[i]
	g.waiting = slices.Delete(g.waiting, i, i+1)
	g.inUse++
	g.hosts[w.host]++
	close(w.ready)
}
