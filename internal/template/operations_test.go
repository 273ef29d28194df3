package template_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
	"github.com/steward-platform/steward/internal/template"
)

const (
	collection = "/management/v1/projects/" + apitest.ProjectID + "/templates/campaigns"
	elsewhere  = "proj_elsewhere" // another project of the organization, the one that BoundKey is bound to
)

var at = clock.At(apitest.Start)

type projects struct{}

func (projects) Exists(ctx context.Context, q database.Querier, organizationID, projectID string) (bool, error) {
	var n int
	err := q.QueryRow(ctx, `SELECT count(*) FROM projects WHERE organization_id = $1 AND id = $2`, organizationID, projectID).Scan(&n)
	return n == 1, err
}

// roles holds users' permissions by user and project.
type roles map[string][]ident.Permission

func (r roles) PermissionsIn(_ context.Context, _ database.Querier, userID, projectID string) ([]ident.Permission, error) {
	return r[userID+" "+projectID], nil
}

func start(t *testing.T, db database.DB) (*apitest.Server, *template.Service) {
	service := template.NewService(projects{}, roles{
		"user_both " + apitest.ProjectID: {ident.SettingsWrite}, "user_both " + elsewhere: {ident.SettingsRead, ident.SettingsWrite},
		"user_one " + apitest.ProjectID: {ident.SettingsWrite}, "user_one " + elsewhere: {ident.SettingsRead, ident.DataWrite},
	})
	s := apitest.New(t, db, func(s *apitest.Server) { template.Register(s.Router, service) })
	s.AddProject(t, apitest.OrganizationID, elsewhere)
	return s, service
}

func create(t *testing.T, db database.DB, s *template.Service, projectID, name string, description *string, kind template.CampaignType) *template.CampaignTemplate {
	t.Helper()
	var made *template.CampaignTemplate
	err := db.Write(t.Context(), func(tx database.Tx) (err error) {
		made, err = s.Create(t.Context(), tx, projectID, template.Definition{
			Name: name, Description: description, CampaignType: kind, Campaign: json.RawMessage(`{"of": "` + name + `"}`),
		}, at)
		return err
	})
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return made
}

func text(s string) *string { return &s }

// seed makes five templates whose ids are in their order.
func seed(t *testing.T, s *apitest.Server) {
	t.Helper()
	for i, name := range []string{"Black Friday", "Summer", "black week", "Gift 50%", "Żółty"} {
		kind := template.CampaignTypes[i%2]
		s.Exec(t, `INSERT INTO campaign_templates (id, project_id, name, campaign_type, definition, created_at) VALUES ($1, $2, $3, $4, '{}', $5)`,
			fmt.Sprintf("camp_tpl_%d", i+1), apitest.ProjectID, name, string(kind), at)
	}
	s.Exec(t, `INSERT INTO campaign_templates (id, project_id, name, description, campaign_type, definition, created_at, updated_at)
		VALUES ('camp_tpl_0', $1, 'Theirs', 'For them', 'GIFT_VOUCHERS', '{}', $2, $3)`, apitest.StrangerID, at, at+1000)
}

