package ifmatch

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// trackedWrite makes a write conditional with the version that it was made from.
func (c *view) trackedWrite(req *http.Request, k trackKey) (*http.Response, error) {
	fail := func(err error) (*http.Response, error) {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &ownRefusal{err}
	}
	if c.invalid != nil {
		return fail(c.invalid)
	}
	if slices.ContainsFunc(conditionFields, func(f string) bool { _, ok := req.Header[f]; return ok }) {
		return c.sendPlain(req, unconditional) // the caller's own condition stands
	}
	w := unitOf(req.Context())
	v, err := c.guarding(req, k, w)
	switch {
	case err != nil:
		return fail(err)
	case v == nil:
		return c.sendPlain(req, unconditional)
	}
	out, body, err := c.guarded(req, v)
	if err != nil {
		return fail(err)
	}
	resp, err := c.sendPlain(out, v.condition.form)
	if err != nil {
		v.doubt.Store(true)
		return resp, err
	}
	status := c.means(resp)
	if status/100 != 2 && unanswered(status) {
		v.doubt.Store(true)
	}
	switch {
	case sentAgain(status):
		return resp, nil // more copies of the same write will follow
	case refusesVersion(status) && v.doubt.Load():
		// The code above sends a write again that got no answer. It may be the first copy that
		// changed the version.
		resp.Body.Close()
		return nil,
			fmt.Errorf("ifmatch: %s %s: %w: an earlier copy of this write got no answer, and this one was refused (%d)",
				req.Method, redactURL(req.URL), ErrUncertain, resp.StatusCode)
	case status/100 == 2:
		c.tracked().noteWritten(k, w, v, c.madeBy(v, out, resp))
		return resp, nil
	}
	c.tracked().noteWritten(k, w, v, nil)
	if c.opts.Plain.Merge != nil && req.Method == http.MethodPut && v.content != nil && body != nil {
		return c.mergedWrite(req, k, resp, v, body)
	}
	return resp, nil
}

// guarding returns the version that guards a write; nil: it goes out as it was asked.
func (c *view) guarding(req *http.Request, k trackKey, w *unit) (*held, error) {
	v, err := c.tracked().madeFrom(k, w)
	if err == nil && v != nil && !sameVariant(v, req.Header) {
		err = fmt.Errorf("%w: it was read with other header fields that its Vary names", ErrNoValidator)
	}
	switch {
	case err != nil && c.opts.AllowLostUpdates:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("ifmatch: %s %s: %w", req.Method, redactURL(req.URL), err)
	case v == nil && c.opts.Plain.RequireCondition:
		return nil, fmt.Errorf("ifmatch: %s %s: %w: it was never read here, and Options.Plain.RequireCondition is set",
			req.Method, redactURL(req.URL), ErrNoValidator)
	case v == nil || v.condition.form == unconditional, v.absent && req.Method != http.MethodPut:
		return nil, nil
	}
	return v, nil
}

func refusesVersion(status int) bool {
	return status == http.StatusPreconditionFailed || status == http.StatusConflict
}

// sentAgain lists the answers after which the code above sends the same write once more, without
// reading again: it is not over yet.
func sentAgain(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooEarly,
		http.StatusTooManyRequests:
		return true
	}
	return status/100 == 5
}

// ownRefusal is an error of ours, before a byte was sent. SDKs take an error of a RoundTripper for
// the network's and send again; some look for this method.
type ownRefusal struct{ error }

func (e *ownRefusal) Unwrap() error { return e.error }

// NonRetriable marks the error as one that no repetition cures.
func (e *ownRefusal) NonRetriable() {}

// sameVariant reports whether a write selects the representation that was read, as far as that
// depends on who asks (RFC 9110 §12.5.5). What only negotiates a form is left to the server's
// comparison of the tag.
func sameVariant(v *held, write http.Header) bool {
	vary := strings.Join(v.header.Values("Vary"), ",")
	for _, f := range strings.FieldsFunc(vary, func(r rune) bool { return r == ',' || r == ' ' }) {
		f = http.CanonicalHeaderKey(f)
		negotiates := strings.HasPrefix(f, "Accept") || f == "Prefer"
		if f == "*" || !negotiates && !slices.Equal(v.request.Values(f), write.Values(f)) {
			return false
		}
	}
	return true
}

// guarded returns the request with its condition, and the content if it was needed.
func (c *view) guarded(req *http.Request, v *held) (*http.Request, []byte, error) {
	out := req.Clone(req.Context())
	var body []byte
	needed := c.opts.Plain.Merge != nil || c.opts.Dialect.ownVersions()
	if needed && req.Body != nil && req.Body != http.NoBody {
		var err error
		body, err = io.ReadAll(io.LimitReader(req.Body, c.sender.maxBody+1))
		if err == nil && int64(len(body)) > c.sender.maxBody {
			err = ErrTooLarge
		}
		if err != nil {
			return nil, nil, fmt.Errorf("ifmatch: reading the content to send: %w", err)
		}
		req.Body.Close()
		setBody(out, body)
	}
	r := &request{method: req.Method, url: req.URL.String(), header: out.Header, body: body}
	p := v.condition
	if own := c.opts.Dialect.versionIn(body); own != "" && p.form == byVersion {
		p.value = own // the content says which version it was made from
	}
	if err := c.opts.Dialect.formless().guard(r, p); err != nil {
		return nil, nil, err
	}
	if r.url != req.URL.String() || r.method != req.Method {
		u, err := req.URL.Parse(r.url)
		if err != nil {
			return nil, nil, err
		}
		out.URL, out.Method = u, r.method
	}
	out.Header = r.header
	if !bytes.Equal(r.body, body) {
		setBody(out, r.body)
	}
	if asksForReplay(out.Header) {
		out.GetBody = nil // or net/http replays it, and the answer is about the second copy
	}
	return out, body, nil
}

func setBody(r *http.Request, body []byte) {
	r.ContentLength = int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
}

var errUntold = fmt.Errorf("%w: the answer to the last write did not tell it; read it first", ErrNoValidator)

// madeBy returns the version that a write of v made, for its unit of work to go on from: one that
// the answer proves, or one that has to be read first.
func (c *view) madeBy(v *held, req *http.Request, resp *http.Response) *held {
	next := &held{header: resp.Header, request: req.Header, blind: errUntold}
	if req.Method == http.MethodDelete {
		return next
	}
	if empty := resp.ContentLength == 0 || resp.StatusCode == http.StatusNoContent; !empty || c.opts.Dialect != nil {
		return next
	}
	tag := tagOfContentSent(emptyAnswer{method: req.Method, target: req.URL.String(), url: req.URL,
		status: resp.StatusCode, header: resp.Header}, v.condition)
	if tag == "" {
		return next
	}
	if p, err := c.precondition(&version{tag: tag}); err == nil {
		next.condition, next.blind = p, nil
	}
	return next
}
