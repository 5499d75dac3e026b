package checker

import (
	"bytes"
	"encoding/json"
)

// lookDecides reports that the last state that the call saw tells what became of its write, so that it
// need not be uncertain: it was fresh, came after the last doubt, and shows one of what follows.
func (h *History) lookDecides(c *Call) bool {
	var write *Exchange // the last one whose outcome was in doubt
	var look *Exchange  // the last whole answer to a read after it
	for _, x := range c.Exchanges {
		switch {
		case !x.isRead():
			write, look = x, nil
		case x.Reply != nil && !x.late && (x.Reply.Status == 200 || x.Reply.Status == 404):
			look = x
		case x.isRead():
			look = nil
		}
	}
	if write == nil || look == nil || look.Version != look.Newest {
		return false
	}
	seen := h.Versions[look.Version]
	return h.untouched(write, seen) || h.showsIdentifier(c, seen) || c.fulfilled(h, seen)
}

// untouched reports that the version is the one that the write was guarded by, and that its tag does
// not come back: the same write may go again.
func (h *History) untouched(write *Exchange, seen Version) bool {
	t := h.Plan.Product[Tags]
	return (t == TagUnique || t == TagWeak) && seen.Body != nil && write.Request.Header.Get("If-Match") == seen.Tag &&
		write.doubtful()
}

// showsIdentifier reports that the version's list has the identifier of the call's effect.
func (h *History) showsIdentifier(c *Call, seen Version) bool {
	if h.Plan.Product[Identifiers] != IDList || !h.identified(c) || len(c.Applied) == 0 || seen.Body == nil {
		return false
	}
	var mine struct {
		IDs []json.RawMessage `json:"ids"`
	}
	_ = json.Unmarshal(h.Versions[c.Applied[0]].Body, &mine)
	return len(mine.IDs) > 0 && bytes.Contains(seen.Body, mine.IDs[len(mine.IDs)-1])
}

// fulfilled reports that a declared state is in force, or that what was to be deleted is gone. Content
// decides nothing for a write with an identifier, nor where the server changes it.
func (c *Call) fulfilled(h *History, seen Version) bool {
	if c.Op.Verb == Delete {
		return seen.Body == nil
	}
	if h.identified(c) || seen.Body == nil || h.Plan.Product[Keeps] != KeepsNothing {
		return false
	}
	switch c.Op.Verb {
	case Put, SaveBlind:
		return seen.State() == StateOf(c.Local)
	case Save:
		merged, ok := MergeDocs(c.Base, c.Local, seen.State().Doc())
		return ok && StateOf(merged) == seen.State()
	}
	return false
}
