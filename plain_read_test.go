package ifmatch_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
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
	h := brisk().With(&ifmatch.Options{Rows: rows}).HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", base+"/rows", "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", base+"/rows/1", `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, []string{`If-Match: "v1"`}, conditions(origin, "PUT"))
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
