package usage_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/usage"
)

const path = "/team/v1/usage"

// limitsOf finds limits for the organization of the tests.
type limitsOf map[string]usage.Limits

func (l limitsOf) LimitsOf(id string) usage.Limits      { return l[id] }
func (l limitsOf) ProjectLimits(id string) usage.Limits { return l[id] }

// open starts the report over a few hours of calls, the last of them at
// apitest.Start.
func open(t *testing.T, db database.DB) *apitest.Server {
	t.Helper()
	s := apitest.New(t, db, func(s *apitest.Server) {
		usage.Register(s.Router, usage.NewService(limitsOf{apitest.OrganizationID: {APICallsPerHour: 100, APICallsPerCycle: 1000}, apitest.ProjectID: {APICallsPerHour: 30}}))
	})
	for _, h := range []struct {
		ago                                    time.Duration
		organization, metric, project, key, op string
		class, calls                           int64
	}{
		{0, apitest.OrganizationID, "management_api_calls", apitest.ProjectID, "mk_1", "list-brands", 2, 5},
		{0, apitest.OrganizationID, "management_api_calls", apitest.ProjectID, "mk_2", "list-brands", 4, 1},
		{2 * time.Hour, apitest.OrganizationID, "management_api_calls", "", "", "list-projects", 2, 7},
		{48 * time.Hour, apitest.OrganizationID, "management_api_calls", "", "mk_1", "list-projects", 5, 11},
		{0, apitest.OrganizationID, "api_calls", apitest.ProjectID, "app_1", "create-event", 2, 13},
		{0, apitest.StrangerOrgID, "management_api_calls", apitest.StrangerID, "mk_3", "list-brands", 2, 1000},
	} {
		s.Exec(t, `INSERT INTO usage_hours (organization_id, hour, metric, project_id, key_id, operation, status_class, calls)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, h.organization, apitest.Start.Add(-h.ago).UnixMilli(), h.metric, h.project, h.key, h.op, h.class, h.calls)
	}
	s.Exec(t, `INSERT INTO usage_windows (subject, window_id, starts_at, calls) VALUES ($1, 'api_calls_per_hour', $2, 120)`,
		apitest.OrganizationID, apitest.Start.UnixMilli())
	s.Exec(t, `INSERT INTO usage_windows (subject, window_id, starts_at, calls) VALUES ($1, 'api_calls_per_hour', $2, 13)`,
		apitest.OrganizationID+"/"+apitest.ProjectID, apitest.Start.UnixMilli())
	s.Move(20 * time.Minute)
	return s
}

func TestAProjectsUsageIsForItsMembersAndTellsNothingOfOthers(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := open(t, db)
		const of = "/team/v1/projects/" + apitest.ProjectID + "/usage"
		get := func(name, credential, query string, contains ...string) apitest.Case {
			return apitest.Case{Name: name, Credential: credential, Method: "GET", Path: of + query, Status: 200, Contains: contains}
		}
		s.Run(t, []apitest.Case{
			get("the project's calls alone", apitest.Viewer, "?interval=day", `"data":[{"at":"2026-11-23T00:00:00.000Z","group":"","calls":6}],"total":1`, `"limits":[]`),
			get("by key", apitest.Owner, "?group_by=key", `"group":"mk_1","calls":5`, `"group":"mk_2","calls":1`, `"total":2`),
			get("with its own limits and where it stands", apitest.Viewer, "?metric=api_calls", `"calls":13}],"total":1`,
				`"limits":[{"name":"api_calls_per_hour","limit":30,"used":13,"remaining":17,"starts_at":"2026-11-23T10:00:00.000Z"`),
			get("nothing where nothing is", apitest.Viewer, "?metric=messages", `"data":[],"total":0`, `"limits":[]`),
			{Name: "as CSV", Credential: apitest.Viewer, Method: "GET", Path: of + "?format=csv&group_by=status", Status: 200, Contains: []string{"at,group,calls\n2026-11-23T10:00:00.000Z,2xx,5\n2026-11-23T10:00:00.000Z,4xx,1\n"}},
			{Name: "a time that is none", Credential: apitest.Viewer, Method: "GET", Path: of + "?from=yesterday", Status: 400, Key: "invalid_payload"},
			{Name: "another organization's", Credential: apitest.Owner, Method: "GET", Path: strings.Replace(of, apitest.ProjectID, apitest.StrangerID, 1), Status: 404, Key: "not_found", Details: "Cannot find project with id " + apitest.StrangerID},
			{Name: "a project that there is not", Credential: apitest.Viewer, Method: "GET", Path: strings.Replace(of, apitest.ProjectID, "proj_x", 1), Status: 404},
			{Name: "who may not read the settings", Credential: apitest.Outsider, Method: "GET", Path: of, Status: 403, Key: "forbidden"},
			{Name: "a key", Credential: apitest.Key, Method: "GET", Path: of, Status: 401},
		})
	})
}

func TestUsageIsReportedByHourAndDayAndGroup(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := open(t, db)
		get := func(name, query string, contains ...string) apitest.Case {
			return apitest.Case{Name: name, Credential: apitest.Owner, Method: "GET", Path: path + query, Status: 200, Contains: contains}
		}
		s.Run(t, []apitest.Case{
			get("the last day by the hour, unless asked otherwise", "",
				`"data":[{"at":"2026-11-23T08:00:00.000Z","group":"","calls":7},{"at":"2026-11-23T10:00:00.000Z","group":"","calls":6}],"total":2`,
				`"metric":"management_api_calls","from":"2026-11-22T10:00:00.000Z","to":"2026-11-23T11:00:00.000Z","interval":"hour","group_by":"","calls":13`),
			get("the limits that apply, and where they stand", "",
				`{"name":"api_calls_per_minute","limit":1000000,"used":0,"remaining":1000000,"starts_at":"2026-11-23T10:20:00.000Z","resets_at":"2026-11-23T10:21:00.000Z"}`,
				`{"name":"api_calls_per_hour","limit":100,"used":120,"remaining":0,"starts_at":"2026-11-23T10:00:00.000Z","resets_at":"2026-11-23T11:00:00.000Z"}`,
				`{"name":"api_calls_per_cycle","limit":1000,"used":0,"remaining":1000,"starts_at":"2026-11-01T00:00:00.000Z","resets_at":"2026-12-01T00:00:00.000Z"}`),
			get("a month by the day", "?interval=day",
				`"data":[{"at":"2026-11-21T00:00:00.000Z","group":"","calls":11},{"at":"2026-11-23T00:00:00.000Z","group":"","calls":13}],"total":2`,
				`"from":"2026-10-24T00:00:00.000Z","to":"2026-11-24T00:00:00.000Z"`),
			get("by key, where some calls have none", "?interval=day&group_by=key", `"group":"mk_1","calls":11`, `"group":"","calls":7`, `"group":"mk_1","calls":5`, `"group":"mk_2","calls":1`),
			get("by project", "?group_by=project", `"group":"`+apitest.ProjectID+`","calls":6`),
			get("by operation", "?group_by=operation", `"group":"list-brands","calls":6`, `"group":"list-projects","calls":7`),
			get("by class of status", "?group_by=status", `"group":"2xx","calls":5`, `"group":"4xx","calls":1`),
			get("another metric, with limits of its own", "?metric=api_calls", `"calls":13}],"total":1`, `"name":"api_calls_per_hour"`),
			get("a metric that nothing limits", "?metric=messages", `"data":[],"total":0`, `"limits":[]`),
			get("the hours that were asked for", "?from=2026-11-23T09:30:00%2B01:00&to=2026-11-23T10:00:00.000Z",
				`"data":[{"at":"2026-11-23T08:00:00.000Z","group":"","calls":7}]`, `"from":"2026-11-23T08:00:00.000Z","to":"2026-11-23T10:00:00.000Z"`),
		})
	})
}

func TestUsageIsReportedAsCSVToWhoAsksForIt(t *testing.T) {
	t.Parallel()
	s := open(t, databasetest.Open(t, database.SQLite))
	want := [][]string{
		{"at", "group", "calls"},
		{"2026-11-23T08:00:00.000Z", "2xx", "7"},
		{"2026-11-23T10:00:00.000Z", "2xx", "5"},
		{"2026-11-23T10:00:00.000Z", "4xx", "1"},
	}
	for _, ask := range []struct{ query, accept string }{{"&format=csv", ""}, {"", "text/csv"}} {
		r := s.As(t, apitest.Owner, "GET", path+"?group_by=status"+ask.query, nil, "Accept", ask.accept)
		got, err := csv.NewReader(strings.NewReader(string(r.Body))).ReadAll()
		if err != nil || r.Status != 200 || r.Header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
			t.Fatalf("%d %s %v\n%s", r.Status, r.Header.Get("Content-Type"), err, r.Body)
		}
		if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
			t.Errorf("the records are %v, want %v", got, want)
		}
	}
	if r := s.As(t, apitest.Owner, "GET", path+"?format=json", nil, "Accept", "text/csv"); !strings.HasPrefix(string(r.Body), `{"object":"list"`) {
		t.Errorf("format=json answered %s", r.Body)
	}
}

func TestUsageIsForOwnersAndWithinBounds(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := open(t, db)
		refuse := func(name, query, details string) apitest.Case {
			return apitest.Case{Name: name, Credential: apitest.Owner, Method: "GET", Path: path + query, Status: 400, Key: "invalid_payload", Details: details}
		}
		s.Run(t, []apitest.Case{
			{Name: "a person who is no owner", Credential: apitest.Viewer, Method: "GET", Path: path, Status: 403, Key: "forbidden"},
			{Name: "a key", Credential: apitest.Key, Method: "GET", Path: path, Status: 401, Key: "unauthorized"},
			refuse("an unknown metric, interval and group", "?metric=steps&interval=week&group_by=colour",
				"Property .group_by must be equal to one of the allowed values: key, project, operation, status; "+
					"Property .interval must be equal to one of the allowed values: hour, day; "+
					"Property .metric must be equal to one of the allowed values: management_api_calls, api_calls, bulk_api_calls, webhook_calls, messages"),
			refuse("a time that is none", "?from=yesterday", "Property .from must match format date-time (RFC 3339, such as 2026-11-23T10:00:00.000Z)"),
			refuse("times that nobody lived in", "?from=1969-01-01T00:00:00Z&to=1969-01-02T00:00:00Z",
				"Property .to must be an RFC 3339 time from 1970 on, such as 2026-11-23T10:00:00.000Z; Property .from must be an RFC 3339 time from 1970 on, such as 2026-11-23T10:00:00.000Z"),
			refuse("times in the wrong order", "?from=2026-11-23T10:00:00Z&to=2026-11-23T10:00:00Z", "Property .from must be before .to"),
			refuse("too many hours", "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:01Z", "Property .from must be at most 31 days before .to with the interval hour"),
			refuse("too many days", "?interval=day&from=2025-01-01T00:00:00Z&to=2026-11-23T00:00:00Z", "Property .from must be at most 400 days before .to with the interval day"),
			{Name: "as many hours as there may be", Credential: apitest.Owner, Method: "GET", Path: path + "?from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z", Status: 200},
		})
	})
}

func TestAReportWithTooManyEntriesIsRefused(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		var service *usage.Service
		s := apitest.New(t, db, func(s *apitest.Server) {
			service = usage.NewService(limitsOf{})
			usage.Register(s.Router, service)
		})
		service.Allow(2)
		for i := range 3 {
			s.Exec(t, `INSERT INTO usage_hours (organization_id, hour, metric, project_id, key_id, operation, status_class, calls)
				VALUES ($1, $2, 'messages', $3, '', '', 2, 1)`, apitest.OrganizationID, apitest.Start.UnixMilli(), fmt.Sprint("proj_", i))
		}
		s.Move(time.Minute)
		s.Run(t, []apitest.Case{
			{
				Name: "one entry too many", Credential: apitest.Owner, Method: "GET", Path: path + "?metric=messages&group_by=project", Status: 400,
				Details: "The report must NOT have more than 2 entries; ask for a shorter time, for days or for no groups",
			},
			{Name: "fewer groups", Credential: apitest.Owner, Method: "GET", Path: path + "?metric=messages", Status: 200, Contains: []string{`"calls":3}]`}},
		})
	})
}
