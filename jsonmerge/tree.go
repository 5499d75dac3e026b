package jsonmerge

// A document that can be changed and written back, every byte that was not touched as it was.

import (
	"slices"
)

// tree is a JSON value that can be changed. It starts as a value of a document, shared and never
// written to, and is opened, one level at a time, where something in it changes. So a change costs
// what it touches, not the document.
type tree struct {
	doc  *document // what it was read from; nil for an object that stood nowhere
	node int
	name string // of a new member
	open *inside
}

// inside is what an opened object or array holds.
type inside struct {
	object bool
	kids   []kid
	read   int            // how many kids come from the document; in an object they stand first
	gone   int            // how many kids are marked as gone
	names  lookup         // of the document's members
	added  map[string]int // kids that are new members
}

// kid is a member or an element. A removed member stays, marked, so that the others keep their
// index.
type kid struct {
	val  *tree // nil: what stands at from
	from int32 // the name or element in the document whose place this is, or absent
	gone bool
}

// leaf returns a value of a document as a tree.
func leaf(d *document, n int) *tree { return &tree{doc: d, node: n} }

// emptyObject returns a new object.
func emptyObject() *tree {
	return &tree{open: &inside{object: true}}
}

func (t *tree) kind() kind {
	switch {
	case t.open == nil:
		return t.doc.kind(t.node)
	case t.open.object:
		return kindObject
	}
	return kindArray
}

// set makes t the value n of d.
func (t *tree) set(d *document, n int) { t.become(leaf(d, n)) }

// become makes t what v is.
func (t *tree) become(v *tree) { t.doc, t.node, t.open = v.doc, v.node, v.open }

// expand opens a container.
func (t *tree) expand() *inside {
	if t.open == nil {
		in := &inside{object: t.kind() == kindObject, read: t.doc.count(t.node)}
		in.kids = make([]kid, 0, in.read+1)
		for n, end := t.node+1, t.doc.next(t.node); n < end; n = t.doc.next(n) {
			in.kids = append(in.kids, kid{from: int32(n)})
		}
		if in.object {
			in.names = t.doc.lookup(t.node)
		}
		t.open = in
	}
	return t.open
}

// at returns kid i to change it.
func (t *tree) at(i int) *tree {
	k := &t.open.kids[i]
	if k.val == nil {
		k.val = leaf(t.doc, t.doc.valueOf(int(k.from)))
	}
	return k.val
}

// find returns the member with a name, or absent.
func (t *tree) find(name []byte) int {
	in := t.open
	if i, ok := in.added[string(name)]; ok {
		return i
	}
	if in.read == 0 {
		return absent
	}
	from, _ := in.names.find(name)
	if from == absent {
		return absent
	}
	i, _ := slices.BinarySearchFunc(in.kids[:in.read], from, func(k kid, from int) int { return int(k.from) - from })
	if in.kids[i].gone {
		return absent
	}
	return i
}

// put appends a member, which must not be there.
func (t *tree) put(name []byte, val *tree) {
	val.name = string(name)
	if t.open.added == nil {
		t.open.added = make(map[string]int)
	}
	t.open.added[val.name] = len(t.open.kids)
	t.open.kids = append(t.open.kids, kid{from: absent, val: val})
}

// drop removes member i.
func (t *tree) drop(i int) {
	k := &t.open.kids[i]
	if k.gone {
		return
	}
	if k.from == absent {
		delete(t.open.added, k.val.name)
	}
	k.gone, k.val = true, nil
	t.open.gone++
}

// count is the number of members or elements.
func (t *tree) count() int {
	if t.open == nil {
		return t.doc.count(t.node)
	}
	return len(t.open.kids) - t.open.gone
}

// remove takes kid i out and returns it.
func (t *tree) remove(i int) *tree {
	val := t.at(i)
	if t.open.object {
		t.drop(i)
	} else {
		t.open.kids = slices.Delete(t.open.kids, i, i+1)
	}
	return val
}

// add puts a new value at an index that place returned: into an array before the element there,
// into an object as a member, or in place of the member there.
func (t *tree) add(i int, name string, val *tree) {
	switch {
	case !t.open.object:
		t.open.kids = slices.Insert(t.open.kids, i, kid{from: absent, val: val})
	case i < len(t.open.kids):
		t.at(i).become(val)
	default:
		t.put([]byte(name), val)
	}
}

// replace makes t the value n of d, unless it means that already.
func (t *tree) replace(d *document, n int) bool {
	if t.equals(d, n) {
		return false
	}
	t.set(d, n)
	return true
}

// equals reports whether t means the same as the value n of d.
func (t *tree) equals(d *document, n int) bool {
	if t.open == nil {
		return equal(t.doc, t.node, d, n)
	}
	if d.kind(n) != t.kind() || d.count(n) != t.count() {
		return false
	}
	// Deep trees end here before the stack does: the document is no deeper than its limit.
	same := func(i, v int) bool {
		k := &t.open.kids[i]
		if k.val == nil {
			return equal(t.doc, t.doc.valueOf(int(k.from)), d, v)
		}
		return k.val.equals(d, v)
	}
	if t.open.object {
		for name, v := range d.members(n) {
			if i := t.find(d.text(name)); i == absent || !same(i, v) {
				return false
			}
		}
		return true
	}
	for i, v := range d.elements(n) {
		if !same(i, v) {
			return false
		}
	}
	return true
}
