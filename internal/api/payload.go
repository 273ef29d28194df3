package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/steward-platform/steward/internal/fault"
)

// maxDepth bounds how deep arrays and objects of a payload may nest. The
// deepest documented payload has six levels.
const maxDepth = 32

// parse reads a payload as one JSON value and refuses what no store could
// keep: invalid UTF-8, NUL characters, numbers beyond double precision.
func parse(body []byte) (any, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, fault.Invalid("Payload must be a JSON object; it is empty")
	}
	if at := invalidUTF8(body); at >= 0 {
		return nil, fault.Invalid(fmt.Sprintf("Payload must be UTF-8; byte %d is not", at))
	}
	if at := tooDeep(body); at >= 0 {
		return nil, fault.Invalid(fmt.Sprintf("Payload must not nest deeper than %d levels; it does at byte %d", maxDepth, at))
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, fault.Invalid(describeParse(err, len(body))).Because(err)
	}
	after := dec.InputOffset()
	if rest := bytes.TrimLeft(body[after:], " \t\r\n"); len(rest) > 0 {
		return nil, fault.Invalid(fmt.Sprintf("Payload must be one JSON value; something follows it at byte %d", len(body)-len(rest)))
	}
	var violations []string
	findNUL(doc, "", &violations)
	if len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	return doc, nil
}

func describeParse(err error, size int) string {
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("Payload is not valid JSON: %s at byte %d", syntax.Error(), syntax.Offset)
	case errors.As(err, &mismatch):
		return fmt.Sprintf("Payload holds a number out of range at byte %d", mismatch.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Sprintf("Payload is not valid JSON: it ends too early, at byte %d", size)
	}
	return "Payload is not valid JSON"
}

// describeUnmarshal tells of what a schema cannot express: an integer beyond
// 64 bits, a member given twice, half a surrogate pair.
func describeUnmarshal(err error) string {
	var semantic *jsonv2.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		return subject(propertyPath(semantic.JSONPointer)) + " is out of range or of the wrong type"
	case errors.As(err, &syntactic) && errors.Is(err, jsontext.ErrDuplicateName):
		return subject(propertyPath(syntactic.JSONPointer)) + " must NOT be given twice"
	case errors.As(err, &syntactic): // half a surrogate pair: encoding/json reads over it
		return fmt.Sprintf("Payload is not valid JSON: it cannot be read at byte %d", syntactic.ByteOffset)
	}
	return "Payload cannot be read"
}

func propertyPath(p jsontext.Pointer) string {
	return path(slices.Collect(p.Tokens()))
}

func invalidUTF8(b []byte) int {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// tooDeep returns where a payload nests too deep, or -1. It runs before
// anything recursive sees the payload.
func tooDeep(b []byte) int {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}

func findNUL(v any, path string, violations *[]string) {
	switch v := v.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			*violations = append(*violations, subject(path)+" must not contain a NUL character")
		}
	case []any:
		for i, item := range v {
			findNUL(item, fmt.Sprintf("%s.%d", path, i), violations)
		}
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if strings.ContainsRune(name, 0) {
				*violations = append(*violations, subject(path)+" must not have a member with a NUL character in its name")
				continue
			}
			findNUL(v[name], path+"."+name, violations)
		}
	}
}

// checkText refuses text that no store could keep, in a path or query.
func checkText(s string) error {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return errors.New("must be UTF-8 without NUL characters")
	}
	if len(s) > 2048 {
		return errors.New("must NOT have more than 2048 bytes")
	}
	return nil
}
