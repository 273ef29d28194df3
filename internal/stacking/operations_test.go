package stacking_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/stacking"
	engine "github.com/steward-platform/steward/stacking"
)

const (
	collection = "/management/v1/projects/" + apitest.ProjectID + "/stacking-rules"
	defaults   = `"exclusive_categories":[],"joint_categories":[],"redeemables_limit":30,"applicable_redeemables_limit":5,` +
		`"applicable_redeemables_per_category_limit":1,"applicable_redeemables_category_limits":{},` +
		`"applicable_exclusive_redeemables_limit":1,"applicable_exclusive_redeemables_per_category_limit":1,` +
		`"discount_calculation_mode":"DISCOUNTED_AMOUNT","initial_amount_mode_categories":[],"discounted_amount_mode_categories":[],` +
		`"redeemables_application_mode":"ALL","redeemables_sorting_rule":"REQUESTED_ORDER","redeemables_products_application_mode":"STACK",` +
		`"redeemables_no_effect_rule":"REDEEM_ANYWAY","no_effect_skip_categories":[],"no_effect_redeem_anyway_categories":[],` +
		`"redeemables_rollback_order_mode":"WITH_ORDER","grouped_redeemables_sorting_rule":"JOINT_ALWAYS_LAST"`
)

// start runs the operations beside real categories: cat_a to cat_e are the
// project's, cat_theirs is the stranger's.
func start(t *testing.T, db database.DB) (*apitest.Server, *stacking.Service, *category.Service) {
	categories := category.NewService(db, stacking.CategoryUse{})
	service := stacking.NewService(db, categories)
	s := apitest.New(t, db, func(s *apitest.Server) { stacking.Register(s.Router, service) })
	for _, c := range []struct{ id, project string }{
		{"cat_a", apitest.ProjectID}, {"cat_b", apitest.ProjectID}, {"cat_c", apitest.ProjectID}, {"cat_d", apitest.ProjectID},
		{"cat_e", apitest.ProjectID}, {"cat_theirs", apitest.StrangerID},
	} {
		s.Exec(t, `INSERT INTO categories (id, project_id, name, hierarchy, created_at) VALUES ($1, $2, $1, 1, $3)`, c.id, c.project, clock.At(apitest.Start))
	}
	return s, service, categories
}

func create(t *testing.T, s *apitest.Server, body string) (path string, made apitest.Response) {
	t.Helper()
	made = s.Do(t, "POST", collection, body)
	if made.Status != 200 {
		t.Fatalf("create: %d %s", made.Status, made.Body)
	}
	return collection + "/" + made.String(t, "id"), made
}

func TestStackingRulesAreMadeShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		asDefaults := `{"object":"list","data_ref":"data","data":[{` + defaults + `}],"total":1}`
		s.Run(t, []apitest.Case{
			{Name: "before there are any, the defaults are listed, without id and times", Method: "GET", Path: collection, Status: 200, Contains: []string{asDefaults}, Rows: map[string]int{"stacking_rules": 0}},
		})
		path, made := create(t, s, `{"redeemables_limit":25,"exclusive_categories":["cat_a","cat_b"],"applicable_redeemables_category_limits":{"cat_a":1,"cat_b":2}}`)
		id := made.String(t, "id")
		if want := `{"id":"` + id + `",` + strings.NewReplacer(`"redeemables_limit":30`, `"redeemables_limit":25`, `"exclusive_categories":[]`, `"exclusive_categories":["cat_a","cat_b"]`,
			`_category_limits":{}`, `_category_limits":{"cat_a":1,"cat_b":2}`).Replace(defaults) + `,"created_at":"2026-11-23T10:00:00.000Z"}` + "\n"; string(made.Body) != want {
			t.Errorf("made\n%s\nwant\n%s", made.Body, want)
		}
		if !strings.HasPrefix(id, "stk_") {
			t.Errorf("the id is %s", id)
		}
		s.Move(time.Hour)
		one := map[string]int{"stacking_rules": 1}
		later := `"created_at":"2026-11-23T10:00:00.000Z","updated_at":"2026-11-23T11:00:00.000Z"`
		s.Run(t, []apitest.Case{
			{Name: "what was left out has its default", Method: "GET", Path: path, Status: 200, Contains: []string{strings.TrimSpace(string(made.Body))}},
			{Name: "they are the one entry of the list", Method: "GET", Path: collection, Status: 200, Contains: []string{strings.TrimSpace(string(made.Body)), `"total":1`}},
			{
				Name: "a project has one set at most", Method: "POST", Path: collection, Body: `{}`, Status: 409, Key: "stacking_rules_exist",
				Details: "Cannot exist more stacking rules for given project", Rows: one,
			},
			{
				Name: "an update changes only what is sent, lists and the limits by category as a whole", Method: "PUT", Path: path, Status: 200,
				Body: `{"exclusive_categories":["cat_c"],"applicable_redeemables_category_limits":{"cat_e":10},"redeemables_sorting_rule":"CATEGORY_HIERARCHY"}`,
				Contains: []string{
					later, `"redeemables_limit":25`, `"exclusive_categories":["cat_c"]`, `"applicable_redeemables_category_limits":{"cat_e":10}`,
					`"redeemables_sorting_rule":"CATEGORY_HIERARCHY"`, `"redeemables_application_mode":"ALL"`,
				},
			},
			{Name: "null takes a limit by category away", Method: "PUT", Path: path, Body: `{"applicable_redeemables_per_category_limit":null,"applicable_exclusive_redeemables_per_category_limit":null}`, Status: 200, Contains: []string{`"applicable_redeemables_per_category_limit":null`, `"applicable_exclusive_redeemables_per_category_limit":null`}},
			{Name: "which is kept", Method: "GET", Path: path, Status: 200, Contains: []string{`"applicable_redeemables_per_category_limit":null`, `"exclusive_categories":["cat_c"]`, later}},
			{Name: "and a number sets it again", Method: "PUT", Path: path, Body: `{"applicable_redeemables_per_category_limit":5}`, Status: 200, Contains: []string{`"applicable_redeemables_per_category_limit":5`, `"applicable_exclusive_redeemables_per_category_limit":null`}},
			{Name: "the answer can be sent back as it is", Method: "PUT", Path: path, Body: string(made.Body), Status: 200, Contains: []string{id, later, `"exclusive_categories":["cat_a","cat_b"]`}},
			{Name: "an update of another state is refused", Method: "PUT", Path: path, Body: `{}`, Header: []string{"If-Match", `"other"`}, Status: 412, Key: "precondition_failed"},
			{Name: "another id is none of the project's", Method: "PUT", Path: collection + "/stk_none", Body: `{}`, Status: 404, Key: "not_found", Details: "Cannot find stacking_rules with id stk_none", Rows: one},
			{Name: "they are deleted", Method: "DELETE", Path: path, Status: 204, Rows: map[string]int{"stacking_rules": 0}},
			{Name: "and the defaults hold again", Method: "GET", Path: collection, Status: 200, Contains: []string{asDefaults}},
			{Name: "under no id", Method: "GET", Path: path, Status: 404, Key: "not_found", Details: "Cannot find stacking_rules with id " + id},
			{Name: "nor for another deletion", Method: "DELETE", Path: path, Status: 404, Key: "not_found"},
			{Name: "a new set can be made", Method: "POST", Path: collection, Body: `{}`, Status: 200, Contains: []string{defaults}, Rows: one},
		})
		if n := len(s.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
	})
}