func TestTemplatesAreListedPageByPage(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, _ := start(t, db)
		s.Run(t, []apitest.Case{
			{Name: "none", Method: "GET", Path: collection, Status: 200, Contains: []string{`{"object":"list","data_ref":"data","data":[],"has_more":false}`}},
			{Name: "none, counted", Method: "GET", Path: collection + "?include_total=true", Status: 200, Contains: []string{`{"object":"list","data_ref":"data","data":[],"total":0,"has_more":false}`}},
		})
		seed(t, s)
		for _, c := range []struct{ name, query, want, rest string }{
			{"all, the oldest first", "", "12345", `"has_more":false}`},
			{"with the total", "include_total=true", "12345", `"total":5,"has_more":false}`},
			{"the first page", "limit=2", "12", `"has_more":true,"more_starting_after":"camp_tpl_2"}`},
			{"the second page", "limit=2&starting_after_id=camp_tpl_2", "34", `"has_more":true,"more_starting_after":"camp_tpl_4"}`},
			{"the last page", "limit=2&starting_after_id=camp_tpl_4", "5", `"has_more":false}`},
			{"a full last page", "limit=5", "12345", `"has_more":false}`},
			{"the newest first", "order=-id&limit=2", "54", `"has_more":true,"more_starting_after":"camp_tpl_4"}`},
			{"the newest first, the last page", "order=-id&limit=100&starting_after_id=camp_tpl_3&include_total=1", "21", `"total":5,"has_more":false}`},
			{"filtered by name", "filters[name][conditions][$contains]=lack", "13", `"has_more":false}`},
			{"upper and lower case are told apart", "filters[name][conditions][$starts_with]=Black", "1", `"has_more":false}`},
			{"what LIKE takes for a pattern is text", "filters[name][conditions][$ends_with]=0%25", "4", `"has_more":false}`},
			{"filtered by type, with the total of all", "filters[campaign_type][conditions][$is]=GIFT_VOUCHERS&include_total=true", "24", `"total":5,"has_more":false}`},
			{"filtered, page by page", "filters[campaign_type][conditions][$is]=DISCOUNT_COUPONS&limit=1&starting_after_id=camp_tpl_1", "3", `"has_more":true,"more_starting_after":"camp_tpl_3"}`},
			{"all conditions", "filters[name][conditions][$contains]=lack&filters[campaign_type][conditions][$is]=DISCOUNT_COUPONS&filters[id][conditions][$is_not]=camp_tpl_1", "3", `"has_more":false}`},
			{"one condition", "filters[junction]=or&filters[name][conditions][$in][]=Summer&filters[name][conditions][$in][]=%C5%BB%C3%B3%C5%82ty&filters[id][conditions][$is]=camp_tpl_1", "125", `"has_more":false}`},
			{"nothing passes", "filters[name][conditions][$is_unknown]", "", `"has_more":false}`},
		} {
			t.Run(c.name, func(t *testing.T) {
				r := s.Do(t, "GET", collection+"?"+c.query, nil)
				var got strings.Builder
				for _, entry := range r.JSON(t)["data"].([]any) {
					got.WriteString(strings.TrimPrefix(entry.(map[string]any)["id"].(string), "camp_tpl_"))
				}
				if r.Status != 200 || got.String() != c.want || !strings.Contains(string(r.Body), c.rest) {
					t.Errorf("%d %s\nwant %s and %s", r.Status, r.Body, c.want, c.rest)
				}
				if r.Header.Get("ETag") != "" {
					t.Error("a list has an ETag")
				}
			})
		}
		theirs := `{"id":"camp_tpl_0","name":"Theirs","description":"For them","campaign_type":"GIFT_VOUCHERS","created_at":"2026-11-23T10:00:00.000Z","updated_at":"2026-11-23T10:00:01.000Z","object":"campaign_template"}`
		ours := `{"id":"camp_tpl_1","name":"Black Friday","campaign_type":"DISCOUNT_COUPONS","created_at":"2026-11-23T10:00:00.000Z","object":"campaign_template"}`
		s.Run(t, []apitest.Case{
			{Name: "what there is not is left out", Method: "GET", Path: collection + "?limit=1", Status: 200, Contains: []string{"[" + ours + "]"}},
			{Name: "a stranger sees its own, whole", Credential: apitest.StrangerKey, Method: "GET", Path: strings.Replace(collection, apitest.ProjectID, apitest.StrangerID, 1), Status: 200, Contains: []string{"[" + theirs + "]"}},
			{Name: "a stranger does not see ours", Credential: apitest.StrangerKey, Method: "GET", Path: collection, Status: 404, Details: "Cannot find project with id " + apitest.ProjectID},
			{Name: "a key of another project does not", Credential: apitest.BoundKey, Method: "GET", Path: collection, Status: 403, Key: "forbidden"},
			{Name: "an outsider does not", Credential: apitest.Outsider, Method: "GET", Path: collection, Status: 403, Key: "forbidden"},
			{Name: "a viewer does", Credential: apitest.Viewer, Method: "GET", Path: collection, Status: 200},
			{Name: "a key that may read does", Credential: apitest.ReadKey, Method: "GET", Path: collection, Status: 200},
			{
				Name: "parameters out of bounds", Method: "GET", Path: collection + "?limit=101&order=name&include_total=maybe", Status: 400, Key: "invalid_payload",
				Details: "Property .include_total must be boolean; Property .limit must be <= 100; Property .order must be equal to one of the allowed values: id, -id",
			},
			{Name: "no limit at all", Method: "GET", Path: collection + "?limit=0", Status: 400, Details: "Property .limit must be >= 1"},
			{
				Name: "an unknown field and a broken name", Method: "GET", Path: collection + "?filters[colour][conditions][$is]=red&filters[name][" + url.QueryEscape("$is") + "]=x", Status: 400, Key: "invalid_payload",
				Details: "Parameter filters[name][$is] must be written filters[junction] or filters[field][conditions][operator]; " +
					"Property .filters must NOT have a property named 'colour': filter by id, name or campaign_type",
			},
		})
	})
}

func TestATemplateIsCopiedToAnotherProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		original := create(t, db, service, apitest.ProjectID, "Original", text("For Q4"), template.GiftVouchers)
		s.Move(time.Hour)
		path := collection + "/" + original.ID + "/copy"
		to := func(project, rest string) string { return `{"destination_project_id":"` + project + `",` + rest + `}` }
		whole := `"name":"Template copy","description":"For Q4","campaign_type":"GIFT_VOUCHERS","created_at":"2026-11-23T11:00:00.000Z","object":"campaign_template"}`

		made := s.Do(t, "POST", path, to(elsewhere, `"name":"Template copy"`))
		id := made.String(t, "id")
		if made.Status != 200 || !strings.HasPrefix(id, "camp_tpl_") || id == original.ID || !strings.Contains(string(made.Body), whole) {
			t.Fatalf("%d %s", made.Status, made.Body)
		}
		if campaign, err := service.Campaign(t.Context(), db, elsewhere, id); err != nil || string(campaign) != `{"of": "Original"}` {
			t.Errorf("the copy makes %s (%v)", campaign, err)
		}
		if kept, err := service.Get(t.Context(), db, elsewhere, id); err != nil || kept.Name != "Template copy" || *kept.Description != "For Q4" || kept.UpdatedAt != nil {
			t.Errorf("kept as %+v (%v)", kept, err)
		}
		if again, err := service.Get(t.Context(), db, apitest.ProjectID, original.ID); err != nil || !reflect.DeepEqual(again, original) {
			t.Errorf("the original has become %+v (%v)", again, err)
		}
		two := map[string]int{"campaign_templates": 2}
		s.Run(t, []apitest.Case{
			{Name: "a name is taken once in a project", Method: "POST", Path: path, Body: to(elsewhere, `"name":"Template copy"`), Status: 409, Key: "duplicate_found", Details: "Duplicated campaign_template exists with name Template copy", Rows: two},
			{Name: "in the project of the original as well", Method: "POST", Path: path, Body: to(apitest.ProjectID, `"name":"Original"`), Status: 409, Details: "Duplicated campaign_template exists with name Original", Rows: two},
			{Name: "no such project", Method: "POST", Path: path, Body: to("proj_none", `"name":"N"`), Status: 404, Key: "not_found", Details: "Cannot find project with id proj_none", Rows: two},
			{Name: "a stranger's project looks the same", Method: "POST", Path: path, Body: to(apitest.StrangerID, `"name":"N"`), Status: 404, Key: "not_found", Details: "Cannot find project with id " + apitest.StrangerID, Rows: two},
			{Name: "no such template", Method: "POST", Path: collection + "/camp_tpl_none/copy", Body: to(elsewhere, `"name":"N"`), Status: 404, Details: "Cannot find campaign_template with id camp_tpl_none", Rows: two},
			{Name: "a template of another project", Method: "POST", Path: collection + "/" + id + "/copy", Body: to(elsewhere, `"name":"N"`), Status: 404, Details: "Cannot find campaign_template with id " + id, Rows: two},
			{Name: "nothing said", Method: "POST", Path: path, Body: `{}`, Status: 400, Key: "invalid_payload", Details: "Payload must have required property 'destination_project_id'; Payload must have required property 'name'", Rows: two},
			{
				Name: "wrong types and lengths", Method: "POST", Path: path, Body: `{"name":"","description":7,"destination_project_id":null}`, Status: 400, Rows: two,
				Details: "Property .description must be null or string; Property .destination_project_id must be string; Property .name must NOT have fewer than 1 characters",
			},
			{Name: "too long", Method: "POST", Path: path, Body: to(strings.Repeat("p", 65), `"name":"`+strings.Repeat("n", 256)+`","description":"`+strings.Repeat("d", 1025)+`"`), Status: 400, Rows: two, Details: "Property .description must NOT have more than 1024 characters; Property .destination_project_id must NOT have more than 64 characters; Property .name must NOT have more than 255 characters"},
			{Name: "a stranger", Credential: apitest.StrangerKey, Method: "POST", Path: path, Body: to(apitest.StrangerID, `"name":"N"`), Status: 404, Details: "Cannot find project with id " + apitest.ProjectID, Rows: two},
			{Name: "a key that may only read", Credential: apitest.ReadKey, Method: "POST", Path: path, Body: to(elsewhere, `"name":"N"`), Status: 403, Key: "forbidden", Rows: two},
			{Name: "a viewer", Credential: apitest.Viewer, Method: "POST", Path: path, Body: to(elsewhere, `"name":"N"`), Status: 403, Key: "forbidden", Rows: two},
			{Name: "an outsider", Credential: apitest.Outsider, Method: "POST", Path: path, Body: to(elsewhere, `"name":"N"`), Status: 403, Key: "forbidden", Rows: two},
			{Name: "a key that is bound to the destination alone", Credential: apitest.BoundKey, Method: "POST", Path: path, Body: to(elsewhere, `"name":"N"`), Status: 403, Key: "forbidden", Rows: two},
			{
				Name: "a key that is bound to the original's project alone", Credential: apitest.BoundKey, Method: "POST", Status: 403, Key: "forbidden", Rows: two,
				Path: strings.Replace(collection, apitest.ProjectID, elsewhere, 1) + "/" + id + "/copy", Body: to(apitest.ProjectID, `"name":"N"`), Details: "The key is not allowed in project " + apitest.ProjectID,
			},
			{Name: "that key within its project", Credential: apitest.BoundKey, Method: "POST", Path: strings.Replace(collection, apitest.ProjectID, elsewhere, 1) + "/" + id + "/copy", Body: to(elsewhere, `"name":"Second copy","description":"Other"`), Status: 200, Contains: []string{`"description":"Other"`}, Rows: map[string]int{"campaign_templates": 3}},
			{Name: "null leaves no description", Method: "POST", Path: path, Body: to(apitest.ProjectID, `"name":"Bare","description":null`), Status: 200, Contains: []string{`"name":"Bare","campaign_type"`}},
			{Name: "of an original without one neither", Method: "GET", Path: collection + "?filters[name][conditions][$is]=Bare", Status: 200, Contains: []string{`"name":"Bare","campaign_type"`}},
		})
		if n := len(s.Audited()); n != 0 {
			t.Errorf("%d entries in the audit log, want none: keys are not audited", n)
		}
		s.As(t, apitest.Owner, "POST", path, to(elsewhere, `"name":"By a person"`))
		entries := s.Audited()
		if len(entries) != 1 || entries[0].Action != "management-copy-campaign-template" || entries[0].ResourceType != "campaign_template" || entries[0].Before != nil ||
			entries[0].After.(*template.CampaignTemplate).ID != entries[0].ResourceID {
			t.Errorf("audited as %+v", entries)
		}
	})
}

