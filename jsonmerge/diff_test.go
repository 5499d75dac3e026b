package jsonmerge_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// letterIDs makes each letter an id.
func letterIDs(s string) []int32 {
	list := make([]int32, 0, len(s))
	for _, c := range []byte(s) {
		list = append(list, int32(c-'A'))
	}
	return list
}

// lcsLength is the textbook table, the judge of commonRuns.
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

// requireCommonSubsequence checks that runs are true, in order and maximal, and returns how many elements they match.
func requireCommonSubsequence(t testing.TB, a, b []int32, runs []jsonmerge.Run) int {
	t.Helper()
	total, i, j := 0, 0, 0
	for n, r := range runs {
		if r.N() <= 0 || r.A() < i || r.B() < j || r.A()+r.N() > len(a) || r.B()+r.N() > len(b) {
			require.Fail(t, "bad run", "%d: %v", n, r)
		}
		require.False(t, n > 0 && r.A() == i && r.B() == j, "run %d continues the one before it", n)
		i, j = r.A()+r.N(), r.B()+r.N()
		require.True(t, slices.Equal(a[r.A():i], b[r.B():j]), "run %d matches different elements", n)
		total += r.N()
	}
	return total
}

func randomIDs(rnd *rand.Rand, n, letters int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(rnd.IntN(letters))
	}
	return list
}

// editedIDs replaces, removes or inserts at some places of a.
func editedIDs(rnd *rand.Rand, a []int32, edits, letters int) []int32 {
	b := slices.Clone(a)
	for range edits {
		i := rnd.IntN(len(b) + 1)
		j := min(len(b), i+rnd.IntN(3))
		b = slices.Replace(b, i, j, randomIDs(rnd, rnd.IntN(3), letters)...)
	}
	return b
}

func TestCommonRunsAreALongestCommonSubsequence(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		letters := 1 + rnd.IntN(12)
		a := randomIDs(rnd, rnd.IntN(30), letters)
		b := randomIDs(rnd, rnd.IntN(30), letters)
		if rnd.IntN(2) == 0 {
			b = editedIDs(rnd, a, rnd.IntN(6), letters)
		}
		runs := jsonmerge.CommonRuns(a, b)
		require.Equal(t, lcsLength(a, b), requireCommonSubsequence(t, a, b, runs), "%v %v", a, b)
	}
}

func TestCommonRunsAreLongestUpToTheDocumentedSize(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for _, letters := range []int{2, 5, 40, 1000} {
		a, b := randomIDs(rnd, 1000, letters), randomIDs(rnd, 1048, letters)
		require.Equal(t, lcsLength(a, b), requireCommonSubsequence(t, a, b, jsonmerge.CommonRuns(a, b)))
	}
}

func TestCommonRunsAreLongestUpToTheDocumentedDistance(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	a := randomIDs(rnd, 8000, 200)
	b := editedIDs(rnd, a, 150, 200)
	want := lcsLength(a, b)
	require.LessOrEqual(t, len(a)+len(b)-2*want, 512, "the case is out of the documented range")
	require.Equal(t, want, requireCommonSubsequence(t, a, b, jsonmerge.CommonRuns(a, b)))
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
		// Removing the second A and inserting B beside it is one replacement, though the removal could slide.
		{"AAC", "ABC", "[{0 0 1} {2 2 1}]"},
		// Two groups of changes that meet when they slide become one.
		{"BACC", "CCBC", "[{2 0 2}]"},
	} {
		got := fmt.Sprint(jsonmerge.CommonRuns(letterIDs(c.a), letterIDs(c.b)))
		assert.Equal(t, c.want, got, "%s %s", c.a, c.b)
	}
}

func TestCommonRunsDoNotDependOnTheNumbersOfTheIDs(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 11))
	for range 300 {
		a := randomIDs(rnd, 1+rnd.IntN(50), 10)
		b := editedIDs(rnd, a, 4, 10)
		far := func(ids []int32) []int32 {
			list := make([]int32, len(ids))
			for i, id := range ids {
				list[i] = math.MaxInt32 - 7919*id
			}
			return list
		}
		require.Equal(t, jsonmerge.CommonRuns(a, b), jsonmerge.CommonRuns(far(a), far(b)))
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
		{"two_values", randomIDs(rnd, n, 2), randomIDs(rnd, n, 2), n / 10},
		{"alternating", alternating, randomIDs(rnd, n, 2), n / 10},
		{"hundred_values", randomIDs(rnd, n, 100), randomIDs(rnd, n, 100), n / 100},
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
				runs, steps := jsonmerge.SearchRuns(family.a, family.b)
				matched := requireCommonSubsequence(t, family.a, family.b, runs)
				assert.GreaterOrEqual(t, matched, family.least)
				// The documented bound, and one last stretch of equal elements.
				assert.LessOrEqual(t, steps, 4<<20+(128+2)*(len(family.a)+len(family.b)))
				again, _ := jsonmerge.SearchRuns(family.a, family.b)
				assert.Equal(t, runs, again, "not deterministic")
			})
		}
	}
}

