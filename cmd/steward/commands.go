package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/app"
	"github.com/steward-platform/steward/internal/config"
)

// commands is the command line (CONTRACT 8).
type commands struct {
	Serve   serveCommand    `cmd:"" help:"Run the server."`
	Org     orgCommands     `cmd:"" help:"Organizations: create, list, unlock, lock, limits."`
	Key     keyCommands     `cmd:"" help:"Management API keys: create, list, delete."`
	User    userCommands    `cmd:"" help:"Users: create, reset-password, disable-codes."`
	Mail    mailCommands    `cmd:"" help:"E-mail: list the outbox."`
	Webhook webhookCommands `cmd:"" help:"Webhooks: receive them on this machine, to try them."`
	Backup  backupCommand   `cmd:"" help:"Copy the SQLite database into a new file while it is in use."`
	Migrate migrateCommand  `cmd:"" help:"The database schema: up, status."`
	OpenAPI openapiCommand  `cmd:"" name:"openapi" help:"Print an OpenAPI document."`
	API     apiCommand      `cmd:"" name:"api" help:"Call a running server's Management API."`
	Version versionCommand  `cmd:"" help:"Print the version."`
}

type serveCommand struct{ config.Server }

func (c *serveCommand) Run(ctx context.Context, s streams) error {
	return app.Serve(ctx, c.Server, s.out, s.err)
}

// operating are the flags that every operator's command shares.
type operating struct {
	config.Database
	JSON bool `help:"Print one JSON document." name:"json"`

	mayBegin bool // the command may make the database
}

// do runs an operator's work and prints its result: as JSON, or through text.
func (o operating) do(ctx context.Context, s streams, work func(*app.Operator) (any, error), text func(w io.Writer, result any)) error {
	op, err := app.Operate(ctx, o.Database, o.mayBegin)
	if err != nil {
		return err
	}
	result, err := work(op)
	if err := errors.Join(err, op.Close()); err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(s.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(result)
	}
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	text(w, result)
	return w.Flush()
}

type orgCommands struct {
	Create orgCreate `cmd:"" help:"Make an organization and its owner."`
	List   orgList   `cmd:"" help:"List the organizations."`
	Unlock orgUnlock `cmd:"" help:"Unlock a feature for an organization."`
	Lock   orgLock   `cmd:"" help:"Lock a feature for an organization."`
	Limits orgLimits `cmd:"" help:"Show or change an organization's limits."`
}

type orgCreate struct {
	operating
	Name               string `help:"The organization's name." required:""`
	OwnerEmail         string `help:"The owner's e-mail address and login." required:""`
	OwnerFirstName     string `help:"The owner's first name." default:"Owner"`
	OwnerLastName      string `help:"The owner's last name." default:"Account"`
	OwnerPasswordStdin bool   `help:"Read the owner's password from standard input instead of making one."`
}

func (c *orgCreate) Run(ctx context.Context, s streams) error {
	password, err := readPassword(c.OwnerPasswordStdin, s.in)
	if err != nil {
		return err
	}
	c.mayBegin = true
	return c.do(ctx, s, func(op *app.Operator) (any, error) {
		return op.CreateOrganization(ctx, app.NewOrganization{
			Name: c.Name, OwnerEmail: c.OwnerEmail, OwnerFirstName: c.OwnerFirstName, OwnerLastName: c.OwnerLastName, OwnerPassword: password,
		})
	}, func(w io.Writer, result any) {
		o := result.(*app.CreatedOrganization)
		_, _ = fmt.Fprintf(w, "organization\t%s\t%s\nowner\t%s\t%s\npassword\t%s\n", o.ID, o.Name, o.Owner.ID, o.Owner.Email, o.Owner.Password)
	})
}

func readPassword(wanted bool, in io.Reader) (string, error) {
	if !wanted {
		return "", nil
	}
	raw, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", fmt.Errorf("cannot read the password: %w", err)
	}
	password := strings.TrimRight(string(raw), "\r\n")
	if password == "" {
		return "", errors.New("standard input holds no password")
	}
	return password, nil
}

type orgList struct{ operating }

func (c *orgList) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.Organizations(ctx) }, func(w io.Writer, result any) {
		for _, o := range result.(api.List[*app.OrganizationSummary]).Data {
			state := "locked"
			if o.ManagementAPI {
				state = "unlocked"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\tmanagement-api %s\n", o.ID, o.Name, state)
		}
	})
}

type featureArgs struct {
	operating
	Org     string `arg:"" help:"The organization."`
	Feature string `arg:"" help:"The feature." enum:"management-api"`
}

func (c *featureArgs) set(ctx context.Context, s streams, unlocked bool) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.SetFeature(ctx, c.Org, c.Feature, unlocked) }, func(w io.Writer, _ any) {
		state := "locked"
		if unlocked {
			state = "unlocked"
		}
		_, _ = fmt.Fprintf(w, "%s is %s for %s\n", c.Feature, state, c.Org)
	})
}

type orgUnlock struct{ featureArgs }

func (c *orgUnlock) Run(ctx context.Context, s streams) error { return c.set(ctx, s, true) }

type orgLock struct{ featureArgs }

func (c *orgLock) Run(ctx context.Context, s streams) error { return c.set(ctx, s, false) }

type keyCommands struct {
	Create keyCreate `cmd:"" help:"Mint a Management API key and print its token."`
	List   keyList   `cmd:"" help:"List an organization's keys."`
	Delete keyDelete `cmd:"" help:"Delete a key."`
}

