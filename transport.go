package ifmatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// This file is for code that somebody else wrote: generated clients, vendor SDKs,
// WebDAV libraries. They send plain requests and know nothing of tags. What GETs
// returned is tracked below them, and their writes are made conditional with it.

// Do sends a request as [http.Client.Do] does, with the versions that GETs
// returned attached to the writes that follow. It is the Doer that generated
// clients take; [Client.HTTPClient] is for those that want an *http.Client.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	return c.ready().httpClient().Do(req)
}

// HTTPClient returns a client of net/http that tracks versions.
//
//   - A GET asks for the identity coding, unless the request asks for another one,
//     and the validator that it returns is remembered for exactly this URL and
//     these credentials.
//   - A PUT, PATCH or DELETE of that URL without a condition of its own carries
//     If-Match with the version that its unit of work has read ([UnitOfWork]). What
//     cannot be guarded fails with [ErrNoValidator] and is not sent: a version
//     without a validator, or, without a unit of work, a write of which nothing tells
//     what it was made from. A URL that was never read is written as asked, unless
//     [Options].RequireCondition is set. POST is left alone.
//   - Answers are what net/http promises: a 412 is an answer and not an error.
//     [CheckResponse] turns one into the typed errors. With [Options].Merge, a refused
//     PUT is merged and sent again, and the final answer returned. The one exception: when
//     an earlier copy of the write got no answer of the origin's (an error, a 5xx), a 409 or
//     412 about this one may be its doing, and the error is [ErrUncertain].
//   - Nothing is sent again on its own account. Redirects of unsafe methods are
//     returned and not followed. There is no Timeout but the caller's own.
//   - With a [Dialect], Merge or Rows, answers to GET are read whole before they are
//     handed on: put these on the routes of resources, and not on streams. A server with
//     conditions of its own, such as GitHub, needs its dialect here too.
//
// Without units of work, one read too many (a page shown again, a poller) leaves a
// version out for good; once a newer one is out as well, writes of that URL are refused
// from then on. Give each sequence its [UnitOfWork].
//
// All clients that one Client returns, Do included, share what they track.
func (c *Client) HTTPClient() *http.Client {
	h := *c.ready().httpClient()
	return &h
}

func (c *Client) httpClient() *http.Client {
	h := &http.Client{Transport: &tracker{c}, Timeout: c.opts.Timeout, Jar: c.sender.http.Jar}
	if h.Timeout == 0 && c.opts.HTTPClient != nil {
		h.Timeout = c.opts.HTTPClient.Timeout // none of ours: it would end watches and long downloads
	}
	next := c.sender.redirects
	h.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case via[0].Method != http.MethodGet && via[0].Method != http.MethodHead:
			return http.ErrUseLastResponse // net/http would make a GET of it, or repeat it elsewhere
		case next != nil:
			return next(req, via)
		case len(via) >= maxRedirects:
			return fmt.Errorf("stopped after %d redirects", maxRedirects)
		}
		return nil
	}
	return h
}

// CheckResponse returns nil for an answer of success or redirection, and otherwise
// a [ResponseError] as [Get] and [Put] return it: with its [Kind], its [Problem] and
// what that says. It reads the content, up to 64 KiB, and puts it back into the
// response, which stays the caller's to close.
func CheckResponse(resp *http.Response) error { return checkResponse(resp, evidence{}) }

// checkResponse is CheckResponse with what only the client knows about the request.
func checkResponse(resp *http.Response, in evidence) error {
	if resp.StatusCode < 400 {
		return nil
	}
	limited := io.LimitReader(resp.Body, maxErrorBody+1)
	body, _ := io.ReadAll(limited) // what there is of it decides nothing
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), rest}
	truncated := len(body) > maxErrorBody
	target := (*http.Request)(nil)
	if target = resp.Request; target == nil {
		target = &http.Request{}
	}
	in.method, in.idempotencyKey = target.Method, asksForReplay(target.Header)
	if in.sent == sentNone {
		in.sent = preconditionOf(target.Header)
	}
	return newResponseError(in, target.URL, resp.StatusCode, resp.Header, body[:min(len(body), maxErrorBody)], truncated, time.Now())
}

// tracker is the RoundTripper that does it.
type tracker struct{ client *Client }

