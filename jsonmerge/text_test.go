package jsonmerge_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mergeStrings merges and, when there are conflicts, returns them.
func mergeStrings(t testing.TB, base, local, remote string) (string, *jsonmerge.TextConflictError) {
	t.Helper()
	merged, err := jsonmerge.MergeText([]byte(base), []byte(local), []byte(remote), nil)
	var conflict *jsonmerge.TextConflictError
	if errors.As(err, &conflict) {
		require.Nil(t, merged)
		require.NotEmpty(t, conflict.Conflicts)
		return "", conflict
	}
	require.NoError(t, err)
	return string(merged), nil
}

func TestMergeTextTakesWhatOneSideChanged(t *testing.T) {
	for _, c := range []struct{ name, base, local, remote, want string }{
		{"all empty", "", "", "", ""},
		{"local only", "a\nb\nc\n", "a\nB\nc\n", "a\nb\nc\n", "a\nB\nc\n"},
		{"remote only", "a\nb\nc\n", "a\nb\nc\n", "a\nc\n", "a\nc\n"},
		{"both, apart", "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"},
		{"both, the same", "a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\n", "a\nX\nc\n"},
		{"both, the same, and one more", "a\nb\nc\nd\n", "a\nX\nc\nd\n", "a\nX\nc\nD\n", "a\nX\nc\nD\n"},
		{"both create the same", "", "a\n", "a\n", "a\n"},
		{"both empty it", "a\n", "", "", ""},
		{"insert and delete apart", "a\nb\nc\nd\n", "a\nx\nb\nc\nd\n", "a\nb\nc\n", "a\nx\nb\nc\n"},
		{"line ends differ per line", "a\r\nb\nc\r\n", "a\r\nb\nC\r\n", "A\r\nb\nc\r\n", "A\r\nb\nC\r\n"},
		{"a changed line end is a change", "a\r\nb\r\nc\r\n", "a\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", "a\nb\r\nC\r\n"},
		{"a lone CR ends no line", "a\rb\nc\nd", "a\rb\nc\nD", "a\rB\nc\nd", "a\rB\nc\nD"},
		{"no final newline", "a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"},
		{"final newline added", "a\nb\nc", "a\nb\nc\n", "A\nb\nc", "A\nb\nc\n"},
		{"final newline removed", "a\nb\nc\n", "a\nb\nc", "A\nb\nc\n", "A\nb\nc"},
		{"not UTF-8", "\xff\xfe\nb\n\x00\x80", "\xff\xfe!\nb\n\x00\x80", "\xff\xfe\nb\n\x00\x81", "\xff\xfe!\nb\n\x00\x81"},
		{"markers are lines like others", "<<<<<<< a\n=======\n>>>>>>> b\n", "<<<<<<< A\n=======\n>>>>>>> b\n",
			"<<<<<<< a\n=======\n>>>>>>> B\n", "<<<<<<< A\n=======\n>>>>>>> B\n"},
		{"repeated lines", "{\n}\n{\n}\n", "{\n  a\n}\n{\n}\n", "{\n}\n{\n  b\n}\n", "{\n  a\n}\n{\n  b\n}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, conflict := mergeStrings(t, c.base, c.local, c.remote)
			require.Nil(t, conflict)
			assert.Equal(t, c.want, got)
			got, conflict = mergeStrings(t, c.base, c.remote, c.local)
			require.Nil(t, conflict)
			assert.Equal(t, c.want, got, "sides swapped")
		})
	}
}

