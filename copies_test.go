package ifmatch_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestARefusedConnectionOfARealNetworkIsNoDoubt(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	u := bump()
	u.URL = url
	_, err := ifmatch.Put(t.Context(), ifmatch.New(&ifmatch.Options{MaxAttempts: 2, MaxWait: time.Millisecond}), u)
	var failed *ifmatch.WriteError
	require.ErrorAs(t, err, &failed)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain)
	require.Len(t, failed.Attempts, 2)
	require.Zero(t, failed.Attempts[1].Deliveries)
}

// keys are the ways in which a key comes to a write. With one, net/http takes the write for one
// that it may repeat.
var keys = []struct {
	name   string
	header http.Header
	below  bool // a RoundTripper below ours adds one
}{
	{name: "no key"},
	{name: "Idempotency-Key", header: http.Header{"Idempotency-Key": {"k"}}},
	{name: "X-Idempotency-Key", header: http.Header{"X-Idempotency-Key": {"k"}}},
	{name: "a key of no values, which is not sent", header: http.Header{"X-Idempotency-Key": {}}},
	{name: "a key that a RoundTripper below us adds", below: true},
	{name: "a key of ours and one below us too", header: http.Header{"Idempotency-Key": {"k"}}, below: true},
}

// eachKey runs f with a client for each of the keys. The first write of the client, which goes over
// the connection of the read before it, breaks that connection: after the write was performed, or
// before.
func eachKey(t *testing.T, method string, f func(*testing.T, *ifmatch.Client, *ifmatchtest.Origin, string, bool)) {
	for _, key := range keys {
		for _, apply := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, applied %v", key.name, apply), func(t *testing.T) {
				origin, url := serve(t, nil, thingV1)
				fault := ifmatchtest.LoseRequest()
				if apply {
					fault = ifmatchtest.LoseResponse()
				}
				origin.Next(method, fault)
				transport := &counting{next: &http.Transport{}}
				defer transport.next.CloseIdleConnections()
				hc := &http.Client{Transport: transport}
				if key.below {
					hc.Transport = addingKeys(transport)
				}
				o := &ifmatch.Options{HTTPClient: hc, Header: key.header, MaxWait: 10 * time.Millisecond}
				f(t, ifmatch.New(o), origin, url, apply)
				require.Equal(t, 0, origin.Pending())
				require.GreaterOrEqual(t, len(transport.reused), 2)
				require.True(t, transport.reused[1], "the write went over the connection of the read")
			})
		}
	}
}

func TestAStaleConnectionDeliversAWriteOnceOrIsCounted(t *testing.T) {
	// With an Idempotency-Key, net/http sends a request again by itself when a reused connection
	// breaks, although its bytes were written. The first copy may have been performed; the answer
	// of the second is then a 412 about our own write.
	use := func(t *testing.T, client *ifmatch.Client, origin *ifmatchtest.Origin, url string, apply bool) {
		u, err := ifmatch.Get[thing](t.Context(), client, url)
		require.NoError(t, err)
		u.Value.N = 2
		u, err = ifmatch.Put(t.Context(), client, u)
		require.NoError(t, err, "neither a false conflict nor a false doubt")
		require.Equal(t, ifmatch.ETag(`"v2"`), u.ETag)

		require.Equal(t, 1, origin.Applied("PUT"), "at most one copy takes effect")
		require.Equal(t, thingV2, origin.Body("/doc"))
		want := 1
		if !apply {
			want = 2 // it looked, found nothing, and wrote again
		}
		require.Equal(t, want, origin.Arrived("PUT"))
	}
	eachKey(t, http.MethodPut, use)
}

func TestAStaleConnectionDeletesOnceAndSaysSo(t *testing.T) {
	// A DELETE has no content, so net/http can always send it again. The second copy finds nothing,
	// and its 404 or 412 is about our own deletion.
	use := func(t *testing.T, client *ifmatch.Client, origin *ifmatchtest.Origin, url string, _ bool) {
		u, err := ifmatch.Get[thing](t.Context(), client, url)
		require.NoError(t, err)
		require.NoError(t, ifmatch.Delete(t.Context(), client, u), "not a conflict with oneself")
		require.False(t, origin.Exists("/doc"))
		require.Equal(t, 1, origin.Applied("DELETE"))
	}
	eachKey(t, http.MethodDelete, use)
}

