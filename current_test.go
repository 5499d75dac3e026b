package ifmatch_test

import (
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

func TestAnOldAnswerOutOfACacheDoesNotProveThatALostWriteDidNotLand(t *testing.T) {
	for name, tc := range map[string]struct {
		o    *ifmatch.Options
		body string
	}{
		"no identifier":         {nil, `{"count":0}`},
		"a list of identifiers": {&ifmatch.Options{WriteID: "/by"}, `{"count":0,"by":["first"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, tc.body)
			origin.Next("PUT", ifmatchtest.LoseResponse())
			// The look, and all that follow it for a while, are answered by a cache.
			origin.Next("GET", append([]ifmatchtest.Fault{ifmatchtest.Pass()}, ifmatchtest.Times(20, ifmatchtest.StaleRead())...)...)
			_, err := ifmatch.Update(t.Context(), brisk().With(tc.o), url, increment)
			assert.ErrorIs(t, err, ifmatch.ErrUncertain)
			assert.ErrorIs(t, err, ifmatch.ErrRefusedTag, "why looking did not tell")
			assert.Equal(t, 1, origin.Applied("PUT"))
		})
	}
	t.Run("a cache that catches up", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		u, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{WriteID: "/by"}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
}
