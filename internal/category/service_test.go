package category_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/category"
	"github.com/steward-platform/steward/internal/clock"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
	"github.com/steward-platform/steward/internal/fault"
)

var start = clock.At(apitest.Start)

// rules names one category at most, and remembers what was taken out.
type rules struct {
	used    string
	removed []string
}

func (r *rules) UsesCategory(_ context.Context, _ database.Querier, projectID, id string) (bool, error) {
	return projectID == apitest.ProjectID && id == r.used, nil
}

func (r *rules) RemoveCategory(_ context.Context, _ database.Tx, projectID, id string, _ clock.Timestamp) error {
	r.removed = append(r.removed, projectID+" "+id)
	return nil
}

// house is a service on a fresh database with the tenants of apitest.
func house(t *testing.T, db database.DB) (*apitest.Server, *category.Service, *rules) {
	r := &rules{}
	return apitest.New(t, db, func(*apitest.Server) {}), category.NewService(db, r), r
}

func write(t *testing.T, db database.DB, do func(tx database.Tx) error) error {
	t.Helper()
	return db.Write(t.Context(), do)
}

func create(t *testing.T, db database.DB, s *category.Service, name string, hierarchy int64) *category.Category {
	t.Helper()
	var made *category.Category
	err := write(t, db, func(tx database.Tx) (err error) {
		made, err = s.Create(t.Context(), tx, apitest.ProjectID, category.Definition{Name: name, Hierarchy: hierarchy}, start)
		return err
	})
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return made
}

func TestACategoryIsMadeShownChangedAndDeleted(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		_, s, _ := house(t, db)
		made := create(t, db, s, "Żółty", 3)
		if !strings.HasPrefix(made.ID, "cat_") {
			t.Errorf("its id is %s", made.ID)
		}
		text, err := json.Marshal(made)
		if want := `{"id":"` + made.ID + `","name":"Żółty","hierarchy":3,"created_at":"2026-11-23T10:00:00.000Z","object":"category"}`; err != nil || string(text) != want {
			t.Errorf("%s (%v), want %s", text, err, want)
		}
		if got, err := s.Get(t.Context(), db, apitest.ProjectID, made.ID); err != nil || !reflect.DeepEqual(got, made) {
			t.Errorf("kept as %+v (%v), want %+v", got, err, made)
		}
		var before, after *category.Category
		err = write(t, db, func(tx database.Tx) (err error) {
			before, after, err = s.Update(t.Context(), tx, apitest.ProjectID, made.ID, category.Definition{Name: "Red", Hierarchy: 0}, start+1)
			return err
		})
		if err != nil || !reflect.DeepEqual(before, made) || after.Name != "Red" || after.Hierarchy != 0 || *after.UpdatedAt != start+1 || after.CreatedAt != start {
			t.Errorf("changed from %+v to %+v (%v)", before, after, err)
		}
		if got, err := s.Get(t.Context(), db, apitest.ProjectID, made.ID); err != nil || !reflect.DeepEqual(got, after) {
			t.Errorf("kept as %+v (%v), want %+v", got, err, after)
		}
		err = write(t, db, func(tx database.Tx) (err error) {
			before, err = s.Delete(t.Context(), tx, apitest.ProjectID, made.ID, false, start)
			return err
		})
		if err != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("deleted %+v (%v), want %+v", before, err, after)
		}
		if _, err := s.Get(t.Context(), db, apitest.ProjectID, made.ID); !fault.Is(err, fault.ResourceNotFound) {
			t.Errorf("it is still there: %v", err)
		}
	})
}

func TestCategoriesAreListedByHierarchyThenAge(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, _ := house(t, db)
		for i, c := range []struct {
			id, project string
			hierarchy   int
		}{{"cat_3", apitest.ProjectID, 7}, {"cat_1", apitest.ProjectID, 7}, {"cat_2", apitest.ProjectID, 0}, {"cat_0", apitest.StrangerID, 0}} {
			h.Exec(t, `INSERT INTO categories (id, project_id, name, hierarchy, created_at) VALUES ($1, $2, $3, $4, $5)`, c.id, c.project, fmt.Sprint("same ", i/2), c.hierarchy, start)
		}
		list, err := s.List(t.Context(), db, apitest.ProjectID)
		if got := ids(list); err != nil || !slices.Equal(got, []string{"cat_2", "cat_1", "cat_3"}) {
			t.Errorf("%v (%v)", got, err)
		}
		if list, err = s.List(t.Context(), db, "proj_none"); err != nil || list == nil || len(list) != 0 {
			t.Errorf("of no project: %v (%v)", list, err)
		}
	})
}

