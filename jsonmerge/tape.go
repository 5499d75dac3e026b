package jsonmerge

import (
	"bytes"
	"hash/maphash"
	"iter"
	"sync"
)

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
	kindName // a member's name; its value is the next node
)

// absent stands for a node that is not there: a member or a whole document that is missing.
const absent = -1

// A node is one value or member name. The nodes of a document lie in document order, a container before what it holds,
// so node 0 is the root and a subtree is the range [i, next).
type node struct {
	start, end uint32 // span in raw; a string's and a name's includes the quotes
	next       uint32 // the node after this subtree; a name's subtree includes the value
	info       uint32 // 3 bits kind, 1 bit escaped, 28 bits count of members or elements, or hash of a name
}

const (
	escapedBit = 1 << 3
	infoShift  = 4
)

func (n *node) kind() kind    { return kind(n.info & 7) }
func (n *node) escaped() bool { return n.info&escapedBit != 0 }

// A document is raw JSON text with the index of its values. It is not safe for concurrent use: hashes are kept lazily.
type document struct {
	raw    []byte
	nodes  []node
	hashes []uint64 // of subtrees, 0 = not known yet; nil until the first is asked for
}

func (d *document) kind(i int) kind { return d.nodes[i].kind() }
func (d *document) start(i int) int { return int(d.nodes[i].start) }
func (d *document) end(i int) int   { return int(d.nodes[i].end) }
func (d *document) next(i int) int  { return int(d.nodes[i].next) }

// count is the number of an object's members or of an array's elements.
func (d *document) count(i int) int { return int(d.nodes[i].info >> infoShift) }

// span is the text of a node as it stands in the document; it aliases raw.
func (d *document) span(i int) []byte {
	n := d.nodes[i]
	return d.raw[n.start:n.end:n.end]
}

// tapes keeps the nodes of documents that were released: clearing fresh memory would cost as much as reading.
var tapes sync.Pool

// maxKeptTape is the number of nodes beyond which a tape is left to the garbage collector: 16 MiB.
const maxKeptTape = 1 << 20

// newTape is an empty tape with room for at least n nodes.
func newTape(n int) []node {
	if kept, ok := tapes.Get().(*[]node); ok && cap(*kept) >= n {
		return (*kept)[:0]
	}
	return make([]node, 0, n)
}

// release ends the use of a document and gives its tape back; text taken from it stays.
func (d *document) release() {
	if nodes := d.nodes; cap(nodes) > 0 && cap(nodes) <= maxKeptTape {
		tapes.Put(&nodes)
	}
	*d = document{}
}

// value is the text of a node, nil for an absent one.
func (d *document) value(i int) []byte {
	if i == absent {
		return nil
	}
	return d.span(i)
}

// members yields the name node and the value node of each member of an object, in document order.
func (d *document) members(object int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		for name, end := object+1, d.next(object); name < end; name = d.next(name) {
			if !yield(name, name+1) {
				return
			}
		}
	}
}

// elements yields the index and the node of each element of an array, in document order.
func (d *document) elements(array int) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		index := 0
		for e, end := array+1, d.next(array); e < end; e = d.next(e) {
			if !yield(index, e) {
				return
			}
			index++
		}
	}
}

// text is the decoded content of a string or of a name. It aliases raw unless there were escapes.
func (d *document) text(i int) []byte {
	n := &d.nodes[i]
	inner := d.raw[n.start+1 : n.end-1 : n.end-1]
	if n.escaped() {
		return appendUnescaped(make([]byte, 0, len(inner)), inner)
	}
	return inner
}

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

// seed makes the hash of names and values unpredictable, so that nobody can send a document whose names all collide.
// No result depends on it.
var seed = maphash.MakeSeed()

// hashName is the 28-bit hash that a name node carries.
func hashName(decoded []byte) uint32 {
	return uint32(maphash.Bytes(seed, decoded)) >> infoShift
}

// A lookup finds members of one object by name. Documents that are versions of one another keep their members in much
// the same order, so it first tries the member after the one found last; when that fails it searches small objects and
// indexes large ones, once. n searches cost O(n + members).
type lookup struct {
	doc    *document
	object int
	cursor int // the name to try first
	table  nameTable
}

func (d *document) lookup(object int) lookup {
	return lookup{doc: d, object: object, cursor: object + 1}
}

// smallObject is the number of members up to which a linear search beats an index.
const smallObject = 8

// find returns the name and value nodes of the member called name, or absent twice.
func (l *lookup) find(name []byte) (int, int) {
	hash := hashName(name)
	return l.search(hash, func(candidate int) bool { return bytes.Equal(l.doc.text(candidate), name) })
}

// findSame returns the name and value nodes of the member that is called like the name node of another document.
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

// A nameTable is an open-addressing hash table of name nodes. 0, the root, is never a name and marks a free slot.
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
