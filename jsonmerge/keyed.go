package jsonmerge

import (
	"cmp"
	"fmt"
	"slices"
)

// keyed merges arrays whose elements are known by a key: each element on its own, and then the order. When an
// element has no key, or two have the same, nothing says what belongs together and the array is taken as a whole.
func (a *arrayMerge) keyed() bool {
	k := keyedMerge{arrayMerge: a}
	in := newTermTable(len(a.inB) + len(a.inL) + len(a.inR))
	for _, side := range []Side{Base, Local, Remote} {
		if reason := k.index(&in, side); reason != "" {
			return a.clash(nil, reason)
		}
	}
	k.terms = len(in.terms)
	order, ok := k.order()
	if !ok {
		var decided bool
		if order, decided = k.decideOrder(); !decided {
			return k.present
		}
	}
	return k.write(order)
}

type keyedMerge struct {
	*arrayMerge
	at      [3][]int // by side and id: the element's index, -1 if absent
	present bool     // when the order was not decided: what decideOrder wrote
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

// order merges the order of the elements that all three have: a three-way merge of the sequences of keys, which has
// to end with each key once. Then no two moves contradict each other.
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

// decideOrder settles an order conflict. If no side's order was chosen, it writes what was decided, or reports the
// conflict, and returns false.
func (k *keyedMerge) decideOrder() ([]int32, bool) {
	switch k.policy.prefer.is {
	case preferLocal:
		return k.common(Local), true
	case preferRemote:
		return k.common(Remote), true
	}
	c := k.conflictAt(OrderClash, k.b, k.l, k.r)
	res, ok := k.ask(c, k.opts.Resolve)
	if ok && res.decided && !res.literal {
		return k.common(res.side), true
	}
	if ok {
		k.present = k.apply(c, func(Conflict) (Resolution, error) { return res, nil }, k.b, k.l, k.r)
	}
	return nil, false
}

// write writes the merged elements: those that all three have in the given order, and after each of them what local has
// after it, then what only remote has after it.
func (k *keyedMerge) write(order []int32) bool {
	before, reported, omitted := k.out.mark(), len(k.conflicts), k.omitted
	w := k.listing(k.l, k.r)
	k.following(&w, nothing)
	for _, id := range order {
		k.known(&w, id)
		k.following(&w, id)
	}
	w.close()
	k.inLocalOrder(k.conflicts[reported:])
	if k.ambiguous(k.conflicts[reported:]) {
		k.out.reset(before)
		k.conflicts, k.omitted = k.conflicts[:reported], omitted
		return k.clash(nil, "the elements in conflict have no pointers that tell them apart")
	}
	return true
}

// nothing is the id of what stands before the first element.
const nothing int32 = -1

// following writes the elements that come after a common one and before the next: local's, each with what remote added
// after it, then remote's.
func (k *keyedMerge) following(w *listing, id int32) {
	for i := k.find(Local, id) + 1; i < len(k.idsL) && !k.everywhere(k.idsL[i]); i++ {
		k.known(w, k.idsL[i])
		if k.find(Remote, k.idsL[i]) >= 0 {
			k.remoteOnly(w, k.idsL[i])
		}
	}
	k.remoteOnly(w, id)
}

// remoteOnly writes the elements that local does not have and that come right after the one with the given id in remote.
func (k *keyedMerge) remoteOnly(w *listing, id int32) {
	for i := k.find(Remote, id) + 1; i < len(k.idsR) && k.find(Local, k.idsR[i]) < 0; i++ {
		k.known(w, k.idsR[i])
	}
}

// known merges the element with an id.
func (k *keyedMerge) known(w *listing, id int32) {
	k.element(w, k.find(Base, id), k.find(Local, id), k.find(Remote, id), func() [][]byte { return k.key(id) })
}

// elementOf is the element of this array that leads to a conflict.
func (k *keyedMerge) elementOf(c *Conflict) Element {
	i := slices.IndexFunc(c.Elements, func(e Element) bool { return e.Depth == k.depth })
	return c.Elements[i]
}

// inLocalOrder sorts the conflicts in this array, which came in the order of the result: by local's elements, then
// by those that only remote has.
func (k *keyedMerge) inLocalOrder(conflicts []Conflict) {
	slices.SortStableFunc(conflicts, func(c, d Conflict) int {
		e, f := k.elementOf(&c), k.elementOf(&d)
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

// ambiguous reports whether conflicts in this array have pointers of which one is the beginning of another: the index
// of an element that only remote has may be that of another element in local.
func (k *keyedMerge) ambiguous(conflicts []Conflict) bool {
	inLocal := map[int]bool{}
	for i := range conflicts {
		inLocal[k.elementOf(&conflicts[i]).Local] = true
	}
	return inLocal[-1] && slices.ContainsFunc(conflicts, func(c Conflict) bool {
		e := k.elementOf(&c)
		return e.Local < 0 && inLocal[e.Remote]
	})
}
