package ifmatchtest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Request is the record of one request: what arrived and what became of it.
type Request struct {
	// Number counts the requests in the order of their arrival, from 1.
	Number int
	Method string
	Path   string
	// Query is the raw query, without the question mark.
	Query  string
	Header http.Header
	// Body is the request's body; of one larger than [Options.MaxBody], one byte more than that.
	Body []byte
	// Condition is the condition as it was sent, "" for none: `If-Match: "v1"`. Several are
	// separated by commas.
	Condition string
	// Faults names what the script did to the request.
	Faults []string
	// Replayed says that this is the second delivery of the request before it, made by [Replay].
	Replayed bool
	// Delivered says that the request reached its resource: it was not lost, nor answered in the
	// resource's place.
	Delivered bool
	// Applied says that the request changed the resource.
	Applied bool
	// Status is the status of the answer, 0 when none was sent: the connection was closed, or the
	// request is still held.
	Status int
	// ETag is the tag of the version that the request read, made, or was compared with; "" for
	// none.
	ETag string
}

// String returns one line with all that is known of the request, for failure messages and examples:
//
//	PUT /users/7 If-Match: "v1" -> 412 "v2"
//	PUT /users/7 If-Match: "v2" -> no answer, applied "v3"
func (r Request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Method, r.Path)
	if r.Query != "" {
		fmt.Fprintf(&b, "?%s", r.Query)
	}
	if r.Condition != "" {
		fmt.Fprintf(&b, " %s", r.Condition)
	}
	b.WriteString(" -> ")
	switch {
	case r.Status != 0:
		fmt.Fprint(&b, r.Status)
	case r.Applied:
		b.WriteString("no answer, applied")
	default:
		b.WriteString("no answer")
	}
	if r.ETag != "" {
		fmt.Fprintf(&b, " %s", r.ETag)
	}
	if r.Replayed {
		b.WriteString(" (replayed)")
	}
	return b.String()
}

// maxRecordedBytes bounds the bodies that the record keeps.
const maxRecordedBytes = 64 << 20

// arrive records a request and takes its faults from the script.
func (o *Origin) arrive(x *exchange, query string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x.plan = o.planFor(x.method, x.path)
	x.record = &Request{
		Method: x.method, Path: x.path, Query: query, Header: x.header, Body: x.body,
		Condition: conditionOf(x.header), Faults: x.plan.faults,
	}
	o.remember(x.record)
}

// recordReplay records the second delivery of an exchange as a request of its own. The record of
// the first stays without an answer: the gateway got one, the client did not. o.mu is held.
func (o *Origin) recordReplay(x *exchange) {
	again := *x.record
	again.Replayed = true
	x.record = &again
	o.remember(x.record)
}

// recordStatus enters the answer that is about to be sent, before anybody can see it.
func (o *Origin) recordStatus(x *exchange, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x.record.Status = status
}

func (o *Origin) remember(r *Request) {
	o.arrived++
	r.Number = o.arrived
	o.records = append(o.records, r)
	o.bodyBytes += len(r.Body)
	for len(o.records) > o.opts.MaxRecords || o.bodyBytes > maxRecordedBytes {
		o.bodyBytes -= len(o.records[0].Body)
		o.records[0] = nil // or the backing array would keep it
		o.records = o.records[1:]
	}
}

// Requests returns the record: every request in the order of its arrival, as far as
// [Options.MaxRecords] reaches back. With patterns (see [Origin.Next]) only the requests that match
// one of them. The caller may keep and change it.
func (o *Origin) Requests(patterns ...string) []Request {
	var wanted []pattern
	for _, p := range patterns {
		wanted = append(wanted, parsePattern(p))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var requests []Request
	for _, r := range o.records {
		if wanted != nil && !slices.ContainsFunc(wanted, func(p pattern) bool { return p.matches(r.Method, r.Path) }) {
			continue
		}
		c := *r
		c.Header, c.Body, c.Faults = r.Header.Clone(), bytes.Clone(r.Body), slices.Clone(r.Faults)
		requests = append(requests, c)
	}
	return requests
}

// Arrived returns how many recorded requests match pattern, whatever became of them.
func (o *Origin) Arrived(pattern string) int {
	return o.count(pattern, func(*Request) bool { return true })
}

// Deliveries returns how many recorded requests that match pattern reached their resource.
func (o *Origin) Deliveries(pattern string) int {
	return o.count(pattern, func(r *Request) bool { return r.Delivered })
}

// Applied returns how many recorded requests that match pattern changed their resource.
func (o *Origin) Applied(pattern string) int {
	return o.count(pattern, func(r *Request) bool { return r.Applied })
}

func (o *Origin) count(pattern string, counts func(*Request) bool) int {
	p := parsePattern(pattern)
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, r := range o.records {
		if p.matches(r.Method, r.Path) && counts(r) {
			n++
		}
	}
	return n
}

// ClearRequests forgets the record, say after a test's setup. The numbers go on.
func (o *Origin) ClearRequests() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.records, o.bodyBytes = nil, 0
}
