package jsonmerge_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs/lcstest"
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
		{"markers are lines like others", "<<<<<<< a\n=======\n>>>>>>> b\n", "<<<<<<< A\n=======\n>>>>>>> b\n", "<<<<<<< a\n=======\n>>>>>>> B\n", "<<<<<<< A\n=======\n>>>>>>> B\n"},
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
		{"a change that spans others", "a\nb\nc\nd\ne\n", "1\n2\ne\n", "a\nB\nc\nD\ne\n", `0-4 0-2 0-4 "a\nb\nc\nd\n" "1\n2\n" "a\nB\nc\nD\n"`},
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
		{jsonmerge.TextOptions{}, small, bytes.Repeat([]byte("\n"), jsonmerge.DefaultMaxLines+1), small, "jsonmerge: the local text has more than 1048576 lines"},
		{jsonmerge.TextOptions{}, small, make([]byte, jsonmerge.DefaultMaxBytes+1), small, "jsonmerge: the local text has more than 67108864 bytes"},
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
	base, local, remote := []byte("a\nb\nc\nd\ne\nf\ng\nthe end\n"), []byte("A\nb\nC\nd\nE\nf\ng\nthe end\n"), []byte("1\nb\n3\nd\n5\nF\ng\nthe end\n")
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
	require.Equal(t, "A\nb\nC\nd\nE\nf\ng\nthe end\n", string(local), "an append by the caller must not reach the document")
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

// randomTexts returns three texts of few different lines, sometimes without a final newline or with
// CR LF.
func randomTexts(rnd *rand.Rand) (base, local, remote string) {
	letters := 1 + rnd.IntN(30)
	ids := lcstest.Random(rnd, rnd.IntN(30), letters)
	end := []string{"\n", "\n", "\r\n"}[rnd.IntN(3)]
	cut := rnd.IntN(2) == 0
	text := func(ids []int32) string {
		var b strings.Builder
		for _, id := range ids {
			if id%5 == 0 {
				b.WriteString("}" + end)
			} else {
				fmt.Fprintf(&b, "line %d%s", id, end)
			}
		}
		if cut && rnd.IntN(2) == 0 {
			return strings.TrimSuffix(b.String(), end)
		}
		return b.String()
	}
	return text(ids), text(lcstest.Edited(rnd, ids, rnd.IntN(5), letters)), text(lcstest.Edited(rnd, ids, rnd.IntN(5), letters))
}

// requireTextLaws checks what holds for any three texts.
func requireTextLaws(t testing.TB, base, local, remote string) {
	t.Helper()
	clean := func(b, l, r, want string) {
		t.Helper()
		got, conflict := mergeStrings(t, b, l, r)
		require.Nil(t, conflict)
		require.Equal(t, want, got)
	}
	clean(base, base, remote, remote)
	clean(base, local, base, local)
	clean(base, local, local, local)

	merged, conflict := mergeStrings(t, base, local, remote)
	again, conflict2 := mergeStrings(t, base, local, remote)
	require.Equal(t, merged, again)
	require.Equal(t, conflict, conflict2)
	mirrored, mirror := mergeStrings(t, base, remote, local)
	require.Equal(t, conflict == nil, mirror == nil)
	forString, hunks, ok := jsonmerge.MergeLines([]byte(base), []byte(local), []byte(remote))
	require.Equal(t, conflict == nil, ok)
	if ok {
		require.Equal(t, merged, mirrored)
		require.Equal(t, merged, string(forString))
		require.Empty(t, hunks)
		clean(remote, merged, remote, merged) // the write that follows
		return
	}

	require.Nil(t, forString)
	require.Len(t, hunks, len(conflict.Conflicts))
	require.Len(t, mirror.Conflicts, len(conflict.Conflicts))
	before := jsonmerge.Hunk{}
	for i, c := range conflict.Conflicts {
		require.Equal(t, c.Hunk, hunks[i])
		m := mirror.Conflicts[i]
		require.Equal(t, jsonmerge.Hunk{Base: c.Base, Local: c.Remote, Remote: c.Local}, m.Hunk)
		require.Equal(t, linesOf(base, c.Base), string(c.BaseText))
		require.Equal(t, linesOf(local, c.Local), string(c.LocalText))
		require.Equal(t, linesOf(remote, c.Remote), string(c.RemoteText))
		require.NotEqual(t, c.LocalText, c.RemoteText)
		require.NotEqual(t, c.BaseText, c.LocalText)
		require.NotEqual(t, c.BaseText, c.RemoteText)
		require.True(t, i == 0 || before.Base.End < c.Base.Start, "conflicts must have an unchanged line between them")
		before = c.Hunk
	}

	// Keeping one side of every conflict is a merge without conflicts, and marked text says the
	// same.
	keep := func(pick func(jsonmerge.TextConflict) []byte) string {
		t.Helper()
		merged, err := jsonmerge.MergeText([]byte(base), []byte(local), []byte(remote), &jsonmerge.TextOptions{
			Resolve: func(c jsonmerge.TextConflict) ([]byte, bool) { return pick(c), true },
		})
		require.NoError(t, err)
		return string(merged)
	}
	keepLocal := keep(func(c jsonmerge.TextConflict) []byte { return c.LocalText })
	keepRemote := keep(func(c jsonmerge.TextConflict) []byte { return c.RemoteText })
	if readsAmbiguously.MatchString(base + "\x00\n" + local + "\x00\n" + remote + "\x00") {
		return
	}
	for _, style := range []jsonmerge.MarkerStyle{jsonmerge.MarkersMerge, jsonmerge.MarkersDiff3, jsonmerge.MarkersZdiff3} {
		marked := string(conflict.Marked(&jsonmerge.MarkerOptions{Style: style}))
		l, r := readMarked(t, marked)
		require.Equal(t, endLine(keepLocal), l, style)
		require.Equal(t, endLine(keepRemote), r, style)
	}
}

