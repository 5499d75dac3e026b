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
		{rule: "no condition: performed", method: "PUT", path: "/r", want: 204},
		{rule: "no condition: performed", method: "GET", path: "/r", want: 200},
		{rule: "no condition: created", method: "PUT", path: "/none", want: 201},

		// §13.1.1, §13.2.2 step 1
		{rule: "If-Match, the current tag", method: "PUT", path: "/r", condition: `If-Match: "v2"`, want: 204},
		{rule: "If-Match, the current tag", method: "PATCH", path: "/r", condition: `If-Match: "v2"`, want: 204},
		{rule: "If-Match, the current tag", method: "DELETE", path: "/r", condition: `If-Match: "v2"`, want: 204},
		{rule: "If-Match, the current tag", method: "GET", path: "/r", condition: `If-Match: "v2"`, want: 200},
		{rule: "If-Match, the current tag", method: "HEAD", path: "/r", condition: `If-Match: "v2"`, want: 200},
		{rule: "If-Match, an older tag", method: "PUT", path: "/r", condition: `If-Match: "v1"`, want: 412},
		{rule: "If-Match, an older tag", method: "PATCH", path: "/r", condition: `If-Match: "v1"`, want: 412},
		{rule: "If-Match, an older tag", method: "DELETE", path: "/r", condition: `If-Match: "v1"`, want: 412},
		{rule: "If-Match, an older tag", method: "GET", path: "/r", condition: `If-Match: "v1"`, want: 412},
		{rule: "If-Match, an older tag", method: "HEAD", path: "/r", condition: `If-Match: "v1"`, want: 412},
		{
			rule: "If-Match, a list with the current tag", method: "PUT", path: "/r", condition: `If-Match: "v1", "v2"`,
			want: 204,
		},
		{
			rule: "If-Match, two lines with the current tag", method: "PUT", path: "/r",
			condition: "If-Match: \"v1\"\nIf-Match: \"v2\"", want: 204,
		},
		{rule: "If-Match, a list without it", method: "PUT", path: "/r", condition: `If-Match: "v1","v3"`, want: 412},
		{
			rule: "If-Match, a tag with a comma inside", method: "PUT", path: "/r", condition: `If-Match: "v1,v2"`,
			want: 412,
		},
		{rule: "If-Match, empty list members", method: "PUT", path: "/r", condition: `If-Match: , "v2",,`, want: 204},
		{rule: "If-Match, strong comparison", method: "PUT", path: "/r", condition: `If-Match: W/"v2"`, want: 412},
		{rule: "If-Match, the empty tag", method: "PUT", path: "/r", condition: `If-Match: ""`, want: 412},
		{rule: "If-Match, no quotes", method: "PUT", path: "/r", condition: `If-Match: v2`, want: 412},
		{rule: "If-Match, a quote missing", method: "PUT", path: "/r", condition: `If-Match: "v2`, want: 412},
		{rule: "If-Match *, something there", method: "PUT", path: "/r", condition: `If-Match: *`, want: 204},
		{rule: "If-Match *, nothing there", method: "PUT", path: "/none", condition: `If-Match: *`, want: 412},
		{
			rule: "If-Match * in a list is no wildcard", method: "PUT", path: "/r", condition: `If-Match: "v1", *`,
			want: 412,
		},
		{rule: "If-Match, nothing there", method: "PUT", path: "/none", condition: `If-Match: "v2"`, want: 412},

		// §13.2.1: what would fail without the condition fails as it does without
		{rule: "404 before the condition", method: "PATCH", path: "/none", condition: `If-Match: "v2"`, want: 404},
		{rule: "404 before the condition", method: "DELETE", path: "/none", condition: `If-Match: "v2"`, want: 404},
		{rule: "404 before the condition", method: "GET", path: "/none", condition: `If-Match: "v2"`, want: 404},
		{rule: "404 before the condition", method: "GET", path: "/none", condition: `If-None-Match: *`, want: 404},
		{rule: "405 before the condition", method: "TRACE", path: "/r", condition: `If-Match: "v1"`, want: 405},

		// §13.1.4, step 2
		{
			rule: "If-Unmodified-Since, the date itself", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: " + lastModified, want: 204,
		},
		{
			rule: "If-Unmodified-Since, later", method: "PUT", path: "/r", condition: "If-Unmodified-Since: " + after,
			want: 204,
		},
		{
			rule: "If-Unmodified-Since, earlier", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: " + before, want: 412,
		},
		{
			rule: "If-Unmodified-Since, earlier", method: "DELETE", path: "/r",
			condition: "If-Unmodified-Since: " + before, want: 412,
		},
		{
			rule: "If-Unmodified-Since, earlier", method: "GET", path: "/r",
			condition: "If-Unmodified-Since: " + before, want: 412,
		},
		{
			rule: "If-Unmodified-Since, RFC 850 form", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: Wednesday, 18-Nov-26 09:59:59 GMT", want: 412,
		},
		{
			rule: "If-Unmodified-Since, asctime form", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: Wed Nov 18 09:59:59 2026", want: 412,
		},
		{
			rule: "If-Unmodified-Since, no date: ignored", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: yesterday", want: 204,
		},
		{
			rule: "If-Unmodified-Since, two: ignored", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: " + before + "\nIf-Unmodified-Since: " + before, want: 204,
		},
		{
			rule: "If-Unmodified-Since, nothing there: ignored", method: "PUT", path: "/none",
			condition: "If-Unmodified-Since: " + before, want: 201,
		},
		{
			rule: "If-Match makes If-Unmodified-Since ignored", method: "PUT", path: "/r",
			condition: "If-Match: \"v2\"\nIf-Unmodified-Since: " + before, want: 204,
		},
		{
			rule: "If-Match makes If-Unmodified-Since ignored", method: "PUT", path: "/r",
			condition: "If-Match: \"v1\"\nIf-Unmodified-Since: " + after, want: 412,
		},

		// §13.1.2, step 3
		{
			rule: "If-None-Match, the current tag", method: "GET", path: "/r", condition: `If-None-Match: "v2"`,
			want: 304,
		},
		{
			rule: "If-None-Match, the current tag", method: "HEAD", path: "/r", condition: `If-None-Match: "v2"`,
			want: 304,
		},
		{
			rule: "If-None-Match, weak comparison", method: "GET", path: "/r", condition: `If-None-Match: W/"v2"`,
			want: 304,
		},
		{
			rule: "If-None-Match, in a list", method: "GET", path: "/r", condition: `If-None-Match: "v1", "v2"`,
			want: 304,
		},
		{rule: "If-None-Match, another tag", method: "GET", path: "/r", condition: `If-None-Match: "v1"`, want: 200},
		{
			rule: "If-None-Match, the current tag", method: "PUT", path: "/r", condition: `If-None-Match: "v2"`,
			want: 412,
		},
		{
			rule: "If-None-Match, weak comparison", method: "PUT", path: "/r", condition: `If-None-Match: W/"v2"`,
			want: 412,
		},
		{rule: "If-None-Match, another tag", method: "PUT", path: "/r", condition: `If-None-Match: "v1"`, want: 204},
		{rule: "If-None-Match *, something there", method: "PUT", path: "/r", condition: `If-None-Match: *`, want: 412},
		{rule: "If-None-Match *, something there", method: "GET", path: "/r", condition: `If-None-Match: *`, want: 304},
		{
			rule: "If-None-Match *, nothing there", method: "PUT", path: "/none", condition: `If-None-Match: *`,
			want: 201,
		},
		{
			rule: "If-None-Match * in a list is no wildcard", method: "PUT", path: "/r",
			condition: `If-None-Match: *, "v1"`, want: 204,
		},
		{
			rule: "If-Match true, then If-None-Match", method: "PUT", path: "/r",
			condition: "If-Match: \"v2\"\nIf-None-Match: \"v2\"", want: 412,
		},
		{
			rule: "If-Match true, then If-None-Match", method: "GET", path: "/r",
			condition: "If-Match: \"v2\"\nIf-None-Match: \"v2\"", want: 304,
		},
		{
			rule: "If-Match false comes first", method: "GET", path: "/r",
			condition: "If-Match: \"v1\"\nIf-None-Match: \"v2\"", want: 412,
		},
		{
			rule: "If-Unmodified-Since true, then If-None-Match", method: "PUT", path: "/r",
			condition: "If-Unmodified-Since: " + after + "\nIf-None-Match: *", want: 412,
		},

		// §13.1.3, step 4
		{
			rule: "If-Modified-Since, the date itself", method: "GET", path: "/r",
			condition: "If-Modified-Since: " + lastModified, want: 304,
		},
		{
			rule: "If-Modified-Since, later", method: "HEAD", path: "/r", condition: "If-Modified-Since: " + after,
			want: 304,
		},
		{
			rule: "If-Modified-Since, earlier", method: "GET", path: "/r", condition: "If-Modified-Since: " + before,
			want: 200,
		},
		{
			rule: "If-Modified-Since, no date: ignored", method: "GET", path: "/r",
			condition: "If-Modified-Since: tomorrow", want: 200,
		},
		{
			rule: "If-Modified-Since, not a read: ignored", method: "PUT", path: "/r",
			condition: "If-Modified-Since: " + after, want: 204,
		},
		{
			rule: "If-None-Match makes If-Modified-Since ignored", method: "GET", path: "/r",
			condition: "If-None-Match: \"v1\"\nIf-Modified-Since: " + after, want: 200,
		},

		// what net/http's file server does too, and why a client must not send it
		{rule: "an empty If-Match is no condition", method: "PUT", path: "/r", condition: "If-Match: ", want: 204},
		{rule: "an empty If-Match is no condition", method: "PUT", path: "/none", condition: "If-Match: ", want: 201},

		// POST creates below its path; its condition is about the path itself
		{rule: "POST, no condition", method: "POST", path: "/r", want: 201},
		{rule: "POST, If-Match true", method: "POST", path: "/r", condition: `If-Match: "v2"`, want: 201},
		{rule: "POST, If-Match false", method: "POST", path: "/r", condition: `If-Match: "v1"`, want: 412},
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

// The same table through If-Match, against servers with weak and strong tags that compare strongly
// and weakly.
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
