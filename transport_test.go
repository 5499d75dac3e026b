package ifmatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAPlainWriteCarriesWhatItsReadReturned(t *testing.T) {
	for name, o := range map[string]*ifmatchtest.Options{
		"strong": nil, "trailer": {Tags: ifmatchtest.TrailerTags}, "unquoted": {Tags: ifmatchtest.UnquotedTags},
		"suffixed by compression": {Compress: ifmatchtest.CompressSuffix}, "doubled": {Tags: ifmatchtest.DoubledTags},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, o, `{"n":1}`)
			h := brisk().HTTPClient()
			for i := range 3 {
				status, body, err := plain(t, t.Context(), h, "GET", url, "")
				require.NoError(t, err)
				require.Equal(t, 200, status, body)
				status, _, err = plain(t, t.Context(), h, "PUT", url, fmt.Sprintf(`{"n":%d}`, i))
				require.NoError(t, err)
				require.Equal(t, 204, status)
			}
			status, _, err := plain(t, t.Context(), h, "GET", url, "")
			require.NoError(t, err)
			require.Equal(t, 200, status)
			origin.Set("/doc", `{"n":100}`)
			status, _, err = plain(t, t.Context(), h, "DELETE", url, "")
			require.NoError(t, err, "an answer is not an error")
			assert.Equal(t, 412, status)
			for _, r := range append(origin.Requests("PUT"), origin.Requests("DELETE")...) {
				assert.Contains(t, r.Condition, "If-Match: ")
			}
		})
	}
}

func TestWhatIsNotTrackedGoesOutAsItIs(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	h := brisk().HTTPClient()
	status, _, err := plain(t, t.Context(), h, "PUT", url, `{"n":2}`) // never read
	require.NoError(t, err)
	assert.Equal(t, 204, status)
	_, _, err = plain(t, t.Context(), h, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "POST", url, `{}`)
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url+"?other", `{"n":3}`)
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"n":4}`, "If-Match: *")
	require.NoError(t, err)
	var conditions []string
	for _, r := range origin.Requests() {
		if r.Method != "GET" {
			conditions = append(conditions, r.Method+" "+r.Condition)
		}
	}
	assert.Equal(t, []string{"PUT ", "POST ", "PUT ", "PUT If-Match: *"}, conditions)

	strict := brisk().With(&ifmatch.Options{RequireCondition: true}).HTTPClient()
	_, _, err = plain(t, t.Context(), strict, "PUT", url, `{"n":5}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestAPollersPlainReadDoesNotArmAnotherWorkersWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"v":1}`)
	h := brisk().HTTPClient()
	worker, poller := ifmatch.UnitOfWork(t.Context()), ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, worker, h, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"v":2}`)
	_, _, err = plain(t, poller, h, "GET", url, "")
	require.NoError(t, err)
	status, _, err := plain(t, worker, h, "PUT", url, `{"v":"worker"}`)
	require.NoError(t, err)
	assert.Equal(t, 412, status)
	status, _, err = plain(t, poller, h, "PUT", url, `{"v":"poller"}`)
	require.NoError(t, err)
	assert.Equal(t, 204, status)

	// Without units of work nothing tells whose write it is.
	other := brisk().HTTPClient()
	_, _, err = plain(t, t.Context(), other, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"v":3}`)
	_, _, err = plain(t, t.Context(), other, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), other, "PUT", url, `{"v":"?"}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.ErrorContains(t, err, "UnitOfWork")
	assert.JSONEq(t, `{"v":3}`, origin.Body("/doc"))
}

// flow is one unit of work of the model: what it read last, and was told.
type flow struct {
	ctx  context.Context
	read int // version of the server's document that its content was derived from; 0: none
}

