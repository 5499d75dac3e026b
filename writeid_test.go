package ifmatch_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAWriteIdentifierTellsOurWriteFromARivalsEqualOne(t *testing.T) {
	rival := ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":"rival"}`) })
	t.Run("ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
	})
	t.Run("the rival's, which may stand on ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), rival)
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list that does not have it proves that it did not land", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(),
			ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["first","rival"]}`) }))
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 2, u.Value.Count)
	})
	t.Run("a list that has lost its beginning proves nothing", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(),
			ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["rival"]}`) }))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list keeps the newest 32", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":[]}`)
		for range 40 {
			_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
				o.WriteID = "/by"
			}), url, increment)
			require.NoError(t, err)
		}
		var got struct {
			Count int
			By    []string
		}
		require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
		assert.Equal(t, 40, got.Count)
		assert.Len(t, got.By, 32)
	})
	t.Run("a place that does not exist is an error", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/no/such/parent"
		}), url, increment)
		assert.ErrorContains(t, err, "/no/such/parent")
		assert.Equal(t, 0, origin.Arrived("PUT"))
	})
}

func TestAnIdentifierTellsThatTheWriteWhichAGatewayRepeatedIsOurs(t *testing.T) {
	t.Run("Update", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.Replay())
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Put", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Always("PUT", ifmatchtest.Replay())
		u.Value.Count = 5
		_, err = ifmatch.Put(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), u)
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Create", func(t *testing.T) {
		origin, url := serve(t, nil, `{}`)
		origin.Always("PUT", ifmatchtest.Replay())
		_, err := ifmatch.Create(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url+"/new", doc{Count: 1})
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("a rival's is not", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7,"by":"rival"}`))
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 8, u.Value.Count)
	})
	t.Run("looking that fails is no answer either", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7}`))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)),
			ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.StaleVersion)
	})
}

func TestAClearRefusalStaysOneWhenThereIsNoTimeToLookForTheIdentifier(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"count":7}`),
		ifmatchtest.RefuseWith(ifmatchtest.Problem(412, nil).With("Retry-After", "3600"))))
	_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), url, increment)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
	assert.ErrorIs(t, err, ifmatch.ErrExhausted)
	assert.NotErrorIs(t, err, ifmatch.ErrUncertain)
}
