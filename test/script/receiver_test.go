package script

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receiver takes webhooks in.
type receiver struct {
	mu     sync.Mutex
	status int
	heads  []http.Header
	bodies [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heads, r.bodies = append(r.heads, req.Header.Clone()), append(r.bodies, body)
	w.WriteHeader(r.status)
}

// get returns the nth request, from 1; nil if it has not come.
func (r *receiver) get(n int) (http.Header, []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.bodies) < n {
		return nil, nil
	}
	return r.heads[n-1], r.bodies[n-1]
}

// receive NAME starts a receiver that answers 200; $NAME is its URL.
func receive(ts *testscript.TestScript, _ bool, args []string) {
	r := &receiver{status: http.StatusOK}
	server := httptest.NewServer(r)
	ts.Defer(server.Close)
	of(ts).receivers[args[0]] = r
	ts.Setenv(args[0], server.URL)
}

// answers NAME STATUS says what a receiver answers from now on.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	status, err := strconv.Atoi(args[1])
	ts.Check(err)
	r := of(ts).receivers[args[0]]
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// received NAME N TOKEN SECRET… waits for the nth request to a receiver, at most
// ten seconds, and verifies both families of signatures: with the project's
// token, and with each of the secrets. Its body and headers are then the last
// answer, for want and save.
func received(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: received NAME N TOKEN SECRET…")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	r := of(ts).receivers[args[0]]
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		head, body := r.get(n)
		if body != nil {
			ts.Check(verify(head, body, args[2], args[3:]))
			of(ts).answer, of(ts).body = head, body
			ts.Logf("%s", body)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("webhook %d did not arrive", n)
		}
	}
}

// verify checks signatures as receivers do: plain HMAC, and the published
// library for Standard Webhooks.
func verify(head http.Header, body []byte, token string, secrets []string) error {
	mac := hmac.New(sha256.New, []byte(token))
	_, _ = mac.Write(body)
	want := hex.EncodeToString(mac.Sum(nil))
	for _, name := range []string{"X-Steward-Signature", "X-Voucherify-Signature"} {
		if got := head.Get(name); got != want {
			return fmt.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for i, secret := range secrets {
		library, err := standardwebhooks.NewWebhook(secret)
		if err == nil {
			err = library.Verify(body, head)
		}
		if err != nil {
			return fmt.Errorf("secret %d does not verify: %w", i+1, err)
		}
	}
	other, err := standardwebhooks.NewWebhook("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBhbHRvZ2V0aGVy")
	if err != nil {
		return err
	}
	if other.Verify(body, head) == nil {
		return errors.New("another secret verifies as well")
	}
	return nil
}