type keyCreate struct {
	operating
	Org     string   `help:"The organization." required:""`
	Name    string   `help:"What the key is for." required:""`
	AllowIP []string `help:"Address or CIDR the key may be used from. May be repeated." name:"allow-ip" placeholder:"CIDR"`
	Scope   []string `help:"What the key may do: read, a resource, or a resource with .read. May be repeated."`
	Project []string `help:"Project the key is bound to. May be repeated."`
}

func (c *keyCreate) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) {
		return op.CreateKey(ctx, c.Org, app.NewKey{Name: c.Name, AllowedIP: c.AllowIP, Scopes: c.Scope, ProjectIDs: c.Project})
	}, func(w io.Writer, result any) {
		k := result.(*app.MintedKey)
		_, _ = fmt.Fprintf(w, "id\t%s\ntoken\t%s\nThe token can be shown again until %s.\n", k.ID, k.Token, k.TokenVisibleUntil)
	})
}

type keyList struct {
	operating
	Org string `help:"The organization." required:""`
}

func (c *keyList) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.Keys(ctx, c.Org) }, func(w io.Writer, result any) {
		for _, k := range result.(api.List[*app.Key]).Data {
			used := "never used"
			if k.LastUsedAt != nil {
				used = "used " + k.LastUsedAt.String()
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t…%s\t%s\n", k.ID, k.Name, k.LastFour, used)
		}
	})
}

type keyDelete struct {
	operating
	Key string `arg:"" help:"The key."`
}

func (c *keyDelete) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.DeleteKey(ctx, c.Key) }, func(w io.Writer, _ any) {
		_, _ = fmt.Fprintf(w, "%s is deleted\n", c.Key)
	})
}

type userCommands struct {
	Create        userCreate        `cmd:"" help:"Make a user."`
	ResetPassword userResetPassword `cmd:"" help:"Give a user a new password and end the user's sessions."`
	DisableCodes  userDisableCodes  `cmd:"" help:"Let a user sign in without one-time codes, for one who has lost them."`
}

type userCreate struct {
	operating
	Org           string `help:"The organization." required:""`
	Email         string `help:"E-mail address and login." required:""`
	FirstName     string `help:"First name." required:""`
	LastName      string `help:"Last name." required:""`
	Owner         bool   `help:"Make the user an owner of the organization."`
	PasswordStdin bool   `help:"Read the password from standard input instead of making one."`
}

func (c *userCreate) Run(ctx context.Context, s streams) error {
	password, err := readPassword(c.PasswordStdin, s.in)
	if err != nil {
		return err
	}
	return c.do(ctx, s, func(op *app.Operator) (any, error) {
		return op.CreateUser(ctx, app.NewUser{Organization: c.Org, Email: c.Email, FirstName: c.FirstName, LastName: c.LastName, Owner: c.Owner, Password: password})
	}, printUser)
}

type userResetPassword struct {
	operating
	Email         string `arg:"" help:"The user's login."`
	PasswordStdin bool   `help:"Read the password from standard input instead of making one."`
}

func (c *userResetPassword) Run(ctx context.Context, s streams) error {
	password, err := readPassword(c.PasswordStdin, s.in)
	if err != nil {
		return err
	}
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.ResetPassword(ctx, c.Email, password) }, printUser)
}

type userDisableCodes struct {
	operating
	Email string `arg:"" help:"The user's login."`
}

func (c *userDisableCodes) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) { return op.DisableCodes(ctx, c.Email) }, func(w io.Writer, result any) {
		u := result.(*app.DisabledCodes)
		state := "one-time codes disabled"
		if !u.Disabled {
			state = "has no one-time codes"
		}
		_, _ = fmt.Fprintf(w, "user\t%s\t%s\t%s\n", u.ID, u.Email, state)
	})
}

func printUser(w io.Writer, result any) {
	u := result.(*app.CreatedUser)
	_, _ = fmt.Fprintf(w, "user\t%s\t%s\npassword\t%s\n", u.ID, u.Email, u.Password)
}

type backupCommand struct {
	operating
	File string `arg:"" help:"The file to write; it must not exist."`
}

func (c *backupCommand) Run(ctx context.Context, s streams) error {
	return c.do(ctx, s, func(op *app.Operator) (any, error) {
		return map[string]string{"file": c.File}, op.Backup(ctx, c.File)
	}, func(w io.Writer, _ any) { _, _ = fmt.Fprintf(w, "backed up into %s\n", c.File) })
}

type migrateCommand struct {
	Up     migrateUp     `cmd:"" help:"Bring the schema up to date."`
	Status migrateStatus `cmd:"" help:"List the migrations."`
}

type migrateUp struct{ operating }

func (c *migrateUp) Run(ctx context.Context, s streams) error { return c.migrate(ctx, s, true) }

type migrateStatus struct{ operating }

func (c *migrateStatus) Run(ctx context.Context, s streams) error { return c.migrate(ctx, s, false) }

type openapiCommand struct {
	Door string `arg:"" help:"Which document." enum:"management,project,team"`
	YAML bool   `help:"Print YAML instead of JSON."`
}

func (c *openapiCommand) Run(s streams) error {
	raw, err := app.OpenAPI(api.Door(c.Door), c.YAML)
	if err == nil {
		_, err = s.out.Write(raw)
	}
	return err
}

type versionCommand struct {
	JSON bool `help:"Print one JSON document." name:"json"`
}

func (c *versionCommand) Run(s streams) error {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(map[string]string{"version": version, "api": api.Version})
	}
	_, err := fmt.Fprintf(s.out, "steward %s (API %s)\n", version, api.Version)
	return err
}
