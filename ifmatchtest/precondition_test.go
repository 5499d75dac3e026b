package ifmatchtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/assert"
)

const (
	lastModified = "Wed, 18 Nov 2026 10:00:00 GMT"
	before       = "Wed, 18 Nov 2026 09:59:59 GMT"
	after        = "Wed, 18 Nov 2026 10:00:01 GMT"
)

// clock stands half a second after lastModified: a server compares whole seconds.
func clock() time.Time { return time.Date(2026, 11, 18, 10, 0, 0, 5e8, time.UTC) }

// The resource /r is at version 2 with the tag "v2"; /none does not exist.
func TestPreconditionsFollowRFC9110(t *testing.T) {
	cases := []struct {
		rule      string
		method    string
		path      string
		condition string // header lines, separated by newlines
		want      int
	}{
		{"no condition: performed", "PUT", "/r", "", 204},
		{"no condition: performed", "GET", "/r", "", 200},
		{"no condition: created", "PUT", "/none", "", 201},

		// §13.1.1, §13.2.2 step 1
		{"If-Match, the current tag", "PUT", "/r", `If-Match: "v2"`, 204},
		{"If-Match, the current tag", "PATCH", "/r", `If-Match: "v2"`, 204},
		{"If-Match, the current tag", "DELETE", "/r", `If-Match: "v2"`, 204},
		{"If-Match, the current tag", "GET", "/r", `If-Match: "v2"`, 200},
		{"If-Match, the current tag", "HEAD", "/r", `If-Match: "v2"`, 200},
		{"If-Match, an older tag", "PUT", "/r", `If-Match: "v1"`, 412},
		{"If-Match, an older tag", "PATCH", "/r", `If-Match: "v1"`, 412},
		{"If-Match, an older tag", "DELETE", "/r", `If-Match: "v1"`, 412},
		{"If-Match, an older tag", "GET", "/r", `If-Match: "v1"`, 412},
		{"If-Match, an older tag", "HEAD", "/r", `If-Match: "v1"`, 412},
		{"If-Match, a list with the current tag", "PUT", "/r", `If-Match: "v1", "v2"`, 204},
		{"If-Match, two lines with the current tag", "PUT", "/r", "If-Match: \"v1\"\nIf-Match: \"v2\"", 204},
		{"If-Match, a list without it", "PUT", "/r", `If-Match: "v1","v3"`, 412},
		{"If-Match, a tag with a comma inside", "PUT", "/r", `If-Match: "v1,v2"`, 412},
		{"If-Match, empty list members", "PUT", "/r", `If-Match: , "v2",,`, 204},
		{"If-Match, strong comparison", "PUT", "/r", `If-Match: W/"v2"`, 412},
		{"If-Match, the empty tag", "PUT", "/r", `If-Match: ""`, 412},
		{"If-Match, no quotes", "PUT", "/r", `If-Match: v2`, 412},
		{"If-Match, a quote missing", "PUT", "/r", `If-Match: "v2`, 412},
		{"If-Match *, something there", "PUT", "/r", `If-Match: *`, 204},
		{"If-Match *, nothing there", "PUT", "/none", `If-Match: *`, 412},
		{"If-Match * in a list is no wildcard", "PUT", "/r", `If-Match: "v1", *`, 412},
		{"If-Match, nothing there", "PUT", "/none", `If-Match: "v2"`, 412},

		// §13.2.1: what would fail without the condition fails as it does without
		{"404 before the condition", "PATCH", "/none", `If-Match: "v2"`, 404},
		{"404 before the condition", "DELETE", "/none", `If-Match: "v2"`, 404},
		{"404 before the condition", "GET", "/none", `If-Match: "v2"`, 404},
		{"404 before the condition", "GET", "/none", `If-None-Match: *`, 404},
		{"405 before the condition", "TRACE", "/r", `If-Match: "v1"`, 405},

		// §13.1.4, step 2
		{"If-Unmodified-Since, the date itself", "PUT", "/r", "If-Unmodified-Since: " + lastModified, 204},
		{"If-Unmodified-Since, later", "PUT", "/r", "If-Unmodified-Since: " + after, 204},
		{"If-Unmodified-Since, earlier", "PUT", "/r", "If-Unmodified-Since: " + before, 412},
		{"If-Unmodified-Since, earlier", "DELETE", "/r", "If-Unmodified-Since: " + before, 412},
		{"If-Unmodified-Since, earlier", "GET", "/r", "If-Unmodified-Since: " + before, 412},
		{"If-Unmodified-Since, RFC 850 form", "PUT", "/r", "If-Unmodified-Since: Wednesday, 18-Nov-26 09:59:59 GMT", 412},
		{"If-Unmodified-Since, asctime form", "PUT", "/r", "If-Unmodified-Since: Wed Nov 18 09:59:59 2026", 412},
		{"If-Unmodified-Since, no date: ignored", "PUT", "/r", "If-Unmodified-Since: yesterday", 204},
		{"If-Unmodified-Since, two: ignored", "PUT", "/r", "If-Unmodified-Since: " + before + "\nIf-Unmodified-Since: " + before, 204},
		{"If-Unmodified-Since, nothing there: ignored", "PUT", "/none", "If-Unmodified-Since: " + before, 201},
		{"If-Match makes If-Unmodified-Since ignored", "PUT", "/r", "If-Match: \"v2\"\nIf-Unmodified-Since: " + before, 204},
		{"If-Match makes If-Unmodified-Since ignored", "PUT", "/r", "If-Match: \"v1\"\nIf-Unmodified-Since: " + after, 412},

		// §13.1.2, step 3
		{"If-None-Match, the current tag", "GET", "/r", `If-None-Match: "v2"`, 304},
		{"If-None-Match, the current tag", "HEAD", "/r", `If-None-Match: "v2"`, 304},
		{"If-None-Match, weak comparison", "GET", "/r", `If-None-Match: W/"v2"`, 304},
		{"If-None-Match, in a list", "GET", "/r", `If-None-Match: "v1", "v2"`, 304},
		{"If-None-Match, another tag", "GET", "/r", `If-None-Match: "v1"`, 200},
		{"If-None-Match, the current tag", "PUT", "/r", `If-None-Match: "v2"`, 412},
		{"If-None-Match, weak comparison", "PUT", "/r", `If-None-Match: W/"v2"`, 412},
		{"If-None-Match, another tag", "PUT", "/r", `If-None-Match: "v1"`, 204},
		{"If-None-Match *, something there", "PUT", "/r", `If-None-Match: *`, 412},
		{"If-None-Match *, something there", "GET", "/r", `If-None-Match: *`, 304},
		{"If-None-Match *, nothing there", "PUT", "/none", `If-None-Match: *`, 201},
		{"If-None-Match * in a list is no wildcard", "PUT", "/r", `If-None-Match: *, "v1"`, 204},
		{"If-Match true, then If-None-Match", "PUT", "/r", "If-Match: \"v2\"\nIf-None-Match: \"v2\"", 412},
		{"If-Match true, then If-None-Match", "GET", "/r", "If-Match: \"v2\"\nIf-None-Match: \"v2\"", 304},
		{"If-Match false comes first", "GET", "/r", "If-Match: \"v1\"\nIf-None-Match: \"v2\"", 412},
		{"If-Unmodified-Since true, then If-None-Match", "PUT", "/r", "If-Unmodified-Since: " + after + "\nIf-None-Match: *", 412},

		// §13.1.3, step 4
		{"If-Modified-Since, the date itself", "GET", "/r", "If-Modified-Since: " + lastModified, 304},
		{"If-Modified-Since, later", "HEAD", "/r", "If-Modified-Since: " + after, 304},
		{"If-Modified-Since, earlier", "GET", "/r", "If-Modified-Since: " + before, 200},
		{"If-Modified-Since, no date: ignored", "GET", "/r", "If-Modified-Since: tomorrow", 200},
		{"If-Modified-Since, not a read: ignored", "PUT", "/r", "If-Modified-Since: " + after, 204},
		{"If-None-Match makes If-Modified-Since ignored", "GET", "/r", "If-None-Match: \"v1\"\nIf-Modified-Since: " + after, 200},

		// what net/http's file server does too, and why a client must not send it
		{"an empty If-Match is no condition", "PUT", "/r", "If-Match: ", 204},
		{"an empty If-Match is no condition", "PUT", "/none", "If-Match: ", 201},

		// POST creates below its path; its condition is about the path itself
		{"POST, no condition", "POST", "/r", "", 201},
		{"POST, If-Match true", "POST", "/r", `If-Match: "v2"`, 201},
		{"POST, If-Match false", "POST", "/r", `If-Match: "v1"`, 412},
	}
	for _, c := range cases {
		t.Run(c.rule+" "+c.method, func(t *testing.T) {
			origin := ifmatchtest.New(&ifmatchtest.Options{Now: clock})
			origin.Set("/r", `{"n":1}`)
			origin.Set("/r", `{"n":2}`)
			s := origin.Serve(t)

			headers := []string{"Content-Type", "application/merge-patch+json"}
			for line := range strings.SplitSeq(c.condition, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					headers = append(headers, name, value)
				}
			}
			body := ""
			if c.method == "PUT" || c.method == "PATCH" || c.method == "POST" {
				body = `{"n":3}`
			}
			got := send(t, s, c.method, c.path, body, headers...)

			assert.Equal(t, c.want, got.status)
			requests := origin.Requests()
			safe := c.method == "GET" || c.method == "HEAD"
			assert.Equal(t, !safe && c.want < 300, requests[0].Applied, "applied exactly when it succeeded")
			assert.True(t, requests[0].Delivered)
			assert.Equal(t, strings.ReplaceAll(c.condition, "\n", ", "), requests[0].Condition)
			if c.want >= 400 {
				assert.Equal(t, `{"n":2}`, origin.Body("/r"), "a refused request changes nothing")
				assert.False(t, origin.Exists("/none"))
			}
			if c.want == 304 {
				assert.Equal(t, `"v2"`, got.header.Get("ETag"), "a 304 carries the tag (RFC 9110 §15.4.5)")
				assert.Empty(t, got.body)
			}
			if c.want >= 400 && c.method != "HEAD" {
				assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
				assert.Empty(t, got.header.Get("ETag"), "an error carries no tag of the resource")
			}
		})
	}
}

