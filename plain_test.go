package ifmatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

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

func TestPlainRequestsKeepWhatTheyCameWith(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.Header = http.Header{"X-Api-Key": {"ours"}, "X-More": {"ours"}} })
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
