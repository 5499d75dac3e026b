// Package lcs finds longest common subsequences: Myers' O(ND) algorithm in linear space (E. W.
// Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986), made safe for
// any input by a budget.
//
// It knows nothing of JSON or of lines and compares sequences of numbers. lcs.go has the search,
// middle.go the point at which it divides a block, unique.go the coarser rule for a block that is
// too expensive, slide.go which of several equal places an element is matched in.
package lcs

import "slices"

// What the search may cost. One step is one element looked at or one diagonal extended, a few
// nanoseconds.
const (
	// stepsPerElement and stepsFree bound the whole search: it takes at most stepsFree +
	// stepsPerElement*(len(a)+len(b)) steps.
	stepsPerElement = 128
	stepsFree       = 4 << 20
	// reserved is the part of that budget (one in reserved) kept for the coarser search by unique
	// elements.
	reserved = 8
	// minEdits is the number of edits, counted from each end, up to which a block is always solved
	// exactly. In a long search it is the square root of the size, in a short one what shortSteps
	// allow.
	minEdits   = 256
	shortSteps = 2 << 20
)

// Common returns a longest common subsequence of a and b as maximal runs, in order. Ids are not
// negative.
//
// Where an element could be matched in several places the latest is preferred, as git does, except
// that a removal and an insertion which can stand side by side do: so the same edit gets the same
// place on both sides of a three-way merge.
//
// The answer is exactly a longest one if len(a)+len(b) is at most 2048, or if no more than 512 of
// the elements that both sides know are removed and inserted. Beyond that, and beyond the budget,
// it is still a common subsequence, but may be a shorter one: the search then goes by elements that
// occur once on each side, next by the most promising partial result, and at last leaves a block
// unmatched. So the time is linear in the input, whatever the input is.
func Common(a, b []int32) []Run {
	runs, _ := search(a, b)
	return runs
}

// search is Common, and says how many steps it took.
func search(a, b []int32) (runs []Run, steps int) {
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
		// Only one side has more. Its elements stand at their latest place already: the first of
		// them differs from the element after them, or the prefix would have been longer.
		if prefix > 0 {
			runs = append(runs, Run{0, 0, prefix})
		}
		if suffix > 0 {
			runs = append(runs, Run{endA, endB, suffix})
		}
		return runs, 0
	}

	size := endA - prefix + endB - prefix
	most := max(slices.Max(a[prefix:endA]), slices.Max(b[prefix:endB]))
	if int(most) > 4*size+1024 {
		a, b, most = renumber(a, b)
	}
	d := blocks{
		a: side{ids: a, changed: make([]bool, len(a))},
		b: side{ids: b, changed: make([]bool, len(b))},
	}
	budget := stepsFree + stepsPerElement*size
	d.budget = budget
	d.reserve = d.budget / reserved
	d.seen = make([]occurrence, 1+most)
	d.keepShared(prefix, endA, endB)
	if size := len(d.a.kept) + len(d.b.kept); size > 0 {
		d.limit = min(size, max(minEdits, sqrt(size), shortSteps/size))
		d.forward, d.back = make([]int, 2*d.limit+5), make([]int, 2*d.limit+5)
		d.solve(0, len(d.a.kept), 0, len(d.b.kept))
	}
	d.slide(&d.a, &d.b)
	d.slide(&d.b, &d.a)
	return d.runs(), budget - d.budget
}

// renumber copies a and b with dense ids: a table by id must not be larger than what is compared,
// which may be a small part of a large document.
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

// solve matches the kept elements a0 to a1 of a with b0 to b1 of b.
func (d *blocks) solve(a0, a1, b0, b1 int) {
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

// solveByUnique matches elements that occur exactly once in each of two blocks, in the longest
// order common to both (the "patience" rule), and solves what lies between them. It reports whether
// there was any such element.
func (d *blocks) solveByUnique(a0, a1, b0, b1 int) bool {
	atA, atB := d.unique(a0, a1, b0, b1)
	for _, k := range Rising(atB) {
		i, j := int(atA[k]), int(atB[k])
		d.solve(a0, i, b0, j)
		d.match(i, j)
		a0, b0 = i+1, j+1
	}
	if len(atA) == 0 {
		return false
	}
	d.solve(a0, a1, b0, b1)
	return true
}

// sqrt is the integer square root.
func sqrt(n int) int {
	r := 0
	for bit := 1 << 30; bit > 0; bit >>= 1 {
		if t := r | bit; t <= n/t {
			r = t
		}
	}
	return r
}
