package ifmatch

import (
	"errors"
	"net/http"
	"slices"
)

// ErrNoValidator reports that a write was not sent because nothing could guard it: the
// representation has no entity tag that may be sent in If-Match and no Last-Modified that is strong
// (RFC 9110 §8.8.2.2). Not one byte left.
var ErrNoValidator = errors.New("the representation has no validator that could guard a write")

// precondition is the condition of one write: a header field (RFC 9110 §13.1), or a version that a
// Dialect makes one of. The zero value is no condition at all.
type precondition struct {
	form  preconditionForm
	value string // the entity tag, the date or the version, as it goes out
}

// preconditionForm decides what the failure of a precondition means.
type preconditionForm uint8

const (
	unconditional preconditionForm = iota
	byTag                          // If-Match with entity tags (§13.1.1)
	byAny                          // If-Match: *, which only updates
	byDate                         // If-Unmodified-Since (§13.1.4)
	byAbsence                      // If-None-Match: *, which only creates (§13.1.2)
	byVersion                      // a version in the content or the query, where a server keeps its own
	byNoVersion                    // the same, where there must be nothing yet
)

// The request fields that carry preconditions.
const (
	ifMatch           = "If-Match"
	ifNoneMatch       = "If-None-Match"
	ifUnmodifiedSince = "If-Unmodified-Since"
)

// conditionFields are the request fields that this package alone sets.
var conditionFields = []string{ifMatch, ifNoneMatch, ifUnmodifiedSince, "If-Modified-Since", "If-Range"}

// conditionField returns the first of them that h has; "" if it has none.
func conditionField(h http.Header) string {
	i := slices.IndexFunc(conditionFields, func(f string) bool { return h.Get(f) != "" })
	if i < 0 {
		return ""
	}
	return conditionFields[i]
}

// preconditionOf reads the precondition off the header of a request, in the order in which an
// origin server evaluates the fields (§13.2.2). A version in the content does not show there.
func preconditionOf(request http.Header) precondition {
	switch match := request.Get(ifMatch); {
	case match == "*":
		return precondition{byAny, match}
	case match != "":
		return precondition{byTag, match}
	case request.Get(ifUnmodifiedSince) != "":
		return precondition{byDate, request.Get(ifUnmodifiedSince)}
	case request.Get(ifNoneMatch) == "*":
		return precondition{byAbsence, "*"}
	}
	return precondition{}
}

// field returns the request field that carries the precondition, "" if none does.
func (p precondition) field() string {
	switch p.form {
	case byTag, byAny:
		return ifMatch
	case byDate:
		return ifUnmodifiedSince
	case byAbsence:
		return ifNoneMatch
	}
	return ""
}

// set puts the precondition into the field that carries it, if one does.
func (p precondition) set(h http.Header) {
	if f := p.field(); f != "" {
		h.Set(f, p.value)
	}
}

// String returns the precondition for people, "" if there is none.
func (p precondition) String() string {
	switch p.form {
	case unconditional:
		return ""
	case byVersion:
		return "version: " + p.value
	case byNoVersion:
		return "no version yet"
	}
	return p.field() + ": " + p.value
}

// exists reports that the condition asks for a representation that is there.
func (f preconditionForm) exists() bool { return f != unconditional && !f.creates() }

// creates reports that the condition asks for there being nothing yet.
func (f preconditionForm) creates() bool { return f == byAbsence || f == byNoVersion }
