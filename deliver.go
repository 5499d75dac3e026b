package ifmatch

import (
	"context"
	"net/http"
	"time"
)

// outcome is what became of a write.
type outcome struct {
	what    decision       // succeed, refuse, superseded or unknown
	answer  *answer        // that told of success; nil if a look showed it
	found   *version       // what the newest look found; nil if there was none
	refusal *ResponseError // the answer that refused it; nil if there was none
	last    error          // what failed last: the refusal, or why no answer came
	since   time.Time      // no look that is older says anything: when it was refused, or first sent
	why     error          // why it ends so, where last does not say enough
}

// delivery is the work on one write.
type delivery struct {
	*view
	w     *writeRequest
	log   *attemptLog
	since time.Time // no look that is older says anything: when the newest answer came, or the first copy was sent
	doubt bool      // a copy may have landed, and no answer told of it
}

// deliver sends the write until its outcome is known or cannot be known. All copies carry one
// condition.
func (c *view) deliver(ctx context.Context, w *writeRequest, log *attemptLog) outcome {
	d := &delivery{view: c, w: w, log: log, since: time.Now()}
	waits := newJitter(retryWait, c.sender.maxWait)
	for try := 1; ; try++ {
		r, err := c.request(w)
		if err != nil {
			return outcome{what: refuse, last: err}
		}
		a, err := c.exchange(ctx, r, log)
		if a != nil && err == nil {
			d.since = a.received
		}
		e := outcomeEvidence{asked: w.asked, identifier: w.id.kind()}
		o := outcome{last: err, since: d.since}
		wait := time.Duration(0)
		e.told, wait = d.read(r, a, &o)
		e.spent = try >= c.sender.maxAttempts

		row := c.decided(e)
		if row.then == look {
			// The first look is immediate: the sooner, the more it can tell.
			if try > 1 {
				wait = max(wait, waits.next())
			}
			o.found, e.seen, o.why = d.look(ctx, wait, e.told, o.refusal)
			row = c.decided(e)
		}
		if row.then == sendAgain {
			d.doubt = true
			continue
		}
		o.what = row.then
		if o.why = join(row.err, o.why); o.what == refuse && row.err == nil {
			o.why = nil // the refusal says enough
		}
		if o.what != succeed || o.found != nil && !o.found.absent {
			o.answer = nil // the look tells more
		}
		return o
	}
}

// decided returns the row of the table.
func (c *view) decided(e outcomeEvidence) outcomeRow {
	row := e.decide()
	if c.opts.onDecision != nil {
		c.opts.onDecision(e, row.then)
	}
	return row
}

// read says what an exchange told, and how long the server wants to be left alone. It notes what
// refused the write.
func (d *delivery) read(r *request, a *answer, o *outcome) (told, time.Duration) {
	sent := d.log.last()
	doubt := d.doubt || sent.Deliveries > 1
	switch {
	case sent.Err != nil && a != nil && landed(sent.Status) && !d.opts.Dialect.rereads():
		// The server has said that it is done; only the content of the answer is missing.
		o.answer = a.withoutContent()
		return toldSuccess, 0
	case sent.Err != nil:
		return toldByFailure(d.doubt, sent.Deliveries), 0
	case landed(a.status):
		o.answer = a
		if several := d.doubt || sent.Deliveries > 1; several && d.w.comesBack(d.view) {
			return toldRepeated, 0
		}
		t, err := d.claim(d.w, a)
		o.last = err
		if doubt && in(toldIgnored, toldDenied).has(t) {
			t = toldPromise // this copy changed nothing, and another one may yet arrive
		}
		return t, 0
	}
	no := d.refusal(r, a)
	o.last = join(no, o.last)
	t := toldByAnswer(no, doubt)
	if t.refuses() {
		o.refusal = no
	}
	return t, no.RetryAfter
}

// toldByFailure reads an exchange without an answer.
func toldByFailure(doubt bool, deliveries int) told {
	if !doubt && deliveries == 0 {
		return toldNotSent
	}
	return toldNothing
}

// toldByAnswer reads an answer that is no success. doubt says that another copy may have landed.
func toldByAnswer(no *ResponseError, doubt bool) told {
	status := no.status()
	switch status {
	case http.StatusMultipleChoices, http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusNotModified, http.StatusUseProxy:
		if doubt {
			return toldRefusedInDoubt
		}
		return toldElsewhere
	}
	// A second copy of a write that landed would find the resource: this is about something else.
	missing := status == http.StatusNotFound || status == http.StatusGone
	switch outdated := no.Kind.outdated() && !missing || status == http.StatusPreconditionFailed; {
	case status/100 == 2:
		return toldPromise
	case unanswered(status) && (no.Kind == Unknown || no.Kind == Transient):
		return toldNothing
	case outdated && doubt:
		return toldOutdatedInDoubt
	case outdated:
		return toldOutdated
	case doubt:
		return toldRefusedInDoubt
	case status == http.StatusConflict:
		return toldConflict
	case status == http.StatusBadRequest || status == http.StatusNotImplemented:
		return toldSuspect
	}
	return toldRefused
}

