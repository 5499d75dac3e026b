package ifmatch

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

type roundTripper struct{ http.RoundTripper }

// RoundTrip hides the Location of an answer to an unsafe request from net/http, which would turn
// PUT into GET on 301, 302 and 303 and report its 200, and carry conditions and credentials
// elsewhere on 307 and 308 (RFC 9110 §15.4).
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err == nil && resp != nil && resp.Header == nil {
		resp.Header = http.Header{} // the caller's RoundTripper may not have made one
	}
	if err == nil && resp != nil && resp.StatusCode/100 == 3 && r.Method != http.MethodGet &&
		r.Method != http.MethodHead {
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

// sameOrigin compares scheme, host and port (RFC 9110 §4.3.1). A URL that brings other user
// information would make somebody else of the client, so it does not count.
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

// exchange sends one request and reads the answer. Only an unsafe request that is redirected within
// its origin with its method kept (307, 308) goes on from here.
func (c *view) exchange(ctx context.Context, r *request, log *attemptLog) (*answer, error) {
	r.means = c.opts.Dialect.means
	for hops := 0; ; hops++ {
		a, err := c.sender.send(ctx, r, log)
		if err != nil || r.safe() || hops >= maxRedirects {
			return a, err
		}
		if a.status != http.StatusTemporaryRedirect && a.status != http.StatusPermanentRedirect {
			return a, nil
		}
		to, err := a.url.Parse(a.header.Get("Location"))
		if err != nil || a.header.Get("Location") == "" || !sameOrigin(to, a.url) {
			return a, nil // surfaces as the 3xx that it is
		}
		if c.opts.Dialect.ownVersions() && to.RawQuery != a.url.RawQuery {
			return a, nil // the condition may be in the query
		}
		next := *r
		next.url = to.String()
		r = &next
	}
}
