package jsonmerge

import "bytes"

// An output collects the merged document. Most of it are long stretches of one input, so stretches
// that lie next to one another there are joined and copied in one go.
type output struct {
	buf      []byte
	doc      *document // the pending stretch, copied when something else follows; nil for none
	from, to int
}

// copy appends doc.raw[from:to].
func (o *output) copy(doc *document, from, to int) {
	if o.doc == doc && o.to == from {
		o.to = to
		return
	}
	o.flush()
	o.doc, o.from, o.to = doc, from, to
}

func (o *output) flush() {
	if o.doc != nil {
		o.buf = append(o.buf, o.doc.raw[o.from:o.to]...)
		o.doc = nil
	}
}

// write appends text that is in no document.
func (o *output) write(text []byte) {
	o.flush()
	o.buf = append(o.buf, text...)
}

// A mark is a place to go back to.
type mark struct {
	length   int
	doc      *document
	from, to int
}

func (o *output) mark() mark { return mark{len(o.buf), o.doc, o.from, o.to} }

func (o *output) reset(m mark) {
	o.buf = o.buf[:m.length]
	o.doc, o.from, o.to = m.doc, m.from, m.to
}

// A listing writes an object or an array in the layout of one that is there already: the white
// space after the bracket, between its members and before the closing bracket is kept.
type listing struct {
	out       *output
	style     *document
	container int
	count     int // items written
}

// newListing begins the container that comes of merging local's l with remote's r. It is laid out
// like local's unless that is empty; so if there is an item to write, the model has one.
func newListing(out *output, v *versions, l, r int) listing {
	if v.local.count(l) > 0 {
		return listing{out: out, style: v.local, container: l}
	}
	return listing{out: out, style: v.remote, container: r}
}

// next writes what stands before an item: a name node or an element of doc. previous is the end of
// doc's item before it, 0 if it is the first.
func (w *listing) next(doc *document, item, previous int) {
	d := w.style
	first := w.container + 1
	switch {
	case w.count == 0:
		w.out.copy(d, d.start(w.container), d.start(first))
	case doc == d && previous > 0:
		w.out.copy(d, previous, d.start(item))
	case d.count(w.container) > 1:
		w.out.copy(d, d.itemEnd(first), d.start(d.next(first)))
	default: // one item shows no separator: the white space before it has to do
		w.out.write([]byte{','})
		w.out.copy(d, d.start(w.container)+1, d.start(first))
	}
	w.count++
}

// close writes the end of the container.
func (w *listing) close() {
	d := w.style
	start, end := d.start(w.container), d.end(w.container)
	if w.count == 0 {
		w.out.copy(d, start, start+1)
		w.out.copy(d, end-1, end)
		return
	}
	from := len(bytes.TrimRight(d.raw[:end-1], " \t\r\n"))
	w.out.copy(d, max(from, start+1), end)
}
