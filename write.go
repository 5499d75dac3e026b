package ifmatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

var errNilRepresentation = errors.New("ifmatch: the representation to write is nil")

// write performs one guarded write of u without any merging.
func (r *call) write(ch *change) (*reply, *state, error) {
	a, now, err := r.client.perform(r.ctx, ch, r.form, &r.log)
	switch {
	case err == nil:
		return a, now, nil
	case now != nil:
		r.found(now)
	}
	var refused *ResponseError
	switch {
	case errors.Is(err, errMoved):
		return nil, nil, r.moved(now)
	case now == nil && errors.As(err, &refused) && refused.Kind == Unknown && curable(refused, ch.guard):
		return nil, nil, r.explained(ch.guard, refused)
	}
	return nil, nil, r.fail(nil, err)
}

// explained is fail for a bare 409, which says nothing of its reason: it is about
// the version exactly when that has moved on, and one look tells.
func (r *call) explained(g condition, refused *ResponseError) error {
	now, err := r.client.fetch(r.ctx, r.err.target, r.form, true, &r.log)
	if err != nil {
		return r.fail(err, refused)
	}
	r.found(now)
	switch {
	case r.client.holds(g, now):
		return r.fail(nil, refused)
	case now.absent:
		return r.conflict(Deleted, nil, refused)
	case g.creates():
		return r.conflict(AlreadyExists, nil, refused)
	}
	return r.conflict(StaleVersion, nil, refused)
}

// started notes where a write of u starts from.
func started[T any](r *call, u *Representation[T], local []byte) {
	r.err.Base, r.err.Local, r.err.BaseETag = u.Content, local, u.ETag
	r.err.date, r.err.sent, r.err.header = u.LastModified, u.sent, u.Header
}

// vouch returns the condition that guards a write derived from u. If the answer to
// the last write did not tell the validator, it fetches, and takes that of the
// current version if its content is still the same; otherwise changed is that
// version.
func vouch[T any](r *call, u *Representation[T]) (g condition, changed *state, err error) {
	if !u.sent {
		g, err = r.client.guard(false, u.ETag, u.LastModified, "")
		if err != nil {
			err = r.fail(err, nil)
		}
		return g, nil, err
	}
	if u.Content == nil {
		return g, nil, r.fail(fmt.Errorf("%w: the answer to the last write did not tell the content; Get it first", ErrNoValidator), nil)
	}
	now, err := r.client.fetch(r.ctx, u.URL, r.form, true, &r.log)
	if err != nil {
		return g, nil, r.fail(nil, err)
	}
	r.found(now)
	if now.absent || !sameContent(r.form, r.client.opts.Dialect.unversioned(u.Content), r.client.opts.Dialect.unversioned(now.content)) {
		return g, now, nil
	}
	if g, err = r.client.guardOf(now); err != nil {
		err = r.fail(err, nil)
	}
	return g, nil, err
}

func sameContent(f form, a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	if f.opaque() {
		return false
	}
	same, err := jsonmerge.Equal(a, b)
	return same && err == nil
}

// once makes one guarded write that is derived from u. build makes the write of the
// condition that guards it.
func once[T any](r *call, u *Representation[T], build func(condition) (*change, error)) (*Representation[T], error) {
	g, changed, err := vouch(r, u)
	switch {
	case err != nil:
		return nil, err
	case changed != nil:
		return nil, r.moved(changed)
	}
	ch, err := build(g)
	return written[T](r, ch, err)
}

// written performs a change, if there is one, and returns what is known after it.
func written[T any](r *call, ch *change, err error) (*Representation[T], error) {
	if err != nil {
		return nil, r.fail(err, nil)
	}
	a, now, err := r.write(ch)
	if err != nil || ch.method == http.MethodDelete {
		return nil, err
	}
	v, err := learn[T](r.client, ch, a, now)
	if err != nil {
		return nil, r.fail(err, nil)
	}
	return v, nil
}

