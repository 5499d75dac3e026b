package ifmatch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// propose says what to write over a version. It is pure but for what the caller's own functions do;
// the error that it returns is that of the call.
type propose func(from *version) (proposal, error)

// loop is the loop of every call that runs again on a newer version: propose, write, and fetch what
// is newest, for as long as fetching can cure what refused the write. It decides nothing:
// outcome.go says what became of a write, refusal.go what follows.
type loop struct {
	*call
	waits *jitter
	life  life
	ids   []*writeID // that writes of this call carried, the newest last
}

// maxIDs bounds how many identifiers of its own a call looks for.
const maxIDs = 64

// shown reports whether a version shows a write of this call. Every version that is seen after a
// write with an identifier is asked: the write may have been repeated by a gateway, or land late.
func (l *loop) shown(v *version) bool {
	if v == nil || v.absent || len(l.ids) == 0 {
		return false
	}
	there := l.ids[0].place.shown(v.content, v.header)
	return slices.ContainsFunc(l.ids, func(id *writeID) bool { return slices.Contains(there, id.id) })
}

func newLoop(r *call, start *version) *loop {
	l := &loop{call: r, waits: newJitter(conflictWait, min(conflictWaitMax, r.sender.maxWait))}
	l.life = life{existed: !start.absent, identity: l.identityOf(start)}
	return l
}

// run writes what is proposed, beginning with a version, until it is in or nothing is left to
// write. It returns the resulting version and the answer that told of it.
func (l *loop) run(from *version, next propose) (*version, *answer, error) {
	for {
		p, err := next(from)
		if err != nil {
			return nil, nil, err
		}
		if p.done {
			return p.from, p.from.answer, nil
		}
		w, err := l.newReplacement(p, l.form)
		if err != nil {
			return nil, nil, l.fail(err, l.refusedBy())
		}
		w.until = l.until()
		o := l.deliver(l.ctx, w, &l.log)
		if o.what == succeed {
			v := l.resulting(w, o, l.decodes)
			if l.broughtBack(w, o) {
				return nil, nil, l.createdAnew(v)
			}
			return v, cmp.Or(o.answer, v.answer), nil
		}
		if w.id != nil {
			l.ids = append(l.ids[max(len(l.ids)+1-maxIDs, 0):], w.id)
		}
		if from, err = l.after(o, w.from, w.condition.form); err != nil {
			return nil, nil, err
		}
		if l.shown(from) {
			return from, from.answer, nil
		}
	}
}

// after does what follows a write without success, and returns the newest version for the next
// round. It waits first and fetches then: a wait between learning a validator and using it would
// only make it old.
func (l *loop) after(o outcome, from *version, condition preconditionForm) (*version, error) {
	if o.found != nil {
		l.newest = o.found
		if l.shown(o.found) {
			return o.found, nil
		}
	}
	l.refused = nil
	e := refusalEvidence{outcome: o.what, condition: condition, doubles: l.opts.AllowDoubleApply,
		canAsk: l.opts.OnConflict != nil, spent: l.bound() != nil}
	if o.what == refuse && o.refusal != nil {
		l.refused = o.refusal
		e.answered, e.kind, e.status = true, o.refusal.Kind, classOf(o.refusal.status())
	}
	then := e.decide()
	if then == askCaller {
		if err := l.opts.OnConflict(l.ctx, o.refusal); err != nil {
			if errors.Is(err, o.refusal) {
				err = nil // the caller handed the refusal back
			}
			return nil, l.ended(o, err)
		}
		e.settled, e.spent = true, l.bound() != nil
		then = e.decide()
	}
	switch then {
	case surface:
		return nil, l.ended(o, nil)
	case exhausted:
		return nil, l.ended(o, l.bound())
	}
	l.rounds++
	if err := l.wait(); err != nil {
		return nil, l.ended(o, err)
	}
	var refused *version
	if e.saysOutdated() {
		refused = from
	}
	ctx, cancel := l.inTime()
	defer cancel()
	now, err := l.fetchPast(ctx, o.since, refused, l.target, l.form, &l.log)
	if now != nil {
		l.newest, o.found = now, now
		l.life.wasGone = l.life.wasGone || now.absent
	}
	if err != nil {
		return nil, l.ended(o, err)
	}
	if l.shown(now) {
		return now, nil
	}
	switch e.decideAfterFetch(l.compare(from, now, l.form)) {
	case surface:
		return nil, l.ended(misnamed(o), nil)
	case refusedTag:
		return nil, l.ended(o, fmt.Errorf("%w: %s", ErrRefusedTag, suspicion(condition, now)))
	}
	if e.answered {
		err = l.restless(l.ctx, from, now, l.form, &l.log)
	}
	if err != nil {
		return nil, l.ended(o, err)
	}
	return now, nil
}

// wait waits before a fetch: nothing or nearly so at first, then with growing jitter, and never
// less than the server asked for.
func (l *loop) wait() error {
	d := l.waits.next()
	if l.refused != nil {
		d = max(d, l.refused.RetryAfter)
	}
	return waitFor(l.ctx, d, l.log.last().Duration, l.sender.maxWait)
}

// undecided makes the error of a conflict that no merge function decided.
func (l *loop) undecided(now *version, cause error) error {
	kind := StaleVersion
	switch {
	case now.absent:
		kind = Deleted
	case l.recreated(now):
		kind = Recreated
	}
	return l.conflict(kind, cause, l.refusedBy())
}

// life is what is known of the resource that the call began with.
type life struct {
	existed, wasGone bool   // it was there at the start; it was found deleted since
	identity         []byte // what identifies it for life; nil if nothing does
}

func (l *loop) identityOf(v *version) []byte {
	if l.opts.Identity == "" || v.content == nil {
		return nil
	}
	id, err := l.identity.Get(v.content)
	if err != nil {
		return nil
	}
	return id
}

// recreated reports whether the version is that of another resource under the same URL: this call
// has seen it gone, or its identity is not the one it had.
func (l *loop) recreated(now *version) bool {
	if now.absent {
		return false
	}
	if l.life.identity == nil {
		return l.life.existed && l.life.wasGone
	}
	equal, err := jsonmerge.Equal(l.life.identity, l.identityOf(now))
	return err != nil || !equal
}

// suspicion names what points to the cause of a refused tag.
func suspicion(condition preconditionForm, now *version) string {
	var signs []string
	tag := string(now.tag)
	switch {
	case condition == byDate:
		signs = append(signs, "the server has no entity tag, and its Last-Modified does not match itself")
	case now.tag.IsWeak():
		signs = append(signs, "the tag is weak, which If-Match never matches by RFC 9110; see Options.StripWeakTags")
	case strings.Contains(tag, "gzip") || strings.Contains(tag, "-br") || strings.Contains(tag, "deflate"):
		signs = append(signs, "the tag looks like that of a compressed form, in spite of Accept-Encoding: identity")
	case condition.creates():
		signs = append(signs, "the server says that the resource exists, and a GET does not find it")
	}
	for _, f := range []string{"Age", "X-Cache", "Via", "Server"} {
		if v := now.header.Get(f); v != "" {
			signs = append(signs, f+": "+quote(v))
		}
	}
	if len(signs) == 0 {
		return "nothing in its answer tells why"
	}
	return strings.Join(signs, "; ")
}
