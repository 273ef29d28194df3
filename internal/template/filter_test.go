package template

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
)

func values(t testing.TB, query string) url.Values {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestFiltersAreReadInEveryWayTheyAreWritten(t *testing.T) {
	t.Parallel()
	in := Filters{conditions: []condition{{"name", "$in", []string{"a", "b"}}}}
	is := Filters{conditions: []condition{{"id", "$is", []string{"x"}}}}
	for query, want := range map[string]Filters{
		"":                                  {},
		"limit=3&filter[name]=x&Filters=y":  {}, // other parameters
		"filters[junction]=or":              {either: true},
		"filters[id][conditions][$is]=x":    is,
		"filters[id][conditions][$is][0]=x": is,
		"filters[junction]=and&filters[id][conditions][$is]=x":                                                        is,
		"filters[name][conditions][$in]=b&filters[name][conditions][$in]=a":                                           in,
		"filters[name][conditions][$in][]=a&filters[name][conditions][$in][]=b":                                       in,
		"filters[name][conditions][$in][1]=a&filters[name][conditions][$in][0]=b":                                     in,
		"filters%5Bname%5D%5Bconditions%5D%5B%24in%5D%5B0%5D=a&filters[name][conditions][$in][]=b":                    in,
		"filters[name][conditions][$in][0]=a&filters[name][conditions][$in][1]=b&filters[name][conditions][$in][2]=a": in,
		"filters[campaign_type][conditions][$is_unknown]=&filters[name][conditions][$has_value]=true": {conditions: []condition{
			{"name", "$has_value", []string{"true"}}, {"campaign_type", "$is_unknown", []string{""}},
		}},
	} {
		if got, err := ParseFilters(values(t, query)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v (%v), want %+v", query, got, err, want)
		}
	}
}

func TestFiltersThatAreNoneAreRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	written := func(name string) string {
		return "Parameter " + name + " must be written filters[junction] or filters[field][conditions][operator]"
	}
	hundredAndOne := make([]string, 101)
	for i := range hundredAndOne {
		hundredAndOne[i] = fmt.Sprintf("filters[name][conditions][$in][%d]=%d", i, i)
	}
	for query, want := range map[string]string{
		"filters=x":                                 written("filters"),
		"filters[name]=x":                           written("filters[name]"),
		"filters[name][$is]=x":                      written("filters[name][$is]"),
		"filters[name][condition][$is]=x":           written("filters[name][condition][$is]"),
		"filters[name][conditions]=x":               written("filters[name][conditions]"),
		"filters[name][conditions][$in][a]=x":       written("filters[name][conditions][$in][a]"),
		"filters[name][conditions][$in][0][0]=x":    written("filters[name][conditions][$in][0][0]"),
		"filters[name][conditions][$is=x":           written("filters[name][conditions][$is"),
		"filters[name]conditions[$is]=x":            written("filters[name]conditions[$is]"),
		"filters[[name][conditions][$is]=x":         written("filters[[name][conditions][$is]"),
		"filters[junction][0]=and":                  written("filters[junction][0]"),
		"filters[%ff" + strings.Repeat("x", 99):     written("filters[�" + strings.Repeat("x", 55) + "…"),
		"filters[junction]=AND":                     "Property .filters.junction must be equal to one of the allowed values: and, or",
		"filters[junction]=or&filters[junction]=or": "Property .filters.junction must be equal to one of the allowed values: and, or",
		"filters[description][conditions][$is]=x":   "Property .filters must NOT have a property named 'description': filter by id, name or campaign_type",
		"filters[name][conditions][$like]=x": "Property .filters.name.conditions must NOT have a property named '$like': the operators are " +
			"$is, $is_not, $in, $not_in, $has_value, $is_unknown, $starts_with, $ends_with, $contains or $not_contain",
		"filters[name][conditions][$is]=a&filters[name][conditions][$is]=b":                                      "Property .filters.name.conditions.$is must NOT be given more than once",
		"filters[name][conditions][$is]=" + strings.Repeat("%C5%BC", 256):                                        "Property .filters.name.conditions.$is must NOT have more than 255 characters",
		"filters[name][conditions][$is]=a%00":                                                                    "Property .filters.name.conditions.$is must be UTF-8 without NUL characters",
		"filters[name][conditions][$in][]=%ff":                                                                   "Property .filters.name.conditions.$in must be UTF-8 without NUL characters",
		"filters[name][conditions][$has_value]=false":                                                            "Property .filters.name.conditions.$has_value must be empty",
		"filters[campaign_type][conditions][$in][]=GIFT_VOUCHERS&filters[campaign_type][conditions][$in][]=gift": "Property .filters.campaign_type.conditions.$in must be equal to one of the allowed values: DISCOUNT_COUPONS, GIFT_VOUCHERS",
		strings.Join(hundredAndOne, "&"):                                                                         "Property .filters must NOT have more than 100 values",
		"filters[x][conditions][$is]=1&filters[junction]=nor&filters[name][conditions][$is_unknown]=1": "Property .filters must NOT have a property named 'x': filter by id, name or campaign_type; " +
			"Property .filters.junction must be equal to one of the allowed values: and, or; Property .filters.name.conditions.$is_unknown must be empty",
	} {
		if _, err := ParseFilters(values(t, query)); !fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+want {
			t.Errorf("%s:\n%v, want\n%s", query, err, want)
		}
	}
	if _, err := ParseFilters(values(t, "filters[name][conditions][$is]="+strings.Repeat("%C5%BC", 255)+"&"+strings.Join(hundredAndOne[:99], "&"))); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
}

