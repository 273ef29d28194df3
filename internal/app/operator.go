package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/config"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/mail"
	"github.com/steward-platform/steward/internal/managementkey"
	"github.com/steward-platform/steward/internal/organization"
	"github.com/steward-platform/steward/internal/usage"
	"github.com/steward-platform/steward/internal/user"
)

// Operator does an operator's commands on the database of a server, which may
// be running. What it does is audited.
type Operator struct {
	db       database.DB
	clock    clock.Clock
	services *services
}

// Operate opens the database for an operator's commands. Unless the command
// may begin an installation, it must be there already: a mistyped directory
// is no empty server.
func Operate(ctx context.Context, c config.Database, mayBegin bool) (*Operator, error) {
	if _, err := os.Stat(c.File()); c.DatabaseURL == "" && !mayBegin && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no Steward database in %s", c.DataDir)
	}
	db, err := database.Open(ctx, database.Options{File: c.File(), URL: c.DatabaseURL})
	if err != nil {
		return nil, err
	}
	box, err := openBox(ctx, db, c)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s, err := newServices(parts{db: db, clock: clock.System, log: slog.New(slog.DiscardHandler), box: box, cluster: c.Cluster})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return newOperator(db, clock.System, s), nil
}

func newOperator(db database.DB, clk clock.Clock, s *services) *Operator {
	return &Operator{db: db, clock: clk, services: s}
}

// Close closes the database.
func (o *Operator) Close() error { return o.db.Close() }

// Key is a Management API key, without its token.
type Key = managementkey.Key

// MintedKey is a Management API key with its token.
type MintedKey = managementkey.Minted

// NewKey is what a key is made of.
type NewKey = managementkey.Draft

// OrganizationSummary is an organization as operators see it.
type OrganizationSummary = organization.Organization

// NewOrganization is what an organization is made of.
type NewOrganization struct {
	Name, OwnerEmail, OwnerFirstName, OwnerLastName string
	OwnerPassword                                   string // empty: one is made
}

// CreatedUser is a user with the password, told this once.
type CreatedUser struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// CreatedOrganization is an organization with its owner.
type CreatedOrganization struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Owner CreatedUser `json:"owner"`
}

// NewUser is what a user is made of.
type NewUser struct {
	Organization, Email, FirstName, LastName string
	Owner                                    bool
	Password                                 string // empty: one is made
}

// LimitsSummary is what an organization may use.
type LimitsSummary struct {
	ManagementKeys     int              `json:"management_keys"`
	EventRetentionDays int              `json:"event_retention_days"`
	Limits             map[string]int64 `json:"limits"`
}

// LimitsChange is what an operator changes of that; nil is what stays.
type LimitsChange struct {
	ManagementKeys     *int
	EventRetentionDays *int
	Calls              map[string]int64 // by the names of limits; 0 lifts one
}

// write runs an operator's work in a transaction with its audit entry.
func (o *Operator) write(ctx context.Context, action, organizationID string, work func(tx database.Tx, c *api.Call) (deed, error)) error {
	return o.db.Write(ctx, func(tx database.Tx) error {
		call := api.Operator(organizationID, o.clock.Now())
		d, err := work(tx, call)
		if err != nil {
			return err
		}
		if d.organizationID != "" {
			organizationID = d.organizationID
		}
		call.Actor.OrganizationID = organizationID
		return o.services.audit.Record(ctx, tx, api.Entry{
			Actor: call.Actor, RequestID: call.RequestID, At: call.Now, Action: action,
			ResourceType: d.kind, ResourceID: d.id, Before: d.before, After: d.after,
		})
	})
}

// deed is what the audit log tells of an operator's work.
type deed struct {
	organizationID string // where it was not known before
	kind, id       string
	before, after  any
}