func TestEveryMemberCanBeSetAndIsKept(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		all := `"exclusive_categories":["cat_a"],"joint_categories":["cat_b","cat_c"],"redeemables_limit":20,"applicable_redeemables_limit":10,` +
			`"applicable_redeemables_per_category_limit":4,"applicable_redeemables_category_limits":{"cat_a":10,"cat_d":1},` +
			`"applicable_exclusive_redeemables_limit":5,"applicable_exclusive_redeemables_per_category_limit":3,` +
			`"discount_calculation_mode":"INITIAL_AMOUNT","initial_amount_mode_categories":["cat_c"],"discounted_amount_mode_categories":["cat_a"],` +
			`"redeemables_application_mode":"PARTIAL","redeemables_sorting_rule":"CATEGORY_HIERARCHY","redeemables_products_application_mode":"ONCE",` +
			`"redeemables_no_effect_rule":"SKIP","no_effect_skip_categories":["cat_e"],"no_effect_redeem_anyway_categories":["cat_d","cat_a"],` +
			`"redeemables_rollback_order_mode":"WITHOUT_ORDER","grouped_redeemables_sorting_rule":"COMBINED"`
		path, made := create(t, s, `{`+all+`}`)
		if !strings.Contains(string(made.Body), all) {
			t.Errorf("made %s", made.Body)
		}
		s.Run(t, []apitest.Case{
			{Name: "as it was made", Method: "GET", Path: path, Status: 200, Contains: []string{all}},
			{Name: "as it is changed", Method: "PUT", Path: path, Body: `{` + defaults + `}`, Status: 200, Contains: []string{defaults}},
			{Name: "and changed again", Method: "PUT", Path: path, Body: `{` + all + `}`, Status: 200, Contains: []string{all}},
			{Name: "and kept", Method: "GET", Path: path, Status: 200, Contains: []string{all}},
		})
	})
}

func TestNobodyReachesStackingRulesWithoutTheRight(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, _ := create(t, s, `{}`)
		theirs := strings.Replace(path, apitest.ProjectID, apitest.StrangerID, 1)
		var cases []apitest.Case
		for _, c := range []struct {
			method, path string
			body         any
		}{{"GET", collection, nil}, {"POST", collection, `{}`}, {"GET", path, nil}, {"PUT", path, `{"redeemables_limit":9}`}, {"DELETE", path, nil}} {
			of := func(who, credential, path string, status int, key, details string) {
				cases = append(cases, apitest.Case{
					Name: c.method + " " + path + " by " + who, Credential: credential, Method: c.method, Path: path, Body: c.body,
					Status: status, Key: key, Details: details, Rows: map[string]int{"stacking_rules": 1},
				})
			}
			of("a stranger", apitest.StrangerKey, c.path, 404, "not_found", "Cannot find project with id "+apitest.ProjectID)
			of("a key of another project", apitest.BoundKey, c.path, 403, "forbidden", "")
			of("an outsider", apitest.Outsider, c.path, 403, "forbidden", "")
			if c.path == path {
				of("a stranger through a project of its own", apitest.StrangerKey, theirs, 404, "not_found", "")
			}
			if c.method == "GET" {
				of("a viewer", apitest.Viewer, c.path, 200, "", "")
				of("a key that may read", apitest.ReadKey, c.path, 200, "", "")
			} else {
				of("a viewer", apitest.Viewer, c.path, 403, "forbidden", "")
				of("a key that may only read", apitest.ReadKey, c.path, 403, "forbidden", "")
			}
		}
		cases = append(cases, apitest.Case{Name: "all is as it was", Method: "GET", Path: path, Status: 200, Contains: []string{defaults}})
		s.Run(t, cases)
	})
}

