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
	return r.fail(cause, o.last)
}

// fail makes the error that the call ends with. last is what failed last; cause why that ended the
// call, or nil.
func (r *call) fail(cause, last error) error {
	var refused *ResponseError
	if errors.As(last, &refused) && isConflict(refused.Kind, refused.StatusCode) {
		return r.conflict(refused.Kind, cause, last)
	}
	return r.end(cause, last)
}

// conflict is fail for a conflict whose kind became known after the refusal, or that a fetch alone
// showed.
func (r *call) conflict(kind Kind, cause, last error) error {
	e := &ConflictError{WriteError: *r.end(cause, last), Kind: kind}
	var refused *ResponseError
	if errors.As(last, &refused) {
		e.Problem = refused.Problem
	}
	return e
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
	if most := limit(r.opts.MaxRounds, defaultRounds, 1); r.rounds >= most {
		return fmt.Errorf("%w: MaxRounds is %d", ErrExhausted, most)
	}
	if most := limit(r.opts.MaxElapsed, defaultElapsed, -1); most >= 0 && time.Since(r.start) >= most {
		return fmt.Errorf("%w: MaxElapsed is %v", ErrExhausted, most)
	}
	return nil
}

// confirm returns the version that a write of what was derived from v is guarded by: v, or, if the
// answer to the last write told no validator, v with that of the newest version, when the content
// is still the same. Otherwise others have written, and theirs is the newest.
func (r *call) confirm(v *version) (own, others *version, err error) {
	if !v.unconfirmed {
		return v, nil, nil
	}
	if v.content == nil {
		err := fmt.Errorf("%w: the answer to the last write did not tell the content; Get it first", ErrNoValidator)
		return nil, nil, r.fail(err, nil)
	}
	now, err := r.fetch(r.ctx, r.target, r.form, true, &r.log)
	if err != nil {
		return nil, nil, r.fail(nil, err)
	}
	r.newest = now
	if r.compare(v, now, r.form) != same {
		return nil, now, nil
	}
	confirmed := *v
	confirmed.tag, confirmed.tagNote, confirmed.date, confirmed.unconfirmed = now.tag, now.tagNote, now.date, false
	return &confirmed, nil, nil
}
