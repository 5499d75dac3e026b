package jsonmerge_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/internal/floors"
	"github.com/stretchr/testify/require"
)

// mapOfFiles reads the floors from doc.go. The first line of a floor begins with its number, that
// of a theme's files with a file.
func mapOfFiles(t *testing.T) []floors.Floor {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(source), "// The files lie on floors")
	require.True(t, found)
	var list []floors.Floor
	for line := range strings.Lines(table) {
		line, inTable := strings.CutPrefix(line, "//\t")
		if !inTable {
			continue
		}
		if line[0] != ' ' {
			list = append(list, nil)
		}
		if files := strings.Fields(line); strings.HasSuffix(files[0], ".go") {
			list[len(list)-1] = append(list[len(list)-1], files)
		}
	}
	slices.Reverse(list)
	return list
}

func TestNoFileReachesUpAFloorAndThereAreNoCircles(t *testing.T) {
	report, err := floors.Check(".", mapOfFiles(t))
	require.NoError(t, err)
	require.Empty(t, report.Reaches)
	require.Empty(t, report.Circles)
}

func TestTheSearchForCommonSubsequencesHasNoCircles(t *testing.T) {
	files := floors.Theme{"lcs.go", "middle.go", "unique.go", "slide.go", "blocks.go", "rising.go"}
	report, err := floors.Check("internal/lcs", []floors.Floor{{files}})
	require.NoError(t, err)
	require.Empty(t, report.Circles)
}