// RoundTrip implements [http.RoundTripper].
func (t *tracker) RoundTrip(req *http.Request) (*http.Response, error) {
	c := t.client.at(req.Method, req.URL)
	if len(c.opts.Header) > 0 {
		req = req.Clone(req.Context()) // the caller's stays as it is
		for k, v := range c.opts.Header {
			if _, set := req.Header[k]; !set {
				req.Header[k] = slices.Clone(v)
			}
		}
	}
	k, tracked := c.ledger.key(c.opts.Dialect, req)
	switch {
	case !tracked:
	case req.Method == http.MethodGet || req.Method == "":
		return c.trackedRead(req, k)
	case req.Method == http.MethodPut || req.Method == http.MethodPatch || req.Method == http.MethodDelete:
		return c.trackedWrite(req, k)
	}
	return c.sender.base.RoundTrip(req)
}

func (c *Client) trackedRead(req *http.Request, k trackKey) (*http.Response, error) {
	if req.Header.Get("Range") != "" {
		// A part is left alone, and what its unit of work makes of parts cannot be guarded.
		resp, err := c.sender.base.RoundTrip(req)
		if err == nil && resp.StatusCode/100 == 2 {
			c.ledger.readBlind(k, unitOf(req.Context()), inParts(resp))
		}
		return resp, err
	}
	if c.invalid != nil {
		return nil, c.invalid
	}
	out := req.Clone(req.Context())
	if out.Header.Get("Accept-Encoding") == "" {
		out.Header.Set("Accept-Encoding", "identity")
	}
	resp, err := c.sender.base.RoundTrip(out)
	if err != nil {
		return resp, err
	}
	w := unitOf(req.Context())
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		c.ledger.readAbsent(k, w, &held{guard: c.opts.Dialect.createOnly(), absent: true, header: resp.Header, request: out.Header})
		return resp, nil
	case http.StatusPartialContent, http.StatusNonAuthoritativeInfo, http.StatusNotModified:
		// The code above works with what it has of the resource; what that is cannot be known here.
		c.ledger.readBlind(k, w, inParts(resp))
		return resp, nil
	default:
		return resp, nil
	}
	v := &held{header: resp.Header, request: out.Header}
	whole := c.opts.Merge != nil || c.opts.Rows != nil || c.opts.Dialect != nil && c.opts.Dialect.Read != nil
	if !whole {
		if tag, _ := selectETag(resp.Header, nil); tag == "" && len(resp.Trailer) > 0 {
			c.ledger.readBlind(k, w, &held{blind: fmt.Errorf("%w: its content was not read to the end, where its tag is", ErrNoValidator)})
			resp.Body = &atEnd{resp.Body, func() { c.handOut(k, w, v, resp, nil) }}
			return resp, nil
		}
		c.handOut(k, w, v, resp, nil)
		return resp, nil
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, c.sender.maxBody+1))
	if err != nil || int64(len(content)) > c.sender.maxBody {
		// Too much to work on, or broken: the caller gets what there is, and no guard.
		rest := resp.Body
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(content), rest), rest}
		v.blind = fmt.Errorf("%w: its content could not be read whole", ErrNoValidator)
		c.ledger.handOut(k, w, v)
		return resp, nil
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(content))
	c.handOut(k, w, v, resp, content)
	return resp, nil
}

func inParts(resp *http.Response) *held {
	return &held{blind: fmt.Errorf("%w: it was not read whole, but answered %d", ErrNoValidator, resp.StatusCode)}
}

// handOut notes the version that an answer to a GET holds.
func (c *Client) handOut(k trackKey, w *unit, v *held, resp *http.Response, content []byte) {
	s := &state{content: content}
	if d := c.opts.Dialect; d != nil && d.Read != nil {
		var err error
		s.content, s.tag, err = d.read(http.MethodGet, &reply{status: resp.StatusCode, header: resp.Header, body: content, url: resp.Request.URL}, nil)
		if err != nil {
			v.blind = fmt.Errorf("%w: %w", ErrNoValidator, err)
		}
	} else {
		s.tag, s.tagNote = selectETag(resp.Header, resp.Trailer)
		s.date, _ = strongLastModified(resp.Header)
	}
	g, err := c.guardOf(s)
	if err != nil && v.blind == nil {
		v.blind = err
	}
	v.guard = g
	if c.opts.Merge != nil {
		v.content = s.content
	}
	c.ledger.handOut(k, w, v)
	if c.opts.Rows != nil && content != nil {
		c.handOutRows(k, w, resp.Request, content)
	}
}

