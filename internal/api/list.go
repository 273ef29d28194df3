package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// List is the answer of every list (CONTRACT 1).
type List[T any] struct {
	Object  string `json:"object" enum:"list" doc:"Always list."`
	DataRef string `json:"data_ref" enum:"data" doc:"Names the member that holds the entries: data."`
	Data    []T    `json:"data" nullable:"false" doc:"The entries."`
	Total   int    `json:"total" minimum:"0" doc:"How many entries there are in all."`
}

// All returns the list that holds all there is.
func All[T any](entries []T) List[T] { return Page(entries, len(entries)) }

// Page returns the list that holds some of the total entries.
func Page[T any](entries []T, total int) List[T] {
	if entries == nil {
		entries = []T{}
	}
	return List[T]{Object: "list", DataRef: "data", Data: entries, Total: total}
}

// Stream is a List too long to hold at once: its entries are written as they
// are read.
type Stream[T any] struct {
	Total int
	// Each calls yield for every entry, and returns its own or yield's error.
	Each func(ctx context.Context, yield func(T) error) error
}

func (Stream[T]) isList() {}

// Schema is the schema of the List that the stream writes.
func (Stream[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[List[T]](), true, "")
}

// WriteTo writes the list. If it fails half-way, what was written is no
// complete JSON, so that nobody takes a part for the whole.
func (s Stream[T]) WriteTo(ctx context.Context, w io.Writer) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	buf.WriteString(`{"object":"list","data_ref":"data","data":[`)
	first := true
	err := s.Each(ctx, func(entry T) error {
		if !first {
			buf.WriteByte(',')
		}
		first = false
		if err := enc.Encode(entry); err != nil {
			return err
		}
		if buf.Len() < streamChunk {
			return nil
		}
		_, err := buf.WriteTo(w)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(&buf, "],\"total\":%d}\n", s.Total)
	_, err = buf.WriteTo(w)
	return err
}

// NDJSON is the media type of exports: a JSON value on each line.
const NDJSON = "application/x-ndjson"

// Lines is an export: what each yields, one JSON value a line. each calls
// yield for every entry, and returns its own or yield's error.
func Lines[T any](each func(ctx context.Context, yield func(T) error) error) *Raw {
	return &Raw{ContentType: NDJSON, Write: func(ctx context.Context, w io.Writer) error {
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		err := each(ctx, func(entry T) error {
			if err := enc.Encode(entry); err != nil || buf.Len() < streamChunk {
				return err
			}
			_, err := buf.WriteTo(w)
			return err
		})
		if err != nil {
			return err
		}
		_, err = buf.WriteTo(w)
		return err
	}}
}

// streamChunk is how many bytes are gathered before they are written.
const streamChunk = 32 << 10
