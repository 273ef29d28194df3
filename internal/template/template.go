// Package template holds the campaign templates of a project: campaigns kept
// to be made again, here or in another project.
package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/fault"
)

const (
	// MaxName is the most characters that a template's name has.
	MaxName = 255
	// MaxDescription is the most characters that its description has.
	MaxDescription = 1024
	// MaxCampaign is the largest definition of a campaign, in bytes.
	MaxCampaign = 256 << 10

	object = "campaign_template"
)

// CampaignType is the kind of campaign that a template makes.
type CampaignType string

// The kinds of campaign.
const (
	DiscountCoupons CampaignType = "DISCOUNT_COUPONS"
	GiftVouchers    CampaignType = "GIFT_VOUCHERS"
)

// CampaignTypes lists the kinds of campaign.
var CampaignTypes = []CampaignType{DiscountCoupons, GiftVouchers}

// CampaignTemplate is a campaign kept to be made again. The definition of the
// campaign is kept beside it and is no part of it: the reference contract
// shows none.
type CampaignTemplate struct {
	ID           string           `json:"id" doc:"Identifies the template." example:"camp_tpl_01kaqm5f3ve0rabpx1v0p2xwz8"`
	Name         string           `json:"name" doc:"Its name, unique in the project." example:"Black Friday"`
	Description  *string          `json:"description,omitempty" doc:"What it is for; absent if nobody has said." example:"Ten percent off, one code a customer"`
	CampaignType CampaignType     `json:"campaign_type" enum:"DISCOUNT_COUPONS,GIFT_VOUCHERS" doc:"The kind of campaign that it makes."`
	CreatedAt    clock.Timestamp  `json:"created_at" doc:"When the template was made."`
	UpdatedAt    *clock.Timestamp `json:"updated_at,omitempty" doc:"When it was last changed; absent until it is."`
	Object       string           `json:"object" enum:"campaign_template" doc:"Always campaign_template."`
}

// CampaignTemplateList is a page of templates. There is a total only where it
// was asked for (CONTRACT 1).
type CampaignTemplateList struct {
	api.List[*CampaignTemplate]
	Total             *int    `json:"total,omitempty" minimum:"0" doc:"How many templates the project has, whatever the filters. Only with include_total."`
	HasMore           bool    `json:"has_more" doc:"Whether there are more after this page."`
	MoreStartingAfter *string `json:"more_starting_after,omitempty" doc:"What starting_after_id takes for the next page. Only if there is one."`
}

