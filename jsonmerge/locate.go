package jsonmerge

import (
	"errors"
	"fmt"
)

// ErrNotFound is wrapped by the error of [Pointer.Get] for a pointer that leads to nothing in a
// document.
var ErrNotFound = errors.New("jsonmerge: no such value")

// Get returns the text of the value that p names in doc, as it stands there; it shares memory with
// doc. An array index is 0 or digits without a leading zero (RFC 6901 §4); "-", the element after
// the last, names nothing that can be got. The error wraps [ErrNotFound], or is that of [Check]
// with default limits.
func (p Pointer) Get(doc []byte) ([]byte, error) {
	d, err := parse(doc, Limits{})
	if err != nil {
		return nil, err
	}
	defer d.release()
	i, ok := p.locate(&d)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, quoteBounded(p.String()))
	}
	return d.span(i), nil
}

// locate finds the node that p names. It follows the tape and costs no more than the document's
// size.
func (p Pointer) locate(d *document) (int, bool) { return p.locateFrom(d, 0) }

// locateFrom finds the node that p names when value i is the root.
func (p Pointer) locateFrom(d *document, i int) (int, bool) {
	for _, token := range p {
		switch d.kind(i) {
		case kindObject:
			find := d.lookup(i)
			if _, i = find.find([]byte(token)); i == absent {
				return 0, false
			}
		case kindArray:
			index, ok := arrayIndex(token)
			if !ok || index >= d.count(i) {
				return 0, false
			}
			for i++; index > 0; index-- {
				i = d.next(i)
			}
		default:
			return 0, false
		}
	}
	return i, true
}
