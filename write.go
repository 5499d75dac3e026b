package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

var errNilRepresentation = errors.New("ifmatch: the representation to write is nil")

// single makes one guarded write that is derived from u, without any loop. build makes the write of
// the version that guards it.
func single[T any](
	r *call, u *Representation[T], build func(*version) (*writeRequest, error),
) (*Representation[T], error) {
	from, others, err := r.confirm(u.version())
	switch {
	case err != nil:
		return nil, err
	case others != nil:
		return nil, r.overtaken(others)
	}
	w, err := build(from)
	return written[T](r, w, err)
}

// written delivers a write, if there is one, and returns what is known after it.
func written[T any](r *call, w *writeRequest, err error) (*Representation[T], error) {
	if err != nil {
		return nil, r.fail(err, nil)
	}
	o := r.deliver(r.ctx, w, &r.log)
	switch {
	case o.what == succeed && w.asked == askedDeletion:
		return nil, nil
	case o.what == succeed:
		u, err := represent[T](r.resulting(w, o, r.decodes))
		if err != nil {
			return nil, r.fail(err, nil)
		}
		return u, nil
	case o.what == superseded:
		return nil, r.overtaken(o.found)
	case o.what == refuse && o.found == nil && isBareConflict(o.refusal, w.condition.form):
		return nil, r.explained(w, o)
	}
	return nil, r.ended(o, nil)
}

// isBareConflict reports a refusal that may be about the version and does not say so.
func isBareConflict(e *ResponseError, condition preconditionForm) bool {
	return e != nil && e.Kind == Unknown && mayBeOutdated(e.Kind, e.StatusCode, condition)
}

// explained is ended for a bare 409, whose reason one look tells.
func (r *call) explained(w *writeRequest, o outcome) error {
	now, err := r.fetch(r.ctx, w.target, w.form, true, &r.log)
	if err != nil {
		return r.fail(err, o.refusal)
	}
	r.newest = now
	kind := kindAfterLook(w.condition.form, r.compare(w.from, now, w.form))
	if kind == Unknown {
		return r.fail(nil, o.refusal)
	}
	return r.conflict(kind, nil, o.refusal)
}

// overtaken is the conflict that a fetch alone showed.
func (r *call) overtaken(now *version) error {
	r.newest = now
	if now.absent {
		return r.conflict(Deleted, nil, now.missing)
	}
	return r.conflict(StaleVersion, nil, nil)
}

// Put replaces the resource by u's value in one exchange, under the condition that it is still the
// version that u was fetched as (If-Match). If it is not, the error is a [ConflictError], and
// nothing was written; [Save] goes on from there.
//
// On success the result is the new state. If the answer does not prove what it is (RFC 9110
// §9.3.4), the result has no validator yet, and the next write fetches first. On error the result
// is u itself, unchanged.
//
// Nothing is sent when there is no validator ([ErrNoValidator]). A write whose answer is lost is
// looked after by fetching, and sent again if it did not take effect; what cannot be known is
// [ErrUncertain]. 429 and 425 are answered with patience.
func Put[T any](ctx context.Context, c *Client, u *Representation[T]) (*Representation[T], error) {
	if u == nil {
		return u, errNilRepresentation
	}
	r := begin[T](ctx, c.route(http.MethodPut, u.URL), http.MethodPut, u.URL)
	local, err := render(u.Content, u.Value, r.rules())
	if err != nil {
		return u, r.fail(err, nil)
	}
	r.base, r.local = u.version(), local
	v, err := single(r, u, func(from *version) (*writeRequest, error) {
		p := proposal{asked: askedState, target: u.URL, from: from, content: local, like: u.Header}
		return r.newReplacement(p, r.form)
	})
	if err != nil {
		return u, err
	}
	return v, nil
}

// Create stores v as a new resource at url, under the condition that there is none yet (PUT with
// If-None-Match: *, RFC 9110 §13.1.2). If there is one, the error is a [ConflictError] of kind
// [AlreadyExists]. A creation whose answer is lost is looked after as in [Put]; a resource that
// shows all of v counts as created.
func Create[T any](ctx context.Context, c *Client, url string, v T) (*Representation[T], error) {
	r := begin[T](ctx, c.route(http.MethodPut, url), http.MethodPut, url)
	content, err := encode(v)
	if err != nil {
		return nil, r.fail(fmt.Errorf("encoding the value: %w", err), nil)
	}
	r.local = content
	nothing := &version{absent: true, url: url}
	w, err := r.newReplacement(proposal{asked: askedCreation, target: url, from: nothing, content: content}, r.form)
	return written[T](r, w, err)
}

// Patch sends a patch document of the given media type, such as application/merge-patch+json (RFC
// 7396) or application/json-patch+json (RFC 6902), to the resource of u (RFC 5789), under the
// condition that it is still the version that u was fetched as. u's Value plays no part. Errors are
// those of [Put]; on error the result is u itself.
//
// If the answer does not hold the new representation, the result has neither Content nor Value:
// [Get] it before the next write.
func Patch[T any](
	ctx context.Context, c *Client, u *Representation[T], mediaType string, patch []byte,
) (*Representation[T], error) {
	if u == nil {
		return u, errNilRepresentation
	}
	r := begin[T](ctx, c.route(http.MethodPatch, u.URL), http.MethodPatch, u.URL)
	r.base = u.version()
	v, err := single(r, u, func(from *version) (*writeRequest, error) {
		return r.newPatch(u.URL, r.form, from, mediaType, patch)
	})
	if err != nil {
		return u, err
	}
	return v, nil
}

// Delete deletes the resource of u, under the condition that it is still the version that u was
// fetched as (If-Match). If it has changed, the error is a [ConflictError], also when it is gone
// already: of kind [Deleted] then. When the answer is lost and the resource is found gone
// afterwards, that is success.
func Delete[T any](ctx context.Context, c *Client, u *Representation[T]) error {
	if u == nil {
		return errNilRepresentation
	}
	r := begin[T](ctx, c.route(http.MethodDelete, u.URL), http.MethodDelete, u.URL)
	r.base = u.version()
	_, err := single(r, u, func(from *version) (*writeRequest, error) {
		return r.newDeletion(u.URL, r.form, from)
	})
	return err
}
