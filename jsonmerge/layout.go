package jsonmerge

import "bytes"

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

// isLast reports whether the child c ends its container.
func (d *document) isLast(c, container int) bool { return d.next(c) == d.next(container) }

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
