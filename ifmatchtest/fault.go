package ifmatchtest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Fault is one way to misbehave, for a request that [Origin.Next], [Origin.Every] or
// [Origin.Always] names. The zero value is [Pass]. Except for [Barrier], a fault holds no state and
// may be used many times.
type Fault struct {
	name  string
	add   func(*plan)
	parts []Fault
}

func fault(name string, add func(*plan)) Fault { return Fault{name: name, add: add} }

func (f Fault) addTo(p *plan) {
	for _, part := range f.parts {
		part.addTo(p)
	}
	if f.add != nil {
		f.add(p)
		p.faults = append(p.faults, f.name)
	}
}

// conditionMode says how conditions are treated; the zero value evaluates them.
type conditionMode int

const (
	ignoreConditions conditionMode = iota + 1
	refuseConditions
)

// Pass changes nothing about the request: with [Origin.Next], it lets a fault apply to a later one.
func Pass() Fault { return Fault{} }

// Times returns n copies of f for [Origin.Next]. It panics if n is negative.
func Times(n int, f Fault) []Fault { return slices.Repeat([]Fault{f}, n) }

// Together is several faults on one request. Where two say different things about the same, the
// later one holds.
func Together(faults ...Fault) Fault { return Fault{parts: slices.Clone(faults)} }

// The network.

// LoseRequest closes the connection before the request reaches its resource. A client cannot tell
// it from [LoseResponse]. Mind that net/http sends a GET again by itself when a connection that it
// used before goes away.
func LoseRequest() Fault { return fault("lose request", func(p *plan) { p.loseRequest = true }) }

// LoseResponse performs the request and closes the connection instead of answering.
func LoseResponse() Fault { return fault("lose response", func(p *plan) { p.loseResponse = true }) }

// Postpone closes the connection and keeps the request until [Origin.DeliverPostponed]. The write
// that seemed to be lost arrives late, when the client has looked, found nothing and written again.
func Postpone() Fault { return fault("postpone", func(p *plan) { p.postpone = true }) }

// Replay delivers a request twice and answers with the second outcome, as a gateway does that tries
// the next upstream: the client of a conditional write that succeeded is told 412. The record has
// both deliveries.
func Replay() Fault { return fault("replay", func(p *plan) { p.replay = true }) }

// Truncate announces the whole body, sends the first n bytes of it and closes the connection. A
// body that is not longer than that is sent as it is.
func Truncate(n int) Fault {
	return fault("truncate", func(p *plan) { p.cut, p.keep = true, max(n, 0) })
}

// Flood sends a JSON string of size bytes as the body, whatever the answer was. It is made as it is
// sent.
func Flood(size int64) Fault { return fault("flood", func(p *plan) { p.flood = size }) }

// Answers in the origin's place.

// Answer gives this answer instead of performing the request: 500, 503 with Retry-After, 409, 428,
// a redirect, HTML.
func Answer(r Response) Fault {
	r.mustBeFinal()
	return fault("answer", func(p *plan) { p.instead = &r })
}

// ApplyAndAnswer performs the request and gives this answer, whatever the outcome: the 502 of a
// write that has landed.
func ApplyAndAnswer(r Response) Fault {
	r.mustBeFinal()
	return fault("apply and answer", func(p *plan) { p.afterwards = &r })
}

// RefuseWith gives this answer in the place of a 412: 409 with a body of the server's own. A
// request whose conditions hold, or that has none, is performed. With [ReceiptWriteTags] the answer
// carries a receipt, as an Express error does.
func RefuseWith(r Response) Fault {
	r.mustBeFinal()
	return fault("refuse with", func(p *plan) { p.refusal = &r })
}

// Redirect answers with a 3xx status and a Location instead of performing the request.
func Redirect(status int, location string) Fault {
	f := Answer(Response{Status: status}.With("Location", location))
	f.name = "redirect"
	return f
}

// Conditions.

// IgnoreConditions performs the request whatever its conditions say, as a server does that does not
// implement If-Match.
func IgnoreConditions() Fault {
	return fault("ignore conditions", func(p *plan) { p.conditions = ignoreConditions })
}

// RefuseConditions answers 412 to a conditional write even if its conditions hold: the tag that is
// never accepted.
func RefuseConditions() Fault {
	return fault("refuse conditions", func(p *plan) { p.conditions = refuseConditions })
}

// Others at work.