// moved is the conflict that a fetch alone showed.
func (r *call) moved(now *state) error {
	if now.absent {
		return r.conflict(Deleted, nil, now.missing)
	}
	return r.conflict(StaleVersion, nil, nil)
}

// Put replaces the resource by u's value in one exchange, under the condition that
// it is still the version that u was fetched as (If-Match). If it is not, the error
// is a [ConflictError], and nothing was written; [Save] goes on from there.
//
// On success the result is the new state. If the answer does not prove what it is
// (RFC 9110 §9.3.4), the result has no validator yet, and the next write fetches
// first. On error the result is u itself, unchanged.
//
// Nothing is sent when there is no validator ([ErrNoValidator]). A write whose
// answer is lost is looked after by fetching, and sent again if it did not take
// effect; what cannot be known is [ErrUncertain]. 429 and 425 are answered with
// patience.
func Put[T any](ctx context.Context, c *Client, u *Representation[T]) (*Representation[T], error) {
	if u == nil {
		return u, errNilRepresentation
	}
	c = c.to(http.MethodPut, u.URL)
	r := c.begin(ctx, http.MethodPut, u.URL, formOf[T]())
	local, err := render(u.Content, u.Value, c.rules())
	if err != nil {
		return u, r.fail(err, nil)
	}
	started(r, u, local)
	v, err := once(r, u, func(g condition) (*change, error) {
		return c.newChange(u.URL, r.form, u.Header, local, g, u.Content)
	})
	if err != nil {
		return u, err
	}
	return v, nil
}

// Create stores v as a new resource at url, under the condition that there is none
// yet (PUT with If-None-Match: *, RFC 9110 §13.1.2). If there is one, the error is a
// [ConflictError] of kind [AlreadyExists]. A creation whose answer is lost is
// looked after as in [Put]; a resource that shows all of v counts as created.
func Create[T any](ctx context.Context, c *Client, url string, v T) (*Representation[T], error) {
	c = c.to(http.MethodPut, url)
	r := c.begin(ctx, http.MethodPut, url, formOf[T]())
	content, err := encode(v)
	if err != nil {
		return nil, r.fail(fmt.Errorf("encoding the value: %w", err), nil)
	}
	r.err.Local = content
	ch, err := c.newChange(url, r.form, nil, content, c.opts.Dialect.createOnly(), nil)
	return written[T](r, ch, err)
}

// Patch sends a patch document of the given media type, such as
// application/merge-patch+json (RFC 7396) or application/json-patch+json (RFC 6902),
// to the resource of u (RFC 5789), under the condition that it is still the version
// that u was fetched as. u's Value plays no part. Errors are those of [Put]; on
// error the result is u itself.
//
// If the answer does not hold the new representation, the result has neither
// Content nor Value: [Get] it before the next write.
func Patch[T any](ctx context.Context, c *Client, u *Representation[T], mediaType string, patch []byte) (*Representation[T], error) {
	if u == nil {
		return u, errNilRepresentation
	}
	c = c.to(http.MethodPatch, u.URL)
	r := c.begin(ctx, http.MethodPatch, u.URL, formOf[T]())
	started(r, u, nil)
	v, err := once(r, u, func(g condition) (*change, error) {
		return c.newPatch(u.URL, r.form, mediaType, patch, g, u.Content)
	})
	if err != nil {
		return u, err
	}
	return v, nil
}

// Delete deletes the resource of u, under the condition that it is still the version
// that u was fetched as (If-Match). If it has changed, the error is a
// [ConflictError], also when it is gone already: of kind [Deleted] then. When the
// answer is lost and the resource is found gone afterwards, that is success.
func Delete[T any](ctx context.Context, c *Client, u *Representation[T]) error {
	if u == nil {
		return errNilRepresentation
	}
	c = c.to(http.MethodDelete, u.URL)
	r := c.begin(ctx, http.MethodDelete, u.URL, formOf[T]())
	started(r, u, nil)
	_, err := once(r, u, func(g condition) (*change, error) {
		return c.newDeletion(u.URL, r.form, g, u.Content)
	})
	return err
}
