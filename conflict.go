package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// WriteError tells how a write ended without success. Everything that was known is
// in it, and [Resume] takes the caller's edit up again from it.
//
// Cause is why the call stopped: [ErrUncertain], [ErrExhausted], [ErrRefusedTag],
// the context's cause, the error of the caller's edit, merge or OnConflict; nil
// if Last is reason enough. Both are found by [errors.Is] and [errors.As].
type WriteError struct {
	Method   string
	URL      string    // without user information, query values and fragment
	Cause    error     // why the call stopped
	Last     error     // what failed last: a *ResponseError, or why no answer came; may be nil
	Attempts []Attempt // the newest 128 exchanges, oldest first
	Rounds   int       // rounds begun (edit or merge, and write)

	// The contents, nil where there is none or none is known: what the change
	// started from, with the change, and the newest state seen.
	Base, Local, Remote []byte
	BaseETag            ETag // entity tag of Base
	RemoteETag          ETag // entity tag of Remote

	target string
	date   string      // Last-Modified of Base, if strong
	sent   bool        // Base has no validator yet
	header http.Header // that Base came with
}

// Error returns one line, whatever the server sent.
func (e *WriteError) Error() string { return "ifmatch: " + e.text("") }

func (e *WriteError) text(kind string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", e.Method, e.URL)
	if kind != "" {
		b.WriteString(kind)
	}
	if e.Cause != nil {
		if kind != "" {
			b.WriteString(": ")
		}
		b.WriteString(oneLine(e.Cause))
	}
	said := kind != "" || e.Cause != nil
	if n := len(e.Attempts); n > 1 {
		if said {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "(round %d, %d attempts)", e.Rounds, n)
	}
	if e.Last != nil {
		switch {
		case said:
			b.WriteString("; last: ")
		case len(e.Attempts) > 1:
			b.WriteString(" ")
		}
		b.WriteString(oneLine(e.Last))
	}
	return b.String()
}

// Unwrap returns Cause and Last.
func (e *WriteError) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Cause, e.Last} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// ConflictError is the [WriteError] of a write that met somebody else's change, or a
// state of the resource that does not allow it. It matches its Kind and its
// problem type: errors.Is(err, ifmatch.AlreadyExists), errors.Is(err, OutOfCredit).
type ConflictError struct {
	WriteError
	Kind    Kind
	Problem *Problem // of the answer that refused; nil if a fetch alone showed the conflict
}

// Error returns one line, whatever the server sent.
func (e *ConflictError) Error() string { return "ifmatch: " + e.text("conflict: "+e.Kind.String()) }

// Unwrap returns the WriteError, and the Kind as an error.
func (e *ConflictError) Unwrap() []error { return []error{&e.WriteError, e.Kind} }

// Places lists where the changes of both sides meet, if [ThreeWay] found them in
// JSON: a JSON Pointer each, what kind of clash it is, and the values of all sides.
func (e *ConflictError) Places() []jsonmerge.Conflict {
	var places *jsonmerge.ConflictError
	if !errors.As(e.Cause, &places) {
		return nil
	}
	return places.Conflicts
}

// Resume returns the caller's edit out of an error of [Save], [Put] or [Update], as it
// was before the call: Value with the change, Content and validator
// of the version that it started from. Show it to a person, change it, and save it
// again with the merge function that the person chose. It reports false if err
// holds no such edit.
func Resume[T any](err error) (*Representation[T], bool) {
	var e *WriteError
	if !errors.As(err, &e) || e.Local == nil {
		return nil, false
	}
	v, derr := decode[T](e.Local)
	if derr != nil {
		return nil, false
	}
	return &Representation[T]{Value: v, URL: e.target, ETag: e.BaseETag, LastModified: e.date,
		Content: e.Base, Header: e.header, sent: e.sent}, true
}

// isConflict reports whether a refusal is a conflict, and not a mere failure such as
// 403 or 503.
func isConflict(e *ResponseError) bool {
	switch e.StatusCode {
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusLocked, http.StatusPreconditionRequired:
		return true
	}
	return e.Kind != Unknown && e.Kind != Transient
}

// curable reports whether fetching again can cure the refusal of a write with the
// condition g. A bare 409 can be about the version: the fetch will show.
func curable(e *ResponseError, g condition) bool {
	switch e.Kind {
	case StaleVersion, Deleted, Recreated:
		return true
	case AlreadyExists:
		return g.creates()
	case Unknown:
		return e.StatusCode == http.StatusConflict && g != condition{}
	case Transient:
		return e.StatusCode == http.StatusConflict || e.StatusCode == http.StatusPreconditionFailed
	}
	return false
}

// call is the account of one call: where it started, what was tried, what is known.
type call struct {
	client *Client
	ctx    context.Context
	form   form
	log    attemptLog
	err    WriteError // filled in as things become known
}

func (c *Client) begin(ctx context.Context, method, target string, f form) *call {
	return &call{client: c, ctx: ctx, form: f, err: WriteError{Method: method, URL: redact(target), target: target, Rounds: 1}}
}

// found notes the newest state.
func (r *call) found(s *state) {
	r.err.Remote, r.err.RemoteETag = s.content, s.tag
}

// fail makes the error that the call ends with. last is what failed last; cause why
// that ended the call, or nil.
func (r *call) fail(cause, last error) error {
	var u *uncertain
	if errors.As(last, &u) {
		if u.found != nil {
			r.found(u.found)
		}
		return r.end(join(ErrUncertain, cause, u.why), u.last)
	}
	var refused *ResponseError
	if errors.As(last, &refused) && isConflict(refused) {
		return r.conflict(refused.Kind, cause, last)
	}
	return r.end(cause, last)
}

// end is fail where it is known to be neither a conflict nor uncertain.
func (r *call) end(cause, last error) *WriteError {
	r.err.Cause, r.err.Last, r.err.Attempts = cause, last, r.log.all
	return &r.err
}

// conflict is fail for a conflict whose kind became known after the refusal, or
// that a fetch alone showed.
func (r *call) conflict(kind Kind, cause, last error) error {
	e := &ConflictError{WriteError: *r.end(cause, last), Kind: kind}
	var refused *ResponseError
	if errors.As(last, &refused) {
		e.Problem = refused.Problem
	}
	return e
}
