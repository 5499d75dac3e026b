package checker

import (
	"slices"
)

// knownItem is something that the library is known to do wrong.
type knownItem struct {
	item string // of issue 8, and what it is about
	is   func(h *History, f Finding, c *Call) bool
}

// known lists what the library does wrong, as far as it is known: nothing today. c is the call that a
// finding is about, or, where the history as a whole cannot be explained, each of its calls in turn.
var known = []knownItem{}

// hit reports that one of the twists befell one of the call's writes.
func (c *Call) hit(kinds ...TwistKind) bool {
	return c.any(func(x *Exchange) bool { return !x.isRead() && slices.Contains(kinds, x.Twist.Kind) })
}

// Known names the listed item that a finding belongs to; empty if it is listed nowhere.
func Known(h *History, f Finding) string {
	for _, k := range known {
		for _, c := range h.Calls {
			if (f.Call == nil || f.Call == c) && !c.Op.Verb.isRival() && k.is(h, f, c) {
				return k.item
			}
		}
	}
	return ""
}
