package ifmatch_test

import (
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestEveryRequestAsksForIdentityCoding(t *testing.T) {
	// net/http asks for gzip on its own, and undoes it unseen; this origin's tag is then that of
	// the compressed form, which its If-Match never matches.
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

func TestContentIsCappedAfterDecompression(t *testing.T) {
	bomb := zipped(`{"n":1,"note":"`, megabyte, 256)
	require.Less(t, len(bomb), 1<<20, "small on the wire")

	for _, status := range []int{200, 409} {
		client, s := through(func(a arrival) (*http.Response, error) {
			return reply(status, bomb, "Content-Encoding: gzip", `ETag: "1"`, "Content-Type: application/problem+json"),
				nil
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

func TestMaxBodyIsExact(t *testing.T) {
	content := strings.Repeat("x", 1000)
	for _, c := range []struct {
		most int64
		fits bool
	}{
		{most: 999}, {most: 1000, fits: true}, {most: 1001, fits: true}, {most: 1}, {most: -1},
		{most: 0, fits: true}, {most: math.MaxInt64, fits: true}, {most: math.MaxInt64 - 1, fits: true},
	} {
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
	empty := func(arrival) (*http.Response, error) { return reply(200, "", `ETag: "1"`), nil }
	client, _ := through(empty, &ifmatch.Options{MaxBody: -1})
	_, err := ifmatch.Get[string](t.Context(), client, thingURL)
	require.NoError(t, err, "nothing fits into nothing")
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

func TestAStrangeCodingOrLengthHarmsNobody(t *testing.T) {
	const good = `{"n":5,"kept":true}`
	withstand(t, []hostile{
		{does: "sends a compressed answer that nobody asked for, and is well-behaved otherwise",
			get:  says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(good, "", 0)),
			gets: "ok", keeps: `"kept":true`},
		{does: "sends 100 MiB of content in 100 KiB",
			get:  says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(`{"note":"`, megabyte, 100)),
			gets: "too large"},
		{does: "sends content without end", get: pours("HTTP/1.1 200 OK\r\nETag: \"2\"\r\n\r\n{\"note\":\"", megabyte),
			gets: "too large"},
		{does: "sends a compressed answer cut short",
			get:  says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", zipped(good, "", 0)[:20]),
			gets: "no answer"},
		{does: "labels plain text as gzip", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: gzip", good),
			gets: "no answer"},
		{does: "labels plain text as br", get: says("200 OK", "ETag: \"2\"\nContent-Encoding: br", good),
			gets: "ok"},
		{does: "announces more than it sends", get: says("200 OK", "ETag: \"2\"\nContent-Length: 1000", good),
			gets: "no answer"},
		{does: "announces less than it sends", get: says("200 OK", "ETag: \"2\"\nContent-Length: 7", good),
			gets: "not decodable"},
		{does: "announces two lengths", get: says("200 OK", "ETag: \"2\"\nContent-Length: 7\nContent-Length: 19", good),
			gets: "no answer"},
		{does: "announces a negative length", get: says("200 OK", "ETag: \"2\"\nContent-Length: -1", good),
			gets: "no answer"},
		{does: "announces an exabyte and sends a little",
			get:  says("200 OK", "ETag: \"2\"\nContent-Length: 1152921504606846976", good),
			gets: "no answer"},
		{
			does: "sends a chunk of no size", get: says("200 OK", "ETag: \"2\"\nTransfer-Encoding: chunked",
				"zz\r\n"+good),
			gets: "no answer",
		},
	})
}

func TestAStrangeHeadIsNoAnswerAndHoldsNoCall(t *testing.T) {
	const good = `{"n":5,"kept":true}`
	withstand(t, []hostile{
		{does: "sends header fields without end", get: pours("HTTP/1.1 200 OK\r\n", "X-"+kilobyte+": y\r\n"),
			gets: "no answer"},
		{does: "sends one header field without end", get: pours("HTTP/1.1 200 OK\r\nX: ", kilobyte),
			gets: "no answer"},
		{does: "sends a line of terminal commands for a header field",
			get:  raw("HTTP/1.1 200 OK\r\n" + escape + strings.Repeat(escape, 500) + "\r\n\r\n"),
			gets: "no answer"},
		{does: "breaks a header field that holds a secret",
			get:  raw("HTTP/1.1 200 OK\r\nSet-Cookie: session=" + secret + "\x00\r\n\r\n"),
			gets: "no answer"},
		{does: "sends interim answers without end", get: pours("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
			gets: "no answer"},
		{does: "sends an interim answer before the answer",
			get: raw("HTTP/1.1 103 Early Hints\r\nETag: \"0\"\r\n\r\n" +
				"HTTP/1.1 200 OK\r\nETag: \"2\"\r\nContent-Length: 19\r\n\r\n" + good),
			gets: "ok", keeps: `"kept":true`},
		{does: "speaks another protocol", get: raw("220 mail.example ESMTP " + escape + "\r\n"),
			gets: "no answer"},
		{does: "hangs up without a word", get: raw(""),
			gets: "no answer"},
		{does: "takes the request and says nothing", get: silence,
			gets: "timeout"},
		{does: "sends a byte each second, without end", get: drips("HTTP/1.1 200 OK\r\nETag: \"2\"\r\n\r\n"),
			gets: "timeout"},
	})
}
