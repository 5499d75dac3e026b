package jsonmerge_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs/lcstest"
	"github.com/stretchr/testify/require"
)

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
	edited := func() string { return text(lcstest.Edited(rnd, ids, rnd.IntN(5), letters)) }
	return text(ids), edited(), edited()
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
	for _, style := range []jsonmerge.MarkerStyle{jsonmerge.MarkersMerge, jsonmerge.MarkersDiff3,
		jsonmerge.MarkersZdiff3} {
		marked := string(conflict.Marked(&jsonmerge.MarkerOptions{Style: style}))
		l, r := readMarked(t, marked)
		require.Equal(t, endLine(keepLocal), l, style)
		require.Equal(t, endLine(keepRemote), r, style)
	}
}

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

// readsAmbiguously finds lines that look like markers, and a CR at the end of a text, which the end
// that goes before a marker would make part of a CR LF.
var readsAmbiguously = regexp.MustCompile(`(?m)^(<{7}|\|{7}|={7}|>{7})|\r\x00`)

var markerLine = regexp.MustCompile(`(?m)^(<{7}|\|{7}|={7}|>{7})`)

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

func FuzzMergeText(f *testing.F) {
	f.Add("a\nb\nc\n", "a\nX\nc\n", "a\nY\nc")
	f.Add("", "x", "y\r\n")
	f.Add("{\n}\n{\n}\n", "{\n a\n}\n{\n}\n", "{\n}\n")
	f.Add("a\r\nb\r\nc", "a\r\nB\r\nc", "a\r\n\xff\r\n\x00")
	f.Add("", "0", "\r")
	f.Fuzz(func(t *testing.T, base, local, remote string) { requireTextLaws(t, base, local, remote) })
}
