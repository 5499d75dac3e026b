package probe_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/internal/probe"
)

const (
	path = "/users/7"
	ann  = `{"name":"Ann","quota":10}`
)

// origin is a test origin with one resource, altered by faults that stand.
func origin(o *ifmatchtest.Options, faults ...ifmatchtest.Fault) *ifmatchtest.Origin {
	or := ifmatchtest.New(o)
	or.Set(path, ann)
	for _, f := range faults {
		or.Always("", f)
	}
	return or
}

// on lays a fault on the requests that match a pattern.
func on(or *ifmatchtest.Origin, pattern string, f ifmatchtest.Fault) *ifmatchtest.Origin {
	or.Always(pattern, f)
	return or
}

// holding sets other content.
func holding(content string, o *ifmatchtest.Options) *ifmatchtest.Origin {
	or := ifmatchtest.New(o)
	or.Set(path, content)
	return or
}

// in puts a handler in front of another one; it reports whether it has answered.
func in(front func(http.ResponseWriter, *http.Request) bool, behind http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !front(w, r) {
			behind.ServeHTTP(w, r)
		}
	})
}

// serve starts a handler, which gets one request at a time.
func serve(t testing.TB, h http.Handler) string {
	var mu sync.Mutex
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s.URL + path
}

// run probes a handler; every run has to stay within the bound that the documentation names.
func run(t testing.TB, h http.Handler, o *probe.Options) *probe.Report {
	t.Helper()
	r, err := probe.Run(t.Context(), serve(t, h), o)
	require.NoError(t, err)
	require.Less(t, len(r.Exchanges), 30)
	return r
}

func disposable() *probe.Options { return &probe.Options{Disposable: true} }

func has(r *probe.Report, s probe.Severity, about, text string) bool {
	for _, f := range r.Findings {
		if f.Severity == s && f.About == about && strings.Contains(f.Text, text) {
			return true
		}
	}
	return false
}

// clock is a server's clock that goes on by a step each time it is looked at.
func clock(step time.Duration) func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(step)
		return now
	}
}

var noDates = &ifmatchtest.Options{Tags: ifmatchtest.NoTags, HideLastModified: true}

