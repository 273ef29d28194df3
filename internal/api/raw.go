package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Raw is an answer in another form than JSON. Write may write piece by piece;
// if it fails after the first byte the connection is cut, so that nobody takes
// a part for the whole.
type Raw struct {
	ContentType string
	Write       func(ctx context.Context, w io.Writer) error
}

// Or is the result of an operation that answers with a T in JSON or, where the
// caller asks for it (see Call.Prefers), in another form. Operations that use
// it name the other form in Produces.
type Or[T any] struct {
	JSON T
	Raw  *Raw // answered instead of JSON unless it is nil
}

// Schema is the schema of the JSON form.
func (Or[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

func (o Or[T]) form() (any, *Raw) { return o.JSON, o.Raw }

// formed is an Or of whatever type.
type formed interface{ form() (any, *Raw) }

// errCutOff marks an answer that broke off after it had begun.
var errCutOff = errors.New("the answer broke off")

// Prefers reports whether the Accept header names the media type, and JSON
// either not at all or with a lower quality (RFC 9110). A wildcard names
// nothing: who takes anything gets JSON.
func (c *Call) Prefers(media string) bool {
	var wanted, plain float64
	for _, line := range c.Request.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			name, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, ok := params["q"]; ok {
				if quality, err = strconv.ParseFloat(q, 64); err != nil {
					continue
				}
			}
			switch name {
			case media:
				wanted = max(wanted, quality)
			case "application/json":
				plain = max(plain, quality)
			}
		}
	}
	return wanted > plain
}
