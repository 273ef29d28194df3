package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/api/apitest"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/database/databasetest"
)

func startRaw(t *testing.T) *apitest.Server {
	return apitest.New(t, databasetest.Open(t, database.SQLite), func(s *apitest.Server) {
		op := api.Operation{
			ID: "get-form", Method: http.MethodGet, Path: "/management/v1/form", Door: api.Management, Produces: "text/csv",
			Tag: "Forms", Resource: "forms", Summary: "s", Description: "d",
		}
		api.Read(s.Router, op, func(_ context.Context, _ database.Querier, c *api.Call, in *struct {
			Fail bool `query:"fail" doc:"Whether to fail half-way."`
		},
		) (api.Or[Note], error) {
			out := api.Or[Note]{JSON: Note{Name: "a", Size: 1, Tags: []string{}}}
			if c.Prefers("text/csv") {
				out.Raw = &api.Raw{ContentType: "text/csv; charset=utf-8", Write: func(_ context.Context, w io.Writer) error {
					if _, err := io.WriteString(w, "name\n"); err != nil || in.Fail {
						return errors.Join(err, errors.New("broken"))
					}
					_, err := io.WriteString(w, "a\n")
					return err
				}}
			}
			return out, nil
		})
	})
}

func TestAnAnswerTakesTheFormThatTheCallerPrefers(t *testing.T) {
	t.Parallel()
	s := startRaw(t)
	for accept, csv := range map[string]bool{
		"":                                     false,
		"*/*":                                  false,
		"application/json":                     false,
		"text/csv":                             true,
		"Text/CSV; charset=utf-8":              true,
		"application/json, text/csv":           false,
		"application/json;q=0.5, text/csv":     true,
		"text/csv;q=0":                         false,
		"text/csv;q=much":                      false,
		"text/html, text/csv;q=0.9, */*;q=0.8": true,
	} {
		r := s.Do(t, "GET", "/management/v1/form", nil, "Accept", accept)
		if r.Status != 200 || r.Header.Get("Vary") != "Accept" {
			t.Errorf("Accept %q: status %d, Vary %q", accept, r.Status, r.Header.Get("Vary"))
		}
		media, body := r.Header.Get("Content-Type"), string(r.Body)
		if csv && (media != "text/csv; charset=utf-8" || body != "name\na\n" || r.Header.Get("ETag") != "") {
			t.Errorf("Accept %q: %s %q, want CSV without an ETag", accept, media, body)
		}
		if !csv && (media != "application/json; charset=utf-8" || r.String(t, "name") != "a" || r.Header.Get("ETag") == "") {
			t.Errorf("Accept %q: %s %q, want JSON with an ETag", accept, media, body)
		}
	}
}

func TestAnAnswerThatBreaksOffIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	s := startRaw(t)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/management/v1/form?fail=true", nil)
	req.RequestURI = ""
	req.Header.Set("Accept", "text/csv")
	req.Header.Set("X-Management-Id", apitest.Key)
	req.Header.Set("X-Management-Token", "secret")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // cut before the header: nobody can take that for an answer
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the answer %q ends as if it were whole", body)
	}
}

func TestTheDocumentNamesBothForms(t *testing.T) {
	t.Parallel()
	s := startRaw(t)
	content := s.Router.OpenAPI(api.Management).Paths["/management/v1/form"].Get.Responses["200"].Content
	if content["text/csv"] == nil || content["application/json"] == nil || content["application/json"].Schema.Ref != "#/components/schemas/Note" {
		t.Errorf("the document names %v", content)
	}
}
