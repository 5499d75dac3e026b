package main

import (
	"fmt"
	"slices"
)

// doc is the resource.
type doc struct {
	N    int      `json:"n"`
	Jobs []string `json:"jobs,omitempty"`
}

// workload is what every call of a run does.
type workload struct {
	name  string
	start func(calls int) doc
	// edit returns what the caller has got; "" if there was nothing left.
	edit func(*doc) string
	// left says what the state is after n effects.
	left func(start doc, n int) doc
}

var workloads = []workload{
	{
		name:  "add one",
		start: func(int) doc { return doc{} },
		edit: func(d *doc) string {
			d.N++
			return "one"
		},
		left: func(start doc, n int) doc { return doc{N: start.N + n} },
	},
	{
		name: "pop",
		start: func(calls int) (d doc) {
			for i := range inStock(calls) {
				d.Jobs = append(d.Jobs, fmt.Sprintf("job %d", i+1))
			}
			return d
		},
		edit: func(d *doc) string {
			if len(d.Jobs) == 0 {
				return ""
			}
			job := d.Jobs[0]
			d.Jobs = d.Jobs[1:]
			return job
		},
		left: func(start doc, n int) doc { return doc{Jobs: start.Jobs[min(n, len(start.Jobs)):]} },
	},
	{
		name:  "take if available",
		start: func(calls int) doc { return doc{N: inStock(calls)} },
		edit: func(d *doc) string {
			if d.N == 0 {
				return ""
			}
			d.N--
			return "one"
		},
		left: func(start doc, n int) doc { return doc{N: start.N - n} },
	},
}

// inStock returns how much there is for so many calls: not enough, so that the last ones find nothing.
func inStock(calls int) int { return calls * 9 / 10 }

// effect tells what a write that was applied did: what its caller got. It is not ok if the write did
// anything but one edit.
func (w workload) effect(before, after doc) (got string, ok bool) {
	want := doc{N: before.N, Jobs: slices.Clone(before.Jobs)}
	got = w.edit(&want)
	return got, got != "" && want.equals(after)
}

// empty reports whether the state leaves nothing for an edit.
func (w workload) empty(d doc) bool { return w.edit(&d) == "" }

func (d doc) equals(other doc) bool { return d.N == other.N && slices.Equal(d.Jobs, other.Jobs) }

// String returns the state as the tables show it.
func (d doc) String() string {
	if d.Jobs != nil {
		return fmt.Sprint(len(d.Jobs))
	}
	return fmt.Sprint(d.N)
}