func TestWhoMayCopyNeedsTheRightInBothProjects(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		original := create(t, db, service, apitest.ProjectID, "Original", nil, template.DiscountCoupons)
		for i, c := range []struct {
			actor ident.Actor
			want  string // of the refusal
		}{
			{ident.Actor{Kind: ident.ByManagementKey}, ""},
			{ident.Actor{Kind: ident.ByManagementKey, ProjectIDs: []string{apitest.ProjectID, elsewhere}}, ""},
			{ident.Actor{Kind: ident.ByManagementKey, ProjectIDs: []string{apitest.ProjectID}}, "The key is not allowed in project " + elsewhere},
			{ident.Actor{Kind: ident.ByOperator, Owner: true}, ""},
			{ident.Actor{Kind: ident.ByUser, ID: "user_owner", Owner: true}, ""},
			{ident.Actor{Kind: ident.ByUser, ID: "user_both"}, ""},
			{ident.Actor{Kind: ident.ByUser, ID: "user_one"}, "Your role in project " + elsewhere + " does not include the permission settings.write"},
			{ident.Actor{Kind: ident.ByUser, ID: "user_none"}, "Your role in project " + elsewhere + " does not include the permission settings.write"},
			{ident.Actor{Kind: ident.ByProjectKey, ProjectID: apitest.ProjectID}, "This credential does not reach project " + elsewhere},
		} {
			actor := c.actor
			actor.OrganizationID = apitest.OrganizationID
			before := s.Count(t, "campaign_templates")
			err := db.Write(t.Context(), func(tx database.Tx) error {
				_, err := service.Copy(t.Context(), tx, &actor, apitest.ProjectID, original.ID, fmt.Appendf(nil, `{"name":"Copy %d","destination_project_id":%q}`, i, elsewhere), at)
				return err
			})
			made := s.Count(t, "campaign_templates") - before
			if c.want == "" && (err != nil || made != 1) || c.want != "" && (!fault.Is(err, fault.Forbidden) || err.Error() != "forbidden: "+c.want || made != 0) {
				t.Errorf("%+v: %v, %d made", actor, err, made)
			}
		}
	})
}

func TestATemplateThatBreaksItsBoundsIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		campaign := func(size int) json.RawMessage { return json.RawMessage(`{"a":"` + strings.Repeat("x", size-8) + `"}`) }
		good := template.Definition{Name: strings.Repeat("ż", 255), Description: text(strings.Repeat("ż", 1024)), CampaignType: template.GiftVouchers, Campaign: campaign(template.MaxCampaign)}
		for _, c := range []struct {
			change func(d *template.Definition)
			want   string
		}{
			{func(*template.Definition) {}, ""},
			{func(d *template.Definition) { *d = template.Definition{} }, "Property .campaign must be object; Property .campaign_type must be equal to one of the allowed values: DISCOUNT_COUPONS, GIFT_VOUCHERS; Property .name must NOT have fewer than 1 characters"},
			{func(d *template.Definition) { d.Name += "x"; *d.Description += "x" }, "Property .description must NOT have more than 1024 characters; Property .name must NOT have more than 255 characters"},
			{func(d *template.Definition) { d.Campaign = campaign(template.MaxCampaign + 1) }, "Property .campaign must NOT have more than 262144 bytes"},
			{func(d *template.Definition) { d.Campaign = json.RawMessage(` []`) }, "Property .campaign must be object"},
			{func(d *template.Definition) { d.Campaign = json.RawMessage(`{"a":1} {}`) }, "Property .campaign must be object"},
			{func(d *template.Definition) { d.Campaign = json.RawMessage("{\"a\":\"\xff\"}") }, "Property .campaign must be object"},
		} {
			d := good
			d.Description = text(*good.Description)
			c.change(&d)
			err := db.Write(t.Context(), func(tx database.Tx) error {
				_, err := service.Create(t.Context(), tx, apitest.ProjectID, d, at)
				return err
			})
			if c.want == "" && err != nil || c.want != "" && (!fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		}
		err := db.Write(t.Context(), func(tx database.Tx) error {
			_, err := service.Create(t.Context(), tx, apitest.ProjectID, good, at)
			return err
		})
		if !fault.Is(err, fault.DuplicateFound) || s.Count(t, "campaign_templates") != 1 {
			t.Errorf("the same name twice: %v", err)
		}
	})
}

func TestATemplateIsKnownOnlyInItsProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		made := create(t, db, service, apitest.ProjectID, "Ours", nil, template.DiscountCoupons)
		store := template.Store{}
		for _, c := range []struct{ project, id string }{{apitest.StrangerID, made.ID}, {apitest.ProjectID, "camp_tpl_none"}} {
			_, get := service.Get(t.Context(), db, c.project, c.id)
			_, campaign := service.Campaign(t.Context(), db, c.project, c.id)
			duplicate := store.InsertCopy(t.Context(), db, apitest.ProjectID, &template.CampaignTemplate{ID: "camp_tpl_new", Name: "New"}, c.project, c.id)
			for name, err := range map[string]error{"get": get, "campaign": campaign, "copy": duplicate} {
				if !fault.Is(err, fault.ResourceNotFound) {
					t.Errorf("%s %v: %v", name, c, err)
				}
			}
		}
		if n, err := store.Total(t.Context(), db, apitest.StrangerID); n != 0 || err != nil || s.Count(t, "campaign_templates") != 1 {
			t.Errorf("the stranger has %d (%v)", n, err)
		}
	})
}