// Each finding is there where it belongs, and not for a server that does everything right, or
// for the one that is named beside it.
func TestReadingFindsWhatTheServerDoes(t *testing.T) {
	header := ifmatchtest.SetHeader
	right := func() http.Handler { return origin(nil) }
	onlyGzip := func(fault ifmatchtest.Fault) http.Handler { // what is compressed gets the fault
		coded, plain := origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix}, fault), origin(nil)
		return in(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Accept-Encoding") == "gzip" {
				coded.ServeHTTP(w, r)
				return true
			}
			return false
		}, plain)
	}
	bumped := 0
	restless := func(f func(n int) string) http.Handler {
		return in(func(w http.ResponseWriter, r *http.Request) bool {
			bumped++
			fmt.Fprint(w, f(bumped))
			return true
		}, nil)
	}
	for _, c := range []struct {
		name     string
		with     http.Handler
		without  http.Handler // nil: a server that does everything right
		severity probe.Severity
		about    string
		text     string
		advice   string
	}{
		{"a strong tag", right(), origin(&ifmatchtest.Options{Tags: ifmatchtest.WeakTags}), probe.Good, "entity tag", `strong: "v1"`, ""},
		{"a weak tag", origin(&ifmatchtest.Options{Tags: ifmatchtest.WeakTags}), nil, probe.Note, "entity tag", `weak: W/"v1"`, "Options.StripWeakTags"},
		{"a tag in the trailer section", origin(&ifmatchtest.Options{Tags: ifmatchtest.TrailerTags}), nil, probe.Note, "entity tag", "trailer", "ifmatch reads it"},
		{"a tag without quotes", origin(&ifmatchtest.Options{Tags: ifmatchtest.UnquotedTags}), nil, probe.Note, "entity tag", "lacks the quotes", "as it came"},
		{"two tags", origin(&ifmatchtest.Options{Tags: ifmatchtest.DoubledTags}), nil, probe.Note, "entity tag", `there are several: "W/\"v1\"", "\"v1\""`, `takes "v1"`},
		{"two tags that differ", origin(nil, header("ETag", `"a"`, `"b"`)), nil, probe.Danger, "entity tag", `unusable: several different entity tags: "\"a\"", "\"b\""`, "ErrNoValidator"},
		{"a tag that would match anything", origin(nil, header("ETag", "*")), nil, probe.Danger, "entity tag", `unusable: "*" is not an entity tag`, "ErrNoValidator"},
		{"an empty tag", origin(nil, header("ETag", "")), nil, probe.Danger, "entity tag", "unusable: empty entity tag", "ErrNoValidator"},
		{"a tag like a list", origin(nil, header("ETag", `"a", "b"`)), nil, probe.Danger, "entity tag", "unusable: entity tag with misplaced quotes", "ErrNoValidator"},
		{"no tag and an old date", origin(&ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: clock(time.Minute)}), nil, probe.Warning, "entity tag", "Last-Modified is all", "If-Unmodified-Since"},
		{"no tag and a young date", origin(&ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: clock(0)}), nil, probe.Danger, "entity tag", "so it is weak", "read again later"},
		{"no tag and no date", origin(noDates), nil, probe.Danger, "entity tag", "nothing can guard a write", "Options.AllowLostUpdates"},
		{"a version in the content alone", holding(`{"metadata":{"resourceVersion":"12"}}`, noDates), nil, probe.Warning, "entity tag", `/metadata/resourceVersion "12"`, "dialect.Kubernetes()"},
		{"a version in the content too", holding(`{"lock_version":3}`, nil), nil, probe.Note, "version in the content", "/lock_version 3", `dialect.Version(dialect.VersionOptions{Member: "/lock_version"})`},
		{"content that a proxy transformed", on(origin(nil), "GET", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 203, Body: ann})), nil, probe.Danger, "entity tag", "203", "go around the proxy"},

		{"a tag that stays", right(), restless(func(int) string { return ann }), probe.Good, "two reads", "the tag stays", ""},
		{"a new tag each time", in(func(w http.ResponseWriter, r *http.Request) bool {
			bumped++
			w.Header().Set("ETag", fmt.Sprintf(`"%d"`, bumped))
			fmt.Fprint(w, ann)
			return true
		}, nil), nil, probe.Danger, "two reads", "another tag each time", "several servers"},
		{"one strong tag for everything", in(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `"always"`)
			return false
		}, restless(func(n int) string { return fmt.Sprint(n) })), nil, probe.Warning, "two reads", "one strong tag for different content", ""},
		{"one weak tag for everything", in(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `W/"always"`)
			return false
		}, restless(func(n int) string { return fmt.Sprint(n) })), nil, probe.Note, "two reads", "one weak tag for different content", ""},
		{"content that changes", on(origin(nil), "GET", ifmatchtest.RivalEdit(func(b []byte) []byte { return append(b, ' ') })), nil, probe.Note, "two reads", "changes between reads", ""},
		{"another tag of HEAD", on(origin(nil), "HEAD", header("ETag", `"h"`)), nil, probe.Note, "HEAD", `not that of GET: "\"h\""`, "take tags from GET"},
		{"no tag of HEAD", on(origin(nil), "HEAD", header("ETag")), origin(&ifmatchtest.Options{Tags: ifmatchtest.TrailerTags}), probe.Note, "HEAD", "not that of GET", ""},

		{"compression that weakens", origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressWeaken}), nil, probe.Warning, "compression", `weakens the tag: W/"v1"`, "identity"},
		{"compression that appends", origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix}), nil, probe.Warning, "compression", `appends to the tag: "v1-gzip"`, "identity"},
		{"compression that drops", origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressDrop}), nil, probe.Warning, "compression", "drops the tag", "identity"},
		{"compression with a tag of its own", onlyGzip(header("ETag", `"z"`)), nil, probe.Note, "compression", `a tag of its own: "z"`, "identity"},
		{"compression where there is no tag otherwise", in(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Accept-Encoding") == "gzip" {
				w.Header().Set("Content-Encoding", "gzip")
				w.Header().Set("ETag", `"z"`)
			}
			fmt.Fprint(w, ann)
			return true
		}, nil), nil, probe.Note, "compression", `a tag of its own: "z"`, ""},
		{"compression with the same strong tag", onlyGzip(header("ETag", `"v1"`)), nil, probe.Note, "compression", "both codings have one strong tag", ""},
		{"compression that nobody asked for", on(origin(nil), "GET", header("Content-Encoding", "br")), nil, probe.Warning, "compression", `comes in "br" though identity was asked for`, "Accept-Encoding"},
		{"compression without Vary", onlyGzip(header("Vary")), origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressWeaken}), probe.Warning, "Vary", "does not name Accept-Encoding", ""},
		{"Vary by identity", origin(nil, header("Vary", "Cookie, Accept", "cookie")), nil, probe.Note, "Vary", `"Cookie" select`, "Options.Header"},
		{"Vary by anything", origin(nil, header("Vary", "*")), nil, probe.Note, "Vary", "*:", ""},

		{"a gateway", origin(nil, header("Via", "1.1 edge")), nil, probe.Note, "gateway", `"Via: 1.1 edge"`, ""},
		{"a cache that minds no-cache", in(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Cache-Control") == "" {
				w.Header().Set("Age", "7")
			}
			return false
		}, right()), nil, probe.Note, "cache", `lets Cache-Control: no-cache through: "Age: 7"`, "after a refusal"},
		{"a cache that does not", origin(nil, header("X-Cache", "HIT from edge")), nil, probe.Warning, "cache", `even with Cache-Control: no-cache: "X-Cache: HIT from edge"`, "ErrRefusedTag"},

		{"304", right(), origin(noDates), probe.Good, "If-None-Match on GET", "304", ""},
		{"no 304", in(func(w http.ResponseWriter, r *http.Request) bool { r.Header.Del("If-None-Match"); return false }, right()), nil, probe.Note, "If-None-Match on GET", "ignored", ""},
		{"412 on GET", right(), origin(nil, ifmatchtest.IgnoreConditions()), probe.Note, "If-Match on GET", "answered 412", ""},
		{"no 412 on GET", origin(nil, ifmatchtest.IgnoreConditions()), nil, probe.Note, "If-Match on GET", "ignored; weak evidence", ""},
		{"no methods that write", on(origin(nil), "OPTIONS", header("Allow", "GET, HEAD")), nil, probe.Note, "methods", `"GET", "HEAD"`, ""},
		{"announced patches", origin(nil, header("Accept-Patch", "application/merge-patch+json;charset=utf-8")), nil, probe.Note, "PATCH", `"application/merge-patch+json;charset=utf-8"`, "ifmatch.PatchAccepted"},
		{"writes that were not asked for", right(), nil, probe.Note, "writes", "not tested", "Options.Disposable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.with, nil)
			found := false
			for _, f := range r.Findings {
				if f.About == c.about && strings.Contains(f.Text, c.text) {
					found = true
					assert.Equal(t, c.severity, f.Severity)
					assert.Contains(t, f.Advice, c.advice)
				}
			}
			assert.True(t, found, "%s", r)
			assert.Nil(t, r.Writes)
			if c.name == "writes that were not asked for" {
				assert.False(t, has(run(t, right(), disposable()), c.severity, c.about, c.text))
				return
			}
			control := c.without
			if control == nil {
				control = right()
			}
			without := run(t, control, nil)
			assert.False(t, has(without, c.severity, c.about, c.text), "%s", without)
		})
	}
}

