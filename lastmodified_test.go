package ifmatch_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestLastModifiedGuardsAWriteOnlyWhereItIsStrong(t *testing.T) {
	const modified = "Mon, 02 Jan 2006 15:04:05 GMT"
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{name: "a second older than the answer",
			fields: []string{"Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 15:04:06 GMT"},
			want:   modified},
		{name: "an hour older, another spelling of the date",
			fields: []string{"Last-Modified: Monday, 02-Jan-06 15:04:05 GMT", "Date: Mon, 02 Jan 2006 16:04:05 GMT"},
			want:   "Monday, 02-Jan-06 15:04:05 GMT"},
		{name: "of the same second", fields: []string{"Last-Modified: " + modified, "Date: " + modified}, want: ""},
		{name: "from the future",
			fields: []string{"Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 15:00:00 GMT"}, want: ""},
		{name: "an answer without a date", fields: []string{"Last-Modified: " + modified}, want: ""},
		{name: "twice",
			fields: []string{
				"Last-Modified: " + modified, "Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 16:04:05 GMT",
			},
			want: ""},
		{name: "no date at all",
			fields: []string{"Last-Modified: yesterday", "Date: Mon, 02 Jan 2006 16:04:05 GMT"}, want: ""},
		{name: "none", fields: []string{"Date: " + modified}, want: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV1, c.fields...), nil
				}
				return reply(204, ""), nil
			}, nil)
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err)
			u.Value.N = 2
			_, err = ifmatch.Put(t.Context(), client, u)
			if c.want == "" {
				require.ErrorIs(t, err, ifmatch.ErrNoValidator)
				require.Empty(t, s.writes())
				return
			}
			require.NoError(t, err)
			require.Len(t, s.writes(), 1)
			require.Equal(t, "If-Unmodified-Since: "+c.want, s.writes()[0].condition())
		})
	}
}

func TestUpdateGuardsByDateOnlyWhereTheDateIsStrong(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	dates := &ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: func() time.Time { return now }}
	origin, url := serve(t, dates, `{"count":1}`)
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "written in this very second")
	now = now.Add(2 * time.Second)
	_, err = ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.Equal(t, []string{"If-Unmodified-Since: Fri, 20 Nov 2026 10:00:00 GMT"}, conditions(origin, "PUT"))
}
