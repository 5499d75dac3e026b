package checker

import (
	"fmt"
	"testing"

	"github.com/ifmatch-go/ifmatch/checker/reference"
)

// everyTwist makes a plan for each verb, twist, exchange and protocol: one client that is twisted, and
// a rival that comes at every turn.
func everyTwist(run func(name string, p Plan)) {
	acts := map[Verb]Act{
		Update: {Kind: Add, By: 1}, Ensure: {Kind: Contain, Value: "x"}, Save: {Kind: Add, By: 1},
		SaveBlind: {Kind: Set, Key: "a", Value: "x"}, Put: {Kind: Set, Key: "a", Value: "x"},
		Create: {Kind: Set, Key: "a", Value: "x"}, Delete: {}, Patch: {Kind: Append, Value: "x"},
	}
	for verb := Update; verb <= Patch; verb++ {
		for kind := Lost; kind < twists; kind++ {
			for exchange := range 3 {
				for turn := range byte(6) {
					for _, p := range []Product{
						{}, {Wire: WireHTTP2}, {Gateways: GatewayRepeats, Identifiers: IDList}, {Reads: ReadsReplica},
					} {
						plan := Plan{
							Workload: "every twist", Product: p, Absent: verb == Create, Start: Doc{A: "a0"},
							Clients: [][]Op{{{Verb: verb, Act: acts[verb]}}, {{Verb: Rival, Act: Act{Kind: Add, By: 10}}}},
							Twists:  []Twist{{0, 0, exchange, kind, 500}},
						}
						plan.Order = make([]byte, 8)
						if turn < 5 {
							plan.Order[turn] = 2 // the rival's turn, who is second in line
						}
						if kind.fitting("PUT", p) == NoTwist && kind.fitting("GET", p) == NoTwist {
							continue
						}
						run(fmt.Sprintf("%v, %v at exchange %d, rival at turn %d", verb, kind, exchange, turn), plan)
					}
				}
			}
		}
	}
}

func TestEveryTwistAtEveryExchange(t *testing.T) {
	n := 0
	everyTwist(func(name string, p Plan) {
		n++
		for _, f := range Run(t, p, Reference(reference.None)).Findings {
			t.Errorf("reference: %s: %v", name, f)
		}
		h := Run(t, p, Library)
		for _, f := range h.Findings {
			if Known(h, f) == "" {
				t.Errorf("library: %s: %v\n%v", name, f, h)
			}
		}
	})
	t.Logf("%d histories each", n)
}
