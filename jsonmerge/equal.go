package jsonmerge

import (
	"bytes"
	"fmt"
	"hash/maphash"
)

// Equal reports whether two JSON documents mean the same: the order of members, white space, the
// spelling of strings (A or \u0041) and of numbers (1, 1.0, 10e-1, and -0 is 0) do not matter;
// numbers compare by their exact decimal value, whatever its size. There is no Unicode
// normalisation, null is not absence, and the order of elements counts.
//
// Both must pass [Check] with default limits; the error is its [*SyntaxError] or [*LimitError],
// wrapped.
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

// equal reports whether value i of a means the same as value j of b. When the answer is no and
// hashes were needed to find it, they are kept with the documents, so that asking on every level of
// a document costs its size once.
func equal(a *document, i int, b *document, j int) bool {
	c := comparison{a: a, b: b, match: matcher{a: a.raw, b: b.raw}}
	return c.equal(i, j)
}

// A comparison compares values of two documents; asking in document order is cheapest.
type comparison struct {
	a, b  *document
	match matcher
}

// raw reports whether two values have the same bytes, which makes them equal without looking
// further.
func (c *comparison) raw(i, j int) bool {
	m, n := &c.a.nodes[i], &c.b.nodes[j]
	return c.match.same(int(m.start), int(m.end), int(n.start), int(n.end))
}

// rawEqual reports whether both are absent or have the same bytes.
func (c *comparison) rawEqual(i, j int) bool {
	if i == absent || j == absent {
		return i == j
	}
	return c.raw(i, j)
}

// equal reports whether two values mean the same. Unequal containers are told apart by their
// hashes, which costs nothing the second time; equal ones are looked through, once, because whoever
// asked is done with them.
func (c *comparison) equal(i, j int) bool {
	if c.raw(i, j) {
		return true
	}
	k := c.a.kind(i)
	if k != c.b.kind(j) {
		return false
	}
	switch k {
	case kindNumber:
		return parseDecimal(c.a.span(i)).equal(parseDecimal(c.b.span(j)))
	case kindString:
		escaped := c.a.nodes[i].escaped() || c.b.nodes[j].escaped()
		return escaped && bytes.Equal(c.a.text(i), c.b.text(j))
	case kindArray:
		return c.alike(i, j) && c.elementsEqual(i, j)
	case kindObject:
		return c.alike(i, j) && c.membersEqual(i, j)
	}
	return false // literals are equal only byte for byte
}

// alike reports whether two containers may be equal.
func (c *comparison) alike(i, j int) bool {
	return c.a.count(i) == c.b.count(j) && c.a.hash(i) == c.b.hash(j)
}

func (c *comparison) elementsEqual(i, j int) bool {
	same, other := true, j+1
	for _, e := range c.a.elements(i) {
		same = same && c.equal(e, other)
		other = c.b.next(other)
	}
	return same
}

func (c *comparison) membersEqual(i, j int) bool {
	same, find := true, c.b.lookup(j)
	for name, value := range c.a.members(i) {
		_, other := find.findSame(c.a, name)
		same = same && other != absent && c.equal(value, other)
	}
	return same
}

// bothEqual reports whether both are absent or mean the same.
func (c *comparison) bothEqual(i, j int) bool {
	if i == absent || j == absent {
		return i == j
	}
	return c.equal(i, j)
}

// hash is a hash of what value i means: equal values have equal hashes. It is kept for every value
// in i, so that all hashes of a document together cost time in proportion to its size.
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
