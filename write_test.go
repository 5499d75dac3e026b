package ifmatch_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestCreateIsGuardedAgainstWhatIsThereAlready(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.n == 1 {
			return reply(201, "", `ETag: "1"`, "Location: "+thingURL), nil
		}
		return reply(412, ""), nil
	}, nil)
	u, err := ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err)
	require.Equal(t, ifmatch.ETag(`"1"`), u.ETag)
	require.Equal(t, "If-None-Match: *", s.arrivals()[0].condition())
	_, err = ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.ErrorIs(t, err, ifmatch.AlreadyExists)
	require.Equal(t, "PUT PUT", s.methods())
}

func TestMissingArgumentsAreErrors(t *testing.T) {
	client, s := through(func(arrival) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil }, nil)
	require.NotPanics(t, func() {
		_, err := ifmatch.Put[thing](t.Context(), client, nil)
		assert.Error(t, err)
		_, err = ifmatch.Save[thing](t.Context(), client, nil, nil)
		assert.Error(t, err)
		_, err = ifmatch.Patch[thing](t.Context(), client, nil, "application/merge-patch+json", nil)
		assert.Error(t, err)
		assert.Error(t, ifmatch.Delete[thing](t.Context(), client, nil))
		_, err = ifmatch.Put(t.Context(), client, &ifmatch.Representation[thing]{})
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
		_, err = ifmatch.Put(t.Context(), nil, &ifmatch.Representation[thing]{ETag: `"1"`})
		assert.Error(t, err, "no URL")
		_, err = ifmatch.Get[thing](t.Context(), nil, "")
		assert.Error(t, err, "no URL")
	})
	require.Empty(t, s.arrivals())
}

func TestANilRepresentationIsAnErrorAndNotAPanic(t *testing.T) {
	ctx, c := t.Context(), brisk()
	_, err := ifmatch.Put[doc](ctx, c, nil)
	assert.Error(t, err)
	_, err = ifmatch.Save[doc](ctx, c, nil, nil)
	assert.Error(t, err)
	_, err = ifmatch.Patch[doc](ctx, c, nil, "", nil)
	assert.Error(t, err)
	assert.Error(t, ifmatch.Delete[doc](ctx, c, nil))
}
