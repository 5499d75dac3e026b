package jsonmerge

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/bits"
)

// Equal reports whether two JSON documents mean the same: the order of members, white space, the spelling of strings (A
// or \u0041) and of numbers (1, 1.0, 10e-1, and -0 is 0) do not matter; numbers compare by their exact decimal value, whatever
// its size. There is no Unicode normalisation, null is not absence, and the order of elements counts.
//
// Both must pass [Check] with default limits; the error is its [*SyntaxError] or [*LimitError], wrapped.
func Equal(a, b []byte) (bool, error) {
	da, err := parse(a, Limits{})
	if err != nil {
		return false, fmt.Errorf("first document: %w", err)
	}
	db, err := parseLike(b, Limits{}, &da)
	if err != nil {
		return false, fmt.Errorf("second document: %w", err)
	}
	defer da.release()
	defer db.release()
	return equal(&da, 0, &db, 0), nil
}

// equal reports whether value i of a means the same as value j of b. When the answer is no and hashes were needed to
// find it, they are kept with the documents, so that asking on every level of a document costs its size once.
func equal(a *document, i int, b *document, j int) bool {
	c := comparison{a: a, b: b, match: matcher{a: a.raw, b: b.raw}}
	return c.equal(i, j)
}

// A comparison compares values of two documents; asking in document order is cheapest.
type comparison struct {
	a, b  *document
	match matcher
}

// raw reports whether two values have the same bytes, which makes them equal without looking further.
func (c *comparison) raw(i, j int) bool {
	m, n := &c.a.nodes[i], &c.b.nodes[j]
	return c.match.same(int(m.start), int(m.end), int(n.start), int(n.end))
}

func (c *comparison) equal(i, j int) bool {
	if c.raw(i, j) {
		return true
	}
	k := c.a.kind(i)
	if k != c.b.kind(j) {
		return false
	}
	if k == kindArray || k == kindObject {
		// Unequal values are told by their hashes; equal ones are looked through, once, because the caller is
		// done with them.
		return c.a.count(i) == c.b.count(j) && c.a.hash(i) == c.b.hash(j) && c.deep(i, j)
	}
	return c.scalar(k, i, j)
}

func (c *comparison) scalar(k kind, i, j int) bool {
	switch k {
	case kindNumber:
		return parseDecimal(c.a.span(i)).equal(parseDecimal(c.b.span(j)))
	case kindString:
		if !c.a.nodes[i].escaped() && !c.b.nodes[j].escaped() {
			return false // the bytes differ
		}
		return bytes.Equal(c.a.text(i), c.b.text(j))
	}
	return false // literals are equal only byte for byte
}

// deep compares two values member by member and element by element.
func (c *comparison) deep(i, j int) bool {
	if c.raw(i, j) {
		return true
	}
	k := c.a.kind(i)
	if k != c.b.kind(j) {
		return false
	}
	switch k {
	case kindArray:
		if c.a.count(i) != c.b.count(j) {
			return false
		}
		other := j + 1
		for _, e := range c.a.elements(i) {
			if !c.deep(e, other) {
				return false
			}
			other = c.b.next(other)
		}
		return true
	case kindObject:
		if c.a.count(i) != c.b.count(j) {
			return false
		}
		find := c.b.lookup(j)
		for name, value := range c.a.members(i) {
			_, other := find.findSame(c.a, name)
			if other == absent || !c.deep(value, other) {
				return false
			}
		}
		return true
	}
	return c.scalar(k, i, j)
}

// hash is a hash of what value i means: equal values have equal hashes. It is kept for every value in i, so that all
// hashes of a document together cost time in proportion to its size.
func (d *document) hash(i int) uint64 {
	if d.hashes == nil {
		d.hashes = make([]uint64, len(d.nodes))
	}
	h := d.hashes[i]
	if h == 0 {
		h = max(1, d.computeHash(i)) // 0 means not known
		d.hashes[i] = h
	}
	return h
}

func (d *document) computeHash(i int) uint64 {
	k := d.kind(i)
	h := uint64(k) + 1
	switch k {
	case kindNumber:
		h = mix(h, parseDecimal(d.span(i)).hash())
	case kindString:
		h = mix(h, maphash.Bytes(seed, d.text(i)))
	case kindArray:
		for _, e := range d.elements(i) {
			h = mix(h, d.hash(e))
		}
	case kindObject:
		for name, value := range d.members(i) { // a sum: the order of members does not matter
			h += mix(maphash.Bytes(seed, d.text(name)), d.hash(value))
		}
		h = mix(h, uint64(d.count(i)))
	default:
		h = mix(h, maphash.Bytes(seed, d.span(i)))
	}
	return h
}

// mix folds two hashes into one in which their order counts.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9E3779B97F4A7C15, b^0xD6E8FEB86659FD93)
	return hi ^ lo
}
