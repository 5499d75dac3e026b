package jsonmerge

// An arrayMerge decides the merge of three arrays: which elements of which side the result has, and
// which of them are still to be merged. Base is empty if it is absent in its document. Ranges and
// indexes count elements from the start of the array.
type arrayMerge struct {
	*versions
	b, l, r          int   // nodes of the arrays, b may be absent
	inB, inL, inR    []int // nodes of the elements
	idsB, idsL, idsR []int32
	terms            int // ids are less than this
	head, tail       int // elements at the start and at the end, the same in all three, that have no ids
	plan             *plan
	counting         bool // there may be a counter inside
	convergent       bool // local and remote are equal: only counters inside them still differ from base
	pieces           []piece
	clashes          []Hunk
}

// A piece of the result: a range of elements of local or remote, or one element to be merged.
type piece struct {
	side  Side
	merge bool
	Hunk  // the range of that side; or the element's index on all three
}

// read lists the elements.
func (a *arrayMerge) read() {
	a.inB, a.inL, a.inR = a.base.elementNodes(a.b), a.local.elementNodes(a.l), a.remote.elementNodes(a.r)
}

// intern numbers the elements; with trim those that are equal in all three at the start and at the
// end are left out, which is most of a large array. (Equal, not only the same bytes: the alignment
// must not depend on the spelling.)
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

func (a *arrayMerge) side(side Side) (*document, []int) {
	switch side {
	case Local:
		return a.local, a.inL
	case Base:
		return a.base, a.inB
	}
	return a.remote, a.inR
}
