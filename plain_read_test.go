package ifmatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

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
	h := brisk().With(func(o *ifmatch.Options) { o.Plain.Rows = rows }).HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", base+"/rows", "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", base+"/rows/1", `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, []string{`If-Match: "v1"`}, conditions(origin, "PUT"))
}

func TestARowOfAnotherOriginGuardsNothing(t *testing.T) {
	lists, base := serve(t, nil, "")
	other, target := serve(t, nil, `{"v":0}`)
	lists.Set("/rows", fmt.Sprintf(`{"value":[{"id":%q,"etag":"\"v9\""}]}`, target))
	h := brisk().With(func(o *ifmatch.Options) { o.Plain.Rows = dialect.Rows("/value", "id", "etag") }).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", strings.TrimSuffix(base, "/doc")+"/rows", "")
	require.NoError(t, err)
	_, _, err = plain(t, ctx, h, "PUT", target, `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, []string{""}, conditions(other, "PUT"), "one origin says nothing about another's tags")
}

func TestAPlainReadThatIsTooMuchToWorkOnGuardsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"v":"0123456789"}`)
	c := brisk().With(func(o *ifmatch.Options) { o.Plain.Merge = ifmatch.ThreeWay[json.RawMessage]; o.MaxBody = 10 })
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

func TestAStreamReachesTheCallerAsItComes(t *testing.T) {
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, `{"type":"ADDED","object":{}}`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(end)
	for name, o := range map[string]*ifmatch.Options{
		"default": {}, "dialect": {Dialect: dialect.Kubernetes()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/v1/configmaps?watch=true", nil)
			resp, err := ifmatch.New(o).Do(req)
			if assert.NoError(t, err, "the first event never arrives") {
				defer resp.Body.Close()
				_, err = io.ReadFull(resp.Body, make([]byte, 20))
				assert.NoError(t, err)
				assert.NoError(t, ctx.Err(), "the first event comes only when the stream has ended")
			}
		})
	}
	t.Run("no end after Timeout", func(t *testing.T) {
		assert.Zero(t, ifmatch.New(nil).HTTPClient().Timeout,
			"net/http's default; a watch or a long download ends after this")
	})
}

func TestATagInATrailerThatWasNotReadGuardsNothing(t *testing.T) {
	// json.Decoder stops at the end of the value, which is before the trailer.
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.TrailerTags}, `{"n":1}  `)
	h := ifmatch.New(nil).HTTPClient()
	resp, err := h.Get(url)
	require.NoError(t, err)
	var m map[string]int
	require.NoError(t, json.NewDecoder(io.LimitReader(resp.Body, 7)).Decode(&m))
	resp.Body.Close()
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"n":2}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Empty(t, origin.Requests("PUT"))
}
