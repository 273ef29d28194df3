package stacking_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/stacking"
)

const (
	evaluation = "/v1/stacking/evaluate"
	byPeople   = "/team/v1/projects/" + apitest.ProjectID + "/stacking/evaluate"
	example    = `{"order":{"items":[{"id":"a","quantity":2,"price":500},{"id":"b","quantity":1,"price":1000}]},"redeemables":[` +
		`{"object":"promotion_tier","id":"p1","categories":["cat_a","cat_unknown"],"effect":{"type":"PERCENT","percent_off":10,"target":"ITEMS","item_ids":["a"]}},` +
		`{"object":"voucher","id":"V1","effect":{"type":"AMOUNT","amount_off":300}},` +
		`{"object":"voucher","id":"V2","valid":false,"error":{"code":400,"key":"voucher_expired","message":"voucher expired"}}]}`
	// p1: 10 % of a's 1000 = 100; V1: 300
	exampleOutcomes = `"redeemables":[` +
		`{"object":"promotion_tier","id":"p1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":0,"items_discount_amount":100,"total_discount_amount":100,` +
		`"applied_discount_amount":0,"items_applied_discount_amount":100,"total_applied_discount_amount":100,"total_amount":1900}},` +
		`{"object":"voucher","id":"V1","status":"APPLICABLE","order":{"amount":2000,"discount_amount":300,"items_discount_amount":100,"total_discount_amount":400,` +
		`"applied_discount_amount":300,"items_applied_discount_amount":0,"total_applied_discount_amount":300,"total_amount":1600}},` +
		`{"object":"voucher","id":"V2","status":"INAPPLICABLE","result":{"error":{"code":400,"key":"voucher_expired","message":"voucher expired"}}}]`
	examplePriced = `"order":{"amount":2000,"discount_amount":300,"items_discount_amount":100,"total_discount_amount":400,"total_amount":1600,"items":[` +
		`{"id":"a","quantity":2,"price":500,"amount":1000,"discount_amount":100,"total_amount":900},{"id":"b","quantity":1,"price":1000,"amount":1000,"discount_amount":0,"total_amount":1000}]}`
	exampleUndiscounted = `"order":{"amount":2000,"discount_amount":0,"items_discount_amount":0,"total_discount_amount":0,"total_amount":2000,"items":[` +
		`{"id":"a","quantity":2,"price":500,"amount":1000,"discount_amount":0,"total_amount":1000},{"id":"b","quantity":1,"price":1000,"amount":1000,"discount_amount":0,"total_amount":1000}]}`
)

