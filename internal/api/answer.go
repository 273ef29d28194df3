package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/steward-platform/steward/internal/database"
	"github.com/steward-platform/steward/internal/fault"
)

// Streamer is a result that writes itself piece by piece, for lists too large
// to hold at once.
type Streamer interface {
	WriteTo(ctx context.Context, w io.Writer) error
}

// answer is a success, ready to be written.
type answer struct {
	status   int
	body     []byte
	stream   Streamer
	raw      *Raw
	varies   bool // the form depends on the Accept header
	etag     string
	replayed bool
}

func newAnswer(op *Operation, out any) (*answer, error) {
	a := &answer{status: op.Status}
	if a.status == http.StatusNoContent {
		return a, nil
	}
	if e, ok := out.(either); ok {
		out = e.chosen()
	}
	if f, ok := out.(formed); ok {
		a.varies = true
		if out, a.raw = f.form(); a.raw != nil {
			return a, nil
		}
	}
	if s, ok := out.(Streamer); ok {
		a.stream = s
		return a, nil
	}
	if e, ok := out.(encoded); ok {
		a.body, a.etag = e.written()
		return a, nil
	}
	var err error
	if a.body, err = encode(out); err != nil {
		return nil, err
	}
	if single(out) && !op.NoETag {
		a.etag = etag(a.body)
	}
	return a, nil
}

// encode writes JSON as the API does: no HTML escapes, a line feed at the end.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("cannot encode the answer: %w", err)
	}
	return buf.Bytes(), nil
}

// listed is what a List says of itself; everything else is a single resource.
type listed interface{ isList() }

func (List[T]) isList() {}

func single(out any) bool {
	_, isList := out.(listed)
	return !isList
}

// etag is a fingerprint of what the client sees, so it changes exactly when
// that does.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}

// matches reports whether a tag is among those of an If-Match or If-None-Match
// header. If-Match compares strongly: a weak tag never matches (RFC 9110).
func matches(header []string, tag string, strong bool) bool {
	for _, line := range header {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if !strong {
				candidate = strings.TrimPrefix(candidate, "W/")
			}
			if candidate == "*" || candidate == tag {
				return true
			}
		}
	}
	return false
}

// checkMatch holds an If-Match header against the resource as q sees it.
func (r *Router) checkMatch(ctx context.Context, q database.Querier, op *Operation, c *Call, req *http.Request) error {
	want := req.Header.Values("If-Match")
	if len(want) == 0 {
		return nil
	}
	read, ok := r.reads[op.Path]
	if !ok {
		return nil
	}
	current, err := read(ctx, q, c, req)
	if err != nil {
		return err
	}
	if !single(current) {
		return nil
	}
	body, err := encode(current)
	if err != nil {
		return err
	}
	if tag := etag(body); !matches(want, tag, true) {
		return fault.New(fault.PreconditionFailed, "The resource has changed: its ETag is %s", tag)
	}
	return nil
}

func (a *answer) write(ctx context.Context, w http.ResponseWriter, req *http.Request) error {
	h := w.Header()
	if a.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if a.varies {
		h.Add("Vary", "Accept")
	}
	if a.etag != "" {
		h.Set("ETag", a.etag)
		if req.Method != http.MethodPut && req.Method != http.MethodPost && matches(req.Header.Values("If-None-Match"), a.etag, false) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return nil
	}
	if a.raw != nil {
		h.Set("Content-Type", a.raw.ContentType)
		w.WriteHeader(a.status)
		defer patient{w}.end()
		if err := a.raw.Write(ctx, patient{w}); err != nil {
			return errors.Join(errCutOff, err)
		}
		return nil
	}
	h.Set("Content-Type", contentTypeJSON)
	if a.stream != nil {
		w.WriteHeader(a.status)
		defer patient{w}.end()
		if err := a.stream.WriteTo(ctx, patient{w}); err != nil {
			return errors.Join(errCutOff, err)
		}
		return nil
	}
	w.WriteHeader(a.status)
	_, err := w.Write(a.body) //nolint:gosec // JSON, with its content type and nosniff: no browser renders it
	return err
}

// patient writes a long answer for as long as its reader takes some of it now
// and then.
type patient struct{ http.ResponseWriter }

// readerPatience is how long a reader may take for one piece.
const readerPatience = 30 * time.Second

// Write gives the reader its time.
func (p patient) Write(piece []byte) (int, error) {
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Now().Add(readerPatience)) // what has no deadlines is no connection
	return p.ResponseWriter.Write(piece)
}

// end gives the next answer on the connection all the time it needs.
func (p patient) end() {
	_ = http.NewResponseController(p.ResponseWriter).SetWriteDeadline(time.Time{})
}

const contentTypeJSON = "application/json; charset=utf-8"

// Problem is the body of every error (CONTRACT 2).
type Problem struct {
	Code         int    `json:"code" doc:"The HTTP status." example:"404"`
	Key          string `json:"key" doc:"Names the kind of error; stable." example:"not_found"`
	Message      string `json:"message" doc:"The kind of error, for people." example:"Resource not found"`
	Details      string `json:"details" doc:"What was wrong, where, and what would be right." example:"Cannot find project with id proj_01kaqm5f3ve0rabpx1v0p2xwz8"`
	RequestID    string `json:"request_id" doc:"Identifies the call in the server's log." example:"v-0f0f62fe19ccdbd8bc"`
	ResourceID   string `json:"resource_id,omitempty" doc:"The resource that is meant, if one is."`
	ResourceType string `json:"resource_type,omitempty" doc:"The kind of that resource."`
}

// WriteFault answers with an error. The text of an error that is not a fault
// goes to the log alone, under the request id.
func WriteFault(w http.ResponseWriter, log *slog.Logger, requestID string, err error) int {
	f := asFault(err)
	status := statusOf(f.Code)
	if status >= http.StatusInternalServerError {
		log.Error("call failed", "request_id", requestID, "error", err)
	}
	body, encodeErr := encode(Problem{
		Code: status, Key: f.Code.Key, Message: f.Code.Message, Details: f.Details,
		RequestID: requestID, ResourceID: f.ResourceID, ResourceType: f.ResourceType,
	})
	if encodeErr != nil { // a struct of strings always encodes
		log.Error("cannot write an error", "request_id", requestID, "error", encodeErr)
	}
	w.Header().Set("Content-Type", contentTypeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone away needs no answer
	return status
}

func asFault(err error) *fault.Error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, database.ErrBusy), errors.Is(err, database.ErrAway), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.New(fault.Unavailable, "The server is busy; try again in a moment").Because(err)
	}
	return fault.New(fault.InternalError, "Something went wrong on our side; quote the request id when you report it").Because(err)
}

// statusOf is the only place where a kind of fault becomes an HTTP status.
func statusOf(code *fault.Code) int {
	switch code.Kind {
	case fault.KindInvalid:
		return http.StatusBadRequest
	case fault.KindUnauthorized:
		return http.StatusUnauthorized
	case fault.KindPaymentRequired:
		return http.StatusPaymentRequired
	case fault.KindForbidden:
		return http.StatusForbidden
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	case fault.KindGone:
		return http.StatusGone
	case fault.KindPreconditionFailed:
		return http.StatusPreconditionFailed
	case fault.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.KindUnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case fault.KindTooMany:
		return http.StatusTooManyRequests
	case fault.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
