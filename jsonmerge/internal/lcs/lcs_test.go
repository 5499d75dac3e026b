package lcs_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs/lcstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lcsLength is the textbook table, the judge of Common.
func lcsLength(a, b []int32) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(row[j], above)
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// requireCommonSubsequence checks that runs are true, in order and maximal, and returns how many
// elements they match.
func requireCommonSubsequence(t testing.TB, a, b []int32, runs []lcs.Run) int {
	t.Helper()
	total, i, j := 0, 0, 0
	for n, r := range runs {
		if r.N <= 0 || r.A < i || r.B < j || r.A+r.N > len(a) || r.B+r.N > len(b) {
			require.Fail(t, "bad run", "%d: %v", n, r)
		}
		require.False(t, n > 0 && r.A == i && r.B == j, "run %d continues the one before it", n)
		i, j = r.A+r.N, r.B+r.N
		require.True(t, slices.Equal(a[r.A:i], b[r.B:j]), "run %d matches different elements", n)
		total += r.N
	}
	return total
}

func TestCommonRunsAreALongestCommonSubsequence(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		letters := 1 + rnd.IntN(12)
		a := lcstest.Random(rnd, rnd.IntN(30), letters)
		b := lcstest.Random(rnd, rnd.IntN(30), letters)
		if rnd.IntN(2) == 0 {
			b = lcstest.Edited(rnd, a, rnd.IntN(6), letters)
		}
		runs := lcs.Common(a, b)
		require.Equal(t, lcsLength(a, b), requireCommonSubsequence(t, a, b, runs), "%v %v", a, b)
	}
}

func TestCommonRunsAreLongestUpToTheDocumentedSize(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for _, letters := range []int{2, 5, 40, 1000} {
		a, b := lcstest.Random(rnd, 1000, letters), lcstest.Random(rnd, 1048, letters)
		require.Equal(t, lcsLength(a, b), requireCommonSubsequence(t, a, b, lcs.Common(a, b)))
	}
}

func TestCommonRunsAreLongestUpToTheDocumentedDistance(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	a := lcstest.Random(rnd, 8000, 200)
	b := lcstest.Edited(rnd, a, 150, 200)
	want := lcsLength(a, b)
	require.LessOrEqual(t, len(a)+len(b)-2*want, 512, "the case is out of the documented range")
	require.Equal(t, want, requireCommonSubsequence(t, a, b, lcs.Common(a, b)))
}

func TestCommonRunsPreferTheLatestPlaceAndPlacesSideBySide(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want string // as {a b n}
	}{
		{"", "", "[]"},
		{"AB", "", "[]"},
		{"", "AB", "[]"},
		{"AB", "CD", "[]"},
		{"AB", "AB", "[{0 0 2}]"},
		{"AAAA", "AA", "[{0 0 2}]"},             // the last two go
		{"XAAAAY", "XAAY", "[{0 0 3} {5 3 1}]"}, // the last two A go
		{"AXBXC", "AXC", "[{0 0 2} {4 2 1}]"},   // "BX" goes, not "XB"
		{"FABABG", "FABG", "[{0 0 3} {5 3 1}]"},
		// Removing the second A and inserting B beside it is one replacement, though the removal
		// could slide.
		{"AAC", "ABC", "[{0 0 1} {2 2 1}]"},
		// Two groups of changes that meet when they slide become one.
		{"BACC", "CCBC", "[{2 0 2}]"},
	} {
		got := fmt.Sprint(lcs.Common(lcstest.Letters(c.a), lcstest.Letters(c.b)))
		assert.Equal(t, c.want, got, "%s %s", c.a, c.b)
	}
}

func TestCommonRunsDoNotDependOnTheNumbersOfTheIDs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 11))
	for range 300 {
		a := lcstest.Random(rnd, 1+rnd.IntN(50), 10)
		b := lcstest.Edited(rnd, a, 4, 10)
		far := func(ids []int32) []int32 {
			list := make([]int32, len(ids))
			for i, id := range ids {
				list[i] = math.MaxInt32 - 7919*id
			}
			return list
		}
		require.Equal(t, lcs.Common(a, b), lcs.Common(far(a), far(b)))
	}
}

type idFamily struct {
	name string
	a, b []int32
	// least is how many elements must be matched though the case is beyond the exact search.
	least int
}

