package jsonmerge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EditOptions say how [Edit] compares two views. A nil pointer and the zero value are the defaults.
type EditOptions struct {
	// Rules tell by their key strategies which members identify the elements of an array of objects. Their paths
	// are those of the views. The other strategies do not matter here.
	Rules Rules

	// Keys is short for rules with nothing but keys: paths as in [Rule], and the names of the members, such as
	//
	//	{"/spec/containers": {"name"}, "/spec/containers/*/ports": {"containerPort", "protocol"}}
	//
	// Of two paths that match the more special one holds, and a key before those of Rules.
	Keys map[string][]string

	// Limits bounds the three documents and the result.
	Limits Limits
}

// Edit applies to a document the change between two views of it.
//
// A view is what a Go value shows of a document: before is the encoding of the value that doc was decoded to, after
// the encoding of the same value when the program has changed it. The document has more than its views: members that
// the Go type does not know, null where the view has 0, 1.50 where it has 1.5, digits that a float64 does not hold,
// names in another case, an order of its own. Edit returns doc with the program's change made in it and nothing else:
// where before and after have equal values, every byte of doc stays as it is, whatever it says; when they are equal as
// a whole, Edit returns doc itself.
//
//   - Objects are edited member by member. A member that is gone from the view is removed; a new one is added at the
//     end, in the way that the object is written, on a line of its own or not.
//   - Any other value that changed is replaced by that of after.
//   - A name that encoding/json has matched in another case ("ID" for the field id) is edited as the document spells
//     it. If the document spells a name several times, the last one counts, as it does for encoding/json.
//   - The elements of arrays are told apart by their key, if one is declared, else by content, by identity (one of
//     the members @id, uid, uuid, id, _id, key, name), and by having most of their content in common, never by index.
//     An element that stays recognisable keeps what the view does not show, also when it moves; a new one starts with
//     nothing. Between elements that did not change, a single element that changed is the same one, unless its
//     identity says otherwise: an element with another id or name is another element. Declare a key where that is
//     not so.
//   - Elements that the view does not show stay in the array, after the element that they followed.
//
// A nil doc is an absent document: the result is after. Elements are compared in time that grows linearly with the
// size of the arrays; where many neighbours without any identity change at once, those not recognised within that
// bound count as new.
//
// All three must pass [Check] with the limits of opts; the error is its [*SyntaxError] or [*LimitError], wrapped, or
// tells what is wrong with opts. Edit does not change its arguments; the result may share memory with doc and after.
// It is safe for concurrent use.
func Edit(doc, before, after []byte, opts *EditOptions) ([]byte, error) {
	if opts == nil {
		opts = &EditOptions{}
	}
	rules, err := keyRules(opts.Rules, opts.Keys)
	if err != nil {
		return nil, err
	}
	a, err := parse(after, opts.Limits)
	if err != nil {
		return nil, fmt.Errorf("view after the edit: %w", err)
	}
	if doc == nil {
		return after, nil
	}
	d, err := parse(doc, opts.Limits)
	if err != nil {
		return nil, fmt.Errorf("document to edit: %w", err)
	}
	b, err := parseLike(before, opts.Limits, &a)
	if err != nil {
		return nil, fmt.Errorf("view before the edit: %w", err)
	}
	root := leaf(&d, 0)
	e := editor{
		views:  comparison{a: &b, b: &a, match: matcher{a: b.raw, b: a.raw}},
		before: &b, after: &a,
		walk: newRuleWalk(rules),
	}
	e.value(root, 0, 0)
	edited, err := root.write(&d, opts.Limits)
	if bytes.Equal(edited, doc) {
		return doc, err
	}
	return edited, err
}

// editor carries the change between two views over to the document.
type editor struct {
	views         comparison
	before, after *document
	walk          ruleWalk // at the value being edited
}

// value edits t, which before shows as b and after as a.
func (e *editor) value(t *tree, b, a int) {
	k := e.after.kind(a)
	switch {
	case e.views.raw(b, a):
	case k == kindObject && e.before.kind(b) == k && t.kind() == k:
		e.object(t, b, a) // where it finds no change, it makes none
	case e.same(b, a):
	case k == kindArray && e.before.kind(b) == k && t.kind() == k:
		e.array(t, b, a)
	default:
		t.replace(e.after, a)
	}
}

// same reports whether the views have equal values. Arrays that differ mostly do so early, and then need not be hashed
// as a whole.
func (e *editor) same(b, a int) bool {
	if e.before.kind(b) != kindArray || e.after.kind(a) != kindArray {
		return e.views.equal(b, a)
	}
	if e.before.count(b) != e.after.count(a) {
		return false
	}
	other := a + 1
	for _, n := range e.before.elements(b) {
		if !e.views.equal(n, other) {
			return false
		}
		other = e.after.next(other)
	}
	return true
}

