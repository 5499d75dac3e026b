package jsonmerge

// An arrayMerge is the merge of three arrays under way; base is empty if it is absent in its document. Ranges and
// indexes count elements from the start of the array.
type arrayMerge struct {
	*merger
	b, l, r          int   // nodes of the arrays, b may be absent
	inB, inL, inR    []int // nodes of the elements
	idsB, idsL, idsR []int32
	terms            int // ids are less than this
	head, tail       int // elements at the start and at the end, the same in all three, that have no ids
	plan             *plan
	convergent       bool // local and remote are equal: only counters inside them still differ from base
	policy           policy
	pieces           []piece
	clashes          []Hunk
}

// A piece of the result: a range of elements of local or remote, or one element to be merged.
type piece struct {
	side  Side
	merge bool
	Hunk  // the range of that side; or the element's index on all three
}

func (d *document) elementNodes(array int) []int {
	if array == absent {
		return nil
	}
	nodes := make([]int, 0, d.count(array))
	for _, e := range d.elements(array) {
		nodes = append(nodes, e)
	}
	return nodes
}

// array merges two arrays that differ from each other and from base.
func (m *merger) array(a arrayMerge) bool {
	recursive := a.plan.shape == shapeKeyed || a.plan.shape == shapeSequence || a.plan.shape == shapeAppend
	if a.plan.shape == shapeAtomic || a.convergent && !recursive {
		return a.clash(nil, "")
	}
	a.inB, a.inL, a.inR = m.base.elementNodes(a.b), m.local.elementNodes(a.l), m.remote.elementNodes(a.r)
	switch a.plan.shape {
	case shapeKeyed:
		return a.keyed()
	case shapeSet:
		a.intern(false)
		a.set()
	case shapeMultiset:
		a.intern(false)
		a.multiset()
	default:
		a.intern(true)
		if !a.sequence(a.mergeBoth) {
			if a.clashes == nil {
				return a.clash(a.allChanges(), "an element was moved on both sides")
			}
			return a.clash(a.clashes, "")
		}
	}
	a.write()
	return true
}

func (a *arrayMerge) clash(hunks []Hunk, reason string) bool {
	if a.convergent {
		return a.take(a.local, a.l)
	}
	return a.merger.clash(a.kindOf(a.b, a.l, a.r), a.b, a.l, a.r, a.policy, hunks, reason)
}

// intern numbers the elements; with trim those that are equal in all three at the start and at the end are left out,
// which is most of a large array. (Equal, not only the same bytes: the alignment must not depend on the spelling.)
func (a *arrayMerge) intern(trim bool) {
	if trim {
		shortest := min(len(a.inB), len(a.inL), len(a.inR))
		same := func(i, j, k int) bool {
			return a.baseLocal.equal(a.inB[i], a.inL[j]) && a.baseRemote.equal(a.inB[i], a.inR[k])
		}
		for a.head < shortest && same(a.head, a.head, a.head) {
			a.head++
		}
		for a.tail < shortest-a.head && same(len(a.inB)-1-a.tail, len(a.inL)-1-a.tail, len(a.inR)-1-a.tail) {
			a.tail++
		}
	}
	cut := func(nodes []int) []int { return nodes[a.head : len(nodes)-a.tail] }
	b, l, r := cut(a.inB), cut(a.inL), cut(a.inR)
	in := newTermTable(len(b) + len(l) + len(r))
	a.idsB, a.idsL, a.idsR = in.values(a.base, b), in.values(a.local, l), in.values(a.remote, r)
	a.terms = len(in.terms)
}

// keep adds elements of one side to the result, joining ranges that continue one another.
func (a *arrayMerge) keep(side Side, start, end int) {
	if start == end {
		return
	}
	if n := len(a.pieces); n > 0 {
		if last := &a.pieces[n-1]; !last.merge && last.side == side && last.of(side).End == start {
			last.of(side).End = end
			return
		}
	}
	p := piece{side: side}
	*p.of(side) = Range{start, end}
	a.pieces = append(a.pieces, p)
}

// of is the range of local or remote.
func (h *Hunk) of(side Side) *Range {
	if side == Local {
		return &h.Local
	}
	return &h.Remote
}

func (a *arrayMerge) ids(side Side) []int32 {
	switch side {
	case Local:
		return a.idsL
	case Base:
		return a.idsB
	}
	return a.idsR
}

// write writes the pieces.
func (a *arrayMerge) write() {
	w := a.listing(a.l, a.r)
	for i := range a.pieces {
		p := &a.pieces[i]
		if p.merge {
			a.element(&w, p.Base.Start, p.Local.Start, p.Remote.Start, nil)
			continue
		}
		doc, nodes := a.side(p.side)
		from, to := p.of(p.side).Start, p.of(p.side).End
		w.next(doc, nodes[from], endBefore(doc, nodes, from))
		a.out.copy(doc, doc.start(nodes[from]), doc.end(nodes[to-1]))
		w.count += to - from - 1
	}
	w.close()
}

func (a *arrayMerge) side(side Side) (*document, []int) {
	switch side {
	case Local:
		return a.local, a.inL
	case Base:
		return a.base, a.inB
	}
	return a.remote, a.inR
}

// endBefore is where the element before nodes[index] ends, 0 if it is the first.
func endBefore(doc *document, nodes []int, index int) int {
	if index == 0 {
		return 0
	}
	return doc.end(nodes[index-1])
}

// element merges one element, given by its index on each side, -1 where it is absent; local or remote has it.
func (a *arrayMerge) element(w *listing, b, l, r int, key func() [][]byte) {
	doc, nodes, index := a.local, a.inL, l
	if l < 0 {
		doc, nodes, index = a.remote, a.inR, r
	}
	before, count := a.out.mark(), w.count
	w.next(doc, nodes[index], endBefore(doc, nodes, index))
	node := func(nodes []int, index int) int {
		if index < 0 {
			return absent
		}
		return nodes[index]
	}
	nb, nl, nr := node(a.inB, b), node(a.inL, l), node(a.inR, r)
	present, done := a.unchanged(nb, nl, nr)
	if !done {
		here := a.enter(nil, &lead{Element{Base: b, Local: l, Remote: r}, key})
		present = a.changed(nb, nl, nr, a.policy)
		a.leave(here)
	}
	if !present {
		a.out.reset(before)
		w.count = count
	}
}
