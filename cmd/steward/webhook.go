package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type webhookCommands struct {
	Listen webhookListen `cmd:"" help:"Receive webhooks on this machine, verify their signatures, and print them."`
}

// webhookListen is a receiver to try webhooks with.
type webhookListen struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:9099"`
	Secret string `help:"The webhook's signing secret, to verify webhook-signature." placeholder:"whsec_…"`
	Token  string `help:"The project's webhook_token, to verify X-Steward-Signature."`
	Status int    `help:"What to answer; with something else than 2xx deliveries are tried again." default:"200"`
	Count  int    `help:"End after so many webhooks; 0 goes on until interrupted." default:"0"`
}

// received is what came with one webhook.
type received struct {
	at     time.Time
	header http.Header
	body   []byte
}

const maxReceived = 1 << 20 // bytes: data of 256 KiB, escaped

func (c *webhookListen) Run(ctx context.Context, s streams) error {
	if c.Secret != "" {
		if _, err := standardwebhooks.NewWebhook(c.Secret); err != nil {
			return usageError{errors.New("--secret must be a webhook's secret, which begins with whsec_")}
		}
	}
	if c.Status < 200 || c.Status > 599 {
		return usageError{errors.New("--status must be 200 to 599")}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	got := make(chan received)
	server := &http.Server{Handler: c.receive(ctx, got), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	_, _ = fmt.Fprintf(s.err, "Waiting for webhooks on http://%s\n", listener.Addr())
	err = c.print(ctx, s.out, got, failed)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(closing))
}

// receive hands webhooks on to be printed, and answers.
func (c *webhookListen) receive(ctx context.Context, got chan<- received) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxReceived))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(c.Status)
		select {
		case got <- received{time.Now(), req.Header, body}:
		case <-ctx.Done():
		}
	}
}

func (c *webhookListen) print(ctx context.Context, w io.Writer, got <-chan received, failed <-chan error) error {
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case r := <-got:
			_, _ = fmt.Fprintf(w, "%s  %s  %s\n%s\n\n", r.at.UTC().Format(time.RFC3339), r.header.Get("webhook-id"), c.verdict(r), r.body)
			if n == c.Count {
				return nil
			}
		}
	}
}

// verdict says of each family of signatures whether it is good.
func (c *webhookListen) verdict(r received) string {
	standard, plain := "not checked, give --secret", "not checked, give --token"
	if c.Secret != "" {
		standard = "good"
		library, err := standardwebhooks.NewWebhook(c.Secret)
		if err == nil {
			err = library.Verify(r.body, r.header)
		}
		if err != nil {
			standard = "BAD (" + err.Error() + ")"
		}
	}
	if c.Token != "" {
		mac := hmac.New(sha256.New, []byte(c.Token))
		_, _ = mac.Write(r.body) // a hash never fails to write
		if plain = "good"; !hmac.Equal([]byte(r.header.Get("X-Steward-Signature")), []byte(hex.EncodeToString(mac.Sum(nil)))) {
			plain = "BAD"
		}
	}
	return "webhook-signature: " + standard + ", X-Steward-Signature: " + plain
}
