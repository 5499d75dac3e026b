package jsonmerge

// The differ's internals, for its tests.

type Run = run

func (r run) A() int { return r.a }
func (r run) B() int { return r.b }
func (r run) N() int { return r.n }

var (
	CommonRuns = commonRuns
	SearchRuns = searchRuns
	LCSSqrt    = lcsSqrt
	MergeLines = mergeText
)

type Region struct {
	Kind string
	Hunk
}

var regionNames = map[regionKind]string{
	regionStable: "stable", regionLocal: "local", regionRemote: "remote", regionBoth: "both", regionSame: "same",
}

func NewRun(a, b, n int) Run { return run{a, b, n} }

func ThreeWay(base, local, remote []int32, touching bool) []Region {
	return exportRegions(threeWay(base, local, remote, touching))
}

// ThreeWayBy is ThreeWay for an alignment that the caller gives.
func ThreeWayBy(base, local, remote []int32, baseLocal, baseRemote []Run, touching bool) []Region {
	regions := groupRegions(len(base), len(local), len(remote), baseLocal, baseRemote, touching)
	settle(regions, base, local, remote)
	return exportRegions(regions)
}

func exportRegions(regions []region) []Region {
	var list []Region
	for _, r := range regions {
		list = append(list, Region{regionNames[r.kind], r.Hunk})
	}
	return list
}
