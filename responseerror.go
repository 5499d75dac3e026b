package ifmatch

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A ResponseError is an answer that refused a request. It matches its Kind and its problem type:
// errors.Is(err, ifmatch.StaleVersion), errors.Is(err, OutOfCredit). It is not changed after it was
// made.
type ResponseError struct {
	Method string

	// URL is the URL that answered, without user information, query and fragment, which may hold
	// secrets.
	URL string

	StatusCode int // as it came over the wire

	// Meaning is the status that the answer means where the [Dialect] says that this is another one
	// than StatusCode, else 0. It is what Kind was decided by.
	Meaning int

	Header http.Header // as received; may hold secrets, and is not part of the error's text

	// Body is the content as received, up to a limit; Truncated reports that there was more of it.
	// It may hold secrets, and is not part of the error's text.
	Body      []byte
	Truncated bool

	// Problem is what the body says; never nil.
	Problem *Problem

	Kind Kind

	// RetryAfter is how long the server asks to wait before the next request, by the field
	// Retry-After (RFC 9110 §10.2.3) or in the body; 0 when it asks for no wait, and at most 365
	// days.
	RetryAfter time.Duration
}

// newResponseError makes the error for an answer from target, the last URL after redirects. in
// tells what was sent; what came back is filled in here. now is the time when the answer arrived.
func newResponseError(
	in evidence, target *url.URL, status int, header http.Header, body []byte, truncated bool, now time.Time,
) *ResponseError {
	in.status = cmp.Or(in.meaning, status)
	in.problem, in.ruling = parseProblem(in.status, header, body, truncated, target)
	e := &ResponseError{
		Method:     in.method,
		URL:        redactURL(target),
		StatusCode: status,
		Meaning:    in.meaning,
		Header:     header,
		Body:       body,
		Truncated:  truncated,
		Problem:    in.problem,
	}
	if d, ok := retryAfter(header, now); ok {
		e.RetryAfter = d
	} else {
		e.RetryAfter = bodyDelay(in.problem.Extensions)
	}
	in.refusal = e
	e.Kind = classify(in)
	return e
}

// status returns what the answer means.
func (e *ResponseError) status() int { return cmp.Or(e.Meaning, e.StatusCode) }

// Error returns one line of bounded length: method, URL, status, kind, problem type and code. What
// the server chose is quoted, so that it cannot forge log lines or control a terminal; titles,
// details, header fields and the body are left out, because they may hold what must not be logged.
func (e *ResponseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ifmatch: %s %s: %d", unquoted(e.Method), unquoted(e.URL), e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
	}
	if e.Meaning != 0 {
		fmt.Fprintf(&b, ", which means %d %s", e.Meaning, http.StatusText(e.Meaning))
	}
	var more []string
	if e.Kind != Unknown {
		more = append(more, e.Kind.String())
	}
	if p := e.Problem; p != nil {
		if p.Type != "" && p.Type != aboutBlank {
			more = append(more, "type "+quote(string(p.Type)))
		}
		if p.Code != "" {
			more = append(more, "code "+quote(p.Code))
		}
	}
	if to, err := url.Parse(e.Header.Get("Location")); err == nil && e.StatusCode/100 == 3 && to.String() != "" {
		more = append(more, "to "+quote(redactURL(to)))
	}
	if len(more) > 0 {
		b.WriteString(" (" + strings.Join(more, ", ") + ")")
	}
	return b.String()
}

// Unwrap returns the kind and the problem type, for errors.Is and errors.As.
func (e *ResponseError) Unwrap() []error {
	if e.Problem == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Problem.Type}
}

// Is matches a problem type that is a relative reference, which equality does not find.
func (e *ResponseError) Is(target error) bool {
	t, ok := target.(ProblemType)
	return ok && e.Problem != nil && e.Problem.is(t)
}
