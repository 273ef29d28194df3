// Package client calls the Management API of a Steward server.
//
// Its types and calls are generated from the server's OpenAPI document; this
// file adds how to begin, and errors that say what was wrong.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Timeout bounds a call made with a client of New, unless WithHTTPClient gives
// it another http.Client.
const Timeout = 60 * time.Second

// New returns a client of the server at this URL that authenticates with a
// Management API key. It returns an error for a URL that is not http or https,
// or if the id or token is missing.
func New(server, managementID, managementToken string, options ...ClientOption) (*ClientWithResponses, error) {
	u, err := url.Parse(server)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("the server must be a URL such as https://steward.example.com")
	}
	if managementID == "" || managementToken == "" {
		return nil, errors.New("a management key has an id and a token; both are needed")
	}
	auth := func(_ context.Context, req *http.Request) error {
		req.Header.Set("X-Management-Id", managementID)
		req.Header.Set("X-Management-Token", managementToken)
		return nil
	}
	first := []ClientOption{WithHTTPClient(&http.Client{Timeout: Timeout}), WithRequestEditorFn(auth)}
	return NewClientWithResponses(strings.TrimRight(server, "/"), append(first, options...)...)
}

// Do makes a call by its method and path, for what the generated calls do not
// cover. The caller closes the answer's body.
func (c *ClientWithResponses) Do(ctx context.Context, method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	inner, ok := c.ClientInterface.(*Client)
	if !ok {
		return nil, errors.New("Do needs the client that New makes")
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(inner.Server, "/")+path, body)
	if err != nil {
		return nil, fmt.Errorf("cannot make the request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if err := inner.applyEditors(ctx, req, nil); err != nil {
		return nil, err
	}
	return inner.Client.Do(req)
}

// Error returns the problem that an answer with an error status holds, as the
// server told it.
func (p Problem) Error() string {
	return fmt.Sprintf("%s: %s (request %s)", p.Key, p.Details, p.RequestId)
}

// Answer is what every generated call returns.
type Answer interface {
	StatusCode() int
	GetBody() []byte
}

// Check returns err if there is one; nil for an answer below 400; and for any
// other the Problem in its body, or an error with its status if there is none:
//
//	res, err := c.GetProjectWithResponse(ctx, id, nil)
//	if err := client.Check(res, err); err != nil { … }
func Check(answer Answer, err error) error {
	switch {
	case err != nil:
		return err
	case answer.StatusCode() < http.StatusBadRequest:
		return nil
	}
	var p Problem
	if json.Unmarshal(answer.GetBody(), &p) == nil && p.Key != "" {
		return p
	}
	return fmt.Errorf("status %d: %.200s", answer.StatusCode(), answer.GetBody())
}
