package jsonmerge

import (
	"cmp"
	"slices"
)

// alignBudget bounds the work of comparing every changed element between two anchors with every
// other one, in leaves looked at. Beyond it elements are recognised by their identity and by leaves
// that occur nowhere else, the rest only where as many elements stand between the anchors after as
// before.
const alignBudget = 1 << 22

// leavesOf returns the leaves of each container among the nodes: sorted hashes of the scalars in
// it, each together with the members that lead to it, but not the indexes.
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

// score says how much of two elements agrees: leaves in common over the leaves of the greater one,
// or 0 where they cannot be the same element or less than half agrees.
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

// pairBest pairs the candidates that are each other's best, and better than any other: a tie
// recognises nothing.
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

// byRareLeaves pairs elements that have a leaf in common which no other element has. Within a gap
// half of their leaves must agree, as everywhere; elements that moved too need more than half.
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

// side pairs what stands side by side and is alike, in a gap with as many elements after as before.
// This is the only round in which order decides: between elements that are all equally alike.
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

// alone pairs a single element in a gap with the single one that came in its place, unless their
// identities say otherwise.
func (al *aligner) alone(bs, as []int) {
	if len(bs) == 1 && len(as) == 1 && al.changedB(bs[0]) && al.changedA(as[0]) && !al.contradicted(bs[0], as[0]) {
		al.pair(bs[0], as[0])
	}
}
