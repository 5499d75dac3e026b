package ifmatchtest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const mergePatch = "application/merge-patch+json"

func TestGetShowsTheResourceAndItsValidators(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Now: clock})
	origin.SetContent("/a", "text/plain", []byte("hello"))
	s := origin.Serve(t)

	got := send(t, s, "GET", "/a", "")
	assert.Equal(t, 200, got.status)
	assert.Equal(t, "hello", got.body)
	assert.Equal(t, "text/plain", got.header.Get("Content-Type"))
	assert.Equal(t, `"v1"`, got.header.Get("ETag"))
	assert.Equal(t, lastModified, got.header.Get("Last-Modified"))
	assert.Equal(t, lastModified, got.header.Get("Date"))

	head := send(t, s, "HEAD", "/a", "")
	assert.Equal(t, 200, head.status)
	assert.Empty(t, head.body)
	assert.Equal(t, got.header, head.header, "HEAD has the header of GET (RFC 9110 §9.3.2)")
}

func TestPutCreatesAndReplaces(t *testing.T) {
	origin := ifmatchtest.New(nil)
	s := origin.Serve(t)

	created := send(t, s, "PUT", "/a", `1`, "Content-Type", "application/json")
	assert.Equal(t, 201, created.status)
	assert.Equal(t, `"v1"`, created.header.Get("ETag"))
	assert.Empty(t, created.body)

	replaced := send(t, s, "PUT", "/a", `2`)
	assert.Equal(t, 204, replaced.status)
	assert.Equal(t, `"v2"`, replaced.header.Get("ETag"))
	assert.Equal(t, "application/octet-stream", send(t, s, "GET", "/a", "").header.Get("Content-Type"))
	assert.Equal(t, 2, origin.Version("/a"))
}

func TestPreferChoosesTheFormOfTheAnswer(t *testing.T) {
	for _, c := range []struct {
		prefer, applied, body string
		status                int
	}{
		{"", "", "", 204},
		{"return=minimal", "return=minimal", "", 204},
		{"return=representation", "return=representation", `{"n":2}`, 200},
		{`respond-async, Return = "representation"; x=y`, "return=representation", `{"n":2}`, 200},
		{"return=everything", "", "", 204},
	} {
		t.Run(c.prefer, func(t *testing.T) {
			origin := ifmatchtest.New(nil)
			origin.Set("/a", `{"n":1}`)
			got := send(t, origin.Serve(t), "PATCH", "/a", `{"n":2}`, "Content-Type", mergePatch, "Prefer", c.prefer)
			assert.Equal(t, c.status, got.status)
			assert.Equal(t, c.body, got.body)
			assert.Equal(t, c.applied, got.header.Get("Preference-Applied"))
			assert.Equal(t, "Prefer", got.header.Get("Vary"))
			assert.Equal(t, `"v2"`, got.header.Get("ETag"))
			if c.body != "" {
				assert.Equal(t, "/a", got.header.Get("Content-Location"))
				assert.Equal(t, "application/json", got.header.Get("Content-Type"))
			}
		})
	}
}

func TestPatchRefusesWhatItCannotApply(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Set("/json", `{"n":1}`)
	origin.SetContent("/text", "text/plain", []byte("hello"))
	s := origin.Serve(t)

	unsupported := send(t, s, "PATCH", "/json", `[]`, "Content-Type", "application/json-patch+json")
	assert.Equal(t, 415, unsupported.status)
	assert.Equal(t, mergePatch, unsupported.header.Get("Accept-Patch"))
	for _, patch := range []string{``, `{`, `{} {}`, strings.Repeat("[", 20_000)} {
		assert.Equal(t, 422, send(t, s, "PATCH", "/json", patch, "Content-Type", mergePatch).status)
	}
	assert.Equal(t, 422, send(t, s, "PATCH", "/text", `{}`, "Content-Type", mergePatch).status)
	assert.Equal(t, `{"n":1}`, origin.Body("/json"))
}

func TestPostCreatesMembersBelowThePath(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Set("/users/2", `"taken"`)
	s := origin.Serve(t)

	first := send(t, s, "POST", "/users", `"a"`, "Content-Type", "application/json")
	second := send(t, s, "POST", "/users/", `"b"`)
	third := send(t, s, "POST", "/users", `"c"`)
	assert.Equal(t, 201, first.status)
	assert.Equal(t, `"v1"`, first.header.Get("ETag"))
	assert.Equal(t, "/users/1", first.header.Get("Location"))
	assert.Equal(t, "/users/3", second.header.Get("Location"), "what is there is not overwritten")
	assert.Equal(t, "/users/4", third.header.Get("Location"))
	assert.Equal(t, `"a"`, origin.Body("/users/1"))
	assert.Equal(t, `"taken"`, origin.Body("/users/2"))
	assert.Equal(t, `"b"`, origin.Body("/users/3"))
	assert.Equal(t, `"c"`, origin.Body("/users/4"))
	assert.False(t, origin.Exists("/users"))
}

