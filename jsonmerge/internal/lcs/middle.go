package lcs

// middle finds a point (x, y) on a shortest edit path from a to b, neither its start nor its end,
// by searching from both ends until the searches meet. When that takes too long it returns the most
// promising point reached, or (0, 0) when the budget is spent, and exact is false. The first
// elements of a and b differ, and so do the last.
func (d *blocks) middle(a, b []int32) (x, y int, exact bool) {
	if d.budget <= d.reserve {
		return 0, 0, false
	}
	m := meeting{a: a, b: b, delta: len(a) - len(b), zero: d.limit + 2, forward: d.forward, back: d.back}
	m.bmin, m.bmax = m.delta, m.delta
	m.start()
	for edits := 1; edits <= d.limit && d.budget > d.reserve; edits++ {
		if x, k, met := m.fromStart(d); met {
			return x, x - k, true
		}
		if x, k, met := m.fromEnd(d); met {
			return x, x - k, true
		}
	}
	x, y = m.furthest()
	return x, y, false
}

// meeting is a search in the grid of two blocks from both ends.
//
// A diagonal k holds the points with x-y == k. forward[zero+k] is the furthest x reached on it from
// the start with the current number of edits, back[zero+k-delta] the least x reached from the end;
// a diagonal next to the searched ones holds a value that never wins.
type meeting struct {
	a, b          []int32
	delta         int // the diagonal of the end; that of the start is 0
	zero          int
	forward, back []int
	fmin, fmax    int // the diagonals searched from the start
	bmin, bmax    int // and from the end
}

func (m *meeting) start() {
	n, zero := len(m.a), m.zero
	m.forward[zero-1], m.forward[zero], m.forward[zero+1] = -1, 0, -1
	m.back[zero-1], m.back[zero], m.back[zero+1] = n+1, n, n+1
}

// fromStart allows the search from the start one edit more, and reports where it meets the other.
func (m *meeting) fromStart(d *blocks) (x, k int, met bool) {
	a, b, fw, zero := m.a, m.b, m.forward, m.zero
	m.fmin, m.fmax = m.fmin-1, m.fmax+1
	fw[zero+m.fmin-1], fw[zero+m.fmax+1] = -1, -1
	if m.fmin < -len(b) { // left of the grid: stay on the same parity inside it
		m.fmin += 2
	}
	if m.fmax > len(a) {
		m.fmax -= 2
	}
	odd := m.delta&1 != 0
	for k := m.fmax; k >= m.fmin && d.budget > d.reserve; k -= 2 {
		x := max(fw[zero+k+1], fw[zero+k-1]+1)
		from := x
		for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
			x++
		}
		d.budget -= x - from + 1
		fw[zero+k] = x
		if odd && m.bmin <= k && k <= m.bmax && m.back[zero+k-m.delta] <= x {
			return x, k, true
		}
	}
	return 0, 0, false
}

// fromEnd allows the search from the end one edit more, and reports where it meets the other.
func (m *meeting) fromEnd(d *blocks) (x, k int, met bool) {
	a, b, bw, zero := m.a, m.b, m.back, m.zero-m.delta
	m.bmin, m.bmax = m.bmin-1, m.bmax+1
	bw[zero+m.bmin-1], bw[zero+m.bmax+1] = len(a)+1, len(a)+1
	if m.bmin < -len(b) {
		m.bmin += 2
	}
	if m.bmax > len(a) {
		m.bmax -= 2
	}
	even := m.delta&1 == 0
	for k := m.bmax; k >= m.bmin && d.budget > d.reserve; k -= 2 {
		x := min(bw[zero+k+1]-1, bw[zero+k-1])
		from := x
		for x > 0 && x-k > 0 && a[x-1] == b[x-k-1] {
			x--
		}
		d.budget -= from - x + 1
		bw[zero+k] = x
		if even && m.fmin <= k && k <= m.fmax && m.forward[m.zero+k] >= x {
			return x, k, true
		}
	}
	return 0, 0, false
}

// furthest returns the point that lies furthest from its end of the grid.
func (m *meeting) furthest() (x, y int) {
	n, length, best := len(m.a), len(m.b), 0
	for k := m.fmin; k <= m.fmax; k += 2 {
		px := min(m.forward[m.zero+k], n, length+k)
		if p := 2*px - k; px >= 0 && px >= k && p > best {
			best, x, y = p, px, px-k
		}
	}
	for k := m.bmin; k <= m.bmax; k += 2 {
		px := max(m.back[m.zero+k-m.delta], 0, k)
		if p := n + length - 2*px + k; px <= n && px-k <= length && p > best {
			best, x, y = p, px, px-k
		}
	}
	return x, y
}
