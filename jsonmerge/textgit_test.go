package jsonmerge_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
				got = string(conflict.Marked(&jsonmerge.MarkerOptions{Style: jsonmerge.MarkersDiff3, LocalLabel: "a",
					BaseLabel: "o", RemoteLabel: "b"}))
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
		b.WriteString("<<<<<<< a\n" + wordLines(c["a"]) + "||||||| o\n" + wordLines(c["o"]) + "=======\n" +
			wordLines(c["b"]) + ">>>>>>> b\n")
	}
	return b.String()
}