func TestUnknownMethodsAreToldWhatIsKnown(t *testing.T) {
	origin := ifmatchtest.New(nil)
	got := send(t, origin.Serve(t), "OPTIONS", "/a", "")
	assert.Equal(t, 405, got.status)
	assert.Equal(t, "GET, HEAD, PUT, PATCH, DELETE, POST", got.header.Get("Allow"))
}

func TestTagsDoNotComeBackAfterADeletion(t *testing.T) {
	origin := ifmatchtest.New(nil)
	s := origin.Serve(t)
	seen := map[string]bool{}
	for range 3 {
		tag := send(t, s, "PUT", "/a", `1`).header.Get("ETag")
		assert.False(t, seen[tag], "%s is used twice", tag)
		seen[tag] = true
		gone := send(t, s, "DELETE", "/a", "", "If-Match", tag)
		assert.Equal(t, 204, gone.status)
		assert.Empty(t, gone.header.Get("ETag"))
		assert.Equal(t, 404, send(t, s, "GET", "/a", "").status)
	}
	assert.False(t, origin.Exists("/a"))
	assert.Empty(t, origin.ETag("/a"))
	assert.Empty(t, origin.Body("/a"))
	assert.Equal(t, 3, origin.Version("/a"))
	assert.Zero(t, origin.Version("/never"))
}

func TestRefusalsAreProblemDetails(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{RequireConditions: true, MaxBody: 10})
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	for _, c := range []struct {
		status  int
		method  string
		path    string
		body    string
		headers []string
	}{
		{404, "GET", "/none", "", nil},
		{404, "DELETE", "/none", "", nil},
		{405, "OPTIONS", "/a", "", nil},
		{412, "PUT", "/a", "2", []string{"If-Match", `"old"`}},
		{413, "PUT", "/a", "12345678901", []string{"If-Match", `"v1"`}},
		{415, "PATCH", "/a", "{}", []string{"If-Match", `"v1"`}},
		{422, "PATCH", "/a", "{", []string{"If-Match", `"v1"`, "Content-Type", mergePatch}},
		{428, "PUT", "/a", "2", nil},
		{428, "PUT", "/a", "2", []string{"If-Match", ""}},
		{428, "PUT", "/a", "2", []string{"If-Unmodified-Since", "some day"}},
		{428, "PUT", "/new", "2", nil},
		{428, "PATCH", "/a", "{}", []string{"Content-Type", mergePatch}},
		{428, "DELETE", "/a", "", nil},
	} {
		got := send(t, s, c.method, c.path, c.body, c.headers...)
		require.Equal(t, c.status, got.status, "%+v", c)
		assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
		var problem struct {
			Type, Title, Detail string
			Status              int
		}
		require.NoError(t, json.Unmarshal([]byte(got.body), &problem))
		assert.Equal(t, "about:blank", problem.Type)
		assert.Equal(t, http.StatusText(c.status), problem.Title)
		assert.Equal(t, c.status, problem.Status)
		assert.NotEmpty(t, problem.Detail)
	}
	assert.Equal(t, "1", origin.Body("/a"))
	assert.Equal(t, 204, send(t, s, "PUT", "/a", "1234567890", "If-Match", `"v1"`).status,
		"MaxBody itself is not too large")
	assert.Equal(t, 201, send(t, s, "PUT", "/new", "2", "If-None-Match", "*").status)
	assert.Equal(t, 201, send(t, s, "POST", "/list", "2").status, "a POST has no state to know")
	assert.Equal(t, 204, send(t, s, "DELETE", "/new", "", "If-Unmodified-Since",
		time.Now().UTC().Format(http.TimeFormat)).status)
}

