package jsonmerge

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// EditOptions say how [Edit] compares two views. A nil pointer and the zero value are the defaults.
type EditOptions struct {
	// Rules tell by their key strategies which members identify the elements of an array of
	// objects. Their paths are those of the views. The other strategies do not matter here.
	Rules Rules

	// Keys is short for rules with nothing but keys: paths as in [Rule], and the names of the
	// members, such as
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
// A view is what a Go value shows of a document: before is the encoding of the value that doc was
// decoded to, after the encoding of the same value when the program has changed it. The document
// has more than its views: members that the Go type does not know, null where the view has 0, 1.50
// where it has 1.5, digits that a float64 does not hold, names in another case, an order of its
// own. Edit returns doc with the program's change made in it and nothing else: where before and
// after have equal values, every byte of doc stays as it is, whatever it says; when they are equal
// as a whole, Edit returns doc itself.
//
//   - Objects are edited member by member. A member that is gone from the view is removed; a new
//     one is added at the end, in the way that the object is written, on a line of its own or not.
//   - Any other value that changed is replaced by that of after.
//   - A name that encoding/json has matched in another case ("ID" for the field id) is edited as
//     the document spells it. If the document spells a name several times, the last one counts, as
//     it does for encoding/json.
//   - The elements of arrays are told apart by their key, if one is declared, else by content, by
//     identity (one of the members @id, uid, uuid, id, _id, key, name), and by having most of their
//     content in common, never by index. An element that stays recognisable keeps what the view
//     does not show, also when it moves; a new one starts with nothing. Between elements that did
//     not change, a single element that changed is the same one, unless its identity says
//     otherwise: an element with another id or name is another element. Declare a key where that is
//     not so.
//   - Elements that the view does not show stay in the array, after the element that they followed.
//
// A nil doc is an absent document: the result is after. Elements are compared in time that grows
// linearly with the size of the arrays; where many neighbours without any identity change at once,
// those not recognised within that bound count as new.
//
// All three must pass [Check] with the limits of opts; the error is its [*SyntaxError] or
// [*LimitError], wrapped, or tells what is wrong with opts. Edit does not change its arguments; the
// result may share memory with doc and after. It is safe for concurrent use.
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
		walk: newRuleWalk(rules.ruleSet),
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

// same reports whether the views have equal values. Arrays that differ mostly do so early, and then
// need not be hashed as a whole.
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
	spelled := spellingsOf(t, &e.views, b, a)
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
		place := t.at(effective(t, places, e.before, was))
		switch {
		case was != absent:
			e.value(place, was, v)
		case place.kind() == kindObject && e.after.kind(v) == kindObject:
			// The view left out an object that seemed empty (omitzero); it may hold what the view
			// does not know.
			e.object(place, absent, v)
		default:
			place.replace(e.after, v)
		}
		e.walk.leave(level)
	}
}

// array edits an array.
func (e *editor) array(t *tree, b, a int) {
	key := e.walk.key()
	steps := arrange(t, e.before, e.before.elementNodes(b), e.after, e.after.elementNodes(a), key)
	in := t.expand()
	in.kids = make([]kid, 0, len(steps))
	for _, s := range steps {
		k := kid{from: int32(s.from)}
		if s.now != absent && s.was == absent {
			k.val = leaf(e.after, s.now)
		}
		in.kids = append(in.kids, k)
		if s.was != absent {
			level := e.walk.enter(nil)
			e.value(t.at(len(in.kids)-1), s.was, s.now)
			e.walk.leave(level)
		}
	}
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
