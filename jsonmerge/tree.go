package jsonmerge

// A document that can be changed and written back, every byte that was not touched as it was.

import (
	"bytes"
	"slices"
)

// tree is a JSON value that can be changed. It starts as a value of a document, shared and never written to, and is
// opened, one level at a time, where something in it changes. So a change costs what it touches, not the document.
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

// kid is a member or an element. A removed member stays, marked, so that the others keep their index.
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

// member returns the value of a member of n, or absent, also when n is no object.
func (d *document) member(n int, name string) int {
	if d.kind(n) != kindObject {
		return absent
	}
	l := d.lookup(n)
	_, v := l.find([]byte(name))
	return v
}

// spaceBefore and spaceAfter return the white space around an offset.
func (d *document) spaceBefore(offset int) []byte {
	start := offset
	for start > 0 && isSpace(d.raw[start-1]) {
		start--
	}
	return d.raw[start:offset]
}

func (d *document) spaceAfter(offset int) []byte {
	end := offset
	for end < len(d.raw) && isSpace(d.raw[end]) {
		end++
	}
	return d.raw[offset:end]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// writer writes a tree. What stems from its document keeps its bytes, what does not follows the manner in which the
// document is written around it.
type writer struct {
	doc    *document
	limits Limits
	out    []byte
	err    error
}

// write returns the text of t with the white space that stood around the root of d.
func (t *tree) write(d *document, limits Limits) ([]byte, error) {
	w := writer{doc: d, limits: limits, out: make([]byte, 0, len(d.raw)+len(d.raw)/16+64)}
	w.out = append(w.out, d.spaceBefore(d.start(0))...)
	if t.open != nil {
		w.tree(t, manner{colon: ":"}, 0)
	} else {
		w.out = append(w.out, t.doc.span(t.node)...)
	}
	w.out = append(w.out, d.spaceAfter(d.end(0))...)
	if !w.bound(0) {
		return nil, w.err
	}
	return w.out, nil
}

// bound reports whether writing may go on.
func (w *writer) bound(depth int) bool {
	switch {
	case w.err != nil:
	case len(w.out) > w.limits.bytes():
		w.err = &LimitError{What: "bytes", Limit: w.limits.bytes(), Offset: w.limits.bytes()}
	case depth > w.limits.depth():
		w.err = &LimitError{What: "depth", Limit: w.limits.depth(), Offset: len(w.out)}
	default:
		return true
	}
	return false
}

func (w *writer) tree(t *tree, around manner, depth int) {
	if t.open != nil {
		w.container(t, around, depth+1)
	} else {
		w.node(t.doc, t.node, around, depth)
	}
}

func (w *writer) node(d *document, n int, around manner, depth int) {
	if d == w.doc {
		w.out = append(w.out, d.span(n)...)
	} else {
		w.value(d, n, around, depth)
	}
}

// container writes an open tree.
func (w *writer) container(t *tree, around manner, depth int) {
	if !w.bound(depth) {
		return
	}
	d, in := t.doc, t.open
	native := d == w.doc
	lay := around.layout()
	if native && in.read > 0 {
		lay = layoutOf(d, t.node, around)
	}
	bracket := brackets(in.object)
	w.out = append(w.out, bracket[0])
	written, pause := 0, lay.pause
	for i := range in.kids {
		k := &in.kids[i]
		if k.gone {
			continue
		}
		from := int(k.from)
		placed := native && from != absent // it has a place of its own in the text
		if written > 0 {
			w.out = append(append(w.out, pause...), ',')
		}
		switch {
		case written == 0:
			w.out = append(w.out, lay.first...)
		case placed && from != t.node+1:
			w.out = append(w.out, d.spaceBefore(d.start(from))...)
		default:
			w.out = append(w.out, lay.rest...)
		}
		written++
		switch {
		case !in.object:
		case placed:
			w.out = append(w.out, d.raw[d.start(from):d.start(from+1)]...)
		case from != absent:
			w.out = append(append(w.out, d.span(from)...), lay.colon...)
		default:
			w.out = append(appendQuoted(w.out, []byte(k.val.name)), lay.colon...)
		}
		if k.val != nil {
			w.tree(k.val, lay.inner, depth)
		} else {
			w.node(d, d.valueOf(from), lay.inner, depth)
		}
		pause = lay.pause
		if placed && !d.isLast(from, t.node) {
			pause = d.spaceAfter(d.end(d.valueOf(from)))
		}
		if !w.bound(depth) {
			return
		}
	}
	switch {
	case written > 0:
		w.out = append(w.out, lay.last...)
	case native && in.read == 0: // the white space in an empty container
		w.out = append(w.out, d.raw[d.start(t.node)+1:d.end(t.node)-1]...)
	}
	w.out = append(w.out, bracket[1])
}

// value writes a value of another document.
func (w *writer) value(d *document, n int, around manner, depth int) {
	if !d.isContainer(n) {
		w.out = append(w.out, d.span(n)...)
		return
	}
	if !w.bound(depth + 1) {
		return
	}
	b := brackets(d.kind(n) == kindObject)
	if d.count(n) == 0 {
		w.out = append(w.out, b...)
		return
	}
	lay := around.layout()
	w.out = append(w.out, b[0])
	lead := lay.first
	for c, end := n+1, d.next(n); c < end; c = d.next(c) {
		if c > n+1 {
			w.out = append(w.out, ',')
			lead = lay.rest
		}
		w.out = append(w.out, lead...)
		if d.kind(c) == kindName {
			w.out = append(append(w.out, d.span(c)...), lay.colon...)
		}
		w.value(d, d.valueOf(c), lay.inner, depth+1)
	}
	w.out = append(append(w.out, lay.last...), b[1])
}

func brackets(object bool) string {
	if object {
		return "{}"
	}
	return "[]"
}

// isLast reports whether the child c ends its container.
func (d *document) isLast(c, container int) bool { return d.next(c) == d.next(container) }

// manner is how a document writes containers at some place, learnt from those that stand around it.
type manner struct {
	lines bool   // each member and element on a line of its own
	line  string // the line break and the indentation of the line that the container begins on
	unit  string // the indentation that one level adds
	colon string // between a name and its value
	space string // after a comma within a line
}

// layout is the white space of one container.
type layout struct {
	first, rest []byte // before the first and before any other child
	pause       []byte // before a comma
	last        []byte // before the closing bracket
	colon       []byte // between a name and its value
	inner       manner // of the containers in it
}

// layout returns the layout of a new container.
func (m manner) layout() layout {
	lay := layout{rest: []byte(m.space), colon: []byte(m.colon), inner: m}
	if m.lines {
		lay.inner.line = m.line + m.unit
		lay.first = []byte(lay.inner.line)
		lay.rest, lay.last = lay.first, []byte(m.line)
	}
	return lay
}

// layoutOf returns the layout of a container that is not empty.
func layoutOf(d *document, n int, around manner) layout {
	lay := layout{colon: []byte(around.colon), inner: around}
	child, tail := absent, absent   // the last child but one, and the last
	compact, spread := false, false // whether there are containers on one line, and on several
	for c, end := n+1, d.next(n); c < end; c = d.next(c) {
		child, tail = tail, c
		if v := d.valueOf(c); d.isContainer(v) && d.count(v) > 0 {
			compact = true
			spread = spread || bytes.IndexByte(d.span(v), '\n') >= 0
		}
	}
	lay.first = d.spaceBefore(d.start(n + 1))
	lay.last = d.spaceBefore(d.end(n) - 1)
	if d.kind(tail) == kindName {
		lay.colon = d.raw[d.end(tail):d.start(tail+1)]
	}
	switch {
	case child != absent:
		lay.rest = d.spaceBefore(d.start(tail))
		lay.pause = d.spaceAfter(d.end(d.valueOf(child)))
	case bytes.IndexByte(lay.first, '\n') >= 0:
		lay.rest = lay.first
	case len(lay.colon) > 1:
		lay.rest = []byte(" ")
	}
	lay.inner = manner{colon: string(lay.colon)}
	line, close := lastLine(lay.rest), lastLine(lay.last)
	switch {
	case line == nil:
		lay.inner.space = string(lay.rest)
	case close == nil || !bytes.HasPrefix(line, close) || bytes.IndexByte(lay.colon, '\n') >= 0:
	case compact && !spread:
		// Lines that hold a container each go on like that.
	default:
		lay.inner.lines, lay.inner.line, lay.inner.unit = true, string(line), string(line[len(close):])
	}
	return lay
}

// lastLine returns the last line break in white space and what follows it, or nil.
func lastLine(space []byte) []byte {
	i := bytes.LastIndexByte(space, '\n')
	if i < 0 {
		return nil
	}
	if i > 0 && space[i-1] == '\r' {
		i--
	}
	return space[i:]
}
