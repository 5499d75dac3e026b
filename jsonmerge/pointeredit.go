package jsonmerge

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Set returns doc with value at the place that p names: it replaces what stands there, or becomes a new member of its
// object, or, at the index after the last or at "-" (RFC 6901 §4), a new element of its array. The container must be
// there. Every byte that is not part of the value stays as it is; a value that means what stands there already
// changes nothing, and doc itself is returned.
//
// The error wraps [ErrNotFound], or is that of [Check] with default limits.
func (p Pointer) Set(doc, value []byte) ([]byte, error) {
	v, err := parse(value, Limits{})
	if err != nil {
		return nil, fmt.Errorf("value to set: %w", err)
	}
	return p.edit(doc, func(root *tree) (bool, error) {
		at, i, err := root.place(p)
		if err != nil {
			return false, err
		}
		if at == nil {
			return root.replace(&v, 0), nil
		}
		if i < len(at.open.kids) {
			return at.at(i).replace(&v, 0), nil
		}
		at.add(i, p[len(p)-1], leaf(&v, 0))
		return true, nil
	})
}

// Remove returns doc without the member or element that p names. Every byte around it stays as it is. The root cannot
// be removed.
//
// The error wraps [ErrNotFound], or is that of [Check] with default limits.
func (p Pointer) Remove(doc []byte) ([]byte, error) {
	return p.edit(doc, func(root *tree) (bool, error) {
		at, i, err := root.existing(p)
		if err == nil && at == nil {
			err = errRoot
		}
		if err != nil {
			return false, err
		}
		at.remove(i)
		return true, nil
	})
}

// edit returns doc with the change that do makes and reports.
func (p Pointer) edit(doc []byte, do func(root *tree) (bool, error)) ([]byte, error) {
	d, err := parse(doc, Limits{})
	if err != nil {
		return nil, err
	}
	root := leaf(&d, 0)
	changed, err := do(root)
	if err != nil {
		return nil, err
	}
	if !changed {
		return doc, nil
	}
	return root.write(&d, Limits{})
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

// count is the number of members or elements.
func (t *tree) count() int {
	if t.open == nil {
		return t.doc.count(t.node)
	}
	return len(t.open.kids) - t.open.gone
}

// errRoot refuses to remove the root: what is left would be no document.
var errRoot = errors.New("jsonmerge: the root cannot be removed")

// missing says which token of a pointer led to nothing, and why.
func missing(p Pointer, i int, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrNotFound, quoteBounded(p[:i+1].String()), why)
}

// place returns the container that holds what p names, opened, and the index there: that of a kid, or len(kids) for
// a member or element that is not there but can be added. For the root the container is nil.
func (t *tree) place(p Pointer) (at *tree, index int, err error) {
	for i, token := range p {
		if i > 0 {
			if index == len(t.open.kids) {
				return nil, 0, missing(p, i-1, "nothing is there")
			}
			t = t.at(index)
		}
		switch t.kind() {
		case kindObject:
			t.expand()
			if index = t.find([]byte(token)); index == absent {
				index = len(t.open.kids)
			}
		case kindArray:
			length := len(t.expand().kids)
			n, ok := arrayIndex(token)
			switch {
			case token == "-":
				index = length
			case !ok:
				return nil, 0, missing(p, i, "not an index of an array")
			case n > length:
				return nil, 0, missing(p, i, "the array has "+strconv.Itoa(length)+" elements")
			default:
				index = n
			}
		default:
			return nil, 0, missing(p, i, "neither an object nor an array holds it")
		}
		at = t
	}
	return at, index, nil
}

// existing is place for what has to be there.
func (t *tree) existing(p Pointer) (at *tree, index int, err error) {
	if at, index, err = t.place(p); err == nil && at != nil && index == len(at.open.kids) {
		err = missing(p, len(p)-1, "nothing is there")
	}
	return at, index, err
}

// get returns the value that p names.
func (t *tree) get(p Pointer) (*tree, error) {
	at, i, err := t.existing(p)
	switch {
	case err != nil:
		return nil, err
	case at == nil:
		return t, nil
	}
	return at.at(i), nil
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

// add puts a new value at an index that place returned: into an array before the element there, into an object as a
// member, or in place of the member there.
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
