package jsonmerge

import (
	"errors"
	"fmt"
)

// ErrNotExpressible is wrapped by the error of [CreateMergePatch] when the second document has null
// for a member that has to be set: in a JSON Merge Patch null means removal (RFC 7396 §1).
var ErrNotExpressible = errors.New("jsonmerge: not expressible as a merge patch")

// ApplyMergePatch applies a JSON Merge Patch (RFC 7396 §2) to doc: members of the patch replace
// those of doc, null removes, objects are merged, anything else, arrays included, is replaced as a
// whole with all the nulls in it. What the patch does not name stays byte for byte as it was; new
// members go to the end of their object, written like those around them. A patch that changes
// nothing returns doc itself. A nil doc is an absent one.
//
// The error is the [*SyntaxError] or [*LimitError] of [Check] with default limits, wrapped. The
// arguments are not changed. It is safe for concurrent use.
func ApplyMergePatch(doc, patch []byte) ([]byte, error) {
	p, err := parse(patch, Limits{})
	if err != nil {
		return nil, fmt.Errorf("patch: %w", err)
	}
	if doc == nil {
		doc = []byte("null") // to a patch as good as nothing
	}
	d, err := parse(doc, Limits{})
	if err != nil {
		return nil, fmt.Errorf("document to patch: %w", err)
	}
	m := mergePatching{patch: &p}
	root := leaf(&d, 0)
	m.apply(root, 0)
	if !m.changed {
		return doc, nil
	}
	return root.write(&d, Limits{})
}

type mergePatching struct {
	patch   *document
	changed bool
}

// apply is MergePatch(Target, Patch) of RFC 7396 §2.
func (m *mergePatching) apply(t *tree, n int) {
	if m.patch.kind(n) != kindObject {
		if t.replace(m.patch, n) {
			m.changed = true
		}
		return
	}
	if t.kind() != kindObject {
		t.become(emptyObject())
		m.changed = true
	}
	t.expand()
	for name, v := range m.patch.members(n) {
		text := m.patch.text(name)
		i := t.find(text)
		switch {
		case m.patch.kind(v) == kindNull:
			if i != absent {
				t.drop(i)
				m.changed = true
			}
		case i != absent:
			m.apply(t.at(i), v)
		default:
			val := leaf(m.patch, v)
			if m.patch.kind(v) == kindObject {
				val = emptyObject()
				m.apply(val, v)
			}
			t.put(text, val)
			m.changed = true
		}
	}
}

// CreateMergePatch returns the shortest JSON Merge Patch (RFC 7396) that makes b out of a:
// [ApplyMergePatch] of it to a gives a document that means the same as b. Of objects that mean the
// same the patch is empty, "{}".
//
// Arrays are replaced as a whole. Where b has null for a member of an object that a does not have
// there, the error wraps [ErrNotExpressible] and names the member; a JSON Patch ([CreatePatch]) or
// the whole document can say it. For a document that cannot be read the error is the [*SyntaxError]
// or [*LimitError] of [Check] with default limits, wrapped. It is safe for concurrent use.
func CreateMergePatch(a, b []byte) ([]byte, error) {
	da, db, err := parseBoth(a, b, Limits{})
	if err != nil {
		return nil, err
	}
	g := mergeGenerator{
		docs: comparison{a: &da, b: &db, match: matcher{a: da.raw, b: db.raw}},
		a:    &da, b: &db,
	}
	if err := g.value(0, 0); err != nil {
		return nil, err
	}
	return g.out.out, nil
}

type mergeGenerator struct {
	docs comparison
	a, b *document
	path Pointer
	out  writer
}

// value writes the patch that makes value j of b out of value i of a.
func (g *mergeGenerator) value(i, j int) error {
	if g.a.kind(i) == kindObject && g.b.kind(j) == kindObject {
		return g.object(i, j)
	}
	return g.whole(j)
}

// whole writes value j of b as the patch that sets it. Members that are null would not arrive, but
// those in arrays do.
func (g *mergeGenerator) whole(j int) error {
	if err := g.noNull(j); err != nil {
		return err
	}
	g.out.value(g.b, j, manner{colon: ":"}, 0)
	return g.out.err
}

func (g *mergeGenerator) noNull(j int) error {
	if g.b.kind(j) != kindObject {
		return nil
	}
	for name, v := range g.b.members(j) {
		g.path = append(g.path, string(g.b.text(name)))
		if g.b.kind(v) == kindNull {
			return fmt.Errorf("%w: %s is null", ErrNotExpressible, quoteBounded(g.path.String()))
		}
		if err := g.noNull(v); err != nil {
			return err
		}
		g.path = g.path[:len(g.path)-1]
	}
	return nil
}

func (g *mergeGenerator) object(i, j int) error {
	later, earlier := g.b.lookup(j), g.a.lookup(i)
	g.out.out = append(g.out.out, '{')
	start := len(g.out.out)
	member := func(d *document, name int) {
		if len(g.out.out) > start {
			g.out.out = append(g.out.out, ',')
		}
		g.out.out = append(append(g.out.out, d.span(name)...), ':')
	}
	for name := range g.a.members(i) {
		if _, w := later.findSame(g.a, name); w == absent {
			member(g.a, name)
			g.out.out = append(g.out.out, "null"...)
		}
	}
	for name, w := range g.b.members(j) {
		_, v := earlier.findSame(g.b, name)
		if v != absent && g.docs.equal(v, w) {
			continue
		}
		member(g.b, name)
		g.path = append(g.path, string(g.b.text(name)))
		if g.b.kind(w) == kindNull {
			return fmt.Errorf("%w: %s is null", ErrNotExpressible, quoteBounded(g.path.String()))
		}
		var err error
		if v == absent {
			err = g.whole(w)
		} else {
			err = g.value(v, w)
		}
		if err != nil {
			return err
		}
		g.path = g.path[:len(g.path)-1]
	}
	g.out.out = append(g.out.out, '}')
	return nil
}
