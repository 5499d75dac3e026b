package checker

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// patience is how long a client waits for an answer, on the bubble's clock.
const patience = time.Minute

const target = "http://origin.test/doc"

// run is a plan while it happens.
type run struct {
	plan    Plan
	origin  *origin
	stile   *turnstile
	twists  map[[3]int]Twist
	history *History
	line    func(r *run, actor int, conn net.Conn) // serves a connection

	mu      sync.Mutex
	current []*Call // the call of each client that is under way
	conns   []net.Conn
}

// Run lets a plan happen, and judges the history. A bubble of testing/synctest holds it, so no wait
// costs time. The same plan and the same client make the same history.
func Run(t *testing.T, p Plan, maker Maker) *History {
	var h *History
	synctest.Test(t, func(*testing.T) { h = happen(p, maker) })
	judge(h)
	return h
}

func happen(p Plan, maker Maker) *History {
	r := &run{
		plan: p, origin: newOrigin(p.Product, p.Start, p.Absent), stile: newTurnstile(len(p.Clients)),
		twists: map[[3]int]Twist{}, history: &History{Plan: p}, line: serveHTTP1,
		current: make([]*Call, len(p.Clients)),
	}
	if p.Product[Wire] == WireHTTP2 {
		r.line = serveHTTP2
	}
	for _, w := range p.Twists {
		r.twists[[3]int{w.Client, w.Op, w.Exchange}] = w
	}
	ctx, cancel := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	var subject Subject
	var transports []*http.Transport
	for i, ops := range p.Clients {
		var calls []*Call
		for n, op := range ops {
			calls = append(calls, &Call{Client: i, Number: n, Op: op})
		}
		r.history.Calls = append(r.history.Calls, calls...)
		if subject == nil || !p.Shared {
			transport := r.transport(i)
			transports = append(transports, transport)
			subject = maker(&http.Client{Transport: transport}, p.Product)
		}
		own := subject
		ctx := context.WithValue(ctx, actorKey{}, i)
		clients.Go(func() {
			defer r.stile.leave()
			a := actor{run: r, number: i, subject: own}
			for _, c := range calls {
				a.call(ctx, c)
			}
		})
	}
	r.history.Err = r.stile.run(p.Order, r.pace)
	cancel()
	r.close()
	if r.history.Err != nil {
		r.stile.open()
	}
	clients.Wait()
	for _, t := range transports {
		t.CloseIdleConnections()
	}
	r.history.Versions = r.origin.versions
	r.history.SameSecond = r.origin.sameSecond()
	return r.history
}

// pace is how much time passes before a step. Where the clock's second is evidence, every step is
// longer than one, or time stands still for some.
func (r *run) pace(choice byte) time.Duration {
	switch {
	case r.plan.Product.honestReads():
		return 1100 * time.Millisecond
	case r.plan.Product[Tags] == TagSecond || r.plan.Product[Tags] == TagModified:
		if choice&1 == 0 {
			return 1100 * time.Millisecond
		}
	}
	return 100 * time.Millisecond
}

// actorKey is the key of the actor's number in the context of its calls.
type actorKey struct{}

// transport is net/http's, over connections within memory. A connection belongs to one actor; where
// they share a client, it therefore serves one request, and its dialling tells whose.
func (r *run) transport(actor int) *http.Transport {
	t := &http.Transport{DisableKeepAlives: r.plan.Shared, DialContext: func(
		ctx context.Context, _, _ string,
	) (net.Conn, error) {
		actor := actor
		if n, ok := ctx.Value(actorKey{}).(int); ok {
			actor = n
		}
		client, server := memoryPipe()
		r.mu.Lock()
		r.conns = append(r.conns, server)
		r.mu.Unlock()
		go r.line(r, actor, server)
		return client, nil
	}}
	if r.plan.Product[Wire] == WireHTTP2 {
		t.Protocols = new(http.Protocols)
		t.Protocols.SetUnencryptedHTTP2(true)
	}
	return t
}

func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
}

// begin makes a call the one that its client's exchanges belong to.
func (r *run) begin(c *Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.current[c.Client] = c
}

// arrive records a request and looks up what befalls it.
func (r *run) arrive(actor int, req *http.Request) *Exchange {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.current[actor]
	x := &Exchange{Call: c, Proto: req.Proto, Request: request{req.Method, req.Header.Clone(), body},
		arrived: time.Now()}
	x.Twist = r.twists[[3]int{actor, c.Number, len(c.Exchanges)}]
	x.Twist.Kind = x.Twist.Kind.fitting(req.Method, r.plan.Product)
	c.Exchanges = append(c.Exchanges, x)
	return x
}