func TestIntegerSquareRootRoundsDown(t *testing.T) {
	for n := 1; n < 5000; n++ {
		r := jsonmerge.LCSSqrt(n)
		require.True(t, r*r <= n && (r+1)*(r+1) > n, n)
	}
	require.Equal(t, 46340, jsonmerge.LCSSqrt(math.MaxInt32))
}

func TestThreeWayTellsWhoChangedWhat(t *testing.T) {
	for _, c := range []struct {
		name, base, local, remote string
		touching                  string // regions as kind:base|local|remote
		apart                     string // "" means the same
	}{
		{"nothing", "", "", "", "", ""},
		{"no change", "ABC", "ABC", "ABC", "stable:ABC|ABC|ABC", ""},
		{"local replaces", "ABC", "AXC", "ABC", "stable:A|A|A local:B|X|B stable:C|C|C", ""},
		{"remote removes", "ABC", "ABC", "AC", "stable:A|A|A remote:B|B| stable:C|C|C", ""},
		{"both insert the same", "AB", "AXB", "AXB", "stable:A|A|A same:|X|X stable:B|B|B", ""},
		{"both insert", "AB", "AXB", "AYB", "stable:A|A|A both:|X|Y stable:B|B|B", ""},
		{"changes keep apart", "ABCDE", "AXCDE", "ABCYE", "stable:A|A|A local:B|X|B stable:C|C|C remote:D|D|Y stable:E|E|E", ""},
		{"changes touch", "ABCD", "AXCD", "ABYD",
			"stable:A|A|A both:BC|XC|BY stable:D|D|D",
			"stable:A|A|A local:B|X|B remote:C|C|Y stable:D|D|D"},
		{"insertion before a change", "ABC", "AXBC", "AYC",
			"stable:A|A|A both:B|XB|Y stable:C|C|C",
			"stable:A|A|A local:|X| remote:B|B|Y stable:C|C|C"},
		{"insertion after a change", "ABC", "AYC", "ABXC",
			"stable:A|A|A both:B|Y|BX stable:C|C|C",
			"stable:A|A|A local:B|Y|B remote:||X stable:C|C|C"},
		{"insertion within a removal", "ABCD", "AD", "ABXCD", "stable:A|A|A both:BC||BXC stable:D|D|D", ""},
		{"removals touch", "ABCD", "ACD", "ABD",
			"stable:A|A|A both:BC|C|B stable:D|D|D",
			"stable:A|A|A local:B||B remote:C|C| stable:D|D|D"},
		{"a long change joins two", "ABCDE", "XCY", "ABZDE", "both:ABCDE|XCY|ABZDE", "local:AB|X|AB remote:C|C|Z local:DE|Y|DE"},
		{"all new", "", "AB", "C", "both:|AB|C", ""},
		{"all gone", "AB", "", "", "same:AB||", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			show := func(touching bool) string {
				var list []string
				for _, r := range jsonmerge.ThreeWay(letterIDs(c.base), letterIDs(c.local), letterIDs(c.remote), touching) {
					list = append(list, fmt.Sprintf("%s:%s|%s|%s", r.Kind, c.base[r.Base.Start:r.Base.End],
						c.local[r.Local.Start:r.Local.End], c.remote[r.Remote.Start:r.Remote.End]))
				}
				return strings.Join(list, " ")
			}
			if c.apart == "" {
				c.apart = c.touching
			}
			assert.Equal(t, c.touching, show(true), "touching changes belong together")
			assert.Equal(t, c.apart, show(false), "touching changes keep apart")
		})
	}
}

