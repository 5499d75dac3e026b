package ifmatch_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// TestTheAnswerToAWriteIsTrustedOnlyForWhatItTells makes a second write after the first was
// answered. Where the answer told the validator of what is in force now, the second is sent under
// it; where it did not, the client looks first.
func TestTheAnswerToAWriteIsTrustedOnlyForWhatItTells(t *testing.T) {
	const looks = "" // the second write fetches first
	server := `{"n":2,"kept":9007199254740993,"at":"now"}`
	express := `ETag: W/"1f-receipt"`
	for _, c := range []struct {
		name   string
		status int
		body   string
		fields []string
		want   string // tag of the second write
		value  string // Content of the result
	}{
		{name: "204 with a strong tag (§15.3.5)", status: 204, fields: []string{`ETag: "2"`}, want: `"2"`,
			value: thingV2},
		{name: "200 without content, with a strong tag (§9.3.4)", status: 200, fields: []string{`ETag: "2"`},
			want: `"2"`, value: thingV2},
		{name: "204 without a tag: it may have been transformed", status: 204, want: looks, value: thingV2},
		{name: "204 with a weak tag", status: 204, fields: []string{`ETag: W/"2"`}, want: looks, value: thingV2},
		{name: "204 with the tag that was just replaced", status: 204, fields: []string{`ETag: "1"`},
			want: looks, value: thingV2},
		{name: "204 with a star", status: 204, fields: []string{`ETag: *`}, want: looks, value: thingV2},
		{name: "200 with a status report and a strong tag of it", status: 200, body: `{"ok":true}`,
			fields: []string{`ETag: "receipt"`}, want: looks, value: thingV2},
		{name: "200 with a status report and Express's tag of it", status: 200, body: `{"ok":true}`,
			fields: []string{express}, want: looks, value: thingV2},
		{name: "204 with Express's tag", status: 204, fields: []string{express}, want: looks, value: thingV2},
		{name: "200 with what was sent, and a tag", status: 200, body: thingV2, fields: []string{`ETag: "2"`},
			want: `"2"`, value: thingV2},
		{name: "200 with Preference-Applied (RFC 7240 §3)", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Preference-Applied: return=representation"}, want: `"2"`,
			value: server},
		{name: "the same in other words", status: 200, body: server,
			fields: []string{`ETag: "2"`, `Preference-Applied: respond-async, Return="representation"`},
			want:   `"2"`, value: server},
		{name: "the same with Express's tag, where the tag before was strong", status: 200, body: server,
			fields: []string{express, "Preference-Applied: return=representation"}, want: looks, value: server},
		{name: "the same, with no tag", status: 200, body: server,
			fields: []string{"Preference-Applied: return=representation"}, want: looks, value: server},
		{name: "Preference-Applied of something else", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Preference-Applied: return=minimal"}, want: looks, value: thingV2},
		{name: "200 with Content-Location of the target (§8.7)", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Content-Location: /things/7"}, want: `"2"`, value: server},
		{name: "the same, absolute", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Content-Location: " + thingURL}, want: `"2"`, value: server},
		{name: "200 with Content-Location of something else", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Content-Location: /receipts/1", "Preference-Applied: return=representation"},
			want:   looks, value: thingV2},
		{name: "200 with Content-Location on another host", status: 200, body: server,
			fields: []string{`ETag: "2"`, "Content-Location: //evil.test/things/7"}, want: looks,
			value: thingV2},
		{name: "204 with a tag and Content-Location of something else", status: 204,
			fields: []string{`ETag: "2"`, "Content-Location: /receipts/1"}, want: looks, value: thingV2},
		{name: "200 with a representation that is none", status: 200, body: `<html>`,
			fields: []string{`ETag: "2"`, "Preference-Applied: return=representation"}, want: looks,
			value: thingV2},
		{name: "201 with a strong tag", status: 201, fields: []string{`ETag: "2"`}, want: `"2"`, value: thingV2},
		{name: "201 with Location of the target", status: 201,
			fields: []string{`ETag: "2"`, "Location: /things/7"}, want: `"2"`, value: thingV2},
		{name: "201 with Location of something else (§15.3.2)", status: 201,
			fields: []string{`ETag: "2"`, "Location: /things/8"}, want: looks, value: thingV2},
		{name: "201 with another resource's representation", status: 201, body: server,
			fields: []string{`ETag: "2"`, "Location: /things/8", "Preference-Applied: return=representation"},
			want:   looks, value: thingV2},
		{name: "203 with a tag: a proxy changed something", status: 203, fields: []string{`ETag: "2"`},
			want: looks, value: thingV2},
		{name: "205 with a tag", status: 205, fields: []string{`ETag: "2"`}, want: looks, value: thingV2},
		{name: "two tags that differ", status: 204, fields: []string{`ETag: "2"`, `ETag: "3"`}, want: looks,
			value: thingV2},
		{name: "twice the same tag", status: 204, fields: []string{`ETag: "2"`, `ETag: "2"`}, want: `"2"`,
			value: thingV2},
	} {
		t.Run(c.name, func(t *testing.T) {
			stored := c.value
			client, s := through(func(a arrival) (*http.Response, error) {
				switch {
				case a.method == http.MethodGet:
					return reply(200, stored, `ETag: "looked"`), nil
				case a.n == 1:
					return reply(c.status, c.body, c.fields...), nil
				}
				return reply(204, "", `ETag: "3"`), nil
			}, nil)
			u, err := ifmatch.Put(t.Context(), client, bump())
			require.NoError(t, err)
			require.Equal(t, "PUT", s.methods(), "one write, one exchange")
			require.Equal(t, "return=representation", s.arrivals()[0].header.Get("Prefer"))
			require.Equal(t, c.value, string(u.Content))
			require.EqualValues(t, 2, u.Value.N)
			require.Equal(t, c.want, string(u.ETag))

			u.Value.N = 3
			_, err = ifmatch.Put(t.Context(), client, u)
			require.NoError(t, err)
			last := s.arrivals()[len(s.arrivals())-1]
			require.Contains(t, last.body, `"n":3`)
			require.Contains(t, last.body, `9007199254740993`)
			if c.want == looks {
				require.Equal(t, "PUT GET PUT", s.methods())
				require.Equal(t, `If-Match: "looked"`, last.condition())
				require.Equal(t, "no-cache", s.arrivals()[1].header.Get("Cache-Control"),
					"a cache may not have heard of the write")
			} else {
				require.Equal(t, "PUT PUT", s.methods())
				require.Equal(t, "If-Match: "+c.want, last.condition())
			}
		})
	}
}

func TestAnUntoldValidatorIsNotTakenFromAVersionOfOthers(t *testing.T) {
	// The look before the next write finds other content: somebody, or the server itself, has
	// changed it. Its tag must not guard a write that knows nothing of that.
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, `{"n":2,"kept":9007199254740993,"rival":true}`, `ETag: "3"`), nil
		}
		return reply(204, ""), nil
	}, nil)
	u, err := ifmatch.Put(t.Context(), client, bump())
	require.NoError(t, err)
	u.Value.N = 3
	same, err := ifmatch.Put(t.Context(), client, u)
	require.Same(t, u, same, "on error the result is what was given")
	require.ErrorIs(t, err, ifmatch.StaleVersion)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.ETag(`"3"`), conflict.RemoteETag)
	require.Equal(t, "PUT GET", s.methods())

	// Save merges, and writes under the tag of what it merged with.
	_, err = ifmatch.Save(t.Context(), client, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	last := s.arrivals()[len(s.arrivals())-1]
	require.Equal(t, `If-Match: "3"`, last.condition())
	require.JSONEq(t, `{"n":3,"kept":9007199254740993,"rival":true}`, last.body)
}