// The table of RFC 9110 §8.8.3.2.
func TestComparisonOfEntityTags(t *testing.T) {
	for _, c := range []struct {
		a, b         string
		strong, weak bool
	}{
		{`W/"1"`, `W/"1"`, false, true},
		{`W/"1"`, `W/"2"`, false, false},
		{`W/"1"`, `"1"`, false, true},
		{`"1"`, `"1"`, true, true},
		{`"1"`, `"2"`, false, false},
		{`w/"1"`, `"1"`, false, false}, // W/ is case-sensitive (§8.8.3)
	} {
		assert.Equal(t, c.strong, ifmatchtest.StrongEqual(c.a, c.b), "strong %s %s", c.a, c.b)
		assert.Equal(t, c.strong, ifmatchtest.StrongEqual(c.b, c.a), "strong %s %s", c.b, c.a)
		assert.Equal(t, c.weak, ifmatchtest.WeakEqual(c.a, c.b), "weak %s %s", c.a, c.b)
		assert.Equal(t, c.weak, ifmatchtest.WeakEqual(c.b, c.a), "weak %s %s", c.b, c.a)
	}
}

// The same table through If-Match, against servers with weak and strong tags that compare strongly and weakly.
func TestIfMatchComparesAsTheOptionsSay(t *testing.T) {
	for _, c := range []struct {
		tags      ifmatchtest.TagForm
		weakMatch bool
		ifMatch   string
		want      int
	}{
		{ifmatchtest.VersionTags, false, `"v1"`, 204},
		{ifmatchtest.VersionTags, false, `W/"v1"`, 412},
		{ifmatchtest.VersionTags, true, `W/"v1"`, 204},
		{ifmatchtest.VersionTags, true, `W/"v2"`, 412},
		{ifmatchtest.WeakTags, false, `W/"v1"`, 412},
		{ifmatchtest.WeakTags, false, `"v1"`, 412},
		{ifmatchtest.WeakTags, false, `*`, 204},
		{ifmatchtest.WeakTags, true, `W/"v1"`, 204},
		{ifmatchtest.WeakTags, true, `"v1"`, 204},
		{ifmatchtest.WeakTags, true, `W/"v2"`, 412},
		{ifmatchtest.UnquotedTags, false, `v1`, 204},
		{ifmatchtest.UnquotedTags, false, `"v1"`, 412},
		{ifmatchtest.NoTags, false, `"v1"`, 412},
		{ifmatchtest.NoTags, false, `*`, 204},
		{ifmatchtest.DoubledTags, false, `"v1"`, 204},
		{ifmatchtest.DoubledTags, false, `W/"v1"`, 412},
		{ifmatchtest.TrailerTags, false, `"v1"`, 204},
	} {
		origin := ifmatchtest.New(&ifmatchtest.Options{Tags: c.tags, WeakMatch: c.weakMatch})
		origin.Set("/r", "1")
		got := send(t, origin.Serve(t), "PUT", "/r", "2", "If-Match", c.ifMatch)
		assert.Equal(t, c.want, got.status, "%+v", c)
	}
}

