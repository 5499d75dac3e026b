package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quick runs everything once, on small documents.
var quick = settings{repetitions: 1, sizes: bench.Sizes[:1], members: 50}

func TestEveryContestRunsAndPrintsARowForEachWay(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, quick.run(&out, ""))
	for _, c := range quick.contests() {
		assert.Contains(t, out.String(), "### "+c.title+"\n")
	}
	for _, m := range bench.Merges {
		assert.Contains(t, out.String(), "\n| "+m.Name)
	}
	for _, group := range bench.Exchanges {
		for _, e := range group {
			assert.Equal(t, 2, strings.Count(out.String(), "\n| "+e.Name+" |"))
		}
	}
	for _, f := range bench.Families {
		assert.Equal(t, 2, strings.Count(out.String(), "\n| "+f.Name+", n"))
	}
}

func TestATitleChoosesTheTables(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, quick.run(&out, "text"))
	assert.Equal(t, 1, strings.Count(out.String(), "### "))
	require.Error(t, quick.run(&out, "no such title"))
}

func TestRatiosAreToTheFirstOfTheGroup(t *testing.T) {
	groups := [][]subject{
		{{name: "a", units: 1}, {name: "b", units: 1}}, {{name: "c", units: 9}, {name: "d", units: 9}},
	}
	got := table("title", groups, [][]sample{
		{{wall: 100, cpu: 50, objects: 1, size: 1024}, {wall: 300, cpu: 60, objects: 3, size: 1024}},
		{{wall: 400, cpu: 25, objects: 5, size: 512}, {wall: 200, cpu: 45, objects: 5, size: 512}},
		{{wall: 2e3, objects: 1234}},
		{{wall: 3e3, cpu: 1}},
	})
	want := `
### title

| | least time | ratio of minima | ratio of medians | ratio of least CPU | allocations | KiB |
|---|---:|---:|---:|---:|---:|---:|
| a | 100 ns | 1.00 | 1.00 | 1.00 | 2.00 | 1.00 |
| b | 200 ns | 2.00 | 1.50 | 0.50 | 5.00 | 0.50 |
| c | 2.00 µs/B | 1.00 | 1.00 | - | 1234 | 0.00 |
| d | 3.00 µs/B | 1.50 | 1.50 | - | 0.00 | 0.00 |
`
	assert.Equal(t, want, got)
}

func TestTheMedianOfAnOddNumberIsTheMiddle(t *testing.T) {
	samples := []sample{{wall: 9}, {wall: 1}, {wall: 4}}
	assert.Equal(t, 4.0, median(samples, func(s sample) float64 { return s.wall }))
}

func TestAFailureEndsTheContestAndNamesTheWay(t *testing.T) {
	cause := errors.New("refused")
	for name, after := range map[string]int{"at once": 0, "later": 1} {
		t.Run(name, func(t *testing.T) {
			ran, done := 0, false
			c := contest{"broken", func() ([][]subject, func() error, error) {
				once := func() error {
					if ran++; ran > after {
						return cause
					}
					return nil
				}
				return [][]subject{{{"way", 1, once}}}, func() error { done = true; return nil }, nil
			}}
			err := quick.hold(io.Discard, c)
			require.ErrorIs(t, err, cause)
			require.ErrorContains(t, err, "way")
			assert.True(t, done, "what the contest began is ended")
		})
	}
}

func TestDurationsHaveThreeDigits(t *testing.T) {
	for ns, want := range map[float64]string{
		0.5: "0.50 ns", 12.34: "12.3 ns", 999: "999 ns", 1500: "1.50 µs", 2.5e6: "2.50 ms", 3.25e9: "3.25 s",
	} {
		assert.Equal(t, want, duration(ns))
	}
}
