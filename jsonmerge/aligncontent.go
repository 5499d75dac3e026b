package jsonmerge

import (
	"bytes"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// byContent pairs equal elements: first those of a longest common subsequence, then those that moved, in order.
func (al *aligner) byContent() {
	bs, as := al.free()
	same := func(i, j int) bool { return bytes.Equal(al.b.span(al.bs[i]), al.a.span(al.as[j])) }
	// Most arrays change in one place. Bytes that agree save the hashing.
	for len(bs) > 0 && len(as) > 0 && same(bs[0], as[0]) {
		al.pair(bs[0], as[0])
		bs, as = bs[1:], as[1:]
	}
	for len(bs) > 0 && len(as) > 0 && same(bs[len(bs)-1], as[len(as)-1]) {
		al.pair(bs[len(bs)-1], as[len(as)-1])
		bs, as = bs[:len(bs)-1], as[:len(as)-1]
	}
	if len(bs) == 0 || len(as) == 0 {
		return
	}
	terms := newTermTable(len(bs) + len(as))
	idB, idA := terms.values(al.b, pick(al.bs, bs)), terms.values(al.a, pick(al.as, as))
	for _, r := range lcs.Common(idB, idA) {
		for k := range r.N {
			al.pair(bs[r.A+k], as[r.B+k])
		}
	}
	waiting := make([][]int, len(terms.terms))
	for k, i := range bs {
		if al.freeB(i) {
			waiting[idB[k]] = append(waiting[idB[k]], i)
		}
	}
	for k, j := range as {
		if queue := waiting[idA[k]]; len(queue) > 0 && al.freeA(j) {
			al.pair(queue[0], j)
			waiting[idA[k]] = queue[1:]
		}
	}
}

// pick returns the nodes at these indexes.
func pick(nodes, at []int) []int {
	picked := make([]int, len(at))
	for k, i := range at {
		picked[k] = nodes[i]
	}
	return picked
}
