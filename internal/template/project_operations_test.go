package template_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/template"
)

const (
	projectCollection = "/v1/templates/campaigns"
	forPeople         = "/team/v1/projects/" + apitest.ProjectID + "/templates/campaigns"
)

func TestAnEngineKeepsTemplatesWithItsProjectsKey(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := start(t, db)
		made := s.As(t, apitest.AppKey, "POST", projectCollection, `{"name":"Halloween","description":"Every October",
			"campaign": {"type": "STATIC", "voucher": {"type": "DISCOUNT_VOUCHER", "amount": 12345678901234567890, "by": "<Ż>"}}}`)
		id := made.String(t, "id")
		shown := `{"id":"` + id + `","name":"Halloween","description":"Every October","campaign_type":"DISCOUNT_COUPONS","created_at":"2026-11-23T10:00:00.000Z","object":"campaign_template"}`
		if made.Status != 200 || string(made.Body) != shown+"\n" {
			t.Fatalf("%d %s, want %s", made.Status, made.Body, shown)
		}
		path := projectCollection + "/" + id
		s.Move(time.Hour)
		s.Run(t, []apitest.Case{
			{Name: "it is shown", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 200, Contains: []string{shown + "\n"}},
			{
				Name: "with its definition if asked for", Credential: apitest.AppKey, Method: "GET", Path: path + "?expand=json_template", Status: 200,
				Contains: []string{`"object":"campaign_template","json_template":{"type":"STATIC","voucher":{"type":"DISCOUNT_VOUCHER","amount":12345678901234567890,"by":"<Ż>"}}}`},
			},
			{Name: "nothing else expands", Credential: apitest.AppKey, Method: "GET", Path: path + "?expand=vouchers", Status: 400, Details: "Property .expand must be equal to one of the allowed values: json_template"},
			{
				Name: "a list tells what the management list tells", Credential: apitest.AppKey, Status: 200, Method: "GET",
				Path:     projectCollection + "?limit=1&order=-id&include_total=true&filters[campaign_type][conditions][$is]=DISCOUNT_COUPONS&filters[name][conditions][$starts_with]=Hallo",
				Contains: []string{`{"object":"list","data_ref":"data","data":[` + shown + `],"total":1,"has_more":false}`},
			},
			{Name: "a list that filters all", Credential: apitest.AppKey, Method: "GET", Path: projectCollection + "?filters[name][conditions][$is]=x", Status: 200, Contains: []string{`"data":[]`}},
			{Name: "a list out of bounds", Credential: apitest.AppKey, Method: "GET", Path: projectCollection + "?limit=0&order=name", Status: 400, Details: "Property .limit must be >= 1; Property .order must be equal to one of the allowed values: id, -id"},
			{Name: "a rename leaves the description", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":"Winter"}`, Status: 200, Contains: []string{`"name":"Winter","description":"Every October"`, `"updated_at":"2026-11-23T11:00:00.000Z"`}},
			{Name: "another description leaves the name", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"description":"Once"}`, Status: 200, Contains: []string{`"name":"Winter","description":"Once"`}},
			{Name: "null clears it", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"description":null}`, Status: 200, Contains: []string{`"name":"Winter","campaign_type"`}},
			{Name: "the definition stays", Credential: apitest.Owner, Method: "GET", Path: forPeople + "/" + id + "?expand=json_template", Status: 200, Contains: []string{`"json_template":{"type":"STATIC"`}},
			{Name: "its own name is not taken", Credential: apitest.Owner, Method: "PUT", Path: forPeople + "/" + id, Body: `{"name":"Winter"}`, Status: 200},
			{Name: "it is deleted", Credential: apitest.AppKey, Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"campaign_templates": 0}},
			{Name: "and then gone", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find campaign_template with id " + id},
		})
		if entries := s.Audited(); len(entries) != 1 || entries[0].Action != "project-update-campaign-template" {
			t.Errorf("the audit log tells %+v, want what the owner did and nothing of the key", entries)
		}
	})
}