func TestAnIncrementCountsOnceWhateverKeyItCarries(t *testing.T) {
	for _, header := range []http.Header{nil, {"Idempotency-Key": {"k"}}} {
		o := ifmatchtest.New(nil)
		o.Set("/n", `{"n":0}`)
		o.Every(3, "PUT", ifmatchtest.LoseResponse())
		url := o.Serve(t).URL + "/n"
		client := ifmatch.New(&ifmatch.Options{Header: header, MaxWait: time.Millisecond})
		acknowledged, uncertain := 0, 0
		for range 30 {
			_, err := ifmatch.Update(t.Context(), client, url, func(v *thing) error { v.N++; return nil })
			switch {
			case err == nil:
				acknowledged++
			case errors.Is(err, ifmatch.ErrUncertain):
				uncertain++
			default:
				require.NoError(t, err, "a false conflict")
			}
		}
		require.Equal(t, 30, o.Applied("PUT"), "each increment once: %d acknowledged, %d uncertain", acknowledged,
			uncertain)
		require.JSONEq(t, `{"n":30}`, o.Body("/n"))
		require.Equal(t, 30, acknowledged+uncertain)
		require.Positive(t, uncertain, "an increment whose answer is lost cannot be told from a rival's")
	}
}

func TestAnIncrementOverHTTP2CountsOnce(t *testing.T) {
	// HTTP/2 has replays of its own (GOAWAY, REFUSED_STREAM), and loses single streams instead of
	// connections.
	o := ifmatchtest.New(nil)
	o.Set("/n", `{"n":0}`)
	o.Every(4, "PUT", ifmatchtest.LoseResponse())
	o.Every(5, "PUT", ifmatchtest.LoseRequest())
	s := o.ServeTLS(t)
	client := ifmatch.New(&ifmatch.Options{HTTPClient: s.Client(), MaxWait: time.Millisecond, WriteID: "/by"})
	for range 20 {
		_, err := ifmatch.Update(t.Context(), client, s.URL+"/n", func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
	}
	require.Contains(t, o.Body("/n"), `"n":20,`)
	require.Equal(t, 20, o.Applied("PUT"))
	require.Greater(t, o.Arrived("PUT"), 20, "the faults did happen")
}

func TestTheCallersOwnTraceStillRuns(t *testing.T) {
	o := ifmatchtest.New(nil)
	o.Set("/a", `{"n":1}`)
	url := o.Serve(t).URL + "/a"
	var written atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaders: func() { written.Add(1) }})
	_, err := ifmatch.Update(ctx, nil, url, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.EqualValues(t, 2, written.Load())
}

func TestCertificatesThatAreNotTrustedAreNotAskedAgain(t *testing.T) {
	o := ifmatchtest.New(nil)
	s := o.ServeTLS(t)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	u := bump()
	u.URL = s.URL
	_, err := ifmatch.Put(t.Context(), ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{}}), u)
	var cert *tls.CertificateVerificationError
	require.ErrorAs(t, err, &cert)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain, "nothing but the handshake was sent")
	var failed *ifmatch.WriteError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Attempts, 1)
}

func TestACopyThatNeverReachedTheConnectionIsNoDoubt(t *testing.T) {
	// An idle connection turns out to be closed when the next request is written: net/http takes
	// another connection, for any method, because not a byte had left. That is everyday life behind
	// a load balancer; the 412 that follows is a plain conflict.
	for _, c := range []struct {
		name  string
		use   func(context.Context, *ifmatch.Client, string) error
		story string
	}{
		{name: "Put", use: func(ctx context.Context, c *ifmatch.Client, url string) error {
			u, err := ifmatch.Get[thing](ctx, c, url)
			if err != nil {
				return err
			}
			u.Value.N = 2
			_, err = ifmatch.Put(ctx, c, u)
			return err
		}, story: "GET PUT GET"},
		{name: "Update", use: func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, func(v *thing) error { v.N++; return nil })
			return err
		}, story: "GET PUT GET PUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := ifmatchtest.New(nil)
			o.Set("/a", thingV1)
			o.Next("PUT", ifmatchtest.RivalWrite(`{"n":5}`))
			s := o.Serve(t)
			transport := &http.Transport{DialContext: closedAfterOne()}
			defer transport.CloseIdleConnections()
			client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: transport}})
			err := c.use(t.Context(), client, s.URL+"/a")
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			require.Equal(t, c.story, story(o))
			if c.name == "Put" {
				require.ErrorIs(t, err, ifmatch.StaleVersion)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, `{"n":6}`, o.Body("/a"))
		})
	}
}

func TestARequestForATokenIsNotACopyOfTheWrite(t *testing.T) {
	// A RoundTripper that signs may fetch what it signs with, in the context of the request. Its
	// requests are no deliveries of ours, and a 412 stays a plain conflict.
	o := ifmatchtest.New(nil)
	o.Set("/a", thingV1)
	o.Set("/token", `{}`)
	o.Next("PUT /a", ifmatchtest.RivalWrite(`{"n":5}`))
	url := o.Serve(t).URL
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: askingForTokens(url + "/token")}})
	_, err := ifmatch.Update(t.Context(), client, url+"/a", func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.JSONEq(t, `{"n":6}`, o.Body("/a"))
	require.Equal(t, 2, o.Arrived("GET /a"), "the write was refused: there was nothing to be in doubt about")
}