func TestStackingRulesThatDoNotHoldTogetherAreRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		var bodies []struct{ name, body, details string }
		add := func(name, body, details string) {
			bodies = append(bodies, struct{ name, body, details string }{name, body, details})
		}
		add("above the bounds", `{"redeemables_limit":31,"applicable_redeemables_limit":31,"applicable_redeemables_per_category_limit":31,
			"applicable_exclusive_redeemables_limit":6,"applicable_exclusive_redeemables_per_category_limit":31,"applicable_redeemables_category_limits":{"cat_a":11}}`,
			"Property .applicable_exclusive_redeemables_limit must be <= 5; Property .applicable_exclusive_redeemables_per_category_limit must be <= 30; "+
				"Property .applicable_redeemables_category_limits.cat_a must be <= 10; Property .applicable_redeemables_limit must be <= 30; "+
				"Property .applicable_redeemables_per_category_limit must be <= 30; Property .redeemables_limit must be <= 30")
		add("below the bounds", `{"redeemables_limit":0,"applicable_redeemables_limit":0,"applicable_redeemables_per_category_limit":0,
			"applicable_exclusive_redeemables_limit":0,"applicable_exclusive_redeemables_per_category_limit":0,"applicable_redeemables_category_limits":{"cat_a":0}}`,
			"Property .applicable_exclusive_redeemables_limit must be >= 1; Property .applicable_exclusive_redeemables_per_category_limit must be >= 1; "+
				"Property .applicable_redeemables_category_limits.cat_a must be >= 1; Property .applicable_redeemables_limit must be >= 1; "+
				"Property .applicable_redeemables_per_category_limit must be >= 1; Property .redeemables_limit must be >= 1")
		add("wrong types", `{"redeemables_limit":"7","exclusive_categories":"cat_a","joint_categories":[1],"applicable_redeemables_category_limits":[]}`,
			"Property .applicable_redeemables_category_limits must be object; Property .exclusive_categories must be array; "+
				"Property .joint_categories.0 must be string; Property .redeemables_limit must be integer")
		add("null where none may be", `{"redeemables_limit":null,"exclusive_categories":null,"applicable_redeemables_category_limits":null,"redeemables_no_effect_rule":null}`,
			"Property .applicable_redeemables_category_limits must be object; Property .exclusive_categories must be array; "+
				"Property .redeemables_limit must be integer; Property .redeemables_no_effect_rule must be string")
		add("modes that are none", `{"discount_calculation_mode":"initial_amount","grouped_redeemables_sorting_rule":"JOINT_FIRST"}`,
			"Property .discount_calculation_mode must be equal to one of the allowed values: INITIAL_AMOUNT, DISCOUNTED_AMOUNT; "+
				"Property .grouped_redeemables_sorting_rule must be equal to one of the allowed values: JOINT_ALWAYS_LAST, COMBINED")
		add("repeats", `{"joint_categories":["cat_a","cat_b","cat_a"]}`, "Property .joint_categories must NOT have duplicate items (items 0 and 2 are identical)")
		add("too many", `{"joint_categories":`+hundredAndOne(t, "%q", "[", "]")+`,"applicable_redeemables_category_limits":`+hundredAndOne(t, "%q:1", "{", "}")+`}`,
			"Property .applicable_redeemables_category_limits must NOT have more than 100 properties; Property .joint_categories must NOT have more than 100 items")
		add("fewer sent than may apply", `{"redeemables_limit":4}`, "Property .applicable_redeemables_limit must be <= .redeemables_limit (5 is more than 4)")
		add("more of a category than of all", `{"applicable_redeemables_per_category_limit":6,"applicable_exclusive_redeemables_per_category_limit":2}`,
			"Property .applicable_exclusive_redeemables_per_category_limit must be <= .applicable_exclusive_redeemables_limit (2 is more than 1); "+
				"Property .applicable_redeemables_per_category_limit must be <= .applicable_redeemables_limit (6 is more than 5)")
		add("a category on both sides", `{"exclusive_categories":["cat_a"],"joint_categories":["cat_b","cat_a"]}`,
			"Property .joint_categories.1 must NOT be in .exclusive_categories as well (cat_a is item 0 there)")
		add("categories that are none of the project's, together with the rest",
			`{"joint_categories":["cat_theirs"],"no_effect_skip_categories":["cat_a","cat_none"],"applicable_redeemables_category_limits":{"cat_none":1,"cat_a":2},"redeemables_limit":4}`,
			"Property .applicable_redeemables_category_limits must NOT have a property that is no category of the project (there is no cat_none); "+
				"Property .applicable_redeemables_limit must be <= .redeemables_limit (5 is more than 4); "+
				"Property .joint_categories.0 must be the id of a category of the project (there is no cat_theirs); "+
				"Property .no_effect_skip_categories.1 must be the id of a category of the project (there is no cat_none)")

		refused := func(method, path string, rows int) (cases []apitest.Case) {
			for _, b := range bodies {
				cases = append(cases, apitest.Case{
					Name: method + ": " + b.name, Method: method, Path: path, Body: b.body, Status: 400, Key: "invalid_payload",
					Details: b.details, Rows: map[string]int{"stacking_rules": rows},
				})
			}
			return cases
		}
		s.Run(t, refused("POST", collection, 0))
		path, _ := create(t, s, `{}`)
		s.Run(t, append(refused("PUT", path, 1), apitest.Case{Name: "it has stayed as it was", Method: "GET", Path: path, Status: 200, Contains: []string{defaults + `,"created_at":"2026-11-23T10:00:00.000Z"}`}}))
	})
}

