package ifmatch

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Table 3 of RFC 9110 §8.8.3.2, and the cases around it.
func TestETagsCompareAsTheStandardSays(t *testing.T) {
	for _, c := range []struct {
		a, b         ETag
		strong, weak bool
	}{
		{`W/"1"`, `W/"1"`, false, true},
		{`W/"1"`, `W/"2"`, false, false},
		{`W/"1"`, `"1"`, false, true},
		{`"1"`, `"1"`, true, true},

		{`""`, `""`, true, true},
		{`W/""`, `""`, false, true},
		{`"a"`, `"A"`, false, false},
		{`abc`, `abc`, true, true},
		{`abc`, `"abc"`, false, false}, // opaque: no tidying up
		{`w/"1"`, `"1"`, false, false}, // the prefix has a case
		{``, ``, false, false},
		{``, `"1"`, false, false},
		{``, `W/`, false, false},
	} {
		assert.Equal(t, c.strong, c.a.StrongEqual(c.b), "%s strong %s", c.a, c.b)
		assert.Equal(t, c.strong, c.b.StrongEqual(c.a), "%s strong %s", c.b, c.a)
		assert.Equal(t, c.weak, c.a.WeakEqual(c.b), "%s weak %s", c.a, c.b)
		assert.Equal(t, c.weak, c.b.WeakEqual(c.a), "%s weak %s", c.b, c.a)
	}
}

func TestSelectETagTakesOnlyWhatMayBeEchoed(t *testing.T) {
	const none = ""
	long := `"` + strings.Repeat("x", maxETag-2) + `"`
	for _, c := range []struct {
		name            string
		header, trailer []string
		want            ETag
		why             string
	}{
		{"no field", nil, nil, none, ""},
		{"strong", []string{`"abc"`}, nil, `"abc"`, ""},
		{"weak", []string{`W/"abc"`}, nil, `W/"abc"`, ""},
		{"two quotes are a tag", []string{`""`}, nil, `""`, ""},
		{"unquoted", []string{`abc`}, nil, `abc`, ""},
		{"unquoted revision", []string{`1-9c65`}, nil, `1-9c65`, ""},
		{"weak unquoted", []string{`W/abc`}, nil, `W/abc`, ""},
		{"spaces and slashes inside quotes", []string{`"a b/c"`}, nil, `"a b/c"`, ""},
		{"comma inside quotes", []string{`"a,b"`}, nil, `"a,b"`, ""},
		{"backslash inside quotes", []string{`"a\b"`}, nil, `"a\b"`, ""},
		{"compressed suffixes", []string{`"x;gzip"`}, nil, `"x;gzip"`, ""},
		{"Azure Tables", []string{`W/"datetime'2026-11-20T10%3A00%3A00Z'"`}, nil,
			`W/"datetime'2026-11-20T10%3A00%3A00Z'"`, ""},
		{"bytes above ASCII", []string{"\"\xe4\xff\""}, nil, "\"\xe4\xff\"", ""},
		{"as long as allowed", []string{long}, nil, ETag(long), ""},

		{"star", []string{`*`}, nil, none, "not an entity tag"},
		{"weak star", []string{`W/*`}, nil, none, "not an entity tag"},
		{"quoted star is a tag", []string{`"*"`}, nil, `"*"`, ""},
		{"empty", []string{``}, nil, none, "empty"},
		{"prefix alone", []string{`W/`}, nil, none, "unquoted"},
		{"list", []string{`"a","b"`}, nil, none, "quotes"},
		{"list with space", []string{`"a", "b"`}, nil, none, "quotes"},
		{"list of unquoted", []string{`a,b`}, nil, none, "comma"},
		{"unquoted with space", []string{`a b`}, nil, none, "comma"},
		{"star in a list", []string{`*,"a"`}, nil, none, "comma"},
		{"quote inside", []string{`a"b`}, nil, none, "comma"},
		{"open quote", []string{`"a`}, nil, none, "quotes"},
		{"lone quote", []string{`"`}, nil, none, "quotes"},
		{"line break", []string{"\"a\r\nX: y\""}, nil, none, "control"},
		{"tab", []string{"\"a\tb\""}, nil, none, "control"},
		{"NUL", []string{"\"\x00\""}, nil, none, "control"},
		{"DEL", []string{"\"\x7f\""}, nil, none, "control"},
		{"too long", []string{long + "x"}, nil, none, "8 KiB"},
		{"1 MiB", []string{`"` + strings.Repeat("x", 1<<20) + `"`}, nil, none, "8 KiB"},

		{"the same twice", []string{`"a"`, `"a"`}, nil, `"a"`, ""},
		{"the same weak thrice", []string{`W/"a"`, `W/"a"`, `W/"a"`}, nil, `W/"a"`, ""},
		{"weak then strong", []string{`W/"a"`, `"a"`}, nil, `"a"`, ""},
		{"strong then weak", []string{`"a"`, `W/"b"`}, nil, `"a"`, ""},
		{"two strong", []string{`"a"`, `"b"`}, nil, none, "several"},
		{"two strong and one weak", []string{`"a"`, `W/"c"`, `"b"`}, nil, none, "several"},
		{"a strong one again after another", []string{`"a"`, `"b"`, `"a"`}, nil, none, "several"},
		{"two weak", []string{`W/"a"`, `W/"b"`}, nil, none, "several"},
		{"two weak and one strong", []string{`W/"a"`, `"c"`, `W/"b"`}, nil, `"c"`, ""},
		{"strong beside nonsense", []string{`*`, `"a"`}, nil, `"a"`, ""},

		{"trailer", nil, []string{`"t"`}, `"t"`, ""},
		{"header outranks trailer", []string{`"h"`}, []string{`"t"`}, `"h"`, ""},
		{"a bad header is not mended by the trailer", []string{`*`}, []string{`"t"`}, none, "not an entity tag"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tag, why := selectETag(http.Header{"Etag": c.header}, http.Header{"Etag": c.trailer})
			assert.Equal(t, c.want, tag)
			assert.Contains(t, why, c.why)
			assert.False(t, tag != "" && why != "", "a usable tag needs no reason")
		})
	}
	tag, _ := selectETag(nil, nil)
	assert.Empty(t, tag, "absent headers")
}

