package ifmatch

import (
	"errors"
	"net/http"
)

// ErrNoValidator reports that a write was not sent because nothing could guard
// it: the representation has no entity tag that may be sent in If-Match and no
// Last-Modified that is strong (RFC 9110 §8.8.2.2). Not one byte left.
var ErrNoValidator = errors.New("the representation has no validator that could guard a write")

// condition is the precondition of one write, as the header field that carries it
// (RFC 9110 §13.1), or as the version that a Dialect makes one of. The zero value is
// no condition at all.
type condition struct{ field, value string }

var createOnly = condition{"If-None-Match", "*"} // §13.1.2: only if there is none yet

func ifMatch(tag ETag) condition { return condition{"If-Match", string(tag)} }

func ifUnmodifiedSince(date string) condition { return condition{"If-Unmodified-Since", date} }

func (c condition) set(h http.Header) {
	if c.field != "" {
		h.Set(c.field, c.value)
	}
}

// guard returns what a representation with this validator is guarded by.
// The tag is compared by the server, byte for byte, so it goes out as it came in.
func (t tagPolicy) guard(tag ETag, lastModified string) (condition, error) {
	switch {
	case tag == "":
	case !tag.IsWeak() || t == weakVerbatim:
		return ifMatch(tag), nil
	case t == weakStrip:
		return ifMatch(tag[len("W/"):]), nil
	}
	if lastModified != "" {
		return ifUnmodifiedSince(lastModified), nil
	}
	return condition{}, ErrNoValidator
}

// tagPolicy says what becomes of a weak entity tag. If-Match compares strongly
// (RFC 9110 §13.1.1), so by the letter a weak tag never matches; OData, FHIR and
// Azure Tables want it back exactly as it came all the same.
type tagPolicy int

const (
	weakVerbatim tagPolicy = iota
	weakStrip
	weakRefuse
)

// conditionFields are the request fields that this package alone sets.
var conditionFields = []string{"If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since", "If-Range"}

// creates reports that the condition asks for there being nothing yet.
func (c condition) creates() bool { return c == createOnly || c.field == "version" && c.value == "" }

func conditionOf(h http.Header) string {
	for _, f := range conditionFields {
		if v := h.Get(f); v != "" {
			return f + ": " + v
		}
	}
	return ""
}
