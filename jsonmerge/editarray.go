package jsonmerge

import "slices"

// elementEdit is one element of the array that an edit results in.
type elementEdit struct {
	from     int // the element of the document in whose place it stands, or absent
	was, now int // the elements of the views that show it; absent both when neither does, was for a new one
}

// arrange returns the elements of an edited array: t, of which the view before shows bs and the
// view after as.
func arrange(t *tree, before *document, bs []int, after *document, as []int, key []Pointer) []elementEdit {
	ds := t.doc.elementNodes(t.node)
	shown, hidden := shownBy(before, bs, t.doc, ds, key)
	of := align(before, bs, after, as, key)
	place, filled := places(of, shown, hidden, len(ds))
	followers := followersOf(filled, hidden)

	steps := make([]elementEdit, 0, len(as)+len(hidden))
	follow := func(place int) {
		for _, at := range followers[place] {
			steps = append(steps, elementEdit{from: ds[at], was: absent, now: absent})
		}
	}
	follow(absent)
	for j, i := range of {
		s := elementEdit{from: absent, was: absent, now: as[j]}
		if place[j] != absent {
			s.from = ds[place[j]]
		}
		if i != absent && shown[i] != absent {
			s.was = bs[i]
		}
		steps = append(steps, s)
		if place[j] != absent {
			follow(place[j])
		}
	}
	return steps
}

// places returns where each element of the result stands among the n of the document, and which
// places are filled. A new element that follows directly on a place whose element went takes that
// place, between the same white space.
func places(of, shown []int, hidden map[int]bool, n int) (place []int, filled []bool) {
	place, filled = make([]int, len(of)), make([]bool, n)
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
			if next < n && !filled[next] {
				place[j] = next
				filled[next] = true
			}
		}
		if place[j] != absent {
			last = place[j]
		}
	}
	return place, filled
}

// followersOf returns the elements that the view does not show, by the nearest place before them
// that is filled.
func followersOf(filled []bool, hidden map[int]bool) map[int][]int {
	followers := make(map[int][]int)
	leader := absent
	for at := range filled {
		if hidden[at] {
			followers[leader] = append(followers[leader], at)
		} else if filled[at] {
			leader = at
		}
	}
	return followers
}

// shownBy returns for each element of the view before which element of the document it shows
// (absent: none), and the elements of the document that no element of the view shows.
//
// Decoding keeps the order: the view's element i shows the document's. Where a type's own
// UnmarshalJSON left some out or sorted them, what an element shows is found by its content, as far
// as that is certain.
func shownBy(before *document, bs []int, d *document, ds []int, key []Pointer) (shown []int, hidden map[int]bool) {
	inOrder := len(ds) == len(bs)
	for i := 0; inOrder && i < len(ds); i++ {
		inOrder = !contradicts(d, ds[i], before, bs[i], key)
	}
	if !inOrder {
		shown = align(d, ds, before, bs, key)
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
func contradicts(d *document, n int, before *document, b int, key []Pointer) bool {
	if !d.isContainer(n) || !before.isContainer(b) {
		return !equal(d, n, before, b)
	}
	for _, p := range key {
		v, ok := p.locateFrom(d, n)
		w, too := p.locateFrom(before, b)
		if ok && too && !equal(d, v, before, w) {
			return true
		}
	}
	if len(key) == 0 && before.kind(b) == kindObject {
		for name, w := range before.members(b) {
			text := string(before.text(name))
			if !slices.Contains(identityNames[:], text) {
				continue
			}
			if v := d.member(n, text); v != absent && !equal(d, v, before, w) {
				return true
			}
		}
	}
	return false
}
