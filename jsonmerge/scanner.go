package jsonmerge

import (
	"fmt"
	"slices"
)

type scanner struct {
	raw      []byte
	pos      int
	nodes    []node
	maxDepth int

	like  *document // nil, or the document to copy from
	hint  int       // like's root
	match matcher   // of like's text with this one

	table nameTable // scratch of unique
	err   error
	trail []string // tokens of the error's pointer, innermost first
}

func (s *scanner) fail(offset int, format string, args ...any) bool {
	if s.err == nil {
		s.err = &SyntaxError{Offset: offset, Msg: fmt.Sprintf(format, args...)}
	}
	return false
}

// unexpected reports the byte at pos, or the end of the document, where something else had to be.
func (s *scanner) unexpected(wanted string) bool {
	if s.pos >= len(s.raw) {
		return s.fail(s.pos, "document ends where %s was expected", wanted)
	}
	return s.fail(s.pos, "%q where %s was expected", s.raw[s.pos], wanted)
}

func (s *scanner) failure() error {
	if e, ok := s.err.(*SyntaxError); ok {
		slices.Reverse(s.trail)
		e.Pointer = Pointer(s.trail).String()
	}
	return s.err
}

func (s *scanner) space() {
	for s.pos < len(s.raw) {
		switch s.raw[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek is the byte at pos, 0 at the end of the document (0 is no byte of JSON outside strings, nor
// inside them).
func (s *scanner) peek() byte {
	if s.pos < len(s.raw) {
		return s.raw[s.pos]
	}
	return 0
}

func (s *scanner) push(k kind, start int) int {
	i := len(s.nodes)
	if i == cap(s.nodes) {
		s.grow()
	}
	s.nodes = append(s.nodes, node{start: uint32(start), end: uint32(s.pos), next: uint32(i + 1), info: uint32(k)})
	return i
}

// grow makes room for as many nodes as the document will have if it goes on as it began.
func (s *scanner) grow() {
	expected := float64(len(s.nodes)) * float64(len(s.raw)) / float64(s.pos+1)
	room := int(expected*1.06) - len(s.nodes)
	s.nodes = slices.Grow(s.nodes, max(room, len(s.nodes)/4, 64))
}

func (s *scanner) textOf(name int) string {
	d := document{raw: s.raw, nodes: s.nodes}
	return string(d.text(name))
}