// CampaignTemplateCopy is the body that copies a template to a project.
type CampaignTemplateCopy struct {
	Name                 string  `json:"name" minLength:"1" maxLength:"255" format:"name" doc:"The copy's name, unique in its project." example:"Template copy"`
	Description          *string `json:"description" nullable:"true" maxLength:"1024" doc:"The copy's description. Left out, it is the original's; null is none."`
	DestinationProjectID string  `json:"destination_project_id" minLength:"1" maxLength:"64" doc:"The project of the same organization that the copy is for." example:"proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
}

// TransformSchema says which members the body must have (CONTRACT 3).
func (CampaignTemplateCopy) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s, "name", "destination_project_id")
}

// CampaignTemplateDetails is a template with the definition of its campaign,
// where that was asked for.
type CampaignTemplateDetails struct {
	CampaignTemplate
	JSONTemplate json.RawMessage `json:"json_template,omitempty" doc:"The definition of the campaign, as it was sent. Only with expand=json_template."`
}

// TransformSchema says that a definition is an object.
func (CampaignTemplateDetails) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return anyObject(s, "json_template")
}

// CampaignTemplateCreate is the body that makes a template.
type CampaignTemplateCreate struct {
	Name            string          `json:"name" minLength:"1" maxLength:"255" format:"name" doc:"The template's name, not blank and without control characters, unique in the project." example:"Black Friday"`
	Description     *string         `json:"description" nullable:"true" maxLength:"1024" doc:"What it is for; null is nothing." example:"Ten percent off, one code a customer"`
	Campaign        json.RawMessage `json:"campaign" doc:"The definition of the campaign, at most 256 KiB: kept as it is sent. It is required, for the server keeps no campaigns that a template could be made from."`
	CampaignType    *CampaignType   `json:"campaign_type" enum:"DISCOUNT_COUPONS,GIFT_VOUCHERS" doc:"The kind of campaign. Left out, it is what campaign.campaign_type says, or else campaign.voucher.type."`
	CampaignID      *string         `json:"campaign_id" nullable:"true" minLength:"1" maxLength:"255" doc:"A campaign to make the template from. No campaign is found: the server keeps none."`
	PromotionTierID *string         `json:"promotion_tier_id" nullable:"true" minLength:"1" maxLength:"255" doc:"A promotion tier to make the template from. No promotion tier is found: the server keeps none."`
}

// TransformSchema says which members the body must have, and that a definition
// is an object.
func (CampaignTemplateCreate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return anyObject(api.Require(r, s, "name"), "campaign")
}

// anyObject says that a member is a JSON object with whatever in it.
func anyObject(s *huma.Schema, member string) *huma.Schema {
	s.Properties[member] = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Description: s.Properties[member].Description}
	return s
}

// definition returns what the body says of the template. It returns
// fault.ResourceNotFound for a campaign or promotion tier to make it from
// (CONTRACT 6: Steward keeps none), or fault.InvalidPayload.
func (b *CampaignTemplateCreate) definition() (Definition, error) {
	switch from := b.CampaignID; {
	case b.Campaign != nil && (from != nil || b.PromotionTierID != nil), from != nil && b.PromotionTierID != nil:
		return Definition{}, fault.Invalid("Payload must have only one of the properties 'campaign', 'campaign_id' and 'promotion_tier_id'")
	case from != nil:
		return Definition{}, fault.NotFound("campaign", *from)
	case b.PromotionTierID != nil:
		return Definition{}, fault.NotFound("promotion_tier", *b.PromotionTierID)
	case b.Campaign == nil:
		return Definition{}, fault.Invalid("Payload must have required property 'campaign'")
	}
	d := Definition{Name: b.Name, Description: b.Description, Campaign: b.Campaign}
	told, err := typeOf(b.Campaign)
	if b.CampaignType == nil {
		d.CampaignType = told
		return d, err
	}
	if err == nil && told != *b.CampaignType {
		return d, fault.Invalid(fmt.Sprintf("Property .campaign_type must be %s, as .campaign tells", told))
	}
	d.CampaignType = *b.CampaignType
	return d, nil
}

// typeOf returns the kind of campaign that a definition tells, by its own
// campaign_type or else by the type of its vouchers, or fault.InvalidPayload.
func typeOf(campaign json.RawMessage) (CampaignType, error) {
	var said struct {
		CampaignType any `json:"campaign_type"`
		Voucher      any `json:"voucher"`
	}
	if err := json.Unmarshal(campaign, &said); err != nil {
		return "", fault.Invalid("Property .campaign must be object").Because(err)
	}
	if said.CampaignType != nil {
		text, _ := said.CampaignType.(string)
		if kind := CampaignType(text); slices.Contains(CampaignTypes, kind) {
			return kind, nil
		}
		return "", fault.Invalid("Property .campaign.campaign_type " + oneOfTypes)
	}
	voucher, _ := said.Voucher.(map[string]any)
	switch voucher["type"] {
	case nil:
		return "", fault.Invalid("Payload must have required property 'campaign_type': neither .campaign.campaign_type nor .campaign.voucher.type tells it")
	case "DISCOUNT_VOUCHER":
		return DiscountCoupons, nil
	case "GIFT_VOUCHER":
		return GiftVouchers, nil
	}
	return "", fault.Invalid("Property .campaign.voucher.type must be equal to one of the allowed values: DISCOUNT_VOUCHER, GIFT_VOUCHER")
}

// CampaignTemplateUpdate is the body that changes a template: what is not sent
// stays.
type CampaignTemplateUpdate struct {
	Name        string  `json:"name" minLength:"1" maxLength:"255" format:"name" doc:"The template's name, not blank and without control characters, unique in the project." example:"Black Friday"`
	Description *string `json:"description" nullable:"true" maxLength:"1024" doc:"What it is for; null clears it." example:"Ten percent off, one code a customer"`
}

// TransformSchema says that every member may be left out.
func (CampaignTemplateUpdate) TransformSchema(r huma.Registry, s *huma.Schema) *huma.Schema {
	return api.Require(r, s)
}

// Definition is what a template is made from.
type Definition struct {
	Name         string
	Description  *string
	CampaignType CampaignType
	// Campaign is the definition of the campaign: a JSON object of at most
	// MaxCampaign bytes, kept as it is.
	Campaign json.RawMessage
}

// check returns fault.InvalidPayload with every violation.
func (d *Definition) check() error {
	var violations []string
	switch trimmed := bytes.TrimLeft(d.Campaign, " \t\r\n"); {
	case len(d.Campaign) > MaxCampaign:
		violations = append(violations, fmt.Sprintf("Property .campaign must NOT have more than %d bytes", MaxCampaign))
	case !json.Valid(d.Campaign) || !utf8.Valid(d.Campaign) || trimmed[0] != '{':
		violations = append(violations, "Property .campaign must be object")
	}
	if !slices.Contains(CampaignTypes, d.CampaignType) {
		violations = append(violations, "Property .campaign_type "+oneOfTypes)
	}
	if d.Description != nil && utf8.RuneCountInString(*d.Description) > MaxDescription {
		violations = append(violations, fmt.Sprintf("Property .description must NOT have more than %d characters", MaxDescription))
	}
	switch n := utf8.RuneCountInString(d.Name); {
	case n < 1:
		violations = append(violations, "Property .name must NOT have fewer than 1 characters")
	case n > MaxName:
		violations = append(violations, fmt.Sprintf("Property .name must NOT have more than %d characters", MaxName))
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}

const oneOfTypes = "must be equal to one of the allowed values: " + string(DiscountCoupons) + ", " + string(GiftVouchers)
