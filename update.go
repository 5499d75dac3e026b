package ifmatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// This file holds the loops: fetch, edit or merge, write, and again while fetching
// again can cure what refused the write.

// Update fetches the resource at url, applies edit to its value, and writes the
// result, under the condition that nobody has written in between (If-Match). If
// somebody has, it fetches the newest state, applies the edit to that, and tries
// again, until the edit is in, a bound is reached ([Options]: MaxRounds, MaxElapsed), or
// the refusal is one that fetching again does not cure. If the edit changes
// nothing, nothing is written.
//
// edit gets a fresh value each time and must derive its change from it alone: it
// may run any number of times, and once more to find out whether a write whose
// answer was lost took effect. Its error ends the call and is found in the
// returned one.
//
// The edit takes effect at most once. When an answer is lost, Update looks: the
// version unchanged, it writes again; the edit without effect on the newest state
// (it is in already), that is success; anything else is [ErrUncertain], unless a
// write identifier ([Options].WriteID) decides it.
//
// A resource that does not exist is a [ResponseError] (404), or with
// [Options].CreateIfAbsent it is created from a zero value (If-None-Match: *). One that
// is deleted meanwhile is a [ConflictError] of kind [Deleted], or is created too. All
// errors after the first fetch are a [WriteError] or a [ConflictError]. On success the
// result is the new state, as [Put] describes it.
func Update[T any](ctx context.Context, c *Client, url string, edit func(*T) error) (*Representation[T], error) {
	if edit == nil {
		return nil, errors.New("ifmatch: Update: the edit is nil")
	}
	c = c.to(http.MethodPut, url)
	r := c.begin(ctx, http.MethodPut, url, formOf[T]())
	l := newLoop(r)
	now, err := c.fetch(ctx, url, r.form, false, &r.log)
	if err != nil {
		return nil, err
	}
	if now.absent && !c.opts.CreateIfAbsent {
		return nil, now.missing
	}
	l.born(now)
	for {
		u := &Representation[T]{URL: url}
		if !now.absent {
			if u, err = representation[T](now); err != nil {
				return nil, r.fail(err, l.refused())
			}
			r.err.target = u.URL
		}
		if err = edit(&u.Value); err != nil {
			if r.err.Local == nil {
				started(r, u, nil)
			}
			return nil, r.end(err, l.refused()) // the caller's own end, whatever was refused before
		}
		local, err := render(u.Content, u.Value, c.rules())
		if err != nil {
			return nil, r.fail(err, l.refused())
		}
		started(r, u, local)
		if !now.absent && bytes.Equal(local, u.Content) {
			return u, nil
		}
		g, err := c.guardOf(now)
		if err != nil {
			return nil, r.fail(err, l.refused())
		}
		ch, err := c.newChange(u.URL, r.form, u.Header, local, g, u.Content)
		if err != nil {
			return nil, r.fail(err, l.refused())
		}
		ch.inForce = applied(edit, c.rules())
		a, found, err := c.perform(ctx, ch, r.form, &r.log)
		if err == nil {
			v, err := learn[T](c, ch, a, found)
			if err != nil {
				return nil, r.fail(err, l.refused())
			}
			return v, nil
		}
		if now, err = l.next(err, g, found); err != nil {
			return nil, err
		}
		if now.absent && !c.opts.CreateIfAbsent {
			return nil, r.conflict(Deleted, nil, l.refused())
		}
		if l.recreated(now) && !c.opts.CreateIfAbsent {
			return nil, r.conflict(Recreated, nil, l.refused())
		}
	}
}