func TestThePatchedRepresentationIsKnownOnlyWhenItIsTold(t *testing.T) {
	patch := []byte(`{"n":2}`)
	for _, c := range []struct {
		name   string
		status int
		body   string
		fields []string
		told   bool
	}{
		{name: "204 with a tag", status: 204, fields: []string{`ETag: "2"`}},
		{name: "200 with Content-Location", status: 200, body: thingV2,
			fields: []string{`ETag: "2"`, "Content-Location: /things/7"}, told: true},
		{name: "200 with Preference-Applied", status: 200, body: thingV2,
			fields: []string{`ETag: "2"`, "Preference-Applied: return=representation"}, told: true},
		{name: "200 with content that does not say what it is", status: 200, body: thingV2,
			fields: []string{`ETag: "2"`}},
		{name: "200 that repeats the patch", status: 200, body: string(patch), fields: []string{`ETag: "2"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				return reply(c.status, c.body, c.fields...), nil
			}, nil)
			u, err := ifmatch.Patch(t.Context(), client, firstThing(), "application/merge-patch+json", patch)
			require.NoError(t, err)
			require.Equal(t, "application/merge-patch+json", s.arrivals()[0].header.Get("Content-Type"))
			require.Equal(t, string(patch), s.arrivals()[0].body)
			require.Equal(t, `If-Match: "1"`, s.arrivals()[0].condition())
			if c.told {
				require.Equal(t, thing{N: 2}, u.Value)
				require.Equal(t, ifmatch.ETag(`"2"`), u.ETag)
				return
			}
			require.Nil(t, u.Content)
			require.Zero(t, u.Value)
			_, err = ifmatch.Put(t.Context(), client, u)
			require.Error(t, err, "what the patch made of it is not known")
			require.NotEmpty(t, err.Error())
			require.Equal(t, "PATCH", s.methods(), "and nothing is written on a guess")
		})
	}
}

func TestAWriteWhoseAnswerToldNoValidatorIsFollowedByALook(t *testing.T) {
	for name, options := range map[string]*ifmatchtest.Options{
		"no tag on PUT":               {WriteTags: ifmatchtest.NoWriteTags},
		"a tag of the receipt on PUT": {WriteTags: ifmatchtest.ReceiptWriteTags},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, options, `{"name":"a","count":1}`)
			c := brisk().With(func(o *ifmatch.Options) { o.Header = http.Header{"Prefer": {"return=minimal"}} })
			u, err := ifmatch.Get[doc](t.Context(), c, url)
			require.NoError(t, err)
			for i := 2; i <= 4; i++ {
				u.Value.Count = i
				u, err = ifmatch.Put(t.Context(), c, u)
				require.NoError(t, err)
				assert.Empty(t, u.ETag)
				assert.Equal(t, i, u.Value.Count)
			}
			origin.Set("/doc", `{"name":"rival","count":4}`)
			u.Value.Count = 5
			_, err = ifmatch.Put(t.Context(), c, u)
			assert.ErrorIs(t, err, ifmatch.StaleVersion)
			assert.ErrorIs(t, ifmatch.Delete(t.Context(), c, u), ifmatch.StaleVersion)
			_, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{}`))
			assert.ErrorIs(t, err, ifmatch.StaleVersion)
			u, err = ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
			require.NoError(t, err)
			assert.JSONEq(t, `{"name":"rival","count":5}`, origin.Body("/doc"))
			origin.Delete("/doc")
			u.Value.Count = 6
			_, err = ifmatch.Put(t.Context(), c, u)
			assert.ErrorIs(t, err, ifmatch.Deleted)
		})
	}
}