func hundredAndOne(t *testing.T, entry, before, after string) string {
	t.Helper()
	var parts []string
	for i := range 101 {
		parts = append(parts, fmt.Sprintf(entry, fmt.Sprintf("cat_%d", i)))
	}
	return before + strings.Join(parts, ",") + after
}

func TestAnUpdateIsJudgedTogetherWithWhatIsThere(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, _ := create(t, s, `{"applicable_redeemables_limit":20,"exclusive_categories":["cat_a"]}`)
		s.Run(t, []apitest.Case{
			{Name: "one member against another that was not sent", Method: "PUT", Path: path, Body: `{"redeemables_limit":10}`, Status: 400, Details: "Property .applicable_redeemables_limit must be <= .redeemables_limit (20 is more than 10)"},
			{Name: "a list against another that was not sent", Method: "PUT", Path: path, Body: `{"joint_categories":["cat_a"]}`, Status: 400, Details: "Property .joint_categories.0 must NOT be in .exclusive_categories as well (cat_a is item 0 there)"},
			{Name: "both sent they pass", Method: "PUT", Path: path, Body: `{"redeemables_limit":10,"applicable_redeemables_limit":10,"exclusive_categories":[],"joint_categories":["cat_a"]}`, Status: 200, Contains: []string{`"joint_categories":["cat_a"]`}},
		})
	})
}

func TestWhatAPersonDoesToStackingRulesIsAuditedBeforeAndAfter(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		id := s.As(t, apitest.Owner, "POST", collection, `{"joint_categories":["cat_a"],"applicable_redeemables_category_limits":{"cat_a":1}}`).String(t, "id")
		s.As(t, apitest.Owner, "PUT", collection+"/"+id, `{"joint_categories":["cat_b"],"applicable_redeemables_category_limits":{"cat_b":2},"applicable_redeemables_per_category_limit":3}`)
		s.As(t, apitest.Owner, "DELETE", collection+"/"+id, nil)
		entries := s.Audited()
		if len(entries) != 3 {
			t.Fatalf("%d entries, want 3", len(entries))
		}
		for i, want := range []string{"create-stacking-rules", "update-stacking-rules", "delete-stacking-rules"} {
			if e := entries[i]; e.Action != want || e.ResourceID != id || e.ResourceType != "stacking_rules" || (e.Before == nil) != (i == 0) || (e.After == nil) != (i == 2) {
				t.Errorf("entry %d is %+v", i, e)
			}
		}
		before, after := entries[1].Before.(*stacking.StackingRules), entries[1].After.(*stacking.StackingRules)
		if before.JointCategories[0] != "cat_a" || before.CategoryLimits["cat_a"] != 1 || *before.PerCategoryLimit != 1 || before.UpdatedAt != nil {
			t.Errorf("before the update: %+v", before)
		}
		if after.JointCategories[0] != "cat_b" || len(after.CategoryLimits) != 1 || *after.PerCategoryLimit != 3 || after.UpdatedAt == nil {
			t.Errorf("after the update: %+v", after)
		}
	})
}

// notices is a transaction that remembers what it told the nodes.
type notices struct {
	database.Tx
	told []database.Change
}

func (n *notices) Notify(ctx context.Context, c database.Change) error {
	n.told = append(n.told, c)
	return n.Tx.Notify(ctx, c)
}