// In any interleaving of reads and writes by several flows over one client, no write
// lands on a version that its own flow did not read.
func TestNoPlainWriteLandsOnAVersionThatItsUnitDidNotRead(t *testing.T) {
	schedules := 2000
	if testing.Short() {
		schedules = 200
	}
	landed, refused, conflicts := 0, 0, 0
	for seed := range schedules {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		origin := ifmatchtest.New([]*ifmatchtest.Options{nil, {WriteTags: ifmatchtest.NoWriteTags}, {WriteTags: ifmatchtest.ReceiptWriteTags}, {Tags: ifmatchtest.WeakTags, WeakMatch: true}}[rng.IntN(4)])
		origin.Set("/a", `{"v":0}`)
		origin.Set("/b", `{"v":0}`)
		h := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: direct{origin}}, MaxTracked: 1 + rng.IntN(2)}).HTTPClient()
		flows := make([]map[string]*flow, 2+rng.IntN(3))
		for i := range flows {
			ctx := t.Context()
			if rng.IntN(3) > 0 {
				ctx = ifmatch.UnitOfWork(ctx)
			}
			flows[i] = map[string]*flow{"/a": {ctx: ctx}, "/b": {ctx: ctx}}
		}
		for range 5 + rng.IntN(30) {
			path := []string{"/a", "/b"}[rng.IntN(2)]
			f := flows[rng.IntN(len(flows))][path]
			switch {
			case rng.IntN(8) == 0: // somebody else, elsewhere
				origin.Edit(path, func([]byte) []byte { return fmt.Appendf(nil, `{"v":%d}`, rng.Int()) })
			case f.read == 0 || rng.IntN(2) == 0:
				if _, _, err := plain(t, f.ctx, h, "GET", "http://origin.test"+path, ""); err == nil {
					f.read = origin.Version(path)
				}
			default:
				before := origin.Version(path)
				status, _, err := plain(t, f.ctx, h, "PUT", "http://origin.test"+path, fmt.Sprintf(`{"v":%d}`, rng.Int()))
				switch {
				case err != nil:
					refused++
				case status == 412:
					conflicts++
					require.NotEqual(t, before, 0)
				default:
					landed++
					require.Equal(t, before, f.read, "seed %d: a write made from version %d landed on version %d:\n%v", seed, f.read, before, origin.Requests())
				}
				f.read = 0 // without a unit of work each write is made from a read of its own
			}
		}
	}
	t.Logf("%d schedules: %d writes landed, %d conflicted, %d were refused locally", schedules, landed, conflicts, refused)
	require.Positive(t, landed)
	require.Positive(t, conflicts)
	require.Positive(t, refused)
}

func TestAUnitOfWorkGoesOnFromItsOwnWrites(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := brisk().HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	status, _, err := plain(t, ctx, h, "PUT", url, `{"v":1}`)
	require.NoError(t, err)
	require.Equal(t, 204, status)
	status, _, err = plain(t, ctx, h, "PUT", url, `{"v":2}`, "Prefer: return=representation")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	_, _, err = plain(t, ctx, h, "PUT", url, `{"v":3}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "the answer to the last one had content, whose tag may be the receipt's")
	assert.Equal(t, []string{`If-Match: "v1"`, `If-Match: "v2"`}, conditions(origin, "PUT"))
}

func TestIdentitiesDoNotMix(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	origin.Always("GET", ifmatchtest.SetHeader("Vary", "X-Tenant"))
	h := brisk().HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", url, "", "Authorization: Bearer a", "X-Tenant: one")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer b")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "the other identity has read nothing, or the same one signs each request anew")
	assert.Empty(t, conditions(origin, "PUT"))
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer a", "X-Tenant: two")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "another tenant's representation")
}

func TestRoutesVaryTheOptions(t *testing.T) {
	origin, base := serve(t, nil, `{"v":0}`)
	base = strings.TrimSuffix(base, "/doc")
	origin.Set("/strict/1", `{"v":0}`)
	c := brisk().With(&ifmatch.Options{Routes: map[string]*ifmatch.Options{
		"/strict/{id}":     {RequireCondition: true},
		"PUT /create/{id}": {CreateIfAbsent: true},
	}})
	_, _, err := plain(t, t.Context(), c.HTTPClient(), "PUT", base+"/strict/1", `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, _, err = plain(t, t.Context(), c.HTTPClient(), "PUT", base+"/doc", `{}`)
	assert.NoError(t, err)
	_, err = ifmatch.Update(t.Context(), c, base+"/create/7", increment)
	assert.NoError(t, err)
	_, err = ifmatch.Update(t.Context(), c, base+"/other/7", increment)
	assert.Error(t, err)

	for _, pattern := range []string{"no slash", "/a/{b"} {
		_, err = ifmatch.Get[doc](t.Context(), ifmatch.New(&ifmatch.Options{Routes: map[string]*ifmatch.Options{pattern: nil}}), base+"/doc")
		assert.ErrorContains(t, err, "Routes")
	}
}

func TestAPlainPutIsMergedWhereTheRouteSaysSo(t *testing.T) {
	merging := &ifmatch.Options{Routes: map[string]*ifmatch.Options{"/doc": {Merge: ifmatch.ThreeWay[json.RawMessage]}}}
	t.Run("both changes are in", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1,"b":1}`)
		h := brisk().With(merging).HTTPClient()
		ctx := ifmatch.UnitOfWork(t.Context())
		_, _, err := plain(t, ctx, h, "GET", url, "", "X-Caller: me")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":1,"b":2}`)
		origin.Next("PUT", ifmatchtest.Pass(), ifmatchtest.RivalWrite(`{"a":1,"b":3}`))
		status, _, err := plain(t, ctx, h, "PUT", url, `{"a":9,"b":1}`, "X-Caller: me")
		require.NoError(t, err)
		assert.Equal(t, 200, status, "the final answer")
		assert.JSONEq(t, `{"a":9,"b":3}`, origin.Body("/doc"))
		for _, r := range origin.Requests() {
			assert.Equal(t, "me", r.Header.Get("X-Caller"))
		}
	})
	t.Run("a conflict is the answer", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1}`)
		h := brisk().With(merging).HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":2}`)
		status, body, err := plain(t, t.Context(), h, "PUT", url, `{"a":3}`)
		require.NoError(t, err)
		assert.Equal(t, 412, status)
		assert.Contains(t, body, `"status":412`)
		assert.JSONEq(t, `{"a":2}`, origin.Body("/doc"))
	})
	t.Run("an answer lost in the loop is an error of its own", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1,"b":1}`)
		h := brisk().With(merging).HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":1,"b":2}`)
		origin.Next("PUT", ifmatchtest.Pass(), ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.RivalWrite(`{"a":5,"b":5}`))
		_, _, err = plain(t, t.Context(), h, "PUT", url, `{"a":9,"b":1}`)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("what is not JSON is left alone", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1}`)
		h := brisk().With(merging).HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":2}`)
		status, _, err := plain(t, t.Context(), h, "PUT", url, `text`)
		require.NoError(t, err)
		assert.Equal(t, 412, status)
	})
}

