package jsonmerge

import (
	"bytes"
	"hash/maphash"
)

// sameName reports whether two name nodes spell the same name.
func sameName(a *document, i int, b *document, j int) bool {
	m, n := &a.nodes[i], &b.nodes[j]
	if m.info>>infoShift != n.info>>infoShift { // unequal hashes
		return false
	}
	if !m.escaped() && !n.escaped() {
		return bytes.Equal(a.raw[m.start:m.end], b.raw[n.start:n.end])
	}
	return bytes.Equal(a.text(i), b.text(j))
}

// hashName is the 28-bit hash that a name node carries.
func hashName(decoded []byte) uint32 {
	return uint32(maphash.Bytes(seed, decoded)) >> infoShift
}

// A lookup finds members of one object by name. Documents that are versions of one another keep
// their members in much the same order, so it first tries the member after the one found last; when
// that fails it searches small objects and indexes large ones, once. n searches cost O(n +
// members).
type lookup struct {
	doc    *document
	object int
	cursor int // the name to try first
	table  nameTable
}

func (d *document) lookup(object int) lookup {
	return lookup{doc: d, object: object, cursor: object + 1}
}

// member returns the value of a member of n, or absent, also when n is no object.
func (d *document) member(n int, name string) int {
	if d.kind(n) != kindObject {
		return absent
	}
	l := d.lookup(n)
	_, v := l.find([]byte(name))
	return v
}

// smallObject is the number of members up to which a linear search beats an index.
const smallObject = 8

// find returns the name and value nodes of the member called name, or absent twice.
func (l *lookup) find(name []byte) (int, int) {
	hash := hashName(name)
	return l.search(hash, func(candidate int) bool { return bytes.Equal(l.doc.text(candidate), name) })
}

// findSame returns the name and value nodes of the member that is called like the name node of
// another document.
func (l *lookup) findSame(other *document, name int) (int, int) {
	if c := l.cursor; c < l.doc.next(l.object) && sameName(l.doc, c, other, name) {
		l.cursor = l.doc.next(c)
		return c, c + 1
	}
	hash := other.nodes[name].info >> infoShift
	return l.search(hash, func(candidate int) bool { return sameName(l.doc, candidate, other, name) })
}

func (l *lookup) search(hash uint32, is func(int) bool) (int, int) {
	d, end := l.doc, l.doc.next(l.object)
	found := absent
	if d.count(l.object) <= smallObject {
		for c := l.object + 1; c < end; c = d.next(c) {
			if d.nodes[c].info>>infoShift == hash && is(c) {
				found = c
				break
			}
		}
	} else {
		if l.table == nil {
			l.table = newNameTable(d, l.object)
		}
		found = l.table.find(d, hash, is)
	}
	if found == absent {
		return absent, absent
	}
	l.cursor = d.next(found)
	return found, found + 1
}

// A nameTable is an open-addressing hash table of name nodes. 0, the root, is never a name and
// marks a free slot.
type nameTable []uint32

func tableSize(n int) int {
	size := 16
	for size < 2*n {
		size *= 2
	}
	return size
}

func newNameTable(d *document, object int) nameTable {
	t := make(nameTable, tableSize(d.count(object)))
	for name := range d.members(object) {
		slot := d.nodes[name].info >> infoShift & uint32(len(t)-1)
		for t[slot] != 0 {
			slot = (slot + 1) & uint32(len(t)-1)
		}
		t[slot] = uint32(name)
	}
	return t
}

func (t nameTable) find(d *document, hash uint32, is func(int) bool) int {
	slot := hash & uint32(len(t)-1)
	for ; t[slot] != 0; slot = (slot + 1) & uint32(len(t)-1) {
		if c := int(t[slot]); d.nodes[c].info>>infoShift == hash && is(c) {
			return c
		}
	}
	return absent
}
