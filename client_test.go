package ifmatch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestReadsAndWritesOfAValueAcceptTheSame(t *testing.T) {
	// The condition is evaluated against the representation that the write's own fields select (RFC
	// 9110 §13.1, §12.5).
	accepts := func(t *testing.T, use func(context.Context, *ifmatch.Client) error, o *ifmatch.Options) string {
		c, s := through(func(a arrival) (*http.Response, error) {
			if a.method == "PATCH" {
				return reply(204, "", `ETag: "2"`), nil
			}
			return reply(200, thingV1, `ETag: "1"`, "Content-Type: application/json"), nil
		}, o)
		require.NoError(t, use(t.Context(), c))
		all := map[string]bool{}
		for _, a := range s.arrivals() {
			all[strings.Join(a.header.Values("Accept"), "|")] = true
		}
		require.Len(t, all, 1, "%v", all)
		require.Equal(t, "GET PUT PATCH DELETE", s.methods())
		return slices.Collect(maps.Keys(all))[0]
	}
	all := func(ctx context.Context, c *ifmatch.Client) error {
		u, err := ifmatch.Get[thing](ctx, c, thingURL)
		if err != nil {
			return err
		}
		v := *u
		v.Value.N = 2
		_, err = ifmatch.Put(ctx, c, &v)
		_, err2 := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{}`))
		return errors.Join(err, err2, ifmatch.Delete(ctx, c, u))
	}
	raw := func(ctx context.Context, c *ifmatch.Client) error {
		u, err := ifmatch.Get[[]byte](ctx, c, thingURL)
		if err != nil {
			return err
		}
		v := *u
		v.Value = []byte("x")
		_, err = ifmatch.Put(ctx, c, &v)
		_, err2 := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{}`))
		return errors.Join(err, err2, ifmatch.Delete(ctx, c, u))
	}
	json := accepts(t, all, nil)
	assert.Contains(t, json, "application/json")
	assert.Contains(t, json, "application/problem+json")
	assert.Equal(t, "*/*", accepts(t, raw, nil))
	own := &ifmatch.Options{Header: http.Header{"Accept": {"application/fhir+json"}}}
	assert.Equal(t, "application/fhir+json", accepts(t, all, own))
	assert.Equal(t, "application/fhir+json", accepts(t, raw, own))
}

func TestTwoIdentitiesOnOneResourceDoNotMix(t *testing.T) {
	// One network, one URL, another representation for each user.
	answer := func(a arrival) (*http.Response, error) {
		user := a.header.Get("Authorization")
		if a.method == http.MethodGet {
			return reply(200, fmt.Sprintf(`{"n":1,"note":%q}`, user), fmt.Sprintf("ETag: %q", user+"-1")), nil
		}
		return reply(204, "", fmt.Sprintf("ETag: %q", user+"-2")), nil
	}
	ann, s := through(answer, &ifmatch.Options{Header: http.Header{"Authorization": {"ann"}}})
	bob := ann.With(func(o *ifmatch.Options) { o.Header.Set("Authorization", "bob") })
	ua, err := ifmatch.Get[thing](t.Context(), ann, thingURL)
	require.NoError(t, err)
	ub, err := ifmatch.Get[thing](t.Context(), bob, thingURL)
	require.NoError(t, err)
	for range 2 {
		ua.Value.N++
		ub.Value.N++
		ua, err = ifmatch.Put(t.Context(), ann, ua)
		require.NoError(t, err)
		ub, err = ifmatch.Put(t.Context(), bob, ub)
		require.NoError(t, err)
	}
	require.Len(t, s.writes(), 4)
	for i, w := range s.writes() {
		user := []string{"ann", "bob"}[i%2]
		require.Equal(t, []string{user}, w.header.Values("Authorization"))
		require.Equal(t, fmt.Sprintf("If-Match: %q", fmt.Sprintf("%s-%d", user, i/2+1)), w.condition())
		require.Contains(t, w.body, user)
	}
}

func TestAVariationDoesNotChangeTheClientItCameFrom(t *testing.T) {
	fields := http.Header{"X-Team": {"blue"}, "Accept": {"application/json"}}
	parent, s := through(func(a arrival) (*http.Response, error) { return reply(503, ""), nil },
		&ifmatch.Options{Header: fields, MaxAttempts: 2, MaxWait: time.Millisecond})
	child := parent.With(func(o *ifmatch.Options) {
		o.Header.Set("X-Team", "red")
		o.Header.Set("X-More", "1")
		o.MaxAttempts = 3
	})
	fields.Set("X-Team", "changed by the caller afterwards")
	fields["X-Team"][0] = "changed in place"

	send := func(c *ifmatch.Client) []arrival {
		before := len(s.arrivals())
		_, err := ifmatch.Get[thing](t.Context(), c, thingURL)
		require.Error(t, err)
		return s.arrivals()[before:]
	}
	for range 2 { // the child's use leaves nothing behind in the parent either
		got := send(child)
		require.Len(t, got, 3)
		assert.Equal(t, []string{"red"}, got[0].header.Values("X-Team"))
		assert.Equal(t, "1", got[0].header.Get("X-More"))
		assert.Equal(t, "application/json", got[0].header.Get("Accept"))
		got = send(parent)
		require.Len(t, got, 2)
		assert.Equal(t, []string{"blue"}, got[0].header.Values("X-Team"))
		assert.Empty(t, got[0].header.Get("X-More"))
	}
}

