package ifmatch_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestAReadThatAProxyTransformedIsNoBaseOfAWrite(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		return reply(203, thingV1, `ETag: "1"`, "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT",
			"Date: Mon, 02 Jan 2006 16:04:05 GMT"), nil
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
	// http.RoundTripper does not oblige anybody to fill Response.Request, and test doubles rarely
	// do.
	bare := tripper(func(*http.Request) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil })
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: bare}})
	require.NotPanics(t, func() {
		u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		require.Equal(t, thingURL, u.URL)
	})
}

func TestAStatusThatIsNoAnswerToAGetIsAnError(t *testing.T) {
	const good = `{"n":5,"kept":true}`
	withstand(t, []hostile{
		{does: "answers 202", get: says("202 Accepted", `ETag: "2"`, good), gets: "202"},
		{does: "answers 204", get: says("204 No Content", `ETag: "2"`, ""), gets: "204"},
		{does: "answers 206, though no range was asked for",
			get:  says("206 Partial Content", "ETag: \"2\"\nContent-Range: bytes 0-18/1000", good),
			gets: "206"},
		{does: "answers 304, though nothing was asked conditionally", get: says("304 Not Modified", `ETag: "2"`, ""),
			gets: "304"},
		{does: "answers 999", get: says("999 \x1b[31mRequest Denied", `ETag: "2"`, good), gets: "999"},
	})
}
