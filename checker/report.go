package checker

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// Tally counts histories and what the calls in them claimed.
type Tally struct {
	Histories, Calls, Successes, Conflicts, Refused, Uncertain, Allowed, Known, Violations int
}

// Report is what a campaign found.
type Report struct {
	Total Tally
	Kept  []Kept

	cells   map[string]map[string]*Tally // by feature value, by workload
	allowed map[string]int               // by row of the table
	labels  map[string]int               // histories by what is wrong with them
	failing []failure
}

// Kept is a failing history, made small, and what is wrong with it.
type Kept struct {
	Label   string
	History *History
}

type failure struct {
	seed  uint64
	label string
}

func newReport() *Report {
	return &Report{cells: map[string]map[string]*Tally{}, allowed: map[string]int{}, labels: map[string]int{}}
}

func (r *Report) cell(row, column string) *Tally {
	if r.cells[row] == nil {
		r.cells[row] = map[string]*Tally{}
	}
	if r.cells[row][column] == nil {
		r.cells[row][column] = &Tally{}
	}
	return r.cells[row][column]
}

func (r *Report) add(h *History, known func(*History, Finding) string) {
	one := Tally{Histories: 1}
	for _, c := range h.Calls {
		if c.Op.Verb.isRival() || c.Class == Skipped {
			continue
		}
		one.Calls++
		*[]*int{&one.Successes, &one.Conflicts, &one.Refused, &one.Uncertain}[c.Class]++
	}
	if h.Findings == nil && h.Allowed != nil {
		one.Allowed = 1
	}
	for _, f := range h.Allowed {
		r.allowed[strings.Join(f.Rows, "; ")]++
	}
	for l := range labels(h, known) {
		r.labels[l]++
		r.failing = append(r.failing, failure{h.Plan.Seed, l})
		if strings.HasPrefix(l, unlisted) {
			one.Violations = 1
		} else {
			one.Known = 1
		}
	}
	r.Total.plus(one)
	for f := range features {
		r.cell(f.String()+": "+h.Plan.Product.Value(f), h.Plan.Workload).plus(one)
	}
}

func (t *Tally) plus(o Tally) {
	t.Histories += o.Histories
	t.Calls += o.Calls
	t.Successes += o.Successes
	t.Conflicts += o.Conflicts
	t.Refused += o.Refused
	t.Uncertain += o.Uncertain
	t.Allowed += o.Allowed
	t.Known += o.Known
	t.Violations += o.Violations
}

// Labels counts the histories by what is wrong with them.
func (r *Report) Labels() map[string]int { return maps.Clone(r.labels) }

// Failing counts the histories with a finding, listed or not.
func (r *Report) Failing() int { return r.Total.Violations + r.Total.Known }

// Write prints the tables: the values of the features by workload, what was allowed, what was found.
func (r *Report) Write(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name, load string, t Tally) {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", name, load, t.Histories, t.Calls, t.Successes,
			t.Conflicts, t.Refused, t.Uncertain, t.Allowed, t.Known, t.Violations)
	}
	fmt.Fprintln(tw,
		"feature\tworkload\thistories\tcalls\tsuccess\tconflict\trefused\tuncertain\tallowed\tknown\tviolations\t")
	for f := range features {
		for _, v := range featureNames[f].values {
			name := f.String() + ": " + v
			for _, load := range slices.Sorted(maps.Keys(r.cells[name])) {
				line(name, load, *r.cells[name][load])
			}
		}
	}
	line("all", "all", r.Total)
	tw.Flush()
	counts(w, "\nAllowed, by the rows of the table (allowed.go):\n", r.allowed)
	counts(w, "\nFound, by histories:\n", r.labels)
	for _, k := range r.Kept {
		fmt.Fprintf(w, "\n== %s\n%v", k.Label, k.History)
	}
}

func counts(w io.Writer, title string, m map[string]int) {
	if len(m) == 0 {
		return
	}
	fmt.Fprint(w, title)
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int { return m[b] - m[a] })
	for _, k := range keys {
		fmt.Fprintf(w, "%7d  %s\n", m[k], k)
	}
}
