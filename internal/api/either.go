package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Either is the result of an operation that answers with one of two things,
// which the call decides. Make it with One or Other.
type Either[A, B any] struct{ value any }

// One answers with the first.
func One[A, B any](a A) Either[A, B] { return Either[A, B]{a} }

// Other answers with the second.
func Other[A, B any](b B) Either[A, B] { return Either[A, B]{b} }

// Schema is that of both.
func (Either[A, B]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[A](), true, ""), r.Schema(reflect.TypeFor[B](), true, ""),
	}}
}

func (e Either[A, B]) chosen() any { return e.value }

// either is an Either of whatever types.
type either interface{ chosen() any }
