package jsonmerge

import "github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"

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

// alone pairs a single element in a gap with the single one that came in its place, unless their identities say
// otherwise.
func (al *aligner) alone(bs, as []int) {
	if len(bs) == 1 && len(as) == 1 && al.changedB(bs[0]) && al.changedA(as[0]) && !al.contradicted(bs[0], as[0]) {
		al.pair(bs[0], as[0])
	}
}
