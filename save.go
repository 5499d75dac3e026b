package ifmatch

import (
	"bytes"
	"context"
	"net/http"
)

// Save writes a value that was changed elsewhere: by a form, a file, a person. The write is guarded
// by the validator of the version that u was fetched as. If somebody was faster, merge gets the
// base, the caller's value and the newest one and decides; what it returns is written, guarded by
// the validator of that newest version, and so on until it is in or a bound is reached. Every merge
// starts from the original base and the caller's original value. A nil merge decides nothing: the
// first conflict is the caller's.
//
// Nothing is written if u's value was not changed, or if merge returns the remote value. A conflict
// that merge does not decide, and a refusal that fetching again does not cure, is a [ConflictError]
// with all sides. When an answer is lost, Save looks: if the change is in force, that is success.
//
// On error the result is u itself, unchanged: show it, change it, save it again, perhaps with
// [KeepLocal] to overwrite or [KeepRemote] to discard.
func Save[T any](ctx context.Context, c *Client, u *Representation[T], merge MergeFunc[T]) (*Representation[T], error) {
	if u == nil {
		return nil, errNilRepresentation
	}
	v, _, err := save(ctx, c.route(http.MethodPut, u.URL), u, merge, nil)
	return v, err
}

// save is Save, with the answer that ended it: to the last write, or, if nothing was left to write,
// to the last fetch. With refused, the write was sent already and this is how it was refused.
func save[T any](
	ctx context.Context, c *view, u *Representation[T], merge MergeFunc[T], refused *ResponseError,
) (*Representation[T], *answer, error) {
	r := begin[T](ctx, c, http.MethodPut, u.URL)
	local, err := render(u.Content, u.Value, r.rules())
	if err != nil {
		return u, nil, r.fail(err, nil)
	}
	base := u.version()
	r.base, r.local = base, local
	if u.Content != nil && bytes.Equal(local, u.Content) {
		return u, nil, nil
	}
	from, others, err := r.confirm(base)
	if err != nil {
		return u, nil, err
	}
	if from != nil && !bytes.Equal(from.content, u.Content) {
		// The server has made something of its own of what the last write sent: that is the base.
		if local, err = carriedOver[T](u.Content, local, from.content, r.rules()); err != nil {
			return u, nil, r.fail(err, nil)
		}
		base, r.base, r.local = from, from, local
		if bytes.Equal(local, from.content) {
			w, err := represent[T](from)
			if err != nil {
				return u, nil, r.fail(err, nil)
			}
			return w, from.answer, nil
		}
	}
	l := newLoop(r, base)
	m := &merging[T]{loop: l, base: base, merge: merge,
		last: proposal{asked: askedState, target: u.URL, from: from, content: local, like: base.header}}
	switch {
	case others != nil:
		from, l.life.wasGone = others, others.absent
	case refused != nil:
		condition, err := r.precondition(from)
		if err != nil {
			return u, nil, r.fail(err, refused)
		}
		o := outcome{what: refuse, refusal: refused, last: refused}
		if from, err = l.after(o, from, condition.form); err != nil {
			return u, nil, err
		}
	}
	m.last.inForce = m.inForce
	v, a, err := l.run(from, m.propose)
	if err != nil {
		return u, nil, err
	}
	w, err := represent[T](v)
	if err != nil {
		return u, nil, r.fail(err, r.refusedBy())
	}
	return w, a, nil
}

// merging proposes the caller's value over the version that it was derived from, and over any other
// what the merge function makes of it.
type merging[T any] struct {
	*loop
	base  *version // that the caller's change started from
	merge MergeFunc[T]
	last  proposal // the newest one
}

func (m *merging[T]) propose(from *version) (proposal, error) {
	last := m.last.from
	if from == last || last != nil && m.compare(last, from, m.form) == same {
		m.last.from = from
		return m.last, nil
	}
	content, err := m.resolve(from)
	if err != nil {
		return proposal{}, err
	}
	if !from.absent && bytes.Equal(content, from.content) {
		return proposal{from: from, done: true}, nil
	}
	m.last = proposal{asked: askedState, target: m.base.url, from: from, content: content, like: m.base.header,
		inForce: m.inForce}
	if !from.absent && !bytes.Equal(content, m.local) {
		m.last.like = from.header // it is the newest document, changed
	}
	return m.last, nil
}

// inForce reports whether the caller's own merge function would write nothing over a version.
// Without one it is what the write itself changes that is asked for, as with Put.
func (m *merging[T]) inForce(now *version) (bool, error) {
	if m.merge == nil || now.absent {
		return contained(m.form, m.opts.Dialect, m.base.content, m.local)(now)
	}
	cf, err := m.conflictWith(now)
	if err != nil {
		return false, err
	}
	v, err := m.merge(m.ctx, cf)
	if err != nil {
		return false, nil // it is not decided, so nothing says that it is in force
	}
	content, err := render(now.content, v, m.rules())
	d := m.opts.Dialect // a version that the content shows moves on with every write
	return err == nil && sameContent(m.form, d.unversioned(content), d.unversioned(now.content)), err
}

// resolve asks merge what to write over the newest version, and returns the content. What was
// written before plays no part: base and local stay the caller's, or a merge of a merge could lose
// the change.
func (m *merging[T]) resolve(now *version) ([]byte, error) {
	if m.merge == nil {
		return nil, m.undecided(now, m.differs)
	}
	cf, err := m.conflictWith(now)
	if err != nil {
		return nil, m.fail(err, m.refusedBy())
	}
	v, err := m.merge(m.ctx, cf)
	if err != nil {
		return nil, m.undecided(now, err)
	}
	doc := now.content
	if now.absent {
		doc = m.local // what is written anew keeps the members that T does not show
	}
	content, err := render(doc, v, m.rules())
	if err != nil {
		err = m.fail(err, m.refusedBy())
	}
	return content, err
}

// conflictWith makes fresh values of all sides for a merge function.
func (m *merging[T]) conflictWith(now *version) (cf Conflict[T], err error) {
	cf = Conflict[T]{
		RemoteDeleted: now.absent, RemoteRecreated: m.recreated(now), Refusal: m.refused, Round: m.rounds,
		BaseContent: m.base.content, LocalContent: m.local, RemoteContent: now.content, rules: m.rules(),
	}
	if cf.Local, err = decode[T](m.local); err != nil {
		return cf, err
	}
	if m.base.content != nil {
		if cf.Base, err = decode[T](m.base.content); err != nil {
			return cf, err
		}
	}
	if !now.absent {
		cf.Remote, err = decode[T](now.content)
	}
	return cf, err
}