func TestReadingChangesNothing(t *testing.T) {
	or := origin(nil)
	run(t, or, nil)
	for _, r := range or.Requests() {
		assert.Contains(t, []string{"GET", "HEAD", "OPTIONS"}, r.Method)
	}
	assert.Equal(t, 1, or.Version(path))
}

func TestTheReportHoldsWhatWasSeenAsData(t *testing.T) {
	or := origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix, Now: clock(time.Second)})
	r := run(t, or, nil)
	assert.Equal(t, 200, r.Status)
	assert.Equal(t, "application/json", r.MediaType)
	assert.Equal(t, len(ann), r.Size)
	assert.EqualValues(t, `"v1"`, r.Tag.Value)
	assert.Equal(t, probe.Yes, r.LastModifiedStrong)
	assert.Equal(t, probe.Yes, r.SameTag)
	assert.Equal(t, probe.Yes, r.SameContent)
	assert.Equal(t, probe.Yes, r.HeadAgrees)
	assert.Equal(t, probe.Suffixed, r.Compressed)
	assert.EqualValues(t, `"v1-gzip"`, r.GzipTag.Value)
	assert.Equal(t, []string{"Accept-Encoding"}, r.Vary)
	assert.Equal(t, probe.Yes, r.NotModified)
	assert.Equal(t, probe.Yes, r.ReadIfMatch)
	assert.Equal(t, probe.NotTested, r.CacheBypassed)
	assert.Equal(t, []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "POST"}, r.Allow)
	assert.Equal(t, probe.Warning, r.Worst())
	for i, f := range r.Findings[1:] {
		assert.LessOrEqual(t, f.Severity, r.Findings[i].Severity, "the gravest first")
	}
}

