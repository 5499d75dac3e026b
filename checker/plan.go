package checker

import (
	"fmt"
	"math/rand/v2"
)

// Verb is a call of the client's API, or a rival's own write at the origin.
type Verb int

// The verbs.
const (
	Update Verb = iota
	Ensure
	Save      // with the three-way merge
	SaveBlind // with no merge function
	Put
	Create
	Delete
	Patch
	Rival       // an atomic write at the origin, by somebody who needs no client
	RivalDelete // the same, deleting
	RivalCreate // the same, creating if absent
	RivalUndo   // the same, restoring the content of the version before
)

var verbNames = []string{"Update", "Ensure", "Save", "Save(nil)", "Put", "Create", "Delete", "Patch", "rival",
	"rival deletes", "rival creates", "rival undoes"}

func (v Verb) String() string { return verbNames[v] }

// isRival reports that the verb needs no client.
func (v Verb) isRival() bool { return v >= Rival }

// Op is one planned call.
type Op struct {
	Verb  Verb
	Act   Act
	Chain bool // starts from what the client's call before returned, and does not fetch
}

func (o Op) String() string {
	s := o.Verb.String()
	if o.Verb != Delete && o.Verb != RivalDelete && o.Verb != RivalUndo {
		s += "(" + o.Act.String() + ")"
	}
	if o.Chain {
		s += " chained"
	}
	return s
}

// TwistKind is something that befalls one exchange.
type TwistKind int

// The kinds of twists. "Handled" means that the origin did what was asked.
const (
	NoTwist      TwistKind = iota
	Lost                   // the connection breaks before the request arrives
	AnswerLost             // handled; the connection breaks
	Cut                    // handled; the answer breaks off after Arg per mille of its bytes
	Late                   // the connection breaks; the request arrives later
	Hang                   // handled; no answer and no end of the connection
	HangLate               // no answer and no end of the connection; the request arrives later
	Before5xx              // not handled; a 5xx
	After5xx               // handled; a 5xx
	Busy                   // not handled; 429
	Moved                  // handled; 301, 302 or 303
	Held                   // handled; the answer waits for its turn while others write
	Replayed               // a gateway repeats the write; the second answer counts
	Replayed400            // a gateway repeats the write with its body cut: 400
	Replayed501            // a gateway has lost the answer and finds no other node: 501
	Stale                  // a read is answered with an old version, Arg versions back
	ResetRefused           // HTTP/2: RST_STREAM(REFUSED_STREAM), not handled
	ResetBefore            // HTTP/2: RST_STREAM(PROTOCOL_ERROR), not handled
	ResetAfter             // HTTP/2: RST_STREAM(PROTOCOL_ERROR), handled
	ResetAnswer            // HTTP/2: handled; headers, then RST_STREAM(PROTOCOL_ERROR)
	GoAwayBefore           // HTTP/2: GOAWAY that excludes the request, not handled
	GoAwayAfter            // HTTP/2: GOAWAY that includes the request, handled, and the end
	GoAwayAnswer           // HTTP/2: handled; GOAWAY, then the answer
	twists
)

var twistNames = []string{"", "lost before it arrived", "answer lost", "answer cut", "arrives late", "hangs, handled",
	"hangs, arrives late", "5xx before", "5xx after", "429", "3xx after", "answer held", "gateway repeats",
	"gateway repeats, 400", "gateway repeats, 501", "old answer", "RST_STREAM(REFUSED_STREAM)",
	"RST_STREAM(PROTOCOL_ERROR) before", "RST_STREAM(PROTOCOL_ERROR) after",
	"RST_STREAM(PROTOCOL_ERROR) within the answer", "GOAWAY that excludes it", "GOAWAY that includes it",
	"GOAWAY and the answer"}

func (k TwistKind) String() string { return twistNames[k] }

// Twist befalls exchange number Exchange of call Op of client Client, all counted from 0.
type Twist struct {
	Client, Op, Exchange int
	Kind                 TwistKind
	Arg                  int
}

func (t Twist) String() string {
	return fmt.Sprintf("client %d, call %d, exchange %d: %v (%d)", t.Client, t.Op, t.Exchange, t.Kind, t.Arg)
}

// Plan is a history before it has happened. It has all that a run needs, so a plan is a history.
type Plan struct {
	Seed     uint64
	Workload string
	Product  Product
	Shared   bool // all actors share one client, within one process
	Absent   bool // the resource does not exist at the start
	Start    Doc
	Clients  [][]Op
	Twists   []Twist
	Order    []byte // whose turn it is, and how much time passes
}

// NewPlan draws a plan out of all that there are. The same seed draws the same one.
func NewPlan(seed uint64) Plan { return Focus{}.Plan(seed) }

// drawOrder draws who goes on when.
func (p *Plan) drawOrder(r *rand.Rand) {
	p.Order = make([]byte, 160)
	for i := range p.Order {
		p.Order[i] = byte(r.UintN(256))
	}
}

func (p *Plan) drawTwists(r *rand.Rand, kinds []TwistKind, percent int) {
	for client, ops := range p.Clients {
		for op := range ops {
			for exchange := range 4 {
				if r.IntN(100) >= percent {
					continue
				}
				k := kinds[r.IntN(len(kinds))]
				p.Twists = append(p.Twists, Twist{client, op, exchange, k, r.IntN(1000)})
			}
		}
	}
}

// twists lists what can befall an exchange with such a product. What loses answers counts twice.
func (p Product) twists() []TwistKind {
	kinds := []TwistKind{Lost, AnswerLost, AnswerLost, Cut, Late, Hang, HangLate, Before5xx, After5xx, Busy, Moved, Held}
	if p[Wire] == WireHTTP2 {
		kinds = append(kinds, ResetRefused, ResetBefore, ResetAfter, ResetAfter, ResetAnswer, GoAwayBefore, GoAwayAfter,
			GoAwayAnswer)
	}
	if p[Gateways] == GatewayRepeats {
		kinds = append(kinds, Replayed, Replayed, Replayed, Replayed400, Replayed501)
	}
	if p[Reads] != ReadsFresh {
		kinds = append(kinds, Stale, Stale, Stale, Stale)
	}
	return kinds
}
