package ifmatch_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestAReadThatAProxyTransformedIsNoBaseOfAWrite(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		return reply(203, thingV1, `ETag: "1"`, "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT", "Date: Mon, 02 Jan 2006 16:04:05 GMT"), nil
	}, nil)
	u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
	require.NoError(t, err)
	require.EqualValues(t, 1, u.Value.N)
	u.Value.N = 2
	_, err = ifmatch.Put(t.Context(), client, u)
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, err = ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	require.ErrorContains(t, err, "203")
	require.Equal(t, "GET GET", s.methods())
}

func TestAnAnswerFromARoundTripperThatNamesNoRequestIsRead(t *testing.T) {
	// http.RoundTripper does not oblige anybody to fill Response.Request, and test
	// doubles rarely do.
	bare := bareTripper(func() *http.Response { return reply(200, thingV1, `ETag: "1"`) })
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: bare}})
	require.NotPanics(t, func() {
		u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		require.Equal(t, thingURL, u.URL)
	})
}
