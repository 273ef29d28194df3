package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Encoded is a T that was written as JSON once, to be answered many times.
type Encoded[T any] struct {
	Body []byte
	ETag string
}

// Encode writes v as every answer is written.
func Encode[T any](v T) (Encoded[T], error) {
	body, err := encode(v)
	return Encoded[T]{body, etag(body)}, err
}

// Schema is that of T.
func (Encoded[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

func (e Encoded[T]) written() (body []byte, etag string) { return e.Body, e.ETag }

// encoded is an Encoded of whatever type.
type encoded interface {
	written() (body []byte, etag string)
}
