package ifmatch_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestARepresentationRebuiltByHandCannotLoseItsGuard(t *testing.T) {
	// The fields may come back from an HTML form or a file that somebody else could edit. What is
	// no validator must not be sent as a condition that always holds, or that a server ignores (RFC
	// 9110 §13.1.1, §13.1.4).
	for _, c := range []struct{ name, tag, date string }{
		{name: "a star", tag: `*`},
		{name: "a weak star", tag: `W/*`},
		{name: "a list", tag: `"1", "2"`},
		{name: "a list with a star", tag: `"1", *`},
		{name: "a line break", tag: "\"1\"\r\nIf-Match: *"},
		{name: "an empty tag field", tag: ``},
		{name: "a date that is none", tag: ``, date: "yesterday"},
		{name: "a date with a line break", tag: ``, date: "Mon, 02 Jan 2006 15:04:05 GMT\r\nX: y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) { return reply(204, ""), nil }, nil)
			u := bump()
			u.ETag, u.LastModified = ifmatch.ETag(c.tag), c.date
			_, err := ifmatch.Put(t.Context(), client, u)
			assert.Error(t, err)
			_, err = ifmatch.Save(t.Context(), client, u, ifmatch.KeepLocal)
			assert.Error(t, err)
			assert.Error(t, ifmatch.Delete(t.Context(), client, u))
			for _, a := range s.writes() {
				assert.Fail(t, "a write was sent", "%s under %q", a.method, a.condition())
			}
		})
	}
}

func TestATagIsPreferredToADateAndNeverSentWithIt(t *testing.T) {
	date := []string{"Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT", "Date: Mon, 02 Jan 2006 16:04:05 GMT"}
	for tag, want := range map[string]string{
		`"1"`:   `If-Match: "1"`,
		`W/"1"`: "If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT",
		`*`:     "If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT",
	} {
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				return reply(200, thingV1, append(date, "ETag: "+tag)...), nil
			}
			return reply(204, ""), nil
		}, &ifmatch.Options{RefuseWeakTags: true})
		_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
		require.Len(t, s.writes(), 1)
		require.Equal(t, want, s.writes()[0].condition(), tag)
	}
}

func TestAllowLostUpdatesIsTheOnlyWayToAnUnguardedWrite(t *testing.T) {
	get := func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1), nil
		}
		return reply(204, ""), nil
	}
	edit := func(v *thing) error { v.N++; return nil }

	client, s := through(get, nil)
	_, err := ifmatch.Update(t.Context(), client, thingURL, edit)
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	require.Equal(t, "GET", s.methods())

	_, err = ifmatch.Update(t.Context(), client.With(func(o *ifmatch.Options) {
		o.AllowLostUpdates = true
	}), thingURL, edit)
	require.NoError(t, err)
	require.Len(t, s.writes(), 1)
	require.Empty(t, s.writes()[0].condition(), "no condition, and not an empty one")
	require.NotContains(t, s.writes()[0].header, "If-Match")
	require.JSONEq(t, thingV2, s.writes()[0].body)

	// Where there is a validator, it is used all the same.
	client, s = through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, `ETag: "1"`), nil
		}
		return reply(204, ""), nil
	}, &ifmatch.Options{AllowLostUpdates: true})
	_, err = ifmatch.Update(t.Context(), client, thingURL, edit)
	require.NoError(t, err)
	require.Equal(t, `If-Match: "1"`, s.writes()[0].condition())
}

func TestWhatIsNoValidatorGuardsNoWrite(t *testing.T) {
	const good = `{"n":5,"kept":true}`
	withstand(t, []hostile{
		{does: "gives * as the entity tag", get: says("200 OK", `ETag: *`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives a list as the entity tag", get: says("200 OK", `ETag: "2", "3"`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives two different entity tags", get: says("200 OK", "ETag: \"2\"\nETag: \"3\"", good),
			gets: "ok", updates: "no validator"},
		{does: "gives an empty entity tag", get: says("200 OK", `ETag:`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives an entity tag that ends in the middle", get: says("200 OK", `ETag: "2`, good),
			gets: "ok", updates: "no validator"},
		{does: "gives an entity tag of 100 KiB", get: says("200 OK", `ETag: "`+strings.Repeat(kilobyte, 100)+`"`, good),
			gets: "ok", updates: "no validator"},
		{does: "folds a second tag into the field", get: says("200 OK", "ETag: \"2\"\n \"3\"", good),
			gets: "ok", updates: "no validator"},
		{does: "hides a line break of one byte in the tag", get: says("200 OK", "ETag: \"2\rIf-Match: *\"", good),
			gets: "no answer"},
		{does: "hides a NUL byte in the tag", get: says("200 OK", "ETag: \"2\x00\"", good),
			gets: "no answer"},
		{does: "dates the content after the answer",
			get: says("200 OK", "Last-Modified: Tue, 01 Jan 2999 00:00:00 GMT\nDate: Mon, 02 Jan 2006 15:04:05 GMT",
				good),
			gets: "ok", updates: "no validator"},
		{does: "dates the content in the year 0000",
			get: says("200 OK", "Last-Modified: Sat, 00 Jan 0000 00:00:00 GMT\nDate: Mon, 02 Jan 2006 15:04:05 GMT",
				good),
			gets: "ok", updates: "no validator"},
		{does: "gives no validator of any kind", get: says("200 OK", "", good),
			gets: "ok", updates: "no validator"},
		{does: "says that a proxy changed the content (203)", get: says("203 Changed", `ETag: "2"`, good),
			gets: "ok", updates: "no validator"},
	})
}
