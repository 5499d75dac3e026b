package jsonmerge_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// editedText returns a text of n lines of about 35 bytes and two versions of it in which k lines
// each are changed, at places that keep apart.
func editedText(n, k int) (base, local, remote []byte) {
	line := func(i int, by string) string {
		return fmt.Sprintf("%06d: the quick brown fox %s jumps\n", i, by)
	}
	var b, l, r strings.Builder
	step := n / k
	for i := range n {
		b.WriteString(line(i, ""))
		switch i % step {
		case step / 4:
			l.WriteString(line(i, "(local)"))
			r.WriteString(line(i, ""))
		case step * 3 / 4:
			l.WriteString(line(i, ""))
			r.WriteString(line(i, "(remote)"))
		default:
			l.WriteString(line(i, ""))
			r.WriteString(line(i, ""))
		}
	}
	return []byte(b.String()), []byte(l.String()), []byte(r.String())
}

func BenchmarkMergeText(b *testing.B) {
	for _, size := range []struct{ lines, edits int }{{1_000, 10}, {10_000, 50}, {100_000, 500}} {
		b.Run(fmt.Sprintf("%dlines_%dedits", size.lines, size.edits), func(b *testing.B) {
			base, local, remote := editedText(size.lines, size.edits)
			b.SetBytes(int64(len(base) + len(local) + len(remote)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := jsonmerge.MergeText(base, local, remote, nil)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkGitMergeFile is the peer of BenchmarkMergeText, with the start of a process and the
// writing of three files.
func BenchmarkGitMergeFile(b *testing.B) {
	git := newGitMergeFile(b)
	base, local, remote := editedText(10_000, 50)
	want, err := jsonmerge.MergeText(base, local, remote, nil)
	require.NoError(b, err)
	b.Run("10000lines_50edits", func(b *testing.B) {
		for b.Loop() {
			got, err := git.run(string(base), string(local), string(remote), jsonmerge.MarkersMerge)
			require.NoError(b, err)
			require.Len(b, got, len(want))
		}
	})
}

func BenchmarkMergeTextReordered(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("%dlines", n), func(b *testing.B) {
			base, local, remote := reorderedText(n)
			b.SetBytes(int64(len(base) + len(local) + len(remote)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := jsonmerge.MergeText(base, local, remote, nil)
				require.Error(b, err)
			}
		})
	}
}

// reorderedText returns a text of n lines and two versions of it with all lines in another order.
func reorderedText(n int) (base, local, remote []byte) {
	rnd := rand.New(rand.NewPCG(6, 6))
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d\n", i)
	}
	base = []byte(strings.Join(lines, ""))
	shuffle := func() []byte {
		rnd.Shuffle(n, func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
		return []byte(strings.Join(lines, ""))
	}
	return base, shuffle(), shuffle()
}