// An alignment may be poorer than it could be: because it goes by something else than equality, or because the search
// was cut short. What then looks changed and is not must not make a conflict.
func TestThreeWayIsNotFooledByAPoorAlignment(t *testing.T) {
	base, changed := letterIDs("ABCD"), letterIDs("AXCD")
	poor, good := []jsonmerge.Run{jsonmerge.NewRun(0, 0, 1), jsonmerge.NewRun(3, 3, 1)}, []jsonmerge.Run{jsonmerge.NewRun(0, 0, 1), jsonmerge.NewRun(2, 2, 2)}
	one, middle := jsonmerge.Range{Start: 0, End: 1}, jsonmerge.Range{Start: 1, End: 3}
	want := func(kind string) []jsonmerge.Region {
		last := jsonmerge.Range{Start: 3, End: 4}
		return []jsonmerge.Region{
			{Kind: "stable", Hunk: jsonmerge.Hunk{Base: one, Local: one, Remote: one}},
			{Kind: kind, Hunk: jsonmerge.Hunk{Base: middle, Local: middle, Remote: middle}},
			{Kind: "stable", Hunk: jsonmerge.Hunk{Base: last, Local: last, Remote: last}},
		}
	}
	require.Equal(t, want("remote"), jsonmerge.ThreeWayBy(base, base, changed, poor, good, true))
	require.Equal(t, want("local"), jsonmerge.ThreeWayBy(base, changed, base, good, poor, true))
	require.Equal(t, want("same"), jsonmerge.ThreeWayBy(base, changed, changed, poor, good, true))
}

// requireRegions checks what the top of diff.go promises.
func requireRegions(t testing.TB, base, local, remote []int32, touching bool) {
	t.Helper()
	var at jsonmerge.Hunk
	last := "stable"
	for i, r := range jsonmerge.ThreeWay(base, local, remote, touching) {
		require.Equal(t, [3]int{at.Base.End, at.Local.End, at.Remote.End}, [3]int{r.Base.Start, r.Local.Start, r.Remote.Start})
		b, l, x := base[r.Base.Start:r.Base.End], local[r.Local.Start:r.Local.End], remote[r.Remote.Start:r.Remote.End]
		require.Positive(t, r.Base.Len()+r.Local.Len()+r.Remote.Len())
		want := map[string]bool{"stable": slices.Equal(b, l) && slices.Equal(b, x)}
		want["local"] = !want["stable"] && slices.Equal(b, x)
		want["remote"] = !want["stable"] && slices.Equal(b, l)
		want["same"] = !want["stable"] && slices.Equal(l, x)
		want["both"] = !slices.Equal(b, l) && !slices.Equal(b, x) && !slices.Equal(l, x)
		require.True(t, want[r.Kind], "%s %v %v %v", r.Kind, b, l, x)
		if touching && i > 0 {
			require.True(t, (r.Kind == "stable") != (last == "stable"), "changes must have an unchanged element between them")
		}
		at, last = r.Hunk, r.Kind
	}
	require.Equal(t, [3]int{len(base), len(local), len(remote)}, [3]int{at.Base.End, at.Local.End, at.Remote.End})
}

func TestThreeWayRegionsCoverAllThreeAndTellTheTruth(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 10_000 {
		letters := 1 + rnd.IntN(20)
		base := randomIDs(rnd, rnd.IntN(20), letters)
		local := editedIDs(rnd, base, rnd.IntN(5), letters)
		remote := editedIDs(rnd, base, rnd.IntN(5), letters)
		requireRegions(t, base, local, remote, true)
		requireRegions(t, base, local, remote, false)
	}
}

func FuzzThreeWay(f *testing.F) {
	f.Add([]byte("ABCD"), []byte("AXCD"), []byte("ABYD"))
	f.Add([]byte("AAAA"), []byte("AA"), []byte("AAAAAA"))
	f.Add([]byte("{}{}{}"), []byte("{{}}"), []byte(""))
	f.Fuzz(func(t *testing.T, x, y, z []byte) {
		ids := func(text []byte) []int32 {
			list := make([]int32, len(text))
			for i, c := range text {
				list[i] = int32(c)
			}
			return list
		}
		base, local, remote := ids(x), ids(y), ids(z)
		for _, side := range [][]int32{local, remote} {
			matched := requireCommonSubsequence(t, base, side, jsonmerge.CommonRuns(base, side))
			if len(base)+len(side) <= 2048 {
				require.Equal(t, lcsLength(base, side), matched)
			}
		}
		requireRegions(t, base, local, remote, true)
		requireRegions(t, base, local, remote, false)
	})
}
