package ifmatch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAValidatorThatStaysWhileTheContentMovesProvesNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Always("GET", ifmatchtest.AlterETag(func(string) string { return `"always the same"` }))
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.IgnoreConditions(), ifmatchtest.LoseResponse()))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	assert.Equal(t, 1, origin.Arrived("PUT"), "by the tag alone it would have been sent again")
}

func TestAnOldAnswerFromACacheDoesNotProveThatALostWriteDidNotLand(t *testing.T) {
	for name, tc := range map[string]struct {
		writeID string
		body    string
	}{
		"no identifier":         {body: `{"count":0}`},
		"a list of identifiers": {writeID: "/by", body: `{"count":0,"by":["first"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, tc.body)
			origin.Next("PUT", ifmatchtest.LoseResponse())
			// The look, and all that follow it for a while, are answered by a cache.
			origin.Next("GET",
				append([]ifmatchtest.Fault{ifmatchtest.Pass()}, ifmatchtest.Times(20, ifmatchtest.StaleRead())...)...)
			_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
				o.WriteID = tc.writeID
			}), url, increment)
			assert.ErrorIs(t, err, ifmatch.ErrUncertain)
			assert.ErrorIs(t, err, ifmatch.ErrRefusedTag, "why looking did not tell")
			assert.Equal(t, 1, origin.Applied("PUT"))
		})
	}
	t.Run("a cache that catches up", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
}

func TestARefetchThatReturnsTheRefusedTagIsNoNewRace(t *testing.T) {
	t.Run("a stale cache recovers", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"name":"b","count":1}`))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 2, origin.Arrived("PUT"), "no write with the tag that was refused")
		for _, r := range origin.Requests("GET")[1:] {
			assert.Equal(t, "no-cache", r.Header.Get("Cache-Control"))
		}
	})
	t.Run("weak tags for the first second", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		weak := ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag })
		origin.Next("GET", weak, weak, weak)
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		require.NoError(t, err)
		assert.Equal(t, []string{`If-Match: W/"v1"`, `If-Match: "v1"`}, conditions(origin, "PUT"))
	})
	t.Run("an altered tag is named", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		origin.Always("GET", ifmatchtest.Together(
			ifmatchtest.AlterETag(func(tag string) string { return strings.TrimSuffix(tag, `"`) + `-gzip"` }),
			ifmatchtest.SetHeader("Via", "1.1 proxy")))
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrRefusedTag)
		assert.ErrorContains(t, err, "compressed form")
		assert.ErrorContains(t, err, "Via")
	})
}