func TestACategoryThatBreaksItsBoundsIsRefusedWithEveryViolation(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, _ := house(t, db)
		made := create(t, db, s, "Kept", 1)
		for _, c := range []struct {
			definition category.Definition
			details    string
		}{
			{category.Definition{Name: "", Hierarchy: -1}, "Property .hierarchy must be >= 0; Property .name must NOT have fewer than 1 characters"},
			{category.Definition{Name: strings.Repeat("ż", 256), Hierarchy: 1 << 31}, "Property .hierarchy must be <= 2147483647; Property .name must NOT have more than 255 characters"},
		} {
			for name, do := range map[string]func(tx database.Tx) error{
				"create": func(tx database.Tx) error {
					_, err := s.Create(t.Context(), tx, apitest.ProjectID, c.definition, start)
					return err
				},
				"update": func(tx database.Tx) error {
					_, _, err := s.Update(t.Context(), tx, apitest.ProjectID, made.ID, c.definition, start)
					return err
				},
			} {
				if err := write(t, db, do); !fault.Is(err, fault.InvalidPayload) || err.Error() != "invalid_payload: "+c.details {
					t.Errorf("%s: %v, want %s", name, err, c.details)
				}
			}
		}
		create(t, db, s, strings.Repeat("ż", category.MaxName), category.MaxHierarchy)
		create(t, db, s, "Kept", 1) // names need not be unique
		if n := h.Count(t, "categories"); n != 3 {
			t.Errorf("%d categories, want 3", n)
		}
	})
}

func TestACategoryIsKnownOnlyInItsProject(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, _ := house(t, db)
		made := create(t, db, s, "Ours", 1)
		for _, at := range []struct{ project, id string }{{apitest.StrangerID, made.ID}, {apitest.ProjectID, "cat_none"}, {"", ""}} {
			for name, do := range map[string]func(tx database.Tx) error{
				"get": func(tx database.Tx) error { _, err := s.Get(t.Context(), tx, at.project, at.id); return err },
				"update": func(tx database.Tx) error {
					_, _, err := s.Update(t.Context(), tx, at.project, at.id, category.Definition{Name: "Theirs"}, start)
					return err
				},
				"delete": func(tx database.Tx) error {
					_, err := s.Delete(t.Context(), tx, at.project, at.id, true, start)
					return err
				},
				"store update": func(tx database.Tx) error {
					return category.Store{}.Update(t.Context(), tx, at.project, &category.Category{ID: at.id})
				},
				"store delete": func(tx database.Tx) error { return category.Store{}.Delete(t.Context(), tx, at.project, at.id) },
			} {
				if err := write(t, db, do); !fault.Is(err, fault.ResourceNotFound) || err.Error() != "not_found: Cannot find category with id "+at.id {
					t.Errorf("%s %v: %v", name, at, err)
				}
			}
		}
		if got, err := s.Get(t.Context(), db, apitest.ProjectID, made.ID); err != nil || got.Name != "Ours" || h.Count(t, "categories") != 1 {
			t.Errorf("it has become %+v (%v)", got, err)
		}
	})
}

func TestACategoryInUseIsDeletedOnlyWithItsPlaceInTheRules(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, rules := house(t, db)
		used, free := create(t, db, s, "Used", 1), create(t, db, s, "Free", 2)
		rules.used = used.ID
		remove := func(id string, too bool) error {
			return write(t, db, func(tx database.Tx) error {
				_, err := s.Delete(t.Context(), tx, apitest.ProjectID, id, too, start)
				return err
			})
		}
		if err := remove(used.ID, false); !fault.Is(err, fault.CategoryInUse) || !strings.Contains(err.Error(), used.ID) || h.Count(t, "categories") != 2 {
			t.Errorf("deleted though it is used: %v", err)
		}
		if err := remove(free.ID, true); err != nil || len(rules.removed) != 0 || h.Count(t, "categories") != 1 {
			t.Errorf("one that is not used: %v, %v", err, rules.removed)
		}
		if err := remove(used.ID, true); err != nil || !slices.Equal(rules.removed, []string{apitest.ProjectID + " " + used.ID}) || h.Count(t, "categories") != 0 {
			t.Errorf("taken out of the rules: %v, %v", err, rules.removed)
		}
	})
}