func TestTheKindOfCampaignIsToldByTheBodyOrItsDefinition(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := start(t, db)
		for _, c := range []struct{ name, rest, want string }{
			{"said", `"campaign_type":"GIFT_VOUCHERS","campaign":{}`, "GIFT_VOUCHERS"},
			{"said as the definition says it", `"campaign_type":"GIFT_VOUCHERS","campaign":{"campaign_type":"GIFT_VOUCHERS"}`, "GIFT_VOUCHERS"},
			{"said, where the definition tells what no template makes", `"campaign_type":"DISCOUNT_COUPONS","campaign":{"campaign_type":"PROMOTION"}`, "DISCOUNT_COUPONS"},
			{"the definition's", `"campaign":{"campaign_type":"GIFT_VOUCHERS","voucher":{"type":"DISCOUNT_VOUCHER"}}`, "GIFT_VOUCHERS"},
			{"the voucher's", `"campaign":{"campaign_type":null,"voucher":{"type":"GIFT_VOUCHER"}}`, "GIFT_VOUCHERS"},
			{"the other voucher's", `"campaign":{"voucher":{"type":"DISCOUNT_VOUCHER"}},"description":null,"campaign_id":null,"promotion_tier_id":null`, "DISCOUNT_COUPONS"},
		} {
			r := s.As(t, apitest.AppKey, "POST", projectCollection, `{"name":"`+c.name+`",`+c.rest+`}`)
			if r.Status != 200 || r.String(t, "campaign_type") != c.want {
				t.Errorf("%s: %d %s", c.name, r.Status, r.Body)
			}
		}
	})
}

func TestABodyThatMakesNoTemplateIsRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		create(t, db, service, apitest.ProjectID, "Taken", nil, template.GiftVouchers)
		other := create(t, db, service, apitest.ProjectID, "Other", nil, template.GiftVouchers)
		two := map[string]int{"campaign_templates": 2}
		const gift = `"campaign":{"campaign_type":"GIFT_VOUCHERS"}`
		onlyOne := "Payload must have only one of the properties 'campaign', 'campaign_id' and 'promotion_tier_id'"
		large := `{"name":"N","campaign_type":"GIFT_VOUCHERS","campaign":{"a":"` + strings.Repeat("x", template.MaxCampaign-7) + `"}}`
		var cases []apitest.Case
		for _, c := range []struct{ name, body, details string }{
			{"no name", `{` + gift + `}`, "Payload must have required property 'name'"},
			{"no campaign", `{"name":"N"}`, "Payload must have required property 'campaign'"},
			{"a campaign that is null", `{"name":"N","campaign":null}`, "Property .campaign must be object"},
			{"a campaign that is a list", `{"name":"N","campaign_type":"GIFT_VOUCHERS","campaign":[]}`, "Property .campaign must be object"},
			{"wrong types", `{"name":7,"description":7,"campaign":7,"campaign_type":"PROMOTION"}`, "Property .campaign must be object; Property .campaign_type must be equal to one of the allowed values: DISCOUNT_COUPONS, GIFT_VOUCHERS; Property .description must be null or string; Property .name must be string"},
			{"a kind that nothing tells", `{"name":"N","campaign":{"voucher":{}}}`, "Payload must have required property 'campaign_type': neither .campaign.campaign_type nor .campaign.voucher.type tells it"},
			{"a kind that is no template's", `{"name":"N","campaign":{"campaign_type":"LOYALTY_PROGRAM"}}`, "Property .campaign.campaign_type must be equal to one of the allowed values: DISCOUNT_COUPONS, GIFT_VOUCHERS"},
			{"a kind of the wrong type", `{"name":"N","campaign":{"campaign_type":7}}`, "Property .campaign.campaign_type must be equal to one of the allowed values: DISCOUNT_COUPONS, GIFT_VOUCHERS"},
			{"a voucher that is no template's", `{"name":"N","campaign":{"voucher":{"type":"LOYALTY_CARD"}}}`, "Property .campaign.voucher.type must be equal to one of the allowed values: DISCOUNT_VOUCHER, GIFT_VOUCHER"},
			{"a kind that the definition contradicts", `{"name":"N","campaign_type":"GIFT_VOUCHERS","campaign":{"campaign_type":"DISCOUNT_COUPONS"}}`, "Property .campaign_type must be DISCOUNT_COUPONS, as .campaign tells"},
			{"a kind that its vouchers contradict", `{"name":"N","campaign_type":"DISCOUNT_COUPONS","campaign":{"voucher":{"type":"GIFT_VOUCHER"}}}`, "Property .campaign_type must be GIFT_VOUCHERS, as .campaign tells"},
			{"a blank name", `{"name":" ",` + gift + `}`, "Property .name must match format name (not blank, and without control characters)"},
			{"two sources", `{"name":"N","campaign_id":"camp_1",` + gift + `}`, onlyOne},
			{"two ids", `{"name":"N","campaign_id":"camp_1","promotion_tier_id":"promo_1"}`, onlyOne},
			{"a member twice", `{"name":"N","campaign":{"campaign_type":"GIFT_VOUCHERS","a":1,"a":2}}`, "Property .campaign.a must NOT be given twice"},
			{"a definition one byte too large", large, "Property .campaign must NOT have more than 262144 bytes"},
		} {
			cases = append(cases, apitest.Case{
				Name: c.name, Credential: apitest.AppKey, Method: "POST", Path: projectCollection, Body: c.body, Status: 400, Key: "invalid_payload", Details: c.details, Rows: two,
			})
		}
		s.Run(t, cases)
		path := projectCollection + "/" + other.ID
		s.Run(t, []apitest.Case{
			{Name: "a campaign's id", Credential: apitest.AppKey, Method: "POST", Path: projectCollection, Body: `{"name":"N","campaign_id":"camp_1"}`, Status: 404, Key: "not_found", Details: "Cannot find campaign with id camp_1", Rows: two},
			{Name: "a promotion tier's id", Credential: apitest.AppKey, Method: "POST", Path: projectCollection, Body: `{"name":"N","promotion_tier_id":"promo_1","campaign_id":null}`, Status: 404, Details: "Cannot find promotion_tier with id promo_1", Rows: two},
			{Name: "a name that is taken", Credential: apitest.AppKey, Method: "POST", Path: projectCollection, Body: `{"name":"Taken",` + gift + `}`, Status: 409, Key: "duplicate_found", Details: "Duplicated campaign_template exists with name Taken", Rows: two},
			{Name: "a rename to a name that is taken", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":"Taken"}`, Status: 409, Key: "duplicate_found", Details: "Duplicated campaign_template exists with name Taken"},
			{Name: "a rename to nothing", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":"","description":7}`, Status: 400, Details: "Property .description must be null or string; Property .name must NOT have fewer than 1 characters"},
			{Name: "a rename to a blank", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":"\t"}`, Status: 400, Details: "Property .name must match format name (not blank, and without control characters)"},
			{Name: "a name that is null", Credential: apitest.AppKey, Method: "PUT", Path: path, Body: `{"name":null}`, Status: 400, Details: "Property .name must be string"},
			{Name: "an update of nothing", Credential: apitest.AppKey, Method: "PUT", Path: projectCollection + "/camp_tpl_none", Body: `{}`, Status: 404, Details: "Cannot find campaign_template with id camp_tpl_none"},
			{Name: "a deletion of nothing", Credential: apitest.AppKey, Method: "DELETE", Path: projectCollection + "/camp_tpl_none", Status: 404, Details: "Cannot find campaign_template with id camp_tpl_none", Rows: two},
			{Name: "the largest definition", Credential: apitest.AppKey, Method: "POST", Path: projectCollection, Body: strings.Replace(large, "xx", "x", 1), Status: 200, Rows: map[string]int{"campaign_templates": 3}},
		})
	})
}

