package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAnUnsafeRequestStaysWhereItWasSent(t *testing.T) {
	// net/http makes GET of PUT on 301, 302 and 303 and reports its 200; on 307 and 308 it carries
	// content, conditions and keys to any host (RFC 9110 §15.4).
	const from = "https://origin.test:8443/things/7"
	locations := []struct {
		name, location string
		same           bool // the same origin: scheme, host and port
	}{
		{name: "the same origin", location: "https://ORIGIN.test:8443/moved", same: true},
		{name: "a relative one", location: "/moved", same: true},
		{name: "another host", location: "https://evil.test:8443/moved"},
		{name: "a subdomain", location: "https://sub.origin.test:8443/moved"},
		{name: "another port", location: "https://origin.test/moved"},
		{name: "plain http", location: "http://origin.test:8443/moved"},
		{name: "no scheme, another host", location: "//evil.test/moved"},
		{name: "no location"},
		{name: "no URL", location: "https://%zz/"},
		{name: "a file", location: "file:///etc/passwd"},
	}
	writes := map[string]func(context.Context, *ifmatch.Client, *ifmatch.Representation[thing]) error{
		"PUT": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Put(ctx, c, u)
			return err
		},
		"PATCH": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{"n":2}`))
			return err
		},
		"DELETE": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			return ifmatch.Delete(ctx, c, u)
		},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, l := range locations {
			for method, write := range writes {
				t.Run(fmt.Sprint(method, " ", status, " to ", l.name), func(t *testing.T) {
					client, s := through(func(a arrival) (*http.Response, error) {
						if a.url == from {
							if a.method == http.MethodGet {
								return reply(200, thingV1, `ETag: "1"`), nil // the look at what became of it
							}
							if l.location == "" {
								return reply(status, ""), nil
							}
							return reply(status, "", "Location: "+l.location), nil
						}
						return reply(204, "", `ETag: "2"`), nil
					}, &ifmatch.Options{
						Header: http.Header{"X-Api-Key": {"secret"}, "Authorization": {"Bearer secret"}},
					})
					u := bump()
					u.URL = from
					err := write(t.Context(), client, u)
					for _, a := range s.arrivals() {
						assert.True(t, strings.HasPrefix(strings.ToLower(a.url), "https://origin.test:8443/"), a.url)
					}
					for _, a := range s.writes() {
						assert.Equal(t, method, a.method, "a redirect does not change the method")
						assert.Equal(t, `If-Match: "1"`, a.condition())
					}
					if l.same && status >= 307 {
						require.NoError(t, err)
						require.Len(t, s.arrivals(), 2)
						require.Equal(t, s.arrivals()[0].body, s.arrivals()[1].body)
						return
					}
					var refused *ifmatch.ResponseError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, status, refused.StatusCode)
					require.Equal(t, l.location, refused.Header.Get("Location"), "the caller may decide to go there")
					require.NotContains(t, refused.Header, "location")
					require.NotErrorIs(t, err, ifmatch.ErrUncertain, "a redirect has not written anything")
					story := method
					if status <= 303 {
						story += " GET" // it may have: a look tells
					}
					require.Equal(t, story, s.methods())
				})
			}
		}
	}
}

func TestAReadFollowsRedirectsWithinItsOriginOnly(t *testing.T) {
	for location, same := range map[string]bool{
		"/moved": true, "http://origin.test/moved": true, "http://origin.test:80/moved": true,
		"https://origin.test/moved": false, "http://evil.test/moved": false,
		"http://origin.test.evil.test/moved": false,
		"http://origin.test:81/moved":        false, "gopher://origin.test/moved": false,
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.url == thingURL {
					return reply(status, "", "Location: "+location), nil
				}
				return reply(200, thingV1, `ETag: "1"`), nil
			}, &ifmatch.Options{Header: http.Header{"X-Api-Key": {"secret"}}})
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			if same {
				require.NoError(t, err, location)
				require.Contains(t, u.URL, "/moved", "the value belongs to the resource that was read")
				continue
			}
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused, location)
			require.Equal(t, status, refused.StatusCode)
			require.Len(t, s.arrivals(), 1, location)
		}
	}
}

func TestTheCallersOwnCheckRedirectIsStillAsked(t *testing.T) {
	stop := errors.New("not there")
	s := &scripted{answer: func(a arrival) (*http.Response, error) { return reply(302, "", "Location: /moved"), nil }}
	var asked int
	hc := &http.Client{Transport: s, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return stop }}
	_, err := ifmatch.Get[thing](t.Context(), ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxAttempts: 1}), thingURL)
	require.ErrorIs(t, err, stop)
	require.Equal(t, 1, asked)
}

func TestARedirectDoesNotGiveTheClientAnotherIdentity(t *testing.T) {
	// net/http makes an Authorization field of the user information in a URL. One client is one
	// identity, and the server does not choose it.
	for _, method := range []string{"GET", "PUT"} {
		client, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.method == method && a.n == 1:
				return reply(307, "", "Location: http://eve:pw@origin.test/things/8"), nil
			case a.method == http.MethodGet:
				return reply(200, thingV1, `ETag: "1"`), nil
			}
			return reply(204, "", `ETag: "2"`), nil
		}, nil)
		u, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N = 2; return nil })
		for _, a := range s.arrivals() {
			assert.Empty(t, a.header.Values("Authorization"), "%s %s", a.method, a.url)
		}
		if err == nil {
			assert.NotContains(t, u.URL, "eve")
		}
	}
}

func TestPlainRedirectsOfWritesAreReturnedAndNotFollowed(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	for _, status := range []int{301, 302, 303, 307, 308} {
		origin.Next("PUT", ifmatchtest.Redirect(status, "/elsewhere"))
		got, _, err := plain(t, t.Context(), brisk().HTTPClient(), "PUT", url, `{}`)
		require.NoError(t, err)
		assert.Equal(t, status, got)
	}
	assert.Empty(t, origin.Requests("/elsewhere"))
}

func TestAPlainClientFollowsReadsAsItWasTold(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	origin.Next("GET", ifmatchtest.Redirect(302, "/doc"))
	status, _, err := plain(t, t.Context(), brisk().HTTPClient(), "GET", strings.TrimSuffix(url, "/doc")+"/x", "")
	require.NoError(t, err)
	assert.Equal(t, 200, status)

	origin.Always("GET /loop", ifmatchtest.Redirect(302, "/loop"))
	_, _, err = plain(t, t.Context(), brisk().HTTPClient(), "GET", strings.TrimSuffix(url, "/doc")+"/loop", "")
	assert.ErrorContains(t, err, "stopped after 10 redirects")

	none := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	h := ifmatch.New(&ifmatch.Options{HTTPClient: none}).HTTPClient()
	status, _, err = plain(t, t.Context(), h, "GET", strings.TrimSuffix(url, "/doc")+"/loop", "")
	require.NoError(t, err)
	assert.Equal(t, 302, status)
}

func TestARedirectLeadsNoReadAstray(t *testing.T) {
	withstand(t, []hostile{
		{does: "redirects to itself", get: says("302 Found", "Location: "+hostileURL, ""), gets: "no answer"},
		{does: "redirects in a circle that grows", get: func(c net.Conn, n int) {
			says("307 Again", fmt.Sprint("Location: ?n=", n, "&token=", secret), "")(c, n)
		},
			gets: "no answer"},
		{
			does: "redirects to another host", get: says("302 Found", "Location: http://evil.test/things/7", ""),
			gets: "302",
		},
		{does: "redirects to the cloud's metadata",
			get: says("307 There", "Location: http://169.254.169.254/latest", ""), gets: "307"},
		{does: "redirects to a file", get: says("302 Found", "Location: file:///etc/passwd", ""), gets: "302"},
		{does: "redirects to nowhere", get: says("302 Found", "", ""), gets: "302"},
		{does: "redirects to 100 KiB of nonsense",
			get:  says("302 Found", "Location: http://%zz"+strings.Repeat(kilobyte, 100)+secret, ""),
			gets: "no answer"},
		{does: "redirects to nonsense that holds a secret",
			get: says("302 Found", "Location: http://%zz/?token="+secret, ""), gets: "no answer"},
		{does: "redirects to a path of 100 KiB, and to HTML", get: func(c net.Conn, n int) {
			if n%2 == 1 {
				says("302 Found", "Location: /"+strings.Repeat(kilobyte, 100), "")(c, n)
			} else {
				says("200 OK", `ETag: "2"`, "<html>")(c, n)
			}
		}, gets: "not decodable"},
	})
}

func TestARedirectLeadsNoWriteAstray(t *testing.T) {
	withstand(t, []hostile{
		{does: "redirects the write to another host (307)",
			put: says("307 There", "Location: http://evil.test/", ""), updates: "307"},
		{does: "redirects the write to plain text on another port (308)",
			put: says("308 There", "Location: http://origin.test:81/", ""), updates: "308"},
		{
			does: "redirects the write in a circle (307)", put: says("307 There", "Location: "+hostileURL, ""),
			updates: "307",
		},
		{does: "redirects the write to nonsense (307)",
			put: says("307 There", "Location: http://%zz"+escape[1:2]+"/", ""), updates: "307"},
	})
}

func TestARedirectKeepsAGuardThatADialectPutIntoTheQuery(t *testing.T) {
	origin, base := serve(t, nil, "")
	base = strings.TrimSuffix(base, "/doc")
	origin.Set("/i/_doc/1", `{"_seq_no":3,"_primary_term":1,"_source":{"n":1}}`)
	origin.Always("PUT /i/_doc/1", ifmatchtest.Redirect(308, "/j/_doc/1"))
	origin.Always("PUT /j/_doc/1",
		ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: `{"_seq_no":4,"_primary_term":1}`}))
	c := ifmatch.New(&ifmatch.Options{Dialect: dialect.Elasticsearch()})
	u, err := ifmatch.Get[map[string]any](t.Context(), c, base+"/i/_doc/1")
	require.NoError(t, err)
	u.Value["n"] = 2
	_, err = ifmatch.Put(t.Context(), c, u)
	t.Log(err) // following the redirect and surfacing it are both right
	require.NotEmpty(t, origin.Requests("PUT"))
	for _, r := range origin.Requests("PUT") {
		assert.Contains(t, r.Query, "if_seq_no", "an unguarded write")
	}
}
