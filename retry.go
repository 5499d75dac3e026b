package ifmatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/hashicorp/go-retryablehttp"
)

// This file sends one request well, and is the only one that knows go-retryablehttp and backoff.
// What it guarantees to the floors above:
//
//   - A write goes out again only when the copy before it provably changed
//     nothing: no byte left, or the server said so (429, 425). Everything else is
//     reported together with the number of copies that may have arrived.
//   - A read is repeated on broken connections and on answers that ask for it.
//   - The last answer is never lost to a wait, a limit or a cancelled context.
//   - Every wait fits the deadline and MaxWait, or it is not begun.

// request is everything needed to send a request, as often as may be needed.
type request struct {
	method string
	url    string
	header http.Header
	body   []byte // nil: no content

	condition precondition // for the reading of the answer
	once      bool         // two copies could both take effect, so net/http must not send another

	means func(answer *http.Response, content []byte) int // the status of an answer; nil: its own
}

func (r *request) safe() bool { return r.method == http.MethodGet || r.method == http.MethodHead }

// sending is how the requests of a client are sent.
type sending struct {
	client      *http.Client  // nil: a default one
	timeout     time.Duration // of one attempt; 0: the client's own, or defaultTimeout
	maxAttempts int
	maxWait     time.Duration
	maxBody     int64
}

const defaultTimeout = 30 * time.Second

// sender holds what is common to the requests of one client.
type sender struct {
	sending
	clocks clocks
	http   *http.Client
	plain  bool // net/http itself sends, with nothing of the caller's in between

	// For requests that others make: the RoundTripper and the redirect policy as the caller gave
	// them.
	base      http.RoundTripper
	redirects func(*http.Request, []*http.Request) error
}

// newSender prepares a private copy of the caller's client: retries and redirects are decided here,
// and the caller's own client stays as it was.
func newSender(s sending) *sender {
	var hc http.Client
	if s.client != nil {
		hc = *s.client
	}
	if s.timeout > 0 {
		hc.Timeout = s.timeout
	} else if hc.Timeout <= 0 {
		hc.Timeout = defaultTimeout
	}
	if hc.Transport == nil {
		hc.Transport = defaultTransport()
	}
	_, plain := hc.Transport.(*http.Transport)
	// go-retryablehttp closes the idle connections of the client it is given when it gives up; they
	// are the caller's. A RoundTripper without that method keeps them open.
	base, redirects := hc.Transport, hc.CheckRedirect
	hc.Transport = roundTripper{base}
	hc.CheckRedirect = sameOriginReads(redirects)
	return &sender{sending: s, http: &hc, plain: plain, base: base, redirects: redirects}
}

// defaultTransport is net/http's default with a lower cap on what a server may send as header
// fields (it is 10 MB there).
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // the program has put its own there
	}
	t = t.Clone()
	t.MaxResponseHeaderBytes = 256 << 10
	return t
})

