package checker

import (
	"bytes"
	"net/http"
	"slices"
	"time"
)

// What befell a call, as the origin and the wire know it. The client knows less.

func (x *Exchange) isRead() bool {
	return x.Request.Method == http.MethodGet || x.Request.Method == http.MethodHead
}

// checkPatience notes that the client has given up by now.
func (x *Exchange) checkPatience() { x.late = x.late || time.Since(x.arrived) >= patience }

// doubtful reports that the client got no answer to a write that says what became of it.
func (x *Exchange) doubtful() bool {
	if x.isRead() {
		return false
	}
	if x.late {
		return true
	}
	switch x.Twist.Kind {
	case Lost, AnswerLost, Cut, Late, Hang, HangLate, Before5xx, After5xx, Moved, ResetRefused, ResetBefore, ResetAfter,
		ResetAnswer, GoAwayBefore, GoAwayAfter:
		return true
	}
	return false
}

func (c *Call) any(is func(*Exchange) bool) bool { return slices.ContainsFunc(c.Exchanges, is) }

// inDoubt reports that an answer to one of the call's writes was lost, or says nothing.
func (c *Call) inDoubt() bool { return c.any((*Exchange).doubtful) }

// replayed reports that a gateway sent one of the call's writes twice.
func (c *Call) replayed() bool {
	return c.any(func(x *Exchange) bool {
		return x.Twist.Kind == Replayed || x.Twist.Kind == Replayed400 || x.Twist.Kind == Replayed501
	})
}

// readOld reports that a read of the call showed an old version.
func (c *Call) readOld() bool {
	return c.any(func(x *Exchange) bool { return x.isRead() && x.Reply != nil && x.Version != x.Newest })
}

// readFailed reports that a read of the call had no answer that shows a state.
func (c *Call) readFailed() bool {
	return c.any(func(x *Exchange) bool {
		shows := !x.late && x.Reply != nil && (x.Reply.Status == http.StatusOK || x.Reply.Status == http.StatusNotFound)
		return x.isRead() && !shows
	})
}

// refusedBy reports that one of the call's writes was answered with one of the statuses.
func (c *Call) refusedBy(statuses ...int) bool {
	return c.any(func(x *Exchange) bool {
		return !x.isRead() && x.Reply != nil && slices.Contains(statuses, x.Reply.Status)
	})
}

// identified reports that the call's writes carry an identifier: deletions and patches carry none.
func (h *History) identified(c *Call) bool {
	return h.Plan.Product[Identifiers] != IDNone && c.Op.Verb != Delete && c.Op.Verb != Patch
}

// rivals reports that somebody wrote without leaving an identifier, or took one away.
func (h *History) rivals() bool {
	return slices.ContainsFunc(h.Calls, func(c *Call) bool {
		return c.Op.Verb.isRival() || c.Op.Verb == Delete || c.Op.Verb == Patch
	})
}

// putBack reports that a rival put an older content back.
func (h *History) putBack() bool {
	return slices.ContainsFunc(h.Versions, func(v Version) bool { return v.By != nil && v.By.Op.Verb == RivalUndo })
}

// stateCameBack reports that two versions look the same.
func (h *History) stateCameBack() bool {
	seen := map[State]bool{}
	for _, v := range h.Versions {
		if seen[v.State()] {
			return true
		}
		seen[v.State()] = true
	}
	return false
}

// before is the call that the same client made before this one; an empty one if there is none.
func (h *History) before(c *Call) *Call {
	for _, b := range h.Calls {
		if b.Client == c.Client && b.Number == c.Number-1 {
			return b
		}
	}
	return &Call{}
}

// undone reports that a rival put an older content back that has a list of identifiers. An empty list
// would prove nothing; this one seems to exclude what was undone.
func (h *History) undone() bool {
	return slices.ContainsFunc(h.Versions, func(v Version) bool {
		return v.By != nil && v.By.Op.Verb == RivalUndo && bytes.Contains(v.Body, []byte(`"ids":["`))
	})
}

// tagCameBack reports that two versions have one tag.
func (h *History) tagCameBack() bool {
	seen := map[string]bool{}
	for _, v := range h.Versions {
		if v.Tag != "" && seen[v.Tag] {
			return true
		}
		seen[v.Tag] = true
	}
	return false
}

// firstRead is the number of the version that the call's first read showed.
func (c *Call) firstRead() int {
	for _, x := range c.Exchanges {
		if x.isRead() && x.Reply != nil && x.Reply.Status == http.StatusOK && !x.late {
			return x.Version
		}
	}
	return 0
}

// lastKnown is the number of the newest version when the call's last exchange was handled.
func (c *Call) lastKnown() int {
	n := 0
	for _, x := range c.Exchanges {
		n = max(n, x.Newest)
	}
	return n
}

// metAbsence reports that the resource was absent when an exchange of the call was handled.
func (h *History) metAbsence(c *Call) bool {
	return c.any(func(x *Exchange) bool { return h.Versions[x.Newest].Body == nil || h.Versions[x.Version].Body == nil })
}
