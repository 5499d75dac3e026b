package jsonmerge_test

import (
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMarkedShowsConflictsInTheStyleAskedFor(t *testing.T) {
	base := "1\n2\n3\n4\n5\n6\n7\n"
	local := "1\nsame\nL\nsame\n5\n6\n7\n"
	remote := "1\nsame\nR\nsame\n5\n6\n7\n"
	for _, c := range []struct {
		name                string
		base, local, remote string
		options             *jsonmerge.MarkerOptions
		want                string
	}{
		{"default", base, local, remote, nil, "1\nsame\n<<<<<<< local\nL\n=======\nR\n>>>>>>> remote\nsame\n5\n6\n7\n"},
		{"diff3", base, local, remote, &jsonmerge.MarkerOptions{Style: jsonmerge.MarkersDiff3},
			"1\n<<<<<<< local\nsame\nL\nsame\n||||||| base\n2\n3\n4\n=======\nsame\nR\nsame\n>>>>>>> remote\n5\n6\n7\n"},
		{"zdiff3", base, local, remote, &jsonmerge.MarkerOptions{Style: jsonmerge.MarkersZdiff3},
			"1\nsame\n<<<<<<< local\nL\n||||||| base\n2\n3\n4\n=======\nR\n>>>>>>> remote\nsame\n5\n6\n7\n"},
		{"unknown style", base, local, remote, &jsonmerge.MarkerOptions{Style: 99},
			"1\nsame\n<<<<<<< local\nL\n=======\nR\n>>>>>>> remote\nsame\n5\n6\n7\n"},
		{"labels and size", "b", "l", "r", &jsonmerge.MarkerOptions{
			Style: jsonmerge.MarkersDiff3, LocalLabel: "mine", BaseLabel: "v1\n=======", RemoteLabel: "\"v2\"", Size: 3,
		}, "<<< mine\nl\n||| v1 =======\nb\n===\nr\n>>> \"v2\"\n"},
		{"three lines between are little", "1\na\nb\nc\n2\n", "L1\na\nb\nc\nL2\n", "R1\na\nb\nc\nR2\n", nil,
			"<<<<<<< local\nL1\na\nb\nc\nL2\n=======\nR1\na\nb\nc\nR2\n>>>>>>> remote\n"},
		{"four lines between are not", "1\na\nb\nc\nd\n2\n", "L1\na\nb\nc\nd\nL2\n", "R1\na\nb\nc\nd\nR2\n", nil,
			"<<<<<<< local\nL1\n=======\nR1\n>>>>>>> remote\na\nb\nc\nd\n<<<<<<< local\nL2\n=======\nR2\n>>>>>>> remote\n"},
		{"four lines without letter or digit are", "1\n{\n}\n\n;\n2\n", "L1\n{\n}\n\n;\nL2\n", "R1\n{\n}\n\n;\nR2\n", nil,
			"<<<<<<< local\nL1\n{\n}\n\n;\nL2\n=======\nR1\n{\n}\n\n;\nR2\n>>>>>>> remote\n"},
		{"a change of one side keeps conflicts apart", "1\na\nx\nb\n2\n", "L1\na\nX\nb\nL2\n", "R1\na\nx\nb\nR2\n", nil,
			"<<<<<<< local\nL1\n=======\nR1\n>>>>>>> remote\na\nX\nb\n<<<<<<< local\nL2\n=======\nR2\n>>>>>>> remote\n"},
		{"line ends are those of the text", "a\r\nb\r\nc\r\n", "a\r\nL\r\nc\r\n", "a\r\nR\r\nc\r\n", nil,
			"a\r\n<<<<<<< local\r\nL\r\n=======\r\nR\r\n>>>>>>> remote\r\nc\r\n"},
		{"one LF is enough for LF", "a\r\nb\r\nc\r\n", "a\nL\r\nc\r\n", "a\r\nR\r\nc\r\n", nil,
			"<<<<<<< local\na\nL\r\n=======\na\r\nR\r\n>>>>>>> remote\nc\r\n"},
		{"a last line without an end", "a\r\nb", "a\r\nL", "a\r\nR", nil,
			"a\r\n<<<<<<< local\r\nL\r\n=======\r\nR\r\n>>>>>>> remote\r\n"},
		{"nothing to tell the line end by", "", "L", "R", nil, "<<<<<<< local\nL\n=======\nR\n>>>>>>> remote\n"},
		{"one side empty", "b\n", "", "R\n", nil, "<<<<<<< local\n=======\nR\n>>>>>>> remote\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conflict := mergeStrings(t, c.base, c.local, c.remote)
			require.NotNil(t, conflict)
			assert.Equal(t, c.want, string(conflict.Marked(c.options)))
			assert.Equal(t, c.want, string(conflict.Marked(c.options)), "a second time")
		})
	}
}

func TestMarkedIsNilForAnErrorMadeElsewhere(t *testing.T) {
	require.Nil(t, (&jsonmerge.TextConflictError{}).Marked(nil))
}

func TestMarkerStylesHaveGitsNames(t *testing.T) {
	var names []string
	for _, style := range []jsonmerge.MarkerStyle{jsonmerge.MarkersMerge, jsonmerge.MarkersDiff3,
		jsonmerge.MarkersZdiff3} {
		names = append(names, style.String())
	}
	require.Equal(t, "merge diff3 zdiff3", strings.Join(names, " "))
}