func TestTagFormsOnTheWire(t *testing.T) {
	for _, c := range []struct {
		form            ifmatchtest.TagForm
		header, trailer []string
		etag            string
	}{
		{ifmatchtest.VersionTags, []string{`"v1"`}, nil, `"v1"`},
		{ifmatchtest.WeakTags, []string{`W/"v1"`}, nil, `W/"v1"`},
		{ifmatchtest.NoTags, nil, nil, ``},
		{ifmatchtest.UnquotedTags, []string{`v1`}, nil, `v1`},
		{ifmatchtest.DoubledTags, []string{`W/"v1"`, `"v1"`}, nil, `"v1"`},
		{ifmatchtest.TrailerTags, nil, []string{`"v1"`}, `"v1"`},
	} {
		origin := ifmatchtest.New(&ifmatchtest.Options{Tags: c.form})
		origin.Set("/a", `1`)
		for _, s := range []string{"HTTP/1.1", "HTTP/2.0"} {
			server := origin.Serve(t)
			if s == "HTTP/2.0" {
				server = origin.ServeTLS(t)
			}
			got := send(t, server, "GET", "/a", "")
			assert.Equal(t, `1`, got.body)
			assert.Equal(t, c.header, got.header.Values("ETag"), "%s form %d", s, c.form)
			assert.Equal(t, c.trailer, got.trailer.Values("ETag"), "%s form %d", s, c.form)
			assert.NotEmpty(t, got.header.Get("Last-Modified"))
		}
		assert.Equal(t, c.etag, origin.ETag("/a"))
	}
}

func TestAnAnswerWithoutABodyHasNoTrailer(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Tags: ifmatchtest.TrailerTags})
	origin.Set("/a", `1`)
	w := httptest.NewRecorder()
	origin.ServeHTTP(w, httptest.NewRequest("PUT", "/a", strings.NewReader("2")))
	assert.Equal(t, 204, w.Code)
	assert.NotContains(t, w.Header(), "Trailer")
	assert.NotContains(t, w.Header(), "Etag")
}

func TestContentTagsComeBackWithTheContent(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Tags: ifmatchtest.ContentTags})
	origin.Set("/a", `"A"`)
	a := origin.ETag("/a")
	origin.Set("/a", `"B"`)
	b := origin.ETag("/a")
	origin.Set("/a", `"A"`)
	assert.NotEqual(t, a, b)
	assert.Equal(t, a, origin.ETag("/a"), "this is what makes ABA possible")
	assert.Equal(t, 204, send(t, origin.Serve(t), "PUT", "/a", `"C"`, "If-Match", a).status)
}

func TestLastModifiedMayBeTheOnlyValidatorOrHidden(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: clock})
	origin.Set("/a", `1`)
	got := send(t, origin.Serve(t), "GET", "/a", "")
	assert.Empty(t, got.header.Values("ETag"))
	assert.Equal(t, lastModified, got.header.Get("Last-Modified"))

	origin = ifmatchtest.New(&ifmatchtest.Options{HideLastModified: true, Now: clock})
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	assert.Empty(t, send(t, s, "GET", "/a", "").header.Values("Last-Modified"))
	assert.Equal(t, 200, send(t, s, "GET", "/a", "", "If-Modified-Since", after).status)
	assert.Equal(t, 204, send(t, s, "PUT", "/a", `2`, "If-Unmodified-Since", before).status)
}

func TestWriteTagPolicies(t *testing.T) {
	double := func(_ string, _ int, content []byte) []byte { return append(content, content...) }
	for _, c := range []struct {
		name      string
		policy    ifmatchtest.WriteTagPolicy
		transform func(string, int, []byte) []byte
		prefer    string
		want      string // a prefix; "" for no tag
	}{
		{"honest, stored as sent", ifmatchtest.HonestWriteTags, nil, "", `"v2"`},
		{"honest, transformed", ifmatchtest.HonestWriteTags, double, "", ""},
		{"honest, transformed and returned", ifmatchtest.HonestWriteTags, double, "return=representation", `"v2"`},
		{"blind, transformed", ifmatchtest.BlindWriteTags, double, "", `"v2"`},
		{"none", ifmatchtest.NoWriteTags, nil, "", ""},
		{"none, even with the representation", ifmatchtest.NoWriteTags, nil, "return=representation", ""},
		{"receipt", ifmatchtest.ReceiptWriteTags, nil, "return=representation", `W/"2-`},
		{"receipt of nothing", ifmatchtest.ReceiptWriteTags, nil, "", `W/"0-`},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin := ifmatchtest.New(&ifmatchtest.Options{WriteTags: c.policy, Transform: c.transform})
			origin.Set("/a", `10`)
			s := origin.Serve(t)
			got := send(t, s, "PUT", "/a", `20`, "If-Match", `"v1"`, "Prefer", c.prefer)
			require.Less(t, got.status, 300)
			if c.want == "" {
				assert.Empty(t, got.header.Values("ETag"))
			} else {
				assert.True(t, strings.HasPrefix(got.header.Get("ETag"), c.want), got.header.Get("ETag"))
			}
			assert.Equal(t, `"v2"`, send(t, s, "GET", "/a", "").header.Get("ETag"), "GET shows the version's tag")
		})
	}
}

