package jsonmerge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs/lcstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		{"changes keep apart", "ABCDE", "AXCDE", "ABCYE", "stable:A|A|A local:B|X|B stable:C|C|C remote:D|D|Y stable:E|E|E",
			""},
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
		{"a long change joins two", "ABCDE", "XCY", "ABZDE", "both:ABCDE|XCY|ABZDE",
			"local:AB|X|AB remote:C|C|Z local:DE|Y|DE"},
		{"all new", "", "AB", "C", "both:|AB|C", ""},
		{"all gone", "AB", "", "", "same:AB||", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			show := func(touching bool) string {
				var list []string
				base, local, remote := lcstest.Letters(c.base), lcstest.Letters(c.local), lcstest.Letters(c.remote)
				for _, r := range jsonmerge.ThreeWay(base, local, remote, touching) {
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

// An alignment may be poorer than it could be: because it goes by something else than equality, or
// because the search was cut short. What then looks changed and is not must not make a conflict.
func TestThreeWayIsNotFooledByAPoorAlignment(t *testing.T) {
	base, changed := lcstest.Letters("ABCD"), lcstest.Letters("AXCD")
	poor, good := []lcs.Run{{A: 0, B: 0, N: 1}, {A: 3, B: 3, N: 1}}, []lcs.Run{{A: 0, B: 0, N: 1}, {A: 2, B: 2, N: 2}}
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

// requireRegions checks what the top of regions.go promises.
func requireRegions(t testing.TB, base, local, remote []int32, touching bool) {
	t.Helper()
	var at jsonmerge.Hunk
	last := "stable"
	for i, r := range jsonmerge.ThreeWay(base, local, remote, touching) {
		require.Equal(t, [3]int{at.Base.End, at.Local.End, at.Remote.End},
			[3]int{r.Base.Start, r.Local.Start, r.Remote.Start})
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
		base := lcstest.Random(rnd, rnd.IntN(20), letters)
		local := lcstest.Edited(rnd, base, rnd.IntN(5), letters)
		remote := lcstest.Edited(rnd, base, rnd.IntN(5), letters)
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
		requireRegions(t, base, local, remote, true)
		requireRegions(t, base, local, remote, false)
	})
}
