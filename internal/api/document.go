package api

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/steward-platform/steward/internal/fault"
)

// Version is the version of the API that the OpenAPI documents tell.
const Version = "1.0.0"

func newDocument(door Door, registry huma.Registry) *huma.OpenAPI {
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Version: Version,
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers:    []*huma.Server{{URL: "/", Description: "This server."}},
		Components: &huma.Components{Schemas: registry},
	}
	session := &huma.SecurityScheme{Type: "apiKey", In: "cookie", Name: "steward_session", Description: "A console session, with its user's own permissions."}
	switch door {
	case Management:
		doc.Info.Title = "Steward Management API"
		doc.Info.Description = "Sets up promotion projects by program: settings, users, metadata and custom event schemas, webhooks, stacking rules, branding and campaign templates.\n\n" +
			"Authenticate with the headers `X-Management-Id` and `X-Management-Token` of a Management API key, minted by an owner of the organization in Team settings."
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
			"ManagementId":    {Type: "apiKey", In: "header", Name: "X-Management-Id", Description: "The id of a Management API key."},
			"ManagementToken": {Type: "apiKey", In: "header", Name: "X-Management-Token", Description: "The token of that key."},
			"Session":         session,
		}
		doc.Security = []map[string][]string{{"ManagementId": {}, "ManagementToken": {}}, {"Session": {}}}
	case Project:
		doc.Info.Title = "Steward Project API"
		doc.Info.Description = "What engines and shops use of a project: its schemas judge metadata and events, its stacking rules price orders, its brand signs e-mails.\n\n" +
			"Servers authenticate with the headers `X-App-Id` and `X-App-Token` of the project's server-side key. Pages use the operations under `/client` with a client-side key, " +
			"from an origin that the project trusts; they make at most 5 calls in 5 seconds from one address."
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
			"AppId":       {Type: "apiKey", In: "header", Name: "X-App-Id", Description: "The id of a server-side key."},
			"AppToken":    {Type: "apiKey", In: "header", Name: "X-App-Token", Description: "The token of that key."},
			"ClientId":    {Type: "apiKey", In: "header", Name: headerClientID, Description: "The id of a client-side key."},
			"ClientToken": {Type: "apiKey", In: "header", Name: headerClientToken, Description: "The token of that key."},
		}
		doc.Security = []map[string][]string{{"AppId": {}, "AppToken": {}}}
	case Team:
		doc.Info.Title = "Steward Team API"
		doc.Info.Description = "What people do in the console: sign in, mint Management API keys, look at usage and the audit log. It takes a console session only."
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"Session": session}
		doc.Security = []map[string][]string{{"Session": {}}}
	}
	return doc
}

// openSchemas allows members that no schema names: clients of newer contracts
// keep working (CONTRACT 2).
func (s *surface) openSchemas() {
	for _, schema := range s.registry.Map() {
		open(schema)
	}
	for _, schema := range s.extra {
		open(schema)
	}
}

func open(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.AdditionalProperties == false {
		s.AdditionalProperties = nil
	}
	for _, p := range s.Properties {
		open(p)
	}
	open(s.Items)
	if ap, ok := s.AdditionalProperties.(*huma.Schema); ok {
		open(ap)
	}
	for _, group := range [][]*huma.Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, p := range group {
			open(p)
		}
	}
}

// document adds an operation to the OpenAPI document. single tells that the
// path is that of a single resource, which a GET shows.
func (s *surface) document(op *Operation, out reflect.Type, params []*huma.Param, payload *huma.Schema, single bool) {
	o := &huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description,
		Tags: []string{op.Tag}, Parameters: append(params, headerParams(op, single)...), Responses: map[string]*huma.Response{},
	}
	switch op.Door {
	case Open:
		o.Security = []map[string][]string{{}}
	case ClientSide:
		o.Security = []map[string][]string{{"ClientId": {}, "ClientToken": {}}}
	}
	if payload != nil {
		o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: payload}}}
	}
	success := &huma.Response{Description: "Success.", Headers: answerHeaders(op)}
	if op.Status == http.StatusNoContent {
		success.Description = "Done; there is nothing to show."
	} else {
		success.Content = map[string]*huma.MediaType{"application/json": {Schema: s.registry.Schema(out, true, op.ID+"-answer")}}
		if op.Produces != "" {
			for media := range strings.SplitSeq(op.Produces, ", ") {
				success.Content[media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
			}
		}
	}
	o.Responses[strconv.Itoa(op.Status)] = success
	for status, codes := range faultsOf(op, params) {
		o.Responses[strconv.Itoa(status)] = s.faultResponse(codes)
	}
	s.doc.AddOperation(o)
}