func TestTheZeroClientAndNoClientHaveTheDefaults(t *testing.T) {
	o := ifmatchtest.New(nil)
	o.Set("/a", `{"n":1}`)
	url := o.Serve(t).URL + "/a"
	for _, c := range []*ifmatch.Client{nil, new(ifmatch.Client), ifmatch.New(nil), new(ifmatch.Client).With(nil)} {
		_, err := ifmatch.Update(t.Context(), c, url, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
	}
	require.JSONEq(t, `{"n":5}`, o.Body("/a"))
}

func TestTheCallersConnectionsStayOpen(t *testing.T) {
	// go-retryablehttp closes the idle connections of the client it was given when it gives up.
	var mu sync.Mutex
	connections := 0
	origin := ifmatchtest.New(nil)
	busy := ifmatchtest.Response{Status: 503, Body: strings.Repeat("x", 10_000)} // more than what it drains
	origin.Always("/doc", ifmatchtest.Answer(busy))
	s := httptest.NewUnstartedServer(origin)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			connections++
			mu.Unlock()
		}
	}
	s.Start()
	defer s.Close()
	hc := s.Client()
	client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxWait: time.Millisecond})
	for range 2 {
		_, err := ifmatch.Get[thing](t.Context(), client, s.URL+"/doc")
		require.Error(t, err)
		u := bump()
		u.URL = s.URL + "/doc"
		_, err = ifmatch.Put(t.Context(), client, u)
		require.Error(t, err)
	}
	resp, err := hc.Get(s.URL + "/doc") // the caller's own use of its client
	require.NoError(t, err)
	resp.Body.Close()
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 1, connections)
}

func TestTheCallersClientIsNotChanged(t *testing.T) {
	s := &scripted{answer: func(arrival) (*http.Response, error) { return reply(503, ""), nil }}
	hc := &http.Client{Transport: s}
	before := *hc
	client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxAttempts: 1, Timeout: time.Second})
	_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
	require.Error(t, err)
	require.Equal(t, before.Timeout, hc.Timeout)
	require.Nil(t, hc.CheckRedirect)
	require.Same(t, s, hc.Transport)
}

func TestNothingIsLogged(t *testing.T) {
	// go-retryablehttp's default logger prints every request's URL to stderr, which it takes hold
	// of when the program starts: so this needs a process of its own.
	const inside = "IFMATCH_TEST_NOTHING_IS_LOGGED"
	if os.Getenv(inside) == "" {
		var stderr bytes.Buffer
		cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsLogged$")
		cmd.Env = append(os.Environ(), inside+"=1", "GOCOVERDIR="+t.TempDir())
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "PASS")
		require.Empty(t, stderr.String())
		return
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := through(func(a arrival) (*http.Response, error) {
			if a.n%2 == 0 {
				return nil, errLost
			}
			return reply(503, ""), nil
		}, nil)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Error(t, put(t.Context(), client))
		require.Error(t, update(t.Context(), client))
	})
}

func TestHeadersOfTheCallerStayAsTheyAre(t *testing.T) {
	// Nor does what a RoundTripper sets on one request show up in the next call.
	s := &scripted{answer: func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV3, `ETag: "3"`), nil
		}
		return reply(412, ""), nil
	}}
	below := changing(s)
	own := http.Header{"X-Team": {"blue"}}
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: below}, Header: own})
	u := bump()
	u.Header = http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}
	for range 2 {
		_, err := ifmatch.Put(t.Context(), client, u)
		require.ErrorIs(t, err, ifmatch.StaleVersion)
		var failed *ifmatch.WriteError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, `If-Match: "1"`, failed.Attempts[0].Condition, "what was meant to be sent")
	}
	require.Equal(t, http.Header{"X-Team": {"blue"}}, own)
	require.Equal(t, http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}, u.Header)
	for _, a := range s.arrivals() {
		require.Equal(t, []string{"blue"}, a.header.Values("X-Team"))
		require.Equal(t, []string{"1"}, a.header.Values("X-Count"))
	}
	require.Equal(t, "PUT GET PUT GET", s.methods(), "a refusal is looked after")
	for _, a := range s.writes() {
		require.Equal(t, `If-Match: "1"`, a.condition())
	}
}

