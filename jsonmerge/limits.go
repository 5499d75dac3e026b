package jsonmerge

import (
	"fmt"
	"strconv"
)

// Defaults and hard bounds of [Limits].
const (
	// DefaultMaxBytes is the size in bytes of the largest document that is read unless [Limits]
	// says otherwise: 64 MiB.
	DefaultMaxBytes = 64 << 20

	// DefaultMaxDepth is the deepest nesting of arrays and objects that is read unless [Limits]
	// says otherwise. It is the bound of encoding/json, so that what decodes there merges here.
	DefaultMaxDepth = 10_000

	// DefaultMaxConflicts is the number of conflicts that a [ConflictError] lists unless [Limits]
	// says otherwise.
	DefaultMaxConflicts = 10_000

	// hardMaxBytes is what the tape's 32-bit offsets and 28-bit counts can hold, whatever MaxBytes
	// says.
	hardMaxBytes = 512 << 20

	// hardMaxDepth keeps the recursion far from the end of the stack, whatever MaxDepth says: that
	// could not be caught.
	hardMaxDepth = 100_000
)

// Limits bounds what one call may cost. RFC 8259 §9 lets a reader set such limits. The zero value
// of each field stands for its default.
//
// While a document is being worked on it is indexed in memory: 16 bytes for every value and every
// member name, so a document made only of one-digit numbers needs eight times its own size.
type Limits struct {
	// MaxBytes is the size of the largest document, in bytes; 0 means [DefaultMaxBytes]. Nothing
	// larger than 512 MiB is ever read.
	MaxBytes int

	// MaxDepth is how deep arrays and objects may nest; 0 means [DefaultMaxDepth]. Nothing deeper
	// than 100,000 is ever read.
	MaxDepth int

	// MaxConflicts is how many conflicts are listed one by one; 0 means [DefaultMaxConflicts].
	// Those beyond it, and those after the pointers of the listed ones take 16 MiB, are counted in
	// [ConflictError.Omitted].
	MaxConflicts int
}

func (l Limits) bytes() int     { return min(orDefault(l.MaxBytes, DefaultMaxBytes), hardMaxBytes) }
func (l Limits) depth() int     { return min(orDefault(l.MaxDepth, DefaultMaxDepth), hardMaxDepth) }
func (l Limits) conflicts() int { return orDefault(l.MaxConflicts, DefaultMaxConflicts) }

func orDefault(n, def int) int {
	if n <= 0 {
		return def
	}
	return n
}

// LimitError reports a document that is not read because it exceeds one of the [Limits].
type LimitError struct {
	// What is the quantity, "bytes" or "depth".
	What string
	// Limit is the bound that was in force.
	Limit int
	// Offset is where in the document the bound was met, in bytes from its start.
	Offset int
}

// Error says which bound was met and where.
func (e *LimitError) Error() string {
	if e.What == "bytes" {
		return fmt.Sprintf("jsonmerge: document is larger than %d bytes", e.Limit)
	}
	return fmt.Sprintf("jsonmerge: document nests deeper than %d levels at byte %d", e.Limit, e.Offset)
}

// SyntaxError reports a document that is not JSON (RFC 8259), or JSON whose meaning is not certain:
// a name that occurs twice in an object, a string that is not valid UTF-8, or an escaped surrogate
// without its partner.
type SyntaxError struct {
	// Offset is where the document stops being acceptable, in bytes from its start.
	Offset int
	// Pointer is the JSON Pointer (RFC 6901) of the value being read at Offset.
	Pointer string
	// Msg says what is wrong.
	Msg string
}

// Error gives the place and the reason on one line of bounded length.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("jsonmerge: at byte %d, pointer %s: %s", e.Offset, quoteBounded(e.Pointer), e.Msg)
}

// quoteBounded quotes text that came from a document for an error message: one line, printable, at
// most about 80 bytes.
func quoteBounded(s string) string {
	const most = 80
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:most]) + "..."
}