// fitting leaves a twist out that cannot befall a request with this method and this product.
func (k TwistKind) fitting(method string, p Product) TwistKind {
	read := method == http.MethodGet || method == http.MethodHead
	switch {
	case k >= ResetRefused && p[Wire] != WireHTTP2,
		k >= Replayed && k <= Replayed501 && (read || p[Gateways] == GatewayNone),
		k == Moved && read,
		k == Stale && (!read || p[Reads] == ReadsFresh):
		return NoTwist
	}
	return k
}

// perform is an exchange's turn at the origin: what the twist lets through is handled.
func (r *run) perform(x *Exchange) {
	x.Step = r.stile.step
	x.checkPatience()
	r.history.Exchanges = append(r.history.Exchanges, x)
	switch x.Twist.Kind {
	case Lost, ResetRefused, ResetBefore, GoAwayBefore:
	case Late, HangLate:
		r.stile.later(x.Call.Client, func() { r.handle(x) })
	case AnswerLost, Hang, ResetAfter, GoAwayAfter:
		r.handle(x)
	case Before5xx:
		x.Reply = r.status(500, 502, 503, 504)(x.Twist.Arg)
	case After5xx:
		r.handle(x)
		x.Reply = r.status(500, 502, 504)(x.Twist.Arg)
	case Busy:
		x.Reply = r.status(429)(0)
	case Moved:
		r.handle(x)
		x.Reply = r.status(301, 302, 303)(x.Twist.Arg)
		x.Reply.Header.Set("Location", target)
	case Replayed:
		r.handle(x)
		x.Reply = r.handle(x)
	case Replayed400:
		r.handle(x)
		x.Reply = r.status(400)(0)
	case Replayed501:
		r.handle(x)
		x.Reply = r.status(501)(0)
	default:
		x.Reply = r.handle(x)
	}
}

func (r *run) status(codes ...int) func(arg int) *reply {
	return func(arg int) *reply {
		a := r.origin.plainReply(codes[arg%len(codes)], "sorry")
		return &a
	}
}

// handle gives the request to the origin once, and records which version that made or showed.
func (r *run) handle(x *Exchange) *reply {
	before := len(r.origin.versions)
	old := 0
	if x.Twist.Kind == Stale {
		old = 1 + x.Twist.Arg%3
		if !r.origin.mayBeOld(x.Request) {
			old = 0
		}
	}
	x.Newest = before - 1
	x.Version = max(0, before-1-old)
	a := r.origin.handle(x.Request, x.Call, old)
	for n := before; n < len(r.origin.versions); n++ {
		x.Applied = append(x.Applied, n)
		x.Call.Applied = append(x.Call.Applied, n)
	}
	return &a
}

// rival writes at the origin itself.
func (r *run) rival(c *Call) {
	before := r.origin.newest()
	body := before.Body
	switch c.Op.Verb {
	case RivalDelete:
		body = nil
	case RivalCreate:
		if body == nil {
			d := Doc{Held: true}
			c.Op.Act.Do(&d)
			body = r.plan.Product.document(d)
		}
	case RivalUndo:
		if n := len(r.origin.versions); n > 1 {
			body = r.origin.versions[n-2].Body
		}
	default:
		body = c.edited(body)
	}
	c.From, c.To = before.State(), before.State()
	if !slices.Equal(body, before.Body) || (body == nil) != (before.Body == nil) {
		r.origin.store(body, c)
		c.To = r.origin.newest().State()
		c.Applied = append(c.Applied, r.origin.newest().Number)
	}
}

// edited applies the call's act to a document and leaves all that it does not know.
func (c *Call) edited(body []byte) []byte {
	if body == nil {
		return nil
	}
	var d Doc
	var m map[string]any
	if json.Unmarshal(body, &d) != nil || json.Unmarshal(body, &m) != nil {
		return body
	}
	d = d.Clone()
	before := StateOf(d)
	c.Result = c.Op.Act.Do(&d)
	if StateOf(d) == before {
		return body
	}
	known, _ := json.Marshal(d)
	_ = json.Unmarshal(known, &m)
	body, _ = json.Marshal(m)
	return body
}