// readsAmbiguously finds lines that look like markers, and a CR at the end of a text, which the end
// that goes before a marker would make part of a CR LF.
var readsAmbiguously = regexp.MustCompile(`(?m)^(<{7}|\|{7}|={7}|>{7})|\r\x00`)

var markerLine = regexp.MustCompile(`(?m)^(<{7}|\|{7}|={7}|>{7})`)

// readMarked takes the two sides out of marked text again. Line ends become "\n".
func readMarked(t testing.TB, marked string) (local, remote string) {
	t.Helper()
	var l, r strings.Builder
	side := ""
	for line := range strings.Lines(endLine(marked)) {
		switch m := markerLine.FindString(line); {
		case m == "<<<<<<<" && side == "", m == "|||||||" && side == "<", m == "=======" && (side == "<" || side == "|"):
			side = m[:1]
		case m == ">>>>>>>" && side == "=":
			side = ""
		case m != "":
			require.Fail(t, "a marker out of place", "%q in %q", line, marked)
		default:
			if side == "" || side == "<" {
				l.WriteString(line)
			}
			if side == "" || side == "=" {
				r.WriteString(line)
			}
		}
	}
	require.Empty(t, side, "an open conflict")
	return l.String(), r.String()
}

// endLine ends the last line, and all with "\n".
func endLine(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

func linesOf(text string, r jsonmerge.Range) string {
	return strings.Join(slices.Collect(strings.Lines(text))[r.Start:r.End], "")
}

func TestMergeTextKeepsTheLaws(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 8))
	for range laws(t, 5_000) {
		base, local, remote := randomTexts(rnd)
		requireTextLaws(t, base, local, remote)
	}
}

