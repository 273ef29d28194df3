package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// result is what one measurement came to.
type result struct {
	calls    int
	rate     float64 // calls a second
	p50, p99 time.Duration
}

// load calls do from several workers for a while and measures each call. A
// worker that fails ends the measurement.
func load(ctx context.Context, workers int, d time.Duration, worker func(n int) (call func() error, done func(), err error)) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var (
		mu   sync.Mutex
		all  []time.Duration
		fail error
		wg   sync.WaitGroup
	)
	start := time.Now()
	for n := range workers {
		wg.Go(func() {
			call, done, err := worker(n)
			var took []time.Duration
			if err == nil {
				defer done()
				for ctx.Err() == nil {
					began := time.Now()
					if err = call(); err != nil {
						break
					}
					took = append(took, time.Since(began))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if err != nil {
				fail = errors.Join(fail, err)
				cancel()
			}
		})
	}
	wg.Wait()
	elapsed := time.Since(start)
	if fail != nil || len(all) == 0 {
		return result{}, errors.Join(fail, fmt.Errorf("%d calls succeeded", len(all)))
	}
	slices.Sort(all)
	return result{
		calls: len(all), rate: float64(len(all)) / elapsed.Seconds(),
		p50: all[len(all)/2], p99: all[len(all)*99/100],
	}, nil
}

// caller is an HTTP/1.1 client that costs next to nothing beside the server:
// one connection, requests written as they are, answers read by their length.
type caller struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(address string) (*caller, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &caller{conn, bufio.NewReaderSize(conn, 64<<10)}, nil
}

func request(method, path, body string, header ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: steward\r\n", method, path)
	for i := 0; i+1 < len(header); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", header[i], header[i+1])
	}
	if body != "" {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	return b.String() + "\r\n" + body
}

// do sends one request, and reads the answer, which must tell of success, to its
// end.
func (c *caller) do(request string) error {
	if _, err := io.WriteString(c.conn, request); err != nil {
		return err
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode > 299 {
		text, _ := io.ReadAll(res.Body)
		return fmt.Errorf("status %d: %.300s", res.StatusCode, text)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

func (c *caller) close() { _ = c.conn.Close() }

// callers makes workers that each repeat a request of their own.
func callers(address string, next func() string) func(int) (func() error, func(), error) {
	return func(int) (func() error, func(), error) {
		c, err := dial(address)
		if err != nil {
			return nil, nil, err
		}
		return func() error { return c.do(next()) }, c.close, nil
	}
}