func TestEveryRequestCarriesTheCallersFieldsAndAsksForIdentity(t *testing.T) {
	or := origin(nil)
	o := &probe.Options{Disposable: true, Header: http.Header{"Authorization": {"Bearer t"}, "Prefer": {"return=minimal"}}}
	r := run(t, or, o)
	assert.Equal(t, "return=minimal", r.Writes.Answer.PreferenceApplied)
	assert.Equal(t, "none", r.Writes.Answer.Content)
	gzipped := 0
	for _, req := range or.Requests() {
		assert.Equal(t, "Bearer t", req.Header.Get("Authorization"), req)
		if req.Header.Get("Accept-Encoding") == "gzip" {
			gzipped++
		} else {
			assert.Equal(t, "identity", req.Header.Get("Accept-Encoding"), req)
		}
	}
	assert.Equal(t, 1, gzipped)
	assert.Len(t, o.Header, 2, "the caller's header stays as it is")
}

func TestRedirectsOfTheReadAreFollowedWithinTheOrigin(t *testing.T) {
	or := origin(nil)
	or.Always("/old*", ifmatchtest.Redirect(301, path))
	s := or.Serve(t)
	r, err := probe.Run(t.Context(), s.URL+"/old?secret=1#part", disposable())
	require.NoError(t, err)
	assert.Equal(t, s.URL+path, r.URL)
	assert.Empty(t, or.Requests("PUT /old"))
	assert.NotEmpty(t, or.Requests("PUT "+path))

	for name, location := range map[string]string{
		"to another origin": "http://elsewhere.invalid/",
		"to nowhere":        "",
		"in a circle":       "/round",
	} {
		t.Run(name, func(t *testing.T) {
			or := origin(nil)
			or.Always("", ifmatchtest.Redirect(307, location))
			r, err := probe.Run(t.Context(), serve(t, or), disposable())
			require.ErrorContains(t, err, "probe: there is nothing to probe: GET is answered 307")
			assert.Empty(t, r.Findings)
			assert.LessOrEqual(t, len(or.Requests()), 4)
		})
	}
}

func TestCredentialsAndQueriesStayOutOfTheReport(t *testing.T) {
	s := origin(nil).Serve(t)
	target := strings.Replace(s.URL, "http://", "http://ann:pass@", 1) + path + "?token=secret"
	r, err := probe.Run(t.Context(), target, nil)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%s %+v", r, r), "secret")
	assert.NotContains(t, fmt.Sprintf("%s %+v", r, r), "pass")

	s.Close()
	_, err = probe.Run(t.Context(), target, nil)
	require.ErrorContains(t, err, "probe: GET got no answer")
	assert.NotContains(t, err.Error(), "secret")
}

func TestOptionsThatMakeNoSenseSendNothing(t *testing.T) {
	or := origin(nil)
	url := serve(t, or)
	for name, c := range map[string]struct {
		url string
		o   *probe.Options
		err string
	}{
		"a relative URL":        {path, nil, "probe: the target is not an absolute http or https URL"},
		"another scheme":        {"ftp://example.com/", nil, "probe: the target is not"},
		"no URL":                {"http://[::1", nil, "probe: the target is not"},
		"a condition":           {url, &probe.Options{Header: http.Header{"if-match": {`"1"`}}}, "probe: Options.Header holds If-Match"},
		"Unguarded by itself":   {url, &probe.Options{Unguarded: true}, "probe: Options.Unguarded needs Disposable"},
		"a coding of their own": {url, &probe.Options{Header: http.Header{"Accept-Encoding": {"br"}}}, "Accept-Encoding"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := probe.Run(t.Context(), c.url, c.o)
			require.ErrorContains(t, err, c.err)
			assert.Nil(t, r)
		})
	}
	assert.Empty(t, or.Requests())
}

// couch is a server whose versions are in the content: it checks those, if it is strict, and no
// header field.
type couch struct {
	mu     sync.Mutex
	rev    int
	doc    map[string]any
	strict bool
}

func newCouch(strict bool) *couch {
	return &couch{rev: 1, doc: map[string]any{"name": "Ann"}, strict: strict}
}

func (c *couch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Method == http.MethodPut {
		var doc map[string]any
		b, _ := io.ReadAll(r.Body)
		if json.Unmarshal(b, &doc) != nil {
			w.WriteHeader(400)
			return
		}
		if c.strict && doc["_rev"] != fmt.Sprint(c.rev) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(409)
			fmt.Fprint(w, `{"error":"conflict","reason":"Document update conflict."}`)
			return
		}
		c.rev++
		c.doc = doc
		w.Header().Set("ETag", `"receipt"`)
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"ok":true,"rev":"%d"}`, c.rev)
		return
	}
	if r.Method != http.MethodGet {
		w.WriteHeader(405)
		return
	}
	c.doc["_rev"] = fmt.Sprint(c.rev)
	b, _ := json.Marshal(c.doc)
	w.Header().Set("Content-Type", "application/json")
	w.Write(b)
}
