package jsonmerge

// Longest common subsequences: Myers' O(ND) algorithm in linear space (E. W. Myers, "An O(ND) Difference Algorithm and
// Its Variations", Algorithmica 1, 1986), made safe for any input by a budget.

import "slices"

// run says that a[run.a:run.a+n] equals b[run.b:run.b+n], element by element.
type run struct {
	a, b, n int
}

// What the search may cost. One step is one element looked at or one diagonal extended, a few nanoseconds.
const (
	// lcsStepsPerElement and lcsStepsFree bound the whole search: it takes at most
	// lcsStepsFree + lcsStepsPerElement*(len(a)+len(b)) steps.
	lcsStepsPerElement = 128
	lcsStepsFree       = 4 << 20
	// lcsReserve is the part of that budget (one in lcsReserve) kept for the coarser search by unique elements.
	lcsReserve = 8
	// lcsMinEdits is the number of edits, counted from each end, up to which a block is always solved exactly.
	// In a long search it is the square root of the size, in a short one what lcsShortSteps allow.
	lcsMinEdits   = 256
	lcsShortSteps = 2 << 20
)

// commonRuns returns a longest common subsequence of a and b as maximal runs, in order. Ids are not negative.
//
// Where an element could be matched in several places the latest is preferred, as git does, except that a
// removal and an insertion which can stand side by side do: so the same edit gets the same place on both sides of a
// three-way merge.
//
// The answer is exactly a longest one if len(a)+len(b) is at most 2048, or if no more than 512 of the elements that both
// sides know are removed and inserted. Beyond that, and beyond the budget, it is still a common subsequence, but may be
// a shorter one: the search then goes by elements that occur once on each side, next by the most promising partial
// result, and at last leaves a block unmatched. So the time is linear in the input, whatever the input is.
func commonRuns(a, b []int32) []run {
	runs, _ := searchRuns(a, b)
	return runs
}

// searchRuns is commonRuns, and says how many steps it took.
func searchRuns(a, b []int32) (runs []run, steps int) {
	prefix := 0
	for prefix < len(a) && prefix < len(b) && a[prefix] == b[prefix] {
		prefix++
	}
	suffix := 0
	for suffix < len(a)-prefix && suffix < len(b)-prefix && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	endA, endB := len(a)-suffix, len(b)-suffix
	if prefix == endA || prefix == endB {
		// Only one side has more. Its elements stand at their latest place already: the first of them differs
		// from the element after them, or the prefix would have been longer.
		if prefix > 0 {
			runs = append(runs, run{0, 0, prefix})
		}
		if suffix > 0 {
			runs = append(runs, run{endA, endB, suffix})
		}
		return runs, 0
	}

	size := endA - prefix + endB - prefix
	most := max(slices.Max(a[prefix:endA]), slices.Max(b[prefix:endB]))
	if int(most) > 4*size+1024 {
		a, b, most = renumber(a, b)
	}
	d := lcs{
		a: lcsSide{ids: a, changed: make([]bool, len(a))},
		b: lcsSide{ids: b, changed: make([]bool, len(b))},
	}
	budget := lcsStepsFree + lcsStepsPerElement*size
	d.budget = budget
	d.reserve = d.budget / lcsReserve
	d.seen = make([]lcsOccurrence, 1+most)
	d.keepShared(prefix, endA, endB)
	if size := len(d.a.kept) + len(d.b.kept); size > 0 {
		d.limit = min(size, max(lcsMinEdits, lcsSqrt(size), lcsShortSteps/size))
		d.forward, d.back = make([]int, 2*d.limit+5), make([]int, 2*d.limit+5)
		d.solve(0, len(d.a.kept), 0, len(d.b.kept))
	}
	d.slide(&d.a, &d.b)
	d.slide(&d.b, &d.a)
	return d.runs(), budget - d.budget
}

// renumber copies a and b with dense ids: a table by id must not be larger than what is compared, which may be a small
// part of a large document.
func renumber(a, b []int32) (denseA, denseB []int32, most int32) {
	table := make(map[int32]int32)
	dense := make([]int32, 0, len(a)+len(b))
	for _, ids := range [...][]int32{a, b} {
		for _, id := range ids {
			number, known := table[id]
			if !known {
				number = int32(len(table))
				table[id] = number
			}
			dense = append(dense, number)
		}
	}
	return dense[:len(a)], dense[len(a):], int32(len(table) - 1)
}

// lcs is one search.
type lcs struct {
	a, b            lcsSide
	seen            []lcsOccurrence // by id; all zero between uses
	forward, back   []int           // furthest points by diagonal, see middle
	limit           int             // edits from each end, see middle
	budget, reserve int             // steps
}

// lcsSide is one of the two sequences.
type lcsSide struct {
	ids     []int32 // the whole sequence
	changed []bool  // by index: not part of the common subsequence
	kept    []int32 // ids that take part in the search: the others do not occur on the other side
	at      []int32 // index of each kept id
}

// lcsOccurrence counts an id in a block of either side and says where it was last found in b's.
type lcsOccurrence struct {
	a, b, at int32
}

