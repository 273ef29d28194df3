package api

import (
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Require returns a copy of an object's schema in which exactly the named
// members are required, "brand.name" being the member name of the member
// brand. Types that share their fields between an answer (which has them all)
// and a body (which need not) say so with it, in their TransformSchema.
// What stands in arrays and maps keeps its own requirements.
func Require(r huma.Registry, s *huma.Schema, names ...string) *huma.Schema {
	if s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	c := *s
	c.Required = nil
	c.Properties = make(map[string]*huma.Schema, len(s.Properties))
	for name, p := range s.Properties {
		c.Properties[name] = requireIn(r, p, name, names)
		if slices.Contains(names, name) {
			c.Required = append(c.Required, name)
		}
	}
	slices.Sort(c.Required)
	return &c
}

func requireIn(r huma.Registry, p *huma.Schema, name string, names []string) *huma.Schema {
	target := p
	if p.Ref != "" {
		target = r.SchemaFromRef(p.Ref)
	}
	if target.Type != huma.TypeObject || len(target.Properties) == 0 {
		return p
	}
	var inner []string
	for _, n := range names {
		if rest, ok := strings.CutPrefix(n, name+"."); ok {
			inner = append(inner, rest)
		}
	}
	c := Require(r, target, inner...)
	if p.Description != "" {
		c.Description = p.Description
	}
	return c
}