// CreateOrganization makes an organization with its owner and its sandbox.
func (o *Operator) CreateOrganization(ctx context.Context, n NewOrganization) (*CreatedOrganization, error) {
	password, hash, err := o.newPassword(ctx, n.OwnerPassword)
	if err != nil {
		return nil, err
	}
	var out *CreatedOrganization
	err = o.write(ctx, "create-organization", "", func(tx database.Tx, c *api.Call) (deed, error) {
		org, err := o.services.organizations.Create(ctx, tx, n.Name, c.Now)
		if err != nil {
			return deed{}, err
		}
		owner, err := o.services.users.Create(ctx, tx, user.NewUser{
			OrganizationID: org.ID, Email: n.OwnerEmail, FirstName: n.OwnerFirstName, LastName: n.OwnerLastName, PasswordHash: hash, Owner: true,
		}, c.Now)
		if err != nil {
			return deed{}, err
		}
		if _, err := o.services.projects.EnsureSandbox(ctx, tx, org.ID, c.Now); err != nil {
			return deed{}, err
		}
		out = &CreatedOrganization{ID: org.ID, Name: org.Name, Owner: CreatedUser{ID: owner.ID, Email: owner.Email, Password: password}}
		return deed{organizationID: org.ID, kind: "organization", id: org.ID, after: org}, nil
	})
	return out, err
}

// Organizations lists all organizations.
func (o *Operator) Organizations(ctx context.Context) (api.List[*OrganizationSummary], error) {
	all, err := o.services.organizations.List(ctx, o.db)
	return api.All(all), err
}

// SetFeature locks or unlocks a feature.
func (o *Operator) SetFeature(ctx context.Context, organizationID, feature string, unlocked bool) (out *OrganizationSummary, err error) {
	action := "lock-feature"
	if unlocked {
		action = "unlock-feature"
	}
	err = o.write(ctx, action, organizationID, func(tx database.Tx, c *api.Call) (deed, error) {
		var before *organization.Organization
		before, out, err = o.services.organizations.SetFeature(ctx, tx, organizationID, organization.Feature(feature), unlocked, c.Now)
		return deed{kind: "organization", id: organizationID, before: before, after: out}, err
	})
	return out, err
}

// SetLimits changes the limits that are given and returns what holds then.
func (o *Operator) SetLimits(ctx context.Context, organizationID string, change LimitsChange) (*LimitsSummary, error) {
	if change.ManagementKeys == nil && change.EventRetentionDays == nil && len(change.Calls) == 0 {
		org, err := o.services.organizations.Get(ctx, o.db, organizationID)
		if err != nil {
			return nil, err
		}
		return summarize(org)
	}
	var after *organization.Organization
	err := o.write(ctx, "set-limits", organizationID, func(tx database.Tx, c *api.Call) (deed, error) {
		org, err := o.services.organizations.Get(ctx, tx, organizationID)
		if err != nil {
			return deed{}, err
		}
		text, err := mergeLimits(org.Limits, change.Calls)
		if err != nil {
			return deed{}, err
		}
		var before *organization.Organization
		before, after, err = o.services.organizations.SetLimits(ctx, tx, organizationID, change.ManagementKeys, change.EventRetentionDays, &text, c.Now)
		if err != nil {
			return deed{}, err
		}
		was, err := summarize(before)
		if err != nil {
			return deed{}, err
		}
		is, err := summarize(after)
		return deed{kind: "organization", id: organizationID, before: was, after: is}, err
	})
	if err != nil {
		return nil, err
	}
	return summarize(after)
}

func mergeLimits(stored string, changes map[string]int64) (string, error) {
	l, err := usage.ParseLimits(stored)
	if err != nil {
		return "", err
	}
	l, err = l.With(changes)
	return l.String(), err
}

func summarize(o *organization.Organization) (*LimitsSummary, error) {
	l, err := usage.ParseLimits(o.Limits)
	return &LimitsSummary{ManagementKeys: o.ManagementKeyLimit, EventRetentionDays: o.EventRetentionDays, Limits: l.WithDefaults().Map()}, err
}

// CreateKey mints a Management API key.
func (o *Operator) CreateKey(ctx context.Context, organizationID string, n NewKey) (out *MintedKey, err error) {
	err = o.write(ctx, "create-management-key", organizationID, func(tx database.Tx, c *api.Call) (deed, error) {
		if _, err := o.services.organizations.Get(ctx, tx, organizationID); err != nil {
			return deed{}, err
		}
		out, err = o.services.keys.Create(ctx, tx, organizationID, n, "operator", c.Now)
		if err != nil {
			return deed{}, err
		}
		return deed{kind: "management_key", id: out.ID, after: out.Key}, nil
	})
	return out, err
}

