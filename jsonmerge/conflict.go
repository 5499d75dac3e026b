package jsonmerge

import (
	"fmt"
	"strings"
)

// A Kind names what two sides did to one value that cannot both stand.
type Kind string

// The kinds of conflict. Where a kind has two words, local's deed comes first.
const (
	ModifyModify Kind = "modify/modify" // both changed it, differently
	DeleteModify Kind = "delete/modify" // local deleted it, remote changed it or something in it
	ModifyDelete Kind = "modify/delete" // local changed it or something in it, remote deleted it
	AddAdd       Kind = "add/add"       // both added it, differently
	TypeClash    Kind = "type"          // both changed it, to values of different JSON types
	ArrayClash   Kind = "array"         // both changed the array, in places that cannot be told apart
	OrderClash   Kind = "order"         // both reordered the elements of a keyed array, incompatibly
	TextClash    Kind = "text"          // both changed the same lines of a text
)

// A Side is one of the three documents of a merge.
type Side uint8

// The sides. Remote is the zero value: it is what the origin server has, so it is what stands in
// for an undecided value unless [Options.StandIn] says otherwise.
const (
	Remote Side = iota
	Local
	Base
)

// String returns "remote", "local" or "base".
func (s Side) String() string {
	switch s {
	case Local:
		return "local"
	case Base:
		return "base"
	}
	return "remote"
}

// A Conflict is one value that local and remote both changed and that no rule decides.
//
// The slices share memory with the documents given to [Merge]; do not write to them.
type Conflict struct {
	// Pointer is the JSON Pointer (RFC 6901) of the value: where it stands in local, or, if it or
	// the array element around it is not there, in remote. An index means different elements in the
	// three documents: see Elements.
	Pointer string

	// Kind says what happened.
	Kind Kind

	// Base, Local and Remote are the value in the three documents, as it stands there; nil where it
	// is absent. The value null is not nil but "null".
	Base, Local, Remote []byte

	// Hunks says, for kinds "array" and "text", which elements or lines clash: ranges into base,
	// local and remote. It is nil when the array was taken as a whole.
	Hunks []Hunk

	// Elements tells for each array on the way from the root to the value which element leads on.
	Elements []Element

	// Reason says more where the kind alone does not explain the conflict, such as which rule could
	// not be followed.
	Reason string
}

// Value returns what the conflict says about one side; nil where the value is absent.
func (c *Conflict) Value(side Side) []byte {
	switch side {
	case Local:
		return c.Local
	case Base:
		return c.Base
	}
	return c.Remote
}

// An Element tells where one array element stands in the three documents.
type Element struct {
	// Depth says which token of the conflict's pointer is the element's index: 0 is the first.
	Depth int
	// Base, Local and Remote are the element's index in each document's array, -1 where it is
	// absent.
	Base, Local, Remote int
	// Key is the element's key as it stands in the document, one value for each member that makes
	// up the key of a keyed array; nil for other arrays.
	Key [][]byte
}

// A Resolution decides a conflict. The zero value leaves it undecided.
type Resolution struct {
	decided bool
	literal bool // value instead of side
	side    Side
	value   []byte
}

// Take decides for the value of one side, which may be its absence. For a conflict of kind "order"
// it is the order of elements that is taken; what they contain is merged all the same.
func Take(side Side) Resolution { return Resolution{decided: true, side: side} }

// Use decides for a new value, which must pass [Check]; nil removes the value.
func Use(value []byte) Resolution { return Resolution{decided: true, literal: true, value: value} }

// Leave leaves the conflict undecided: it is reported.
func Leave() Resolution { return Resolution{} }

// A ConflictError is what [Merge] returns when local and remote cannot both be kept.
type ConflictError struct {
	// Conflicts are the undecided values in the order of local's document, those that are only in
	// remote after the others of the same object or array. No pointer is the beginning of another.
	Conflicts []Conflict

	// Omitted counts the conflicts beyond Limits.MaxConflicts, which are not in Conflicts.
	Omitted int

	// Partial is the merged document in which each undecided value is taken from the side StandIn;
	// nil if that leaves no document.
	Partial []byte

	// StandIn is the side that stands in for undecided values in Partial.
	StandIn Side
}

// Error lists the first few conflicts on one line of bounded length.
func (e *ConflictError) Error() string {
	const most = 3
	var b strings.Builder
	total := len(e.Conflicts) + e.Omitted
	if total == 1 {
		b.WriteString("jsonmerge: 1 conflict: ")
	} else {
		fmt.Fprintf(&b, "jsonmerge: %d conflicts: ", total)
	}
	shown := e.Conflicts[:min(most, len(e.Conflicts))]
	for i := range shown {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s at %s", shown[i].Kind, quoteBounded(shown[i].Pointer))
	}
	if more := total - len(shown); more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}
