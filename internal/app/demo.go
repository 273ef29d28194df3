package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/steward-platform/steward/internal/branding"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/eventschema"
	"github.com/steward-platform/steward/internal/metadataschema"
	"github.com/steward-platform/steward/internal/project"
	"github.com/steward-platform/steward/internal/stacking"
	"github.com/steward-platform/steward/internal/template"
)

// demo makes, on a database without organizations, one to look around in, and
// returns what to tell about it. The password and the token are told once.
func (a *App) demo(ctx context.Context, publicURL string) (note string, err error) {
	op := newOperator(a.db, a.clock, a.services)
	existing, err := op.Organizations(ctx)
	if err != nil {
		return "", err
	}
	if existing.Total > 0 {
		return fmt.Sprintf("\n  The data is there already; its login and key were shown when it was made.\n"+
			"  A new key:       steward key create --org %s --name more --data-dir %s\n"+
			"  A new password:  steward user reset-password EMAIL --data-dir %[2]s\n\n", existing.Data[0].ID, a.config.DataDir), nil
	}
	org, err := op.CreateOrganization(ctx, NewOrganization{Name: "Demo Retail", OwnerEmail: "owner@demo.example", OwnerFirstName: "Olivia", OwnerLastName: "Owner"})
	if err != nil {
		return "", err
	}
	if _, err := op.SetFeature(ctx, org.ID, "management-api", true); err != nil {
		return "", err
	}
	if _, err := op.CreateUser(ctx, NewUser{Organization: org.ID, Email: "mark@demo.example", FirstName: "Mark", LastName: "Marketing"}); err != nil {
		return "", err
	}
	for _, shop := range demoShops {
		if err := a.demoProject(ctx, org.ID, shop); err != nil {
			return "", fmt.Errorf("the demo project %s: %w", shop.name, err)
		}
	}
	key, err := op.CreateKey(ctx, org.ID, NewKey{Name: "demo"})
	if err != nil {
		return "", err
	}
	return demoNote(publicURL, org, key), nil
}

func demoNote(publicURL string, org *CreatedOrganization, key *MintedKey) string {
	return fmt.Sprintf(`
  A demo organization is ready. What follows is shown this once.

  Owner      %s
  Password   %s

  Paste this into another terminal for the tour in the README:

    export STEWARD_URL=%s STEWARD_MANAGEMENT_ID=%s STEWARD_MANAGEMENT_TOKEN=%s

  Or try at once:

    curl -sS %[3]s/management/v1/projects -H 'X-Management-Id: %[4]s' -H 'X-Management-Token: %[5]s'

`, org.Owner.Email, org.Owner.Password, publicURL, key.ID, key.Token)
}

// demoShop is a project of the demo.
type demoShop struct {
	name, settings, metadata, event, brand string
}

var demoShops = []demoShop{
	{
		name: "Demo Shop Poland",
		settings: `{"description":"Groceries, web and mobile","timezone":"Europe/Warsaw","currency":"PLN","dial_code":"48","case_sensitive_codes":false,
			"client_trusted_domains":["https://shop.demo.example"],"client_redeem_enabled":true,
			"users":[{"login":"mark@demo.example","role":"USER"}]}`,
		metadata: `{"channel":{"type":"string","optional":false,"array":false,"eq":["web","mobile","store"]},"basket_size":{"type":"number","optional":true,"array":false,"gte":1}}`,
		event:    `{"rating":{"type":"number","optional":false},"comment":{"type":"string","optional":true}}`,
		brand:    `"name":"Demo Shop Poland","website_url":"shop.demo.example"`,
	},
	{
		name: "Demo Shop Germany",
		settings: `{"description":"Electronics","timezone":"Europe/Berlin","currency":"EUR","dial_code":"49","case_sensitive_codes":true,
			"users":[{"login":"mark@demo.example","role":"VIEWER"}]}`,
		metadata: `{"channel":{"type":"string","optional":false,"array":false,"eq":["web","store"]}}`,
		event:    `{"product":{"type":"string","optional":false}}`,
		brand:    `"name":"Demo Shop Germany","website_url":"https://de.demo.example"`,
	},
}

// demoProject makes a project through the same services as the API.
func (a *App) demoProject(ctx context.Context, organizationID string, d demoShop) error {
	settings := project.NewDraft()
	if err := decode(d.settings, &settings); err != nil {
		return err
	}
	settings.Name = d.name
	return a.db.Write(ctx, func(tx database.Tx) error {
		now := a.clock.Now()
		made, err := a.services.projects.Create(ctx, tx, organizationID, settings, "operator", now)
		if err != nil {
			return err
		}
		return a.demoConfiguration(ctx, tx, made.ID, d, now)
	})
}

func decode(text string, into any) error {
	return json.NewDecoder(strings.NewReader(text)).Decode(into)
}

// demoConfiguration gives a project schemas, an event, categories, stacking
// rules, a brand and a campaign template.
func (a *App) demoConfiguration(ctx context.Context, tx database.Tx, projectID string, d demoShop, now clock.Timestamp) error {
	s := a.services
	metadata := metadataschema.MetadataSchemaCreate{RelatedObject: "order"}
	event := eventschema.CustomEventSchemaCreate{Name: "review"}
	var brand branding.Document
	if err := errors.Join(
		decode(d.metadata, &metadata.Properties),
		decode(d.event, &event.Content.Properties),
		decode(`{"brand":{`+d.brand+`},"address":{"street":"1 Market Square","city":"Katowice","postal":"40-001","country":"Poland"},
			"contact":{"email":"hello@demo.example"}}`, &brand),
	); err != nil {
		return err
	}
	if _, err := s.metadata.Create(ctx, tx, projectID, metadata, now); err != nil {
		return err
	}
	if _, err := s.events.Create(ctx, tx, projectID, event, now); err != nil {
		return err
	}
	if _, err := s.brandings.Create(ctx, tx, projectID, brand, now); err != nil {
		return err
	}
	exclusive, err := s.categories.Create(ctx, tx, projectID, category.Definition{Name: "Exclusive offers", Hierarchy: 1}, now)
	if err != nil {
		return err
	}
	if _, err := s.categories.Create(ctx, tx, projectID, category.Definition{Name: "Seasonal", Hierarchy: 2}, now); err != nil {
		return err
	}
	rules := stacking.Defaults()
	rules.ExclusiveCategories = []string{exclusive.ID}
	if _, err := s.stacking.Create(ctx, tx, projectID, rules, now); err != nil {
		return err
	}
	_, err = s.templates.Create(ctx, tx, projectID, template.Definition{
		Name: "Ten percent off", CampaignType: "DISCOUNT_COUPONS",
		Campaign: json.RawMessage(`{"type":"STATIC","voucher":{"type":"DISCOUNT_VOUCHER","discount":{"type":"PERCENT","percent_off":10}}}`),
	}, now)
	return err
}
