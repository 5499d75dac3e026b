package jsonmerge

import "slices"

// array edits an array.
func (e *editor) array(t *tree, b, a int) {
	key := e.walk.key()
	ds, bs, as := t.doc.elementNodes(t.node), e.before.elementNodes(b), e.after.elementNodes(a)
	shown, hidden := e.shown(t.doc, ds, bs, key)
	of := align(e.before, bs, e.after, as, key)

	// Where each element of the result stands in the document. A new one that follows directly on a place whose
	// element went takes that place, between the same white space.
	place, filled := make([]int, len(as)), make([]bool, len(ds))
	for j, i := range of {
		place[j] = absent
		if i != absent && shown[i] != absent {
			place[j] = shown[i]
			filled[place[j]] = true
		}
	}
	last := absent
	for j := range place {
		if place[j] == absent {
			next := last + 1
			for hidden[next] {
				next++
			}
			if next < len(ds) && !filled[next] {
				place[j] = next
				filled[next] = true
			}
		}
		if place[j] != absent {
			last = place[j]
		}
	}
	// Elements that the view does not show follow the nearest place before them that is filled.
	followers := make(map[int][]int)
	leader := absent
	for at := range ds {
		if hidden[at] {
			followers[leader] = append(followers[leader], at)
		} else if filled[at] {
			leader = at
		}
	}

	in := t.expand()
	in.kids = make([]kid, 0, len(as)+len(hidden))
	follow := func(place int) {
		for _, at := range followers[place] {
			in.kids = append(in.kids, kid{from: int32(ds[at])})
		}
	}
	follow(absent)
	for j, i := range of {
		k := kid{from: absent}
		if place[j] != absent {
			k.from = int32(ds[place[j]])
		}
		if i == absent || shown[i] == absent {
			k.val = leaf(e.after, as[j])
			in.kids = append(in.kids, k)
		} else {
			in.kids = append(in.kids, k)
			level := e.walk.enter(nil)
			e.value(t.at(len(in.kids)-1), bs[i], as[j])
			e.walk.leave(level)
		}
		if place[j] != absent {
			follow(place[j])
		}
	}
}

// shown returns for each element of the view before which element of the document it shows (absent: none), and the
// elements of the document that no element of the view shows.
//
// Decoding keeps the order: the view's element i shows the document's. Where a type's own UnmarshalJSON left some out
// or sorted them, what an element shows is found by its content, as far as that is certain.
func (e *editor) shown(d *document, ds, bs []int, key []Pointer) (shown []int, hidden map[int]bool) {
	inOrder := len(ds) == len(bs)
	for i := 0; inOrder && i < len(ds); i++ {
		inOrder = !e.contradicts(d, ds[i], bs[i], key)
	}
	if !inOrder {
		shown = align(d, ds, e.before, bs, key)
		if !slices.Contains(shown, absent) {
			hidden = make(map[int]bool)
			for i := range ds {
				hidden[i] = true
			}
			for _, i := range shown {
				delete(hidden, i)
			}
			return shown, hidden
		}
		if len(ds) != len(bs) {
			return shown, nil
		}
	}
	shown = make([]int, len(bs))
	for i := range shown {
		shown[i] = i
	}
	return shown, nil
}

// contradicts reports whether an element of the view does not look like one of the document.
func (e *editor) contradicts(d *document, n, b int, key []Pointer) bool {
	if !d.isContainer(n) || !e.before.isContainer(b) {
		return !equal(d, n, e.before, b)
	}
	for _, p := range key {
		v, ok := p.locateFrom(d, n)
		w, too := p.locateFrom(e.before, b)
		if ok && too && !equal(d, v, e.before, w) {
			return true
		}
	}
	if len(key) == 0 && e.before.kind(b) == kindObject {
		for name, w := range e.before.members(b) {
			text := string(e.before.text(name))
			if !slices.Contains(identityNames[:], text) {
				continue
			}
			if v := d.member(n, text); v != absent && !equal(d, v, e.before, w) {
				return true
			}
		}
	}
	return false
}
