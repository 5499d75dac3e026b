package jsonmerge

import "github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"

// sequence merges in order, like diff3 on elements instead of lines; false if there are conflicts.
// both, which may be nil, is asked about what both sides changed and reports whether it had one
// answer to it.
func (a *arrayMerge) sequence(both func(Hunk) bool) bool {
	runsL, runsR := lcs.Common(a.idsB, a.idsL), lcs.Common(a.idsB, a.idsR)
	if a.splice(runsL, runsR, both) {
		holds, doubled := a.multiplicity()
		if holds && !doubled {
			return true
		}
		if holds {
			pieces := a.pieces
			if !a.contained(runsL, runsR) {
				a.pieces = pieces
			}
			return true
		}
	}
	return a.contained(runsL, runsR)
}

// splice merges along two alignments with base.
//
// Changes that touch belong together, because which of two equal neighbours was changed cannot be
// known. Of what both sides changed, deletions alone still have one answer, since they commute.
func (a *arrayMerge) splice(runsL, runsR []lcs.Run, both func(Hunk) bool) bool {
	a.pieces, a.clashes = nil, nil
	regions := groupRegions(len(a.idsB), len(a.idsL), len(a.idsR), runsL, runsR, true)
	settle(regions, a.idsB, a.idsL, a.idsR)
	inL, inR := partners(len(a.idsB), runsL), partners(len(a.idsB), runsR)

	a.keep(Local, 0, a.head)
	for _, reg := range regions {
		h := Hunk{reg.Base.shifted(a.head), reg.Local.shifted(a.head), reg.Remote.shifted(a.head)}
		switch {
		case reg.kind == regionRemote:
			a.keep(Remote, h.Remote.Start, h.Remote.End)
		case reg.kind == regionSame && both != nil && a.counting && both(h): // for the counters in it
		case reg.kind != regionBoth:
			a.keep(Local, h.Local.Start, h.Local.End)
		case kept(inL, reg.Base) == h.Local.Len() && kept(inR, reg.Base) == h.Remote.Len():
			// Nothing was inserted, and each of these elements was deleted by one side or by both.
		case both == nil || !both(h):
			a.clashes = append(a.clashes, h)
		}
	}
	a.keep(Local, a.head+len(a.idsL), a.length(a.idsL))
	return len(a.clashes) == 0
}

// contained deals with conflicts that are none, and with elements that seem to be added by both
// sides: one side may have the other's additions already, as after a write whose answer was lost
// and a later write by somebody else. Where elements repeat or move, a longest common subsequence
// is not unique, and the ones that were chosen hid it. Aligning one side with base through the
// other shows it, if that is as long.
func (a *arrayMerge) contained(runsL, runsR []lcs.Run) bool {
	clashes := a.clashes
	toL, toR := partners(len(a.idsB), runsL), partners(len(a.idsB), runsR)
	inLocal, inRemote := false, false
	// Which of several longest subsequences is found depends on the order of the arguments: both,
	// so that the result does not.
	for _, between := range [][]lcs.Run{lcs.Common(a.idsL, a.idsR), turned(lcs.Common(a.idsR, a.idsL))} {
		if total(runsL) < len(a.idsL) { // local added something
			through := follow(toL, partners(len(a.idsL), between))
			inRemote = inRemote || total(through) == total(runsR) && a.splice(runsL, through, nil) && a.comesTo(a.idsR)
		}
		if total(runsR) < len(a.idsR) {
			through := follow(toR, partners(len(a.idsR), turned(between)))
			inLocal = inLocal || total(through) == total(runsL) && a.splice(through, runsR, nil) && a.comesTo(a.idsL)
		}
	}
	a.pieces, a.clashes = nil, clashes
	if inLocal == inRemote {
		return false
	}
	if inLocal {
		a.keep(Local, 0, a.length(a.idsL))
	} else {
		a.keep(Remote, 0, a.length(a.idsR))
	}
	return true
}

// turned exchanges the two sequences that runs align.
func turned(runs []lcs.Run) []lcs.Run {
	turned := make([]lcs.Run, len(runs))
	for i, r := range runs {
		turned[i] = lcs.Run{A: r.B, B: r.A, N: r.N}
	}
	return turned
}

// length is that of the array whose elements between the trimmed ends have the given ids.
func (a *arrayMerge) length(ids []int32) int { return a.head + len(ids) + a.tail }

