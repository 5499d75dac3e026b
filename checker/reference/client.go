// Package reference is a small client that updates JSON objects over HTTP under conditions, written
// to be obviously right and for nothing else. The checker measures its own power with it: right, the
// client passes; with one of its bugs switched on, it must be caught.
package reference

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"sync/atomic"
)

// Object is the content of a resource.
type Object = map[string]any

// Where write identifiers are left.
const (
	NoIdentifier = ""
	List         = "ids" // member that holds the newest identifiers
	Member       = "wid" // member that holds the newest identifier
)

// The errors.
var (
	ErrConflict  = errors.New("somebody else wrote")
	ErrRefused   = errors.New("refused")
	ErrUncertain = errors.New("the outcome is unknown")
)

// Client sends through HTTP. Its zero value, HTTP apart, is right and leaves no identifiers.
type Client struct {
	HTTP       *http.Client
	Identifier string // NoIdentifier, List or Member
	Bug        Bug

	written atomic.Int64 // identifiers made
}

// Held is a state of the resource together with what guards a write of it.
type Held struct {
	URL      string
	Object   Object
	Known    bool // Object is the resource's content
	Tag      string
	Modified string // Last-Modified, if strong
	hash     bool   // the tag is a hash of the content
	at       moment // when the origin made the answer, if known
}

const rounds = 12

// Edit changes an object in place.
type Edit func(Object)

// Merge carries a change from base to local over to newest; false where it cannot.
type Merge func(base, local, newest Object) (Object, bool)

// Get fetches the resource.
func (c *Client) Get(ctx context.Context, url string) (Held, error) {
	h, found, err := c.get(ctx, url, false)
	if err == nil && !found {
		err = ErrRefused
	}
	return h, err
}

// Update applies an edit to the newest state until it is in: once, or, if the edit is repeatable, at
// least once.
func (c *Client) Update(ctx context.Context, url string, edit Edit, repeatable bool) (Held, error) {
	u := update{client: c, url: url, since: now(), failed: ErrRefused}
	for round := range rounds {
		h, err := u.fetch(ctx, round > 0)
		if err != nil || u.done {
			return h, err
		}
		local := clone(h.Object)
		edit(local)
		if reflect.DeepEqual(local, h.Object) {
			// That nothing is left to do is believed of a state that is no older than the call.
			if round > 0 && !c.old(h, u.since) {
				return h, nil
			}
			continue
		}
		r := c.send(ctx, c.put(h, local))
		switch r.verdict {
		case landed:
			return r.held, nil
		case gone:
			return Held{}, u.conflict()
		case refused:
			return Held{}, u.failed
		case stale:
			u.last = result{stale, h, r.id}
			continue
		}
		if c.Bug == AdoptNoop {
			return c.adopt(ctx, url, edit)
		}
		if !repeatable && c.Bug != ApplyAgainAfterUncertain {
			return Held{}, ErrUncertain
		}
		u.failed = ErrUncertain
	}
	return Held{}, u.failed
}

// update is one Update on its way.
type update struct {
	client *Client
	url    string
	since  moment
	failed error  // what the call is if it ends here
	last   result // of the round before, if it was refused
	done   bool   // a state was fetched that shows the refused write
}

func (u *update) conflict() error {
	if u.failed == ErrRefused {
		return ErrConflict
	}
	return u.failed
}

// fetch gets the state for the next round, and asks it whether the last write has landed after all.
func (u *update) fetch(ctx context.Context, again bool) (Held, error) {
	c, last := u.client, u.last
	u.last = result{}
	h, found, err := c.get(ctx, u.url, again)
	switch {
	case err != nil, !found && !again, !found && c.old(h, u.since):
		return Held{}, u.failed
	case !found:
		return Held{}, u.conflict()
	case last.id != "" && c.carries(h.Object, last.id):
		u.done = true // the refusal was about a copy that a gateway made
	case last.verdict == stale && h.guard() == last.held.guard():
		return Held{}, u.failed // the server refuses what it gives
	}
	return h, nil
}

// adopt is a bug: what an edit no longer changes is taken for its own doing.
func (c *Client) adopt(ctx context.Context, url string, edit Edit) (Held, error) {
	h, found, err := c.get(ctx, url, true)
	if err != nil || !found {
		return Held{}, ErrUncertain
	}
	local := clone(h.Object)
	if edit(local); !reflect.DeepEqual(local, h.Object) {
		return Held{}, ErrUncertain
	}
	return h, nil
}

