package jsonmerge

// parse reads a document strictly (RFC 8259; names unique, UTF-8 valid, surrogates paired, nothing
// after the value) into a flat tape of nodes; nothing is decoded or copied. What the rest of the
// package builds on:
//
//	d, err := parse(raw, limits)             *SyntaxError or *LimitError; d.nodes[0] is the root
//	d.kind(i) d.span(i) d.start(i) d.end(i)  the value i: its kind, its text and where that stands in d.raw
//	d.count(i) d.next(i)                     members or elements; the node after the subtree
//	for name, value := range d.members(i)    members of an object; d.text(name) is the decoded name
//	for index, e := range d.elements(i)      elements of an array
//	d.text(i)                                decoded content of a string or a name
//	l := d.lookup(i); l.find([]byte("id"))   a member by name: same position first, then an index
//	equal(&a, i, &b, j), d.hash(i)           equality of meaning and a hash that agrees with it (equal.go)
//	p.locate(&d)                             the node that a Pointer names (locate.go)
//	appendQuoted(dst, text)                  a JSON string, escaping only what RFC 8259 §7 demands

import (
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

// A node is one value or member name. The nodes of a document lie in document order, a container
// before what it holds, so node 0 is the root and a subtree is the range [i, next).
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

// A document is raw JSON text with the index of its values. It is not safe for concurrent use:
// hashes are kept lazily.
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

// tapes keeps the nodes of documents that were released: clearing fresh memory would cost as much
// as reading.
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

// root is the root of a document, absent if the document is.
func (d *document) root() int {
	if len(d.nodes) == 0 {
		return absent
	}
	return 0
}

func (d *document) kindOr(i int, none kind) kind {
	if i == absent {
		return none
	}
	return d.kind(i)
}

func (d *document) elementNodes(array int) []int {
	if array == absent {
		return nil
	}
	nodes := make([]int, 0, d.count(array))
	for _, e := range d.elements(array) {
		nodes = append(nodes, e)
	}
	return nodes
}

// valueOf returns the value of a name, and any other node itself.
func (d *document) valueOf(n int) int {
	if d.kind(n) == kindName {
		return n + 1
	}
	return n
}

func (d *document) isContainer(n int) bool {
	k := d.kind(n)
	return k == kindObject || k == kindArray
}

// itemEnd is where a member, given by its name node, or an element ends.
func (d *document) itemEnd(item int) int {
	if d.kind(item) == kindName {
		item++
	}
	return d.end(item)
}