func headerParams(op *Operation, single bool) []*huma.Param {
	text := &huma.Schema{Type: huma.TypeString}
	var params []*huma.Param
	switch {
	case op.computes:
	case op.Method == http.MethodGet:
		params = append(params, &huma.Param{Name: "If-None-Match", In: "header", Schema: text, Description: "Answer 304 if the resource still has this ETag."})
	default:
		if op.Door != Open {
			limit := maxIdempotencyKey
			params = append(params, &huma.Param{
				Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: &limit},
				Description: "Makes it safe to send the request again: within 24 hours the same key and body get the stored answer.",
			})
		}
		if single && op.Method != http.MethodPost {
			params = append(params, &huma.Param{Name: "If-Match", In: "header", Schema: text, Description: "Do it only if the resource still has this ETag; else answer 412."})
		}
	}
	return params
}

func answerHeaders(op *Operation) map[string]*huma.Param {
	integer, text := &huma.Schema{Type: huma.TypeInteger}, &huma.Schema{Type: huma.TypeString}
	h := map[string]*huma.Param{"X-Request-Id": {Schema: text, Description: "Identifies the call."}}
	if op.metered() {
		h["X-Rate-Limit-Limit"] = &huma.Param{Schema: integer, Description: "Calls allowed in the window that is nearest to its limit."}
		h["X-Rate-Limit-Remaining"] = &huma.Param{Schema: integer, Description: "Calls left in that window."}
		h["X-Rate-Limit-Retry"] = &huma.Param{Schema: integer, Description: "Seconds until that window ends."}
	}
	return h
}

// faultsOf groups by status what the runner and the operation can answer.
func faultsOf(op *Operation, params []*huma.Param) map[int][]*fault.Code {
	codes := append([]*fault.Code{fault.InternalError, fault.Unavailable}, op.Faults...)
	if op.Door != Open {
		codes = append(codes, fault.Unauthorized, fault.Forbidden)
	}
	if op.metered() {
		codes = append(codes, fault.TooManyRequests)
	}
	if op.Door == Management {
		codes = append(codes, fault.MissingFeature)
	}
	if slices.ContainsFunc(params, func(p *huma.Param) bool { return p.In == "path" }) {
		codes = append(codes, fault.ResourceNotFound)
	}
	if op.Method != http.MethodGet {
		codes = append(codes, fault.InvalidPayload)
		if op.Door != Open && !op.computes {
			codes = append(codes, fault.IdempotencyKeyReused)
		}
		if op.Method != http.MethodDelete {
			codes = append(codes, fault.PayloadTooLarge, fault.UnsupportedMediaType)
		}
		if op.Method != http.MethodPost {
			codes = append(codes, fault.PreconditionFailed)
		}
	} else if slices.ContainsFunc(params, func(p *huma.Param) bool { return p.In == "query" }) {
		codes = append(codes, fault.InvalidPayload)
	}
	grouped := map[int][]*fault.Code{}
	for _, c := range codes {
		if s := statusOf(c); !slices.Contains(grouped[s], c) {
			grouped[s] = append(grouped[s], c)
		}
	}
	return grouped
}

func (s *surface) faultResponse(codes []*fault.Code) *huma.Response {
	keys := map[string]*huma.Example{}
	for _, c := range codes {
		keys[c.Key] = &huma.Example{Summary: c.Message, Value: map[string]any{
			"code": statusOf(c), "key": c.Key, "message": c.Message, "details": "…", "request_id": "v-0f0f62fe19ccdbd8bc",
		}}
	}
	return &huma.Response{
		Description: "Error: `" + strings.Join(slices.Sorted(maps.Keys(keys)), "`, `") + "`.",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: s.registry.Schema(reflect.TypeFor[Problem](), true, ""), Examples: keys}},
	}
}

// metered reports whether keys call the operation, whose calls are limited.
func (op *Operation) metered() bool {
	return op.Door == Management || op.Door == Project || op.Door == ClientSide
}

// OpenAPI returns the document of a door, one of Documents. Call it after
// Handler.
func (r *Router) OpenAPI(door Door) *huma.OpenAPI { return r.surfaces[door].doc }
