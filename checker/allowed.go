package checker

import "net/http"

// Permit says what a call may do that would be a finding otherwise.
type Permit uint

// The permits.
const (
	MayTwice  Permit = 1 << iota // take effect more than once
	MayNone                      // claim success without effect
	MayLand                      // take effect and claim that it did not
	MayNobody                    // claim a conflict that nobody's write explains
	MayOld                       // go by a state that was no longer the resource's when the call began
	MayDoubt                     // be uncertain
	MayRefuse                    // fail without a conflict
)

// A row of the table says when a call may do what, and why no client can do better.
type row struct {
	name string
	may  Permit
	when func(h *History, c *Call) bool
	why  string
}

const anything = MayTwice | MayNone | MayLand | MayNobody | MayOld | MayDoubt | MayRefuse

// table is all that is allowed. Nothing in the code of the judges is an exception.
var table = []row{
	{
		"answer lost, the look does not tell", MayDoubt,
		func(h *History, c *Call) bool { return c.inDoubt() && !h.lookDecides(c) },
		"a write had no answer that says what became of it, and others have written over the evidence, or may have",
	},
	{
		"answer lost", MayRefuse,
		func(_ *History, c *Call) bool { return c.inDoubt() },
		"a redirect, or a 5xx, whose look shows that nothing was done",
	},
	{
		"edit that may be repeated", MayTwice,
		func(_ *History, c *Call) bool { return c.Op.Verb == Ensure && c.inDoubt() },
		"the caller says by Ensure that doing it again does no harm",
	},
	{
		"gateway repeats, no identifier", anything,
		func(h *History, c *Call) bool { return c.replayed() && !h.identified(c) },
		"the answer is the one to a copy that the client never sent; nothing in it tells whose write it met",
	},
	{
		"gateway repeats, identifier overwritten", MayTwice | MayLand | MayDoubt,
		func(h *History, c *Call) bool {
			return c.replayed() && h.Plan.Product[Identifiers] == IDMember
		},
		"one member holds one identifier: a later write has replaced it, and a refusal looks like a plain conflict",
	},
	{
		"gateway repeats, list rewritten", MayTwice | MayLand | MayDoubt,
		func(h *History, c *Call) bool { return c.replayed() && h.putBack() },
		"somebody put the whole older content back, list and all, and a refusal about the second copy looks plain",
	},
	{
		"list rolled back", MayTwice | MayLand,
		func(h *History, c *Call) bool {
			return h.identified(c) && h.Plan.Product[Identifiers] == IDList && h.undone() && (c.inDoubt() || c.replayed())
		},
		"somebody put an older list back, and it went on from there: it excludes what it once held",
	},
	{
		"gateway repeats, old look without evidence", MayTwice | MayLand | MayDoubt,
		func(h *History, c *Call) bool { return c.replayed() && c.readOld() && !h.Plan.Product.honestReads() },
		"the look after the refusal shows the version that the write was made from, and nothing tells that it is old",
	},
	{
		"gateway repeats, then absence", MayTwice | MayLand | MayDoubt | MayNobody,
		func(h *History, c *Call) bool { return c.replayed() && h.absentAfter(c) },
		"the resource that held the identifier is gone, or was created again without it",
	},
	{
		"identifier, look without result", MayDoubt,
		func(h *History, c *Call) bool {
			inconclusive := c.readFailed() || c.readOld() || h.rivals() || h.Plan.Product[Identifiers] == IDMember ||
				h.Plan.Product[Tags] == TagEachRequest || h.Plan.Product.hashTags() || c.replayed()
			return h.identified(c) && inconclusive && c.refusedBy(http.StatusConflict, http.StatusPreconditionFailed,
				http.StatusBadRequest, http.StatusNotImplemented, http.StatusNotFound)
		},
		"with an identifier a refusal is looked after before it is believed, and the look failed, was old, or found" +
			" a list that others had rewritten, or may have: one that was empty, where hashes bring back what was",
	},
	{
		"old read without evidence", MayNone | MayOld | MayDoubt | MayNobody,
		func(h *History, c *Call) bool { return c.readOld() && !h.Plan.Product.honestReads() },
		"a cache or replica showed an old state, or absence, and neither Age nor Date tells",
	},
	{
		"redirect, then an old read without evidence", MayLand,
		func(h *History, c *Call) bool { return c.hit(Moved) && c.readOld() && !h.Plan.Product.honestReads() },
		"the look shows the version that the write was made from, and nothing tells that it is old: a refusal that" +
			" names another place",
	},
	{
		"old read with evidence", MayDoubt,
		func(_ *History, c *Call) bool { return c.readOld() },
		"the look is older than the write and proves nothing",
	},
	{
		"unrecognisable hash came back", MayTwice | MayNone | MayLand,
		func(h *History, c *Call) bool {
			unseen := h.Plan.Product[Tags] == TagOpaque && (c.inDoubt() || c.Op.Verb == Patch)
			late := h.Plan.Product.hashTags() && c.Op.Verb == Delete && c.inDoubt()
			return (unseen || late) && h.tagCameBack()
		},
		"the tag is a hash of the content that nothing shows to be one; a rival undid the write, and the version looks" +
			" untouched. Or a deletion was fulfilled when its answer was lost, and a copy of it that came late found the" +
			" same content anew",
	},
	{
		"hash came back, patch without a document in its answer", MayDoubt,
		func(h *History, c *Call) bool {
			return h.Plan.Product.hashTags() && c.Op.Verb == Patch && h.tagCameBack()
		},
		"nothing tells a patch that was undone from one that was ignored",
	},
	{
		"a copy lost, another one redirected", MayDoubt,
		func(_ *History, c *Call) bool { return c.hit(Moved) && c.inDoubt() },
		"the newest copy was told to go elsewhere; an earlier one may still arrive",
	},
	{
		"set merged in another order", MayDoubt,
		func(h *History, c *Call) bool { return h.Plan.Workload == "set" && c.Op.Verb == Save && c.inDoubt() },
		"the merge of a set keeps the order of one's own: over a state with the same items it would write another order",
	},
	{
		"the server's own members, no tag", MayNobody,
		func(h *History, c *Call) bool {
			p := h.Plan.Product
			return p[Keeps] != KeepsNothing && c.Op.Chain &&
				(p[Answers] != AnswerTagged || p[Tags] == TagModified || p[Tags] == TagEachRequest || h.before(c).inDoubt())
		},
		"the write before was answered without its tag; what the server changed in it looks like a rival's change",
	},
	{
		"receipt or old representation, then an old read", MayLand,
		func(h *History, c *Call) bool {
			answers := h.Plan.Product[Answers]
			return c.Op.Verb == Patch && (answers == AnswerReceipt || answers == AnswerOld) && c.readOld() &&
				!h.Plan.Product.honestReads()
		},
		"the answer shows no effect of the patch, and the look shows the version that it was made from",
	},
	{
		"nothing to read", MayRefuse,
		func(h *History, c *Call) bool { return c.readFailed() || c.readOld() || h.metAbsence(c) },
		"a read failed, was old, or met absence, and there was nothing to go on from",
	},
	{
		"no version to hold on to", MayRefuse,
		func(h *History, c *Call) bool {
			t := h.Plan.Product[Tags]
			return t == TagEachRequest || t == TagModified
		},
		"Last-Modified is no strong validator within a second, and a tag that is new at each request guards nothing",
	},
	{
		"put back", MayRefuse | MayNobody,
		func(h *History, _ *Call) bool { return h.stateCameBack() },
		"the content is the same as before though versions came between: refused, and nobody's change shows",
	},
	{
		"a refusal", MayRefuse,
		func(h *History, c *Call) bool {
			return c.refusedBy(http.StatusBadRequest, http.StatusNotImplemented) ||
				c.Op.Verb == Patch && h.Plan.Product[Patches] != PatchHonoured
		},
		"the server, or a gateway, did not do it, and said so",
	},
	{
		"the server's own members, base as sent", MayNobody,
		func(h *History, c *Call) bool {
			p := h.Plan.Product
			return p[Keeps] == KeepsCase && p[Answers] != AnswerShown && c.Op.Verb == Save && c.Op.Chain
		},
		"the base is what was sent and not what was stored; once a rival has written elsewhere, nothing tells the" +
			" server's spelling from the rival's",
	},
	{
		"ignored patch, 204", MayNone,
		func(h *History, c *Call) bool {
			return h.Plan.Product[Patches] == PatchIgnored204 && c.Op.Verb == Patch
		},
		"the server says that it did what it did not do, and shows nothing",
	},
	{
		"ignored patch, answer broken off", MayNone,
		func(h *History, c *Call) bool {
			return h.Plan.Product[Patches] == PatchIgnoredShown && c.Op.Verb == Patch && c.inDoubt()
		},
		"the content that would have shown it did not arrive, and a version that a rival moved looks like an effect",
	},
}

// permits asks the table.
func permits(h *History, c *Call) (may Permit, rows []string) {
	for _, r := range table {
		if r.when(h, c) {
			may |= r.may
			rows = append(rows, r.name)
		}
	}
	return may, rows
}

// absentAfter reports that the resource was absent at some moment after the call's first effect.
func (h *History) absentAfter(c *Call) bool {
	if len(c.Applied) == 0 {
		return false
	}
	for _, v := range h.Versions[c.Applied[0]:] {
		if v.Body == nil {
			return true
		}
	}
	return false
}
