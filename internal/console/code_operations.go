package console

import (
	"context"
	"net/http"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/onetimecode"
)

// CodesEnrolment is a secret for a device that makes one-time codes.
type CodesEnrolment struct {
	Object     string          `json:"object" enum:"one_time_codes_enrolment" doc:"Always one_time_codes_enrolment."`
	Secret     string          `json:"secret" doc:"The secret in base32, to be typed into the device." example:"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"`
	URI        string          `json:"uri" doc:"The same as an otpauth:// URI, to be scanned as a QR code."`
	ValidUntil clock.Timestamp `json:"valid_until" doc:"Until when it waits for its first code."`
}

// CodesConfirm is the body that makes a secret count.
type CodesConfirm struct {
	Code string `json:"code" minLength:"1" maxLength:"64" doc:"A code that the device has made." example:"287082"`
}

// CodesRecovery are recovery codes, shown once.
type CodesRecovery struct {
	Object        string   `json:"object" enum:"recovery_codes" doc:"Always recovery_codes."`
	RecoveryCodes []string `json:"recovery_codes" nullable:"false" doc:"Ten codes that each take the place of a one-time code, once. They cannot be shown again." example:"[\"mzxw-6ytb-oi5s-k3lf\"]"`
}

// CodesHolder is a user of the organization, with or without one-time codes.
type CodesHolder struct {
	UserID    string           `json:"user_id" doc:"The user."`
	Object    string           `json:"object" enum:"one_time_codes" doc:"Always one_time_codes."`
	Login     string           `json:"login" doc:"The user's login."`
	FirstName string           `json:"first_name" doc:"First name."`
	LastName  string           `json:"last_name" doc:"Last name."`
	IsOwner   bool             `json:"is_owner" doc:"Whether the user is an owner."`
	EnabledAt *clock.Timestamp `json:"enabled_at" nullable:"true" doc:"Since when the user signs in with one-time codes; null if not."`
}

const (
	ownCodes = accountPath + "/one-time-codes"
	// keepSecrets is how long an answer that shows a secret can be had again
	// under its Idempotency-Key.
	keepSecrets = time.Minute
)

type proof struct{ Body Proof }

func registerCodes(r *api.Router, s *Sessions) {
	op := api.Operation{
		Method: http.MethodPost, Door: api.Team, Tag: "One-time codes", WhileEnrolling: true, NoETag: true, KeepAnswer: keepSecrets,
		Faults: []*fault.Code{fault.TooManyRequests},
	}
	prove := func(ctx context.Context, c *api.Call, in *proof) error {
		return s.checkPassword(ctx, c, "password", in.Body.Password)
	}

	begin := op
	begin.ID, begin.Path = "enrol-one-time-codes", ownCodes
	begin.Summary = "Begin to use one-time codes"
	begin.Description = "Makes a secret for a device that makes one-time codes (RFC 6238: SHA-1, six digits, 30 seconds). Nothing changes until the first code is " +
		"sent to `/confirm`, within an hour. Who has one-time codes already changes the device so."
	api.WriteAfter(r, begin, prove, func(ctx context.Context, tx database.Tx, c *api.Call, in *proof) (*CodesEnrolment, error) {
		return s.enrol(ctx, tx, c, in.Body.Code)
	})

	confirm := op
	confirm.ID, confirm.Path, confirm.Faults = "confirm-one-time-codes", ownCodes+"/confirm", nil
	confirm.Summary = "Use one-time codes from now on"
	confirm.Description = "Takes the device's first code. From now on the caller signs in with codes; the caller's other sessions end. The answer shows ten recovery codes, once."
	api.Write(r, confirm, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct{ Body CodesConfirm }) (*CodesRecovery, error) {
		codes, err := s.codes.Confirm(ctx, tx, c.Actor.ID, in.Body.Code, c.Now)
		if err != nil {
			return nil, err
		}
		if codes == nil {
			return nil, fault.Invalid("Property .code must be the code that the device shows now: check its clock, or begin again if an hour has passed")
		}
		c.Record(codesKind, c.Actor.ID, nil, nil)
		return recovery(codes), s.endOthers(ctx, tx, c.Actor)
	})

	renew := op
	renew.ID, renew.Path = "renew-recovery-codes", accountPath+"/recovery-codes"
	renew.Summary, renew.Description = "Make new recovery codes", "Makes ten recovery codes in the place of all others, and shows them, once."
	api.WriteAfter(r, renew, prove, func(ctx context.Context, tx database.Tx, c *api.Call, in *proof) (*CodesRecovery, error) {
		return s.renew(ctx, tx, c, in.Body.Code)
	})

	disable := op
	disable.ID, disable.Path, disable.Status, disable.KeepAnswer = "disable-one-time-codes", ownCodes+"/disable", http.StatusNoContent, 0
	disable.Summary = "Use one-time codes no more"
	disable.Description = "Lets the caller sign in with the password alone again. If the organization requires one-time codes, the session is good only for setting them up anew."
	api.WriteAfter(r, disable, prove, func(ctx context.Context, tx database.Tx, c *api.Call, in *proof) (api.None, error) {
		if err := s.accept(ctx, tx, c, in.Body.Code); err != nil {
			return api.None{}, err
		}
		return api.None{}, s.disable(ctx, tx, c, c.Actor.ID)
	})

	registerTeamCodes(r, s)
}

