package jsonmerge_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The table of rules in the package documentation is not allowed to be wrong.
func TestTheTableOfRulesInTheDocumentationIsTrue(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(source), "//	rule                base")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n//\n")
	columns := regexp.MustCompile(`  +`)
	lines := strings.Split(table, "\n")[1:]
	described := map[string]bool{}
	for _, line := range lines {
		c := columns.Split(strings.TrimPrefix(line, "//\t"), -1)
		require.Len(t, c, 5, line)
		opts := &jsonmerge.Options{}
		if c[0] != "(none)" {
			opts = rules(c[0])
			_, strategy, _ := strings.Cut(c[0], " ")
			described[strategy] = true
		}
		merged, err := jsonmerge.Merge([]byte(c[1]), []byte(c[2]), []byte(c[3]), opts)
		got := string(merged)
		var conflict *jsonmerge.ConflictError
		if errors.As(err, &conflict) {
			got = string(conflict.Conflicts[0].Kind) + " at " + conflict.Conflicts[0].Pointer
		} else {
			require.NoError(t, err)
		}
		assert.Equal(t, c[4], got, line)
	}
	for _, s := range []jsonmerge.Strategy{
		jsonmerge.Atomic, jsonmerge.Sequence, jsonmerge.Set, jsonmerge.Multiset, jsonmerge.Append, jsonmerge.Key("id"),
		jsonmerge.Counter, jsonmerge.Max, jsonmerge.Min, jsonmerge.Newest, jsonmerge.NewestBy("t"), jsonmerge.Text,
		jsonmerge.PreferLocal, jsonmerge.PreferRemote, jsonmerge.DeleteWins, jsonmerge.ModifyWins,
		jsonmerge.MergeAdded, jsonmerge.Ask,
	} {
		assert.True(t, described[string(s)], "strategy %s is missing", s)
	}
}
