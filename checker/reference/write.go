package reference

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"time"
)

// verdict is what became of a write.
type verdict int

const (
	landed  verdict = iota
	stale           // the version has moved, or is there where none should be; not landed
	gone            // the resource is not there; not landed
	refused         // not landed for another reason
	unknown
)

func (v verdict) err() error {
	return []error{nil, ErrConflict, ErrConflict, ErrRefused, ErrUncertain}[v]
}

type result struct {
	verdict verdict
	held    Held // the new state, if landed
	id      string
}

// write is one guarded request.
type write struct {
	method    string
	base      Held // without a guard: a creation
	object    Object
	body      []byte
	mediaType string
	id        string
	hash      bool
	unguarded bool
	inForce   func(Object) bool // nil: an act, whose state proves nothing
}

// put makes the write that replaces h's object, or creates it.
func (c *Client) put(h Held, o Object) write {
	w := write{method: http.MethodPut, base: h, object: clone(o), hash: h.hash, mediaType: "application/json"}
	if c.Identifier != NoIdentifier {
		w.id = fmt.Sprintf("%p-%d", c, c.written.Add(1))
		if c.Identifier == List {
			list, _ := w.object[List].([]any)
			w.object[List] = append(slices.Clone(list), w.id)
		} else {
			w.object[Member] = w.id
		}
	}
	w.body, _ = json.Marshal(w.object)
	return w
}

func (w write) creation() bool { return w.method == http.MethodPut && !w.base.Known }

func (w write) condition(h http.Header) {
	switch {
	case w.unguarded:
	case w.creation():
		h.Set("If-None-Match", "*")
	case w.base.Tag != "":
		h.Set("If-Match", w.base.Tag)
	default:
		h.Set("If-Unmodified-Since", w.base.Modified)
	}
}

// send sends a write until it is known what became of it, or that it cannot be known.
func (c *Client) send(ctx context.Context, w write) result {
	if !w.creation() && w.base.guard() == "" {
		return result{verdict: refused}
	}
	doubt := false // a copy may have arrived, or may yet, that no answer speaks of
	since := now()
	for try := range 5 {
		a := c.exchange(ctx, w.method, w.base.URL, c.header(w, try), w.body, !w.hash && !w.creation())
		copied := a != nil && a.copies > 1 && c.Bug != MiscountOverHTTP2
		doubt = doubt || copied || a == nil || c.silent(a.status)
		if a != nil && a.status == http.StatusTooManyRequests {
			continue
		}
		if r, ok := c.believe(ctx, w, a, doubt, since); ok {
			return r
		}
		r, again := c.look(ctx, w, a, doubt, since)
		if !again {
			return r
		}
		time.Sleep(time.Millisecond)
	}
	if doubt {
		return result{verdict: unknown}
	}
	return result{verdict: refused}
}

func (c *Client) header(w write, try int) http.Header {
	h := http.Header{}
	if w.mediaType != "" {
		h.Set("Content-Type", w.mediaType)
	}
	if w.condition(h); c.Bug == DropIfMatchOnRetry && try > 0 {
		h.Del("If-Match")
	}
	return h
}

// believe reads an answer that can be believed without a look.
func (c *Client) believe(ctx context.Context, w write, a *answer, doubt bool, since moment) (result, bool) {
	switch {
	case a == nil:
		return result{}, false
	case a.status/100 == 2:
		return c.success(ctx, w, a, since), true
	case c.Bug == TakeRefusalForSuccess && doubt && a.status == http.StatusPreconditionFailed:
		return result{verdict: landed, held: c.own(w)}, true
	case !doubt && !c.lookAfter(w, a.status):
		if c.Bug == SkipIdentifierOn409 {
			w.id = ""
		}
		return result{verdict: c.meaning(w, a.status), id: w.id}, true
	}
	return result{}, false
}

// silent reports that a status does not say what became of the write.
func (c *Client) silent(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		return c.Bug != TakeRedirectForRefusal
	case http.StatusNotImplemented:
		return false
	}
	return status >= 500
}

// lookAfter reports that a refusal is not believed: a gateway may have sent the write before.
func (c *Client) lookAfter(w write, status int) bool {
	switch status {
	case http.StatusConflict:
		return w.id != "" && c.Bug != SkipIdentifierOn409
	case http.StatusPreconditionFailed, http.StatusBadRequest, http.StatusNotImplemented:
		return w.id != ""
	}
	return false
}

// meaning reads a refusal that is believed.
func (c *Client) meaning(w write, status int) verdict {
	switch {
	case status == http.StatusNotFound && !w.creation():
		return gone
	case status == http.StatusConflict || status == http.StatusPreconditionFailed:
		return stale
	}
	return refused
}

// success reads an answer of success: what it proves about the new state, and, for a patch, whether it
// was heeded.
func (c *Client) success(ctx context.Context, w write, a *answer, since moment) result {
	if w.method == http.MethodDelete {
		return result{verdict: landed}
	}
	if w.method == http.MethodPatch {
		return c.patched(ctx, w, a, since)
	}
	h := c.own(w)
	tag := a.header.Get("ETag")
	shown, ok := heldOf(w.base.URL, a)
	switch {
	case c.Bug == TrustReceiptTag && tag != "":
		h.Tag = tag
	case len(a.body) == 0 && !a.broken && (a.status == http.StatusNoContent || a.status == http.StatusCreated):
		h.Tag = tag
		h.hash = isHash(tag, w.body)
	case ok && !a.broken && tag != "" && shows(shown.Object, w.object):
		h = shown
	}
	if h.Tag == "" && c.Bug == ChainWrongTag {
		if newest, found, err := c.get(ctx, w.base.URL, true); err == nil && found {
			h.Tag, h.Modified = newest.Tag, newest.Modified
		}
	}
	return result{verdict: landed, held: h}
}

// own is the state as it was written, without a validator.
func (c *Client) own(w write) Held {
	return Held{URL: w.base.URL, Object: w.object, Known: w.object != nil}
}

// shows reports that an object shows all that was written.
func shows(shown, sent Object) bool {
	for name, v := range sent {
		if !reflect.DeepEqual(shown[name], v) {
			return false
		}
	}
	return true
}

// patched believes a 204. Other content has to show a version that moved, or a look has to.
func (c *Client) patched(ctx context.Context, w write, a *answer, since moment) result {
	if a.status == http.StatusNoContent || c.Bug == IgnoreIgnoredPatch {
		return result{verdict: landed}
	}
	if shown, ok := heldOf(w.base.URL, a); ok && !a.broken && w.document(shown.Object) {
		switch {
		case shown.guard() != "" && shown.guard() == w.base.guard():
			return result{verdict: refused}
		case shown.guard() != "", !reflect.DeepEqual(shown.Object, w.base.Object):
			return result{verdict: landed, held: shown}
		}
	}
	h, found, err := c.get(ctx, w.base.URL, true)
	switch {
	case err != nil || c.old(h, since):
		return result{verdict: unknown}
	case found && h.guard() == w.base.guard() && w.hash:
		return result{verdict: unknown}
	case found && h.guard() == w.base.guard():
		return result{verdict: refused}
	}
	return result{verdict: landed}
}

// document reports that an object is the resource, and no receipt: it has the members that the resource
// had.
func (w write) document(o Object) bool {
	for name := range w.base.Object {
		if _, ok := o[name]; !ok {
			return false
		}
	}
	return true
}