// awkward are names in which engines could differ: case, width, marks, what
// LIKE takes for a pattern, and quotes.
var awkward = []string{
	"Black Friday", "black friday", "Żółty kupon", "żółty KUPON", "Z\u0307\u00f3łty", "Ünï 🎁 code", "🎁", "🎁🎁", "100%", "100_", "a%b", "a_b", `a\b`,
	"O'Hara", `"quoted"`, "$1", "a", "aa", "aaa", "abab", "  ", " a", "tab\there", "İstanbul", "ıstanbul", "ß", "SS", "日本語", "本",
}

func TestTheDatabaseSelectsWhatTheFiltersMean(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		s := apitest.New(t, db, func(*apitest.Server) {})
		var all []*CampaignTemplate
		for i, name := range awkward {
			made := &CampaignTemplate{ID: fmt.Sprintf("camp_tpl_%02d", i), Name: name, CampaignType: CampaignTypes[i%2], CreatedAt: clock.At(apitest.Start), Object: object}
			if err := (Store{}).Insert(t.Context(), db, apitest.ProjectID, made, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
			all = append(all, made)
		}
		s.Exec(t, `INSERT INTO campaign_templates (id, project_id, name, campaign_type, definition, created_at) VALUES ('camp_tpl_theirs', $1, 'a', 'GIFT_VOUCHERS', '{}', 0)`, apitest.StrangerID)
		try := func(f Filters) {
			t.Helper()
			want := []string{}
			for _, made := range all {
				if f.Match(made) {
					want = append(want, made.ID)
				}
			}
			got, err := (Store{}).Page(t.Context(), db, apitest.ProjectID, Page{Limit: 100, Filters: f})
			if err != nil || !slices.Equal(ids(got), want) {
				t.Errorf("%+v: %v (%v), want %v", f, ids(got), err, want)
			}
		}
		parts := slices.Concat(awkward, []string{"", "b", "B", "Fri", "day", "ó", "o", "\u0307", "🎁 ", "%", "_", `\`, "'", "ab", "ba", "語", "none", strings.Repeat("a", 255)})
		for name := range operators {
			for _, value := range parts {
				try(Filters{conditions: []condition{{"name", name, []string{value}}}})
			}
			try(Filters{conditions: []condition{{"id", name, []string{"camp_tpl_03"}}}})
			try(Filters{conditions: []condition{{"campaign_type", name, []string{"GIFT_VOUCHERS"}}}})
		}
		for _, either := range []bool{false, true} {
			for _, conditions := range [][]condition{
				{{"name", "$in", awkward}},
				{{"name", "$not_in", awkward[3:9]}},
				{{"name", "$contains", []string{"a"}}, {"name", "$not_contain", []string{"b"}}, {"campaign_type", "$is", []string{"GIFT_VOUCHERS"}}},
				{{"name", "$is_not", []string{"a"}}, {"id", "$not_in", []string{"camp_tpl_01", "camp_tpl_02"}}, {"name", "$is_unknown", []string{""}}},
				{{"id", "$ends_with", []string{"1"}}, {"id", "$ends_with", []string{"1"}}, {"name", "$has_value", []string{""}}, {"campaign_type", "$not_contain", []string{"GIFT"}}},
			} {
				try(Filters{either: either, conditions: conditions})
			}
			try(Filters{either: either})
		}
	})
}

func TestPagesFollowOneAnotherInEitherOrder(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		apitest.New(t, db, func(*apitest.Server) {})
		for _, id := range []string{"camp_tpl_3", "camp_tpl_1", "camp_tpl_5", "camp_tpl_2", "camp_tpl_4"} {
			made := &CampaignTemplate{ID: id, Name: id, CampaignType: GiftVouchers}
			if err := (Store{}).Insert(t.Context(), db, apitest.ProjectID, made, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
		odd := Filters{conditions: []condition{{"name", "$not_in", []string{"camp_tpl_2", "camp_tpl_4"}}}}
		for _, c := range []struct {
			page Page
			want string // one more than the limit
		}{
			{Page{Limit: 10}, "1 2 3 4 5"}, {Page{Limit: 2}, "1 2 3"}, {Page{Limit: 2, After: "camp_tpl_2"}, "3 4 5"}, {Page{Limit: 2, After: "camp_tpl_5"}, ""},
			{Page{Limit: 2, Descending: true}, "5 4 3"}, {Page{Limit: 9, Descending: true, After: "camp_tpl_3"}, "2 1"},
			{Page{Limit: 1, Filters: odd}, "1 3"}, {Page{Limit: 1, Filters: odd, After: "camp_tpl_2"}, "3 5"}, {Page{Limit: 5, Filters: odd, Descending: true, After: "camp_tpl_5"}, "3 1"},
			{Page{Limit: 2, After: "camp_tpl_3x"}, "4 5"},
		} {
			got, err := (Store{}).Page(t.Context(), db, apitest.ProjectID, c.page)
			if text := strings.ReplaceAll(strings.Join(ids(got), " "), "camp_tpl_", ""); err != nil || text != c.want {
				t.Errorf("%+v: %s (%v), want %s", c.page, text, err, c.want)
			}
		}
	})
}

func ids(list []*CampaignTemplate) []string {
	out := []string{}
	for _, t := range list {
		out = append(out, t.ID)
	}
	return out
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// FuzzParseFilters holds that whatever filters are accepted lead to SQL with
// one placeholder an argument, in order, and to the very text that harmless
// filters of the same size lead to: so no word of it comes from the caller.
func FuzzParseFilters(f *testing.F) {
	for _, seed := range []string{
		"", "filters[junction]=or&filters[name][conditions][$contains]=Black", "filters[name][conditions][$in][]=a&filters[name][conditions][$in][1]=b",
		"filters[campaign_type][conditions][$is]=GIFT_VOUCHERS&filters[id][conditions][$has_value]", "filters[name][conditions][$is]=');--", "filters[name]=x",
		"filters[name][conditions][$not_contain]=&filters[id][conditions][$starts_with]=$1", "filters[][conditions][$is]=a", "filters]", "filters[name][conditions][$is][]=%00",
	} {
		f.Add(seed, "", false)
	}
	f.Fuzz(func(t *testing.T, query, after string, descending bool) {
		parsed, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		first, err := ParseFilters(parsed)
		second, again := ParseFilters(parsed)
		if !reflect.DeepEqual(first, second) || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Fatalf("%q is read as %+v (%v) and %+v (%v)", query, first, err, second, again)
		}
		if err != nil {
			if !fault.Is(err, fault.InvalidPayload) {
				t.Fatal(err)
			}
			return
		}
		text, args := Page{Limit: 10, After: after, Descending: descending, Filters: first}.query("proj_x")
		marks := placeholder.FindAllString(text, -1)
		if len(marks) != len(args) {
			t.Fatalf("%d placeholders and %d arguments", len(marks), len(args))
		}
		seen := map[string]bool{}
		for _, mark := range marks {
			seen[mark] = true
		}
		for i := range args {
			if !seen["$"+strconv.Itoa(i+1)] {
				t.Fatalf("no placeholder takes argument %d", i+1)
			}
		}
		var harmless Filters
		if rows, _ := first.rows(); len(rows) > 0 {
			harmless.conditions = []condition{{"name", "$in", make([]string, len(rows))}}
		}
		if same, _ := (Page{Limit: 1, After: after, Descending: descending, Filters: harmless}).query("proj_y"); same != text {
			t.Fatalf("%q leads to a text of its own:\n%s", query, text)
		}
		rows, needed := first.rows()
		if len(rows)&(len(rows)-1) != 0 || len(rows) > 128 {
			t.Fatalf("%d rows", len(rows))
		}
		if len(first.conditions) == 0 && len(rows) > 0 || needed > max(1, len(first.conditions)) {
			t.Fatalf("%d conditions, %d rows, %d needed", len(first.conditions), len(rows), needed)
		}
	})
}
