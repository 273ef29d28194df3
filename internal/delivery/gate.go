package delivery

import "sync"

// Gate bounds how much is on its way at once: in all, and to one host, so that
// a slow one cannot take the places of the others. It never blocks.
type Gate struct {
	all, perHost int

	mu    sync.Mutex
	inUse int
	hosts map[string]int
}

// NewGate returns a gate with so many places in all, and for one host.
func NewGate(all, perHost int) *Gate {
	return &Gate{all: all, perHost: perHost, hosts: map[string]int{}}
}

// Enter takes a place; ok is false if there is none now. Call leave, once, to
// give it back.
func (g *Gate) Enter(host string) (leave func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inUse >= g.all || g.hosts[host] >= g.perHost {
		return nil, false
	}
	g.inUse++
	g.hosts[host]++
	return func() { g.leave(host) }, true
}

func (g *Gate) leave(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inUse--
	if g.hosts[host]--; g.hosts[host] == 0 {
		delete(g.hosts, host)
	}
}
