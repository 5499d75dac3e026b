package jsonmerge

import "slices"

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

// A piece of the result: a range of elements of one side, or one element to be merged.
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

// intern numbers the elements; with trim those that are equal in all three at the start and at the end are left out, which
// is most of a large array. (Equal, not only the same bytes: the alignment must not depend on the spelling.)
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

// sequence merges in order, like diff3 on elements instead of lines; false if there are conflicts. both, which may be
// nil, is asked about what both sides changed and reports whether it had one answer to it.
func (a *arrayMerge) sequence(both func(Hunk) bool) bool {
	runsL, runsR := commonRuns(a.idsB, a.idsL), commonRuns(a.idsB, a.idsR)
	if a.splice(runsL, runsR, both) && a.multiplicityHolds() {
		return true
	}
	return a.contained(runsL, runsR)
}

// splice merges along two alignments with base.
//
// Changes that touch belong together, because which of two equal neighbours was changed cannot be known. Of what both
// sides changed, deletions alone still have one answer, since they commute.
func (a *arrayMerge) splice(runsL, runsR []run, both func(Hunk) bool) bool {
	a.pieces, a.clashes = nil, nil
	regions := groupRegions(len(a.idsB), len(a.idsL), len(a.idsR), runsL, runsR, true)
	settle(regions, a.idsB, a.idsL, a.idsR)
	inL, inR := partners(len(a.idsB), runsL), partners(len(a.idsB), runsR)

	a.keep(Local, 0, a.head)
	for _, reg := range regions {
		h := Hunk{reg.Base.shifted(a.head), reg.Local.shifted(a.head), reg.Remote.shifted(a.head)}
		switch {
		case reg.kind == regionRemote:
			a.keep(Remote, h.Remote.Start, h.Remote.End)
		case reg.kind == regionSame && both != nil && a.walk.counting() && both(h): // for the counters in it
		case reg.kind != regionBoth:
			a.keep(Local, h.Local.Start, h.Local.End)
		case kept(inL, reg.Base) == h.Local.Len() && kept(inR, reg.Base) == h.Remote.Len():
			for i := reg.Base.Start; i < reg.Base.End; i++ {
				if inL[i] >= 0 && inR[i] >= 0 {
					a.keep(Base, a.head+i, a.head+i+1)
				}
			}
		case both == nil || !both(h):
			a.clashes = append(a.clashes, h)
		}
	}
	a.keep(Local, a.head+len(a.idsL), a.length(a.idsL))
	return len(a.clashes) == 0
}

// contained deals with conflicts that are none: one side has the other's changes already, as after a write whose answer was lost and a later
// write by somebody else. Where elements repeat or move, a longest common subsequence is not unique, and the ones that
// were chosen hid it. Aligning one side with base through the other side shows it, if that is as long.
func (a *arrayMerge) contained(runsL, runsR []run) bool {
	clashes := a.clashes
	toL, toR := partners(len(a.idsB), runsL), partners(len(a.idsB), runsR)
	runsLR := commonRuns(a.idsL, a.idsR)
	fromL, fromR := partners(len(a.idsL), runsLR), make([]int, len(a.idsR))
	for i := range fromR {
		fromR[i] = -1
	}
	for i, j := range fromL {
		if j >= 0 {
			fromR[j] = i
		}
	}
	if through := follow(toL, fromL); total(through) == total(runsR) && a.splice(runsL, through, nil) && a.comesTo(a.idsR) {
		a.pieces = nil
		a.keep(Remote, 0, a.length(a.idsR))
		return true
	}
	if through := follow(toR, fromR); total(through) == total(runsL) && a.splice(through, runsR, nil) && a.comesTo(a.idsL) {
		a.pieces = nil
		a.keep(Local, 0, a.length(a.idsL))
		return true
	}
	a.clashes = clashes
	return false
}

// length is that of the array whose elements between the trimmed ends have the given ids.
func (a *arrayMerge) length(ids []int32) int { return a.head + len(ids) + a.tail }

// comesTo reports whether the pieces make up the elements with the given ids.
func (a *arrayMerge) comesTo(ids []int32) bool {
	at := 0
	for i := range a.pieces {
		p := &a.pieces[i]
		side := a.ids(p.side)
		for k := p.of(p.side).Start - a.head; k < p.of(p.side).End-a.head; k++ {
			if k < 0 || k >= len(side) {
				continue // what was trimmed is the same everywhere
			}
			if at == len(ids) || ids[at] != side[k] {
				return false
			}
			at++
		}
	}
	return at == len(ids)
}

// partners tells for each of n elements which one it is aligned with, -1 for none.
func partners(n int, runs []run) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = -1
	}
	for _, r := range runs {
		for i := range r.n {
			p[r.a+i] = r.b + i
		}
	}
	return p
}

// kept counts the elements in a range that have a partner.
func kept(partners []int, r Range) int {
	n := 0
	for _, p := range partners[r.Start:r.End] {
		if p >= 0 {
			n++
		}
	}
	return n
}

// follow aligns the elements of one sequence with a third through a second.
func follow(first, second []int) []run {
	var runs []run
	for i, j := range first {
		if j < 0 || second[j] < 0 {
			continue
		}
		k := second[j]
		if n := len(runs); n > 0 && runs[n-1].a+runs[n-1].n == i && runs[n-1].b+runs[n-1].n == k {
			runs[n-1].n++
		} else {
			runs = append(runs, run{i, k, 1})
		}
	}
	return runs
}

func total(runs []run) int {
	n := 0
	for _, r := range runs {
		n += r.n
	}
	return n
}

func (r Range) shifted(by int) Range { return Range{r.Start + by, r.End + by} }

