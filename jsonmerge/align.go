package jsonmerge

// Which element of an array is which element of the array that it became, where no third document says more: for Edit
// and for CreatePatch.

// alignBudget bounds the work of comparing every changed element between two anchors with every other one, in leaves
// looked at. Beyond it elements are recognised by their identity and by leaves that occur nowhere else, the rest only
// where as many elements stand between the anchors after as before.
const alignBudget = 1 << 22

// aligner finds the elements of an array before (b) again in the array after (a).
//
// Two elements are the same one only on evidence: a declared key, equal content, a member that looks like an identity,
// or most of their leaves. An index is never evidence. Each round looks at what the rounds before left over.
type aligner struct {
	b, a   *document
	bs, as []int  // the elements, as nodes of b and a
	to, of []int  // bs[i] became as[to[i]], as[j] was bs[of[j]]; -1: gone, new
	barB   []bool // bs[i] has a declared key, and nothing else can make it an element of as
	barA   []bool
	ids    []identity
	leafB  [][]uint64 // the leaves of bs[i], see leavesOf
	leafA  [][]uint64
	budget int
}

// align returns for each element of as (nodes of a) the index of the element of bs (nodes of b) that it is, or -1 for
// a new one; no index twice. key names the members that identify an element together, if they are known.
func align(b *document, bs []int, a *document, as []int, key []Pointer) []int {
	al := aligner{b: b, a: a, bs: bs, as: as, to: fill(len(bs)), of: fill(len(as)), budget: alignBudget}
	if len(key) > 0 {
		al.byKey(key)
	}
	al.byContent()
	if b, a := al.leftOver(); b > 0 && a > 0 {
		al.findIdentities()
		for _, id := range al.ids {
			al.pairTagged(id.b, id.a, func(i, j int) bool {
				return !al.contradicted(i, j) && al.agree(i, j, Pointer{id.name})
			})
		}
	}
	if b, a := al.leftOver(); b == 1 && a == 1 {
		al.inGaps(al.alone) // the usual edit, and no need to look through the whole array
	}
	if b, a := al.leftOver(); b > 0 && a > 0 {
		al.leafB, al.leafA = leavesOf(al.b, bs), leavesOf(al.a, as)
		al.byRareLeaves()
		al.inGaps(al.alone)
		al.inGaps(al.bySimilarity)
		al.inGaps(al.side)
	}
	return al.of
}

// fill returns n times -1.
func fill(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

func (al *aligner) pair(i, j int)    { al.to[i], al.of[j] = j, i }
func (al *aligner) freeB(i int) bool { return al.to[i] < 0 && (al.barB == nil || !al.barB[i]) }
func (al *aligner) freeA(j int) bool { return al.of[j] < 0 && (al.barA == nil || !al.barA[j]) }

// changedB reports whether bs[i] is left over and may have become another value. A scalar may not: an unequal scalar is
// another element, and has nothing to lose.
func (al *aligner) changedB(i int) bool { return al.freeB(i) && al.b.isContainer(al.bs[i]) }

// changedA is changedB for as[j].
func (al *aligner) changedA(j int) bool { return al.freeA(j) && al.a.isContainer(al.as[j]) }

// leftOver counts the elements that have not been recognised yet, and may be.
func (al *aligner) leftOver() (b, a int) {
	for i := range al.bs {
		if al.changedB(i) {
			b++
		}
	}
	for j := range al.as {
		if al.changedA(j) {
			a++
		}
	}
	return b, a
}

// free returns the indexes of the elements that are left over.
func (al *aligner) free() (bs, as []int) {
	for i := range al.bs {
		if al.freeB(i) {
			bs = append(bs, i)
		}
	}
	for j := range al.as {
		if al.freeA(j) {
			as = append(as, j)
		}
	}
	return bs, as
}