// handOutRows notes the versions of a collection's members that its content tells.
func (c *Client) handOutRows(k trackKey, w *unit, req *http.Request, content []byte) {
	for target, tag := range c.opts.Rows(req.URL, content) {
		u, err := req.URL.Parse(target)
		if err != nil || !sameOrigin(u, req.URL) {
			continue // nothing that a server names leads elsewhere
		}
		g, err := c.guard(false, ETag(tag), "", "")
		u.Fragment = ""
		c.ledger.handOut(trackKey{k.ledger, u.String(), k.identity}, w, &held{guard: g, blind: err, request: req.Header, row: true})
	}
}

// atEnd calls a function when a body has been read to its end, when trailers are there.
type atEnd struct {
	io.ReadCloser
	done func()
}

func (b *atEnd) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && b.done != nil {
		b.done()
		b.done = nil
	}
	return n, err
}

func (c *Client) trackedWrite(req *http.Request, k trackKey) (*http.Response, error) {
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
		return c.sender.base.RoundTrip(req) // the caller's own condition stands
	}
	w := unitOf(req.Context())
	v, err := c.ledger.arm(k, w)
	if err == nil && v != nil && !sameVariant(v, req.Header) {
		err = fmt.Errorf("%w: it was read with other header fields that its Vary names", ErrNoValidator)
	}
	switch {
	case err != nil && !c.opts.AllowLostUpdates:
		return fail(fmt.Errorf("ifmatch: %s %s: %w", req.Method, redactURL(req.URL), err))
	case v == nil && c.opts.RequireCondition:
		return fail(fmt.Errorf("ifmatch: %s %s: %w: it was never read here, and Options.RequireCondition is set",
			req.Method, redactURL(req.URL), ErrNoValidator))
	case err != nil || v == nil || v.guard == condition{} || v.absent && req.Method != http.MethodPut:
		return c.sender.base.RoundTrip(req)
	}
	out, body, err := c.armed(req, v)
	if err != nil {
		return fail(err)
	}
	resp, err := c.sender.base.RoundTrip(out)
	if err != nil {
		v.doubt.Store(true)
		return resp, err
	}
	if resp.StatusCode/100 != 2 && unanswered(resp.StatusCode) {
		v.doubt.Store(true)
	}
	if sentAgain(resp.StatusCode) {
		return resp, nil // what it was made from is still out
	}
	if refused := resp.StatusCode == http.StatusPreconditionFailed || resp.StatusCode == http.StatusConflict; refused && v.doubt.Load() {
		// The code above sends a write again that got no answer. It may be the first copy that changed the version.
		resp.Body.Close()
		return nil, fmt.Errorf("ifmatch: %s %s: %w: an earlier copy of this write got no answer, and this one was refused (%d)",
			req.Method, redactURL(req.URL), ErrUncertain, resp.StatusCode)
	}
	if resp.StatusCode/100 == 2 {
		c.ledger.settle(k, w, v, c.made(v, out, resp))
		return resp, nil
	}
	c.ledger.settle(k, w, v, nil)
	if c.opts.Merge != nil && req.Method == http.MethodPut && v.content != nil && body != nil {
		return c.mergedWrite(req, k, resp, v, body)
	}
	return resp, nil
}

// sentAgain lists the answers after which the code above sends the same write once
// more, without reading again: it is not over yet.
func sentAgain(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status/100 == 5
}

// ownRefusal is an error of ours, before a byte was sent. SDKs take an error of a
// RoundTripper for the network's and send again; some look for this method.
type ownRefusal struct{ error }

func (e *ownRefusal) Unwrap() error { return e.error }

// NonRetriable marks the error as one that no repetition cures.
func (e *ownRefusal) NonRetriable() {}

// sameVariant reports whether a write selects the representation that was read, as
// far as that depends on who asks (RFC 9110 §12.5.5). What only negotiates a form is
// left to the server's comparison of the tag.
func sameVariant(v *held, write http.Header) bool {
	for _, f := range strings.FieldsFunc(strings.Join(v.header.Values("Vary"), ","), func(r rune) bool { return r == ',' || r == ' ' }) {
		f = http.CanonicalHeaderKey(f)
		if f == "*" || !strings.HasPrefix(f, "Accept") && f != "Prefer" && !slices.Equal(v.request.Values(f), write.Values(f)) {
			return false
		}
	}
	return true
}

