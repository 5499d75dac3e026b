package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestEveryRequestAsksForIdentityCoding(t *testing.T) {
	// net/http asks for gzip on its own, and undoes it unseen; this origin's tag is
	// then that of the compressed form, which its If-Match never matches.
	o := ifmatchtest.New(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix})
	o.Set("/a", `{"n":1}`)
	url := o.Serve(t).URL
	ctx := t.Context()

	u, err := ifmatch.Update(ctx, nil, url+"/a", func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	u.Value.N = 5
	u, err = ifmatch.Put(ctx, nil, u)
	require.NoError(t, err)
	u.Value.N = 6
	u, err = ifmatch.Save(ctx, nil, u, nil)
	require.NoError(t, err)
	_, err = ifmatch.Patch(ctx, nil, u, "application/merge-patch+json", []byte(`{"n":7}`))
	require.NoError(t, err)
	_, err = ifmatch.Create(ctx, nil, url+"/b", thing{N: 1})
	require.NoError(t, err)
	raw, err := ifmatch.Get[[]byte](ctx, nil, url+"/a")
	require.NoError(t, err)
	require.NoError(t, ifmatch.Delete(ctx, nil, raw))

	seen := map[string]bool{}
	for _, r := range o.Requests() {
		seen[r.Method] = true
		assert.Equal(t, []string{"identity"}, r.Header.Values("Accept-Encoding"), r.String())
		assert.Less(t, r.Status, 300, r.String())
	}
	assert.Equal(t, map[string]bool{"GET": true, "PUT": true, "PATCH": true, "DELETE": true}, seen)
}

func TestReadsAndWritesOfAValueAcceptTheSame(t *testing.T) {
	// The condition is evaluated against the representation that the write's own
	// fields select (RFC 9110 §13.1, §12.5).
	accepts := func(t *testing.T, use func(context.Context, *ifmatch.Client) error, o *ifmatch.Options) string {
		c, s := through(func(a arrival) (*http.Response, error) {
			return reply(200, thingV1, `ETag: "1"`, "Content-Type: application/json"), nil
		}, o)
		require.NoError(t, use(t.Context(), c))
		all := map[string]bool{}
		for _, a := range s.arrivals() {
			all[strings.Join(a.header.Values("Accept"), "|")] = true
		}
		require.Len(t, all, 1, "%v", all)
		require.Equal(t, "GET PUT PATCH DELETE", s.methods())
		return slices.Collect(maps.Keys(all))[0]
	}
	all := func(ctx context.Context, c *ifmatch.Client) error {
		u, err := ifmatch.Get[thing](ctx, c, thingURL)
		if err != nil {
			return err
		}
		v := *u
		v.Value.N = 2
		_, err = ifmatch.Put(ctx, c, &v)
		_, err2 := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{}`))
		return errors.Join(err, err2, ifmatch.Delete(ctx, c, u))
	}
	raw := func(ctx context.Context, c *ifmatch.Client) error {
		u, err := ifmatch.Get[[]byte](ctx, c, thingURL)
		if err != nil {
			return err
		}
		v := *u
		v.Value = []byte("x")
		_, err = ifmatch.Put(ctx, c, &v)
		_, err2 := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{}`))
		return errors.Join(err, err2, ifmatch.Delete(ctx, c, u))
	}
	json := accepts(t, all, nil)
	assert.Contains(t, json, "application/json")
	assert.Contains(t, json, "application/problem+json")
	assert.Equal(t, "*/*", accepts(t, raw, nil))
	own := &ifmatch.Options{Header: http.Header{"Accept": {"application/fhir+json"}}}
	assert.Equal(t, "application/fhir+json", accepts(t, all, own))
	assert.Equal(t, "application/fhir+json", accepts(t, raw, own))
}

