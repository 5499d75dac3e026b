package checker

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/checker/reference"
)

// freshSeed is a new one for every run; the failure prints it.
func freshSeed() uint64 { return uint64(time.Now().UnixNano()) % 1_000_000_000 }

func TestNoHistoryOfTheLibraryIsWithoutExplanation(t *testing.T) {
	rep := Campaign{
		Maker: Library, First: freshSeed(), Histories: 3000, Workers: runtime.GOMAXPROCS(0), Keep: 1, Known: Known,
	}.Run(t)
	if rep.Total.Violations > 0 {
		for _, k := range rep.Kept {
			if strings.HasPrefix(k.Label, unlisted) {
				t.Errorf("%s\n%v", k.Label, k.History)
			}
		}
	}
	for label, n := range rep.Labels() {
		t.Logf("%6d  %s", n, label)
	}
}

func TestTheReferenceClientIsRightAndNeedsEveryRow(t *testing.T) {
	const histories = 8000
	rep := Campaign{
		Maker: Reference(reference.None), First: 1, Histories: histories, Workers: runtime.GOMAXPROCS(0), Keep: 1,
	}.Run(t)
	for _, k := range rep.Kept {
		t.Errorf("%s\n%v", k.Label, k.History)
	}
	used := map[string]bool{}
	for rows := range rep.allowed {
		for _, name := range strings.Split(rows, "; ") {
			used[name] = true
		}
	}
	for _, r := range table {
		if !used[r.name] {
			t.Errorf("nothing in %d histories needs the row %q", histories, r.name)
		}
	}
}

func TestEveryPlantedBugIsFound(t *testing.T) {
	const histories = 800
	var table bytes.Buffer
	fmt.Fprintf(&table, "%d histories each, within the bug's focus\n", histories)
	for _, bug := range reference.Bugs() {
		rep := Campaign{
			Maker: Reference(bug), Plan: FocusOf(bug).Plan, First: 1, Histories: histories, Workers: runtime.GOMAXPROCS(0),
		}.Run(t)
		right := Campaign{
			Maker: Reference(reference.None), Plan: FocusOf(bug).Plan, First: 1, Histories: histories / 5,
			Workers: runtime.GOMAXPROCS(0), Keep: 1,
		}.Run(t)
		fmt.Fprintf(&table, "%6d  %v\n", rep.Failing(), bug)
		if rep.Failing() < 3 {
			t.Errorf("%v: found in %d of %d histories", bug, rep.Failing(), histories)
		}
		for _, k := range right.Kept {
			t.Errorf("%v: the right client fails too\n%s\n%v", bug, k.Label, k.History)
		}
	}
	t.Log(table.String())
}

func TestASeedIsAHistory(t *testing.T) {
	for seed := range uint64(200) {
		a, b := Run(t, NewPlan(seed), Library), Run(t, NewPlan(seed), Library)
		if x, y := outline(a), outline(b); !reflect.DeepEqual(x, y) {
			t.Errorf("seed %d made two histories\n%v\n%v", seed, a, b)
		}
	}
}

// outline is a history without what is random in it: identifiers.
func outline(h *History) []string {
	var out []string
	for _, x := range h.Exchanges {
		status := 0
		if x.Reply != nil {
			status = x.Reply.Status
		}
		out = append(out, fmt.Sprint(x.Step, x.Call.Client, x.Call.Number, x.Request.Method, x.Twist.Kind, status, x.Applied,
			x.Version))
	}
	for _, c := range h.Calls {
		out = append(out, fmt.Sprint(c.Class, c.Called, c.Returned, c.Applied, c.Result))
	}
	return out
}
