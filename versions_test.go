package ifmatch_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestIdentitiesDoNotMix(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	origin.Always("GET", ifmatchtest.SetHeader("Vary", "X-Tenant"))
	h := brisk().HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", url, "", "Authorization: Bearer a", "X-Tenant: one")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer b")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator,
		"the other identity has read nothing, or the same one signs each request anew")
	assert.Empty(t, conditions(origin, "PUT"))
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer a", "X-Tenant: two")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "another tenant's representation")
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	origin := ifmatchtest.New(nil)
	h := ifmatch.New(&ifmatch.Options{
		HTTPClient: &http.Client{Transport: direct{origin}},
		Plain:      ifmatch.PlainOptions{MaxTracked: 4},
	}).HTTPClient()
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

func TestARepeatedPlainWriteIsNotGuardedByANewerRead(t *testing.T) {
	for _, status := range []int{503, 429, 401} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Response{Status: status}))
		h := ifmatch.New(nil).HTTPClient()
		plain(t, t.Context(), h, "GET", url, "")
		plain(t, t.Context(), h, "PUT", url, `{"n":2}`)
		origin.Set("/doc", `{"n":50}`)                  // somebody else
		plain(t, t.Context(), h, "GET", url, "")        // another goroutine of ours
		plain(t, t.Context(), h, "PUT", url, `{"n":2}`) // the SDK sends the first write again
		assert.Equal(t, 0, origin.Pending())
		assert.JSONEq(t, `{"n":50}`, origin.Body("/doc"), status)
	}
}

func TestWhatWasNotReadWholeFromTheOriginIsNotWrittenUnguarded(t *testing.T) {
	for _, status := range []int{203, 206, 304} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Always("GET", ifmatchtest.Answer(ifmatchtest.Response{Status: status}))
		h := ifmatch.New(nil).HTTPClient()
		plain(t, t.Context(), h, "GET", url, "")
		_, _, err := plain(t, t.Context(), h, "PUT", url, `{"n":2}`)
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "%d", status)
		assert.Empty(t, origin.Requests("PUT"))
	}
}

func TestAPollerDoesNotMakeTheMemoryGrowWithEveryVersion(t *testing.T) {
	n := 0
	network := tripper(func(r *http.Request) (*http.Response, error) {
		n++
		header := http.Header{"Etag": {fmt.Sprintf(`"%01000d"`, n)}}
		return &http.Response{StatusCode: 200, Header: header, Body: http.NoBody, Request: r}, nil
	})
	h := ifmatch.New(&ifmatch.Options{
		HTTPClient: &http.Client{Transport: network},
		Plain:      ifmatch.PlainOptions{MaxTracked: 1},
	}).HTTPClient()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for range 30_000 {
		resp, err := h.Get("http://x.test/doc")
		require.NoError(t, err)
		resp.Body.Close()
	}
	after := heap()
	runtime.KeepAlive(h)
	assert.Less(t, int64(after)-int64(before), int64(5<<20))
}
