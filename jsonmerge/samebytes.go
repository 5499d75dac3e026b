package jsonmerge

import (
	"encoding/binary"
	"math/bits"
)

// A matcher compares spans of two texts and remembers how far they agreed, so that asking about a
// container, then about each thing in it, then about each thing in those, reads every byte about
// once. Comparing from the start each time would cost size times depth.
type matcher struct {
	a, b     []byte
	shift    int // b's offset minus a's
	from, to int // a[from:to] equals b[from+shift:to+shift]
	differs  bool
}

// same reports whether a[start:end] equals b[startB:endB].
func (m *matcher) same(start, end, startB, endB int) bool {
	return end-start == endB-startB && m.reach(start, startB, end) >= end
}

// reach is the offset in a, at most limit, up to which a from start on and b from startB on have
// the same bytes.
func (m *matcher) reach(start, startB, limit int) int {
	if shift := startB - start; shift != m.shift || start < m.from || start > m.to {
		m.shift, m.from, m.to, m.differs = shift, start, start, false
	}
	if m.to < limit && !m.differs {
		limitB := min(limit+m.shift, len(m.b))
		m.to += commonPrefix(m.a[m.to:limit], m.b[m.to+m.shift:limitB])
		m.differs = m.to < limit
	}
	return min(m.to, limit)
}

// commonPrefix is the number of bytes at the start that a and b have in common.
func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	a, b = a[:n], b[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
