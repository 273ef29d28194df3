package template

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/steward-platform/steward/internal/fault"
)

// A definition of whatever form is refused in a documented way, or tells a
// kind of campaign that there is, always the same, and can be kept.
func FuzzDefinitionTellsAKindOrIsRefused(f *testing.F) {
	for _, seed := range []string{
		`{"campaign_type":"GIFT_VOUCHERS"}`, `{"voucher":{"type":"DISCOUNT_VOUCHER"}}`, `{"voucher":[]}`, `{"voucher":{"type":{}}}`,
		`[]`, `null`, `{`, `{"a":1e308,"voucher":{"type":"GIFT_VOUCHER"}}`, `{"campaign_type":1e999}`, "{\"campaign_type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, campaign []byte) {
		body := CampaignTemplateCreate{Name: "N", Campaign: json.RawMessage(campaign)}
		d, err := body.definition()
		if err == nil {
			err = d.check()
		}
		if err != nil {
			if !fault.Is(err, fault.InvalidPayload) {
				t.Fatalf("%q: %v", campaign, err)
			}
			return
		}
		if !slices.Contains(CampaignTypes, d.CampaignType) || !json.Valid(d.Campaign) {
			t.Errorf("%q makes a %q", campaign, d.CampaignType)
		}
		if again, err := body.definition(); err != nil || again.CampaignType != d.CampaignType {
			t.Errorf("%q makes a %q, and then a %q (%v)", campaign, d.CampaignType, again.CampaignType, err)
		}
	})
}
