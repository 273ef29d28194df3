package branding

import (
	"context"
	"io"
	"net/http"

	"github.com/steward-platform/steward/internal/api"
	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
	"github.com/steward-platform/steward/internal/ident"
)

const (
	collection = "/management/v1/projects/{projectId}/branding"
	single     = collection + "/{brandingId}"

	current = "/v1/branding"
)

type inProject struct {
	ProjectID string `path:"projectId" doc:"The project."`
}

type oneBrand struct {
	ProjectID  string `path:"projectId" doc:"The project."`
	BrandingID string `path:"brandingId" doc:"The brand."`
}

type create struct {
	ProjectID string `path:"projectId" doc:"The project."`
	Body      BrandingCreate
}

type update struct {
	ProjectID  string `path:"projectId" doc:"The project."`
	BrandingID string `path:"brandingId" doc:"The brand."`
	Body       BrandingUpdate
	RawBody    []byte
}

type inFormat struct {
	Format FooterFormat `query:"format" enum:"html,text" default:"html" doc:"The form of the footer: html or text."`
}

// BrandingFooter is a footer, for callers who ask for JSON.
type BrandingFooter struct {
	Object  string       `json:"object" enum:"branding_footer" doc:"Always branding_footer."`
	Format  FooterFormat `json:"format" enum:"html,text" doc:"The form of the content."`
	Content string       `json:"content" doc:"The footer, escaped as its form needs it." example:"Acme\n\n1 Main Street, 40-246 Katowice, Poland\n"`
}

// Register adds the operations on brands.
func Register(r *api.Router, s *Service) {
	registerManagement(r, s)
	registerProject(r, s)
}

// registerProject adds what the Project API shows of the brand.
func registerProject(r *api.Router, s *Service) {
	op := api.Operation{
		Door: api.Project, Tag: "Branding", Permission: ident.SettingsRead, Method: http.MethodGet, Faults: []*fault.Code{fault.ResourceNotFound},
	}

	get := op
	get.ID, get.Path = "get-branding", current
	get.Summary = "Get the brand"
	get.Description = "Shows the project's brand."
	api.Read(r, get, func(ctx context.Context, _ database.Querier, c *api.Call, _ *struct{}) (*Branding, error) {
		return s.Current(ctx, c.ProjectID)
	})

	foot := op
	foot.ID, foot.Path, foot.Produces = "get-branding-footer", current+"/footer", "text/html, text/plain"
	foot.Summary = "Get the footer for e-mails"
	foot.Description = "Answers with the footer that the brand's e-mails carry, ready to be put into one: as HTML, in which every text is escaped, or as plain text. " +
		"Callers whose Accept header names application/json get it inside a JSON object."
	api.Read(r, foot, func(ctx context.Context, _ database.Querier, c *api.Call, in *inFormat) (api.Or[BrandingFooter], error) {
		b, err := s.Current(ctx, c.ProjectID)
		if err != nil {
			return api.Or[BrandingFooter]{}, err
		}
		content, media := b.Footer(in.Format), in.Format.media()
		if c.Prefers("application/json") && !c.Prefers(media) {
			return api.Or[BrandingFooter]{JSON: BrandingFooter{Object: "branding_footer", Format: in.Format, Content: content}}, nil
		}
		c.Header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'") // it is for e-mails, not a page of ours
		return api.Or[BrandingFooter]{Raw: &api.Raw{
			ContentType: media + "; charset=utf-8",
			Write: func(_ context.Context, w io.Writer) error {
				_, err := io.WriteString(w, content)
				return err
			},
		}}, nil
	})
}

func (f FooterFormat) media() string {
	if f == FooterHTML {
		return "text/html"
	}
	return "text/plain"
}

func registerManagement(r *api.Router, s *Service) {
	op := api.Operation{Door: api.Management, Tag: "Branding", Resource: "branding", Permission: ident.SettingsRead}

	list := op
	list.ID, list.Method, list.Path = "list-brands", http.MethodGet, collection
	list.Summary = "List brands"
	list.Description = "Lists the project's brand: one entry, or none if no brand has been made."
	api.Read(r, list, func(ctx context.Context, q database.Querier, _ *api.Call, in *inProject) (api.List[*Branding], error) {
		brands, err := s.List(ctx, q, in.ProjectID)
		return api.All(brands), err
	})

	get := op
	get.ID, get.Method, get.Path = "get-brand", http.MethodGet, single
	get.Summary = "Get a brand"
	get.Description = "Shows one brand."
	api.Read(r, get, func(ctx context.Context, q database.Querier, _ *api.Call, in *oneBrand) (*Branding, error) {
		return s.Get(ctx, q, in.ProjectID, in.BrandingID)
	})

	op.Permission = ident.SettingsWrite
	post := op
	post.ID, post.Method, post.Path = "create-brand", http.MethodPost, collection
	post.Summary = "Create a brand"
	post.Description = "Makes the project's brand. A project has at most one; change it with an update."
	post.Faults = []*fault.Code{fault.BrandingExist}
	api.Write(r, post, func(ctx context.Context, tx database.Tx, c *api.Call, in *create) (*Branding, error) {
		b, err := s.Create(ctx, tx, in.ProjectID, in.Body.Document, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, b.ID, nil, b)
		return b, nil
	})

	put := op
	put.ID, put.Method, put.Path = "update-brand", http.MethodPut, single
	put.Summary = "Update a brand"
	put.Description = "Changes what is sent and leaves the rest as it is. Null clears what may be null."
	api.Write(r, put, func(ctx context.Context, tx database.Tx, c *api.Call, in *update) (*Branding, error) {
		before, after, err := s.Update(ctx, tx, in.ProjectID, in.BrandingID, in.RawBody, c.Now)
		if err != nil {
			return nil, err
		}
		c.Record(kind, after.ID, before, after)
		return after, nil
	})

	del := op
	del.ID, del.Method, del.Path, del.Status = "delete-brand", http.MethodDelete, single, http.StatusNoContent
	del.Summary = "Delete a brand"
	del.Description = "Removes the brand for good."
	api.Write(r, del, func(ctx context.Context, tx database.Tx, c *api.Call, in *oneBrand) (api.None, error) {
		b, err := s.Delete(ctx, tx, in.ProjectID, in.BrandingID)
		if err != nil {
			return api.None{}, err
		}
		c.Record(kind, b.ID, b, nil)
		return api.None{}, nil
	})
}
