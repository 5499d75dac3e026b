package jsonmerge

import "strconv"

// A merger is one merge under way.
type merger struct {
	versions
	opts   *Options
	arrays plan // for arrays without a rule
	walk   ruleWalk
	out    output

	pointer  []byte // of the value being merged
	depth    int    // tokens in it
	elements []lead // those tokens that are elements of arrays

	maxConflicts int
	listed       int // bytes that the pointers of conflicts take
	conflicts    []Conflict
	omitted      int
	err          error // of a callback: everything stops
}

// A lead is an array element on the way to the value being merged.
type lead struct {
	Element
	key func() [][]byte // nil if it has none
}

// take writes a value of one document; false if it is absent.
func (m *merger) take(doc *document, i int) bool {
	if i == absent {
		return false
	}
	m.out.copy(doc, doc.start(i), doc.end(i))
	return true
}

func (m *merger) takeSide(side Side, b, l, r int) bool {
	switch side {
	case Local:
		return m.take(m.local, l)
	case Base:
		return m.take(m.base, b)
	}
	return m.take(m.remote, r)
}

// enter goes to a member, or, when e is not nil, to an element; leave comes back.
func (m *merger) enter(name []byte, e *lead) place {
	p := place{len(m.pointer), m.depth, len(m.elements), 0}
	m.pointer = append(m.pointer, '/')
	if e != nil {
		e.Depth = m.depth
		m.elements = append(m.elements, *e)
		index := e.Local
		if index < 0 {
			index = e.Remote
		}
		m.pointer = strconv.AppendInt(m.pointer, int64(index), 10)
	} else {
		m.pointer = appendToken(m.pointer, name)
	}
	m.depth++
	p.level = m.walk.enter(name)
	return p
}

func (m *merger) leave(p place) {
	m.walk.leave(p.level)
	m.pointer, m.depth, m.elements = m.pointer[:p.pointer], p.depth, m.elements[:p.elements]
}

// A place is where leave goes back to.
type place struct{ pointer, depth, elements, level int }