func TestAPatchThatToldNoContentIsNoBaseForTheNextWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	c := brisk().With(func(o *ifmatch.Options) { o.Header = http.Header{"Prefer": {"return=minimal"}} })
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	u, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{"count":2}`))
	require.NoError(t, err)
	assert.Nil(t, u.Content)
	u.Value.Count = 3
	_, err = ifmatch.Put(t.Context(), c, u)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestWhatASuccessSaysBesidesCannotMakeItAFailure(t *testing.T) {
	withstand(t, []hostile{
		{does: "gives * for the tag of what was written", put: says("204 No Content", `ETag: *`, ""), updates: "ok"},
		{does: "returns another resource's content",
			put: says("200 OK",
				"ETag: \"2\"\nContent-Location: http://evil.test/\nPreference-Applied: return=representation",
				`{"n":666}`),
			updates: "ok"},
		{does: "returns garbage for the new representation",
			put: says("200 OK", "ETag: \"2\"\nPreference-Applied: return=representation", "\xff\xfe"), updates: "ok"},
	})
}

func TestTheStatusOfTheAnswerToAWriteIsInTheResult(t *testing.T) {
	for _, status := range []int{200, 201, 204, 205} {
		client, _ := through(held(func(arrival) (*http.Response, error) { return reply(status, ""), nil }), nil)
		u, err := ifmatch.Put(t.Context(), client, bump())
		require.NoError(t, err)
		require.Equal(t, status, u.Status)
		u, err = ifmatch.Save(t.Context(), client, bump(), nil)
		require.NoError(t, err)
		require.Equal(t, status, u.Status)
		u, err = ifmatch.Patch(t.Context(), client, firstThing(), "application/merge-patch+json", []byte(`{"n":2}`))
		require.NoError(t, err)
		require.Equal(t, status, u.Status)
		u, err = ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
		require.NoError(t, err)
		require.Equal(t, status, u.Status)
		u, err = ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
		require.Equal(t, status, u.Status)
		u, err = ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		require.Zero(t, u.Status, "it was fetched")
	}
	t.Run("where a look told", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		u.Value.Count = 2
		u, err = ifmatch.Put(t.Context(), brisk(), u)
		require.NoError(t, err)
		require.Zero(t, u.Status)
	})
}

// solid is a server that creates anew what is gone, whatever version the write was made from.
func solid() func(arrival) (*http.Response, error) {
	return held(func(arrival) (*http.Response, error) { return reply(201, "", `ETag: "7"`), nil })
}

func TestACreationInThePlaceOfAChangeIsNoQuietSuccess(t *testing.T) {
	newMeansNew := &ifmatch.Options{Dialect: &ifmatch.Dialect{CreatedMeansNew: true}}
	for name, write := range map[string]func(context.Context, *ifmatch.Client) error{
		"Put": put, "Update": update,
		"Save": func(ctx context.Context, c *ifmatch.Client) error {
			_, err := ifmatch.Save(ctx, c, bump(), ifmatch.ThreeWay)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, s := through(solid(), newMeansNew)
			err := write(t.Context(), client)
			require.ErrorIs(t, err, ifmatch.Recreated)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			require.ErrorContains(t, err, "the write took effect")
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			require.JSONEq(t, thingV1, string(conflict.Base))
			require.JSONEq(t, thingV2, string(conflict.Local))
			require.JSONEq(t, thingV2, string(conflict.Remote), "it is there again")
			require.Equal(t, ifmatch.ETag(`"7"`), conflict.RemoteETag)
			require.Len(t, s.writes(), 1)

			client, _ = through(solid(), nil)
			require.NoError(t, write(t.Context(), client), "many servers answer every PUT so")
		})
	}
	client, _ := through(solid(), newMeansNew)
	_, err := ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err, "a creation is what was asked for")
	require.NoError(t, ifmatch.Delete(t.Context(), client, firstThing()))
}

func TestAMergedPlainPutThatCreatedAnewIsNoRefusal(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		switch {
		case a.method == http.MethodGet && a.n == 1:
			return reply(200, thingV1, `ETag: "1"`), nil
		case a.method == http.MethodGet:
			return reply(200, `{"n":1,"rival":true}`, `ETag: "2"`), nil
		case a.n == 1:
			return reply(412, ""), nil
		}
		return reply(201, "", `ETag: "7"`), nil // the rival deleted it in between
	}, &ifmatch.Options{Dialect: &ifmatch.Dialect{CreatedMeansNew: true},
		Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]}})
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, client.HTTPClient(), "GET", thingURL, "")
	require.NoError(t, err)
	_, _, err = plain(t, ctx, client.HTTPClient(), "PUT", thingURL, thingV2)
	require.ErrorIs(t, err, ifmatch.Recreated, "it was written: the first 412 is not the answer")
	require.Equal(t, "GET PUT GET PUT", s.methods())
}