func TestRowsOfACollectionAreTracked(t *testing.T) {
	origin, base := serve(t, nil, "")
	base = strings.TrimSuffix(base, "/doc")
	origin.Set("/rows/1", `{"v":0}`)
	origin.Set("/rows", `{"value":[{"id":"/rows/1","etag":"\"v1\""},{"id":"http://elsewhere.test/x","etag":"\"v1\""}]}`)
	rows := func(_ *url.URL, content []byte) map[string]string {
		var list struct{ Value []struct{ ID, ETag string } }
		_ = json.Unmarshal(content, &list)
		m := map[string]string{}
		for _, r := range list.Value {
			m[r.ID] = r.ETag
		}
		return m
	}
	h := brisk().With(&ifmatch.Options{Rows: rows}).HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", base+"/rows", "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", base+"/rows/1", `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, []string{`If-Match: "v1"`}, conditions(origin, "PUT"))
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

func TestGoroutinesMayShareAPlainClient(t *testing.T) {
	origin, url := serve(t, nil, `{"n":0}`)
	h := brisk().HTTPClient()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for done := false; !done; {
				ctx := ifmatch.UnitOfWork(t.Context())
				_, body, err := plain(t, ctx, h, "GET", url, "")
				if !assert.NoError(t, err) {
					return
				}
				var v struct{ N int }
				_ = json.Unmarshal([]byte(body), &v)
				status, _, err := plain(t, ctx, h, "PUT", url, fmt.Sprintf(`{"n":%d}`, v.N+1))
				if !assert.NoError(t, err) {
					return
				}
				done = status == 204
			}
		})
	}
	wg.Wait()
	assert.JSONEq(t, `{"n":8}`, origin.Body("/doc"))
}

func ExampleClient_HTTPClient() {
	origin, url := example(`{"name": "ann"}`)
	sdk := client.HTTPClient() // give it to a generated client, an SDK, ...

	ctx := ifmatch.UnitOfWork(context.Background())
	get, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	resp, _ := sdk.Do(get)
	resp.Body.Close()
	origin.Set("/doc", `{"name": "Anne"}`) // somebody else

	put, _ := http.NewRequestWithContext(ctx, "PUT", url, strings.NewReader(`{"name": "Ann"}`))
	resp, _ = sdk.Do(put)
	fmt.Println(resp.StatusCode, origin.Body("/doc"))
	// Output: 412 {"name": "Anne"}
}