// send sends r until an answer can be used or nothing more may be tried. The attempts are appended
// to log. On success the error is nil and the answer whole, whatever its status; with an error the
// answer is the last one that came, or nil.
func (s *sender) send(ctx context.Context, r *request, log *attemptLog) (*answer, error) {
	var (
		req      *retryablehttp.Request
		last     *answer
		lastErr  error
		wait     time.Duration
		begun    time.Time
		tries    int
		tooEarly bool
		waits    = newJitter(retryWait, s.maxWait)
		wire     = new(wire)
	)
	rc := retryablehttp.Client{
		HTTPClient: s.http,
		RetryMax:   s.maxAttempts - 1,
		RequestLogHook: func(retryablehttp.Logger, *http.Request, int) {
			begun = time.Now()
			wire.reset()
		},
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			status := 0
			if resp != nil && err == nil {
				if resp.Request == nil { // a RoundTripper of the caller's may leave it out
					resp.Request = req.Request
				}
				last, err = s.read(resp, r.means)
				status = last.status
				resp.Body = http.NoBody
				s.clocks.hear(last.url.Host, last.header, last.received, !r.safe())
			}
			err = discreet(err)
			lastErr = err
			a := Attempt{Method: r.method, Condition: r.condition.String(), Err: err, Start: begun, Waited: wait,
				Duration: time.Since(begun), Deliveries: s.copies(r, wire, resp != nil, err)}
			if resp != nil {
				a.Status = resp.StatusCode
			}
			log.add(a)
			tries++
			if ctx.Err() != nil || !s.again(r, status, err, a.Deliveries, &tooEarly) {
				return false, nil
			}
			if tries >= s.maxAttempts {
				if a.Status == http.StatusTooManyRequests {
					lastErr = fmt.Errorf("%w: MaxAttempts is %d", ErrExhausted, s.maxAttempts)
				}
				return false, lastErr
			}
			wait = waits.next()
			if resp != nil {
				if d, ok := retryAfter(resp.Header, time.Now()); ok {
					wait = max(wait, d)
				}
			}
			if !fits(ctx, wait, a.Duration, s.maxWait) {
				lastErr = noTime(ctx, wait, s.maxWait, err)
				return false, lastErr
			}
			return true, nil
		},
		Backoff: func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return wait },
		// What go-retryablehttp would return in place of the last answer is not wanted: last and
		// lastErr hold both.
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) { return nil, err },
	}
	err := over(ctx)
	if err == nil {
		req, err = s.build(ctx, r, wire)
	}
	if err != nil {
		log.add(Attempt{Method: r.method, Condition: r.condition.String(), Err: err, Start: time.Now()})
		return nil, err
	}
	resp, err := rc.Do(req)
	if resp != nil {
		resp.Body.Close()
	}
	if ctx.Err() != nil && (lastErr != nil || err != nil) {
		// go-retryablehttp returns the context's error alone; what failed before it is wanted too.
		return last, errors.Join(over(ctx), lastErr)
	}
	if lastErr == nil && last == nil {
		lastErr = err
	}
	return last, lastErr
}

// build makes a fresh request each time: header maps are never shared with the caller, so that a
// field set for one request cannot show up in another.
func (s *sender) build(ctx context.Context, r *request, wire *wire) (*retryablehttp.Request, error) {
	var body any
	if len(r.body) > 0 {
		body = r.body // an empty reader would be sent with an unknown length
	}
	req, err := retryablehttp.NewRequestWithContext(httptrace.WithClientTrace(ctx, wire.trace(r)), r.method,
		r.url, body)
	if err != nil {
		return nil, discreet(err)
	}
	req.Header = r.header.Clone()
	if !r.safe() && (r.once || !s.replaysNothing(r)) {
		req.GetBody = nil // content that cannot be rewound is not replayed
	}
	return req, nil
}

// again decides whether the same request may go out once more. status is what the answer means.
func (s *sender) again(r *request, status int, err error, deliveries int, tooEarly *bool) bool {
	switch {
	case errors.Is(err, ErrTooLarge) || unsendable(err):
		return false
	case err != nil:
		return r.safe() || deliveries == 0
	case !r.safe() && deliveries > 1:
		return false // the answer is about one copy; what became of the other is open
	case status == http.StatusTooManyRequests:
		return true
	case status == http.StatusTooEarly: // RFC 8470 §5.2: again, once, outside early data
		first := !*tooEarly
		*tooEarly = true
		return first
	case !r.safe():
		return false
	}
	switch status {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// newJitter returns waits with full jitter: uniform between zero and a bound that starts at first
// and doubles up to limit.
func newJitter(first, limit time.Duration) *jitter {
	b := &backoff.ExponentialBackOff{
		// A factor of 1 around half the bound is uniform over [0, bound].
		InitialInterval: min(first, limit) / 2, MaxInterval: max(limit/2, 1), RandomizationFactor: 1, Multiplier: 2,
		MaxElapsedTime: 0, // the context and the rounds end the loop; the default is 15 minutes
		Stop:           backoff.Stop, Clock: backoff.SystemClock,
	}
	b.Reset()
	return &jitter{b: b, limit: limit}
}

type jitter struct {
	b     *backoff.ExponentialBackOff
	limit time.Duration
}

func (j *jitter) next() time.Duration { return min(j.b.NextBackOff(), j.limit) }

const (
	retryWait    = 200 * time.Millisecond // bound of the first wait after a failed exchange
	conflictWait = 10 * time.Millisecond  // bound of the first wait after a conflict
	// conflictWaitMax keeps contended writers lively: a longer wait only makes the state that is
	// fetched after it the more likely to be old news.
	conflictWaitMax = 2 * time.Second
)
