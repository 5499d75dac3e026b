package jsonmerge

import (
	"bytes"
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// again stands for the place of what has several.
const again = -1

// pairTagged pairs the elements with a tag (not 0) that occurs once before and once after, where
// sure agrees. It returns where each tag occurs.
func (al *aligner) pairTagged(tagB, tagA []uint64, sure func(i, j int) bool) (onceB, onceA map[uint64]int) {
	once := func(tags []uint64) map[uint64]int {
		at := make(map[uint64]int, len(tags))
		for i, t := range tags {
			if _, seen := at[t]; seen {
				at[t] = again
			} else if t != 0 {
				at[t] = i
			}
		}
		return at
	}
	onceB, onceA = once(tagB), once(tagA)
	for j, t := range tagA {
		if i, ok := onceB[t]; ok && i >= 0 && onceA[t] == j && al.freeB(i) && al.freeA(j) && sure(i, j) {
			al.pair(i, j)
		}
	}
	return onceB, onceA
}

// agree reports whether both elements have a value at p, and equal ones.
func (al *aligner) agree(i, j int, p Pointer) bool {
	v, ok := p.locateFrom(al.b, al.bs[i])
	w, too := p.locateFrom(al.a, al.as[j])
	return ok && too && equal(al.b, v, al.a, w)
}

// byKey pairs elements by the declared key. An element without the whole key, or with a key that
// occurs twice, is left to the other rounds.
func (al *aligner) byKey(key []Pointer) {
	tags := func(d *document, nodes []int) []uint64 {
		tags := make([]uint64, len(nodes))
	elements:
		for i, n := range nodes {
			sum := uint64(len(key))
			for _, p := range key {
				v, ok := p.locateFrom(d, n)
				if !ok {
					continue elements
				}
				sum = mix(sum, d.hash(v))
			}
			tags[i] = tagOf(sum)
		}
		return tags
	}
	tagB, tagA := tags(al.b, al.bs), tags(al.a, al.as)
	onceB, onceA := al.pairTagged(tagB, tagA, func(i, j int) bool {
		return !slices.ContainsFunc(key, func(p Pointer) bool { return !al.agree(i, j, p) })
	})
	bar := func(tags []uint64, once, other map[uint64]int) []bool {
		barred := make([]bool, len(tags))
		for i, t := range tags {
			barred[i] = t != 0 && once[t] == i && other[t] != again
		}
		return barred
	}
	al.barB, al.barA = bar(tagB, onceB, onceA), bar(tagA, onceA, onceB)
}

// byContent pairs equal elements: first those of a longest common subsequence, then those that
// moved, in order.
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
