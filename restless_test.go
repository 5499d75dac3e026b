package ifmatch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

// restless gives a tag that is new at every request.
func restless(refusal int) func(arrival) (*http.Response, error) {
	return func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, fmt.Sprintf(`ETag: "at-%d"`, a.n)), nil
		}
		return reply(refusal, ""), nil
	}
}

func TestATagThatIsNewAtEveryRequestEndsTheCallAtOnce(t *testing.T) {
	for name, write := range map[string]func(context.Context, *ifmatch.Client) error{
		"Update": update,
		"Save": func(ctx context.Context, c *ifmatch.Client) error {
			_, err := ifmatch.Save(ctx, c, bump(), ifmatch.ThreeWay)
			return err
		},
	} {
		for _, refusal := range []int{409, 412} {
			t.Run(fmt.Sprint(name, " ", refusal), func(t *testing.T) {
				client, s := through(restless(refusal), nil)
				err := write(t.Context(), client)
				require.ErrorIs(t, err, ifmatch.ErrRefusedTag)
				require.ErrorContains(t, err, "new at every request")
				require.Len(t, s.writes(), 1)
				require.LessOrEqual(t, len(s.arrivals()), 5)
				assertPrintable(t, name, err)
			})
		}
	}
	t.Run("Put, where it looks", func(t *testing.T) {
		client, s := through(restless(409), nil)
		err := put(t.Context(), client)
		require.ErrorIs(t, err, ifmatch.ErrRefusedTag)
		require.Equal(t, "PUT GET GET GET", s.methods())
	})
}

func TestARivalWhoWroteTheSameIsNoTagOfEveryRequest(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		switch {
		case a.method == http.MethodGet && a.n == 1:
			return reply(200, thingV1, `ETag: "1"`), nil
		case a.method == http.MethodGet:
			return reply(200, thingV1, `ETag: "2"`), nil // nothing changed but the version
		case a.n == 1:
			return reply(412, ""), nil
		}
		return reply(204, ""), nil
	}, nil)
	require.NoError(t, update(t.Context(), client))
	require.Equal(t, `If-Match: "2"`, s.writes()[1].condition())
}