func ExampleUnitOfWork() {
	origin, url := example(`{"name": "ann"}`)
	send := func(ctx context.Context, method, body string) int {
		req, _ := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	worker := ifmatch.UnitOfWork(context.Background())
	send(worker, "GET", "")
	origin.Set("/doc", `{"name": "Anne"}`)
	send(ifmatch.UnitOfWork(context.Background()), "GET", "") // a poller reads the newer version
	fmt.Println(send(worker, "PUT", `{"name": "Ann"}`))       // which does not arm the worker's write
	// Output: 412
}

func ExampleCheckResponse() {
	origin, url := example(`{"name": "ann"}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/probs/not-paid", "currentState": "open"})))
	req, _ := http.NewRequest("PUT", url, strings.NewReader(`{}`))
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	var refused *ifmatch.ResponseError
	if errors.As(ifmatch.CheckResponse(resp), &refused) {
		fmt.Println(refused.StatusCode, string(refused.Problem.Type), refused.Problem.Facts().CurrentState)
	}
	// Output: 409 https://example.com/probs/not-paid open
}

func TestAPlainWriteSpeaksTheRoutesDialect(t *testing.T) {
	revisions := &ifmatch.Dialect{
		Name: "revisions",
		Read: func(answer *http.Response, content, _ []byte) ([]byte, string, error) {
			var v struct{ Rev json.Number }
			err := json.Unmarshal(content, &v)
			return content, v.Rev.String(), err
		},
		Guard: func(w *http.Request, version string, content []byte) ([]byte, error) {
			if w.Method == http.MethodDelete {
				return nil, assert.AnError
			}
			w.Method = http.MethodPatch
			w.Header.Set("Content-Type", "application/merge-patch+json")
			w.URL.RawQuery = "rev=" + version
			return []byte(`{"patched":true}`), nil
		},
	}
	origin, url := serve(t, nil, `{"rev":7}`)
	h := brisk().With(&ifmatch.Options{Routes: map[string]*ifmatch.Options{"/doc": {Dialect: revisions}}}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, body, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	assert.Equal(t, `{"rev":7}`, body)
	_, _, err = plain(t, ctx, h, "PUT", url, `{"rev":7,"x":1}`, "Idempotency-Key: k")
	require.NoError(t, err)
	assert.JSONEq(t, `{"rev":7,"patched":true}`, origin.Body("/doc"))
	assert.Equal(t, "rev=7", origin.Requests("PATCH")[0].Query)

	ctx = ifmatch.UnitOfWork(t.Context())
	_, _, err = plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, ctx, h, "DELETE", url, "")
	assert.ErrorIs(t, err, assert.AnError, "what the dialect cannot guard is not sent")
	assert.Equal(t, 0, origin.Arrived("DELETE"))

	origin.SetContent("/doc", "text/plain", []byte("not what it should be"))
	_, body, err = plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	assert.Equal(t, "not what it should be", body)
	_, _, err = plain(t, ctx, h, "PUT", url, `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestAPlainReadThatIsTooMuchToWorkOnGuardsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"v":"0123456789"}`)
	c := brisk().With(&ifmatch.Options{Merge: ifmatch.ThreeWay[json.RawMessage], MaxBody: 10})
	_, body, err := plain(t, t.Context(), c.HTTPClient(), "GET", url, "")
	require.NoError(t, err)
	assert.Equal(t, `{"v":"0123456789"}`, body, "the caller gets all of it")
	_, _, err = plain(t, t.Context(), c.HTTPClient(), "PUT", url, `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)

	origin.Set("/doc", `{}`)
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err = plain(t, ctx, c.HTTPClient(), "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, ctx, c.HTTPClient(), "PUT", url, `{"v":"0123456789"}`)
	assert.ErrorIs(t, err, ifmatch.ErrTooLarge)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestPlainRequestsKeepWhatTheyCameWith(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	c := brisk().With(&ifmatch.Options{Header: http.Header{"X-Api-Key": {"ours"}, "X-More": {"ours"}}})
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, c.HTTPClient(), "GET", url, "", "X-Api-Key: theirs")
	require.NoError(t, err)
	assert.Equal(t, "theirs", origin.Requests()[0].Header.Get("X-Api-Key"))
	assert.Equal(t, "ours", origin.Requests()[0].Header.Get("X-More"))
	assert.Equal(t, "identity", origin.Requests()[0].Header.Get("Accept-Encoding"))
	_, _, err = plain(t, ctx, c.HTTPClient(), "GET", url, "", "Range: bytes=0-1")
	require.NoError(t, err)
	assert.NotEqual(t, "identity", origin.Requests()[1].Header.Get("Accept-Encoding"), "a part is left alone")
	_, _, err = plain(t, ctx, c.HTTPClient(), "HEAD", url, "")
	require.NoError(t, err)
}

func TestAUnitOfWorkThatFoundNothingWritesAsAsked(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := brisk().HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	origin.Delete("/doc")
	for _, c := range []context.Context{ctx, t.Context()} {
		status, _, err := plain(t, c, h, "GET", url, "")
		require.NoError(t, err)
		require.Equal(t, 404, status)
	}
	status, _, err := plain(t, ctx, h, "PUT", url, `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, 201, status)
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	origin := ifmatchtest.New(nil)
	h := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: direct{origin}}, MaxTracked: 4}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	at := func(i int) string { return fmt.Sprintf("http://origin.test/%d", i) }
	for i := range 1100 {
		origin.Set(fmt.Sprintf("/%d", i), `{}`)
		for _, c := range []context.Context{ctx, t.Context()} {
			_, _, err := plain(t, c, h, "GET", at(i), "")
			require.NoError(t, err)
		}
	}
	for _, c := range []context.Context{ctx, t.Context()} {
		status, _, err := plain(t, c, h, "PUT", at(map[bool]int{true: 5, false: 1098}[c == ctx]), `{"v":1}`)
		require.NoError(t, err)
		assert.Equal(t, 204, status)
		_, _, err = plain(t, c, h, "PUT", at(map[bool]int{true: 1050, false: 7}[c == ctx]), `{"v":1}`)
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "it was read, and is forgotten: not written without a guard")
	}
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
	status, _, err = plain(t, t.Context(), ifmatch.New(&ifmatch.Options{HTTPClient: none}).HTTPClient(), "GET", strings.TrimSuffix(url, "/doc")+"/loop", "")
	require.NoError(t, err)
	assert.Equal(t, 302, status)
}

func TestAPlainClientWithInvalidOptionsSendsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := ifmatch.New(&ifmatch.Options{Identity: "no pointer"}).HTTPClient()
	for _, m := range []string{"GET", "PUT"} {
		_, _, err := plain(t, t.Context(), h, m, url, `{}`)
		assert.ErrorContains(t, err, "Identity")
	}
	assert.Empty(t, origin.Requests())
}

func TestAPlainWriteMayRiskLostUpdates(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.NoTags, HideLastModified: true}, `{"v":0}`)
	c := brisk()
	_, _, err := plain(t, t.Context(), c.HTTPClient(), "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), c.HTTPClient(), "PUT", url, `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, _, err = plain(t, t.Context(), c.With(&ifmatch.Options{AllowLostUpdates: true}).HTTPClient(), "PUT", url, `{}`)
	require.NoError(t, err)
	assert.Equal(t, []string{""}, conditions(origin, "PUT"))
}

func TestCheckResponseLeavesTheContentReadable(t *testing.T) {
	assert.NoError(t, ifmatch.CheckResponse(&http.Response{StatusCode: 302}))
	long := strings.Repeat("x", 100<<10)
	resp := &http.Response{StatusCode: 500, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(long))}
	err := ifmatch.CheckResponse(resp)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.True(t, refused.Truncated)
	assert.Len(t, refused.Body, 64<<10)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, long, string(rest))
}

func TestAMergeOfAPlainPutMayLeaveNothingToWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1}`)
	h := brisk().With(&ifmatch.Options{Merge: ifmatch.KeepRemote[json.RawMessage]}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"a":2}`)
	status, body, err := plain(t, ctx, h, "PUT", url, `{"a":3}`)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"a":2}`, body, "what stands")
	assert.Equal(t, 1, origin.Arrived("PUT"))
}
