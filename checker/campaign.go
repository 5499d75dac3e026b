package checker

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// Campaign is many histories, one for each seed from First on.
type Campaign struct {
	Maker     Maker
	First     uint64
	Histories int
	Workers   int
	Keep      int                            // how many failing histories are kept, made small
	Known     func(*History, Finding) string // names the known item that a finding belongs to; nil: none is
	Plan      func(seed uint64) Plan         // nil: NewPlan
}

// Run runs the campaign. The workers share the seeds, so the report does not depend on their number.
func (c Campaign) Run(t *testing.T) *Report {
	rep := newReport()
	plan := c.Plan
	if plan == nil {
		plan = NewPlan
	}
	workers := max(1, c.Workers)
	var mu sync.Mutex
	t.Run("workers", func(t *testing.T) {
		for w := range workers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				for i := w; i < c.Histories; i += workers {
					h := Run(t, plan(c.First+uint64(i)), c.Maker)
					mu.Lock()
					rep.add(h, c.Known)
					mu.Unlock()
				}
			})
		}
	})
	slices.SortFunc(rep.failing, func(a, b failure) int { return int(int64(a.seed) - int64(b.seed)) })
	kept := map[string]int{}
	for _, f := range rep.failing {
		if kept[f.label] >= c.Keep {
			continue
		}
		kept[f.label]++
		small := Shrink(t, plan(f.seed), c.Maker, func(h *History) bool { return labels(h, c.Known)[f.label] })
		rep.Kept = append(rep.Kept, Kept{f.label, small})
	}
	slices.SortStableFunc(rep.Kept, func(a, b Kept) int { return cmpString(a.Label, b.Label) })
	return rep
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// labels names what is wrong with a history: the known items, or else the kinds of its findings.
func labels(h *History, known func(*History, Finding) string) map[string]bool {
	out := map[string]bool{}
	for _, f := range h.Findings {
		out[label(h, f, known)] = true
	}
	return out
}

func label(h *History, f Finding, known func(*History, Finding) string) string {
	if known != nil {
		if item := known(h, f); item != "" {
			return item
		}
	}
	return unlisted + f.Kind.String()
}

const unlisted = "! "
