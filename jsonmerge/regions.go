package jsonmerge

// The comparison of three sequences knows nothing of JSON or of lines: it works on sequences of
// interned ids, so that arrays and texts share one rule. Intern the three documents through ONE
// table, equal elements to equal ids, numbered from 0. Then
//
//	regions := threeWay(base, local, remote, true)
//
// cuts the three sequences, in order and without gaps, into regions that say who changed what:
//
//	regionStable   nobody: the three ranges have the same length and the same ids
//	regionLocal    local only: take local's range    (base and remote have the same ids)
//	regionRemote   remote only: take remote's range  (base and local have the same ids)
//	regionSame     both, to the same ids: take local's range, once
//	regionBoth     both, differently: the caller decides or reports a conflict
//
// Joining the ranges of any one side over all regions gives that side's sequence back.
//
// The last argument of threeWay says whether changes that touch without sharing a base element
// (local changed element 3, remote element 4; or remote inserted between the two) belong to one
// region. True is git's rule and the safe one. With false they stay apart, in the order of the
// base, an insertion before the change of the element that follows it; two insertions into the same
// gap have no natural order and share a region under either rule.
//
// Under threeWay lie lcs.Common (two-way, a longest common subsequence as runs), groupRegions (the
// grouping alone, for callers that align the sequences by other means, such as keys) and settle
// (which compares the contents).
//
// Everything here is deterministic, takes time and memory in proportion to the input, and keeps no
// state.

import (
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// Range is a half-open range of indexes, counted from 0: of elements in an array, of lines in a
// text.
type Range struct {
	Start, End int
}

// Len returns the number of indexes in the range.
func (r Range) Len() int { return r.End - r.Start }

// Hunk says where in the three documents one region of a three-way comparison lies.
type Hunk struct {
	Base, Local, Remote Range
}

// regionKind says which sides changed a region. The values of the first four are sets: regionBoth
// is regionLocal|regionRemote.
type regionKind uint8

const (
	regionStable regionKind = 0
	regionLocal  regionKind = 1
	regionRemote regionKind = 2
	regionBoth   regionKind = regionLocal | regionRemote
	regionSame   regionKind = 4
)

// region is one stretch of a three-way comparison.
type region struct {
	kind regionKind
	Hunk
}

// threeWay compares local and remote with base and returns the regions, in order. See the top of
// this file.
func threeWay(base, local, remote []int32, touching bool) []region {
	inLocal, inRemote := lcs.Common(base, local), lcs.Common(base, remote)
	regions := groupRegions(len(base), len(local), len(remote), inLocal, inRemote, touching)
	settle(regions, base, local, remote)
	return regions
}

// groupRegions cuts three sequences of the given lengths into regions, from the runs that local and
// remote have in common with base (A counts in base). It never sees the ids: what both sides
// changed is regionBoth.
func groupRegions(base, local, remote int, baseLocal, baseRemote []lcs.Run, touching bool) []region {
	l, r := gapsBetween(baseLocal, base, local), gapsBetween(baseRemote, base, remote)
	regions := make([]region, 0, 2*(len(l)+len(r))+1)
	// How far local and remote are ahead of base at the place reached, and that place in base.
	var aheadL, aheadR, at int
	stable := func(to int) {
		if to > at {
			regions = append(regions, region{regionStable, Hunk{
				Range{at, to}, Range{at + aheadL, to + aheadL}, Range{at + aheadR, to + aheadR},
			}})
		}
	}
	for len(l) > 0 || len(r) > 0 {
		reg := region{}
		if len(r) == 0 || len(l) > 0 && l[0].before(r[0]) {
			reg.Base = l[0].base
		} else {
			reg.Base = r[0].base
		}
		stable(reg.Base.Start)
		reg.Local.Start, reg.Remote.Start = reg.Base.Start+aheadL, reg.Base.Start+aheadR
		for {
			if len(l) > 0 && l[0].joins(reg.Base, touching) {
				reg.kind |= regionLocal
				reg.Base.End = max(reg.Base.End, l[0].base.End)
				aheadL += l[0].other.Len() - l[0].base.Len()
				l = l[1:]
			} else if len(r) > 0 && r[0].joins(reg.Base, touching) {
				reg.kind |= regionRemote
				reg.Base.End = max(reg.Base.End, r[0].base.End)
				aheadR += r[0].other.Len() - r[0].base.Len()
				r = r[1:]
			} else {
				break
			}
		}
		reg.Local.End, reg.Remote.End = reg.Base.End+aheadL, reg.Base.End+aheadR
		regions = append(regions, reg)
		at = reg.Base.End
	}
	stable(base)
	return regions
}

// settle looks into the regions that both sides changed: where the contents turn out equal on two
// of the three sides, the region gets the kind that says so.
func settle(regions []region, base, local, remote []int32) {
	for i := range regions {
		reg := &regions[i]
		if reg.kind != regionBoth {
			continue
		}
		b := base[reg.Base.Start:reg.Base.End]
		l := local[reg.Local.Start:reg.Local.End]
		r := remote[reg.Remote.Start:reg.Remote.End]
		switch {
		case slices.Equal(l, r):
			reg.kind = regionSame
		case slices.Equal(b, l):
			reg.kind = regionRemote
		case slices.Equal(b, r):
			reg.kind = regionLocal
		}
	}
}

// gap is what lies between two runs: base's range was replaced by the other's. Not both are empty.
type gap struct {
	base, other Range
}

// before orders gaps of different sides by their place in base, an insertion before the change of
// what follows it.
func (g gap) before(h gap) bool {
	if g.base.Start != h.base.Start {
		return g.base.Start < h.base.Start
	}
	return g.base.Len() == 0 && h.base.Len() > 0
}

// joins reports whether the gap belongs to a region that covers reg in base and does not start
// after the gap.
func (g gap) joins(reg Range, touching bool) bool {
	if touching {
		return g.base.Start <= reg.End
	}
	return g.base.Start < reg.End || g.base == reg
}

// gapsBetween returns what the runs leave out of two sequences of lengths a and b.
func gapsBetween(runs []lcs.Run, a, b int) []gap {
	list := make([]gap, 0, len(runs)+1)
	var i, j int
	for _, r := range runs {
		if r.A > i || r.B > j {
			list = append(list, gap{Range{i, r.A}, Range{j, r.B}})
		}
		i, j = r.A+r.N, r.B+r.N
	}
	if a > i || b > j {
		list = append(list, gap{Range{i, a}, Range{j, b}})
	}
	return list
}