// object edits an object. b is absent if before did not show it.
func (e *editor) object(t *tree, b, a int) {
	spelled := e.spellings(t, b, a)
	t.expand()
	later := e.after.lookup(a)
	if b != absent {
		for name := range e.before.members(b) {
			if _, v := later.findSame(e.before, name); v == absent {
				for _, i := range spelled.all(t, e.before.text(name)) {
					t.drop(i)
				}
			}
		}
	}
	var earlier lookup
	if b != absent {
		earlier = e.before.lookup(b)
	}
	for name, v := range e.after.members(a) {
		was := absent
		if b != absent {
			_, was = earlier.findSame(e.after, name)
		}
		if was != absent && e.views.raw(was, v) {
			continue
		}
		text := e.after.text(name)
		places := spelled.all(t, text)
		if len(places) == 0 {
			if was == absent || !e.same(was, v) {
				t.put(text, leaf(e.after, v))
			}
			continue
		}
		level := e.walk.enter(text)
		place := t.at(e.effective(t, places, was))
		switch {
		case was != absent:
			e.value(place, was, v)
		case place.kind() == kindObject && e.after.kind(v) == kindObject:
			// The view left out an object that seemed empty (omitzero); it may hold what the view does not know.
			e.object(place, absent, v)
		default:
			place.replace(e.after, v)
		}
		e.walk.leave(level)
	}
}

// effective returns which of several spellings of a name the view shows: the last in the document, as encoding/json
// decodes one after the other into the same field, unless only the first, the exact one, has the value that was seen.
func (e *editor) effective(t *tree, places []int, was int) int {
	last := slices.Max(places)
	if first := places[0]; first != last && was != absent {
		shows := func(i int) bool { return equal(t.doc, int(t.open.kids[i].from)+1, e.before, was) }
		if shows(first) && !shows(last) {
			return first
		}
	}
	return last
}

// spellings are the names of an object's members that the views do not have, by what remains of them when case is
// folded.
type spellings map[string][]int

func (e *editor) spellings(t *tree, b, a int) spellings {
	var s spellings
	var inBefore lookup
	if b != absent {
		inBefore = e.before.lookup(b)
	}
	inAfter := e.after.lookup(a)
	i := 0
	for name := range t.doc.members(t.node) {
		_, v := inAfter.findSame(t.doc, name)
		if v == absent && b != absent {
			_, v = inBefore.findSame(t.doc, name)
		}
		if v == absent {
			if s == nil {
				s = make(spellings)
			}
			folded := foldName(t.doc.text(name))
			s[folded] = append(s[folded], i)
		}
		i++
	}
	return s
}

// all returns the members that a name of the view stands for, the one with exactly that name first.
func (s spellings) all(t *tree, name []byte) []int {
	var places []int
	if i := t.find(name); i != absent {
		places = append(places, i)
	}
	if s != nil {
		places = append(places, s[foldName(name)]...)
	}
	return places
}

// foldName maps names that encoding/json takes for the same to the same text: those that bytes.EqualFold calls equal.
func foldName(name []byte) string {
	folded := make([]byte, 0, len(name))
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		name = name[n:]
		// The least rune of its orbit under simple folding stands for all of them.
		for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(next) {
			if next <= r {
				r = next
				break
			}
		}
		folded = utf8.AppendRune(folded, r)
	}
	return string(folded)
}

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

// keyRules returns rules together with those that keys stands for.
func keyRules(rules Rules, keys map[string][]string) (Rules, error) {
	if len(keys) == 0 {
		return rules, nil
	}
	list := make([]Rule, 0, len(keys))
	for path, names := range keys {
		if len(names) == 0 {
			return Rules{}, fmt.Errorf("jsonmerge: key of array %s: no member is named", quoteBounded(path))
		}
		list = append(list, Rule{Path: path, Strategy: Key(names...)})
	}
	// The more special path is to win, and the last rule does: a wildcard sorts before any name.
	slices.SortFunc(list, func(x, y Rule) int {
		return slices.Compare(strings.Split(x.Path, "/"), strings.Split(y.Path, "/"))
	})
	own, err := NewRules(list...)
	if err != nil {
		return Rules{}, err
	}
	return rules.With(own), nil
}

// key returns the members that identify the elements of the array that the walk has reached, or nil.
func (w *ruleWalk) key() []Pointer {
	if p, _ := w.plan(policy{}); p.shape == shapeKeyed {
		return p.members
	}
	return nil
}
