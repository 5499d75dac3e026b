package ifmatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// This file makes one guarded write and finds out what became of it. A broken
// connection, a timeout, a 5xx, a replay by somebody in between: each leaves open
// whether the write took effect. Then the resource is asked (see perform), and what
// it does not tell is reported as uncertain.

// ErrUncertain reports a write whose outcome is unknown: it may have reached the
// server, no answer told what became of it, and looking at the resource did not
// tell either. It is neither a success nor a conflict. The [WriteError] that
// carries it holds what is needed to look and to go on.
var ErrUncertain = errors.New("the outcome of the write is unknown")

// ErrRefusedTag reports that the server refuses, as outdated, the very entity tag
// that it gives: no new fetch and no merge can help. Something between origin and
// client alters tags (compression, a proxy, a cache that ignores no-cache), or the
// server does not accept its own. The error's text says what points to which.
var ErrRefusedTag = errors.New("the server refuses the validator that it gives")

// uncertain is a write whose outcome is not known.
type uncertain struct {
	last  error  // what went wrong with the write
	why   error  // why looking did not tell; nil if it looked and could not tell
	found *state // what looking found
}

func (e *uncertain) Error() string { return ErrUncertain.Error() }

// perform sends the change until its outcome is known, and returns the answer of
// success, or the state that shows the change in force. Otherwise the error is a
// *ResponseError or errMoved (it did not take effect), an *uncertain, or another
// one (nothing was sent).
//
// Once a copy may have arrived without an answer, no later answer is taken at
// its word: a 412 may be about our own write. The questions, in this order:
//
//  1. Is the wanted state in force, or our identifier there? Success.
//  2. Is the version that the write was made from still current? Then no copy has taken
//     effect; send it again. All copies carry one condition, so at most one ever does.
//  3. Anything else: somebody has written. Us first, and then somebody else?
//     It cannot be known.
//
// A clear refusal is no doubt, but a gateway may have sent the write twice: where the
// write leaves an identifier, that is looked for first.
func (c *Client) perform(ctx context.Context, ch *change, f form, log *attemptLog) (*reply, *state, error) {
	doubt := false
	waits := newJitter(retryWait, c.sender.maxWait)
	for try := 1; ; try++ {
		r, err := c.request(ch)
		if err != nil {
			return nil, nil, err
		}
		a, err := c.exchange(ctx, r, log)
		var refused *ResponseError // a clear no to the copy that was answered
		var accepted bool          // a promise or a mixture: another copy would not help
		var plain bool             // refused, and nothing seen that could make it our own doing
		var wait time.Duration
		last := log.last()
		switch {
		case err != nil && last.Err != nil && !doubt && last.Deliveries == 0:
			return nil, nil, err
		case err != nil && last.Err != nil:
		case err == nil && landed(a.status):
			return a, nil, nil
		default:
			no := c.refusal(r, a)
			err, wait = join(no, err), no.RetryAfter
			accepted = a.status/100 == 2 || a.status == http.StatusSeeOther
			if !unanswered(a.status) {
				refused, plain = no, !doubt && last.Deliveries <= 1
				if plain && (ch.stamp == nil || !outdated(no)) {
					return nil, nil, err
				}
			}
		}
		doubt = !plain

		// The first look is immediate: the sooner, the more it can tell.
		if try > 1 {
			wait = max(wait, waits.next())
		}
		var now *state
		var says verdict
		why := waitFor(ctx, wait, last.Duration, c.sender.maxWait)
		if why == nil {
			now, says, why = c.look(ctx, ch, f, refused, log)
		}
		switch {
		case plain && now == nil:
			return nil, nil, err // nothing was seen that casts doubt on it
		case plain && !ch.stamp.in(now.content):
			return nil, now, refused
		case now == nil:
			return nil, nil, &uncertain{last: err, why: why}
		case says == inForce:
			return nil, now, nil
		case says == untouched && outdated(refused):
			return nil, nil, &uncertain{last: err, why: join(ErrRefusedTag, why), found: now}
		case says == unknowable || accepted:
			return nil, nil, &uncertain{last: err, why: why, found: now}
		case says == notApplied && refused != nil:
			return nil, now, refused
		case says == notApplied:
			return nil, now, errMoved
		case refused != nil:
			// The newest copy was refused for a reason that is not the version; that an
			// earlier one had not landed is only what a look says, and caches lag.
			return nil, nil, &uncertain{last: err, found: now}
		case try >= c.sender.maxAttempts:
			why = fmt.Errorf("%w: no answer to %d copies of the write", ErrExhausted, try)
			return nil, nil, &uncertain{last: err, why: why, found: now}
		}
	}
}