// RFC 9110 §9.3.4 is about PUT, whose client would take its own bytes for the new representation. A
// client that sent a patch has no such bytes, and RFC 5789 §2.1 shows a tag on the 204.
func TestHonestWriteTagsLetAPatchHaveItsTag(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Transform: ifmatchtest.StampRevision})
	origin.Set("/a", `{}`)
	got := send(t, origin.Serve(t), "PATCH", "/a", `{"n":1}`, "Content-Type", mergePatch)
	assert.Equal(t, 204, got.status)
	assert.Equal(t, `"v2"`, got.header.Get("ETag"))
	assert.Equal(t, `{"n":1,"revision":2}`, origin.Body("/a"))
}

func TestReceiptTagsStandOnErrorsToo(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{WriteTags: ifmatchtest.ReceiptWriteTags})
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	got := send(t, s, "PUT", "/a", `2`, "If-Match", `"v0"`)
	assert.Equal(t, 412, got.status)
	assert.True(t, strings.HasPrefix(got.header.Get("ETag"), fmt.Sprintf(`W/"%x-`, len(got.body))),
		got.header.Get("ETag"))
	assert.Equal(t, 412, send(t, s, "PUT", "/a", `2`, "If-Match", got.header.Get("ETag")).status)
}

func TestAcceptRepeatedAnswersWhatIsInForceAlready(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{AcceptRepeated: true})
	origin.Set("/a", `{"n":1}`)
	s := origin.Serve(t)
	send(t, s, "PUT", "/a", `{"n":2}`, "If-Match", `"v1"`)

	again := send(t, s, "PUT", "/a", `{"n":2}`, "If-Match", `"v1"`)
	assert.Equal(t, 204, again.status)
	assert.Empty(t, again.header.Values("ETag"), "no tag: the client is to look (RFC 9110 §13.1.1)")
	assert.Equal(t, 204, send(t, s, "PATCH", "/a", `{"n":2}`, "If-Match", `"v1"`, "Content-Type", mergePatch).status)
	assert.Equal(t, 412, send(t, s, "PUT", "/a", `{"n":3}`, "If-Match", `"v1"`).status)
	assert.Equal(t, 412, send(t, s, "DELETE", "/a", "", "If-Match", `"v1"`).status)
	assert.Equal(t, 412, send(t, s, "PUT", "/a", `{"n":2}`, "If-None-Match", `*`).status, "only for the guards")
	assert.Equal(t, 2, origin.Version("/a"))
	assert.Equal(t, 1, origin.Applied("PUT"))

	origin.Set("/empty", ``)
	assert.Equal(t, 412, send(t, s, "DELETE", "/empty", "", "If-Match", `"v0"`).status, "nothing is not empty content")
}

func TestCompressionAltersTheTag(t *testing.T) {
	for _, c := range []struct {
		compress ifmatchtest.Compression
		tags     ifmatchtest.TagForm
		want     []string
		status   int // of a PUT that sends the tag back
	}{
		{ifmatchtest.CompressSuffix, ifmatchtest.VersionTags, []string{`"v1-gzip"`}, 412},
		{ifmatchtest.CompressWeaken, ifmatchtest.VersionTags, []string{`W/"v1"`}, 412},
		{ifmatchtest.CompressWeaken, ifmatchtest.WeakTags, []string{`W/"v1"`}, 412},
		{ifmatchtest.CompressDrop, ifmatchtest.VersionTags, nil, 0},
		{ifmatchtest.CompressSuffix, ifmatchtest.NoTags, nil, 0},
		{ifmatchtest.CompressSuffix, ifmatchtest.UnquotedTags, []string{`v1`}, 204},
		{ifmatchtest.CompressSuffix, ifmatchtest.DoubledTags, []string{`"v1-gzip"`}, 412},
	} {
		origin := ifmatchtest.New(&ifmatchtest.Options{Compress: c.compress, Tags: c.tags})
		origin.Set("/a", `{"n":1}`)
		s := origin.Serve(t)

		plain := send(t, s, "GET", "/a", "")
		assert.Equal(t, `{"n":1}`, plain.body)
		assert.Equal(t, "Accept-Encoding", plain.header.Get("Vary"))

		got := send(t, s, "GET", "/a", "", "Accept-Encoding", "br, gzip;q=0.5")
		assert.Equal(t, "gzip", got.header.Get("Content-Encoding"))
		assert.Equal(t, c.want, got.header.Values("ETag"), "%+v", c)
		z, err := gzip.NewReader(strings.NewReader(got.body))
		require.NoError(t, err)
		content, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.Equal(t, `{"n":1}`, string(content))

		if c.status != 0 {
			write := send(t, s, "PUT", "/a", `{"n":2}`, "If-Match", c.want[0])
			assert.Equal(t, c.status, write.status, "%+v", c)
		}
	}
}

