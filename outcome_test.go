package ifmatch_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestAnAnswerThatOnlyPromisesIsLookedAfter(t *testing.T) {
	// 202 is a promise and 207 a mixture: neither says that the write took effect.
	for _, status := range []int{202, 206, 207, 226} {
		t.Run(fmt.Sprint(status, " and then in force"), func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV2, `ETag: "2"`), nil
				}
				return reply(status, "", `ETag: "promised"`), nil
			}, nil)
			u, err := ifmatch.Put(t.Context(), client, bump())
			require.NoError(t, err)
			require.Equal(t, ifmatch.ETag(`"2"`), u.ETag)
			require.Equal(t, "PUT GET", s.methods())
		})
		t.Run(fmt.Sprint(status, " and not in force yet"), func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV1, `ETag: "1"`), nil
				}
				return reply(status, ""), nil
			}, nil)
			_, err := ifmatch.Put(t.Context(), client, bump())
			require.ErrorIs(t, err, ifmatch.ErrUncertain)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, status, refused.StatusCode)
			require.Equal(t, "PUT GET", s.methods(), "a second copy would not help")
		})
	}
}
