package jsonmerge

import (
	"errors"
	"fmt"
	"strconv"
)

// errRoot refuses to remove the root: what is left would be no document.
var errRoot = errors.New("jsonmerge: the root cannot be removed")

// missing says which token of a pointer led to nothing, and why.
func missing(p Pointer, i int, why string) error {
	return fmt.Errorf("%w: %s: %s", ErrNotFound, quoteBounded(p[:i+1].String()), why)
}

// place returns the container that holds what p names, opened, and the index there: that of a kid,
// or len(kids) for a member or element that is not there but can be added. For the root the
// container is nil.
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
