package checker

import (
	"fmt"
	"math/rand/v2"
)

// A workload draws the calls of a plan.
type workload struct {
	name string
	draw func(r *rand.Rand, p *Plan)
}

var workloads = []workload{
	{"set", drawSet},
	{"counter", drawCounter},
	{"document", drawDocument},
	{"lifecycle", drawLifecycle},
	{"stock", drawStock},
	{"queue", drawQueue},
}

// clients draws two or three clients with one to three calls each. id is unique for each call.
func clients(r *rand.Rand, p *Plan, draw func(client, op int, id string) Op) {
	for c := range 2 + r.IntN(2) {
		var ops []Op
		for o := range 1 + r.IntN(3) {
			op := draw(c, o, fmt.Sprintf("C%dO%d", c, o))
			op.Chain = o > 0 && r.IntN(2) == 0
			ops = append(ops, op)
		}
		p.Clients = append(p.Clients, ops)
	}
}

// pick draws one of the verbs.
func pick(r *rand.Rand, verbs ...Verb) Verb { return verbs[r.IntN(len(verbs))] }

// drawSet: every call adds an identifier of its own to a set.
func drawSet(r *rand.Rand, p *Plan) {
	p.Start = Doc{Items: []string{"first"}}
	clients(r, p, func(_, _ int, id string) Op {
		op := Op{Verb: pick(r, Update, Update, Ensure, Save, Patch, RivalUndo), Act: Act{Kind: Append, Value: id}}
		if op.Verb == Ensure {
			op.Act.Kind = Contain
		}
		return op
	})
}

// drawCounter: calls add to a counter, and some rivals take off what was added.
func drawCounter(r *rand.Rand, p *Plan) {
	clients(r, p, func(_, _ int, _ string) Op {
		op := Op{Verb: pick(r, Update, Update, Update, Save, Rival, RivalUndo), Act: Act{Kind: Add, By: 1}}
		if op.Verb == Rival && r.IntN(2) == 0 {
			op.Act.By = -1
		}
		return op
	})
}

// drawDocument: each client has a member of its own, and all share one.
func drawDocument(r *rand.Rand, p *Plan) {
	p.Start = Doc{A: "a0", B: "b0", C: "c0"}
	clients(r, p, func(c, _ int, id string) Op {
		key := []string{"a", "b", "c"}[c]
		if r.IntN(3) == 0 {
			key = "c"
		}
		verb := pick(r, Put, Put, Save, Save, SaveBlind, Patch, Ensure, Update, Rival, RivalUndo)
		return Op{Verb: verb, Act: Act{Kind: Set, Key: key, Value: id}}
	})
}

// drawLifecycle: the resource is created, deleted and created again. In half of the histories all
// creations have the same content, so that content does not tell whose it is.
func drawLifecycle(r *rand.Rand, p *Plan) {
	p.Absent = r.IntN(2) == 0
	p.Start = Doc{Held: true, A: "start"}
	same := r.IntN(2) == 0
	clients(r, p, func(_, _ int, id string) Op {
		if same {
			id = "lock"
		}
		verb := pick(r, Create, Create, Create, Delete, Delete, Delete, Update, Put, RivalDelete, RivalCreate)
		return Op{Verb: verb, Act: Act{Kind: Set, Key: "a", Value: id}}
	})
}

// drawStock: each call takes one if there is one.
func drawStock(r *rand.Rand, p *Plan) {
	p.Start = Doc{Stock: 1 + r.IntN(2)}
	clients(r, p, func(_, _ int, _ string) Op {
		return Op{Verb: pick(r, Update, Update, Update, Rival), Act: Act{Kind: Take}}
	})
}

// drawQueue: calls pop jobs, and some push one.
func drawQueue(r *rand.Rand, p *Plan) {
	p.Start = Doc{Queue: []string{"j1", "j2"}[:r.IntN(3)]}
	clients(r, p, func(_, _ int, id string) Op {
		op := Op{Verb: pick(r, Update, Update, Update, Rival), Act: Act{Kind: Pop}}
		if r.IntN(3) == 0 {
			op.Act = Act{Kind: Push, Value: id}
		}
		return op
	})
}
