package jsonmerge

import (
	"slices"
	"strconv"
)

// CreatePatchOptions say how [CreatePatch] compares two documents. A nil pointer and the zero value
// are the defaults.
type CreatePatchOptions struct {
	// Rules tell by their key strategies which members identify the elements of an array of
	// objects; see [EditOptions]. The other strategies do not matter here.
	Rules Rules

	// Tests makes the patch guard itself: every value that is removed or replaced is tested first,
	// and every array in which something changes is tested as a whole, since an index says nothing
	// about the element found there. So the patch applies only where all that it touches is as it
	// was in the first document. That a member which it adds was not there, RFC 6902 cannot test.
	Tests bool

	// Limits bounds both documents and the patch.
	Limits Limits
}

// CreatePatch returns a JSON Patch (RFC 6902) that makes b out of a: [ApplyPatch] of it to a gives
// a document that means the same as b. Of documents that mean the same the patch is empty, "[]".
//
// Objects are compared member by member. The elements of arrays are recognised as by [Edit]: what
// is inserted, removed or moved becomes one operation (add, remove, move), what changed inside an
// element becomes operations inside it. Where that takes more text than the array, the array is
// replaced. The operation copy is not used.
//
// Both documents must pass [Check] with the limits of opts; the error is its [*SyntaxError] or
// [*LimitError], wrapped. It is safe for concurrent use.
func CreatePatch(a, b []byte, opts *CreatePatchOptions) ([]byte, error) {
	if opts == nil {
		opts = &CreatePatchOptions{}
	}
	da, db, err := parseBoth(a, b, opts.Limits)
	if err != nil {
		return nil, err
	}
	g := generator{
		docs:  comparison{a: &da, b: &db, match: matcher{a: da.raw, b: db.raw}},
		a:     &da,
		b:     &db,
		walk:  newRuleWalk(opts.Rules.ruleSet),
		tests: opts.Tests,
		out:   writer{limits: opts.Limits},
	}
	if !g.docs.equal(0, 0) {
		g.value(0, 0)
	}
	if !g.out.bound(0) {
		return nil, g.out.err
	}
	return append(append([]byte{'['}, g.out.out...), ']'), nil
}

// generator writes the operations that make b out of a.
type generator struct {
	docs  comparison
	a, b  *document
	walk  ruleWalk
	tests bool
	path  []byte // of the value being compared, as it is when the operations so far are done
	out   writer
}

// enter and leave go to a member or element and back.
func (g *generator) enter(token string) (back int) {
	back = len(g.path)
	g.path = append(g.path, '/')
	g.path = append(g.path, tokenEscaper.Replace(token)...)
	return back
}

func (g *generator) leave(back int) { g.path = g.path[:back] }

// op writes an operation, from the place from ("" for none), with the value n of d (absent for
// none).
func (g *generator) op(name string, from []byte, d *document, n int) {
	w := &g.out
	if !w.bound(0) {
		return
	}
	if len(w.out) > 0 {
		w.out = append(w.out, ',')
	}
	w.out = append(w.out, `{"op":"`...)
	w.out = append(w.out, name...)
	if from != nil {
		w.out = append(w.out, `","from":`...)
		w.out = append(appendQuoted(w.out, from), `,"path":`...)
	} else {
		w.out = append(w.out, `","path":`...)
	}
	w.out = appendQuoted(w.out, g.path)
	if n != absent {
		w.out = append(w.out, `,"value":`...)
		w.value(d, n, manner{colon: ":"}, 0)
	}
	w.out = append(w.out, '}')
}

// test guards the value i of a, which stands at the path now.
func (g *generator) test(i int) {
	if g.tests {
		g.op("test", nil, g.a, i)
	}
}

// value writes what makes value j of b out of value i of a, which is not equal.
func (g *generator) value(i, j int) {
	k := g.a.kind(i)
	switch {
	case k == kindObject && g.b.kind(j) == k:
		g.object(i, j)
	case k == kindArray && g.b.kind(j) == k:
		g.array(i, j)
	default:
		g.test(i)
		g.op("replace", nil, g.b, j)
	}
}

func (g *generator) object(i, j int) {
	later, earlier := g.b.lookup(j), g.a.lookup(i)
	for name, v := range g.a.members(i) {
		if _, w := later.findSame(g.a, name); w == absent {
			back := g.enter(string(g.a.text(name)))
			g.test(v)
			g.op("remove", nil, nil, absent)
			g.leave(back)
		}
	}
	for name, w := range g.b.members(j) {
		_, v := earlier.findSame(g.b, name)
		if v != absent && g.docs.equal(v, w) {
			continue
		}
		text := g.b.text(name)
		back := g.enter(string(text))
		if v == absent {
			g.op("add", nil, g.b, w)
		} else {
			level := g.walk.enter(text)
			g.value(v, w)
			g.walk.leave(level)
		}
		g.leave(back)
	}
}

// array writes the operations on an array, or, where their text is longer than the array's, one
// that replaces it.
func (g *generator) array(i, j int) {
	g.test(i)
	tests, start := g.tests, len(g.out.out)
	g.tests = false // everything in the array has been tested
	g.elements(g.a.elementNodes(i), g.b.elementNodes(j))
	g.tests = tests
	replaced := len(`,{"op":"replace","path":"","value":}`) + len(g.path) + len(g.b.span(j))
	if replaced < len(g.out.out)-start {
		g.out.out = g.out.out[:start]
		g.op("replace", nil, g.b, j)
	}
}

// elements writes the operations that make the elements bs of b out of the elements as of a.
func (g *generator) elements(as, bs []int) {
	m := newMoves(align(g.a, as, g.b, bs, g.walk.key()), len(as))
	index := func(n int) int { return g.enter(strconv.Itoa(n)) }
	for i := len(as) - 1; i >= 0; i-- {
		if m.to[i] == absent {
			back := index(m.take(m.slotA[i]))
			g.op("remove", nil, nil, absent)
			g.leave(back)
		}
	}
	for j, i := range m.of {
		switch {
		case i == absent:
			back := index(m.put(m.slotB[j]))
			g.op("add", nil, g.b, bs[j])
			g.leave(back)
		case m.slotA[i] != m.slotB[j]:
			back := index(m.take(m.slotA[i]))
			from := slices.Clone(g.path)
			g.leave(back)
			index(m.put(m.slotB[j]))
			g.op("move", from, nil, absent)
			g.leave(back)
		}
	}
	level := g.walk.enter(nil)
	for j, i := range m.of {
		if i == absent || g.docs.equal(as[i], bs[j]) {
			continue
		}
		back := index(j)
		if m.other[j] {
			g.op("replace", nil, g.b, bs[j])
		} else {
			g.value(as[i], bs[j])
		}
		g.leave(back)
	}
	g.walk.leave(level)
}
