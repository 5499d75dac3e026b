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

// Each finding is there where it belongs, and not for a server that does everything right, or for
// the one that is named beside it.
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
		{
			name: "a strong tag", with: right(), without: origin(&ifmatchtest.Options{Tags: ifmatchtest.WeakTags}),
			severity: probe.Good, about: "entity tag", text: `strong: "v1"`,
		},
		{
			name: "a weak tag", with: origin(&ifmatchtest.Options{Tags: ifmatchtest.WeakTags}), severity: probe.Note,
			about: "entity tag", text: `weak: W/"v1"`, advice: "Options.StripWeakTags",
		},
		{
			name: "a tag in the trailer section", with: origin(&ifmatchtest.Options{Tags: ifmatchtest.TrailerTags}),
			severity: probe.Note, about: "entity tag", text: "trailer", advice: "ifmatch reads it",
		},
		{
			name: "a tag without quotes", with: origin(&ifmatchtest.Options{Tags: ifmatchtest.UnquotedTags}),
			severity: probe.Note, about: "entity tag", text: "lacks the quotes", advice: "as it came",
		},
		{
			name: "two tags", with: origin(&ifmatchtest.Options{Tags: ifmatchtest.DoubledTags}), severity: probe.Note,
			about: "entity tag", text: `there are several: "W/\"v1\"", "\"v1\""`, advice: `takes "v1"`,
		},
		{
			name: "two tags that differ", with: origin(nil, header("ETag", `"a"`, `"b"`)), severity: probe.Danger,
			about: "entity tag", text: `unusable: several different entity tags: "\"a\"", "\"b\""`,
			advice: "ErrNoValidator",
		},
		{
			name: "a tag that would match anything", with: origin(nil, header("ETag", "*")), severity: probe.Danger,
			about: "entity tag", text: `unusable: "*" is not an entity tag`, advice: "ErrNoValidator",
		},
		{
			name: "an empty tag", with: origin(nil, header("ETag", "")), severity: probe.Danger, about: "entity tag",
			text: "unusable: empty entity tag", advice: "ErrNoValidator",
		},
		{
			name: "a tag like a list", with: origin(nil, header("ETag", `"a", "b"`)), severity: probe.Danger,
			about: "entity tag", text: "unusable: entity tag with misplaced quotes", advice: "ErrNoValidator",
		},
		{
			name: "no tag and an old date", with: origin(&ifmatchtest.Options{
				Tags: ifmatchtest.NoTags, Now: clock(time.Minute),
			}), severity: probe.Warning, about: "entity tag", text: "Last-Modified is all",
			advice: "If-Unmodified-Since",
		},
		{
			name: "no tag and a young date", with: origin(&ifmatchtest.Options{
				Tags: ifmatchtest.NoTags, Now: clock(0),
			}), severity: probe.Danger, about: "entity tag", text: "so it is weak", advice: "read again later",
		},
		{
			name: "no tag and no date", with: origin(noDates), severity: probe.Danger, about: "entity tag",
			text: "nothing can guard a write", advice: "Options.AllowLostUpdates",
		},
		{
			name: "a version in the content alone", with: holding(`{"metadata":{"resourceVersion":"12"}}`, noDates),
			severity: probe.Warning, about: "entity tag", text: `/metadata/resourceVersion "12"`,
			advice: "dialect.Kubernetes()",
		},
		{
			name: "a version in the content too", with: holding(`{"lock_version":3}`, nil), severity: probe.Note,
			about: "version in the content", text: "/lock_version 3",
			advice: `dialect.Version(dialect.VersionOptions{Member: "/lock_version"})`,
		},
		{
			name:     "content that a proxy transformed",
			with:     on(origin(nil), "GET", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 203, Body: ann})),
			severity: probe.Danger, about: "entity tag", text: "203", advice: "go around the proxy",
		},

		{
			name: "a tag that stays", with: right(), without: restless(func(int) string { return ann }),
			severity: probe.Good, about: "two reads", text: "the tag stays",
		},
		{name: "a new tag each time", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			bumped++
			w.Header().Set("ETag", fmt.Sprintf(`"%d"`, bumped))
			fmt.Fprint(w, ann)
			return true
		}, nil), severity: probe.Danger, about: "two reads", text: "another tag each time", advice: "several servers"},
		{name: "one strong tag for everything", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `"always"`)
			return false
		}, restless(func(n int) string { return fmt.Sprint(n) })), severity: probe.Warning, about: "two reads",
			text: "one strong tag for different content"},
		{name: "one weak tag for everything", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("ETag", `W/"always"`)
			return false
		}, restless(func(n int) string { return fmt.Sprint(n) })), severity: probe.Note, about: "two reads",
			text: "one weak tag for different content"},
		{
			name: "content that changes", with: on(origin(nil), "GET", ifmatchtest.RivalEdit(func(b []byte) []byte {
				return append(b, ' ')
			})), severity: probe.Note, about: "two reads", text: "changes between reads",
		},
		{
			name: "another tag of HEAD", with: on(origin(nil), "HEAD", header("ETag", `"h"`)), severity: probe.Note,
			about: "HEAD", text: `not that of GET: "\"h\""`, advice: "take tags from GET",
		},
		{
			name: "no tag of HEAD", with: on(origin(nil), "HEAD", header("ETag")),
			without: origin(&ifmatchtest.Options{Tags: ifmatchtest.TrailerTags}), severity: probe.Note, about: "HEAD",
			text: "not that of GET",
		},

		{
			name: "compression that weakens", with: origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressWeaken}),
			severity: probe.Warning, about: "compression", text: `weakens the tag: W/"v1"`, advice: "identity",
		},
		{
			name: "compression that appends", with: origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix}),
			severity: probe.Warning, about: "compression", text: `appends to the tag: "v1-gzip"`, advice: "identity",
		},
		{
			name: "compression that drops", with: origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressDrop}),
			severity: probe.Warning, about: "compression", text: "drops the tag", advice: "identity",
		},
		{
			name: "compression with a tag of its own", with: onlyGzip(header("ETag", `"z"`)), severity: probe.Note,
			about: "compression", text: `a tag of its own: "z"`, advice: "identity",
		},
		{
			name: "compression where there is no tag otherwise",
			with: in(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("Accept-Encoding") == "gzip" {
					w.Header().Set("Content-Encoding", "gzip")
					w.Header().Set("ETag", `"z"`)
				}
				fmt.Fprint(w, ann)
				return true
			}, nil), severity: probe.Note, about: "compression", text: `a tag of its own: "z"`,
		},
		{
			name: "compression with the same strong tag", with: onlyGzip(header("ETag", `"v1"`)), severity: probe.Note,
			about: "compression", text: "both codings have one strong tag",
		},
		{
			name: "compression that nobody asked for", with: on(origin(nil), "GET", header("Content-Encoding", "br")),
			severity: probe.Warning, about: "compression", text: `comes in "br" though identity was asked for`,
			advice: "Accept-Encoding",
		},
		{
			name: "compression without Vary", with: onlyGzip(header("Vary")),
			without: origin(&ifmatchtest.Options{Compress: ifmatchtest.CompressWeaken}), severity: probe.Warning,
			about: "Vary", text: "does not name Accept-Encoding",
		},
		{
			name: "Vary by identity", with: origin(nil, header("Vary", "Cookie, Accept", "cookie")),
			severity: probe.Note, about: "Vary", text: `"Cookie" select`, advice: "Options.Header",
		},
		{
			name: "Vary by anything", with: origin(nil, header("Vary", "*")), severity: probe.Note, about: "Vary",
			text: "*:",
		},

		{
			name: "a gateway", with: origin(nil, header("Via", "1.1 edge")), severity: probe.Note, about: "gateway",
			text: `"Via: 1.1 edge"`,
		},
		{name: "a cache that minds no-cache", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Header.Get("Cache-Control") == "" {
				w.Header().Set("Age", "7")
			}
			return false
		}, right()), severity: probe.Note, about: "cache", text: `lets Cache-Control: no-cache through: "Age: 7"`,
			advice: "after a refusal"},
		{
			name: "a cache that does not", with: origin(nil, header("X-Cache", "HIT from edge")),
			severity: probe.Warning, about: "cache",
			text: `even with Cache-Control: no-cache: "X-Cache: HIT from edge"`, advice: "ErrRefusedTag",
		},

		{
			name: "304", with: right(), without: origin(noDates), severity: probe.Good, about: "If-None-Match on GET",
			text: "304",
		},
		{
			name: "no 304", with: in(func(w http.ResponseWriter, r *http.Request) bool {
				r.Header.Del("If-None-Match")
				return false
			}, right()), severity: probe.Note, about: "If-None-Match on GET", text: "ignored",
		},
		{
			name: "412 on GET", with: right(), without: origin(nil, ifmatchtest.IgnoreConditions()),
			severity: probe.Note, about: "If-Match on GET", text: "answered 412",
		},
		{
			name: "no 412 on GET", with: origin(nil, ifmatchtest.IgnoreConditions()), severity: probe.Note,
			about: "If-Match on GET", text: "ignored; weak evidence",
		},
		{
			name: "no methods that write", with: on(origin(nil), "OPTIONS", header("Allow", "GET, HEAD")),
			severity: probe.Note, about: "methods", text: `"GET", "HEAD"`,
		},
		{
			name:     "announced patches",
			with:     origin(nil, header("Accept-Patch", "application/merge-patch+json;charset=utf-8")),
			severity: probe.Note, about: "PATCH", text: `"application/merge-patch+json;charset=utf-8"`,
			advice: "ifmatch.PatchAccepted",
		},
		{
			name: "writes that were not asked for", with: right(), severity: probe.Note, about: "writes",
			text: "not tested", advice: "Options.Disposable",
		},
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
	o := &probe.Options{
		Disposable: true, Header: http.Header{"Authorization": {"Bearer t"}, "Prefer": {"return=minimal"}},
	}
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
		"a relative URL": {url: path, err: "probe: the target is not an absolute http or https URL"},
		"another scheme": {url: "ftp://example.com/", err: "probe: the target is not"},
		"no URL":         {url: "http://[::1", err: "probe: the target is not"},
		"a condition": {
			url: url, o: &probe.Options{Header: http.Header{"if-match": {`"1"`}}},
			err: "probe: Options.Header holds If-Match",
		},
		"Unguarded by itself": {
			url: url, o: &probe.Options{Unguarded: true}, err: "probe: Options.Unguarded needs Disposable",
		},
		"a coding of their own": {
			url: url, o: &probe.Options{Header: http.Header{"Accept-Encoding": {"br"}}}, err: "Accept-Encoding",
		},
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