func TestMissingTellsEachUnknownIDOnce(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, _ := house(t, db)
		var known []string
		for i := range 120 { // more than are looked up at once
			known = append(known, fmt.Sprintf("cat_%03d", i))
			h.Exec(t, `INSERT INTO categories (id, project_id, name, hierarchy, created_at) VALUES ($1, $2, 'Some', 1, $3)`, known[i], apitest.ProjectID, start)
		}
		h.Exec(t, `INSERT INTO categories (id, project_id, name, hierarchy, created_at) VALUES ('cat_theirs', $1, 'Theirs', 1, $2)`, apitest.StrangerID, start)
		for _, c := range []struct{ ids, want []string }{
			{nil, nil},
			{known, nil},
			{[]string{"cat_z", known[7], "cat_a", "cat_z", "cat_theirs", known[7]}, []string{"cat_z", "cat_a", "cat_theirs"}},
			{slices.Concat([]string{"cat_x"}, known, []string{"cat_y", "", "' OR '1'='1"}), []string{"cat_x", "cat_y", "", "' OR '1'='1"}},
		} {
			if got, err := s.Missing(t.Context(), db, apitest.ProjectID, c.ids); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("of %d: %q (%v), want %q", len(c.ids), got, err, c.want)
			}
		}
	})
}

func TestACloneHasCategoriesOfItsOwnInTheSameOrder(t *testing.T) {
	t.Parallel()
	databasetest.Each(t, func(t *testing.T, db database.DB) {
		h, s, _ := house(t, db)
		h.AddProject(t, apitest.OrganizationID, "proj_copy")
		for i, name := range []string{"B", "A", "C"} {
			create(t, db, s, name, int64(i/2))
		}
		var became map[string]string
		err := write(t, db, func(tx database.Tx) (err error) {
			became, err = s.CopyCategories(t.Context(), tx, apitest.ProjectID, "proj_copy", start+9)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		old, _ := s.List(t.Context(), db, apitest.ProjectID)
		copies, _ := s.List(t.Context(), db, "proj_copy")
		if len(old) != 3 || len(copies) != 3 || len(became) != 3 {
			t.Fatalf("%d, %d and %d, want 3 of each", len(old), len(copies), len(became))
		}
		for i := range old {
			if became[old[i].ID] != copies[i].ID || old[i].ID == copies[i].ID || old[i].Definition != copies[i].Definition || copies[i].CreatedAt != start+9 || copies[i].UpdatedAt != nil {
				t.Errorf("%+v became %+v", old[i], copies[i])
			}
		}
	})
}

func TestEveryChangeOfACategoryIsTold(t *testing.T) {
	t.Parallel()
	db := databasetest.Open(t, database.SQLite) // tells within the process, at once
	_, s, _ := house(t, db)
	var told []database.Change
	db.Changes().Subscribe(func(c database.Change) { told = append(told, c) })
	made := create(t, db, s, "A", 1)
	for _, do := range []func(tx database.Tx) error{
		func(tx database.Tx) error {
			_, _, err := s.Update(t.Context(), tx, apitest.ProjectID, made.ID, category.Definition{Name: "B"}, start)
			return err
		},
		func(tx database.Tx) error { // nothing changes, so nothing is told
			before, after, err := s.Update(t.Context(), tx, apitest.ProjectID, made.ID, category.Definition{Name: "B"}, start)
			if before != after {
				t.Errorf("%+v became %+v", before, after)
			}
			return err
		},
		func(tx database.Tx) error {
			_, err := s.Delete(t.Context(), tx, apitest.ProjectID, made.ID, false, start)
			return err
		},
	} {
		if err := write(t, db, do); err != nil {
			t.Fatal(err)
		}
	}
	want := database.Change{Topic: database.TopicConfiguration, Key: apitest.ProjectID}
	if !slices.Equal(told, []database.Change{want, want, want}) {
		t.Errorf("told %v", told)
	}
}

func ids(list []*category.Category) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.ID)
	}
	return out
}