// Keys lists an organization's keys.
func (o *Operator) Keys(ctx context.Context, organizationID string) (api.List[*Key], error) {
	if _, err := o.services.organizations.Get(ctx, o.db, organizationID); err != nil {
		return api.List[*Key]{}, err
	}
	keys, err := o.services.keys.List(ctx, o.db, organizationID)
	return api.All(keys), err
}

// DeleteKey deletes a key of whatever organization and returns what it was.
func (o *Operator) DeleteKey(ctx context.Context, id string) (out *Key, err error) {
	err = o.write(ctx, "delete-management-key", "", func(tx database.Tx, _ *api.Call) (deed, error) {
		_, organizationID, err := o.services.keys.Find(ctx, tx, id)
		if err != nil {
			return deed{}, err
		}
		out, err = o.services.keys.Delete(ctx, tx, organizationID, id)
		return deed{organizationID: organizationID, kind: "management_key", id: id, before: out}, err
	})
	return out, err
}

// CreateUser makes a user of an organization.
func (o *Operator) CreateUser(ctx context.Context, n NewUser) (*CreatedUser, error) {
	password, hash, err := o.newPassword(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	var out *CreatedUser
	err = o.write(ctx, "create-user", n.Organization, func(tx database.Tx, c *api.Call) (deed, error) {
		if _, err := o.services.organizations.Get(ctx, tx, n.Organization); err != nil {
			return deed{}, err
		}
		u, err := o.services.users.Create(ctx, tx, user.NewUser{
			OrganizationID: n.Organization, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, PasswordHash: hash, Owner: n.Owner,
		}, c.Now)
		if err != nil {
			return deed{}, err
		}
		out = &CreatedUser{ID: u.ID, Email: u.Email, Password: password}
		return deed{kind: "user", id: u.ID, after: u}, nil
	})
	return out, err
}

// ResetPassword gives a user a new password and ends the user's sessions.
func (o *Operator) ResetPassword(ctx context.Context, login, password string) (*CreatedUser, error) {
	password, hash, err := o.newPassword(ctx, password)
	if err != nil {
		return nil, err
	}
	var out *CreatedUser
	err = o.write(ctx, "reset-password", "", func(tx database.Tx, c *api.Call) (deed, error) {
		u, err := o.services.users.FindByLogin(ctx, tx, login)
		if err != nil {
			return deed{}, err
		}
		if err := o.services.users.SetPassword(ctx, tx, u.ID, hash, c.Now); err != nil {
			return deed{}, err
		}
		out = &CreatedUser{ID: u.ID, Email: u.Email, Password: password}
		return deed{organizationID: u.OrganizationID, kind: "user", id: u.ID}, nil
	})
	return out, err
}

// DisabledCodes tells whose one-time codes an operator has taken away.
type DisabledCodes struct {
	ID       string `json:"id"`
	Email    string `json:"email"`
	Disabled bool   `json:"disabled"` // false if the user had none
}

// DisableCodes lets a user, who has lost the device and the recovery codes,
// sign in without one-time codes.
func (o *Operator) DisableCodes(ctx context.Context, login string) (*DisabledCodes, error) {
	var out *DisabledCodes
	err := o.write(ctx, "disable-one-time-codes", "", func(tx database.Tx, _ *api.Call) (deed, error) {
		u, err := o.services.users.FindByLogin(ctx, tx, login)
		if err != nil {
			return deed{}, err
		}
		had, err := o.services.sessions.DisableCodes(ctx, tx, u.OrganizationID, u.ID)
		if err != nil {
			return deed{}, err
		}
		out = &DisabledCodes{ID: u.ID, Email: u.Email, Disabled: had}
		return deed{organizationID: u.OrganizationID, kind: "user", id: u.ID}, nil
	})
	return out, err
}

// Mails lists the newest e-mails of the outbox.
func (o *Operator) Mails(ctx context.Context, limit int) (api.List[*mail.Mail], error) {
	all, err := o.services.mails.List(ctx, o.db, "", limit)
	return api.All(all), err
}

// Backup copies the SQLite database into a new file.
func (o *Operator) Backup(ctx context.Context, file string) error { return o.db.Backup(ctx, file) }

// newPassword returns the given password, or a fresh one, and its hash.
func (o *Operator) newPassword(ctx context.Context, given string) (password, hash string, err error) {
	if password = given; password == "" {
		password = user.GeneratePassword()
	}
	hash, err = o.services.hasher.Hash(ctx, password)
	return password, hash, err
}
