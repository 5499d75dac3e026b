package ifmatch

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/hashicorp/go-retryablehttp"
)

// This file sends one request well, and is the only one that knows
// go-retryablehttp and backoff. What it guarantees to the floors above:
//
//   - A write goes out again only when the copy before it provably changed
//     nothing: no byte left, or the server said so (429, 425). Everything else is
//     reported together with the number of copies that may have arrived.
//   - A read is repeated on broken connections and on answers that ask for it.
//   - The last answer is never lost to a wait, a limit or a cancelled context.
//   - Every wait fits the deadline and MaxWait, or it is not begun.

// ErrTooLarge reports content longer than [Options].MaxBody, counted after
// decompression.
var ErrTooLarge = errors.New("content is larger than MaxBody")

// ErrExhausted reports that a bound ended the call: rounds, time, or a wait that
// the server asked for and that does not fit. Test for it with [errors.Is].
var ErrExhausted = errors.New("a bound was reached")

// Attempt describes one exchange with the server, for errors and for people.
type Attempt struct {
	Method     string        // request method
	Condition  string        // the precondition as sent, such as `If-Match: "7"`; empty without one
	Status     int           // status code of the answer; 0 when none came
	Err        error         // why no (whole) answer came; nil otherwise
	Deliveries int           // copies of the request that may have reached the server
	Start      time.Time     // when the request was begun
	Duration   time.Duration // until the whole answer was read
	Waited     time.Duration // time waited between the previous attempt and this one
}

// request is everything needed to send a request, as often as may be needed.
type request struct {
	method string
	url    string
	header http.Header
	body   []byte // nil: no content

	sent      precondition // for the reading of the answer
	condition string       // for people
}

func (r *request) safe() bool { return r.method == http.MethodGet || r.method == http.MethodHead }

// reply is a response read to its end, so that nothing of it can be lost or leak.
type reply struct {
	status    int
	header    http.Header
	trailer   http.Header
	body      []byte
	truncated bool // body holds the first bytes of a longer one
	url       *url.URL
}

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
	http  *http.Client
	plain bool // net/http itself sends, with nothing of the caller's in between

	// For requests that others make: the RoundTripper and the redirect policy as
	// the caller gave them.
	base      http.RoundTripper
	redirects func(*http.Request, []*http.Request) error
}

// maxErrorBody bounds what is kept of an answer that is not a success, in bytes
// after decompression.
const maxErrorBody = 64 << 10

// newSender prepares a private copy of the caller's client: retries and
// redirects are decided here, and the caller's own client stays as it was.
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
	// go-retryablehttp closes the idle connections of the client it is given when
	// it gives up; they are the caller's. A RoundTripper without that method keeps
	// them open.
	base, redirects := hc.Transport, hc.CheckRedirect
	hc.Transport = roundTripper{base}
	hc.CheckRedirect = sameOriginReads(redirects)
	return &sender{sending: s, http: &hc, plain: plain, base: base, redirects: redirects}
}

// defaultTransport is net/http's default with a lower cap on what a server may
// send as header fields (it is 10 MB there).
var defaultTransport = sync.OnceValue(func() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport // the program has put its own there
	}
	t = t.Clone()
	t.MaxResponseHeaderBytes = 256 << 10
	return t
})

type roundTripper struct{ http.RoundTripper }

// RoundTrip hides the Location of an answer to an unsafe request from net/http,
// which would turn PUT into GET on 301, 302 and 303 and report its 200, and carry
// conditions and credentials elsewhere on 307 and 308 (RFC 9110 §15.4).
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil && resp != nil && resp.Header == nil {
		resp.Header = http.Header{} // the caller's RoundTripper may not have made one
	}
	if err == nil && resp != nil && resp.StatusCode/100 == 3 && r.Method != http.MethodGet && r.Method != http.MethodHead {
		resp.Header[hiddenLocation] = resp.Header["Location"]
		delete(resp.Header, "Location")
	}
	return resp, err
}

// hiddenLocation is not in canonical form, so no field of a response has this name.
const hiddenLocation = "location"

// sameOriginReads lets a redirect of a safe request be followed within its origin.
func sameOriginReads(next func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		switch {
		case !sameOrigin(req.URL, via[0].URL):
			return http.ErrUseLastResponse
		case next != nil:
			return next(req, via)
		case len(via) >= maxRedirects:
			return fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		return nil
	}
}

const maxRedirects = 10