func TestCompressionOnlyWhereItIsAccepted(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix})
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	for accept, want := range map[string]string{
		"identity": "", "br": "", "gzip;q=0": "", "gzip;q=0.000": "", "gzip;q=x": "",
		"gzip": "gzip", "GZIP": "gzip", "gzip; q=1": "gzip", "br, gzip": "gzip",
	} {
		assert.Equal(t, want, send(t, s, "GET", "/a", "", "Accept-Encoding", accept).header.Get("Content-Encoding"),
			accept)
	}
	unchanged := send(t, s, "GET", "/a", "", "Accept-Encoding", "gzip", "If-None-Match", `"v1"`)
	assert.Equal(t, 304, unchanged.status)
	assert.Equal(t, "Accept-Encoding", unchanged.header.Get("Vary"), "a 304 has the Vary of the 200 (RFC 9110 §15.4.5)")
	assert.Empty(t, unchanged.header.Get("Content-Encoding"))
}

func TestStampRevisionManagesAMember(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Transform: ifmatchtest.StampRevision})
	s := origin.Serve(t)
	for _, c := range []struct{ path, body, want string }{
		{"/a", `{"n":12345678901234567890.10,"html":"<b>"}`, `{"html":"<b>","n":12345678901234567890.10,"revision":1}`},
		{"/a", `{"revision":77}`, `{"revision":2}`},
		{"/array", `[1]`, `[1]`},
		{"/text", `hello`, `hello`},
	} {
		send(t, s, "PUT", c.path, c.body)
		assert.Equal(t, c.want, origin.Body(c.path))
	}
}

func TestEditIsAtomic(t *testing.T) {
	origin := ifmatchtest.New(nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				origin.Edit("/n", func(old []byte) []byte { return append(old, 'x') })
			}
		})
	}
	wg.Wait()
	assert.Equal(t, strings.Repeat("x", 200), origin.Body("/n"))
	assert.Equal(t, 200, origin.Version("/n"))
}

func TestWhatAnEditWasGivenIsTheCallersOwn(t *testing.T) {
	origin := ifmatchtest.New(nil)
	content := []byte("abc")
	origin.SetContent("/a", "text/plain", content)
	content[0] = 'X'
	assert.Equal(t, "abc", origin.Body("/a"))

	var kept []byte
	origin.Edit("/a", func(old []byte) []byte { kept = old; return old })
	kept[0] = 'Y'
	assert.Equal(t, "abc", origin.Body("/a"))
	s := origin.Serve(t)
	assert.Equal(t, "text/plain", send(t, s, "GET", "/a", "").header.Get("Content-Type"))
	origin.Next("GET", ifmatchtest.StaleRead())
	assert.Equal(t, "abc", send(t, s, "GET", "/a", "").body)
}

// Of n writers with the same tag exactly one may win, whatever the schedule.
func TestCheckAndWriteAreOneStep(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `0`)
	s := origin.Serve(t)
	const writers = 16
	origin.Always("PUT", ifmatchtest.Barrier(writers))

	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { try(s, "PUT", "/a", fmt.Sprint(i+1), "If-Match", `"v1"`) })
	}
	wg.Wait()
	assert.Equal(t, writers, origin.Deliveries("PUT"))
	assert.Equal(t, 1, origin.Applied("PUT"))
	assert.Equal(t, 2, origin.Version("/a"))
}