// hardIDs returns pairs of sequences of length n that are expensive to compare.
func hardIDs(n int) []idFamily {
	rnd := rand.New(rand.NewPCG(4, 4))
	counted := make([]int32, n)
	for i := range counted {
		counted[i] = int32(i)
	}
	shuffled := slices.Clone(counted)
	rnd.Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	reversed := slices.Clone(counted)
	slices.Reverse(reversed)
	alternating := make([]int32, n)
	for i := range alternating {
		alternating[i] = int32(i % 2)
	}
	// Pairs swapped everywhere: every second element is common, n/2 edits on each side.
	swapped := slices.Clone(counted)
	for i := 1; i < n; i += 2 {
		swapped[i-1], swapped[i] = swapped[i], swapped[i-1]
	}
	// Many diagonals with long matches that all end in nothing.
	comb := make([]int32, n)
	for i := range comb {
		if i%100 == 99 {
			comb[i] = int32(1 + rnd.IntN(50))
		}
	}
	// Every order of the first elements leads to the same long stretch, on another diagonal each.
	fan := make([]int32, n)
	for i := range n / 100 {
		fan[i], fan[n-1-i] = int32(1+i), int32(1+n/100+i)
	}
	unfolded := slices.Clone(fan)
	for _, part := range [][]int32{unfolded[:n/100], unfolded[n-n/100:]} {
		rnd.Shuffle(n/100, func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	// Groups that slide a long way and meet.
	holes := make([]int32, 0, n)
	for i := range n {
		if i%7 != 0 || i < n/2 {
			holes = append(holes, 0)
		} else {
			holes = append(holes, 1)
		}
	}
	return []idFamily{
		{"identical", make([]int32, n), make([]int32, n), n},
		{"one_value", make([]int32, n), make([]int32, n-n/3), n - n/3},
		{"shuffled", counted, shuffled, int(math.Sqrt(float64(n)))},
		{"reversed", counted, reversed, 1},
		{"swapped", counted, swapped, n / 2},
		{"two_values", lcstest.Random(rnd, n, 2), lcstest.Random(rnd, n, 2), n / 10},
		{"alternating", alternating, lcstest.Random(rnd, n, 2), n / 10},
		{"hundred_values", lcstest.Random(rnd, n, 100), lcstest.Random(rnd, n, 100), n / 100},
		{"comb", comb, append([]int32{60, 0, 61}, comb[n/3:]...), n / 10},
		{"fan", fan, unfolded, n - n/25},
		{"holes", holes, make([]int32, n), n / 3},
		{"disjoint", counted[:n/2], counted[n/2:], 0},
	}
}

func TestCommonRunsTakeStepsInProportionToTheInput(t *testing.T) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		for _, family := range hardIDs(n) {
			t.Run(fmt.Sprintf("%s/%d", family.name, n), func(t *testing.T) {
				runs, steps := lcs.Search(family.a, family.b)
				matched := requireCommonSubsequence(t, family.a, family.b, runs)
				assert.GreaterOrEqual(t, matched, family.least)
				// The documented bound, and one last stretch of equal elements.
				assert.LessOrEqual(t, steps, 4<<20+(128+2)*(len(family.a)+len(family.b)))
				again, _ := lcs.Search(family.a, family.b)
				assert.Equal(t, runs, again, "not deterministic")
			})
		}
	}
}

func TestIntegerSquareRootRoundsDown(t *testing.T) {
	for n := 1; n < 5000; n++ {
		r := lcs.Sqrt(n)
		require.True(t, r*r <= n && (r+1)*(r+1) > n, n)
	}
	require.Equal(t, 46340, lcs.Sqrt(math.MaxInt32))
}

func FuzzCommon(f *testing.F) {
	f.Add([]byte("ABCD"), []byte("AXCD"))
	f.Add([]byte("AAAA"), []byte("AAAAAA"))
	f.Add([]byte("{}{}{}"), []byte("{{}}"))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		ids := func(text []byte) []int32 {
			list := make([]int32, len(text))
			for i, c := range text {
				list[i] = int32(c)
			}
			return list
		}
		a, b := ids(x), ids(y)
		matched := requireCommonSubsequence(t, a, b, lcs.Common(a, b))
		if len(a)+len(b) <= 2048 {
			require.Equal(t, lcsLength(a, b), matched)
		}
	})
}

func BenchmarkCommon(b *testing.B) {
	for _, family := range hardIDs(100_000) {
		b.Run(family.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				lcs.Common(family.a, family.b)
			}
		})
	}
}

func TestRisingIsALongestRisingChain(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 2_000 {
		values := make([]int, rnd.IntN(12))
		for i := range values {
			values[i] = rnd.IntN(10) - 2
		}
		last, longest := -1, 0
		ends := make([]int, len(values)) // the longest chain that ends here
		for i, v := range values {
			for j := range i {
				if values[j] >= 0 && values[j] < v {
					ends[i] = max(ends[i], ends[j])
				}
			}
			if v >= 0 {
				ends[i]++
			}
			longest = max(longest, ends[i])
		}
		chain := lcs.Rising(values)
		require.Len(t, chain, longest, values)
		for n, i := range chain {
			require.Greater(t, values[i], last, values)
			require.True(t, n == 0 || chain[n-1] < i, values)
			last = values[i]
		}
	}
}
