package ifmatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Update fetches the resource at url, applies edit to its value, and writes the result, under the
// condition that nobody has written in between (If-Match). If somebody has, it fetches the newest
// state, applies the edit to that, and tries again, until the edit is in, a bound is reached
// ([Options]: MaxRounds, MaxElapsed), or the refusal is one that fetching again does not cure. If
// the edit changes nothing, nothing is written.
//
// It is for edits that may not be repeated: add to, take one, append. For "set to" there is
// [Ensure], for edits made elsewhere [Save].
//
// edit gets a fresh value each time and must derive its change from it alone: it may run any number
// of times. Its error ends the call and is found in the returned one.
//
// The edit takes effect at most once. When an answer is lost, Update looks: the version unchanged,
// it writes again; a write identifier ([Options].WriteID) there, that is success; anything else is
// [ErrUncertain]. That the newest state shows what the edit would have made proves nothing: it may
// be somebody else's doing.
//
// A resource that does not exist is a [ResponseError] (404), or with [Options].CreateIfAbsent it is
// created from a zero value (If-None-Match: *). One that is deleted meanwhile is a [ConflictError]
// of kind [Deleted], or is created too. All errors after the first fetch are a [WriteError] or a
// [ConflictError]. On success the result is the new state, as [Put] describes it.
func Update[T any](ctx context.Context, c *Client, url string, edit func(*T) error) (*Representation[T], error) {
	return apply(ctx, c, url, edit, askedAct)
}

// Ensure is [Update] for edits that may be repeated: "set to", and not "add to". When an answer is
// lost and the edit changes nothing on the newest state, whoever brought that about, it is a
// success.
func Ensure[T any](ctx context.Context, c *Client, url string, edit func(*T) error) (*Representation[T], error) {
	return apply(ctx, c, url, edit, askedState)
}

// apply runs an edit on the newest state until it is in.
func apply[T any](
	ctx context.Context, c *Client, url string, edit func(*T) error, a asked,
) (*Representation[T], error) {
	if edit == nil {
		return nil, errors.New("ifmatch: the edit is nil")
	}
	r := begin[T](ctx, c.route(http.MethodPut, url), http.MethodPut, url)
	start, err := r.fetch(ctx, url, r.form, true, &r.log)
	if err == nil && start.absent && !r.opts.CreateIfAbsent {
		start, err = r.asked(start)
	}
	switch {
	case err != nil:
		return nil, err
	case start.absent && !r.opts.CreateIfAbsent:
		return nil, start.missing
	}
	var u *Representation[T] // that the edit was last applied to
	l := newLoop(r, start)
	v, _, err := l.run(start, func(from *version) (proposal, error) {
		p, edited, err := editing(l, from, edit, a)
		if (p.done || err != nil) && from == start && l.older(l.start, from) {
			// That it changes nothing, or fails, on an old answer says nothing of now.
			newer, old := r.asked(from)
			if old != nil {
				return p, l.fail(old, nil)
			}
			p, edited, err = editing(l, newer, edit, a)
		}
		u = edited
		return p, err
	})
	switch {
	case err != nil:
		return nil, err
	case v == l.base:
		return u, nil // the edit changed nothing
	}
	w, err := represent[T](v)
	if err != nil {
		return nil, r.fail(err, r.refusedBy())
	}
	return w, nil
}

// asked returns a version that is no older than the call, for what is believed without a write: v,
// or a newer one.
func (r *call) asked(v *version) (*version, error) {
	if !r.older(r.start, v) {
		return v, nil
	}
	now, err := r.fetchPast(r.ctx, r.start, nil, r.target, r.form, &r.log)
	if err != nil {
		return nil, err
	}
	return now, nil
}

// editing proposes the edit of a version.
func editing[T any](
	l *loop, from *version, edit func(*T) error, a asked,
) (p proposal, u *Representation[T], err error) {
	refused := l.refusedBy()
	if !l.opts.CreateIfAbsent {
		if from.absent {
			return p, nil, l.conflict(Deleted, nil, refused)
		}
		if l.recreated(from) {
			return p, nil, l.conflict(Recreated, nil, refused)
		}
	}
	u = &Representation[T]{URL: l.target}
	if !from.absent {
		if u, err = represent[T](from); err != nil {
			return p, nil, l.fail(err, refused)
		}
		l.target = u.URL
	}
	if err = edit(&u.Value); err != nil {
		if l.local == nil {
			l.base = from
		}
		return p, nil, l.end(err, refused) // the caller's own end, whatever was refused before
	}
	local, err := render(u.Content, u.Value, l.rules())
	if err != nil {
		return p, nil, l.fail(err, refused)
	}
	l.base, l.local = from, local
	if !from.absent && bytes.Equal(local, u.Content) {
		return proposal{from: from, done: true}, u, nil
	}
	p = proposal{asked: a, target: l.target, from: from, content: local, like: u.Header}
	if a == askedState {
		p.inForce = applied(edit, l.rules())
	}
	return p, u, nil
}

// applied returns the test for an edit being in force: applied to the newest state, it changes
// nothing.
func applied[T any](edit func(*T) error, r rules) func(*version) (bool, error) {
	return func(now *version) (bool, error) {
		if now.absent {
			return false, nil
		}
		v, err := decode[T](now.content)
		if err != nil {
			return false, err
		}
		if err = edit(&v); err != nil {
			return false, fmt.Errorf("the edit on the newest state: %w", err)
		}
		content, err := render(now.content, v, r)
		return err == nil && bytes.Equal(content, now.content), err
	}
}
