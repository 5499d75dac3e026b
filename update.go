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
// edit gets a fresh value each time and must derive its change from it alone: it may run any number
// of times, and once more to find out whether a write whose answer was lost took effect. Its error
// ends the call and is found in the returned one.
//
// The edit takes effect at most once. When an answer is lost, Update looks: the version unchanged,
// it writes again; the edit without effect on the newest state (it is in already), that is success;
// anything else is [ErrUncertain], unless a write identifier ([Options].WriteID) decides it.
//
// A resource that does not exist is a [ResponseError] (404), or with [Options].CreateIfAbsent it is
// created from a zero value (If-None-Match: *). One that is deleted meanwhile is a [ConflictError]
// of kind [Deleted], or is created too. All errors after the first fetch are a [WriteError] or a
// [ConflictError]. On success the result is the new state, as [Put] describes it.
func Update[T any](ctx context.Context, c *Client, url string, edit func(*T) error) (*Representation[T], error) {
	if edit == nil {
		return nil, errors.New("ifmatch: Update: the edit is nil")
	}
	r := begin[T](ctx, c.route(http.MethodPut, url), http.MethodPut, url)
	start, err := r.fetch(ctx, url, r.form, false, &r.log)
	if err != nil {
		return nil, err
	}
	if start.absent && !r.opts.CreateIfAbsent {
		return nil, start.missing
	}
	var u *Representation[T] // that the edit was last applied to
	l := newLoop(r, start)
	v, _, err := l.run(start, func(from *version) (proposal, error) {
		p, edited, err := editing(l, from, edit)
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

// editing proposes the edit of a version.
func editing[T any](l *loop, from *version, edit func(*T) error) (p proposal, u *Representation[T], err error) {
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
		return p, u, nil
	}
	return proposal{asked: askedAct, target: l.target, from: from, content: local, like: u.Header,
		inForce: applied(edit, l.rules())}, u, nil
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
