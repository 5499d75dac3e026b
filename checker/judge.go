package checker

import "slices"

// judge lets both judges look at a history and sorts what they find by the table.
func judge(h *History) {
	if h.Err != nil {
		h.Findings = append(h.Findings, Finding{Kind: NoEnd})
		return
	}
	if h.SameSecond {
		h.Allowed = append(h.Allowed, Finding{Kind: NotLinearizable, Rows: []string{sameSecond}})
		return
	}
	may := map[*Call]Permit{}
	for _, c := range h.Calls {
		if c.Class == Skipped || c.Op.Verb.isRival() {
			continue
		}
		granted, rows := permits(h, c)
		may[c] = granted
		for _, kind := range audit(h, c) {
			f := Finding{Kind: kind, Call: c}
			if granted&permit[kind] != 0 {
				f.Rows = rows
				h.Allowed = append(h.Allowed, f)
			} else {
				h.Findings = append(h.Findings, f)
			}
		}
	}
	if h.Linear = linearizable(h, may); !h.Linear && h.Findings == nil && !h.blind() {
		h.Findings = append(h.Findings, Finding{Kind: NotLinearizable})
	}
}

// sameSecond is the one row that speaks of a whole history.
const sameSecond = "two versions of one second look the same, so no condition can tell them apart"

// blind reports that a gateway repeated a write that nothing identifies: what its caller may be told is
// anything, and so may be what others make of its second effect.
func (h *History) blind() bool {
	return slices.ContainsFunc(h.Calls, func(c *Call) bool { return c.replayed() && !h.identified(c) })
}