func TestACloneHasTheTemplatesInTheSameOrder(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s, service := start(t, db)
		for i, name := range []string{"B", "A", "C"} {
			var description *string
			if i == 1 {
				description = text("Described")
			}
			create(t, db, service, apitest.ProjectID, name, description, template.CampaignTypes[i%2])
		}
		s.Exec(t, `UPDATE campaign_templates SET updated_at = $1`, at)
		if err := db.Write(t.Context(), func(tx database.Tx) error {
			return service.CopyProject(t.Context(), tx, apitest.ProjectID, elsewhere, at+9)
		}); err != nil {
			t.Fatal(err)
		}
		old, copies := all(t, db, apitest.ProjectID), all(t, db, elsewhere)
		if len(old) != 3 || len(copies) != 3 {
			t.Fatalf("%d and %d, want 3", len(old), len(copies))
		}
		for i := range old {
			a, err := service.Campaign(t.Context(), db, apitest.ProjectID, old[i].ID)
			b, err2 := service.Campaign(t.Context(), db, elsewhere, copies[i].ID)
			if err != nil || err2 != nil || string(a) != string(b) {
				t.Errorf("%s became %s", a, b)
			}
			if old[i].ID == copies[i].ID || copies[i].CreatedAt != at+9 || copies[i].UpdatedAt != nil {
				t.Errorf("%+v became %+v", old[i], copies[i])
			}
			old[i].ID, old[i].CreatedAt, old[i].UpdatedAt = copies[i].ID, at+9, nil
			if !reflect.DeepEqual(old[i], copies[i]) {
				t.Errorf("%+v became %+v", old[i], copies[i])
			}
		}
	})
}

func all(t *testing.T, db database.DB, projectID string) []*template.CampaignTemplate {
	t.Helper()
	list, err := template.Store{}.All(t.Context(), db, projectID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// notices is a transaction that remembers what it told the nodes.
type notices struct {
	database.Tx
	told []string
}

func (n *notices) Notify(ctx context.Context, c database.Change) error {
	n.told = append(n.told, c.String())
	return n.Tx.Notify(ctx, c)
}

func TestNobodyIsToldOfTemplatesWhichNobodyKeeps(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		_, service := start(t, db)
		err := db.Write(t.Context(), func(tx database.Tx) error {
			told := &notices{Tx: tx}
			made, err := service.Create(t.Context(), told, apitest.ProjectID, template.Definition{Name: "A", CampaignType: template.GiftVouchers, Campaign: json.RawMessage(`{}`)}, at)
			if err != nil {
				return err
			}
			actor := &ident.Actor{Kind: ident.ByManagementKey, OrganizationID: apitest.OrganizationID}
			if _, err := service.Copy(t.Context(), told, actor, apitest.ProjectID, made.ID, []byte(`{"name":"A","destination_project_id":"`+elsewhere+`"}`), at); err != nil {
				return err
			}
			if _, _, err := service.Update(t.Context(), told, apitest.ProjectID, made.ID, []byte(`{"name":"B"}`), at); err != nil {
				return err
			}
			if _, err := service.Delete(t.Context(), told, apitest.ProjectID, made.ID); err != nil {
				return err
			}
			if len(told.told) != 0 {
				t.Errorf("told %v", told.told)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheDocumentTellsTheFiltersAndWhatMayBeAbsent(t *testing.T) {
	t.Parallel()
	s, _ := start(t, databasetest.Open(t, database.SQLite))
	raw, err := json.Marshal(s.Router.OpenAPI(api.Management))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, Style string
				Explode     bool
				Schema      struct{ Properties map[string]any }
			}
		}
		Components struct {
			Schemas map[string]struct{ Required []string }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range doc.Paths["/management/v1/projects/{projectId}/templates/campaigns"]["get"].Parameters {
		if p.Name == "filters" {
			found = p.Style == "deepObject" && p.Explode && len(p.Schema.Properties) == 4
		}
	}
	if !found {
		t.Error("the filters are not told")
	}
	for name, want := range map[string]string{
		"CampaignTemplate": "id name campaign_type created_at object", "CampaignTemplateList": "has_more object data_ref data", "CampaignTemplateCopy": "destination_project_id name",
	} {
		if got := strings.Join(doc.Components.Schemas[name].Required, " "); got != want {
			t.Errorf("%s requires %s, want %s", name, got, want)
		}
	}
}