func TestClientsCannotFillTheOrigin(t *testing.T) {
	origin := ifmatchtest.New(nil)
	for i := range ifmatchtest.MaxResources {
		origin.Set(fmt.Sprintf("/%d", i), "1")
	}
	s := origin.Serve(t)
	assert.Equal(t, 507, send(t, s, "PUT", "/one-more", "1").status)
	assert.Equal(t, 507, send(t, s, "POST", "/one-more", "1").status)
	assert.Equal(t, 204, send(t, s, "PUT", "/0", "2").status, "what is there can still be written")
}

func TestNoContentIsContent(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.SetContent("/a", "", nil)
	origin.Edit("/b", func([]byte) []byte { return nil })
	s := origin.Serve(t)
	for _, path := range []string{"/a", "/b"} {
		got := send(t, s, "GET", path, "")
		assert.Equal(t, 200, got.status)
		assert.Empty(t, got.body)
		assert.Equal(t, "0", got.header.Get("Content-Length"))
		assert.Equal(t, `"v1"`, got.header.Get("ETag"))
	}
	assert.NotContains(t, send(t, s, "GET", "/a", "").header, "Content-Type")
	got := send(t, s, "PUT", "/a", "", "Prefer", "return=representation")
	assert.Equal(t, 200, got.status)
	assert.Empty(t, got.body)
	assert.Equal(t, "/a", got.header.Get("Content-Location"))
}

func TestPathsMustBeginWithASlash(t *testing.T) {
	origin := ifmatchtest.New(nil)
	assert.PanicsWithValue(t, `ifmatchtest: path "users/7" does not begin with a slash`, func() {
		origin.Set("users/7", "1")
	})
	assert.Panics(t, func() { origin.Delete("") })
}

func TestABrokenUploadIsRecordedAndNotDelivered(t *testing.T) {
	origin := ifmatchtest.New(nil)
	s := origin.Serve(t)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "PUT /a HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, _ := io.ReadAll(conn) // until the origin hangs up
	assert.Empty(t, answer)
	r := only(t, origin.Requests())
	assert.Equal(t, "half", string(r.Body))
	assert.False(t, r.Delivered)
	assert.False(t, origin.Exists("/a"))
}

func TestMergePatchFollowsRFC7396(t *testing.T) {
	dir := os.Getenv("IFMATCH_VECTORS")
	if dir == "" {
		t.Skip("IFMATCH_VECTORS does not name the folder of the test vectors")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "patch", "rfc7396_merge_patch.json"))
	require.NoError(t, err)
	var vectors []struct{ Name, Doc, Patch, Want string }
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.NotEmpty(t, vectors)
	for _, v := range vectors {
		got, err := ifmatchtest.MergePatch([]byte(v.Doc), []byte(v.Patch))
		require.NoError(t, err, v.Name)
		assert.JSONEq(t, v.Want, string(got), v.Name)
	}
}

func TestMergePatchKeepsNumbersDigitForDigit(t *testing.T) {
	got, err := ifmatchtest.MergePatch([]byte(`{"a":1e400,"b":0.10,"c":"<&>"}`), []byte(`{"d":12345678901234567890}`))
	require.NoError(t, err)
	assert.Equal(t, `{"a":1e400,"b":0.10,"c":"<&>","d":12345678901234567890}`, string(got))
}

func FuzzMergePatch(f *testing.F) {
	f.Add([]byte(`{"a":{"b":1}}`), []byte(`{"a":{"b":null,"c":2}}`))
	f.Add([]byte(`[1]`), []byte(`{"a":null}`))
	f.Add([]byte(`{`), []byte(`null`))
	f.Fuzz(func(t *testing.T, doc, patch []byte) {
		once, err := ifmatchtest.MergePatch(doc, patch)
		if err != nil {
			return
		}
		if !json.Valid(once) {
			t.Fatalf("the result is no JSON: %q", once)
		}
		twice, err := ifmatchtest.MergePatch(once, patch)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("applied again: %q, then %q (%v)", once, twice, err)
		}
	})
}

func TestAPanicInACallersFunctionDoesNotLockTheOrigin(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Transform: func(string, int, []byte) []byte { panic("transform") }})
	origin.Set("/a", `1`)
	oops := func([]byte) []byte { panic("edit") }
	origin.Next("GET", ifmatchtest.RivalEdit(oops))
	assert.PanicsWithValue(t, "edit", func() { ask(origin, "GET", "/a") })
	assert.PanicsWithValue(t, "transform", func() { ask(origin, "PUT", "/a") })
	assert.PanicsWithValue(t, "edit", func() { origin.Edit("/a", oops) })
	assert.Equal(t, `1`, origin.Body("/a"))
	assert.Equal(t, 1, origin.Version("/a"))
}