// sameOrigin compares scheme, host and port (RFC 9110 §4.3.1). A URL that brings
// other user information would make somebody else of the client, so it does not count.
func sameOrigin(a, b *url.URL) bool {
	if a.User != nil && (b.User == nil || a.User.String() != b.User.String()) {
		return false
	}
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// send sends r until an answer can be used or nothing more may be tried. The
// attempts are appended to log. On success the error is nil and the answer whole,
// whatever its status; with an error the answer is the last one that came, or nil.
func (s *sender) send(ctx context.Context, r *request, log *attemptLog) (*reply, error) {
	var (
		req      *retryablehttp.Request
		last     *reply
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
			if resp != nil && err == nil {
				if resp.Request == nil { // a RoundTripper of the caller's may leave it out
					resp.Request = req.Request
				}
				last, err = s.read(resp)
				resp.Body = http.NoBody
			}
			err = discreet(err)
			lastErr = err
			a := Attempt{Method: r.method, Condition: r.condition, Err: err, Start: begun, Waited: wait,
				Duration: time.Since(begun), Deliveries: wire.deliveries(resp != nil, err)}
			if s.replaysNothing(r) {
				// A request that an idle connection did not take was written twice, but
				// only one copy left.
				a.Deliveries = min(a.Deliveries, 1)
			}
			if resp != nil {
				a.Status = resp.StatusCode
			}
			log.add(a)
			tries++
			if ctx.Err() != nil || tries >= s.maxAttempts || !s.again(r, resp, err, a.Deliveries, &tooEarly) {
				return false, nil
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
		// What go-retryablehttp would return in place of the last answer is not
		// wanted: last and lastErr hold both.
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) { return nil, err },
	}
	err := over(ctx)
	if err == nil {
		req, err = s.build(ctx, r, wire)
	}
	if err != nil {
		log.add(Attempt{Method: r.method, Condition: r.condition, Err: err, Start: time.Now()})
		return nil, err
	}
	resp, err := rc.Do(req)
	if resp != nil {
		resp.Body.Close()
	}
	if ctx.Err() != nil && (lastErr != nil || err != nil) {
		// go-retryablehttp returns the context's error alone; what failed before it
		// is wanted too.
		return last, errors.Join(over(ctx), lastErr)
	}
	if lastErr == nil && last == nil {
		lastErr = err
	}
	return last, lastErr
}

// build makes a fresh request each time: header maps are never shared with the
// caller, so that a field set for one request cannot show up in another.
func (s *sender) build(ctx context.Context, r *request, wire *wire) (*retryablehttp.Request, error) {
	var body any
	if len(r.body) > 0 {
		body = r.body // an empty reader would be sent with an unknown length
	}
	req, err := retryablehttp.NewRequestWithContext(httptrace.WithClientTrace(ctx, wire.trace(r)), r.method, r.url, body)
	if err != nil {
		return nil, discreet(err)
	}
	req.Header = r.header.Clone()
	if !r.safe() && !s.replaysNothing(r) {
		req.GetBody = nil // content that cannot be rewound is not replayed
	}
	return req, nil
}

// replaysNothing reports that net/http is known not to send r again once a byte of
// it was written. With an idempotency key it does, on its own and unseen; and what
// stands in between may do as it likes.
func (s *sender) replaysNothing(r *request) bool { return s.plain && !asksForReplay(r.header) }

func asksForReplay(h http.Header) bool {
	_, a := h["Idempotency-Key"]
	_, b := h["X-Idempotency-Key"]
	return a || b
}

// again decides whether the same request may go out once more.
func (s *sender) again(r *request, resp *http.Response, err error, deliveries int, tooEarly *bool) bool {
	switch {
	case errors.Is(err, ErrTooLarge) || unsendable(err):
		return false
	case err != nil:
		return r.safe() || deliveries == 0
	case !r.safe() && deliveries > 1:
		return false // the answer is about one copy; what became of the other is open
	case resp.StatusCode == http.StatusTooManyRequests:
		return true
	case resp.StatusCode == http.StatusTooEarly: // RFC 8470 §5.2: again, once, outside early data
		first := !*tooEarly
		*tooEarly = true
		return first
	case !r.safe():
		return false
	}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// discreet takes what may be secret out of the URL that net/http puts into the text
// of its errors.
func discreet(err error) error {
	ue, ok := err.(*url.Error)
	if !ok {
		return err
	}
	cause := ue.Err
	for _, quotes := range []string{"malformed MIME header", "failed to parse Location header"} {
		if strings.Contains(cause.Error(), quotes) {
			cause = errors.New(quotes) // without the server's text, which may be anything
		}
	}
	u, perr := url.Parse(ue.URL)
	if perr != nil {
		return cause
	}
	return &url.Error{Op: ue.Op, URL: redactURL(u), Err: cause}
}

// unsendable reports errors that no repetition cures.
func unsendable(err error) bool {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return true
	}
	var ue *url.Error
	if !errors.As(err, &ue) {
		return false
	}
	// net/http has no types for these.
	text := ue.Err.Error()
	for _, s := range []string{"unsupported protocol scheme", "invalid header field", "no Host in request URL",
		"redirects", "failed to parse Location"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// read takes the whole answer in, up to a bound counted after decompression, and
// closes the response.
func (s *sender) read(resp *http.Response) (*reply, error) {
	defer resp.Body.Close()
	//lint:ignore SA1008 the name is not in canonical form on purpose
	if v, hidden := resp.Header[hiddenLocation]; hidden {
		resp.Header["Location"] = v
		delete(resp.Header, hiddenLocation)
	}
	a := &reply{status: resp.StatusCode, header: resp.Header, url: resp.Request.URL}
	success := a.status/100 == 2
	limit := min(s.maxBody, math.MaxInt64-1)
	if !success {
		limit = min(limit, maxErrorBody)
	}
	body, coding, err := decoded(resp)
	if err == nil {
		a.body, err = io.ReadAll(io.LimitReader(body, limit+1))
	}
	if coding != "" && err == nil {
		// What is kept is the decoded content, so the field that says otherwise goes.
		a.header = a.header.Clone()
		a.header.Del("Content-Encoding")
	}
	a.trailer = resp.Trailer // complete only after the content was read (RFC 9110 §6.5)
	if int64(len(a.body)) > limit {
		a.body, a.truncated = a.body[:limit], true
		if success {
			err = fmt.Errorf("%w (%d bytes)", ErrTooLarge, limit)
		}
	}
	if !success && err != nil {
		// An error's content is a help, not a duty: its status decides without it.
		a.truncated, err = true, nil
	}
	return a, err
}

// decoded undoes a content coding that the server applied although identity was
// asked for. Codings that are not known are left to the caller.
func decoded(resp *http.Response) (io.Reader, string, error) {
	coding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	if coding != "gzip" && coding != "x-gzip" {
		return resp.Body, "", nil
	}
	zr, err := gzip.NewReader(resp.Body)
	if errors.Is(err, io.EOF) {
		return http.NoBody, coding, nil
	}
	if err != nil {
		return nil, coding, fmt.Errorf("content coding %s: %w", coding, err)
	}
	return zr, coding, nil
}

// newJitter returns waits with full jitter: uniform between zero and a bound that
// starts at first and doubles up to limit.
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
	// conflictWaitMax keeps contended writers lively: a longer wait only makes
	// the state that is fetched after it the more likely to be old news.
	conflictWaitMax = 2 * time.Second
)

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

// waitFor waits d, if that and one more round trip fit; otherwise it says so at once.
func waitFor(ctx context.Context, d, roundTrip, maxWait time.Duration) error {
	if !fits(ctx, d, roundTrip, maxWait) {
		return noTime(ctx, d, maxWait, nil)
	}
	return sleep(ctx, d)
}

// wire counts what left for the server during one attempt. net/http reports it
// even when it replays a request on its own, and so does every RoundTripper that
// is built on it; the hooks run on other goroutines.
type wire struct{ asked, connected, written atomic.Int32 }

func (w *wire) reset() { w.asked.Store(0); w.connected.Store(0); w.written.Store(0) }

// trace counts the copies of a request. A RoundTripper of the caller's may send
// requests of its own with our context, for a token say; what tells ours from those is
// the condition.
func (w *wire) trace(r *request) *httptrace.ClientTrace {
	t := &httptrace.ClientTrace{
		GetConn: func(string) { w.asked.Add(1) },
		GotConn: func(httptrace.GotConnInfo) { w.connected.Add(1) },
	}
	condition := conditionOf(r.header)
	if condition == "" {
		t.WroteHeaders = func() { w.written.Add(1) }
		return t
	}
	field, _, _ := strings.Cut(condition, ":")
	t.WroteHeaderField = func(name string, _ []string) {
		if strings.EqualFold(name, field) { // HTTP/2 writes lower case
			w.written.Add(1)
		}
	}
	return t
}

// deliveries returns how many copies of the request may have reached the server.
// Not knowing counts as one: a write that is wrongly held for delivered costs a
// fetch, the opposite mistake costs an update.
func (w *wire) deliveries(answered bool, err error) int {
	if n := int(w.written.Load()); n > 0 {
		return n
	}
	var op *net.OpError
	switch {
	case answered:
		return 1
	case w.asked.Load() > 0 && w.connected.Load() == 0, // no connection was had
		w.asked.Load() == 0 && errors.As(err, &op) && op.Op == "dial",
		unsendable(err):
		return 0
	}
	return 1
}

// attemptLog collects the attempts of one call; what is too old to matter is
// dropped, so that a long call stays small.
type attemptLog struct {
	all   []Attempt
	total int
}

const maxAttemptsKept = 128

func (l *attemptLog) add(a Attempt) {
	if len(l.all) >= maxAttemptsKept {
		l.all = append(l.all[:0], l.all[1:]...)
	}
	l.all = append(l.all, a)
	l.total++
}

// last returns the newest attempt, or a zero one.
func (l *attemptLog) last() Attempt {
	if len(l.all) == 0 {
		return Attempt{}
	}
	return l.all[len(l.all)-1]
}
