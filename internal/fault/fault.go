// Package fault holds the errors that Steward tells its callers: each has a
// stable key, a public text, and a cause that stays in the log.
//
// Rooms below the door return these; only internal/api turns them into HTTP
// statuses. An error that is not a *Error is unknown to the caller and is
// answered as internal_error with its text hidden (CONTRACT 2).
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is the class of a fault, independent of any protocol.
type Kind int

// The kinds, one for each way in which a call can be refused.
const (
	KindInternal Kind = iota
	KindInvalid
	KindUnauthorized
	KindPaymentRequired
	KindForbidden
	KindNotFound
	KindConflict
	KindGone
	KindPreconditionFailed
	KindTooLarge
	KindUnsupportedMedia
	KindTooMany
	KindUnavailable
)

// Code names one documented fault: its kind, its machine-readable key and its
// message. Codes are compared by pointer and listed on operations, so that the
// OpenAPI document names exactly the faults that can happen.
type Code struct {
	Kind    Kind
	Key     string
	Message string
}

// The documented codes (CONTRACT 2).
var (
	InvalidPayload           = &Code{KindInvalid, "invalid_payload", "Invalid payload"}
	IncorrectRole            = &Code{KindInvalid, "used_incorrect_role", "Used incorrect role"}
	UserNotAssigned          = &Code{KindInvalid, "user_not_assigned", "User is not assigned"}
	UserSingleProject        = &Code{KindInvalid, "user_single_project", "User is assigned to a single project"}
	MetadataValidationFailed = &Code{KindInvalid, "metadata_validation_failed", "Metadata validation failed"}
	DuplicatedRedeemables    = &Code{KindInvalid, "duplicated_redeemables", "Duplicated redeemables"}
	SchemaTypeImmutable      = &Code{KindInvalid, "schema_type_immutable", "Schema type is immutable"}
	Unauthorized             = &Code{KindUnauthorized, "unauthorized", "Unauthorized"}
	OneTimeCodeRequired      = &Code{KindUnauthorized, "one_time_code_required", "One-time code required"}
	MissingFeature           = &Code{KindPaymentRequired, "missing_required_feature", "Payment required"}
	Forbidden                = &Code{KindForbidden, "forbidden", "Forbidden"}
	ResourceNotFound         = &Code{KindNotFound, "not_found", "Resource not found"}
	DuplicateFound           = &Code{KindConflict, "duplicate_found", "Duplicated resource found"}
	StackingRulesExist       = &Code{KindConflict, "stacking_rules_exist", "Stacking rules exist"}
	BrandingExist            = &Code{KindConflict, "branding_exist", "Branding exist"}
	ManagementKeysLimit      = &Code{KindConflict, "management_keys_limit", "Management API keys limit reached"}
	CategoryInUse            = &Code{KindConflict, "category_in_use", "Category is in use"}
	IdempotencyKeyReused     = &Code{KindConflict, "idempotency_key_reused", "Idempotency key reused"}
	TokenNotVisible          = &Code{KindGone, "token_no_longer_visible", "Token is no longer visible"}
	PreconditionFailed       = &Code{KindPreconditionFailed, "precondition_failed", "Precondition failed"}
	PayloadTooLarge          = &Code{KindTooLarge, "payload_too_large", "Payload too large"}
	UnsupportedMediaType     = &Code{KindUnsupportedMedia, "unsupported_media_type", "Unsupported media type"}
	TooManyRequests          = &Code{KindTooMany, "too_many_requests", "Too many requests"}
	InternalError            = &Code{KindInternal, "internal_error", "Internal error"}
	Unavailable              = &Code{KindUnavailable, "unavailable", "Service unavailable"}
)

// Error is a fault on its way to the caller. Details, ResourceID and
// ResourceType are public; the cause is for the log alone.
type Error struct {
	Code         *Code
	Details      string
	ResourceID   string
	ResourceType string
	cause        error
}

// New makes a fault of the given code. The details say what was wrong, where,
// and what would be right.
func New(code *Code, format string, args ...any) *Error {
	return &Error{Code: code, Details: fmt.Sprintf(format, args...)}
}

// NotFound says that no resource of this kind has this id for the caller. A
// resource of another tenant answers exactly so (CONTRACT 2).
func NotFound(kind, id string) *Error {
	e := New(ResourceNotFound, "Cannot find %s with id %s", kind, id)
	e.ResourceID, e.ResourceType = id, kind
	return e
}

// Duplicate says that a resource of this kind with this value in this field
// exists already.
func Duplicate(kind, field, value string) *Error {
	e := New(DuplicateFound, "Duplicated %s exists with %s %s", kind, field, value)
	e.ResourceID, e.ResourceType = value, kind
	return e
}

// Denied says that the credential is known but lacks a right.
func Denied(format string, args ...any) *Error { return New(Forbidden, format, args...) }

// Invalid says what is wrong with a payload. Each violation is a sentence such
// as "Property .redeemables_limit must be <= 30"; all are told at once.
func Invalid(violations ...string) *Error {
	return &Error{Code: InvalidPayload, Details: strings.Join(violations, "; ")}
}

// About names the resource that the fault is about.
func (e *Error) About(kind, id string) *Error {
	c := *e
	c.ResourceType, c.ResourceID = kind, id
	return &c
}

// Because keeps the cause for the log. It is never shown to a caller.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Error returns the text for the log: key, details and cause.
func (e *Error) Error() string {
	text := e.Code.Key
	if e.Details != "" {
		text += ": " + e.Details
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns the hidden cause.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether err is a fault of the given code.
func Is(err error, code *Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
