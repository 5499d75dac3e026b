package reference

import (
	"context"
	"net/http"
	"slices"
)

// look fetches the resource and says what that proves about a write. a is the answer that was not
// believed, nil if there was none. again reports that the same write may go once more.
func (c *Client) look(ctx context.Context, w write, a *answer, doubt bool, since moment) (r result, again bool) {
	h, found, err := c.get(ctx, w.base.URL, true)
	if err == nil && c.old(h, since) {
		h, found, err = c.get(ctx, w.base.URL, true)
	}
	switch {
	case err != nil || c.old(h, since):
		return result{verdict: unknown}, false
	case !found:
		return c.absent(w)
	case c.proves(w, h.Object):
		return result{verdict: landed, held: h}, false
	}
	untouched := c.untouched(w, h)
	excluded := w.id != "" && c.excludes(w, h.Object, doubt || a.mute())
	if a == nil || c.silent(a.status) {
		switch {
		case untouched:
			return result{verdict: refused}, true
		case excluded:
			return result{verdict: stale}, false
		}
		return result{verdict: unknown}, false
	}
	// A refusal is believed of a write that nothing else speaks for.
	if excluded && !untouched || !doubt && (untouched || c.Identifier == Member || w.creation()) {
		return result{verdict: c.meaning(w, a.status), id: w.id}, false
	}
	return result{verdict: unknown}, false
}

// proves reports that an object shows the write: its identifier, or, if it has none, the declared state.
func (c *Client) proves(w write, o Object) bool {
	if w.id != "" {
		return c.carries(o, w.id)
	}
	return w.inForce != nil && w.inForce(o)
}

// absent says what absence proves: a deletion's wish is fulfilled, and nothing else.
func (c *Client) absent(w write) (r result, again bool) {
	switch {
	case w.method == "DELETE":
		return result{verdict: landed}, false
	case w.creation() && c.Bug == ResendCreationAfter404:
		return result{verdict: refused}, true
	}
	return result{verdict: unknown}, false
}

// untouched reports that the version is the one that the write was made from. A hash is no version.
func (c *Client) untouched(w write, h Held) bool {
	if w.creation() || (w.hash || h.hash) && c.Bug != TakeHashForVersion {
		return false
	}
	if w.base.Tag != "" {
		return h.Tag == w.base.Tag
	}
	return h.Modified == w.base.Modified
}

func (c *Client) carries(o Object, id string) bool {
	if c.Identifier == Member {
		return o[Member] == id
	}
	list, _ := o[List].([]any)
	return slices.Contains(list, any(id))
}

// excludes reports that the list goes on after the newest entry that the write was made from, without
// the write's own: the write has not landed. A creation has no such entry.
func (c *Client) excludes(w write, o Object, doubt bool) bool {
	if c.Identifier != List || w.creation() {
		return false
	}
	was, _ := w.base.Object[List].([]any)
	is, _ := o[List].([]any)
	if len(was) == 0 {
		return len(is) > 0 && !doubt // who cleared the list once may have done so again
	}
	return slices.Contains(is, was[len(was)-1]) && len(is) > len(was)
}

// mute reports that a refusal says nothing about versions, so that a gateway may have made it up.
func (a *answer) mute() bool {
	return a == nil || a.status != http.StatusConflict && a.status != http.StatusPreconditionFailed
}
