package ifmatch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// WriteError tells how a write ended without success. Everything that was known is in it, and
// [Resume] takes the caller's edit up again from it.
//
// Cause is why the call stopped: [ErrUncertain], [ErrExhausted], [ErrRefusedTag], [ErrNoValidator],
// the context's cause, the error of the caller's edit, merge or OnConflict, content that cannot be
// decoded or encoded, a look that failed; nil if Last is reason enough. Both are found by
// [errors.Is] and [errors.As].
type WriteError struct {
	Method   string
	URL      string    // without user information, query values and fragment
	Cause    error     // why the call stopped
	Last     error     // what failed last: a *ResponseError, or why no answer came; may be nil
	Attempts []Attempt // the newest 128 exchanges, oldest first
	Rounds   int       // rounds begun (edit or merge, and write)

	// The contents, nil where there is none or none is known: what the change started from, with
	// the change, and the newest state seen.
	Base, Local, Remote []byte
	BaseETag            ETag // entity tag of Base
	RemoteETag          ETag // entity tag of Remote

	target string   // of the write, for Resume
	base   *version // that Base is the content of, for Resume; nil if there is none
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

// ConflictError is the [WriteError] of a write that met somebody else's change, or a state of the
// resource that does not allow it. It matches its Kind and its problem type: errors.Is(err,
// ifmatch.AlreadyExists), errors.Is(err, OutOfCredit).
type ConflictError struct {
	WriteError
	Kind    Kind
	Problem *Problem // of the answer that refused; nil if a fetch alone showed the conflict
}

// Error returns one line, whatever the server sent.
func (e *ConflictError) Error() string { return "ifmatch: " + e.text("conflict: "+e.Kind.String()) }

// Unwrap returns the WriteError, and the Kind as an error.
func (e *ConflictError) Unwrap() []error { return []error{&e.WriteError, e.Kind} }

// Places lists where the changes of both sides meet, if [ThreeWay] found them in JSON: a JSON
// Pointer each, what kind of clash it is, and the values of all sides.
func (e *ConflictError) Places() []jsonmerge.Conflict {
	var places *jsonmerge.ConflictError
	if !errors.As(e.Cause, &places) {
		return nil
	}
	return places.Conflicts
}