type listCodes struct {
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"100" doc:"Users a page."`
	Page  int `query:"page" minimum:"1" maximum:"1000000" default:"1" doc:"Which page, from 1."`
}

func registerTeamCodes(r *api.Router, s *Sessions) {
	api.Read(r, api.Operation{
		ID: "list-one-time-codes", Method: http.MethodGet, Path: "/team/v1/one-time-codes", Door: api.Team, Tag: "One-time codes", Permission: ident.MembersRead,
		Summary:     "List who has one-time codes",
		Description: "Lists the organization's users, those without one-time codes first. For owners.",
	}, func(ctx context.Context, q database.Querier, c *api.Call, in *listCodes) (api.List[*CodesHolder], error) {
		holders, total, err := s.codes.List(ctx, q, c.Actor.OrganizationID, in.Limit, (in.Page-1)*in.Limit)
		if err != nil {
			return api.List[*CodesHolder]{}, err
		}
		shown := make([]*CodesHolder, len(holders))
		for i, h := range holders {
			shown[i] = holder(h)
		}
		return api.Page(shown, total), nil
	})

	api.Write(r, api.Operation{
		ID: "disable-users-one-time-codes", Method: http.MethodDelete, Path: "/team/v1/users/{userId}/one-time-codes", Door: api.Team, Tag: "One-time codes",
		Permission: ident.MembersWrite, Status: http.StatusNoContent,
		Summary:     "Take a user's one-time codes away",
		Description: "Lets a user who has lost the device and the recovery codes sign in with the password alone. For owners; their own are changed in their account.",
		Faults:      []*fault.Code{fault.ResourceNotFound},
	}, func(ctx context.Context, tx database.Tx, c *api.Call, in *struct {
		ID string `path:"userId" doc:"The user."`
	},
	) (api.None, error) {
		p, err := s.people.Person(ctx, tx, in.ID)
		if err != nil {
			return api.None{}, err
		}
		if p.OrganizationID != c.Actor.OrganizationID {
			return api.None{}, fault.NotFound("user", in.ID)
		}
		if p.ID == c.Actor.ID {
			return api.None{}, fault.Invalid("Your own one-time codes are disabled in your account, with your password and a code")
		}
		return api.None{}, s.disable(ctx, tx, c, p.ID)
	})
}

const codesKind = "one_time_codes" // as the audit log names them

// enrol makes a secret for the caller, named after the organization.
func (s *Sessions) enrol(ctx context.Context, tx database.Tx, c *api.Call, code string) (*CodesEnrolment, error) {
	if err := s.accept(ctx, tx, c, code); err != nil {
		return nil, err
	}
	p, err := s.people.Person(ctx, tx, c.Actor.ID)
	if err != nil {
		return nil, err
	}
	e, err := s.codes.Begin(ctx, tx, p.ID, "Steward ("+p.OrganizationName+")", p.Login, c.Now)
	if err != nil {
		return nil, err
	}
	return &CodesEnrolment{Object: "one_time_codes_enrolment", Secret: e.Secret, URI: e.URI, ValidUntil: e.ValidUntil}, nil
}

// renew makes the caller's recovery codes anew.
func (s *Sessions) renew(ctx context.Context, tx database.Tx, c *api.Call, code string) (*CodesRecovery, error) {
	if err := s.accept(ctx, tx, c, code); err != nil {
		return nil, err
	}
	has, err := s.codes.Status(ctx, tx, c.Actor.ID)
	if err != nil {
		return nil, err
	}
	if has.EnabledAt == nil {
		return nil, fault.Invalid("There are recovery codes only where there are one-time codes; set those up first")
	}
	codes, err := s.codes.Renew(ctx, tx, c.Actor.ID)
	if err != nil {
		return nil, err
	}
	c.Record(codesKind, c.Actor.ID, nil, nil)
	return recovery(codes), nil
}

func (s *Sessions) disable(ctx context.Context, tx database.Tx, c *api.Call, userID string) error {
	had, err := s.DisableCodes(ctx, tx, c.Actor.OrganizationID, userID)
	if had {
		c.Record(codesKind, userID, nil, nil)
	}
	return err
}

// DisableCodes lets a user sign in without one-time codes, and reports whether
// the user had them.
func (s *Sessions) DisableCodes(ctx context.Context, tx database.Tx, organizationID, userID string) (bool, error) {
	had, err := s.codes.Disable(ctx, tx, userID)
	if err != nil || !had {
		return false, err
	}
	return true, s.changed(ctx, tx, organizationID)
}

func recovery(codes []string) *CodesRecovery {
	return &CodesRecovery{Object: "recovery_codes", RecoveryCodes: codes}
}

func holder(h onetimecode.Holder) *CodesHolder {
	return &CodesHolder{
		UserID: h.UserID, Object: codesKind, Login: h.Login, FirstName: h.FirstName, LastName: h.LastName, IsOwner: h.Owner, EnabledAt: h.EnabledAt,
	}
}
