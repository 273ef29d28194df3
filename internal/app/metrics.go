package app

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/steward-platform/steward/internal/database"
)

// metrics are the figures under /metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	latency  *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "steward_requests_total", Help: "Calls that are over, by operation and status.",
		}, []string{"operation", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "steward_request_duration_seconds", Help: "How long calls took, by operation.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 30},
		}, []string{"operation"}),
	}
	m.registry.MustRegister(m.requests, m.latency, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// observe notes a call that is over.
func (m *metrics) observe(operation string, status int, took time.Duration) {
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Inc()
	m.latency.WithLabelValues(operation).Observe(took.Seconds())
}

// watchCache adds a cache's hits and misses.
func (m *metrics) watchCache(name string, hits func() (hits, misses uint64)) {
	labels := prometheus.Labels{"cache": name}
	m.registry.MustRegister(
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "steward_cache_hits_total", Help: "Look-ups that the cache answered.", ConstLabels: labels},
			func() float64 { h, _ := hits(); return float64(h) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "steward_cache_misses_total", Help: "Look-ups that went to the database.", ConstLabels: labels},
			func() float64 { _, n := hits(); return float64(n) }),
	)
}

// watchDatabase adds the figures of the pool.
func (m *metrics) watchDatabase(db database.DB) {
	for name, value := range map[string]func(database.Stats) int{
		"open":   func(s database.Stats) int { return s.Open },
		"idle":   func(s database.Stats) int { return s.Idle },
		"in_use": func(s database.Stats) int { return s.InUse },
	} {
		m.watch("steward_database_connections", "Connections to the database.", prometheus.Labels{"state": name, "engine": string(db.Engine())},
			func() float64 { return float64(value(db.Stats())) })
	}
}

// watch adds one gauge that is read when it is asked for.
func (m *metrics) watch(name, help string, labels prometheus.Labels, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels}, value))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
