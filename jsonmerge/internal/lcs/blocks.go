package lcs

// A Run says that a[A:A+N] equals b[B:B+N], element by element.
type Run struct {
	A, B, N int
}

// blocks is one search: it divides the sequences into blocks and solves each.
type blocks struct {
	a, b            side
	seen            []occurrence // by id; all zero between uses
	forward, back   []int        // furthest points by diagonal, see middle
	limit           int          // edits from each end, see middle
	budget, reserve int          // steps
}

// side is one of the two sequences.
type side struct {
	ids     []int32 // the whole sequence
	changed []bool  // by index: not part of the common subsequence
	kept    []int32 // ids that take part in the search: the others do not occur on the other side
	at      []int32 // index of each kept id
}

// occurrence counts an id in a block of either side and says where it was last found in b's.
type occurrence struct {
	a, b, at int32
}

// keepShared fills kept with the elements between the common prefix and the common suffix that both
// sides know, and marks all elements there as changed until a match is found.
func (d *blocks) keepShared(prefix, endA, endB int) {
	for _, id := range d.a.ids[prefix:endA] {
		d.seen[id].a = 1
	}
	for _, id := range d.b.ids[prefix:endB] {
		d.seen[id].b = 1
	}
	d.a.keep(prefix, endA, d.seen)
	d.b.keep(prefix, endB, d.seen)
	clear(d.seen)
}

func (s *side) keep(start, end int, seen []occurrence) {
	n := 0
	for i := start; i < end; i++ {
		s.changed[i] = true
		if o := seen[s.ids[i]]; o.a != 0 && o.b != 0 {
			n++
		}
	}
	buf := make([]int32, 2*n)
	s.kept, s.at = buf[:0:n], buf[n:n]
	for i := start; i < end; i++ {
		if o := seen[s.ids[i]]; o.a != 0 && o.b != 0 {
			s.kept = append(s.kept, s.ids[i])
			s.at = append(s.at, int32(i))
		}
	}
}

// match takes the kept elements i of a and j of b, which are equal, into the common subsequence.
func (d *blocks) match(i, j int) {
	d.a.changed[d.a.at[i]] = false
	d.b.changed[d.b.at[j]] = false
}

// runs reads the common subsequence off the marks.
func (d *blocks) runs() []Run {
	var runs []Run
	a, b := d.a.changed, d.b.changed
	for i, j := 0, 0; ; {
		for i < len(a) && a[i] {
			i++
		}
		for j < len(b) && b[j] {
			j++
		}
		if i == len(a) || j == len(b) {
			return runs
		}
		r := Run{i, j, 0}
		for i < len(a) && j < len(b) && !a[i] && !b[j] {
			i++
			j++
		}
		r.N = i - r.A
		runs = append(runs, r)
	}
}
