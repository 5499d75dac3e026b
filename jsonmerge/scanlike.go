package jsonmerge

// A likeness is where in a container of like the reading stands: the next member or element, and
// the end.
type likeness struct{ at, end, limit int }

func (s *scanner) cursor(hint int, k kind) likeness {
	if hint == absent || s.like.kind(hint) != k {
		return likeness{}
	}
	return likeness{hint + 1, s.like.next(hint), s.like.end(hint)}
}

// copyRun copies as many members or elements as have the same bytes in like and here, and returns
// how many.
func (s *scanner) copyRun(c *likeness) int {
	if c.at >= c.end {
		return 0
	}
	like, first := s.like, c.at
	from := like.start(first)
	reach := s.match.reach(from, s.pos, c.limit)
	shift := s.pos - from
	count, end, at := 0, 0, first
	for at < c.end {
		last := at
		if like.kind(at) == kindName {
			last++
		}
		n := &like.nodes[last]
		stop := int(n.end)
		if stop > reach || n.kind() == kindNumber && stop+shift < len(s.raw) && continuesNumber(s.raw[stop+shift]) {
			break
		}
		count++
		end = stop
		at = int(n.next)
	}
	if count == 0 {
		return 0
	}
	to := len(s.nodes)
	s.nodes = append(s.nodes, like.nodes[first:at]...)
	if by := uint32(to - first); shift != 0 || by != 0 {
		moved := s.nodes[to:]
		for i := range moved {
			n := &moved[i]
			n.start += uint32(shift)
			n.end += uint32(shift)
			n.next += by
		}
	}
	s.pos = end + shift
	c.at = at
	return count
}

func continuesNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// likely is the value in like of the member that was just named here: the next one there, or, when
// a member is gone, the one after that.
func (s *scanner) likely(c *likeness, name int) int {
	if c.at >= c.end {
		return absent
	}
	here := document{raw: s.raw, nodes: s.nodes}
	at := c.at
	for range 2 {
		if at >= c.end {
			break
		}
		next := s.like.next(at)
		if sameName(s.like, at, &here, name) {
			c.at = next
			return at + 1
		}
		at = next
	}
	return absent
}