// keepShared fills kept with the elements between the common prefix and the common suffix that both sides know, and
// marks all elements there as changed until a match is found.
func (d *lcs) keepShared(prefix, endA, endB int) {
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

func (s *lcsSide) keep(start, end int, seen []lcsOccurrence) {
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
func (d *lcs) match(i, j int) {
	d.a.changed[d.a.at[i]] = false
	d.b.changed[d.b.at[j]] = false
}

// solve matches the kept elements a0 to a1 of a with b0 to b1 of b.
func (d *lcs) solve(a0, a1, b0, b1 int) {
	a, b := d.a.kept, d.b.kept
	for {
		for a0 < a1 && b0 < b1 && a[a0] == b[b0] {
			d.match(a0, b0)
			a0++
			b0++
		}
		for a0 < a1 && b0 < b1 && a[a1-1] == b[b1-1] {
			a1--
			b1--
			d.match(a1, b1)
		}
		if a0 == a1 || b0 == b1 || d.budget <= 0 {
			return
		}
		x, y, exact := d.middle(a[a0:a1], b[b0:b1])
		if !exact && (d.solveByUnique(a0, a1, b0, b1) || x+y == 0) {
			return
		}
		x, y = a0+x, b0+y
		// Recurse into the smaller part and go on with the larger: the stack stays shallow.
		if x-a0+y-b0 < a1-x+b1-y {
			d.solve(a0, x, b0, y)
			a0, b0 = x, y
		} else {
			d.solve(x, a1, y, b1)
			a1, b1 = x, y
		}
	}
}

// middle finds a point (x, y) on a shortest edit path from a to b, neither its start nor its end, by searching from
// both ends until the searches meet. When that takes too long it returns the most promising point reached, or (0, 0)
// when the budget is spent, and exact is false. The first elements of a and b differ, and so do the last.
//
// A diagonal k holds the points with x-y == k. forward[k] is the furthest x reached on it from the start with the
// current number of edits, back[k] the least x reached from the end; a diagonal next to the searched ones
// holds a value that never wins.
func (d *lcs) middle(a, b []int32) (x, y int, exact bool) {
	n, m := len(a), len(b)
	if d.budget <= d.reserve {
		return 0, 0, false
	}
	delta := n - m
	odd := delta&1 != 0
	fw, bw := d.forward, d.back
	fo := d.limit + 2         // forward[k] is fw[fo+k]
	bo := d.limit + 2 - delta // back[k] is bw[bo+k]
	fw[fo-1], fw[fo], fw[fo+1] = -1, 0, -1
	bw[bo+delta-1], bw[bo+delta], bw[bo+delta+1] = n+1, n, n+1
	fmin, fmax, bmin, bmax := 0, 0, delta, delta

	for edits := 1; edits <= d.limit && d.budget > d.reserve; edits++ {
		fmin, fmax = fmin-1, fmax+1
		fw[fo+fmin-1], fw[fo+fmax+1] = -1, -1
		if fmin < -m { // left of the grid: stay on the same parity inside it
			fmin += 2
		}
		if fmax > n {
			fmax -= 2
		}
		for k := fmax; k >= fmin && d.budget > d.reserve; k -= 2 {
			x := fw[fo+k+1]
			if right := fw[fo+k-1] + 1; right > x {
				x = right
			}
			from := x
			for x < n && x-k < m && a[x] == b[x-k] {
				x++
			}
			d.budget -= x - from + 1
			fw[fo+k] = x
			if odd && bmin <= k && k <= bmax && bw[bo+k] <= x {
				return x, x - k, true
			}
		}
		bmin, bmax = bmin-1, bmax+1
		bw[bo+bmin-1], bw[bo+bmax+1] = n+1, n+1
		if bmin < -m {
			bmin += 2
		}
		if bmax > n {
			bmax -= 2
		}
		for k := bmax; k >= bmin && d.budget > d.reserve; k -= 2 {
			x := bw[bo+k+1] - 1
			if up := bw[bo+k-1]; up <= x {
				x = up
			}
			from := x
			for x > 0 && x-k > 0 && a[x-1] == b[x-k-1] {
				x--
			}
			d.budget -= from - x + 1
			bw[bo+k] = x
			if !odd && fmin <= k && k <= fmax && fw[fo+k] >= x {
				return x, x - k, true
			}
		}
	}

	// The point that lies furthest from its end of the grid.
	best := 0
	for k := fmin; k <= fmax; k += 2 {
		px := min(fw[fo+k], n, m+k)
		if p := 2*px - k; px >= 0 && px >= k && p > best {
			best, x, y = p, px, px-k
		}
	}
	for k := bmin; k <= bmax; k += 2 {
		px := max(bw[bo+k], 0, k)
		if p := n + m - 2*px + k; px <= n && px-k <= m && p > best {
			best, x, y = p, px, px-k
		}
	}
	return x, y, false
}

// solveByUnique matches elements that occur exactly once in each of two blocks, in the longest order common to both
// (the "patience" rule), and solves what lies between them. It reports whether there was any such element.
func (d *lcs) solveByUnique(a0, a1, b0, b1 int) bool {
	a, b := d.a.kept, d.b.kept
	d.budget -= a1 - a0 + b1 - b0
	for _, id := range a[a0:a1] {
		d.seen[id].a++
	}
	for j, id := range b[b0:b1] {
		d.seen[id].b++
		d.seen[id].at = int32(b0 + j)
	}
	type pair struct{ a, b, previous int32 }
	var pairs []pair
	for i, id := range a[a0:a1] {
		if o := d.seen[id]; o.a == 1 && o.b == 1 {
			pairs = append(pairs, pair{int32(a0 + i), o.at, -1})
		}
	}
	for _, id := range a[a0:a1] {
		d.seen[id] = lcsOccurrence{}
	}
	for _, id := range b[b0:b1] {
		d.seen[id] = lcsOccurrence{}
	}
	if len(pairs) == 0 {
		return false
	}

	// Longest increasing subsequence of pair.b: tails[n] is the pair that ends the best chain of length n+1.
	var tails []int32
	for i := range pairs {
		n, _ := slices.BinarySearchFunc(tails, pairs[i].b, func(t, b int32) int { return int(pairs[t].b - b) })
		if n > 0 {
			pairs[i].previous = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, int32(i))
		} else {
			tails[n] = int32(i)
		}
	}
	for n, i := len(tails)-1, tails[len(tails)-1]; n >= 0; n-- {
		tails[n], i = i, pairs[i].previous
	}

	for _, t := range tails {
		i, j := int(pairs[t].a), int(pairs[t].b)
		d.solve(a0, i, b0, j)
		d.match(i, j)
		a0, b0 = i+1, j+1
	}
	d.solve(a0, a1, b0, b1)
	return true
}

// slide moves each group of changed elements of s to the latest place where it means the same (in "a x a y", removing
// the first "a x" equals removing "x a"), joins groups that meet, and moves a group back to the last place where it
// stands beside a group of the other side, so that a replacement stays one.
func (d *lcs) slide(s, other *lcsSide) {
	g, o := lcsGroup{s: s}, lcsGroup{s: other}
	g.extend()
	o.extend()
	up := func() bool {
		moved := g.up()
		if moved {
			o.previous()
		}
		return moved
	}
	down := func() bool { return g.down() && o.next() }
	for {
		for g.start < g.end {
			size, beside := g.end-g.start, false
			for up() {
				d.budget--
			}
			first := g.end
			beside = o.start < o.end
			for down() {
				d.budget--
				beside = beside || o.start < o.end
			}
			if g.end-g.start != size && d.budget > 0 {
				continue // it has met others and may reach further now
			}
			if beside && g.end != first {
				for o.start == o.end && up() {
					d.budget--
				}
			}
			break
		}
		if d.budget <= 0 || !g.next() {
			return
		}
		o.next()
	}
}

// lcsGroup is a maximal stretch of changed elements, or the empty one between two unchanged elements.
type lcsGroup struct {
	s          *lcsSide
	start, end int
}

// extend makes the group maximal.
func (g *lcsGroup) extend() {
	for g.start > 0 && g.s.changed[g.start-1] {
		g.start--
	}
	for g.end < len(g.s.changed) && g.s.changed[g.end] {
		g.end++
	}
}

// next steps over one unchanged element to the group after it.
func (g *lcsGroup) next() bool {
	if g.end == len(g.s.changed) {
		return false
	}
	g.start, g.end = g.end+1, g.end+1
	g.extend()
	return true
}

// previous steps back over one unchanged element, which must be there, to the group before it.
func (g *lcsGroup) previous() {
	g.start, g.end = g.start-1, g.start-1
	g.extend()
}

// up moves the group by one element towards the start, if it means the same there.
func (g *lcsGroup) up() bool {
	if g.start == 0 || g.s.ids[g.start-1] != g.s.ids[g.end-1] {
		return false
	}
	g.start--
	g.end--
	g.s.changed[g.start], g.s.changed[g.end] = true, false
	g.extend()
	return true
}

// down moves the group by one element towards the end, if it means the same there.
func (g *lcsGroup) down() bool {
	if g.end == len(g.s.ids) || g.s.ids[g.start] != g.s.ids[g.end] {
		return false
	}
	g.s.changed[g.start], g.s.changed[g.end] = false, true
	g.start++
	g.end++
	g.extend()
	return true
}

// runs reads the common subsequence off the marks.
func (d *lcs) runs() []run {
	var runs []run
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
		r := run{i, j, 0}
		for i < len(a) && j < len(b) && !a[i] && !b[j] {
			i++
			j++
		}
		r.n = i - r.a
		runs = append(runs, r)
	}
}

// lcsSqrt is the integer square root.
func lcsSqrt(n int) int {
	r := 0
	for bit := 1 << 30; bit > 0; bit >>= 1 {
		if t := r | bit; t <= n/t {
			r = t
		}
	}
	return r
}
