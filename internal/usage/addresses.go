package usage

import (
	"net/netip"
	"sync"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
)

const (
	// clientCalls is how many calls an address may make in clientSpan, whenever
	// that begins.
	clientCalls = 5
	clientSpan  = 5 * time.Second
	// limitClientCalls names the limit in answers.
	limitClientCalls = "client_calls_per_5_seconds"
)

// Addresses limits calls by the address they come from: five in any five
// seconds for each project, client side, and for each operation that asks for
// it. It counts in memory, so each node admits as many.
type Addresses struct {
	clock clock.Clock

	mu    sync.Mutex
	calls map[caller]*[clientCalls]clock.Timestamp // the last ones, the oldest first
	swept clock.Timestamp
}

var _ api.AddressLimiter = (*Addresses)(nil)

type caller struct {
	what    string // a project or an operation
	network netip.Prefix
}

// NewAddresses returns a limiter that has seen no calls.
func NewAddresses(c clock.Clock) *Addresses {
	return &Addresses{clock: c, calls: map[caller]*[clientCalls]clock.Timestamp{}}
}

// Admit takes one call from what the address may do with a project or an
// operation. A refused call takes nothing.
func (a *Addresses) Admit(what string, from netip.Addr) api.Rate {
	now := a.clock.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweep(now)
	key := caller{what, network(from)}
	last, known := a.calls[key]
	if !known {
		last = new([clientCalls]clock.Timestamp)
		a.calls[key] = last
	}
	since := now.Add(-clientSpan)
	rate := api.Rate{Limit: clientCalls, Retry: clientSpan}
	if last[0] > since {
		rate.Retry, rate.Exceeded = between(since, last[0]), limitClientCalls
		return rate
	}
	copy(last[:], last[1:])
	last[clientCalls-1] = now
	for _, at := range last {
		if at <= since {
			rate.Remaining++
		}
	}
	return rate
}

// sweep forgets, once a span, who has not called for that long.
func (a *Addresses) sweep(now clock.Timestamp) {
	if between(a.swept, now) < clientSpan {
		return
	}
	a.swept = now
	for key, last := range a.calls {
		if last[clientCalls-1] <= now.Add(-clientSpan) {
			delete(a.calls, key)
		}
	}
}

// network is what counts as one caller: an IPv4 address, or the 64 bits of an
// IPv6 address that its network gives out as a whole.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits) // fails for no length that an address has
	return p
}
