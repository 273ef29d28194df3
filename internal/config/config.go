// Package config holds the settings of a server, parsed once and handed down.
package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// Database says where the data is. Its flags are shared by the server and the
// operator's commands.
type Database struct {
	DataDir       string `help:"Directory for the SQLite database and the secret key." default:"./steward-data" type:"path"`
	DatabaseURL   string `help:"PostgreSQL URL; if set, PostgreSQL is used instead of SQLite." placeholder:"postgres://…"`
	SecretKeyFile string `help:"File with the secret key, 64 hexadecimal digits. Without it the key is kept in the data directory (SQLite) or in the database (PostgreSQL)." type:"path"`
	Cluster       string `help:"Name of this cell; projects belong to it." default:"eu1"`
}

// File returns the path of the SQLite file.
func (d Database) File() string { return filepath.Join(d.DataDir, "steward.db") }

// Server is everything that `steward serve` can be told.
type Server struct {
	Database
	Listen        string   `help:"Address to listen on." default:"127.0.0.1:8080"`
	MetricsListen string   `help:"Address for /metrics alone; without it /metrics is on the main listener."`
	Demo          bool     `help:"On first start, make a demo organization with the Management API unlocked, and print how to use it. Webhooks may then reach this machine."`
	WebhookAllow  []string `help:"CIDR or host that webhooks may reach although it is private. May be repeated." placeholder:"CIDR|HOST"`
	TrustedProxy  []string `help:"CIDR of proxies whose X-Forwarded-For is believed. May be repeated." placeholder:"CIDR"`
	SMTPURL       string   `help:"Where e-mail is sent: smtp://user:password@host:587 or smtps://…; without it e-mail stays in the outbox." name:"smtp-url"`
	PublicURL     string   `help:"How people reach this server, for links in e-mails. Defaults to http:// and the listen address."`
	LogFormat     string   `help:"How logs are written." enum:"text,json" default:"text"`
	LogLevel      string   `help:"What is logged: debug also shows reads that succeeded." enum:"debug,info,warn,error" default:"info"`
}

// Public returns the URL people use, without a slash at the end, given the
// address the server came to listen on.
func (s Server) Public(listening string) (string, error) {
	if s.PublicURL == "" {
		return "http://" + listening, nil
	}
	u, err := url.Parse(s.PublicURL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", errors.New("--public-url must be a URL such as https://steward.example.com")
	}
	return strings.TrimRight(s.PublicURL, "/"), nil
}

// AllowedTargets returns the ranges and hosts that webhooks may reach although
// they are private: in a demo also this machine, where receivers are tried.
func (s Server) AllowedTargets() []string {
	if !s.Demo {
		return s.WebhookAllow
	}
	return append([]string{"127.0.0.0/8", "::1/128"}, s.WebhookAllow...)
}

// Secure reports whether people reach the server over TLS, so that cookies
// can be bound to it.
func (s Server) Secure() bool { return strings.HasPrefix(s.PublicURL, "https://") }
