package jsonmerge

// Which element of an array is which element of the array that it became, where no third document says more: for Edit
// and for CreatePatch.

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// alignBudget bounds the work of comparing every changed element between two anchors with every other one, in leaves
// looked at. Beyond it elements are recognised by their identity and by leaves that occur nowhere else, the rest only
// where as many elements stand between the anchors after as before.
const alignBudget = 1 << 22

// identityNames are the members that look like the identity of the object they stand in, the strongest first. One
// counts where its values are scalars other than zero and differ throughout the array before.
var identityNames = [...]string{"@id", "uid", "uuid", "id", "_id", "key", "name"}

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

// identity is one of identityNames that identifies the elements of this array. The tags are hashes of its values; 0
// where an element has none.
type identity struct {
	name string
	b, a []uint64
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

// again stands for the place of what has several.
const again = -1

// pairTagged pairs the elements with a tag (not 0) that occurs once before and once after, where sure agrees. It
// returns where each tag occurs.
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

// byKey pairs elements by the declared key. An element without the whole key, or with a key that occurs twice, is left
// to the other rounds.
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

// findIdentities finds out which of identityNames identify the elements of this array.
func (al *aligner) findIdentities() {
	all := make([]identity, len(identityNames))
	for k, name := range identityNames {
		all[k].name = name
	}
	tag := func(d *document, nodes []int, tags func(id *identity) *[]uint64) {
		for i, n := range nodes {
			if d.kind(n) != kindObject {
				continue
			}
			for name, v := range d.members(n) {
				if k := slices.Index(identityNames[:], string(d.text(name))); k >= 0 && d.identifies(v) {
					list := tags(&all[k])
					if *list == nil {
						*list = make([]uint64, len(nodes))
					}
					(*list)[i] = tagOf(d.hash(v))
				}
			}
		}
	}
	tag(al.b, al.bs, func(id *identity) *[]uint64 { return &id.b })
	tag(al.a, al.as, func(id *identity) *[]uint64 { return &id.a })
	for _, id := range all {
		if id.a != nil && distinct(id.b) {
			al.ids = append(al.ids, id)
		}
	}
}

// distinct reports whether there are tags, and none occurs twice.
func distinct(tags []uint64) bool {
	seen := make(map[uint64]struct{})
	for _, t := range tags {
		if t == 0 {
			continue
		}
		if _, again := seen[t]; again {
			return false
		}
		seen[t] = struct{}{}
	}
	return len(seen) > 0
}

// contradicted reports whether the strongest identity that both elements have says that they are two. Values of
// different kinds always are.
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

// leavesOf returns the leaves of each container among the nodes: sorted hashes of the scalars in it, each together
// with the members that lead to it, but not the indexes.
func leavesOf(d *document, nodes []int) [][]uint64 {
	all := make([][]uint64, len(nodes))
	for i, n := range nodes {
		if d.isContainer(n) {
			all[i] = appendLeaves(nil, d, n, 0)
			slices.Sort(all[i])
		}
	}
	return all
}

func appendLeaves(list []uint64, d *document, n int, path uint64) []uint64 {
	switch d.kind(n) {
	case kindObject:
		for name, v := range d.members(n) {
			list = appendLeaves(list, d, v, mix(path, uint64(hashName(d.text(name)))))
		}
	case kindArray:
		for _, e := range d.elements(n) {
			list = appendLeaves(list, d, e, mix(path, 0))
		}
	default:
		if d.identifies(n) {
			list = append(list, mix(path, d.hash(n)))
		}
	}
	return list
}

// identifies reports whether a value can tell its container from others: a scalar other than null, false, 0 and "",
// which unlike things have in common because nobody set them.
func (d *document) identifies(n int) bool {
	switch d.kind(n) {
	case kindNumber:
		return parseDecimal(d.span(n)).sign() != 0
	case kindString:
		return d.end(n)-d.start(n) > len(`""`)
	case kindBool:
		return d.raw[d.start(n)] == 't'
	}
	return false
}

// tagOf makes a hash a tag, which is never 0.
func tagOf(hash uint64) uint64 { return hash | 1 }

// score says how much of two elements agrees: leaves in common over the leaves of the greater one, or 0 where they
// cannot be the same element or less than half agrees.
func (al *aligner) score(i, j int) float64 {
	b, a := al.leafB[i], al.leafA[j]
	most := max(len(b), len(a))
	if 2*min(len(b), len(a)) < most || al.contradicted(i, j) {
		return 0
	}
	shared := 0
	for len(b) > 0 && len(a) > 0 {
		switch cmp.Compare(b[0], a[0]) {
		case 0:
			shared++
			b, a = b[1:], a[1:]
		case -1:
			b = b[1:]
		default:
			a = a[1:]
		}
	}
	if 2*shared < most || shared == 0 {
		return 0
	}
	return float64(shared) / float64(most)
}

// candidate is a pair that may be one element.
type candidate struct {
	i, j  int
	score float64
}

// pairBest pairs the candidates that are each other's best, and better than any other: a tie recognises nothing.
func (al *aligner) pairBest(list []candidate) {
	type best struct {
		score float64
		tie   bool
	}
	note := func(m map[int]best, at int, score float64) {
		if b, ok := m[at]; !ok || score > b.score {
			m[at] = best{score, false}
		} else if score == b.score {
			m[at] = best{score, true}
		}
	}
	bestB, bestA := make(map[int]best), make(map[int]best)
	for _, c := range list {
		note(bestB, c.i, c.score)
		note(bestA, c.j, c.score)
	}
	for _, c := range list {
		if only := (best{c.score, false}); bestB[c.i] == only && bestA[c.j] == only {
			al.pair(c.i, c.j)
		}
	}
}

// byRareLeaves pairs elements that have a leaf in common which no other element has. Within a gap half of their leaves
// must agree, as everywhere; elements that moved too need more than half.
func (al *aligner) byRareLeaves() {
	ownersB, ownersA := owners(al.leafB), owners(al.leafA)
	gapB, gapA := al.gapNumbers()
	var list []candidate
	votes := make(map[int]int)
	for j := range al.as {
		if !al.changedA(j) {
			continue
		}
		clear(votes)
		top := 0
		for _, leaf := range al.leafA[j] {
			if i, ok := ownersB[leaf]; ok && i >= 0 && ownersA[leaf] == j && al.changedB(i) {
				votes[i]++
				top = max(top, votes[i])
			}
		}
		winner, tie := -1, false
		for i, n := range votes {
			if n == top {
				tie = winner >= 0
				winner = i
				if tie {
					break
				}
			}
		}
		if winner < 0 || tie {
			continue
		}
		if s := al.score(winner, j); s > 0.5 || s > 0 && gapB[winner] == gapA[j] {
			list = append(list, candidate{winner, j, s})
		}
	}
	al.pairBest(list)
}

// owners maps each leaf to the one element that has it, or to -1 when several have.
func owners(leaves [][]uint64) map[uint64]int {
	owner := make(map[uint64]int)
	for i, list := range leaves {
		for _, leaf := range list {
			if o, ok := owner[leaf]; ok && o != i {
				owner[leaf] = again
			} else {
				owner[leaf] = i
			}
		}
	}
	return owner
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

// alone pairs a single element in a gap with the single one that came in its place, unless their identities say
// otherwise.
func (al *aligner) alone(bs, as []int) {
	if len(bs) == 1 && len(as) == 1 && al.changedB(bs[0]) && al.changedA(as[0]) && !al.contradicted(bs[0], as[0]) {
		al.pair(bs[0], as[0])
	}
}

// bySimilarity pairs what is alike in a gap.
func (al *aligner) bySimilarity(bs, as []int) {
	cost := 0
	for _, i := range bs {
		cost += len(as) * (1 + len(al.leafB[i]))
	}
	for _, j := range as {
		cost += len(bs) * (1 + len(al.leafA[j]))
	}
	if cost > al.budget {
		return
	}
	al.budget -= cost
	var list []candidate
	for _, i := range bs {
		for _, j := range as {
			if s := al.score(i, j); s > 0 {
				list = append(list, candidate{i, j, s})
			}
		}
	}
	al.pairBest(list)
}

// side pairs what stands side by side and is alike, in a gap with as many elements after as before. This is the only
// round in which order decides: between elements that are all equally alike.
func (al *aligner) side(bs, as []int) {
	if len(bs) != len(as) {
		return
	}
	for k, i := range bs {
		if al.score(i, as[k]) > 0 {
			al.pair(i, as[k])
		}
	}
}
