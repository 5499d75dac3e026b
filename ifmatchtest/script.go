package ifmatchtest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// step is one fault waiting for the request that it belongs to.
type step struct {
	pattern pattern
	fault   Fault
}

// rule is a fault for every n-th request that its pattern matches.
type rule struct {
	step
	n, seen int
}

// Next sets faults for the next requests that match pattern, one fault each, in this order. A
// request takes the oldest waiting fault that matches it, and only that one. [Together] combines
// several, and [Pass] changes nothing about a request.
//
// A pattern is a method, a path, or both with a space between: "PUT", "/users/7", "PUT /users/7". A
// path that ends with an asterisk stands for all that begin like it: "PUT /users/*". The empty
// pattern matches every request. Next panics for a pattern that is none of these.
func (o *Origin) Next(pattern string, faults ...Fault) {
	p := parsePattern(pattern)
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, fault := range faults {
		o.script = append(o.script, step{p, fault})
	}
}

// Every sets fault for every n-th request that matches pattern, counted from this call, in addition
// to what [Origin.Next] has for it. It panics if n is less than 1, and for a pattern that is none.
func (o *Origin) Every(n int, pattern string, fault Fault) {
	if n < 1 {
		panic(fmt.Sprintf("ifmatchtest: every %d requests", n))
	}
	p := parsePattern(pattern)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.standing = append(o.standing, &rule{step: step{p, fault}, n: n})
}

// Always sets fault for every request that matches pattern: [Origin.Every] with n = 1.
func (o *Origin) Always(pattern string, fault Fault) { o.Every(1, pattern, fault) }

// Pending returns how many faults of [Origin.Next] no request has taken yet. A test that expects
// the whole script to be played asserts that it is zero.
func (o *Origin) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.script)
}

// ClearScript forgets every fault of [Origin.Next], [Origin.Every] and [Origin.Always]: from now on
// the origin does everything right.
func (o *Origin) ClearScript() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.script, o.standing = nil, nil
}

// planFor takes from the script what belongs to this request. o.mu is held.
func (o *Origin) planFor(method, path string) plan {
	var p plan
	for _, r := range o.standing {
		if !r.pattern.matches(method, path) {
			continue
		}
		if r.seen++; r.seen%r.n == 0 {
			r.fault.addTo(&p)
		}
	}
	i := slices.IndexFunc(o.script, func(s step) bool { return s.pattern.matches(method, path) })
	if i >= 0 {
		o.script[i].fault.addTo(&p)
		o.script = slices.Delete(o.script, i, i+1)
	}
	return p
}

// pattern selects requests; an empty part matches all.
type pattern struct {
	method string
	path   string
	prefix bool
}

func parsePattern(s string) pattern {
	method, path, both := strings.Cut(s, " ")
	if strings.HasPrefix(s, "/") {
		method, path, both = "", s, false
	}
	misplaced := strings.ContainsAny(method, "/*") || both && (method == "" || path == "")
	if misplaced || path != "" && !strings.HasPrefix(path, "/") {
		panic(fmt.Sprintf("ifmatchtest: pattern %q is not a method, a path, or both with a space between", s))
	}
	path, prefix := strings.CutSuffix(path, "*")
	return pattern{method, path, prefix}
}

func (p pattern) matches(method, path string) bool {
	if p.method != "" && p.method != method {
		return false
	}
	return p.path == "" || p.path == path || p.prefix && strings.HasPrefix(path, p.path)
}

// maxPostponed bounds the requests that wait for [Origin.DeliverPostponed]; the next one is lost.
const maxPostponed = 64

func (o *Origin) postpone(x *exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.postponed) < maxPostponed {
		o.postponed = append(o.postponed, x)
	}
}

// DeliverPostponed delivers the requests that [Postpone] has held back, in the order of their
// arrival, and returns how many they were. Their outcome is in the record. Their clients have
// closed the connections before.
func (o *Origin) DeliverPostponed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	late := o.postponed
	o.postponed = nil
	for _, x := range late {
		o.deliver(x)
	}
	return len(late)
}

// plan is what the script does to one request.
type plan struct {
	faults       []string
	before       []func(ctx context.Context)
	rivals       []func(*resource, time.Time)
	instead      *Response
	conditions   conditionMode
	refusal      *Response
	stale        bool
	replay       bool
	afterwards   *Response
	after        []func(ctx context.Context)
	alter        []func(http.Header)
	cut          bool
	keep         int
	flood        int64
	loseRequest  bool
	loseResponse bool
	postpone     bool
}
