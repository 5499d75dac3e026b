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
	w.until = r.until()
	o := r.deliver(r.ctx, w, &r.log)
	switch {
	case o.what == succeed && w.asked == askedDeletion:
		return nil, nil
	case o.what == succeed:
		v := r.resulting(w, o, r.decodes)
		if r.broughtBack(w, o) {
			return nil, r.createdAnew(v)
		}
		u, err := represent[T](v)
		if err != nil {
			return nil, r.fail(err, nil)
		}
		return u, nil
	case o.what == superseded:
		r.newest = o.found
		return nil, r.conflict(kindAfterLook(w.condition.form, r.compare(w.from, o.found, w.form)), nil, o.last)
	case o.what == refuse && o.refusal != nil:
		e := refusalEvidence{outcome: refuse, answered: true, kind: o.refusal.Kind, status: classOf(o.refusal.status()),
			condition: w.condition.form}
		if e.curable() && e.kind != Transient {
			return explained[T](r, w, o, e)
		}
	}
	return nil, r.ended(o, nil)
}

// explained looks why a write was refused that may have been outdated. The look may also show that
// the write is in: a gateway repeated it, and the refusal was about the second copy.
func explained[T any](r *call, w *writeRequest, o outcome, e refusalEvidence) (*Representation[T], error) {
	now := o.found
	if now == nil {
		var refused *version
		if e.saysOutdated() {
			refused = w.from
		}
		var err error
		ctx, cancel := r.inTime()
		defer cancel()
		if now, err = r.fetchPast(ctx, o.since, refused, w.target, w.form, &r.log); now == nil || err != nil {
			return nil, r.fail(err, o.refusal)
		}
	}
	r.newest = now
	if there, _ := w.id.recognise(now.content, now.header, true); there {
		return represent[T](now)
	}
	if err := r.restless(r.ctx, w.from, now, w.form, &r.log); err != nil {
		return nil, r.fail(err, o.refusal)
	}
	relation := r.compare(w.from, now, w.form)
	switch e.decideAfterFetch(relation) {
	case surface:
		return nil, r.ended(misnamed(o), nil)
	case refusedTag:
		return nil, r.ended(o, fmt.Errorf("%w: %s", ErrRefusedTag, suspicion(w.condition.form, now)))
	}
	return nil, r.conflict(kindAfterLook(w.condition.form, relation), nil, o.refusal)
}

// overtaken is the conflict that a fetch alone showed.
func (r *call) overtaken(now *version) error {
	r.newest = now
	if now.absent {
		return r.conflict(Deleted, nil, now.missing)
	}
	return r.conflict(StaleVersion, r.differs, nil)
}

// Put replaces the resource by u's value in one exchange, under the condition that it is still the
// version that u was fetched as (If-Match). If it is not, the error is a [ConflictError], and
// nothing was written; [Save] goes on from there. A refusal that may be about the version is looked
// after by fetching: the error holds the newest state, and says [ErrRefusedTag] where that is still
// the one that was refused.
//
// On success the result is the new state. If the answer does not prove what it is (RFC 9110
// §9.3.4), the result has no validator yet, and the next write fetches first. If what it finds is
// what the server made of this write, it goes on from that, with the caller's change applied to the
// server's document: the same entity tag as in the answer says so, or no difference outside of
// [Options].ServerMembers. On error the result is u itself, unchanged.
//
// Nothing is sent when there is no validator ([ErrNoValidator]). A write whose answer is lost is
// looked after by fetching: the value in force, whoever brought that about, is success; the version
// unchanged, it is sent again; what cannot be known is [ErrUncertain]. 429 and 425 are answered
// with patience.
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
		content, err := carriedOver[T](u.Content, local, from.content, r.rules())
		if err != nil {
			return nil, err
		}
		r.base, r.local = from, content
		p := proposal{asked: askedState, target: u.URL, from: from, content: content, like: from.header,
			inForce: contained(r.form, r.opts.Dialect, from.content, content)}
		return r.newReplacement(p, r.form)
	})
	if err != nil {
		return u, err
	}
	return v, nil
}

// Create stores v as a new resource at url, under the condition that there is none yet (PUT with
// If-None-Match: *, RFC 9110 §13.1.2). If there is one, the error is a [ConflictError] of kind
// [AlreadyExists].
//
// A creation whose answer is lost is looked after, but absence proves nothing (it may have been
// created and deleted by others, or arrive late), and so it is not sent again; nor does a resource
// that shows v: others may have made it. Both are [ErrUncertain], unless a write identifier
// ([Options].WriteID) tells, or [Options].UniqueURL says that nobody else creates there.
func Create[T any](ctx context.Context, c *Client, url string, v T) (*Representation[T], error) {
	r := begin[T](ctx, c.route(http.MethodPut, url), http.MethodPut, url)
	content, err := encode(v)
	if err != nil {
		return nil, r.fail(fmt.Errorf("encoding the value: %w", err), nil)
	}
	r.local = content
	nothing := &version{absent: true, url: url}
	p := proposal{asked: askedCreation, target: url, from: nothing, content: content}
	if r.opts.UniqueURL {
		p.inForce = contained(r.form, r.opts.Dialect, nil, content)
	}
	w, err := r.newReplacement(p, r.form)
	return written[T](r, w, err)
}

// Patch sends a patch document of the given media type, such as application/merge-patch+json (RFC
// 7396) or application/json-patch+json (RFC 6902), to the resource of u (RFC 5789), under the
// condition that it is still the version that u was fetched as. u's Value plays no part. Errors are
// those of [Put]; on error the result is u itself. A patch whose answer is lost is recognised by
// nothing: it carries no identifier, and its effect may be somebody else's.
//
// A success that shows the version unchanged is [ErrIgnored]. Where the answer has content that
// does not show the new representation, the resource is looked at; a 204 is believed.
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
// already: of kind [Deleted] then, whatever the server calls it. When the answer is lost and the
// resource is found gone afterwards, that is success. A deletion carries no identifier: behind a
// gateway that repeats requests, the refusal of the second copy looks like somebody else's
// deletion.
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