func TestEveryChangeOfTheRulesIsTold(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		_, service, _ := start(t, db)
		at := clock.At(apitest.Start)
		err := db.Write(t.Context(), func(tx database.Tx) error {
			told := &notices{Tx: tx}
			rules := stacking.Defaults()
			rules.JointCategories = []string{"cat_a"}
			own, err := service.Create(t.Context(), told, apitest.ProjectID, rules, at)
			if err != nil {
				return err
			}
			if _, _, err := service.Update(t.Context(), told, apitest.ProjectID, own.ID, []byte(`{"redeemables_limit":7}`), at); err != nil {
				return err
			}
			for range 2 { // the second time there is nothing to take out, nor to tell
				if err := (stacking.CategoryUse{}).RemoveCategory(t.Context(), told, apitest.ProjectID, "cat_a", at); err != nil {
					return err
				}
			}
			if _, err := service.Delete(t.Context(), told, apitest.ProjectID, own.ID); err != nil {
				return err
			}
			want := database.Change{Topic: database.TopicConfiguration, Key: apitest.ProjectID}
			if !reflect.DeepEqual(told.told, []database.Change{want, want, want, want}) {
				t.Errorf("told %v", told.told)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestACategoryInUseLeavesTheRulesWhenItIsForced(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, categories := start(t, db)
		path, _ := create(t, s, `{"exclusive_categories":["cat_a","cat_b"],"no_effect_skip_categories":["cat_a"],"applicable_redeemables_category_limits":{"cat_a":1,"cat_c":2}}`)
		remove := func(project, id string, force bool) error {
			return db.Write(t.Context(), func(tx database.Tx) error {
				_, err := categories.Delete(t.Context(), tx, project, id, force, clock.At(apitest.Start.Add(time.Hour)))
				return err
			})
		}
		for _, id := range []string{"cat_a", "cat_b", "cat_c"} {
			if err := remove(apitest.ProjectID, id, false); !fault.Is(err, fault.CategoryInUse) {
				t.Errorf("%s is deleted though the rules name it: %v", id, err)
			}
		}
		for project, id := range map[string]string{apitest.ProjectID: "cat_d", apitest.StrangerID: "cat_theirs"} {
			if err := remove(project, id, false); err != nil {
				t.Errorf("%s, which no rules name: %v", id, err)
			}
		}
		s.Run(t, []apitest.Case{{Name: "the rules have not changed", Method: "GET", Path: path, Status: 200, Contains: []string{`"exclusive_categories":["cat_a","cat_b"]`, `"created_at":"2026-11-23T10:00:00.000Z"}`}}})
		if err := remove(apitest.ProjectID, "cat_a", true); err != nil {
			t.Fatal(err)
		}
		s.Run(t, []apitest.Case{{
			Name: "it is out of the rules, everywhere", Method: "GET", Path: path, Status: 200, Rows: map[string]int{"categories": 3},
			Contains: []string{`"exclusive_categories":["cat_b"]`, `"no_effect_skip_categories":[]`, `"applicable_redeemables_category_limits":{"cat_c":2}`, `"updated_at":"2026-11-23T11:00:00.000Z"`},
		}})
	})
}

func TestACloneHasTheRulesWithItsOwnCategories(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, categories := start(t, db)
		clone := func(to string) []*category.Category {
			t.Helper()
			s.AddProject(t, apitest.OrganizationID, to)
			if err := db.Write(t.Context(), func(tx database.Tx) error {
				return service.CopyProject(t.Context(), tx, apitest.ProjectID, to, clock.At(apitest.Start.Add(time.Hour)))
			}); err != nil {
				t.Fatal(err)
			}
			copies, err := categories.List(t.Context(), db, to)
			if err != nil || len(copies) != 5 {
				t.Fatalf("%d categories (%v), want 5", len(copies), err)
			}
			return copies
		}
		clone("proj_bare")
		if n := s.Count(t, "stacking_rules"); n != 0 {
			t.Errorf("a clone of a project without rules has %d", n)
		}
		path, _ := create(t, s, `{"exclusive_categories":["cat_b","cat_a"],"applicable_redeemables_category_limits":{"cat_e":2},"redeemables_limit":9}`)
		s.Do(t, "PUT", path, `{"redeemables_limit":8}`)
		c := clone("proj_copy")
		copied, err := service.Current(t.Context(), db, "proj_copy")
		if err != nil {
			t.Fatal(err)
		}
		want := stacking.Defaults()
		want.RedeemablesLimit, want.ExclusiveCategories, want.CategoryLimits = 8, []string{c[1].ID, c[0].ID}, engine.CategoryLimits{c[4].ID: 2}
		if !reflect.DeepEqual(copied.Rules, want) || copied.ID == "" || strings.HasSuffix(path, copied.ID) || copied.UpdatedAt != nil || copied.CreatedAt.String() != "2026-11-23T11:00:00.000Z" {
			t.Errorf("copied as %+v", copied)
		}
		if c[0].Name != "cat_a" || c[0].ID == "cat_a" {
			t.Errorf("the copy of a category is %+v", c[0])
		}
	})
}

