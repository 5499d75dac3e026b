package jsonmerge

// Which element of an array is which element of the array that it became, where no third document
// says more: for Edit and for CreatePatch.

// align returns for each element of as (nodes of a) the index of the element of bs (nodes of b)
// that it is, or -1 for a new one; no index twice. key names the members that identify an element
// together, if they are known.
func align(b *document, bs []int, a *document, as []int, key []Pointer) []int {
	al := aligner{b: b, a: a, bs: bs, as: as, to: fill(len(bs)), of: fill(len(as)), budget: alignBudget}
	if len(key) > 0 {
		al.byKey(key)
	}
	al.byContent()
	if al.anyLeftOver() {
		al.ids = identitiesOf(b, bs, a, as)
		for _, id := range al.ids {
			al.pairTagged(id.b, id.a, func(i, j int) bool {
				return !al.contradicted(i, j) && al.agree(i, j, Pointer{id.name})
			})
		}
	}
	if b, a := al.leftOver(); b == 1 && a == 1 {
		al.inGaps(al.alone) // the usual edit, and no need to look through the whole array
	}
	if al.anyLeftOver() {
		al.leafB, al.leafA = leavesOf(al.b, bs), leavesOf(al.a, as)
		al.byRareLeaves()
		al.inGaps(al.alone)
		al.inGaps(al.bySimilarity)
		al.inGaps(al.side)
	}
	return al.of
}
