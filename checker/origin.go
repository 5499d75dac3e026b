package checker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Version is one state of the resource, in the order in which the origin went through them.
type Version struct {
	Number   int
	Body     []byte // nil: absent
	Tag      string
	Modified time.Time
	By       *Call // whose write it was; nil at the start
}

// State returns the version in a form that can be compared.
func (v Version) State() State {
	if v.Body == nil {
		return State{}
	}
	var d Doc
	if err := json.Unmarshal(v.Body, &d); err != nil {
		return State{Present: true, A: "not a document: " + err.Error()}
	}
	return StateOf(d)
}

// origin is the server: one resource, all of its versions, and the habits of a product. Whoever uses
// it sees to it that one request is handled at a time.
type origin struct {
	product  Product
	versions []Version
	answers  int
}

// request is what arrives at the origin.
type request struct {
	Method string
	Header http.Header
	Body   []byte
}

// reply is what the origin answers.
type reply struct {
	Status int
	Header http.Header
	Body   []byte
}

func newOrigin(p Product, start Doc, absent bool) *origin {
	o := &origin{product: p}
	var body []byte
	if !absent {
		body = p.document(start)
	}
	o.add(body, nil, time.Now().Add(-time.Hour))
	return o
}

// document is a new resource's content. Where identifiers are kept in a list, it has one.
func (p Product) document(d Doc) []byte {
	if p[Identifiers] != IDList {
		body, _ := json.Marshal(d.Clone())
		return body
	}
	body, _ := json.Marshal(listed{d.Clone(), []string{}})
	return body
}

// listed is a document with a list of identifiers.
type listed struct {
	Doc
	IDs []string `json:"ids"`
}

func (o *origin) newest() Version { return o.versions[len(o.versions)-1] }

// store appends a version and keeps the members that the server writes itself. A nil body deletes.
func (o *origin) store(body []byte, by *Call) { o.add(body, by, time.Now()) }

func (o *origin) add(body []byte, by *Call, at time.Time) {
	n := len(o.versions)
	if body != nil {
		body = o.keep(body, n)
	}
	v := Version{Number: n, Body: body, Modified: at, By: by}
	v.Tag = tagOf(o.product, v)
	o.versions = append(o.versions, v)
}

func (o *origin) keep(body []byte, n int) []byte {
	var m map[string]any
	if o.product[Keeps] == KeepsNothing || json.Unmarshal(body, &m) != nil {
		return body
	}
	if o.product[Keeps] == KeepsTime {
		m["updatedAt"] = fmt.Sprintf("%s #%d", time.Now().UTC().Format(time.RFC3339), n)
	} else {
		for _, name := range []string{"a", "b", "c"} {
			if s, ok := m[name].(string); ok {
				m[name] = strings.ToLower(s)
			}
		}
	}
	body, _ = json.Marshal(m)
	return body
}

// handle does what a request asks for. old is how many versions ago the state is that a read shows.
func (o *origin) handle(r request, by *Call, old int) reply {
	o.answers++
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return o.read(r, old)
	case http.MethodPut, http.MethodPatch, http.MethodDelete:
		if refusal, ok := o.refuse(r); ok {
			return refusal
		}
		return o.write(r, by)
	default:
		return o.plainReply(http.StatusMethodNotAllowed, "not allowed")
	}
}

// refuse evaluates the preconditions (RFC 9110 §13.2.2).
func (o *origin) refuse(r request) (reply, bool) {
	v := o.newest()
	match, none, since := r.Header.Get("If-Match"), r.Header.Get("If-None-Match"), r.Header.Get("If-Unmodified-Since")
	switch {
	case v.Body == nil && (match != "" || since != ""):
		if o.product[Gone] == Gone404 {
			return o.plainReply(http.StatusNotFound, "no such document"), true
		}
		return o.failed(), true
	case match != "" && match != "*" && !o.matches(match, v):
		return o.failed(), true
	case none == "*" && v.Body != nil:
		return o.failed(), true
	case since != "":
		if t, err := http.ParseTime(since); err == nil && v.Modified.Truncate(time.Second).After(t) {
			return o.failed(), true
		}
	}
	if v.Body == nil && r.Method != http.MethodPut {
		return o.plainReply(http.StatusNotFound, "no such document"), true
	}
	return reply{}, false
}

// failed is the answer to a precondition that does not hold.
func (o *origin) failed() reply {
	switch o.product[Refusals] {
	case Refuse409:
		return o.plainReply(http.StatusConflict, "conflict")
	case Refuse409Problem:
		a := o.plainReply(http.StatusConflict, `{"title":"Conflict","status":409,"detail":"The state does not fit."}`)
		a.Header.Set("Content-Type", "application/problem+json")
		return a
	default:
		return o.plainReply(http.StatusPreconditionFailed, "precondition failed")
	}
}

func (o *origin) plainReply(status int, text string) reply {
	h := http.Header{"Date": {httpTime(time.Now())}, "Content-Type": {"text/plain"}}
	return reply{status, h, []byte(text)}
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

func (o *origin) write(r request, by *Call) reply {
	before := o.newest()
	switch r.Method {
	case http.MethodDelete:
		o.store(nil, by)
		return reply{http.StatusNoContent, http.Header{"Date": {httpTime(time.Now())}}, nil}
	case http.MethodPatch:
		if o.product[Patches] != PatchHonoured {
			return o.ignored(before)
		}
		body, err := applyPatch(before.Body, r.Header.Get("Content-Type"), r.Body)
		if err != nil {
			return o.plainReply(http.StatusUnprocessableEntity, err.Error())
		}
		o.store(body, by)
	default:
		if !json.Valid(r.Body) {
			return o.plainReply(http.StatusBadRequest, "not JSON")
		}
		o.store(bytes.Clone(r.Body), by)
	}
	return o.written(before)
}

// applyPatch knows the two forms of patches that the workloads send.
func applyPatch(body []byte, mediaType string, patch []byte) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	if mediaType == "application/json-patch+json" {
		var ops []struct{ Op, Path, Value string }
		if err := json.Unmarshal(patch, &ops); err != nil || len(ops) != 1 || ops[0].Path != "/items/-" {
			return nil, fmt.Errorf("unknown patch %s", patch)
		}
		items, _ := m["items"].([]any)
		m["items"] = append(items, ops[0].Value)
		return json.Marshal(m)
	}
	var change map[string]any
	if err := json.Unmarshal(patch, &change); err != nil {
		return nil, err
	}
	for name, v := range change {
		m[name] = v
	}
	return json.Marshal(m)
}
