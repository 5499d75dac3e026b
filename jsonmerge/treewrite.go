package jsonmerge

// writer writes a tree. What stems from its document keeps its bytes, what does not follows the
// manner in which the document is written around it.
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
		if in.object {
			w.name(t, k, placed, lay.colon)
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

// name writes the name of a member and what stands between it and the value.
func (w *writer) name(t *tree, k *kid, placed bool, colon []byte) {
	switch d, from := t.doc, int(k.from); {
	case placed:
		w.out = append(w.out, d.raw[d.start(from):d.start(from+1)]...)
	case from != absent:
		w.out = append(append(w.out, d.span(from)...), colon...)
	default:
		w.out = append(appendQuoted(w.out, []byte(k.val.name)), colon...)
	}
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