func (t told) refuses() bool {
	return in(toldRefused, toldSuspect, toldConflict, toldOutdated, toldRefusedInDoubt, toldOutdatedInDoubt,
		toldElsewhere).has(t)
}

// landed lists the answers that say that the write took effect.
func landed(status int) bool {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent,
		http.StatusResetContent:
		return true
	}
	return false
}

// unanswered lists the answers that are not the origin's word on what became of the request: those
// of a gateway that speaks for it, and errors after the fact. One whose content says what the
// origin refused is its word all the same.
func unanswered(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return false
	case http.StatusRequestTimeout:
		return true
	}
	return status/100 == 5
}

// look waits, fetches the newest version and tells what it shows of the write. It looks again where
// another look can tell more: past a cache that holds the refused version, and once where an
// identifier should be and is not.
func (d *delivery) look(ctx context.Context, wait time.Duration, t told, no *ResponseError) (*version, seen, error) {
	if !d.w.until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, d.w.until, errElapsed)
		defer cancel()
	}
	var refused *version // nil: any version may be what is looked for
	if in(toldOutdated, toldOutdatedInDoubt).has(t) && no != nil {
		refused = d.w.from
	}
	now, saw, err := d.lookOnce(ctx, wait, refused, t)
	if saw == seenUnknowable && d.w.id != nil {
		wait = min(staleWait, d.sender.maxWait)
		if again, more, why := d.lookOnce(ctx, wait, refused, t); more != lookFailed {
			return again, more, why
		}
	}
	return now, saw, err
}

// lookOnce is look without another look.
func (d *delivery) lookOnce(
	ctx context.Context, wait time.Duration, refused *version, t told,
) (*version, seen, error) {
	roundTrip := d.log.last().Duration
	if d.log.last().Status == 0 {
		roundTrip = 0 // how long nothing came says nothing of how long an answer takes
	}
	if err := waitFor(ctx, wait, roundTrip, d.sender.maxWait); err != nil {
		return nil, lookFailed, err
	}
	now, err := d.fetchPast(ctx, d.since, refused, d.w.target, d.w.form, d.log)
	if now == nil {
		return nil, lookFailed, err
	}
	saw, why := d.shows(now, t)
	if saw == lookFailed {
		now = nil // it is older than the write
	}
	return now, saw, join(err, why)
}

// shows tells what a version shows of the write. What a cache may show too proves least, and so an
// untouched version comes before the exclusion of an identifier.
func (d *delivery) shows(now *version, t told) (seen, error) {
	w := d.w
	there, excluded := w.id.recognise(now.content, now.header, w.tagIsHash(d.view))
	if there {
		return seenIdentifier, nil
	}
	if d.older(d.since, now) {
		return lookFailed, errOldAnswer
	}
	relation := d.compare(w.from, now, w.form)
	switch {
	case relation == same && !w.tagIsHash(d.view):
		return seenUntouched, nil
	case relation == altered && t == toldUnshown:
		return seenUntouched, nil // only the server's own members have moved
	case t == toldUnshown && w.condition.form == unconditional && sameContent(w.form, w.from.content, now.content):
		return seenUntouched, nil // there is no version to tell it by
	}
	if ok, err := d.inForce(now, t); ok {
		return seenInForce, nil
	} else if err != nil {
		return seenUnknowable, err
	}
	switch {
	case relation == same:
		return seenReturned, nil
	case now.absent && !w.from.absent:
		return seenGone, nil
	case excluded:
		return seenExcluded, nil
	}
	return seenUnknowable, nil
}

// inForce reports whether a version shows what the write wanted, where that says anything: equal
// content may be another's doing, and so it decides neither for an act nor for a write that carries
// an identifier. Where the server has said that an act is done, it confirms that.
func (d *delivery) inForce(now *version, t told) (bool, error) {
	w := d.w
	switch {
	case w.id != nil:
		return false, nil
	case w.inForce != nil:
		return w.inForce(now)
	}
	return t == toldDenied && !now.absent && w.document != nil && sameContent(w.form, w.document, now.content), nil
}
