package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrExhausted reports that a bound ended the call: rounds, time, or a wait that the server asked
// for and that does not fit. Test for it with [errors.Is].
var ErrExhausted = errors.New("a bound was reached")

// errElapsed ends what would go on after MaxElapsed.
var errElapsed = fmt.Errorf("%w: MaxElapsed is over", ErrExhausted)

// maxRetryAfter bounds what a server can ask us to wait. It is far beyond any sensible request and
// far below what overflows a time.Duration, so that sums and deadlines made from it stay true.
const maxRetryAfter = 365 * 24 * time.Hour

// retryAfter reads Retry-After (RFC 9110 §10.2.3): whole seconds or an HTTP-date in any of its
// three formats, which is taken relative to the answer's own Date when it has one, so that a skewed
// clock does not lengthen or shorten the wait. The result lies between 0 (a date that has passed)
// and maxRetryAfter. ok is false when the field is absent or malformed: negative, fractional,
// anything else. Of repeated fields the longest wait counts: a client that comes too early is the
// one that gets hurt.
func retryAfter(h http.Header, now time.Time) (d time.Duration, ok bool) {
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	for _, field := range h.Values("Retry-After") {
		if wait, valid := parseRetryAfter(strings.Trim(field, " \t"), now); valid {
			d, ok = max(d, wait), true
		}
	}
	return d, ok
}

func parseRetryAfter(field string, now time.Time) (time.Duration, bool) {
	if seconds, ok := parseDelaySeconds(field); ok {
		return seconds, true
	}
	date, err := http.ParseTime(field)
	if err != nil {
		return 0, false
	}
	return clampDelay(date.Sub(now)), true // Sub saturates instead of overflowing
}

// parseDelaySeconds reads delay-seconds = 1*DIGIT, of any length.
func parseDelaySeconds(s string) (time.Duration, bool) {
	const limit = int64(maxRetryAfter / time.Second)
	var n int64
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = min(n*10+int64(s[i]-'0'), limit) // never above the limit, hence never near an overflow
	}
	return time.Duration(n) * time.Second, s != ""
}

func clampDelay(d time.Duration) time.Duration { return min(max(d, 0), maxRetryAfter) }

// fits reports whether waiting d and then one more round trip ends in time.
func fits(ctx context.Context, d, roundTrip, maxWait time.Duration) bool {
	if d > maxWait {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= d+roundTrip
}

// noTime says that a wait was not begun, and keeps what it would have been for.
func noTime(ctx context.Context, d, maxWait time.Duration, err error) error {
	limit := fmt.Sprintf("MaxWait is %v", maxWait)
	if deadline, ok := ctx.Deadline(); ok && d <= maxWait {
		limit = fmt.Sprintf("%v left before the deadline", time.Until(deadline).Round(time.Millisecond))
	}
	stop := fmt.Errorf("%w: a wait of %v does not fit (%s)", ErrExhausted, d.Round(time.Millisecond), limit)
	return errors.Join(stop, err)
}

// waitFor waits d, if that and one more round trip fit; otherwise it says so at once.
func waitFor(ctx context.Context, d, roundTrip, maxWait time.Duration) error {
	if !fits(ctx, d, roundTrip, maxWait) {
		return noTime(ctx, d, maxWait, nil)
	}
	return sleep(ctx, d)
}

// over returns why ctx has ended: its error, and its cause if that says more.
func over(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// sleep waits d or until ctx ends, and then returns why it has.
func sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return over(ctx)
	}
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return over(ctx)
	case <-t.C:
		return nil
	}
}