const (
	// staleReads is how often a fetch may return the refused version before that is
	// taken for good. The waits between them add up to almost four seconds: some
	// servers give a weak tag for the first second after a write, and some caches
	// an old answer for a little longer, whatever the request says.
	staleReads = 4
	staleWait  = 250 * time.Millisecond
)

// look fetches the newest state and puts the questions to it. When the server has
// said that the version is another one by now, a state that is still the one that the
// write was made from came out of a cache, and proves nothing: it looks again, as
// often as next does.
func (c *Client) look(ctx context.Context, ch *change, f form, refused *ResponseError, log *attemptLog) (*state, verdict, error) {
	for stale := 0; ; stale++ {
		now, err := c.fetch(ctx, ch.target, f, true, log)
		if err != nil {
			return nil, unknowable, err
		}
		verdict, why := c.ask(ch, now)
		if verdict != untouched || !outdated(refused) || stale >= staleReads {
			return now, verdict, why
		}
		d := min(staleWait<<stale, c.sender.maxWait)
		if err := waitFor(ctx, d, log.last().Duration, c.sender.maxWait); err != nil {
			return now, verdict, err
		}
	}
}

// outdated reports whether a refusal says that the condition of the write does not hold.
func outdated(refused *ResponseError) bool {
	if refused == nil {
		return false
	}
	switch refused.Kind {
	case StaleVersion, AlreadyExists, Deleted, Recreated:
		return true
	}
	return false
}

// errMoved is the refusal of a write that nobody answered: others have written, and
// it provably did not take effect.
var errMoved = errors.New("others have written meanwhile")

// landed lists the answers that say that the write took effect.
func landed(status int) bool {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusNonAuthoritativeInfo, http.StatusNoContent, http.StatusResetContent:
		return true
	}
	return false
}

// unanswered lists the answers that leave open whether it did: a gateway that
// speaks for an origin, an error after the fact, a promise (202), a mixture (207), a result elsewhere (303).
func unanswered(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusNetworkAuthenticationRequired:
		return false
	case http.StatusRequestTimeout, http.StatusSeeOther: // 303: done, perhaps, and told elsewhere
		return true
	}
	return status/100 == 5 || status/100 == 2
}

type verdict int

const (
	unknowable verdict = iota
	inForce            // what the write wanted is so
	untouched          // the version that the write was made from is current
	notApplied         // others have written, and provably not we
)

// ask puts the questions of perform to the newest state.
func (c *Client) ask(ch *change, now *state) (verdict, error) {
	excluded := false
	if ch.stamp != nil && !now.absent {
		var there bool
		if there, excluded = ch.stamp.recognise(now.content); there {
			return inForce, nil
		}
	}
	same := c.holds(ch.guard, now)
	if same && ch.from != nil && !bytes.Equal(ch.from, now.content) {
		same = false // a validator that stayed while the content moved proves nothing
	}
	if same {
		return untouched, nil // also when a cache shows it, so it excludes nothing
	}
	if excluded {
		return notApplied, nil
	}
	if ch.method == http.MethodDelete {
		if now.absent {
			return inForce, nil
		}
		return unknowable, nil
	}
	if ch.inForce == nil {
		return unknowable, nil
	}
	ok, err := ch.inForce(now)
	if ok {
		return inForce, nil
	}
	return unknowable, err
}
