package jsonmerge

import (
	"fmt"
)

// Set returns doc with value at the place that p names: it replaces what stands there, or becomes a
// new member of its object, or, at the index after the last or at "-" (RFC 6901 §4), a new element
// of its array. The container must be there. Every byte that is not part of the value stays as it
// is; a value that means what stands there already changes nothing, and doc itself is returned.
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

// Remove returns doc without the member or element that p names. Every byte around it stays as it
// is. The root cannot be removed.
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