func TestMergeTextReportsWhatBothChangedDifferently(t *testing.T) {
	for _, c := range []struct{ name, base, local, remote, want string }{
		{"same line", "a\nb\nc\n", "a\nX\nc\n", "a\nY\nc\n", `1-2 1-2 1-2 "b\n" "X\n" "Y\n"`},
		{"changes touch", "a\nb\nc\n", "A\nb\nc\n", "a\nB\nc\n", `0-2 0-2 0-2 "a\nb\n" "A\nb\n" "a\nB\n"`},
		{"deletions touch", "a\nb\nc\nd\n", "a\nc\nd\n", "a\nb\nd\n", `1-3 1-2 1-2 "b\nc\n" "c\n" "b\n"`},
		{"deletions overlap", "a\nb\nc\nd\n", "a\nd\n", "a\nb\nd\n", `1-3 1-1 1-2 "b\nc\n" "" "b\n"`},
		{"insertions in the same gap", "a\nb\n", "a\nx\nb\n", "a\ny\nb\n", `1-1 1-2 1-2 "" "x\n" "y\n"`},
		{"one inserts more", "a\nb\n", "a\nx\nb\n", "a\nx\ny\nb\n", `1-1 1-2 1-3 "" "x\n" "x\ny\n"`},
		{"delete and change", "a\nb\nc\n", "a\nc\n", "a\nB\nc\n", `1-2 1-1 1-2 "b\n" "" "B\n"`},
		{"both create", "", "x", "y\n", `0-0 0-1 0-1 "" "x" "y\n"`},
		{"both append", "a\n", "a\nx\n", "a\ny\n", `1-1 1-2 1-2 "" "x\n" "y\n"`},
		{"emptied and changed", "a\nb\n", "", "a\nB\n", `0-2 0-0 0-2 "a\nb\n" "" "a\nB\n"`},
		{"only the newline differs", "a", "a\n", "b", `0-1 0-1 0-1 "a" "a\n" "b"`},
		{"two places", "a\nb\nc\n", "A\nb\nC\n", "1\nb\n3\n", `0-1 0-1 0-1 "a\n" "A\n" "1\n"; 2-3 2-3 2-3 "c\n" "C\n" "3\n"`},
		{"a change that spans others", "a\nb\nc\nd\ne\n", "1\n2\ne\n", "a\nB\nc\nD\ne\n",
			`0-4 0-2 0-4 "a\nb\nc\nd\n" "1\n2\n" "a\nB\nc\nD\n"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, conflict := mergeStrings(t, c.base, c.local, c.remote)
			require.NotNil(t, conflict)
			var list []string
			for _, k := range conflict.Conflicts {
				list = append(list, fmt.Sprintf("%d-%d %d-%d %d-%d %q %q %q", k.Base.Start, k.Base.End, k.Local.Start, k.Local.End,
					k.Remote.Start, k.Remote.End, k.BaseText, k.LocalText, k.RemoteText))
			}
			assert.Equal(t, c.want, strings.Join(list, "; "))
		})
	}
}

func TestTextConflictErrorSaysWhereAndQuotesNothing(t *testing.T) {
	_, conflict := mergeStrings(t, "a\nsecret\nc\n", "a\nX\nc\n", "a\nY\nc\n")
	require.EqualError(t, conflict, "jsonmerge: text conflict at line 2 of base, 2 of local, 2 of remote")
	_, conflict = mergeStrings(t, "a\nb\nc\n", "A\nA\nb\nC\n", "1\nb\n3\n")
	require.EqualError(t, conflict, "jsonmerge: 2 text conflicts, the first at line 1 of base, 1 of local, 1 of remote")
	require.EqualError(t, new(jsonmerge.TextConflictError), "jsonmerge: text conflict")
}

func TestMergeTextRefusesWhatExceedsTheLimits(t *testing.T) {
	small, large := []byte("a\nb\n"), []byte("a\nb\nc")
	for _, c := range []struct {
		options             jsonmerge.TextOptions
		base, local, remote []byte
		want                string // "" means that it merges
	}{
		{jsonmerge.TextOptions{MaxBytes: 4}, small, small, large, "jsonmerge: the remote text has more than 4 bytes"},
		{jsonmerge.TextOptions{MaxBytes: 4}, large, large, large, "jsonmerge: the base text has more than 4 bytes"},
		{jsonmerge.TextOptions{MaxLines: 2}, small, large, small, "jsonmerge: the local text has more than 2 lines"},
		{jsonmerge.TextOptions{MaxLines: 3, MaxBytes: 5}, small, large, small, ""},
		{jsonmerge.TextOptions{MaxLines: -1, MaxBytes: -1}, small, large, small, ""},
		{jsonmerge.TextOptions{}, small, bytes.Repeat([]byte("\n"), jsonmerge.DefaultMaxLines), small, ""},
		{jsonmerge.TextOptions{}, small, bytes.Repeat([]byte("\n"), jsonmerge.DefaultMaxLines+1), small,
			"jsonmerge: the local text has more than 1048576 lines"},
		{jsonmerge.TextOptions{}, small, make([]byte, jsonmerge.DefaultMaxBytes+1), small,
			"jsonmerge: the local text has more than 67108864 bytes"},
	} {
		merged, err := jsonmerge.MergeText(c.base, c.local, c.remote, &c.options)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, c.want)
		require.Nil(t, merged)
		var limit *jsonmerge.TextLimitError
		require.ErrorAs(t, err, &limit)
	}
}

func TestMergeTextAsksResolveForEachConflictInOrder(t *testing.T) {
	base := []byte("a\nb\nc\nd\ne\nf\ng\nthe end\n")
	local, remote := []byte("A\nb\nC\nd\nE\nf\ng\nthe end\n"), []byte("1\nb\n3\nd\n5\nF\ng\nthe end\n")
	var asked []string
	merged, err := jsonmerge.MergeText(base, local, remote, &jsonmerge.TextOptions{
		Resolve: func(c jsonmerge.TextConflict) ([]byte, bool) {
			asked = append(asked, string(c.BaseText))
			switch string(c.BaseText) {
			case "a\n":
				return c.LocalText, true
			case "c\n":
				return nil, true
			}
			return append(c.LocalText, c.RemoteText...), true
		},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"a\n", "c\n", "e\nf\n"}, asked)
	require.Equal(t, "A\nb\nd\nE\nf\n5\nF\ng\nthe end\n", string(merged))
	require.Equal(t, "A\nb\nC\nd\nE\nf\ng\nthe end\n", string(local),
		"an append by the caller must not reach the document")
}

func TestMergeTextLeavesWhatResolveDoesNotDecide(t *testing.T) {
	_, err := jsonmerge.MergeText([]byte("a\nb\nc\n"), []byte("A\nb\nC\n"), []byte("1\nb\n3\n"), &jsonmerge.TextOptions{
		Resolve: func(c jsonmerge.TextConflict) ([]byte, bool) { return []byte("decided\n"), c.Base.Start == 0 },
	})
	var conflict *jsonmerge.TextConflictError
	require.ErrorAs(t, err, &conflict)
	require.Len(t, conflict.Conflicts, 1)
	require.Equal(t, "c\n", string(conflict.Conflicts[0].BaseText))
	require.Equal(t, "decided\nb\n<<<<<<< local\nC\n=======\n3\n>>>>>>> remote\n", string(conflict.Marked(nil)))
}

func TestMergeTextStaysBoundedOnExpensiveTexts(t *testing.T) {
	const n = 100_000
	same := strings.Repeat("x\n", n)
	t.Run("identical lines", func(t *testing.T) {
		merged, conflict := mergeStrings(t, same, "first\n"+same, same+"last\n")
		require.Nil(t, conflict)
		require.Equal(t, "first\n"+same+"last\n", merged)
		_, conflict = mergeStrings(t, same, same[:len(same)/2], same+same)
		require.NotNil(t, conflict)
	})
	t.Run("all lines in another order", func(t *testing.T) {
		base, local, remote := reorderedText(n)
		_, err := jsonmerge.MergeText(base, local, remote, nil)
		var conflict *jsonmerge.TextConflictError
		require.ErrorAs(t, err, &conflict)
		for _, style := range []jsonmerge.MarkerStyle{jsonmerge.MarkersMerge, jsonmerge.MarkersDiff3,
			jsonmerge.MarkersZdiff3} {
			marked := conflict.Marked(&jsonmerge.MarkerOptions{Style: style})
			require.Less(t, len(marked), 2*(len(base)+len(local)+len(remote)))
		}
	})
	t.Run("all lines new", func(t *testing.T) {
		_, conflict := mergeStrings(t, same, strings.Repeat("l\n", n), strings.Repeat("r\n", n))
		require.Len(t, conflict.Conflicts, 1)
	})
	t.Run("very many conflicts", func(t *testing.T) {
		text := func(by string) string {
			var b strings.Builder
			for i := range n / 5 {
				fmt.Fprintf(&b, "same %d\n%s 1 of %d\n%s 2 of %d\n", i, by, i, by, i)
			}
			return b.String()
		}
		base, local, remote := text("base"), text("local"), text("remote")
		_, conflict := mergeStrings(t, base, local, remote)
		require.Len(t, conflict.Conflicts, n/5)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		marked := conflict.Marked(nil)
		runtime.ReadMemStats(&after)
		require.Less(t, len(marked), 3*(len(local)+len(remote)))
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100*(len(local)+len(remote))))
	})
	t.Run("one long line", func(t *testing.T) {
		long := strings.Repeat("x", n)
		_, conflict := mergeStrings(t, long, long+"l", long+"r")
		require.Len(t, conflict.Conflicts, 1)
	})
}
