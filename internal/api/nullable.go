package api

import (
	"maps"

	"github.com/danielgtaylor/huma/v2"
)

// OrNull returns a copy of an object's schema in which the named members, which
// are objects themselves, may be null as well. Types say so in their
// TransformSchema: a tag can say it only of members that are no objects.
func OrNull(r huma.Registry, s *huma.Schema, names ...string) *huma.Schema {
	c := *resolve(r, s)
	properties := maps.Clone(c.Properties)
	for _, name := range names {
		p := *resolve(r, properties[name])
		p.Nullable = true
		properties[name] = &p
	}
	c.Properties = properties
	return &c
}