func TestTheStoreGivesOlderRowsTheDefaultsOfWhatCameLater(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service, _ := start(t, db)
		s.Exec(t, `INSERT INTO stacking_rules (id, project_id, rules, created_at) VALUES ('stk_old', $1, '{"redeemables_limit":7}', 0)`, apitest.ProjectID)
		old, err := service.Get(t.Context(), db, apitest.ProjectID, "stk_old")
		want := stacking.Defaults()
		want.RedeemablesLimit = 7
		if err != nil || !reflect.DeepEqual(old.Rules, want) {
			t.Errorf("%+v (%v)", old, err)
		}
		s.Exec(t, `UPDATE stacking_rules SET rules = 'broken'`)
		if _, err := service.Current(t.Context(), db, apitest.ProjectID); err == nil {
			t.Error("broken rules were read")
		}
	})
}

func TestTheStoreKnowsRulesOnlyInTheirProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _, _ := start(t, db)
		path, made := create(t, s, `{}`)
		store := stacking.Store{}
		for _, at := range []struct{ project, id string }{{apitest.StrangerID, made.String(t, "id")}, {apitest.ProjectID, "stk_none"}} {
			_, err := store.Get(t.Context(), db, at.project, at.id)
			for name, err := range map[string]error{
				"get": err, "update": store.Update(t.Context(), db, at.project, &stacking.StackingRules{ID: at.id}), "delete": store.Delete(t.Context(), db, at.project, at.id),
			} {
				if !fault.Is(err, fault.ResourceNotFound) {
					t.Errorf("%s %v: %v", name, at, err)
				}
			}
		}
		if theirs, err := store.Find(t.Context(), db, apitest.StrangerID); theirs != nil || err != nil {
			t.Errorf("the stranger has %+v (%v)", theirs, err)
		}
		s.Run(t, []apitest.Case{{Name: "it is still there", Method: "GET", Path: path, Status: 200, Contains: []string{defaults}}})
	})
}

func TestTheDocumentTellsDefaultsBoundsAndWhatMayBeNull(t *testing.T) {
	t.Parallel()
	s, _, _ := start(t, databasetest.Open(t, database.SQLite))
	text, err := json.Marshal(s.Router.OpenAPI(api.Management))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	made, changed, shown := doc.Components.Schemas["StackingRulesCreate"], doc.Components.Schemas["StackingRulesUpdate"], doc.Components.Schemas["StackingRules"]
	if len(made.Required) != 0 || len(changed.Required) != 0 || len(shown.Required) != 19 || len(made.Properties) != 19 || len(shown.Properties) != 22 {
		t.Errorf("required: %v, %v, %v", made.Required, changed.Required, shown.Required)
	}
	for name, p := range made.Properties {
		if _, told := p["default"]; !told {
			t.Errorf("%s: no default is told", name)
		}
		if _, told := changed.Properties[name]["default"]; told {
			t.Errorf("%s: an update has no defaults", name)
		}
		if d, _ := p["description"].(string); d == "" {
			t.Errorf("%s is not described", name)
		}
	}
	perCategory := made.Properties["applicable_redeemables_per_category_limit"]
	if !reflect.DeepEqual(perCategory["type"], []any{"integer", "null"}) || perCategory["maximum"] != 30.0 {
		t.Errorf("the limit by category is %v", perCategory)
	}
	limits := made.Properties["applicable_redeemables_category_limits"]
	if of, _ := limits["additionalProperties"].(map[string]any); limits["maxProperties"] != 100.0 || of["maximum"] != 10.0 || of["minimum"] != 1.0 {
		t.Errorf("the limits of single categories are %v", limits)
	}
}