func TestOnlyWhoMayHandleDataReachesTemplatesAndOnlyHisProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		id := create(t, db, service, apitest.ProjectID, "Ours", nil, template.GiftVouchers).ID
		path, unknown := projectCollection+"/"+id, "Cannot find campaign_template with id "+id
		body, one := `{"name":"N","campaign":{"campaign_type":"GIFT_VOUCHERS"}}`, map[string]int{"campaign_templates": 1}
		s.Run(t, []apitest.Case{
			{Name: "a stranger cannot see it", Credential: apitest.StrangerAppKey, Method: "GET", Path: path, Status: 404, Details: unknown},
			{Name: "nor its definition", Credential: apitest.StrangerAppKey, Method: "GET", Path: path + "?expand=json_template", Status: 404, Details: unknown},
			{Name: "nor change it", Credential: apitest.StrangerAppKey, Method: "PUT", Path: path, Body: `{"name":"N"}`, Status: 404, Details: unknown},
			{Name: "nor delete it", Credential: apitest.StrangerAppKey, Method: "DELETE", Path: path, Status: 404, Details: unknown, Rows: one},
			{Name: "nor list it", Credential: apitest.StrangerAppKey, Method: "GET", Path: projectCollection, Status: 200, Contains: []string{`"data":[]`}},
			{Name: "a client-side key has no way in", Credential: apitest.ClientKey, Method: "GET", Path: path, Status: 401},
			{Name: "a viewer sees it", Credential: apitest.Viewer, Method: "GET", Path: forPeople + "/" + id, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "a viewer lists it", Credential: apitest.Viewer, Method: "GET", Path: forPeople, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "but makes none", Credential: apitest.Viewer, Method: "POST", Path: forPeople, Body: body, Status: 403, Key: "forbidden", Rows: one},
			{Name: "nor changes one", Credential: apitest.Viewer, Method: "PUT", Path: forPeople + "/" + id, Body: `{"name":"N"}`, Status: 403, Key: "forbidden"},
			{Name: "nor deletes one", Credential: apitest.Viewer, Method: "DELETE", Path: forPeople + "/" + id, Status: 403, Key: "forbidden", Rows: one},
			{Name: "a merchant sees it", Credential: apitest.Merchant, Method: "GET", Path: forPeople + "/" + id, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "a merchant lists it", Credential: apitest.Merchant, Method: "GET", Path: forPeople, Status: 200, Contains: []string{`"name":"Ours"`}},
			{Name: "but deletes none", Credential: apitest.Merchant, Method: "DELETE", Path: forPeople + "/" + id, Status: 403, Key: "forbidden", Rows: one},
			{Name: "an outsider sees nothing", Credential: apitest.Outsider, Method: "GET", Path: forPeople, Status: 403, Key: "forbidden"},
			{Name: "it is as it was", Credential: apitest.AppKey, Method: "GET", Path: path, Status: 200, Contains: []string{`"name":"Ours"`}},
		})
	})
}

func TestATemplateIsChangedOnlyAsItWasSeen(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		path := projectCollection + "/" + create(t, db, service, apitest.ProjectID, "Ours", nil, template.GiftVouchers).ID
		seen := s.As(t, apitest.AppKey, "GET", path, nil).Header.Get("ETag")
		for i, want := range []int{http.StatusOK, http.StatusPreconditionFailed} {
			if r := s.As(t, apitest.AppKey, "PUT", path, `{"description":"D"}`, "If-Match", seen); r.Status != want {
				t.Errorf("writer %d: %d %s, want %d", i, r.Status, r.Body, want)
			}
		}
	})
}

func TestAnUpdateThatChangesNothingLeavesTheETag(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		path := projectCollection + "/" + create(t, db, service, apitest.ProjectID, "Ours", text("D"), template.GiftVouchers).ID
		tag := s.As(t, apitest.AppKey, "GET", path, nil).Header.Get("ETag")
		s.Move(time.Hour)
		for _, body := range []string{`{}`, `{"name":"Ours"}`, `{"name":"Ours","description":"D"}`} {
			if got := s.As(t, apitest.AppKey, "PUT", path, body); got.Status != 200 || got.Header.Get("ETag") != tag {
				t.Errorf("%s: %d %s, ETag %s was %s", body, got.Status, got.Body, got.Header.Get("ETag"), tag)
			}
		}
		if got := s.As(t, apitest.AppKey, "GET", path, nil).Header.Get("ETag"); got != tag {
			t.Errorf("the ETag %s was %s", got, tag)
		}
	})
}