func TestEntityTagsGoBackByteForByte(t *testing.T) {
	verbatim := &ifmatch.Options{}
	strip := &ifmatch.Options{StripWeakTags: true}
	refuse := &ifmatch.Options{RefuseWeakTags: true}
	long := `"` + strings.Repeat("x", 8190) + `"`
	for _, c := range []struct {
		name    string
		options *ifmatch.Options
		fields  []string
		trailer string
		want    string // the If-Match field; "" for a write that must not go out
	}{
		{"a strong tag", verbatim, []string{`"abc"`}, "", `"abc"`},
		{"the empty tag, which is a tag", verbatim, []string{`""`}, "", `""`},
		{"a tag of a star, which is a tag", verbatim, []string{`"*"`}, "", `"*"`},
		{"commas inside", verbatim, []string{`"a,b, c"`}, "", `"a,b, c"`},
		{"spaces inside", verbatim, []string{`"a b  c"`}, "", `"a b  c"`},
		{"a backslash", verbatim, []string{`"a\b"`}, "", `"a\b"`},
		{"obs-text", verbatim, []string{"\"caf\xe9\x80\""}, "", "\"caf\xe9\x80\""},
		{"no quotes", verbatim, []string{`33a64df5`}, "", `33a64df5`},
		{"a suffix outside of the quotes", verbatim, []string{`"abc";gzip`}, "", ""},
		{"a suffix inside", verbatim, []string{`"abc;gzip"`}, "", `"abc;gzip"`},
		{"exactly 8 KiB", verbatim, []string{long}, "", long},
		{"more than 8 KiB", verbatim, []string{long[:8191] + `x"`}, "", ""},

		{"a weak tag, as it came", verbatim, []string{`W/"abc"`}, "", `W/"abc"`},
		{"a weak tag, stripped", strip, []string{`W/"abc"`}, "", `"abc"`},
		{"a weak tag, refused", refuse, []string{`W/"abc"`}, "", ""},
		{"a strong tag where weak ones are refused", refuse, []string{`"abc"`}, "", `"abc"`},
		{"a strong tag where weak ones are stripped", strip, []string{`"W/abc"`}, "", `"W/abc"`},
		{"a weak tag without quotes", verbatim, []string{`W/abc`}, "", `W/abc`},
		{"w/ in lower case is no prefix, and no tag", strip, []string{`w/"abc"`}, "", ""},

		{"twice the same", verbatim, []string{`"a"`, `"a"`}, "", `"a"`},
		{"weak and strong: the strong one", verbatim, []string{`W/"a"`, `"a"`}, "", `"a"`},
		{"strong and weak: the strong one", refuse, []string{`"a"`, `W/"b"`}, "", `"a"`},
		{"two strong ones prove nothing", verbatim, []string{`"a"`, `"b"`}, "", ""},
		{"two weak ones prove nothing", verbatim, []string{`W/"a"`, `W/"b"`}, "", ""},
		{"a list in one field", verbatim, []string{`"a", "b"`}, "", ""},
		{"a list without quotes", verbatim, []string{`a,b`}, "", ""},

		{"a bare star", verbatim, []string{`*`}, "", ""},
		{"a weak star", strip, []string{`W/*`}, "", ""},
		{"an empty field", verbatim, []string{``}, "", ""},
		{"only the prefix", strip, []string{`W/`}, "", ""},
		{"a lone quote", verbatim, []string{`"`}, "", ""},
		{"cut short", verbatim, []string{`"abc`}, "", ""},
		{"a control character", verbatim, []string{"\"a\tb\""}, "", ""},
		{"DEL", verbatim, []string{"\"a\x7fb\""}, "", ""},
		{"none", verbatim, nil, "", ""},

		{"in the trailer", verbatim, nil, `"abc"`, `"abc"`},
		{"in the trailer, a star", verbatim, nil, `*`, ""},
		{"in both: the header's", verbatim, []string{`"a"`}, `"b"`, `"a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method != http.MethodGet {
					return reply(204, ""), nil
				}
				r := reply(200, thingV1, "Content-Type: application/json")
				r.Header["Etag"] = c.fields
				if c.trailer != "" {
					r.Trailer = http.Header{"Etag": {c.trailer}}
				}
				return r, nil
			}, c.options)
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err, "a strange tag does not forbid reading")

			patch := func() error {
				_, err := ifmatch.Patch(t.Context(), client, u, "application/merge-patch+json", []byte(`{"n":2}`))
				return err
			}
			put := func() error { v := *u; v.Value.N = 2; _, err := ifmatch.Put(t.Context(), client, &v); return err }
			save := func() error { v := *u; v.Value.N = 2; _, err := ifmatch.Save(t.Context(), client, &v, nil); return err }
			del := func() error { return ifmatch.Delete(t.Context(), client, u) }
			update := func() error {
				_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
				return err
			}
			for _, write := range []func() error{patch, put, save, del, update} {
				err := write()
				if c.want == "" {
					require.ErrorIs(t, err, ifmatch.ErrNoValidator)
				} else {
					require.NoError(t, err)
				}
			}
			if c.want == "" {
				require.Empty(t, s.writes(), "not a byte leaves without a validator")
				return
			}
			require.Len(t, s.writes(), 5)
			for _, w := range s.writes() {
				assert.Equal(t, "If-Match: "+c.want, w.condition(), w.method)
			}
		})
	}
}

func TestARepresentationRebuiltByHandCannotDisarmItsGuard(t *testing.T) {
	// The fields may come back from an HTML form or a file that somebody else could
	// edit. What is no validator must not go out as a condition that always holds, or
	// that a server ignores (RFC 9110 §13.1.1, §13.1.4).
	for _, c := range []struct{ name, tag, date string }{
		{"a star", `*`, ""},
		{"a weak star", `W/*`, ""},
		{"a list", `"1", "2"`, ""},
		{"a list with a star", `"1", *`, ""},
		{"a line break", "\"1\"\r\nIf-Match: *", ""},
		{"an empty tag field", ``, ""},
		{"a date that is none", ``, "yesterday"},
		{"a date with a line break", ``, "Mon, 02 Jan 2006 15:04:05 GMT\r\nX: y"},
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
				assert.Fail(t, "a write went out", "%s under %q", a.method, a.condition())
			}
		})
	}
}

func TestLastModifiedGuardsAWriteOnlyWhereItIsStrong(t *testing.T) {
	const modified = "Mon, 02 Jan 2006 15:04:05 GMT"
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"a second older than the answer", []string{"Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 15:04:06 GMT"}, modified},
		{"an hour older, another spelling of the date", []string{"Last-Modified: Monday, 02-Jan-06 15:04:05 GMT", "Date: Mon, 02 Jan 2006 16:04:05 GMT"}, "Monday, 02-Jan-06 15:04:05 GMT"},
		{"of the same second", []string{"Last-Modified: " + modified, "Date: " + modified}, ""},
		{"from the future", []string{"Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 15:00:00 GMT"}, ""},
		{"an answer without a date", []string{"Last-Modified: " + modified}, ""},
		{"twice", []string{"Last-Modified: " + modified, "Last-Modified: " + modified, "Date: Mon, 02 Jan 2006 16:04:05 GMT"}, ""},
		{"no date at all", []string{"Last-Modified: yesterday", "Date: Mon, 02 Jan 2006 16:04:05 GMT"}, ""},
		{"none", []string{"Date: " + modified}, ""},
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

	_, err = ifmatch.Update(t.Context(), client.With(&ifmatch.Options{AllowLostUpdates: true}), thingURL, edit)
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

// TestWhatTheAnswerToAWriteTells makes a second write after the first was answered.
// Where the answer told the validator of what is in force now, the second goes out
// under it; where it did not, the client looks first.
func TestWhatTheAnswerToAWriteTells(t *testing.T) {
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
		{"204 with a strong tag (§15.3.5)", 204, "", []string{`ETag: "2"`}, `"2"`, thingV2},
		{"200 without content, with a strong tag (§9.3.4)", 200, "", []string{`ETag: "2"`}, `"2"`, thingV2},
		{"204 without a tag: it may have been transformed", 204, "", nil, looks, thingV2},
		{"204 with a weak tag", 204, "", []string{`ETag: W/"2"`}, looks, thingV2},
		{"204 with the tag that was just replaced", 204, "", []string{`ETag: "1"`}, looks, thingV2},
		{"204 with a star", 204, "", []string{`ETag: *`}, looks, thingV2},
		{"200 with a status report and a strong tag of it", 200, `{"ok":true}`, []string{`ETag: "receipt"`}, looks, thingV2},
		{"200 with a status report and Express's tag of it", 200, `{"ok":true}`, []string{express}, looks, thingV2},
		{"204 with Express's tag", 204, "", []string{express}, looks, thingV2},
		{"200 with what was sent, and a tag", 200, thingV2, []string{`ETag: "2"`}, `"2"`, thingV2},
		{"200 with Preference-Applied (RFC 7240 §3)", 200, server, []string{`ETag: "2"`, "Preference-Applied: return=representation"}, `"2"`, server},
		{"the same in other words", 200, server, []string{`ETag: "2"`, `Preference-Applied: respond-async, Return="representation"`}, `"2"`, server},
		{"the same with Express's tag, where the tag before was strong", 200, server, []string{express, "Preference-Applied: return=representation"}, looks, server},
		{"the same, with no tag", 200, server, []string{"Preference-Applied: return=representation"}, looks, server},
		{"Preference-Applied of something else", 200, server, []string{`ETag: "2"`, "Preference-Applied: return=minimal"}, looks, thingV2},
		{"200 with Content-Location of the target (§8.7)", 200, server, []string{`ETag: "2"`, "Content-Location: /things/7"}, `"2"`, server},
		{"the same, absolute", 200, server, []string{`ETag: "2"`, "Content-Location: " + thingURL}, `"2"`, server},
		{"200 with Content-Location of something else", 200, server, []string{`ETag: "2"`, "Content-Location: /receipts/1", "Preference-Applied: return=representation"}, looks, thingV2},
		{"200 with Content-Location on another host", 200, server, []string{`ETag: "2"`, "Content-Location: //evil.test/things/7"}, looks, thingV2},
		{"204 with a tag and Content-Location of something else", 204, "", []string{`ETag: "2"`, "Content-Location: /receipts/1"}, looks, thingV2},
		{"200 with a representation that is none", 200, `<html>`, []string{`ETag: "2"`, "Preference-Applied: return=representation"}, looks, thingV2},
		{"201 with a strong tag", 201, "", []string{`ETag: "2"`}, `"2"`, thingV2},
		{"201 with Location of the target", 201, "", []string{`ETag: "2"`, "Location: /things/7"}, `"2"`, thingV2},
		{"201 with Location of something else (§15.3.2)", 201, "", []string{`ETag: "2"`, "Location: /things/8"}, looks, thingV2},
		{"201 with another resource's representation", 201, server, []string{`ETag: "2"`, "Location: /things/8", "Preference-Applied: return=representation"}, looks, thingV2},
		{"203 with a tag: a proxy changed something", 203, "", []string{`ETag: "2"`}, looks, thingV2},
		{"205 with a tag", 205, "", []string{`ETag: "2"`}, looks, thingV2},
		{"two tags that differ", 204, "", []string{`ETag: "2"`, `ETag: "3"`}, looks, thingV2},
		{"twice the same tag", 204, "", []string{`ETag: "2"`, `ETag: "2"`}, `"2"`, thingV2},
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
				require.Equal(t, "no-cache", s.arrivals()[1].header.Get("Cache-Control"), "a cache may not have heard of the write")
			} else {
				require.Equal(t, "PUT PUT", s.methods())
				require.Equal(t, "If-Match: "+c.want, last.condition())
			}
		})
	}
}

func TestAnUntoldValidatorIsNotTakenFromAVersionOfOthers(t *testing.T) {
	// The look before the next write finds other content: somebody, or the server
	// itself, has changed it. Its tag must not arm a write that knows nothing of that.
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

func TestThePatchedRepresentationIsKnownOnlyWhenItIsTold(t *testing.T) {
	patch := []byte(`{"n":2}`)
	for _, c := range []struct {
		name   string
		status int
		body   string
		fields []string
		told   bool
	}{
		{"204 with a tag", 204, "", []string{`ETag: "2"`}, false},
		{"200 with Content-Location", 200, thingV2, []string{`ETag: "2"`, "Content-Location: /things/7"}, true},
		{"200 with Preference-Applied", 200, thingV2, []string{`ETag: "2"`, "Preference-Applied: return=representation"}, true},
		{"200 with content that does not say what it is", 200, thingV2, []string{`ETag: "2"`}, false},
		{"200 that repeats the patch", 200, string(patch), []string{`ETag: "2"`}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) { return reply(c.status, c.body, c.fields...), nil }, nil)
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

func TestAnUnsafeRequestStaysWhereItWasSent(t *testing.T) {
	// net/http makes GET of PUT on 301, 302 and 303 and reports its 200; on 307 and
	// 308 it carries content, conditions and keys to any host (RFC 9110 §15.4).
	const from = "https://origin.test:8443/things/7"
	locations := []struct {
		name, location string
		same           bool // the same origin: scheme, host and port
	}{
		{"the same origin", "https://ORIGIN.test:8443/moved", true},
		{"a relative one", "/moved", true},
		{"another host", "https://evil.test:8443/moved", false},
		{"a subdomain", "https://sub.origin.test:8443/moved", false},
		{"another port", "https://origin.test/moved", false},
		{"plain http", "http://origin.test:8443/moved", false},
		{"no scheme, another host", "//evil.test/moved", false},
		{"no location", "", false},
		{"no URL", "https://%zz/", false},
		{"a file", "file:///etc/passwd", false},
	}
	writes := map[string]func(context.Context, *ifmatch.Client, *ifmatch.Representation[thing]) error{
		"PUT": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Put(ctx, c, u)
			return err
		},
		"PATCH": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{"n":2}`))
			return err
		},
		"DELETE": func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			return ifmatch.Delete(ctx, c, u)
		},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, l := range locations {
			for method, write := range writes {
				t.Run(fmt.Sprint(method, " ", status, " to ", l.name), func(t *testing.T) {
					client, s := through(func(a arrival) (*http.Response, error) {
						if a.url == from {
							if l.location == "" {
								return reply(status, ""), nil
							}
							return reply(status, "", "Location: "+l.location), nil
						}
						return reply(204, "", `ETag: "2"`), nil
					}, &ifmatch.Options{Header: http.Header{"X-Api-Key": {"secret"}, "Authorization": {"Bearer secret"}}})
					u := bump()
					u.URL = from
					err := write(t.Context(), client, u)
					for _, a := range s.arrivals() {
						assert.True(t, strings.HasPrefix(strings.ToLower(a.url), "https://origin.test:8443/"), a.url)
						if status == 303 && a.method == "GET" && a.header.Get("Cache-Control") == "no-cache" {
							continue // the look at what became of it
						}
						assert.Equal(t, method, a.method, "a redirect does not change the method")
						assert.Equal(t, `If-Match: "1"`, a.condition())
					}
					if l.same && status >= 307 {
						require.NoError(t, err)
						require.Len(t, s.arrivals(), 2)
						require.Equal(t, s.arrivals()[0].body, s.arrivals()[1].body)
						return
					}
					if status == 303 {
						// It is what a server answers that has done the work (RFC 9110 §15.4.4).
						require.ErrorIs(t, err, ifmatch.ErrUncertain)
						return
					}
					var refused *ifmatch.ResponseError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, status, refused.StatusCode)
					require.Equal(t, l.location, refused.Header.Get("Location"), "the caller may decide to go there")
					require.NotContains(t, refused.Header, "location")
					require.NotErrorIs(t, err, ifmatch.ErrUncertain, "a redirect has not written anything")
					require.Len(t, s.arrivals(), 1)
				})
			}
		}
	}
}

func TestAReadFollowsRedirectsWithinItsOriginOnly(t *testing.T) {
	for location, same := range map[string]bool{
		"/moved": true, "http://origin.test/moved": true, "http://origin.test:80/moved": true,
		"https://origin.test/moved": false, "http://evil.test/moved": false, "http://origin.test.evil.test/moved": false,
		"http://origin.test:81/moved": false, "gopher://origin.test/moved": false,
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.url == thingURL {
					return reply(status, "", "Location: "+location), nil
				}
				return reply(200, thingV1, `ETag: "1"`), nil
			}, &ifmatch.Options{Header: http.Header{"X-Api-Key": {"secret"}}})
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			if same {
				require.NoError(t, err, location)
				require.Contains(t, u.URL, "/moved", "the value belongs to the resource that was read")
				continue
			}
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused, location)
			require.Equal(t, status, refused.StatusCode)
			require.Len(t, s.arrivals(), 1, location)
		}
	}
}

func TestTheCallersOwnCheckRedirectIsStillAsked(t *testing.T) {
	stop := errors.New("not there")
	s := &scripted{answer: func(a arrival) (*http.Response, error) { return reply(302, "", "Location: /moved"), nil }}
	var asked int
	hc := &http.Client{Transport: s, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return stop }}
	_, err := ifmatch.Get[thing](t.Context(), ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxAttempts: 1}), thingURL)
	require.ErrorIs(t, err, stop)
	require.Equal(t, 1, asked)
}

func TestContentIsCappedAfterDecompression(t *testing.T) {
	bomb := zipped(`{"n":1,"note":"`, megabyte, 256)
	require.Less(t, len(bomb), 1<<20, "small on the wire")

	for _, status := range []int{200, 409} {
		client, s := through(func(a arrival) (*http.Response, error) {
			return reply(status, bomb, "Content-Encoding: gzip", `ETag: "1"`, "Content-Type: application/problem+json"), nil
		}, &ifmatch.Options{MaxBody: 1 << 20})
		before := allocated()
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Less(t, allocated()-before, uint64(32<<20), "bytes allocated")
		require.Len(t, s.arrivals(), 1, "it will not be smaller the next time")
		if status == 200 {
			require.ErrorIs(t, err, ifmatch.ErrTooLarge)
			continue
		}
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		require.True(t, refused.Truncated)
		require.LessOrEqual(t, len(refused.Body), 64<<10)
	}
}

func TestACodingThatNobodyAskedForIsUndone(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, zipped(thingV1, "", 0), "Content-Encoding: gzip", `ETag: "1"`), nil
		}
		return reply(204, "", `ETag: "2"`), nil
	}, nil)
	u, err := ifmatch.Get[[]byte](t.Context(), client, thingURL)
	require.NoError(t, err)
	require.Equal(t, thingV1, string(u.Value))
	require.Empty(t, u.Header.Get("Content-Encoding"), "what is in hand is not compressed")
	u.Value = []byte(thingV2)
	_, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	require.Equal(t, thingV2, s.writes()[0].body)
	require.Empty(t, s.writes()[0].header.Get("Content-Encoding"))
}

func TestContentInACodingThatIsNotKnownDoesNotGoBackWithoutItsLabel(t *testing.T) {
	// []byte takes any content. Compressed content that is written back without its
	// Content-Encoding would be stored as if it were the content itself.
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, "\x0b\x02\x80abc\x03", "Content-Encoding: br", `ETag: "1"`), nil
		}
		return reply(204, "", `ETag: "2"`), nil
	}, nil)
	u, err := ifmatch.Get[[]byte](t.Context(), client, thingURL)
	if err == nil {
		u.Value = append(u.Value, 'x')
		_, err = ifmatch.Put(t.Context(), client, u)
	}
	for _, a := range s.writes() {
		require.Equal(t, "br", a.header.Get("Content-Encoding"), "content in brotli, labelled as plain")
	}
	if len(s.writes()) == 0 {
		require.Error(t, err)
	}
}

func TestTwoIdentitiesOnOneResourceDoNotMix(t *testing.T) {
	// One network, one URL, another representation for each user.
	answer := func(a arrival) (*http.Response, error) {
		user := a.header.Get("Authorization")
		if a.method == http.MethodGet {
			return reply(200, fmt.Sprintf(`{"n":1,"note":%q}`, user), fmt.Sprintf("ETag: %q", user+"-1")), nil
		}
		return reply(204, "", fmt.Sprintf("ETag: %q", user+"-2")), nil
	}
	ann, s := through(answer, &ifmatch.Options{Header: http.Header{"Authorization": {"ann"}}})
	bob := ann.With(&ifmatch.Options{Header: http.Header{"authorization": {"bob"}}})
	ua, err := ifmatch.Get[thing](t.Context(), ann, thingURL)
	require.NoError(t, err)
	ub, err := ifmatch.Get[thing](t.Context(), bob, thingURL)
	require.NoError(t, err)
	for range 2 {
		ua.Value.N++
		ub.Value.N++
		ua, err = ifmatch.Put(t.Context(), ann, ua)
		require.NoError(t, err)
		ub, err = ifmatch.Put(t.Context(), bob, ub)
		require.NoError(t, err)
	}
	require.Len(t, s.writes(), 4)
	for i, w := range s.writes() {
		user := []string{"ann", "bob"}[i%2]
		require.Equal(t, []string{user}, w.header.Values("Authorization"))
		require.Equal(t, fmt.Sprintf("If-Match: %q", fmt.Sprintf("%s-%d", user, i/2+1)), w.condition())
		require.Contains(t, w.body, user)
	}
}

func TestConditionsInTheOptionsAreRefused(t *testing.T) {
	for _, name := range []string{"If-Match", "if-none-match", "IF-UNMODIFIED-SINCE", "If-Modified-Since", "if-range"} {
		client, s := through(func(a arrival) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil },
			&ifmatch.Options{Header: http.Header{name: {"*"}}})
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Put(t.Context(), client, bump())
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Save(t.Context(), client, bump(), nil)
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Create(t.Context(), client, thingURL, thing{})
		assert.ErrorContains(t, err, "Options.Header")
		assert.ErrorContains(t, ifmatch.Delete(t.Context(), client, bump()), "Options.Header")
		_, err = ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
		assert.ErrorContains(t, err, "Options.Header")
		assert.Empty(t, s.arrivals(), name)
	}
}

func TestAVariationDoesNotChangeTheClientItCameFrom(t *testing.T) {
	fields := http.Header{"X-Team": {"blue"}, "Accept": {"application/json"}}
	parent, s := through(func(a arrival) (*http.Response, error) { return reply(503, ""), nil },
		&ifmatch.Options{Header: fields, MaxAttempts: 2, MaxWait: time.Millisecond})
	child := parent.With(&ifmatch.Options{Header: http.Header{"x-team": {"red"}, "X-More": {"1"}}, MaxAttempts: 3})
	fields.Set("X-Team", "changed by the caller afterwards")
	fields["X-Team"][0] = "changed in place"

	send := func(c *ifmatch.Client) []arrival {
		before := len(s.arrivals())
		_, err := ifmatch.Get[thing](t.Context(), c, thingURL)
		require.Error(t, err)
		return s.arrivals()[before:]
	}
	for range 2 { // the child's use leaves nothing behind in the parent either
		got := send(child)
		require.Len(t, got, 3)
		assert.Equal(t, []string{"red"}, got[0].header.Values("X-Team"))
		assert.Equal(t, "1", got[0].header.Get("X-More"))
		assert.Equal(t, "application/json", got[0].header.Get("Accept"))
		got = send(parent)
		require.Len(t, got, 2)
		assert.Equal(t, []string{"blue"}, got[0].header.Values("X-Team"))
		assert.Empty(t, got[0].header.Get("X-More"))
	}
}

func TestTheZeroClientAndNoClientHaveTheDefaults(t *testing.T) {
	o := ifmatchtest.New(nil)
	o.Set("/a", `{"n":1}`)
	url := o.Serve(t).URL + "/a"
	for _, c := range []*ifmatch.Client{nil, new(ifmatch.Client), ifmatch.New(nil), new(ifmatch.Client).With(nil)} {
		_, err := ifmatch.Update(t.Context(), c, url, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
	}
	require.JSONEq(t, `{"n":5}`, o.Body("/a"))
}

func TestADocumentGoesBackWithTheTypeItCameWith(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, `ETag: "1"`, "Content-Type: application/fhir+json; charset=utf-8"), nil
		}
		return reply(204, ""), nil
	}, nil)
	_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.Equal(t, "application/fhir+json; charset=utf-8", s.writes()[0].header.Get("Content-Type"))
	_, err = ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err)
	require.Equal(t, "application/json", s.writes()[1].header.Get("Content-Type"))
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

func TestARoundTripperThatBreaksItsContractDoesNoHarm(t *testing.T) {
	for name, f := range map[string]func() *http.Response{
		"neither answer nor error": func() *http.Response { return nil },
		"no header":                func() *http.Response { return &http.Response{StatusCode: 200, Body: http.NoBody} },
		"a redirect, no header":    func() *http.Response { return &http.Response{StatusCode: 307, Body: http.NoBody} },
		"no content, not even an empty one": func() *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: 17}
		},
		"status 0": func() *http.Response { return &http.Response{Header: http.Header{}, Body: http.NoBody} },
	} {
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: bareTripper(f)}, MaxAttempts: 2, MaxWait: -1})
		assert.NotPanics(t, func() {
			_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			assert.Error(t, err, name)
			_, err = ifmatch.Save(t.Context(), client, bump(), nil)
			if err == nil {
				assert.Equal(t, "no header", name) // 200 is 200
			}
		}, name)
	}
}

func TestWritesOnARealConnectionCarryTheRightLength(t *testing.T) {
	var lengths []int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lengths = append(lengths, r.ContentLength)
		w.Header().Set("ETag", `"2"`)
		w.WriteHeader(204)
	}))
	defer s.Close()
	u := bump()
	u.URL = s.URL
	_, err := ifmatch.Put(t.Context(), nil, u)
	require.NoError(t, err)
	require.NoError(t, ifmatch.Delete(t.Context(), nil, u))
	empty := &ifmatch.Representation[[]byte]{URL: s.URL, ETag: `"1"`, Content: []byte("x"), Value: []byte{}}
	_, err = ifmatch.Put(t.Context(), nil, empty)
	require.NoError(t, err, "empty content is content")
	require.Equal(t, []int64{int64(len(thingV2)), 0, 0}, lengths)
}

func TestMaxBodyIsExact(t *testing.T) {
	content := strings.Repeat("x", 1000)
	for _, c := range []struct {
		most int64
		fits bool
	}{{999, false}, {1000, true}, {1001, true}, {1, false}, {-1, false}, {0, true}, {math.MaxInt64, true}, {math.MaxInt64 - 1, true}} {
		client, _ := through(func(arrival) (*http.Response, error) { return reply(200, content, `ETag: "1"`), nil },
			&ifmatch.Options{MaxBody: c.most})
		u, err := ifmatch.Get[string](t.Context(), client, thingURL)
		if !c.fits {
			require.ErrorIs(t, err, ifmatch.ErrTooLarge, "MaxBody %d", c.most)
			continue
		}
		require.NoError(t, err, "MaxBody %d", c.most)
		require.Equal(t, content, u.Value, "MaxBody %d", c.most)
	}
	client, _ := through(func(arrival) (*http.Response, error) { return reply(200, "", `ETag: "1"`), nil }, &ifmatch.Options{MaxBody: -1})
	_, err := ifmatch.Get[string](t.Context(), client, thingURL)
	require.NoError(t, err, "nothing fits into nothing")
}

func TestEveryFormOfTagMakesTheRoundTripWithARealServer(t *testing.T) {
	for name, o := range map[string]*ifmatchtest.Options{
		"strong":          {Tags: ifmatchtest.VersionTags},
		"content":         {Tags: ifmatchtest.ContentTags},
		"weak":            {Tags: ifmatchtest.WeakTags, WeakMatch: true},
		"unquoted":        {Tags: ifmatchtest.UnquotedTags},
		"doubled":         {Tags: ifmatchtest.DoubledTags},
		"trailer":         {Tags: ifmatchtest.TrailerTags},
		"receipts":        {WriteTags: ifmatchtest.ReceiptWriteTags},
		"none on a write": {WriteTags: ifmatchtest.NoWriteTags},
		"a date":          {Tags: ifmatchtest.NoTags, Now: clockInSteps(time.Minute)},
		"suffixed":        {Compress: ifmatchtest.CompressSuffix},
		"weakened":        {Compress: ifmatchtest.CompressWeaken},
		"dropped":         {Compress: ifmatchtest.CompressDrop},
	} {
		t.Run(name, func(t *testing.T) {
			origin := ifmatchtest.New(o)
			origin.Set("/a", `{"n":0,"kept":[1,2]}`)
			url := origin.Serve(t).URL + "/a"
			for range 3 {
				_, err := ifmatch.Update(t.Context(), nil, url, func(v *thing) error { v.N++; return nil })
				require.NoError(t, err)
			}
			u, err := ifmatch.Get[thing](t.Context(), nil, url)
			require.NoError(t, err)
			for range 3 { // each under what the answer before it told, or after a look
				u.Value.N++
				u, err = ifmatch.Put(t.Context(), nil, u)
				require.NoError(t, err)
			}
			require.JSONEq(t, `{"n":6,"kept":[1,2]}`, origin.Body("/a"))
			for _, r := range origin.Requests("PUT") {
				require.NotEmpty(t, r.Condition)
				require.True(t, r.Applied, "%s: nobody else wrote", r)
			}
		})
	}
}

func TestSecretsInAURLDoNotShowInErrors(t *testing.T) {
	calls := map[string]func(context.Context, *ifmatch.Client, string) error{
		"Get": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Get[thing](ctx, c, url)
			return err
		},
		"Create": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Create(ctx, c, url, thing{})
			return err
		},
		"Put": func(ctx context.Context, c *ifmatch.Client, url string) error {
			u := bump()
			u.URL = url
			_, err := ifmatch.Put(ctx, c, u)
			return err
		},
		"Update": func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, func(v *thing) error { v.N++; return nil })
			return err
		},
	}
	networks := map[string]func(arrival) (*http.Response, error){
		"broken":  func(arrival) (*http.Response, error) { return nil, errLost },
		"refused": func(arrival) (*http.Response, error) { return reply(403, ""), nil },
		"busy":    func(arrival) (*http.Response, error) { return reply(503, "", "Retry-After: 9999"), nil },
		"html":    func(arrival) (*http.Response, error) { return reply(200, "<html>", `ETag: "1"`), nil },
	}
	for _, url := range []string{
		"http://origin.test/a?token=SECRET", "http://user:SECRET@origin.test/a", "http://SECRET@origin.test/a",
		"http://origin.test/a#SECRET", "http://origin.test/%zz?token=SECRET", "http://user:SECRET@origin.test:port/",
		"http://origin.test/a\n?token=SECRET", "gopher://origin.test/?token=SECRET", "/no/host?token=SECRET", "://?token=SECRET",
	} {
		for network, answer := range networks {
			client, s := through(answer, &ifmatch.Options{MaxWait: -1})
			for name, call := range calls {
				err := call(t.Context(), client, url)
				if err == nil {
					require.Equal(t, "html", network, "%s %q", name, url) // a page that answers a PUT is a success
					continue
				}
				assertPrintable(t, fmt.Sprintf("%s %q, %s", name, url, network), err)
			}
			for _, w := range s.writes() {
				assert.NotEmpty(t, w.condition())
			}
		}
	}
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

func TestARedirectDoesNotGiveTheClientAnotherIdentity(t *testing.T) {
	// net/http makes an Authorization field of the user information in a URL. One
	// client is one identity, and the server does not choose it.
	for _, method := range []string{"GET", "PUT"} {
		client, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.method == method && a.n == 1:
				return reply(307, "", "Location: http://eve:pw@origin.test/things/8"), nil
			case a.method == http.MethodGet:
				return reply(200, thingV1, `ETag: "1"`), nil
			}
			return reply(204, "", `ETag: "2"`), nil
		}, nil)
		u, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N = 2; return nil })
		for _, a := range s.arrivals() {
			assert.Empty(t, a.header.Values("Authorization"), "%s %s", a.method, a.url)
		}
		if err == nil {
			assert.NotContains(t, u.URL, "eve")
		}
	}
}

func TestACodingThatChangesNothingIsNotSentBack(t *testing.T) {
	for _, coding := range []string{"identity", "Identity", ""} {
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				return reply(200, thingV1, `ETag: "1"`, "Content-Encoding: "+coding), nil
			}
			return reply(204, "", `ETag: "2"`), nil
		}, nil)
		_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N = 2; return nil })
		require.NoError(t, err)
		require.Len(t, s.writes(), 1)
		require.NotContains(t, s.writes()[0].header, "Content-Encoding")
	}
}