// Changes with at least one unchanged line between them merge cleanly to both applied, and
// conflicts cover changed lines only: "A Formal Investigation of Diff3" (Khanna, Kunal, Pierce,
// 2007) calls the first one locality.
func TestMergeTextAppliesChangesThatAnUnchangedLineSeparates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(9, 9))
	for n := range laws(t, 3_000) {
		var base, local, remote, want strings.Builder
		var conflicts int
		fresh := 0
		line := func(what string) string { fresh++; return fmt.Sprintf("%s %d %d\n", what, n, fresh) }
		for range 1 + rnd.IntN(12) {
			for range 1 + rnd.IntN(3) { // unchanged
				same := line("same")
				for _, b := range []*strings.Builder{&base, &local, &remote, &want} {
					b.WriteString(same)
				}
			}
			old, replaced, other := "", "", ""
			for range rnd.IntN(3) {
				old += line("old")
			}
			for range rnd.IntN(3) {
				replaced += line("new")
			}
			other = line("other")
			base.WriteString(old)
			switch rnd.IntN(4) {
			case 0:
				local.WriteString(replaced)
				remote.WriteString(old)
				want.WriteString(replaced)
			case 1:
				local.WriteString(old)
				remote.WriteString(replaced)
				want.WriteString(replaced)
			case 2:
				local.WriteString(replaced)
				remote.WriteString(replaced)
				want.WriteString(replaced)
			default:
				if n%2 == 0 || replaced == old {
					local.WriteString(old)
					remote.WriteString(old)
					want.WriteString(old)
					continue
				}
				conflicts++
				local.WriteString(replaced)
				remote.WriteString(other)
			}
		}
		merged, conflict := mergeStrings(t, base.String(), local.String(), remote.String())
		if conflicts == 0 {
			require.Nil(t, conflict)
			require.Equal(t, want.String(), merged)
			continue
		}
		require.Len(t, conflict.Conflicts, conflicts)
		for _, c := range conflict.Conflicts {
			require.NotContains(t, string(c.BaseText)+string(c.LocalText)+string(c.RemoteText), "same")
		}
	}
}

func TestMergeTextAgreesWithGitInAllStyles(t *testing.T) {
	var cases []struct {
		Name, Base, Local, Remote string
		Want                      struct{ Merge, Diff3, Zdiff3 string }
		Conflicts                 int
	}
	vectors(t, "text3/own_git_unique_lines.json", &cases)
	require.Len(t, cases, 300)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			merged, conflict := mergeStrings(t, c.Base, c.Local, c.Remote)
			require.Equal(t, c.Conflicts == 0, conflict == nil)
			if conflict == nil {
				require.Equal(t, c.Want.Merge, merged)
				return
			}
			for style, want := range map[jsonmerge.MarkerStyle]string{
				jsonmerge.MarkersMerge: c.Want.Merge, jsonmerge.MarkersDiff3: c.Want.Diff3, jsonmerge.MarkersZdiff3: c.Want.Zdiff3,
			} {
				require.Equal(t, want, string(conflict.Marked(&jsonmerge.MarkerOptions{Style: style})), style)
			}
		})
	}
}

// gitMergeFile is what git makes of three texts.
type gitMergeFile struct{ dir string }

func newGitMergeFile(t testing.TB) gitMergeFile {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	g := gitMergeFile{t.TempDir()}
	if _, err := g.run("a\n", "b\n", "c\n", jsonmerge.MarkersZdiff3); err != nil {
		t.Skip("this git's merge-file has no --zdiff3: ", err)
	}
	return g
}