// armed returns the request with its condition, and the content if it was needed.
func (c *Client) armed(req *http.Request, v *held) (*http.Request, []byte, error) {
	out := req.Clone(req.Context())
	var body []byte
	if needs := c.opts.Merge != nil || c.opts.Dialect.guards(); needs && req.Body != nil && req.Body != http.NoBody {
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
	g := v.guard
	if own := c.opts.Dialect.versionIn(body); own != "" && g.field == versionField {
		g.value = own // the content says which version it was made from
	}
	if err := c.opts.Dialect.formless().guard(r, g); err != nil {
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

// made returns the version that a write of v made, for its unit of work to go on
// from: one that the answer proves, or one that has to be read first.
func (c *Client) made(v *held, req *http.Request, resp *http.Response) *held {
	next := &held{header: resp.Header, request: req.Header, blind: errUntold}
	if req.Method == http.MethodDelete {
		return next
	}
	tag, _ := selectETag(resp.Header, nil)
	bare := resp.ContentLength == 0 || resp.StatusCode == http.StatusNoContent
	if c.opts.Dialect != nil || tag == "" || tag.IsWeak() || string(tag) == v.guard.value ||
		req.Method != http.MethodPut || !bare || resp.StatusCode == http.StatusAccepted || resp.StatusCode == http.StatusResetContent {
		return next
	}
	if g, err := c.guard(false, tag, "", ""); err == nil {
		next.guard, next.blind = g, nil
	}
	return next
}

// mergedWrite runs the loop under a PUT that was refused: it fetches the newest
// version with the caller's own header fields, merges, and writes. The answer is
// the final one; if the conflict is not resolved, the one that refused last.
func (c *Client) mergedWrite(req *http.Request, k trackKey, refused *http.Response, v *held, body []byte) (*http.Response, error) {
	in := evidence{types: c.opts.ProblemKinds}
	if v.guard.field == versionField {
		in.sent = sentVersion
	}
	first := checkResponse(refused, in)
	var e *ResponseError
	if errors.As(first, &e) {
		e.Kind = c.opts.Dialect.kind(e, in.sent)
	}
	if e == nil || !json.Valid(body) || !json.Valid(v.content) {
		return refused, nil
	}
	if v.guard.field != "If-Match" && v.guard.field != versionField {
		return refused, nil
	}
	if d := c.opts.Dialect; d != nil && d.Form != nil {
		return refused, nil // what the caller sent is not the document, but its envelope
	}
	if d := c.opts.Dialect; d != nil && len(d.Member) > 0 {
		if own := d.versionIn(body); own != "" && own != v.guard.value {
			return refused, nil // made from another version than the one kept here
		}
		if shown, err := d.Member.Get(v.content); err == nil { // a version that was left out is no change
			if whole, err := d.Member.Set(body, shown); err == nil {
				body = whole
			}
		}
	}
	h := req.Header.Clone()
	if a := v.request.Get("Accept"); a != "" {
		h.Set("Accept", a)
	}
	view := c.With(&Options{Header: h})
	u := &Representation[json.RawMessage]{Value: body, URL: req.URL.String(), ETag: ETag(v.guard.value), Content: v.content, Header: v.header}
	_, a, err := save(req.Context(), view, u, c.opts.Merge, e)
	w := unitOf(req.Context())
	switch {
	case err == nil && a != nil:
		refused.Body.Close()
		resp := response(a, req)
		if w != nil {
			// The code above has not seen what was merged, so it cannot write from that.
			c.ledger.handOut(k, w, &held{header: resp.Header, request: req.Header, blind: errUntold})
		}
		return resp, nil
	case errors.Is(err, ErrUncertain) || req.Context().Err() != nil:
		refused.Body.Close()
		return nil, err
	}
	var over *WriteError // its Cause may hold the answer to a GET, which is none to a PUT
	if errors.As(err, &over) && errors.As(over.Last, &e) && e != first {
		refused.Body.Close()
		return response(&reply{status: e.StatusCode, header: e.Header, body: e.Body, url: req.URL}, req), nil
	}
	return refused, nil
}

// response makes a response of net/http out of an answer that was read.
func response(a *reply, req *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
}
