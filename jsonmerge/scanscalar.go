package jsonmerge

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

func (s *scanner) literal(word string, k kind) bool {
	start := s.pos
	for i := range len(word) {
		if s.peek() != word[i] {
			return s.unexpected("the literal " + word)
		}
		s.pos++
	}
	s.push(k, start)
	return true
}

// number reads a number (RFC 8259 §6).
func (s *scanner) number() bool {
	if s.raw[s.pos] == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.pos
	for s.pos < len(s.raw) && s.raw[s.pos]-'0' <= 9 {
		s.pos++
	}
	return s.pos > start || s.unexpected("a digit")
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// string reads a string (RFC 8259 §7) from its opening quote and reports whether it has escapes.
func (s *scanner) string() (escaped, ok bool) {
	start := s.pos
	raw, p := s.raw, s.pos+1
	for {
		// Eight bytes at a time: stop at the first that is a quote, a backslash, a control
		// character or not ASCII.
		for p+8 <= len(raw) {
			w := binary.LittleEndian.Uint64(raw[p:])
			quote, back := w^(ones*'"'), w^(ones*'\\')
			special := ((quote-ones)&^quote | (back-ones)&^back | (w-ones*0x20)&^w | w) & highs
			if special != 0 {
				p += bits.TrailingZeros64(special) / 8
				break
			}
			p += 8
		}
		if p >= len(raw) {
			s.pos = len(raw)
			return false, s.fail(start, "string is not closed")
		}
		switch c := raw[p]; {
		case c == '"':
			s.pos = p + 1
			return escaped, true
		case c == '\\':
			n, msg := escapeLen(raw[p:])
			if n == 0 {
				return false, s.fail(p, "%s", msg)
			}
			p += n
			escaped = true
		case c < 0x20:
			return false, s.fail(p, "control character %q in a string", c)
		case c < utf8.RuneSelf:
			p++
		default:
			r, n := utf8.DecodeRune(raw[p:])
			if r == utf8.RuneError && n <= 1 {
				return false, s.fail(p, "invalid UTF-8 in a string")
			}
			p += n
		}
	}
}
