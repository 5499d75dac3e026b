package ifmatch

import (
	"net/http"
	"time"
)

// strongLastModified returns Last-Modified, verbatim, when it is strong enough to guard a write by
// If-Unmodified-Since: the origin's own Date is at least a second later, so nothing can have
// changed afterwards within the same second of the clock (RFC 9110 §8.8.2.2). Repeated fields are
// malformed and prove nothing.
func strongLastModified(h http.Header) (string, bool) {
	modified, dates := h.Values("Last-Modified"), h.Values("Date")
	if len(modified) != 1 || len(dates) != 1 {
		return "", false
	}
	lm, err := http.ParseTime(modified[0])
	if err != nil {
		return "", false
	}
	date, err := http.ParseTime(dates[0])
	if err != nil || date.Sub(lm) < time.Second {
		return "", false
	}
	return modified[0], true
}
