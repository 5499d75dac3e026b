package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// call is one typed call: what it works with, and what became known. Its error is written once, at
// its end, by one of the three methods fail, end and conflict.
type call struct {
	*view
	ctx     context.Context
	form    form
	decodes func([]byte) error // whether content is what the caller's type needs
	method  string             // that the call is known by
	url     string             // as the caller gave it
	target  string             // that it writes to: a redirect of its read moves it
	log     attemptLog
	start   time.Time
	rounds  int

	base    *version       // that the change started from; nil: none yet
	local   []byte         // with the change
	newest  *version       // the newest one seen; nil: none beside base
	differs error          // where newest is not what the write before the call sent; nil: not known
	refused *ResponseError // the newest refusal; nil if a fetch alone showed the conflict
}

func begin[T any](ctx context.Context, c *view, method, url string) *call {
	return &call{
		view: c, ctx: ctx, method: method, url: url, target: url, form: formOf[T](), start: time.Now(), rounds: 1,
		decodes: func(content []byte) error {
			_, err := decode[T](content)
			return err
		},
	}
}

// refusedBy returns the newest refusal as an error, which a nil pointer would not be.
func (r *call) refusedBy() error {
	if r.refused == nil {
		return nil
	}
	return r.refused
}

// ended makes the error of a call that ends with the outcome of a write. cause says why it ends, if
// not because of that.
func (r *call) ended(o outcome, cause error) error {
	if o.found != nil {
		r.newest = o.found
	}
	if o.what == unknown {
		return r.end(join(ErrUncertain, cause, o.why), o.last)
	}
	return r.fail(join(cause, o.why), o.last)
}

// misnamed corrects the kind of a refusal that was not about the version, as the newest one shows:
// a 404 where PUT is not routed, for example.
func misnamed(o outcome) outcome {
	if o.refusal != nil && o.refusal.Kind.outdated() {
		no := *o.refusal
		no.Kind = Unknown
		o.refusal, o.last = &no, &no
	}
	return o
}

// fail makes the error that the call ends with. last is what failed last; cause why that ended the
// call, or nil.
func (r *call) fail(cause, last error) error {
	var refused *ResponseError
	if errors.As(last, &refused) && isConflict(refused.Kind, refused.status()) {
		return r.conflict(refused.Kind, cause, last)
	}
	return r.end(cause, last)
}

// conflict is fail for a conflict whose kind became known after the refusal, or that a fetch alone
// showed.
func (r *call) conflict(kind Kind, cause, last error) error {
	if told, ok := last.(*ResponseError); ok && told.Kind != kind {
		no := *told // what it is known to be by now: errors.Is must not say both
		no.Kind = kind
		last = &no
	}
	e := &ConflictError{WriteError: *r.end(cause, last), Kind: kind}
	var refused *ResponseError
	if errors.As(last, &refused) {
		e.Problem = refused.Problem
	}
	return e
}

// errCreatedAnew is the Cause of a conflict that the server settled by itself.
var errCreatedAnew = errors.New("the write took effect: the resource was gone, and the write created it anew (201)")

// createdAnew returns the conflict of a write that brought a deleted resource back; v is what there
// is now.
func (r *call) createdAnew(v *version) error {
	r.newest = v
	return r.conflict(Recreated, errCreatedAnew, nil)
}

// end is fail where it is known to be neither a conflict nor uncertain.
func (r *call) end(cause, last error) *WriteError {
	e := &WriteError{
		Method: r.method, URL: redact(r.url), Cause: cause, Last: last, Attempts: r.log.all, Rounds: r.rounds,
		Local: r.local, target: r.target, base: r.base,
	}
	if r.base != nil {
		e.Base, e.BaseETag = r.base.content, r.base.tag
	}
	if r.newest != nil {
		e.Remote, e.RemoteETag = r.newest.content, r.newest.tag
	}
	return e
}

// bound returns what forbids another round; nil: nothing does.
func (r *call) bound() error {
	if most := limit(r.opts.MaxRounds, 0, 1); most > 0 && r.rounds >= most {
		return fmt.Errorf("%w: MaxRounds is %d", ErrExhausted, most)
	}
	if until := r.until(); !until.IsZero() && !time.Now().Before(until) {
		return fmt.Errorf("%w: %v", errElapsed, limit(r.opts.MaxElapsed, defaultElapsed, 0))
	}
	return nil
}

// until returns when MaxElapsed is over; zero: there is no such bound.
func (r *call) until() time.Time {
	if r.opts.MaxElapsed < 0 {
		return time.Time{}
	}
	return r.start.Add(limit(r.opts.MaxElapsed, defaultElapsed, 0))
}

// confirm returns the version that a write of what was derived from v is guarded by: v, or, if the
// answer to the last write told no validator, the newest version, if nobody else has made it. That
// is so when its content is still the same, when its tag is the one that the answer had, or when it
// differs in nothing but what the server keeps for itself. Otherwise others have written, and
// theirs is the newest.
func (r *call) confirm(v *version) (own, others *version, err error) {
	if !v.unconfirmed {
		return v, nil, nil
	}
	if v.content == nil {
		err := fmt.Errorf("%w: the answer to the last write did not tell the content; Get it first", ErrNoValidator)
		return nil, nil, r.fail(err, nil)
	}
	now, err := r.fetchPast(r.ctx, r.start, nil, r.target, r.form, &r.log)
	if now != nil {
		r.newest = now
	}
	if err != nil {
		return nil, nil, r.fail(nil, err)
	}
	switch {
	case now.absent:
		return nil, now, nil
	case r.compare(v, now, r.form) == same:
	case v.receipt != "" && v.receipt == now.tag && !r.otherIdentity(v, now):
		return now, nil, nil
	default:
		if r.differs = r.differ(v, now, r.form); r.differs != nil {
			return nil, now, nil
		}
		return now, nil, nil
	}
	confirmed := *v
	confirmed.tag, confirmed.tagNote, confirmed.date, confirmed.unconfirmed = now.tag, now.tagNote, now.date, false
	return &confirmed, nil, nil
}

// inTime returns the context of the call, which ends when MaxElapsed is over.
func (r *call) inTime() (context.Context, context.CancelFunc) {
	if until := r.until(); !until.IsZero() {
		return context.WithDeadlineCause(r.ctx, until, errElapsed)
	}
	return r.ctx, func() {}
}