func TestLastModifiedGuardsOnlyWhenASecondOld(t *testing.T) {
	const lm = "Fri, 20 Nov 2026 10:00:00 GMT"
	for _, c := range []struct {
		name           string
		modified, date []string
		want           bool
	}{
		{"a second later", []string{lm}, []string{"Fri, 20 Nov 2026 10:00:01 GMT"}, true},
		{"a day later", []string{lm}, []string{"Sat, 21 Nov 2026 10:00:00 GMT"}, true},
		{"other formats", []string{lm}, []string{"Friday, 20-Nov-26 10:00:09 GMT"}, true},
		{"the same second", []string{lm}, []string{lm}, false},
		{"in the future", []string{lm}, []string{"Fri, 20 Nov 2026 09:00:00 GMT"}, false},
		{"no Date", []string{lm}, nil, false},
		{"no Last-Modified", nil, []string{lm}, false},
		{"garbage", []string{"yesterday"}, []string{lm}, false},
		{"garbage Date", []string{lm}, []string{"now"}, false},
		{"two of them", []string{lm, lm}, []string{"Sat, 21 Nov 2026 10:00:00 GMT"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := strongLastModified(http.Header{"Last-Modified": c.modified, "Date": c.date})
			assert.Equal(t, c.want, ok)
			if ok {
				assert.Equal(t, c.modified[0], got, "verbatim")
			}
		})
	}
}

// Whatever a server sends: a tag that is selected is one of the fields byte for byte, and arrives
// as exactly one If-Match value, the same bytes, when it is sent back.
func FuzzETag(f *testing.F) {
	for _, s := range []string{`"a"`, `W/"a"`, `a`, `*`, `"a","b"`, "\"a\r\nHost: x\"", `""`, "\xff", ` "a" `} {
		f.Add(s, `"b"`)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		tag, why := selectETag(http.Header{"Etag": {first, second}}, nil)
		if tag == "" {
			require.NotEmpty(t, why)
			return
		}
		require.Contains(t, []string{first, second}, string(tag))
		require.True(t, tag.WeakEqual(tag))
		require.Equal(t, !tag.IsWeak(), tag.StrongEqual(tag))

		req, err := http.NewRequest(http.MethodPut, "http://example.com/", nil)
		require.NoError(t, err)
		req.Header.Set("If-Match", string(tag))
		var wire bytes.Buffer
		require.NoError(t, req.Write(&wire))
		got, err := http.ReadRequest(bufio.NewReader(&wire))
		require.NoError(t, err)
		require.Equal(t, []string{string(tag)}, got.Header.Values("If-Match"))
		require.Equal(t, byTag, preconditionOf(got.Header).form)
	})
}
