package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/steward-platform/steward/client"
)

// apiCommand calls a running server with a management key, for scripts and for
// looking around. It prints the answer's body and fails on an error answer.
type apiCommand struct {
	Method string   `arg:"" help:"GET, POST, PUT or DELETE." enum:"GET,POST,PUT,DELETE"`
	Path   string   `arg:"" help:"The path, for example /management/v1/projects."`
	URL    string   `help:"The server." default:"http://127.0.0.1:8080" name:"url"`
	ID     string   `help:"The management key's id." name:"management-id" required:""`
	Token  string   `help:"The management key's token." name:"management-token" required:""`
	Data   string   `help:"The JSON body; - reads it from standard input."`
	Header []string `help:"A header to send, as 'Name: value'. May be repeated." sep:"none"`
	Show   bool     `help:"Print the status and the headers first."`
}

func (c *apiCommand) Run(ctx context.Context, s streams) error {
	var body io.Reader
	switch {
	case c.Data == "-":
		body = s.in
	case c.Data != "":
		body = strings.NewReader(c.Data)
	}
	header := http.Header{}
	for _, h := range c.Header {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return usageError{fmt.Errorf("--header %q is not of the form 'Name: value'", h)}
		}
		header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	api, err := client.New(c.URL, c.ID, c.Token)
	if err != nil {
		return usageError{err}
	}
	res, err := api.Do(ctx, c.Method, c.Path, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if c.Show {
		_, _ = fmt.Fprintf(s.out, "%s\n", res.Status)
		_ = res.Header.Write(s.out)
		_, _ = fmt.Fprintln(s.out)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	if _, err := s.out.Write(raw); err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		var p client.Problem
		if json.Unmarshal(raw, &p) == nil && p.Details != "" {
			return fmt.Errorf("%s: %s", p.Key, p.Details)
		}
		return errors.New(res.Status)
	}
	return nil
}
