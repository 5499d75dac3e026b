package jsonmerge

import (
	"cmp"
	"fmt"
	"slices"
)

// A keyedMerge decides the merge of arrays whose elements are known by a key: which elements of the
// three arrays are one, and in what order they stand.
type keyedMerge struct {
	*arrayMerge
	at [3][]int // by side and id: the element's index, -1 if absent
}

// byKey finds the keys of all elements. When an element has none, or two have the same, nothing
// says what belongs together, and it says why.
func (a *arrayMerge) byKey() (k keyedMerge, reason string) {
	k = keyedMerge{arrayMerge: a}
	in := newTermTable(len(a.inB) + len(a.inL) + len(a.inR))
	for _, side := range []Side{Base, Local, Remote} {
		if reason = k.index(&in, side); reason != "" {
			return k, reason
		}
	}
	k.terms = len(in.terms)
	return k, ""
}

// index finds the key of each element of one side; otherwise it says why not.
func (k *keyedMerge) index(in *termTable, side Side) (reason string) {
	doc, nodes := k.side(side)
	ids := make([]int32, len(nodes))
	var at []int
	for i, n := range nodes {
		hash, ok := k.keyHash(doc, n)
		if !ok {
			return fmt.Sprintf("element %d of %s has no key", i, side)
		}
		id := in.id(term{hash, doc, n}, func(known term) bool { return k.sameKey(known.doc, known.node, doc, n) })
		for int(id) >= len(at) {
			at = append(at, -1)
		}
		if at[id] >= 0 {
			return fmt.Sprintf("elements %d and %d of %s have the same key", at[id], i, side)
		}
		at[id], ids[i] = i, id
	}
	k.at[side] = at
	switch side {
	case Base:
		k.idsB = ids
	case Local:
		k.idsL = ids
	case Remote:
		k.idsR = ids
	}
	return ""
}

func (k *keyedMerge) keyHash(doc *document, element int) (uint64, bool) {
	var hash uint64
	for _, p := range k.plan.members {
		v, ok := p.locateFrom(doc, element)
		if !ok {
			return 0, false
		}
		hash = mix(hash, doc.hash(v))
	}
	return hash, true
}

func (k *keyedMerge) sameKey(a *document, i int, b *document, j int) bool {
	for _, p := range k.plan.members {
		v, _ := p.locateFrom(a, i)
		w, _ := p.locateFrom(b, j)
		if !equal(a, v, b, w) {
			return false
		}
	}
	return true
}

// key is the key of an element that local or remote has, as it stands there.
func (k *keyedMerge) key(id int32) [][]byte {
	side := Local
	if k.find(Local, id) < 0 {
		side = Remote
	}
	doc, nodes := k.side(side)
	values := make([][]byte, len(k.plan.members))
	for n, p := range k.plan.members {
		v, _ := p.locateFrom(doc, nodes[k.find(side, id)])
		values[n] = doc.span(v)
	}
	return values
}

// find is the index of an id on one side, -1 if absent.
func (k *keyedMerge) find(side Side, id int32) int {
	if id < 0 || int(id) >= len(k.at[side]) {
		return -1
	}
	return k.at[side][id]
}

// everywhere reports whether all three sides have an element.
func (k *keyedMerge) everywhere(id int32) bool {
	return k.find(Base, id) >= 0 && k.find(Local, id) >= 0 && k.find(Remote, id) >= 0
}

// common is the order of the elements that all three have, on one side.
func (k *keyedMerge) common(side Side) []int32 {
	var ids []int32
	for _, id := range k.ids(side) {
		if k.everywhere(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// order merges the order of the elements that all three have: a three-way merge of the sequences of
// keys, which has to end with each key once. Then no two moves contradict each other.
func (k *keyedMerge) order() ([]int32, bool) {
	b, l, r := k.common(Base), k.common(Local), k.common(Remote)
	switch {
	case slices.Equal(l, b):
		return r, true
	case slices.Equal(r, b), slices.Equal(l, r):
		return l, true
	}
	inner := arrayMerge{idsB: b, idsL: l, idsR: r, terms: k.terms}
	if !inner.sequence(nil) {
		return nil, false
	}
	var order []int32
	for i := range inner.pieces {
		p := &inner.pieces[i]
		order = append(order, inner.ids(p.side)[p.of(p.side).Start:p.of(p.side).End]...)
	}
	return order, len(order) == len(b) // none is there twice: multiplicity holds
}

// nothing is the id of what stands before the first element.
const nothing int32 = -1

// each calls do for every element that the result may have, in its order: the elements that all
// three arrays have in the given one, and after each of them what local has after it, then what
// only remote has after it.
func (k *keyedMerge) each(order []int32, do func(id int32)) {
	k.following(nothing, do)
	for _, id := range order {
		do(id)
		k.following(id, do)
	}
}

// following calls do for the elements that come after a common one and before the next: local's,
// each with what remote added after it, then remote's.
func (k *keyedMerge) following(id int32, do func(id int32)) {
	for i := k.find(Local, id) + 1; i < len(k.idsL) && !k.everywhere(k.idsL[i]); i++ {
		do(k.idsL[i])
		if k.find(Remote, k.idsL[i]) >= 0 {
			k.remoteOnly(k.idsL[i], do)
		}
	}
	k.remoteOnly(id, do)
}

// remoteOnly calls do for the elements that local does not have and that come right after the one
// with the given id in remote.
func (k *keyedMerge) remoteOnly(id int32, do func(id int32)) {
	for i := k.find(Remote, id) + 1; i < len(k.idsR) && k.find(Local, k.idsR[i]) < 0; i++ {
		do(k.idsR[i])
	}
}

// elementAt is the element of the array at a depth that leads to a conflict.
func elementAt(depth int, c *Conflict) Element {
	i := slices.IndexFunc(c.Elements, func(e Element) bool { return e.Depth == depth })
	return c.Elements[i]
}

// inLocalOrder sorts the conflicts in the array at a depth, which came in the order of the result:
// by local's elements, then by those that only remote has.
func inLocalOrder(depth int, conflicts []Conflict) {
	slices.SortStableFunc(conflicts, func(c, d Conflict) int {
		e, f := elementAt(depth, &c), elementAt(depth, &d)
		switch {
		case e.Local < 0 && f.Local < 0:
			return cmp.Compare(e.Remote, f.Remote)
		case e.Local < 0:
			return 1
		case f.Local < 0:
			return -1
		}
		return cmp.Compare(e.Local, f.Local)
	})
}

// ambiguous reports whether conflicts in the array at a depth have pointers of which one is the
// beginning of another: the index of an element that only remote has may be that of another element
// in local.
func ambiguous(depth int, conflicts []Conflict) bool {
	inLocal := map[int]bool{}
	for i := range conflicts {
		inLocal[elementAt(depth, &conflicts[i]).Local] = true
	}
	return inLocal[-1] && slices.ContainsFunc(conflicts, func(c Conflict) bool {
		e := elementAt(depth, &c)
		return e.Local < 0 && inLocal[e.Remote]
	})
}