func TestTagListsAreSplitOutsideQuotesOnly(t *testing.T) {
	for _, c := range []struct {
		value string
		want  []string
	}{
		{``, nil},
		{` , ,`, nil},
		{`*`, []string{`*`}},
		{`"a"`, []string{`"a"`}},
		{`"a","b" , W/"c"`, []string{`"a"`, `"b"`, `W/"c"`}},
		{`"a,b", "c"`, []string{`"a,b"`, `"c"`}},
		{`W/"a,b"`, []string{`W/"a,b"`}},
		{`""`, []string{`""`}},
		{`"with space", x`, []string{`"with space"`, `x`}},
		{`a, b c`, []string{`a`, `b c`}},
		{`"open, "b"`, []string{`"open, "b"`}},
		{`"open`, []string{`"open`}},
		{`"a"trailing, "b"`, []string{`"a"trailing`, `"b"`}},
		{`W/`, []string{`W/`}},
	} {
		assert.Equal(t, c.want, ifmatchtest.SplitTags(c.value), "%q", c.value)
	}
}

func FuzzSplitTags(f *testing.F) {
	for _, seed := range []string{``, `*`, `"a"`, `W/"a", "b,c"`, `"`, `W/"`, `,,`, `a"b,c"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		tags := ifmatchtest.SplitTags(value)
		for _, tag := range tags {
			if tag == "" || strings.Trim(tag, " \t") != tag {
				t.Fatalf("%q has the member %q", value, tag)
			}
			if !strings.Contains(value, tag) {
				t.Fatalf("%q has the member %q that it does not contain", value, tag)
			}
		}
		assert.Equal(t, tags, ifmatchtest.SplitTags(strings.Join(tags, ", ")), "splitting is stable")
	})
}