// mergeBoth merges what both sides changed where that has one answer: one object that is another on both sides, member
// by member, and, in a log, additions at one place.
func (a *arrayMerge) mergeBoth(h Hunk) bool {
	switch {
	case a.replacedObject(h):
		a.pieces = append(a.pieces, piece{merge: true, Hunk: h})
	case a.plan.shape == shapeAppend && h.Base.Len() == 0:
		a.additions(h)
	default:
		return false
	}
	return true
}

// replacedObject reports whether a hunk is one object on all three sides.
func (a *arrayMerge) replacedObject(h Hunk) bool {
	return h.Base.Len() == 1 && h.Local.Len() == 1 && h.Remote.Len() == 1 &&
		a.base.kind(a.inB[h.Base.Start]) == kindObject &&
		a.local.kind(a.inL[h.Local.Start]) == kindObject &&
		a.remote.kind(a.inR[h.Remote.Start]) == kindObject
}

// additions joins what both sides added to a log at the same place. What both added is there once.
func (a *arrayMerge) additions(h Hunk) {
	first, second := Remote, Local
	firstRange, secondRange := h.Remote, h.Local
	firstIDs, secondIDs := a.idsR, a.idsL
	if a.plan.localFirst {
		first, second, firstRange, secondRange, firstIDs, secondIDs = second, first, secondRange, firstRange, secondIDs, firstIDs
	}
	seen := map[int32]int{}
	for i := firstRange.Start; i < firstRange.End; i++ {
		seen[firstIDs[i-a.head]]++
	}
	a.keep(first, firstRange.Start, firstRange.End)
	for i := secondRange.Start; i < secondRange.End; i++ {
		if id := secondIDs[i-a.head]; seen[id] > 0 {
			seen[id]--
		} else {
			a.keep(second, i, i+1)
		}
	}
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

// of is the range of one side.
func (h *Hunk) of(side Side) *Range {
	switch side {
	case Local:
		return &h.Local
	case Base:
		return &h.Base
	}
	return &h.Remote
}

// multiplicityHolds reports whether no value occurs more often than the sides account for: diff3 alone writes an element twice that both sides
// moved, each to a place of its own.
func (a *arrayMerge) multiplicityHolds() bool {
	counts := a.counts()
	for i := range a.pieces {
		p := &a.pieces[i]
		if p.merge {
			continue
		}
		ids := a.ids(p.side)
		for k := p.of(p.side).Start; k < p.of(p.side).End; k++ {
			if at := k - a.head; at >= 0 && at < len(ids) {
				counts[ids[at]].merged++
			}
		}
	}
	for _, c := range counts {
		if c.merged > max(c.l, c.r, c.l+c.r-c.b) {
			return false
		}
	}
	return true
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

// allChanges is the one hunk that spans everything that any side changed.
func (a *arrayMerge) allChanges() []Hunk {
	at := func(ids []int32) Range { return Range{a.head, a.head + len(ids)} }
	return []Hunk{{at(a.idsB), at(a.idsL), at(a.idsR)}}
}

// set keeps what local has unless remote removed it, and adds what remote added.
func (a *arrayMerge) set() {
	in := a.counts()
	for k, id := range a.idsL {
		if in[id].b == 0 || in[id].r > 0 {
			a.keep(Local, k, k+1)
		}
	}
	for k, id := range a.idsR {
		if in[id].b == 0 && in[id].l == 0 {
			in[id].l++ // once
			a.keep(Remote, k, k+1)
		}
	}
}

// multiset keeps local + remote - base of each value: local's occurrences first, then as many of remote's as are missing.
func (a *arrayMerge) multiset() {
	in := a.counts()
	for id := range in {
		in[id].b = in[id].l + in[id].r - in[id].b // still wanted
	}
	for k, id := range a.idsL {
		if in[id].b > 0 {
			in[id].b--
			a.keep(Local, k, k+1)
		}
	}
	// Remote's last occurrences are the ones that it added.
	var added []int
	for k := len(a.idsR) - 1; k >= 0; k-- {
		if id := a.idsR[k]; in[id].b > 0 {
			in[id].b--
			added = append(added, k)
		}
	}
	for _, k := range slices.Backward(added) {
		a.keep(Remote, k, k+1)
	}
}

type occurrences struct{ b, l, r, merged int }

// counts tells how often each value occurs on each side.
func (a *arrayMerge) counts() []occurrences {
	counts := make([]occurrences, a.terms)
	for _, id := range a.idsB {
		counts[id].b++
	}
	for _, id := range a.idsL {
		counts[id].l++
	}
	for _, id := range a.idsR {
		counts[id].r++
	}
	return counts
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

// element merges one element, given by its index on each side, -1 where it is absent.
func (a *arrayMerge) element(w *listing, b, l, r int, key func() [][]byte) {
	doc, nodes, index := a.local, a.inL, l
	if l < 0 {
		doc, nodes, index = a.remote, a.inR, r
	}
	if index < 0 {
		return // deleted on both sides
	}
	before, count := a.out.mark(), w.count
	w.next(doc, nodes[index], endBefore(doc, nodes, index))
	a.path = append(a.path, step{element: Element{Base: b, Local: l, Remote: r}, key: key})
	node := func(nodes []int, index int) int {
		if index < 0 {
			return absent
		}
		return nodes[index]
	}
	level := a.walk.enter(nil)
	present := a.value(node(a.inB, b), node(a.inL, l), node(a.inR, r), a.policy)
	a.walk.leave(level)
	a.path = a.path[:len(a.path)-1]
	if !present {
		a.out.reset(before)
		w.count = count
	}
}
