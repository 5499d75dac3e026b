package ifmatch

import (
	"fmt"
	"net/http"
	"slices"
)

// This file is for code that somebody else wrote: generated clients, vendor SDKs, WebDAV libraries.
// They send plain requests and know nothing of tags. What GETs returned is tracked below them, and
// their writes are made conditional with it.

// Do sends a request as [http.Client.Do] does, with the versions that GETs returned attached to the
// writes that follow. It is the Doer that generated clients take; [Client.HTTPClient] is for those
// that want an *http.Client.
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
//     [PlainOptions].RequireCondition is set. POST is left alone.
//   - Answers are what net/http promises: a 412 is an answer and not an error.
//     [CheckResponse] turns one into the typed errors. With [PlainOptions].Merge, a refused
//     PUT is merged and sent again, and the final answer returned. The one exception: when
//     an earlier copy of the write got no answer of the origin's (an error, a 5xx), a 409 or
//     412 about this one may be its doing, and the error is [ErrUncertain].
//   - Nothing is sent again on its own account. Redirects of unsafe methods are
//     returned and not followed. There is no Timeout but the caller's own.
//   - With a [Dialect], Merge or Rows, answers to GET are read whole before they are
//     handed on: put these on the routes of resources, and not on streams. A server with
//     conditions of its own, such as GitHub, needs its dialect here too.
//
// Without units of work, one read too many (a page shown again, a poller) leaves a version out for
// good; once a newer one is out as well, writes of that URL are refused from then on. Give each
// sequence its [UnitOfWork].
//
// All clients that one Client returns, Do included, share what they track.
func (c *Client) HTTPClient() *http.Client {
	h := *c.ready().httpClient()
	return &h
}

func (c *Client) httpClient() *http.Client {
	base := c.settled()
	h := &http.Client{Transport: &tracker{c}, Timeout: base.opts.Timeout, Jar: base.sender.http.Jar}
	if h.Timeout == 0 && base.opts.HTTPClient != nil {
		h.Timeout = base.opts.HTTPClient.Timeout // none of ours: it would end watches and long downloads
	}
	next := base.sender.redirects
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
	k, tracked := c.tracked().key(c.opts.Dialect, req)
	switch {
	case !tracked:
	case req.Method == http.MethodGet || req.Method == "":
		return c.trackedRead(req, k)
	case req.Method == http.MethodPut || req.Method == http.MethodPatch || req.Method == http.MethodDelete:
		return c.trackedWrite(req, k)
	}
	return c.sendPlain(req, unconditional)
}

// means returns the status that an answer to other code means. The content that has to be read for
// that is put back.
func (c *view) means(resp *http.Response) int {
	d := c.opts.Dialect
	if d == nil || d.Status == nil {
		return resp.StatusCode
	}
	content, truncated := peek(resp)
	if truncated {
		return resp.StatusCode
	}
	return d.means(resp, content)
}

// sendPlain sends a request of other code's as it is. condition is what was added to it where no
// header field shows it.
func (c *view) sendPlain(req *http.Request, condition preconditionForm) (*http.Response, error) {
	resp, err := c.sender.base.RoundTrip(req)
	c.withEvidence(resp, condition)
	return resp, err
}
