package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// operationField is the header field that says which call a request belongs to. It is not in the
// document, where it would tell one call's write from another's.
const operationField = "Operation"

// origin is a server with one resource, whose tags are strong and unique. It knows what every call
// has done, whatever the call was told.
type origin struct {
	load workload
	lose losses

	mu       sync.Mutex
	version  int
	body     []byte
	state    doc
	requests int
	done     map[string]*deeds // by operation
	broken   []string          // writes that did what no edit does
}

// deeds are what the origin knows of one call.
type deeds struct {
	got     []string // by the writes that were applied
	from    int      // the version that the newest write was made from
	looking bool     // the newest write was not followed by an answer to a read yet
	passed  int      // how many versions there were between from and the first answer to a read after it
	longest int      // the most that passed so, of all writes of the call
}

func newOrigin(w workload, calls int, lose losses) *origin {
	o := &origin{load: w, lose: lose, state: w.start(calls), done: map[string]*deeds{}}
	o.body, _ = json.Marshal(o.state)
	return o
}

// of returns what is known of a call.
func (o *origin) of(operation string) *deeds {
	if o.done[operation] == nil {
		o.done[operation] = &deeds{}
	}
	return o.done[operation]
}

func (o *origin) tag() string { return fmt.Sprintf(`"v%d"`, o.version) }

// serve answers on a loopback address over the one protocol, until it is closed.
func (o *origin) serve(http2 bool) (url string, closed func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: o, Protocols: protocols(http2)}
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String() + "/", func() { _ = s.Close() }, nil
}

// protocols returns HTTP/1.1 alone, or HTTP/2 alone, both without TLS.
func protocols(http2 bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(!http2)
	p.SetUnencryptedHTTP2(http2)
	return p
}

// ServeHTTP handles a request. An answer that is lost closes the connection, or over HTTP/2 resets
// the stream (INTERNAL_ERROR).
func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	status, tag, content := o.handle(r, body)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("ETag", tag)
	if content != nil {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(content)
}

// handle returns an answer; the status is 0 if it is lost.
func (o *origin) handle(r *http.Request, body []byte) (status int, tag string, content []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	write, call := r.Method == http.MethodPut, o.of(r.Header.Get(operationField))
	fate := o.lose(write)
	switch {
	case fate == lostBefore:
		if write {
			call.sent(r.Header.Get("If-Match"))
		}
		return 0, "", nil
	case write:
		status = o.put(call, r.Header, body)
	case r.Method == http.MethodGet:
		status, content = http.StatusOK, o.body
		if fate == answered {
			call.read(o.version)
		}
	default:
		status = http.StatusMethodNotAllowed
	}
	if fate == lostAfter {
		return 0, "", nil
	}
	return status, o.tag(), content
}

// put evaluates the preconditions (RFC 9110 §13.2.2) and applies the write if they hold.
func (o *origin) put(call *deeds, h http.Header, body []byte) int {
	match := h.Get("If-Match")
	call.sent(match)
	switch {
	case match == "" && h.Get("If-None-Match") == "":
		o.broken = append(o.broken, "a write without a condition")
		return http.StatusPreconditionRequired
	case match != o.tag(): // the resource is always there, so that If-None-Match: * does not hold either
		return http.StatusPreconditionFailed
	}
	var next doc
	if err := json.Unmarshal(body, &next); err != nil {
		o.broken = append(o.broken, "a write that is no document: "+err.Error())
		return http.StatusBadRequest
	}
	got, ok := o.load.effect(o.state, next)
	if !ok {
		o.broken = append(o.broken, fmt.Sprintf("a write that is no edit: %v became %v", o.state, next))
	}
	call.got = append(call.got, got)
	o.version++
	o.body, o.state = body, next
	return http.StatusNoContent
}

// sent notes a write under a condition.
func (d *deeds) sent(match string) {
	_, _ = fmt.Sscanf(match, `"v%d"`, &d.from)
	d.looking = true
}

// read notes an answer that showed a version.
func (d *deeds) read(version int) {
	if d.looking {
		d.looking, d.passed = false, version-d.from
		d.longest = max(d.longest, d.passed)
	}
}