// RivalWrite makes content the newest version just before the request is evaluated, in the same
// atomic step.
func RivalWrite(content string) Fault {
	return rival("rival write", func(r *resource, now time.Time) {
		r.edit(func([]byte) []byte { return []byte(content) }, now)
	})
}

// RivalEdit changes the content just before the request is evaluated, in the same atomic step. f
// gets nil when the resource is absent; it runs with the origin locked and must not call the
// origin's methods.
func RivalEdit(f func(old []byte) []byte) Fault {
	return rival("rival edit", func(r *resource, now time.Time) { r.edit(f, now) })
}

// RivalDelete removes the resource just before the request is evaluated, in the same atomic step.
func RivalDelete() Fault {
	return rival("rival delete", func(r *resource, _ time.Time) { r.remove() })
}

// RivalRecreate removes the resource and creates it anew with content just before the request is
// evaluated, in the same atomic step. The tags go on where they were: none comes back.
func RivalRecreate(content string) Fault {
	return rival("rival re-create", func(r *resource, now time.Time) {
		r.remove()
		r.edit(func([]byte) []byte { return []byte(content) }, now)
	})
}

func rival(name string, f func(*resource, time.Time)) Fault {
	return fault(name, func(p *plan) { p.rivals = append(p.rivals, f) })
}

// StaleRead serves a GET or HEAD from the version before the current one, with its tag, like a
// cache that did not see the last write. Without a version before, the current one is served.
func StaleRead() Fault { return fault("stale read", func(p *plan) { p.stale = true }) }

// Answers that a gateway alters.

// SetHeader sends the answer with these values for the header field name; with none the field is
// left out. The origin's own record and state do not change.
func SetHeader(name string, values ...string) Fault {
	return alter("set header", func(h http.Header) {
		h.Del(name)
		for _, value := range values {
			h.Add(name, value)
		}
	})
}

// AlterETag sends the answer with f's result for an entity tag in its header section, as proxies do
// that weaken tags or append to them. An answer without one is not altered.
func AlterETag(f func(tag string) string) Fault {
	return alter("alter tag", func(h http.Header) {
		if tag := h.Get("ETag"); tag != "" {
			h.Set("ETag", f(tag))
		}
	})
}

func alter(name string, f func(http.Header)) Fault {
	return fault(name, func(p *plan) { p.alter = append(p.alter, f) })
}

// Time.

// Hold keeps the request until release is closed, then evaluates it. When the client leaves first,
// the request is lost.
func Hold(release <-chan struct{}) Fault {
	return waiting("hold", until(release))
}

// HoldAnswer performs the request and keeps the answer until release is closed: the timeout of a
// write that has landed.
func HoldAnswer(release <-chan struct{}) Fault {
	return fault("hold answer", func(p *plan) { p.after = append(p.after, until(release)) })
}

// Delay keeps the request for d before it is evaluated: for demonstrations. In tests, [Hold] and
// [Barrier] say more.
func Delay(d time.Duration) Fault {
	return waiting("delay", func(ctx context.Context) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	})
}

// Barrier keeps requests until n of them have arrived, then lets them go, and all later ones pass:
// with n writers that have read the same version, one wins and the others conflict, on every run.
// The barrier belongs to the fault that is returned: use that one fault for all the requests
// ([Origin.Always], [Times]).
func Barrier(n int) Fault {
	var mu sync.Mutex
	open := make(chan struct{})
	missing := n
	if n < 1 {
		close(open)
	}
	return waiting("barrier", func(ctx context.Context) {
		mu.Lock()
		if missing--; missing == 0 {
			close(open)
		}
		mu.Unlock()
		until(open)(ctx)
	})
}

// Before calls f before the request is evaluated. Unlike the rivals it is not part of the same
// atomic step, so f may call the origin's methods.
func Before(f func()) Fault { return waiting("before", func(context.Context) { f() }) }

// After calls f when the request has been performed and not yet answered.
func After(f func()) Fault {
	return fault("after", func(p *plan) { p.after = append(p.after, func(context.Context) { f() }) })
}

func waiting(name string, wait func(context.Context)) Fault {
	return fault(name, func(p *plan) { p.before = append(p.before, wait) })
}

func until(release <-chan struct{}) func(context.Context) {
	return func(ctx context.Context) {
		select {
		case <-release:
		case <-ctx.Done():
		}
	}
}
