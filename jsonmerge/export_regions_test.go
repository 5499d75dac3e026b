package jsonmerge

import "github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"

// The differ's internals, for its tests.

// MergeLines is the merge of strings.
var MergeLines = mergeText

type Region struct {
	Kind string
	Hunk
}

var regionNames = map[regionKind]string{
	regionStable: "stable", regionLocal: "local", regionRemote: "remote", regionBoth: "both", regionSame: "same",
}

func ThreeWay(base, local, remote []int32, touching bool) []Region {
	return exportRegions(threeWay(base, local, remote, touching))
}

// ThreeWayBy is ThreeWay for an alignment that the caller gives.
func ThreeWayBy(base, local, remote []int32, baseLocal, baseRemote []lcs.Run, touching bool) []Region {
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