// comesTo reports whether the pieces make up the elements with the given ids.
func (a *arrayMerge) comesTo(ids []int32) bool {
	at := 0
	for i := range a.pieces {
		p := &a.pieces[i]
		side := a.ids(p.side)
		for k := p.of(p.side).Start - a.head; k < p.of(p.side).End-a.head; k++ {
			if k < 0 || k >= len(side) {
				continue // what was trimmed is the same everywhere
			}
			if at == len(ids) || ids[at] != side[k] {
				return false
			}
			at++
		}
	}
	return at == len(ids)
}

// partners tells for each of n elements which one it is aligned with, -1 for none.
func partners(n int, runs []lcs.Run) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = -1
	}
	for _, r := range runs {
		for i := range r.N {
			p[r.A+i] = r.B + i
		}
	}
	return p
}

// kept counts the elements in a range that have a partner.
func kept(partners []int, r Range) int {
	n := 0
	for _, p := range partners[r.Start:r.End] {
		if p >= 0 {
			n++
		}
	}
	return n
}

// follow aligns the elements of one sequence with a third through a second.
func follow(first, second []int) []lcs.Run {
	var runs []lcs.Run
	for i, j := range first {
		if j < 0 || second[j] < 0 {
			continue
		}
		k := second[j]
		if n := len(runs); n > 0 && runs[n-1].A+runs[n-1].N == i && runs[n-1].B+runs[n-1].N == k {
			runs[n-1].N++
		} else {
			runs = append(runs, lcs.Run{A: i, B: k, N: 1})
		}
	}
	return runs
}

func total(runs []lcs.Run) int {
	n := 0
	for _, r := range runs {
		n += r.N
	}
	return n
}

func (r Range) shifted(by int) Range { return Range{r.Start + by, r.End + by} }

// mergeBoth merges what both sides changed where that has one answer: one object that is another on
// both sides, member by member, and, in a log, additions at one place.
func (a *arrayMerge) mergeBoth(h Hunk) bool {
	switch {
	case a.replacedObject(h):
		a.pieces = append(a.pieces, piece{merge: true, Hunk: h})
	case a.plan.shape == shapeAppend && h.Base.Len() == 0:
		a.additions(h)
	default:
		return false
	}
	return true
}

// replacedObject reports whether a hunk is one object on all three sides.
func (a *arrayMerge) replacedObject(h Hunk) bool {
	return h.Base.Len() == 1 && h.Local.Len() == 1 && h.Remote.Len() == 1 &&
		a.base.kind(a.inB[h.Base.Start]) == kindObject &&
		a.local.kind(a.inL[h.Local.Start]) == kindObject &&
		a.remote.kind(a.inR[h.Remote.Start]) == kindObject
}

// additions joins what both sides added to a log at the same place. What both added is there once.
func (a *arrayMerge) additions(h Hunk) {
	first, second := Remote, Local
	if a.plan.localFirst {
		first, second = Local, Remote
	}
	added, ids := *h.of(first), a.ids(first)
	seen := map[int32]int{}
	for i := added.Start; i < added.End; i++ {
		seen[ids[i-a.head]]++
	}
	a.keep(first, added.Start, added.End)
	added, ids = *h.of(second), a.ids(second)
	for i := added.Start; i < added.End; i++ {
		if id := ids[i-a.head]; seen[id] > 0 {
			seen[id]--
		} else {
			a.keep(second, i, i+1)
		}
	}
}

// multiplicity counts the values in the result. It does not hold when one occurs more often than
// the sides account for: diff3 alone writes an element twice that both sides moved, each to a place
// of its own. A value is doubled when it occurs more often than on either side: both added it, or
// one of them had it from the other.
func (a *arrayMerge) multiplicity() (holds, doubled bool) {
	counts := a.counts()
	for i := range a.pieces {
		p := &a.pieces[i]
		if p.merge {
			continue
		}
		ids := a.ids(p.side)
		for k := p.of(p.side).Start; k < p.of(p.side).End; k++ {
			if at := k - a.head; at >= 0 && at < len(ids) {
				counts[ids[at]].merged++
			}
		}
	}
	holds = true
	for _, c := range counts {
		most := max(c.l, c.r)
		doubled = doubled || c.merged > most
		holds = holds && c.merged <= max(most, c.l+c.r-c.b)
	}
	return holds, doubled
}

// allChanges is the one hunk that spans everything that any side changed.
func (a *arrayMerge) allChanges() []Hunk {
	at := func(ids []int32) Range { return Range{a.head, a.head + len(ids)} }
	return []Hunk{{at(a.idsB), at(a.idsL), at(a.idsR)}}
}