// Save writes local, derived from h. If somebody was faster, merge carries the change over; without
// merge, that is a conflict.
func (c *Client) Save(ctx context.Context, h Held, local Object, merge Merge) (Held, error) {
	s := saving{client: c, base: h, local: local, merge: merge, newest: h, want: local, since: now()}
	if h.guard() == "" {
		if held, done, err := s.fetch(ctx, result{}, true); done || err != nil {
			return held, err
		}
	}
	for round := range rounds {
		w := c.put(s.newest, s.want)
		w.unguarded = c.Bug == MergeOnlyOnce && round > 0
		w.inForce = s.inForce
		r := c.send(ctx, w)
		if r.verdict != stale {
			return r.held, r.verdict.err()
		}
		if held, done, err := s.fetch(ctx, r, false); done || err != nil {
			return held, err
		}
	}
	return Held{}, ErrRefused
}

// saving is one Save on its way: want is to be written over newest.
type saving struct {
	client       *Client
	base, newest Held
	local, want  Object
	merge        Merge
	since        moment
}

// inForce reports that the caller's own rules would write nothing over the object.
func (s *saving) inForce(o Object) bool {
	if s.merge == nil {
		return reflect.DeepEqual(s.client.plain(o), s.client.plain(s.local))
	}
	merged, ok := s.merge(s.base.Object, s.local, o)
	return ok && reflect.DeepEqual(merged, o)
}

// fetch gets the newest state and carries the change over to it. r is the refusal before. unarmed says
// that the base has no validator: what has its content is taken for it.
func (s *saving) fetch(ctx context.Context, r result, unarmed bool) (held Held, done bool, err error) {
	c := s.client
	h, found, err := c.get(ctx, s.base.URL, true)
	same := reflect.DeepEqual(c.plain(h.Object), c.plain(s.newest.Object))
	switch {
	case err != nil || c.old(h, s.since):
		return Held{}, false, ErrRefused
	case !found:
		return Held{}, false, ErrConflict
	case r.id != "" && c.carries(h.Object, r.id):
		return h, true, nil
	case same && unarmed:
		s.newest, s.want = h, s.onto(h.Object)
		return Held{}, false, nil
	case same && reflect.DeepEqual(h.Object, s.newest.Object):
		return Held{}, false, ErrRefused // nobody wrote
	case s.merge == nil:
		return Held{}, false, ErrConflict
	}
	merged, ok := s.merge(s.base.Object, s.local, h.Object)
	if !ok {
		return Held{}, false, ErrConflict
	}
	s.newest, s.want = h, merged
	return h, reflect.DeepEqual(merged, h.Object), nil
}

// onto is what is to be written over an object that equals the base.
func (s *saving) onto(o Object) Object {
	if s.merge == nil {
		return s.local
	}
	merged, _ := s.merge(s.base.Object, s.local, o)
	return merged
}

// Create stores a new resource.
func (c *Client) Create(ctx context.Context, url string, o Object) (Held, error) {
	r := c.send(ctx, c.put(Held{URL: url}, o))
	return r.held, r.verdict.err()
}

// Delete deletes the version that h is.
func (c *Client) Delete(ctx context.Context, h Held) error {
	w := write{method: http.MethodDelete, base: h, hash: h.hash}
	return c.single(ctx, w).verdict.err()
}

// Patch sends a patch to the version that h is.
func (c *Client) Patch(ctx context.Context, h Held, mediaType string, patch []byte) (Held, error) {
	r := c.single(ctx, write{method: http.MethodPatch, base: h, hash: h.hash, body: patch, mediaType: mediaType})
	return r.held, r.verdict.err()
}

// single makes one guarded write without a loop.
func (c *Client) single(ctx context.Context, w write) result {
	since := now()
	if w.base.guard() == "" {
		fetched, found, err := c.get(ctx, w.base.URL, true)
		switch {
		case err != nil || c.old(fetched, since) || found && fetched.guard() == "":
			return result{verdict: refused}
		case !found || !reflect.DeepEqual(c.plain(fetched.Object), c.plain(w.base.Object)):
			return result{verdict: stale}
		}
		w.base, w.hash = fetched, fetched.hash
	}
	r := c.send(ctx, w)
	if r.verdict == stale {
		h, found, err := c.get(ctx, w.base.URL, true)
		if err != nil || c.old(h, since) || found && reflect.DeepEqual(h.Object, w.base.Object) {
			return result{verdict: refused}
		}
	}
	return r
}

func clone(o Object) Object {
	b, _ := json.Marshal(o)
	var out Object
	_ = json.Unmarshal(b, &out)
	return out
}

// plain leaves the identifiers out.
func (c *Client) plain(o Object) Object {
	out := maps.Clone(o)
	delete(out, List)
	delete(out, Member)
	return out
}
