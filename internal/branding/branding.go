// Package branding holds the brand of a project: who its e-mails come from,
// under which address, and why people receive them.
package branding

import (
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/fault"
)

// DefaultPermissionReminder is the reminder of a brand that names none
// (CONTRACT 3).
const DefaultPermissionReminder = "You are receiving this email because you opted in at our website."

// Branding is the one brand of a project.
type Branding struct {
	ID string `json:"id" doc:"Identifies the brand." example:"brd_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Document
}

// Document is what a brand consists of.
type Document struct {
	Brand   Brand   `json:"brand" doc:"The brand itself."`
	Address Address `json:"address" doc:"Its postal address."`
	Contact Contact `json:"contact" doc:"How to reach it."`
}

// Brand names the brand and its pages.
type Brand struct {
	Name               string  `json:"name" minLength:"1" maxLength:"255" doc:"The brand's name." example:"Acme"`
	PrivacyPolicyURL   *string `json:"privacy_policy_url" nullable:"true" maxLength:"2048" doc:"Its privacy policy: an absolute http or https URL." example:"https://acme.example/privacy"`
	TermsOfUseURL      *string `json:"terms_of_use_url" nullable:"true" maxLength:"2048" doc:"Its terms of use: an absolute http or https URL." example:"https://acme.example/terms"`
	PermissionReminder *string `json:"permission_reminder" nullable:"true" maxLength:"1024" default:"You are receiving this email because you opted in at our website." doc:"Tells receivers why they get e-mail. Null sets the default."`
	WebsiteURL         *string `json:"website_url" nullable:"true" maxLength:"2048" doc:"Its website, with or without a scheme." example:"acme.example"`
}

// Address is a postal address.
type Address struct {
	Street  string  `json:"street" minLength:"1" maxLength:"255" doc:"Street and number." example:"1 Main Street"`
	City    string  `json:"city" minLength:"1" maxLength:"255" doc:"City." example:"Katowice"`
	Postal  *string `json:"postal" nullable:"true" maxLength:"64" doc:"Postal code." example:"40-246"`
	State   *string `json:"state" nullable:"true" maxLength:"255" doc:"State or a similar area."`
	Country string  `json:"country" minLength:"1" maxLength:"255" doc:"Country." example:"Poland"`
}

// Contact is how to reach a brand.
type Contact struct {
	Email string  `json:"email" format:"email" maxLength:"254" doc:"E-mail address." example:"hello@acme.example"`
	Phone *string `json:"phone" nullable:"true" maxLength:"64" doc:"Phone number."`
}

// BrandingCreate is the body that makes a brand.
type BrandingCreate struct{ Document }

// TransformSchema says which members a new brand must have (CONTRACT 3).
func (BrandingCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "brand", "brand.name", "address", "address.street", "address.city", "address.postal", "address.country",
		"contact", "contact.email")
}

// BrandingUpdate is the body that changes a brand: what is not sent stays.
type BrandingUpdate struct{ Document }

// TransformSchema says that every member may be left out.
func (BrandingUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// check returns the rules that a schema cannot express as violations.
func (d *Document) check() error {
	var violations []string
	for _, u := range []struct {
		name  string
		value *string
	}{
		{"privacy_policy_url", d.Brand.PrivacyPolicyURL},
		{"terms_of_use_url", d.Brand.TermsOfUseURL},
	} {
		if u.value != nil && !absoluteURL(*u.value) {
			violations = append(violations, "Property .brand."+u.name+" must be an absolute http or https URL")
		}
	}
	if w := d.Brand.WebsiteURL; w != nil && !website(*w) {
		violations = append(violations, "Property .brand.website_url must be a website such as acme.example or https://acme.example")
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

// settle gives what was left out its default.
func (d *Document) settle() {
	if d.Brand.PermissionReminder == nil {
		reminder := DefaultPermissionReminder
		d.Brand.PermissionReminder = &reminder
	}
}

func absoluteURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// website accepts what people write on a business card: a host with or without
// a scheme and a path.
func website(s string) bool {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	if !absoluteURL(s) {
		return false
	}
	u, _ := url.Parse(s) // absoluteURL has parsed it
	return strings.Contains(u.Hostname(), ".") && !strings.ContainsAny(s, " \t\r\n")
}
