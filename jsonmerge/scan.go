package jsonmerge

import (
	"fmt"
)

// Check reports whether doc is JSON that can be merged without guessing what it means: one JSON
// text (RFC 8259) and nothing after it, no name twice in an object, valid UTF-8 (§8.1), no unpaired
// surrogate escapes (§8.2), within the limits. The error is a [*SyntaxError] or a [*LimitError].
func Check(doc []byte, limits Limits) error {
	d, err := parse(doc, limits)
	d.release()
	return err
}

func parse(raw []byte, limits Limits) (document, error) {
	return parseLike(raw, limits, nil)
}

// parseLike parses a document that is expected to be a version of another, like, which may be nil.
// Where the two have the same bytes at corresponding places, like's nodes are copied instead of
// reading the text again: what was valid there is valid here. The result is that of parse.
func parseLike(raw []byte, limits Limits, like *document) (document, error) {
	if most := limits.bytes(); len(raw) > most {
		return document{}, &LimitError{What: "bytes", Limit: most, Offset: most}
	}
	s := scanner{raw: raw, maxDepth: limits.depth(), hint: absent}
	if like != nil && len(like.raw) > 0 {
		s.like, s.hint = like, 0
		s.match = matcher{a: like.raw, b: raw}
		s.nodes = newTape(len(like.nodes) + max(0, len(raw)-len(like.raw))/8 + 8)
	} else {
		s.nodes = newTape(min(1024, len(raw)/2+2))
	}
	s.space()
	if !s.value(0, s.hint) {
		return document{}, s.failure()
	}
	s.space()
	if s.pos < len(raw) {
		s.fail(s.pos, "more data after the value")
		return document{}, s.failure()
	}
	return document{raw: raw, nodes: s.nodes}, nil
}

// parseBoth reads two versions of a document.
func parseBoth(a, b []byte, limits Limits) (da, db document, err error) {
	if da, err = parse(a, limits); err != nil {
		return da, db, fmt.Errorf("first document: %w", err)
	}
	if db, err = parseLike(b, limits, &da); err != nil {
		return da, db, fmt.Errorf("second document: %w", err)
	}
	return da, db, nil
}

// value reads the value at pos; hint is the node of like that is expected to be like it, or absent.
func (s *scanner) value(depth, hint int) bool {
	start := s.pos
	switch c := s.peek(); c {
	case '{', '[':
		if depth >= s.maxDepth {
			s.err = &LimitError{What: "depth", Limit: s.maxDepth, Offset: s.pos}
			return false
		}
		if c == '{' {
			return s.object(depth+1, hint)
		}
		return s.array(depth+1, hint)
	case '"':
		escaped, ok := s.string()
		if !ok {
			return false
		}
		i := s.push(kindString, start)
		if escaped {
			s.nodes[i].info |= escapedBit
		}
		return true
	case 't':
		return s.literal("true", kindBool)
	case 'f':
		return s.literal("false", kindBool)
	case 'n':
		return s.literal("null", kindNull)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if !s.number() {
			return false
		}
		s.push(kindNumber, start)
		return true
	default:
		return s.unexpected("a value")
	}
}

func (s *scanner) object(depth, hint int) bool {
	object := s.push(kindObject, s.pos)
	s.pos++
	count := 0
	similar := s.cursor(hint, kindObject)
	s.space()
	if s.peek() == '}' {
		s.close(object, 0)
		return true
	}
	for {
		if n := s.copyRun(&similar); n > 0 {
			count += n
		} else {
			name, ok := s.name()
			if !ok {
				return false
			}
			if !s.value(depth, s.likely(&similar, name)) {
				s.trail = append(s.trail, s.textOf(name))
				return false
			}
			s.nodes[name].next = uint32(len(s.nodes))
			count++
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case '}':
			s.close(object, count)
			return s.unique(object)
		default:
			return s.unexpected("a comma or }")
		}
	}
}

func (s *scanner) array(depth, hint int) bool {
	array := s.push(kindArray, s.pos)
	s.pos++
	count := 0
	similar := s.cursor(hint, kindArray)
	s.space()
	if s.peek() == ']' {
		s.close(array, 0)
		return true
	}
	for {
		if n := s.copyRun(&similar); n > 0 {
			count += n
		} else {
			expected := absent
			if similar.at < similar.end {
				expected = similar.at
				similar.at = s.like.next(similar.at)
			}
			if !s.value(depth, expected) {
				s.trail = append(s.trail, fmt.Sprint(count))
				return false
			}
			count++
		}
		s.space()
		switch s.peek() {
		case ',':
			s.pos++
			s.space()
		case ']':
			s.close(array, count)
			return true
		default:
			return s.unexpected("a comma or ]")
		}
	}
}

// close ends a container at its last byte, which is at pos.
func (s *scanner) close(container, count int) {
	s.pos++
	n := &s.nodes[container]
	n.end = uint32(s.pos)
	n.next = uint32(len(s.nodes))
	n.info |= uint32(count) << infoShift
}

// name reads a member's name, the colon and the white space around it.
func (s *scanner) name() (int, bool) {
	start := s.pos
	if s.peek() != '"' {
		return 0, s.unexpected("a name in quotes")
	}
	escaped, ok := s.string()
	if !ok {
		return 0, false
	}
	i := s.push(kindName, start)
	n := &s.nodes[i]
	text := s.raw[start+1 : s.pos-1]
	if escaped {
		n.info |= escapedBit
		text = appendUnescaped(nil, text)
	}
	n.info |= hashName(text) << infoShift
	s.space()
	if s.peek() != ':' {
		return 0, s.unexpected("a colon")
	}
	s.pos++
	s.space()
	return i, true
}
