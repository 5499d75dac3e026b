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
	why     error          // why looking did not tell; nil if it was not asked or says all there is
}

// deliver sends the write until its outcome is known or cannot be known. All copies carry one
// condition.
func (c *view) deliver(ctx context.Context, w *writeRequest, log *attemptLog) outcome {
	doubt := false // a copy may have landed, and no answer told of it
	waits := newJitter(retryWait, c.sender.maxWait)
	for try := 1; ; try++ {
		r, err := c.request(w)
		if err != nil {
			return outcome{what: refuse, last: err}
		}
		a, err := c.exchange(ctx, r, log)
		e := outcomeEvidence{asked: w.asked, identified: w.id != nil, spent: try >= c.sender.maxAttempts}
		o := outcome{last: err}
		wait := time.Duration(0)
		switch sent := log.last(); {
		case sent.Err != nil:
			e.told = toldByFailure(doubt, sent.Deliveries)
		case landed(a.status):
			e.told, o.answer = toldSuccess, a
		default:
			no := c.refusal(r, a)
			o.last, wait = join(no, err), no.RetryAfter
			if e.told = toldByAnswer(no, doubt || sent.Deliveries > 1); e.told.refuses() {
				o.refusal = no
			}
		}

		row := c.decided(e)
		if row.then == look {
			// The first look is immediate: the sooner, the more it can tell.
			if try > 1 {
				wait = max(wait, waits.next())
			}
			e.seen = lookFailed
			if o.why = waitFor(ctx, wait, log.last().Duration, c.sender.maxWait); o.why == nil {
				o.found, e.seen, o.why = c.look(ctx, w, o.refusal, log)
			}
			row = c.decided(e)
		}
		if row.then == sendAgain {
			doubt = true
			continue
		}
		o.what, o.why = row.then, join(row.err, o.why)
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

// toldByFailure reads an exchange without an answer.
func toldByFailure(doubt bool, deliveries int) told {
	if !doubt && deliveries == 0 {
		return toldNotSent
	}
	return toldNothing
}

// toldByAnswer reads an answer that is no success. doubt says that another copy may have landed.
func toldByAnswer(no *ResponseError, doubt bool) told {
	switch {
	case no.StatusCode/100 == 2, no.StatusCode == http.StatusSeeOther: // 303: done, perhaps, and told elsewhere
		return toldPromise
	case unanswered(no.StatusCode):
		return toldNothing
	case no.Kind.outdated() && doubt:
		return toldOutdatedInDoubt
	case no.Kind.outdated():
		return toldOutdated
	case doubt:
		return toldRefusedInDoubt
	}
	return toldRefused
}

func (t told) refuses() bool {
	switch t {
	case toldRefused, toldOutdated, toldRefusedInDoubt, toldOutdatedInDoubt:
		return true
	}
	return false
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
// of a gateway that speaks for it, and errors after the fact.
func unanswered(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return false
	case http.StatusRequestTimeout:
		return true
	}
	return status/100 == 5
}

// look fetches the newest version and tells what it shows of the write.
func (c *view) look(ctx context.Context, w *writeRequest, no *ResponseError, log *attemptLog) (*version, seen, error) {
	var refused *version // nil: any version may be what is looked for
	if no != nil && no.Kind.outdated() {
		refused = w.from
	}
	now, err := c.fetchPast(ctx, refused, w.target, w.form, log)
	if now == nil {
		return nil, lookFailed, err
	}
	saw, why := c.shows(w, now)
	return now, saw, join(err, why)
}

// shows tells what a version shows of the write. What a cache may show too proves least, and so an
// untouched version comes before the exclusion of an identifier.
func (c *view) shows(w *writeRequest, now *version) (seen, error) {
	excluded := false
	if w.id != nil && !now.absent {
		var there bool
		if there, excluded = w.id.recognise(now.content); there {
			return seenIdentifier, nil
		}
	}
	switch {
	case c.compare(w.from, now, w.form) == same:
		return seenUntouched, nil
	case excluded:
		return seenExcluded, nil
	case w.inForce == nil:
		return seenUnknowable, nil
	}
	ok, err := w.inForce(now)
	if ok {
		return seenInForce, nil
	}
	return seenUnknowable, err
}