// applied returns the test for an edit being in force: applied to the newest
// state, it changes nothing.
func applied[T any](edit func(*T) error, r rules) func(*state) (bool, error) {
	return func(now *state) (bool, error) {
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

// Save writes a value that was changed elsewhere: by a form, a file, a person. The
// write is guarded by the validator of the version that u was fetched as. If
// somebody was faster, merge gets the base, the caller's value and the newest one
// and decides; what it returns is written, guarded by the validator of that newest
// version, and so on until it is in or a bound is reached. Every merge starts from
// the original base and the caller's original value. A nil merge decides nothing:
// the first conflict is the caller's.
//
// Nothing is written if u's value was not changed, or if merge returns the remote
// value. A conflict that merge does not decide, and a refusal that fetching again
// does not cure, is a [ConflictError] with all sides. When an answer is lost, Save
// looks: if the change is in force, that is success.
//
// On error the result is u itself, unchanged: show it, change it, save it again,
// perhaps with [KeepLocal] to overwrite or [KeepRemote] to discard.
func Save[T any](ctx context.Context, c *Client, u *Representation[T], merge MergeFunc[T]) (*Representation[T], error) {
	if u == nil {
		return nil, errNilRepresentation
	}
	v, _, err := save(ctx, c.to(http.MethodPut, u.URL), u, merge, nil)
	return v, err
}

// save is Save, with the answer that ended it: to the last write, or, if nothing was
// left to write, to the last fetch. With first, the write was sent already and this
// is how it was refused.
func save[T any](ctx context.Context, c *Client, u *Representation[T], merge MergeFunc[T], first *ResponseError) (*Representation[T], *reply, error) {
	r := c.begin(ctx, http.MethodPut, u.URL, formOf[T]())
	l := newLoop(r)
	local, err := render(u.Content, u.Value, c.rules())
	if err != nil {
		return u, nil, r.fail(err, nil)
	}
	started(r, u, local)
	if u.Content != nil && bytes.Equal(local, u.Content) {
		return u, nil, nil
	}
	g, now, err := vouch(r, u)
	if err != nil {
		return u, nil, err
	}
	l.born(&state{content: u.Content})
	l.gone = now != nil && now.absent
	from, body, like := u.Content, local, u.Header
	if first != nil && now == nil {
		if now, err = l.next(first, g, nil); err != nil {
			return u, nil, err
		}
	}
	for {
		if now == nil {
			ch, err := c.newChange(u.URL, r.form, like, body, g, from)
			if err != nil {
				return u, nil, r.fail(err, l.refused())
			}
			a, found, err := c.perform(ctx, ch, r.form, &r.log)
			if err == nil {
				v, err := learn[T](c, ch, a, found)
				if err != nil {
					return u, nil, r.fail(err, l.refused())
				}
				if a == nil {
					a = found.answer
				}
				return v, a, nil
			}
			if now, err = l.next(err, g, found); err != nil {
				return u, nil, err
			}
		}
		if g == (condition{}) || !c.holds(g, now) || !bytes.Equal(from, now.content) {
			if body, err = resolve(ctx, l, u, local, now, merge); err != nil {
				return u, nil, err
			}
			if !now.absent && bytes.Equal(body, now.content) {
				v, err := representation[T](now)
				return v, now.answer, err
			}
			if from, like = now.content, u.Header; !now.absent && !bytes.Equal(body, local) {
				like = now.answer.header // it is the newest document, changed
			}
		}
		if g, err = c.guardOf(now); err != nil {
			return u, nil, r.fail(err, l.refused())
		}
		now = nil
	}
}

// resolve asks merge what to write over the newest state, and returns the content.
// What was written before plays no part: base and local stay the caller's, or a merge
// of a merge could lose the change.
func resolve[T any](ctx context.Context, l *loop, u *Representation[T], local []byte, now *state, merge MergeFunc[T]) ([]byte, error) {
	if merge == nil {
		return nil, l.undecided(now, nil)
	}
	cf, err := conflictOf(l, u, local, now)
	if err != nil {
		return nil, l.call.fail(err, l.refused())
	}
	v, err := merge(ctx, cf)
	if err != nil {
		return nil, l.undecided(now, err)
	}
	doc := now.content
	if now.absent {
		doc = local // what is written anew keeps the members that T does not show
	}
	body, err := render(doc, v, l.call.client.rules())
	if err != nil {
		err = l.call.fail(err, l.refused())
	}
	return body, err
}

// conflictOf makes fresh values of all sides for a merge function.
func conflictOf[T any](l *loop, u *Representation[T], local []byte, now *state) (cf Conflict[T], err error) {
	cf = Conflict[T]{
		RemoteDeleted: now.absent, RemoteRecreated: l.recreated(now), Refusal: l.last, Round: l.call.err.Rounds,
		BaseContent: u.Content, LocalContent: local, RemoteContent: now.content, rules: l.call.client.rules(),
	}
	if cf.Local, err = decode[T](local); err != nil {
		return cf, err
	}
	if u.Content != nil {
		if cf.Base, err = decode[T](u.Content); err != nil {
			return cf, err
		}
	}
	if !now.absent {
		cf.Remote, err = decode[T](now.content)
	}
	return cf, err
}

// loop is what the rounds of one call have in common.
type loop struct {
	call  *call
	start time.Time
	waits *jitter
	last  *ResponseError // the newest refusal; nil if a fetch alone showed the conflict
	ident []byte         // what identifies the resource for life; nil if nothing does

	existed, gone bool // it was there at the start; it was found deleted since
}

func newLoop(r *call) *loop {
	return &loop{call: r, start: time.Now(), waits: newJitter(conflictWait, min(conflictWaitMax, r.client.sender.maxWait))}
}

// refused returns the last refusal as an error, which a nil pointer would not be.
func (l *loop) refused() error {
	if l.last == nil {
		return nil
	}
	return l.last
}

// next decides whether another round can help, waits for it, and fetches the newest
// state, in this order: a wait between learning a validator and using it would only
// make it old. Otherwise it returns the error that the call ends with.
func (l *loop) next(err error, g condition, found *state) (*state, error) {
	r, c := l.call, l.call.client
	if found != nil {
		r.found(found)
	}
	l.last = nil
	var doubt *uncertain
	switch {
	case errors.Is(err, errMoved):
		err = nil
	case errors.As(err, &doubt):
		if !c.opts.AllowDoubleApply {
			return nil, r.fail(nil, err)
		}
	case !errors.As(err, &l.last):
		return nil, r.fail(nil, err)
	}
	cure := l.last == nil || curable(l.last, g)
	if !cure {
		if c.opts.OnConflict == nil || !negotiable(l.last) {
			return nil, r.fail(nil, err)
		}
		if cause := c.opts.OnConflict(r.ctx, l.last); cause != nil {
			if errors.Is(cause, err) {
				cause = nil // it handed the refusal back
			}
			return nil, r.fail(cause, err)
		}
	}
	if cause := l.room(); cause != nil {
		return nil, r.fail(cause, err)
	}
	r.err.Rounds++
	for stale := 0; ; stale++ {
		if cause := l.wait(stale); cause != nil {
			return nil, r.fail(cause, err)
		}
		now, ferr := c.fetch(r.ctx, r.err.target, r.form, true, &r.log)
		if ferr != nil {
			return nil, r.fail(ferr, err)
		}
		r.found(now)
		l.gone = l.gone || now.absent
		if l.last == nil || !cure || !c.holds(g, now) || l.last.Kind == Transient {
			return now, nil
		}
		// The version that was refused is the current one: no new race.
		if l.last.StatusCode != http.StatusPreconditionFailed && l.last.Kind != StaleVersion {
			return nil, r.fail(nil, err) // so the refusal is about something else
		}
		if stale >= staleReads {
			return nil, r.fail(fmt.Errorf("%w: %s", ErrRefusedTag, suspicion(g, now)), err)
		}
	}
}

// negotiable reports whether the caller may be able to put the reason of a refusal
// away: not who is asking, and not how busy the server is.
func negotiable(e *ResponseError) bool {
	switch e.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return isConflict(e)
	}
	return e.StatusCode/100 == 4 && e.Kind != Transient
}

// room returns what forbids another round.
func (l *loop) room() error {
	o := &l.call.client.opts
	if most := limit(o.MaxRounds, defaultRounds, 1); l.call.err.Rounds >= most {
		return fmt.Errorf("%w: MaxRounds is %d", ErrExhausted, most)
	}
	if most := limit(o.MaxElapsed, defaultElapsed, -1); most >= 0 && time.Since(l.start) >= most {
		return fmt.Errorf("%w: MaxElapsed is %v", ErrExhausted, most)
	}
	return nil
}

const (
	defaultRounds  = 20
	defaultElapsed = 2 * time.Minute
)

// wait waits before a fetch: nothing or nearly so at first, then with growing
// jitter, and never less than the server asked for.
func (l *loop) wait(stale int) error {
	s := l.call.client.sender
	d := l.waits.next()
	if stale > 0 {
		d = min(staleWait<<(stale-1), s.maxWait)
	} else if l.last != nil {
		d = max(d, l.last.RetryAfter)
	}
	return waitFor(l.call.ctx, d, l.call.log.last().Duration, s.maxWait)
}

// suspicion names what points to the cause of a refused tag.
func suspicion(g condition, now *state) string {
	h := now.answer.header
	var signs []string
	tag := string(now.tag)
	switch {
	case g.field == "If-Unmodified-Since":
		signs = append(signs, "the server has no entity tag, and its Last-Modified does not match itself")
	case now.tag.IsWeak():
		signs = append(signs, "the tag is weak, which If-Match never matches by RFC 9110; see Options.StripWeakTags")
	case strings.Contains(tag, "gzip") || strings.Contains(tag, "-br") || strings.Contains(tag, "deflate"):
		signs = append(signs, "the tag looks like that of a compressed form, in spite of Accept-Encoding: identity")
	case g.creates():
		signs = append(signs, "the server says that the resource exists, and a GET does not find it")
	}
	for _, f := range []string{"Age", "X-Cache", "Via", "Server"} {
		if v := h.Get(f); v != "" {
			signs = append(signs, f+": "+quote(v))
		}
	}
	if len(signs) == 0 {
		return "nothing in its answer tells why"
	}
	return strings.Join(signs, "; ")
}

// undecided makes the error of a conflict that no merge function decided.
func (l *loop) undecided(now *state, cause error) error {
	kind := StaleVersion
	switch {
	case now.absent:
		kind = Deleted
	case l.recreated(now):
		kind = Recreated
	}
	return l.call.conflict(kind, cause, l.refused())
}

// born notes what the resource was when the call began.
func (l *loop) born(s *state) {
	l.existed = !s.absent
	l.ident = l.identity(s)
}

func (l *loop) identity(s *state) []byte {
	if l.call.client.opts.Identity == "" || s.content == nil {
		return nil
	}
	v, err := l.call.client.identity.Get(s.content)
	if err != nil {
		return nil
	}
	return v
}

// recreated reports whether the state is that of another resource under the same
// URL: this call has seen it gone, or its identity is not the one it had.
func (l *loop) recreated(now *state) bool {
	if now.absent {
		return false
	}
	if l.ident == nil {
		return l.existed && l.gone
	}
	same, err := jsonmerge.Equal(l.ident, l.identity(now))
	return err != nil || !same
}
