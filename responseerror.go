package ifmatch

import (
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

	StatusCode int
	Header     http.Header // as received; may hold secrets, and is not part of the error's text

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
	in.status = status
	in.problem, in.ruling = parseProblem(status, header, body, truncated, target)
	e := &ResponseError{
		Method:     in.method,
		URL:        redactURL(target),
		StatusCode: status,
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

// Error returns one line of bounded length: method, URL, status, kind, problem type and code. What
// the server chose is quoted, so that it cannot forge log lines or control a terminal; titles,
// details, header fields and the body are left out, because they may hold what must not be logged.
func (e *ResponseError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ifmatch: %s %s: %d", unquoted(e.Method), unquoted(e.URL), e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteString(" " + text)
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