func (g gitMergeFile) run(base, local, remote string, style jsonmerge.MarkerStyle) (string, error) {
	for name, text := range map[string]string{"base": base, "local": local, "remote": remote} {
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	args := []string{"-c", "merge.conflictStyle=merge", "merge-file", "-p", "-L", "local", "-L", "base", "-L", "remote"}
	if style != jsonmerge.MarkersMerge {
		args = append(args, "--"+style.String())
	}
	cmd := exec.Command("git", append(args, "local", "base", "remote")...)
	cmd.Dir = g.dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() < 128 { // the number of conflicts
		err = nil
	}
	return string(out), err
}

func TestMergeTextAgreesWithTheInstalledGit(t *testing.T) {
	git := newGitMergeFile(t)
	rnd := rand.New(rand.NewPCG(10, 10))
	count, differ := min(laws(t, 240), 5_000), 0 // a process each
	for n := range count {
		base, local, remote := randomTexts(rnd)
		style := jsonmerge.MarkerStyle(n % 3)
		want, err := git.run(base, local, remote, style)
		require.NoError(t, err)
		got, conflict := mergeStrings(t, base, local, remote)
		if conflict != nil {
			got = string(conflict.Marked(&jsonmerge.MarkerOptions{Style: style}))
		}
		if got != want {
			differ++
			t.Logf("base %q\nlocal %q\nremote %q\ngot %q\ngit %q", base, local, remote, got, want)
		}
	}
	// Among lines that occur several times there is more than one longest common subsequence, and
	// git may take another one. Anything beyond that is a fault.
	assert.LessOrEqual(t, differ, count/50, "of %d", count)
}

// TestMergeTextAgreesWithNodeDiff3 runs the cases of another diff3. They are sequences of words: a
// word is a line here.
func TestMergeTextAgreesWithNodeDiff3(t *testing.T) {
	var cases []struct {
		Fn, Test            string
		Base, Local, Remote any
		Options             struct {
			ExcludeFalseConflicts *bool
			StringSeparator       struct {
				Expression string `json:"__re"`
			}
		}
		Out any
	}
	vectors(t, "text3/node_diff3.json", &cases)
	require.Len(t, cases, 15)
	otherRule := 0
	for _, c := range cases {
		t.Run(c.Fn+": "+c.Test, func(t *testing.T) {
			text := func(v any) string {
				separator := `\s+`
				if c.Options.StringSeparator.Expression != "" {
					separator = c.Options.StringSeparator.Expression
				}
				if s, ok := v.(string); ok {
					return strings.Join(regexp.MustCompile(separator).Split(s, -1), "\n") + "\n"
				}
				return wordLines(v)
			}
			base, local, remote := text(c.Base), text(c.Local), text(c.Remote)
			got, conflict := mergeStrings(t, base, local, remote)
			if conflict != nil {
				got = string(conflict.Marked(&jsonmerge.MarkerOptions{Style: jsonmerge.MarkersDiff3, LocalLabel: "a", BaseLabel: "o", RemoteLabel: "b"}))
			}
			switch {
			case c.Options.ExcludeFalseConflicts != nil:
				// Asks for a conflict where both sides made the same change. The rule here takes
				// that once.
				otherRule++
				require.Nil(t, conflict)
			case c.Fn == "diff3Merge":
				require.Equal(t, nodeChunks(c.Out), got)
			case c.Fn == "mergeDiff3":
				require.Equal(t, wordLines(c.Out.(map[string]any)["result"]), got)
			case c.Fn == "merge":
				// Shows neither base nor labels.
				got = regexp.MustCompile(`(?ms)^\|{7} o$.*?^=`).ReplaceAllString(got, "=")
				got = regexp.MustCompile(`(?m)^(<{7} a|>{7} b)$`).ReplaceAllStringFunc(got, func(s string) string { return s[:7] })
				require.Equal(t, wordLines(c.Out.(map[string]any)["result"]), got)
			case c.Fn == "mergeDigIn":
				// Moves out of a conflict what both sides agree on, as MarkersMerge does; but that
				// also shows conflicts with little between them as one. So only the verdicts agree
				// when there is a conflict.
				require.Equal(t, c.Out.(map[string]any)["conflict"], conflict != nil)
				if conflict == nil {
					require.Equal(t, wordLines(c.Out.(map[string]any)["result"]), got)
					return
				}
				otherRule++
			default:
				require.Fail(t, "unknown function")
			}
		})
	}
	require.Equal(t, 2, otherRule)
}

// wordLines makes a line of each word in a decoded JSON array.
func wordLines(v any) string {
	var b strings.Builder
	for _, word := range v.([]any) {
		b.WriteString(word.(string) + "\n")
	}
	return b.String()
}

// nodeChunks shows the result of node-diff3's diff3Merge with markers.
func nodeChunks(out any) string {
	var b strings.Builder
	for _, chunk := range out.([]any) {
		chunk := chunk.(map[string]any)
		if ok, found := chunk["ok"]; found {
			b.WriteString(wordLines(ok))
			continue
		}
		c := chunk["conflict"].(map[string]any)
		b.WriteString("<<<<<<< a\n" + wordLines(c["a"]) + "||||||| o\n" + wordLines(c["o"]) + "=======\n" + wordLines(c["b"]) + ">>>>>>> b\n")
	}
	return b.String()
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
		for _, style := range []jsonmerge.MarkerStyle{jsonmerge.MarkersMerge, jsonmerge.MarkersDiff3, jsonmerge.MarkersZdiff3} {
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

func FuzzMergeText(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc")
	f.Add("", "x", "y\r\n")
	f.Add("{\n}\n{\n}\n", "{\n a\n}\n{\n}\n", "{\n}\n")
	f.Add("a\r\nb\r\nc", "a\r\nB\r\nc", "a\r\n\xff\r\n\x00")
	f.Add("", "0", "\r")
	f.Fuzz(func(t *testing.T, base, local, remote string) { requireTextLaws(t, base, local, remote) })
}