// vouchers is a list of n vouchers that each take 1 off.
func vouchers(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"object":"voucher","id":"V%d","effect":{"type":"AMOUNT","amount_off":1}}`, i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestAStackIsPricedByTheRulesOfTheKeysProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		untouched := map[string]int{"stacking_rules": 0, "idempotency_keys": 0}
		s.Run(t, []apitest.Case{
			{
				Name: "by the defaults at first: one that is not valid fails all", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: example, Status: 200,
				Header:   []string{"Idempotency-Key", "once"},
				Contains: []string{`{"valid":false,` + exampleOutcomes + `,` + exampleUndiscounted + `,"stacking_rules":{` + defaults + `}}`}, Rows: untouched,
			},
			{
				Name: "an empty stack changes nothing", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: `{"order":{"amount":700},"redeemables":[]}`, Status: 200,
				Contains: []string{`{"valid":true,"redeemables":[],"order":{"amount":700,"discount_amount":0,"total_discount_amount":0,"total_amount":700},"stacking_rules":{`},
			},
			{
				Name: "what a newer client adds is ignored", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: `{"order":{"amount":700,"customer":{}},"redeemables":[],"session":{}}`, Status: 200,
				Contains: []string{`"total_amount":700}`},
			},
		})

		path, made := create(t, s, `{"redeemables_application_mode":"PARTIAL","redeemables_limit":5}`)
		own := strings.TrimSpace(string(made.Body))
		s.Run(t, []apitest.Case{
			{
				Name: "by the project's own as soon as it has some", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: example, Status: 200,
				Contains: []string{`{"valid":true,` + exampleOutcomes + `,` + examplePriced + `,"stacking_rules":` + own + `}`},
			},
			{
				Name: "another project by its own", Credential: apitest.StrangerAppKey, Method: "POST", Path: evaluation, Body: example, Status: 200,
				Contains: []string{`{"valid":false,`, `"stacking_rules":{` + defaults + `}}`},
			},
			{
				Name: "a person who may, in the project of the path", Credential: apitest.Owner, Method: "POST", Path: byPeople, Body: example, Status: 200,
				Contains: []string{`{"valid":true,` + exampleOutcomes + `,` + examplePriced},
			},
			{Name: "as many as the limit", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: `{"order":{"amount":700},"redeemables":` + vouchers(5) + `}`, Status: 200, Contains: []string{`"total_amount":695},"stacking_rules"`}},
			{
				Name: "more than the limit", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: `{"order":{"amount":700},"redeemables":` + vouchers(6) + `}`,
				Status: 400, Key: "invalid_payload", Details: "Property .redeemables must NOT have more than 5 items (redeemables_limit)",
			},
			{Name: "the rules change", Method: "PUT", Path: path, Body: `{"redeemables_limit":6,"redeemables_application_mode":"ALL"}`, Status: 200},
			{Name: "and hold in the next call", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: `{"order":{"amount":700},"redeemables":` + vouchers(6) + `}`, Status: 200, Contains: []string{`"redeemables_limit":6`}},
			{Name: "the rules go", Method: "DELETE", Path: path, Status: 204},
			{Name: "and the defaults hold again", Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: example, Status: 200, Contains: []string{`"stacking_rules":{` + defaults + `}}`}, Rows: untouched},
		})
		if entries := s.Audited(); len(entries) != 0 {
			t.Errorf("a person's evaluation, which changes nothing, is audited: %+v", entries)
		}
	})
}

func TestAStackGoesByTheHierarchiesThatHoldNow(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, categories := start(t, db)
		create(t, s, `{"redeemables_sorting_rule":"CATEGORY_HIERARCHY"}`)
		place := func(id string, hierarchy int64) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx database.Tx) error {
				_, _, err := categories.Update(t.Context(), tx, apitest.ProjectID, id, category.Definition{Name: id, Hierarchy: hierarchy}, clock.At(apitest.Start))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		order := func() (ids []string) {
			t.Helper()
			r := s.As(t, apitest.AppKey, "POST", evaluation, `{"order":{"amount":100},"redeemables":[
				{"object":"voucher","id":"0","categories":["cat_theirs"],"effect":{"type":"GIFT","credits":1}},
				{"object":"voucher","id":"A","categories":["cat_a"],"effect":{"type":"GIFT","credits":1}},
				{"object":"voucher","id":"B","categories":["cat_b"],"effect":{"type":"GIFT","credits":1}}]}`)
			var out stacking.StackingEvaluation
			if err := json.Unmarshal(r.Body, &out); err != nil || r.Status != 200 {
				t.Fatalf("%d %s", r.Status, r.Body)
			}
			for _, o := range out.Redeemables {
				ids = append(ids, o.ID)
			}
			return ids
		}
		place("cat_a", 2)
		if got := strings.Join(order(), ""); got != "BA0" { // 1 before 2; another project's category has no place
			t.Errorf("applied as %s", got)
		}
		place("cat_b", 3)
		if got := strings.Join(order(), ""); got != "AB0" {
			t.Errorf("after the change as %s", got)
		}
	})
}

func TestAStackThatCannotBePricedIsRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		var cases []apitest.Case
		refused := func(name, body, key, details string) {
			cases = append(cases, apitest.Case{Name: name, Credential: apitest.AppKey, Method: "POST", Path: evaluation, Body: body, Status: 400, Key: key, Details: details})
		}
		of := func(effect string) string {
			return `{"order":{"amount":100},"redeemables":[{"object":"voucher","id":"V","effect":` + effect + `}]}`
		}
		refused("nothing", `{}`, "invalid_payload", "Payload must have required property 'order'; Payload must have required property 'redeemables'")
		refused("an order of nothing", `{"order":{},"redeemables":[]}`, "invalid_payload", "Property .order must have required property 'amount' or 'items'")
		refused("wrong types", `{"order":{"amount":"7","items":{}},"redeemables":[7]}`, "invalid_payload", "Property .order.amount must be integer; Property .order.items must be array; Property .redeemables.0 must be object")
		refused("a part of a cent", `{"order":{"amount":7.5},"redeemables":[]}`, "invalid_payload", "Property .order.amount must be integer")
		refused("a negative amount", `{"order":{"amount":-1},"redeemables":[]}`, "invalid_payload", "Property .order.amount must be >= 0")
		refused("an amount beyond 2^53", `{"order":{"amount":9007199254740992},"redeemables":[]}`, "invalid_payload", "")
		refused("an amount of 1e308", `{"order":{"amount":1e308},"redeemables":[]}`, "invalid_payload", "")
		refused("an amount beyond double precision", `{"order":{"amount":1e309},"redeemables":[]}`, "invalid_payload", "")
		refused("a line worth too much", `{"order":{"items":[{"id":"a","quantity":9007199254740991,"price":9007199254740991}]},"redeemables":[]}`, "invalid_payload", "Property .order.items.0 must have a quantity times price <= 9007199254740991")
		refused("an amount that is not the sum", `{"order":{"amount":9,"items":[{"id":"a","quantity":1,"price":10}]},"redeemables":[]}`, "invalid_payload", "Property .order.amount must be equal to the sum of the items, 10")
		refused("1,001 items", `{"order":{"items":[`+strings.Repeat(`{"id":"a","quantity":1,"price":1},`, 1000)+`{"id":"a","quantity":1,"price":1}]},"redeemables":[]}`, "invalid_payload", "Property .order.items must NOT have more than 1000 items")
		refused("1,001 redeemables", `{"order":{"amount":100},"redeemables":`+vouchers(1001)+`}`, "invalid_payload", "Property .redeemables must NOT have more than 1000 items")
		refused("31 redeemables", `{"order":{"amount":100},"redeemables":`+vouchers(31)+`}`, "invalid_payload", "Property .redeemables must NOT have more than 30 items (redeemables_limit)")
		refused("more than a hundred per cent", of(`{"type":"PERCENT","percent_off":100.5}`), "invalid_payload", "Property .redeemables.0.effect.percent_off must be <= 100")
		refused("three decimals", of(`{"type":"PERCENT","percent_off":0.125}`), "invalid_payload", "Property .redeemables.0.effect.percent_off must be a multiple of 0.01")
		refused("an effect without what it needs", of(`{"type":"AMOUNT","percent_off":0.29}`), "invalid_payload", "Property .redeemables.0.effect must have required property 'amount_off'")
		refused("no effect", `{"order":{"amount":100},"redeemables":[{"object":"voucher","id":"V"}]}`, "invalid_payload", "Property .redeemables.0 must have required property 'effect'")
		refused("null where a number must be", of(`{"type":"AMOUNT","amount_off":null}`), "invalid_payload", "Property .redeemables.0.effect.amount_off must be integer")
		refused("one redeemable twice", `{"order":{"amount":100},"redeemables":[`+strings.Trim(vouchers(2), "[]")+`,{"object":"voucher","id":"V1","valid":false}]}`,
			"duplicated_redeemables", "The redeemable voucher V1 is given twice, as .redeemables.1 and .redeemables.2")
		s.Run(t, cases)
	})
}

func TestEveryPercentageOfTwoDecimalsPassesTheSchema(t *testing.T) {
	t.Parallel()
	s, _, _ := start(t, databasetest.Open(t, database.SQLite))
	for n := 0; n <= 10000; n += 29 {
		body := fmt.Sprintf(`{"order":{"amount":10000},"redeemables":[{"object":"voucher","id":"V","effect":{"type":"PERCENT","percent_off":%d.%02d}}]}`, n/100, n%100)
		r := s.As(t, apitest.AppKey, "POST", evaluation, body)
		if want := fmt.Sprintf(`"total_amount":%d},"stacking_rules"`, 10000-n); r.Status != 200 || !strings.Contains(string(r.Body), want) {
			t.Fatalf("%s: %d %s", body, r.Status, r.Body)
		}
	}
}

func TestNobodyPricesAStackWithoutTheRight(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		theirs := strings.Replace(byPeople, apitest.ProjectID, apitest.StrangerID, 1)
		s.Run(t, []apitest.Case{
			{Name: "nobody", Credential: "nobody", Method: "POST", Path: evaluation, Body: example, Status: 401, Key: "unauthorized"},
			{Name: "a key that is none", Credential: "app_none", Method: "POST", Path: evaluation, Body: example, Status: 401, Key: "unauthorized"},
			{Name: "a management key", Method: "POST", Path: evaluation, Body: example, Status: 401, Key: "unauthorized"},
			{Name: "a viewer, who may not evaluate", Credential: apitest.Viewer, Method: "POST", Path: byPeople, Body: example, Status: 403, Key: "forbidden"},
			{Name: "an outsider", Credential: apitest.Outsider, Method: "POST", Path: byPeople, Body: example, Status: 403, Key: "forbidden"},
			{Name: "an owner in a stranger's project", Credential: apitest.Owner, Method: "POST", Path: theirs, Body: example, Status: 404, Key: "not_found", Details: "Cannot find project with id " + apitest.StrangerID},
		})
	})
}
