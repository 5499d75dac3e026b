package ifmatchtest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// selected is what preconditions are evaluated against: the representation that the request selects
// (RFC 9110 §3.2).
type selected struct {
	exists   bool
	tag      string    // "" when the server uses none
	modified time.Time // whole seconds; zero when the server tells none
}

// verdict is the outcome of the preconditions of a request.
type verdict int

const (
	holds     verdict = iota
	stale             // If-Match or If-Unmodified-Since is false: the state is not the one that the client knows
	unchanged         // If-None-Match or If-Modified-Since is false: the state is the one that the client knows
)

// precondition evaluates the conditions of a request in the order of RFC 9110 §13.2.2.
func precondition(h http.Header, method string, sel selected, weakMatch bool) verdict {
	equal := strongEqual
	if weakMatch {
		equal = weakEqual
	}
	if tags, ok := tagsField(h, "If-Match"); ok { // step 1
		if !sel.matches(tags, equal) {
			return stale
		}
	} else if date, ok := dateField(h, "If-Unmodified-Since"); ok && sel.modified.After(date) { // step 2
		return stale
	}

	safe := method == http.MethodGet || method == http.MethodHead
	if tags, ok := tagsField(h, "If-None-Match"); ok { // step 3
		if sel.matches(tags, weakEqual) {
			return unchanged
		}
	} else if date, ok := dateField(h, "If-Modified-Since"); ok && safe { // step 4
		if !sel.modified.IsZero() && !sel.modified.After(date) {
			return unchanged
		}
	}
	return holds
}

// matches reports whether "*" finds anything at all, or one of the tags equals the selected
// representation's.
func (s selected) matches(tags []string, equal func(a, b string) bool) bool {
	if !s.exists {
		return false
	}
	if len(tags) == 1 && tags[0] == "*" {
		return true
	}
	return s.tag != "" && slices.ContainsFunc(tags, func(tag string) bool { return equal(tag, s.tag) })
}

// tagsField returns the members of a field that lists tags. A field that is there but empty is no
// condition: that is what net/http's file server and many others make of it, and why a client must
// never send one.
func tagsField(h http.Header, name string) ([]string, bool) {
	tags := splitTags(strings.Join(h.Values(name), ","))
	return tags, len(tags) > 0
}

// dateField returns the field's date; a field that is no single HTTP-date is ignored (RFC 9110
// §13.1.3, §13.1.4).
func dateField(h http.Header, name string) (time.Time, bool) {
	values := h.Values(name)
	if len(values) != 1 {
		return time.Time{}, false
	}
	date, err := http.ParseTime(values[0])
	return date, err == nil
}

// guarded reports whether a write carries a condition that [Options.RequireConditions] takes for
// one.
func guarded(h http.Header) bool {
	_, match := tagsField(h, "If-Match")
	_, none := tagsField(h, "If-None-Match")
	_, since := dateField(h, "If-Unmodified-Since")
	return match || none || since
}

// conditionOf returns the conditions of a request as they were sent, one line; "" for none. An
// empty field shows too.
func conditionOf(h http.Header) string {
	var fields []string
	for _, name := range []string{"If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since"} {
		for _, value := range h.Values(name) {
			fields = append(fields, name+": "+value)
		}
	}
	return strings.Join(fields, ", ")
}
