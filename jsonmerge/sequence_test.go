package jsonmerge_test

import (
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHunksOfArraysCountFromTheStartOfTheArray(t *testing.T) {
	e := conflicts(t, `[1,2,3,4,5,6,7]`, `[1,2,30,4,5,6,7]`, `[1,2,31,32,4,5,66,7]`, nil)
	require.Len(t, e.Conflicts, 1)
	assert.Equal(t, []jsonmerge.Hunk{{
		Base: jsonmerge.Range{Start: 2, End: 3}, Local: jsonmerge.Range{Start: 2, End: 3},
		Remote: jsonmerge.Range{Start: 2, End: 4},
	}}, e.Conflicts[0].Hunks)

	e = conflicts(t, `[0,1,2,3,4]`, `[0,3,1,2,4]`, `[0,1,2,4,3]`, nil)
	assert.Equal(t, "an element was moved on both sides", e.Conflicts[0].Reason)
	assert.Equal(t, []jsonmerge.Hunk{{
		Base: jsonmerge.Range{Start: 1, End: 5}, Local: jsonmerge.Range{Start: 1, End: 5},
		Remote: jsonmerge.Range{Start: 1, End: 5},
	}}, e.Conflicts[0].Hunks)
}

// Where elements repeat or move, a longest common subsequence is not unique; a side that has the
// other's additions already must not get them twice, nor a conflict.
func TestMergeOfASequenceWithOneThatHasItAlready(t *testing.T) {
	for _, c := range [][3]string{
		{`[1,2,3,4]`, `[1,4,2,3]`, `[1,4,2]`},
		{`[0,5,0,9]`, `[0,0,5,0,9]`, `[7,0,0,5,0]`},
	} {
		assert.Equal(t, c[2], merged(t, c[0], c[1], c[2], nil))
		assert.Equal(t, c[2], merged(t, c[0], c[2], c[1], nil))
	}
	// Two that really were added stay two.
	assert.Equal(t, `[9,1,2,3,9]`, merged(t, `[1,2,3]`, `[9,1,2,3]`, `[1,2,3,9]`, nil))
}