func TestTheZeroClientAndNilWork(t *testing.T) {
	_, url := serve(t, nil, `{"count":1}`)
	var zero ifmatch.Client
	for _, c := range []*ifmatch.Client{nil, &zero} {
		u, err := ifmatch.Get[doc](t.Context(), c, url)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
	}
}

func TestWhateverWasSetCanBeTakenBack(t *testing.T) {
	_, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.NoTags}, `{"count":0}`)
	risky := brisk().With(func(o *ifmatch.Options) { o.AllowLostUpdates = true })
	_, err := ifmatch.Update(t.Context(), risky, url, increment)
	require.NoError(t, err)
	careful := risky.With(func(o *ifmatch.Options) { o.AllowLostUpdates = false })
	_, err = ifmatch.Update(t.Context(), careful, url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestAVariationOutranksTheRouteAndTheRouteTheClient(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	sets := func(value string) func(*ifmatch.Options) {
		return func(o *ifmatch.Options) { o.Header.Set("X-Who", value) }
	}
	client := ifmatch.New(&ifmatch.Options{
		Header: http.Header{"X-Who": {"client"}},
		Routes: map[string]func(*ifmatch.Options){"/doc": sets("route"), "/other": nil},
	})
	who := func(c *ifmatch.Client, path string) string {
		t.Helper()
		_, _ = ifmatch.Get[doc](t.Context(), c, url[:len(url)-len("/doc")]+path)
		all := origin.Requests()
		return all[len(all)-1].Header.Get("X-Who")
	}
	varied := client.With(sets("variation"))
	for range 2 { // settled once and for all
		assert.Equal(t, "client", who(client, "/none"))
		assert.Equal(t, "client", who(client, "/other"))
		assert.Equal(t, "route", who(client, "/doc"))
		assert.Equal(t, "variation", who(varied, "/doc"))
		assert.Equal(t, "variation", who(varied, "/none"))
		assert.Equal(t, "newer", who(varied.With(sets("newer")), "/doc"))
		noRoutes := client.With(func(o *ifmatch.Options) { o.Routes = nil })
		assert.Equal(t, "client", who(noRoutes, "/doc"))
	}
}

func TestTheMapsOfAVariationAreCopies(t *testing.T) {
	given := &ifmatch.Options{
		Header:       http.Header{"X": {"given"}},
		Keys:         map[string][]string{"/a": {"id"}},
		ProblemKinds: map[ifmatch.ProblemType]ifmatch.Kind{"p": ifmatch.Locked},
		Routes:       map[string]func(*ifmatch.Options){"/doc": func(*ifmatch.Options) {}},
	}
	client := ifmatch.New(given)
	var seen *ifmatch.Options
	change := func(o *ifmatch.Options) {
		seen = o
		o.Header.Set("X", "changed")
		o.Keys["/a"][0] = "changed"
		o.ProblemKinds["p"] = ifmatch.WrongState
		delete(o.Routes, "/doc")
	}
	_, _ = ifmatch.Get[doc](t.Context(), client.With(change), "not a URL")
	require.NotNil(t, seen)
	client.With(func(o *ifmatch.Options) {
		assert.Equal(t, "given", o.Header.Get("X"))
		assert.Equal(t, "id", o.Keys["/a"][0])
		assert.Equal(t, ifmatch.Locked, o.ProblemKinds["p"])
		assert.Contains(t, o.Routes, "/doc")
		seen = nil
	}).HTTPClient()
	require.Nil(t, seen, "it was asked")
	assert.Equal(t, "given", given.Header.Get("X"))
	_, _ = ifmatch.Get[doc](t.Context(), ifmatch.New(nil).With(func(o *ifmatch.Options) {
		o.Header.Set("X", "y")
		o.Keys["/a"] = nil
		o.ProblemKinds["p"] = ifmatch.Locked
		o.Routes["/x"] = nil
	}), "not a URL") // no map is nil
}

func TestAVariationCostsNextToNothing(t *testing.T) {
	client := manyRoutes()
	var varied *ifmatch.Client
	allocs := testing.AllocsPerRun(100, func() {
		varied = client.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
	})
	require.NotNil(t, varied)
	assert.LessOrEqual(t, allocs, 3.0)
}

func manyRoutes() *ifmatch.Client {
	routes := map[string]func(*ifmatch.Options){}
	for i := range 20 {
		routes["/route/"+string(rune('a'+i))] = func(o *ifmatch.Options) { o.MaxRounds = 1 }
	}
	return ifmatch.New(&ifmatch.Options{Routes: routes})
}

func BenchmarkWith(b *testing.B) {
	client := manyRoutes()
	b.ReportAllocs()
	for b.Loop() {
		client.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
	}
}
