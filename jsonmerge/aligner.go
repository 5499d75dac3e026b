package jsonmerge

import "github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"

// aligner finds the elements of an array before (b) again in the array after (a).
//
// Two elements are the same one only on evidence: a declared key, equal content, a member that
// looks like an identity, or most of their leaves. An index is never evidence. Each round looks at
// what the rounds before left over.
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

// fill returns n times -1.
func fill(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

func (al *aligner) pair(i, j int) { al.to[i], al.of[j] = j, i }

func (al *aligner) freeB(i int) bool { return al.to[i] < 0 && (al.barB == nil || !al.barB[i]) }

func (al *aligner) freeA(j int) bool { return al.of[j] < 0 && (al.barA == nil || !al.barA[j]) }

// changedB reports whether bs[i] is left over and may have become another value. A scalar may not:
// an unequal scalar is another element, and has nothing to lose.
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

// anyLeftOver reports whether elements of both arrays may still be recognised.
func (al *aligner) anyLeftOver() bool {
	b, a := al.leftOver()
	return b > 0 && a > 0
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

// pick returns the nodes at these indexes.
func pick(nodes, at []int) []int {
	picked := make([]int, len(at))
	for k, i := range at {
		picked[k] = nodes[i]
	}
	return picked
}

// contradicted reports whether the strongest identity that both elements have says that they are
// two. Values of different kinds always are.
func (al *aligner) contradicted(i, j int) bool {
	if al.b.kind(al.bs[i]) != al.a.kind(al.as[j]) {
		return true
	}
	for _, id := range al.ids {
		if id.b[i] != 0 && id.a[j] != 0 {
			return id.b[i] != id.a[j]
		}
	}
	return false
}

// gapNumbers returns for each element the number of anchors before it.
func (al *aligner) gapNumbers() (b, a []int) {
	b, a = make([]int, len(al.bs)), make([]int, len(al.as))
	for _, i := range lcs.Rising(al.to) {
		b[i], a[al.to[i]] = 1, 1
	}
	for _, s := range [][]int{b, a} {
		n := 0
		for i := range s {
			n, s[i] = n+s[i], n
		}
	}
	return b, a
}

// inGaps calls do for the elements left over between each two anchors, in order.
func (al *aligner) inGaps(do func(bs, as []int)) {
	gapB, gapA := al.gapNumbers()
	bs, as := al.free()
	for len(bs) > 0 && len(as) > 0 {
		g := min(gapB[bs[0]], gapA[as[0]])
		p, q := 0, 0
		for p < len(bs) && gapB[bs[p]] == g {
			p++
		}
		for q < len(as) && gapA[as[q]] == g {
			q++
		}
		if p > 0 && q > 0 {
			do(bs[:p], as[:q])
		}
		bs, as = bs[p:], as[q:]
	}
}
