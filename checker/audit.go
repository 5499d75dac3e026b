package checker

import (
	"fmt"
	"strings"
)

// FindingKind says which rule a call broke.
type FindingKind int

// The kinds of findings.
const (
	AppliedTwice FindingKind = iota
	NotApplied
	ConflictButApplied
	RefusedButApplied
	ConflictWithNobody
	UncertainWithoutCause
	RefusedWithoutCause
	FalseResult
	NotLinearizable
	NoEnd
)

var findingNames = []string{"took effect more than once", "success without effect", "conflict, but it took effect",
	"refused, but it took effect", "conflict with nobody", "uncertain without cause", "refused without cause",
	"the returned state never was", "not linearizable", "no end"}

func (k FindingKind) String() string { return findingNames[k] }

// Finding is a rule that was broken. Call is nil where it is no single call's doing.
type Finding struct {
	Kind FindingKind
	Call *Call
	Rows []string // of the table, where it is allowed
}

func (f Finding) String() string {
	s := f.Kind.String()
	if f.Call != nil {
		s += fmt.Sprintf(": client %d, call %d: %v", f.Call.Client, f.Call.Number, f.Call.Op)
	}
	if f.Rows != nil {
		s += " (" + strings.Join(f.Rows, "; ") + ")"
	}
	return s
}

// permit is what the table must grant for a finding of the kind to be allowed.
var permit = map[FindingKind]Permit{
	AppliedTwice: MayTwice, NotApplied: MayNone, ConflictButApplied: MayLand, RefusedButApplied: MayLand,
	ConflictWithNobody: MayNobody, UncertainWithoutCause: MayDoubt, FalseResult: MayOld,
	RefusedWithoutCause: MayRefuse,
}

// audit compares what a call claims with what the origin knows. It is the first of two judges.
func audit(h *History, c *Call) (kinds []FindingKind) {
	n := len(c.Applied)
	switch c.Class {
	case Success:
		if n > 1 {
			kinds = append(kinds, AppliedTwice)
		}
		if n == 0 && (c.Op.Verb == Update && c.Changed || c.Op.Verb == Create || c.Op.Verb == Patch) {
			kinds = append(kinds, NotApplied)
		}
		if c.Shown != nil && !h.was(StateOf(*c.Shown), c) {
			kinds = append(kinds, FalseResult)
		}
	case Conflict:
		if n > 0 {
			kinds = append(kinds, ConflictButApplied)
		} else if !h.somebodyWrote(c) {
			kinds = append(kinds, ConflictWithNobody)
		}
	case Refused:
		if n > 0 {
			kinds = append(kinds, RefusedButApplied)
		}
		kinds = append(kinds, RefusedWithoutCause)
	case Uncertain:
		if n > 1 {
			kinds = append(kinds, AppliedTwice)
		}
		kinds = append(kinds, UncertainWithoutCause)
	}
	return kinds
}

// was reports that the resource had the state from the call's effect on, or at any moment if it had
// none.
func (h *History) was(s State, c *Call) bool {
	from := 0
	if len(c.Applied) > 0 {
		from = c.Applied[0]
	}
	for _, v := range h.Versions[from:] {
		if v.State() == s {
			return true
		}
	}
	return false
}

// somebodyWrote reports that another call made a version between the one that this call started from
// and its last exchange.
func (h *History) somebodyWrote(c *Call) bool {
	from := c.HeldFrom
	switch c.Op.Verb {
	case Create:
		from = -1
	case Update, Ensure:
		from = c.firstRead()
	}
	for _, v := range h.Versions[from+1 : c.lastKnown()+1] {
		if v.By != c {
			return true
		}
	}
	return false
}
