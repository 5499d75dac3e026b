package probe_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/internal/probe"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func unguarded() *probe.Options { return &probe.Options{Disposable: true, Unguarded: true} }

// refusing answers writes with a status, in the place of the origin.
func refusing(or http.Handler, method string, status int) http.Handler {
	return in(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method {
			w.WriteHeader(status)
			return true
		}
		return false
	}, or)
}

// ignoring removes the named field from requests of a method.
func ignoring(or http.Handler, method, field, value string) http.Handler {
	return in(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == method && (value == "" || r.Header.Get(field) == value) {
			r.Header.Del(field)
		}
		return false
	}, or)
}

// idle says yes to every PUT and does nothing; to one with If-None-Match only if that is what takes
// says.
func idle(or http.Handler, takes string) http.Handler {
	return in(func(w http.ResponseWriter, r *http.Request) bool {
		yes := r.Method == http.MethodPut && (r.Header.Get("If-None-Match") == "" || takes == "*")
		if yes {
			w.WriteHeader(204)
		}
		return yes
	}, or)
}

// lazy is a server in the manner of Kubernetes: the version is in the content and is checked, no
// field is, and content that changes nothing makes no new version.
func lazy() http.Handler {
	const doc = `{"metadata":{"resourceVersion":"1"},"name":"Ann"}`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPut && !strings.Contains(string(b), `"resourceVersion":"1"`) {
			w.WriteHeader(409)
			io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409}`)
			return
		}
		io.WriteString(w, doc)
	})
}

// patching applies JSON Patches to the origin behind it: guarded as the request is.
func patching(or *ifmatchtest.Origin) http.Handler {
	return in(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPatch || r.Header.Get("Content-Type") != "application/json-patch+json" {
			return false
		}
		b, _ := io.ReadAll(r.Body)
		to, err := jsonmerge.ApplyPatch([]byte(or.Body(path)), b, nil)
		if err != nil {
			w.WriteHeader(422)
			return true
		}
		put := r.Clone(r.Context())
		put.Method, put.Body, put.ContentLength = http.MethodPut, io.NopCloser(bytes.NewReader(to)), int64(len(to))
		put.Header.Set("Content-Type", "application/json")
		or.ServeHTTP(w, put)
		return true
	}, or)
}

func TestWritingFindsWhatTheServerDoes(t *testing.T) {
	weak := &ifmatchtest.Options{Tags: ifmatchtest.WeakTags}
	weaken := ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag })
	right := func() http.Handler { return origin(nil) }
	dated := func(now func() time.Time) *ifmatchtest.Origin {
		return origin(&ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: now})
	}
	answering := func(status int, body string, fields ...string) http.Handler {
		a := ifmatchtest.Response{Status: status, Body: body}
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			a = a.With(name, value)
		}
		return origin(nil, ifmatchtest.RefuseWith(a))
	}
	ignorant := func(content string) http.Handler {
		or := holding(content, nil)
		or.Always("", ifmatchtest.IgnoreConditions())
		return or
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
			name: "If-Match that is honoured", with: right(), without: origin(nil, ifmatchtest.IgnoreConditions()),
			severity: probe.Good, about: "If-Match on PUT", text: "honoured",
		},
		{
			name: "If-Match that is ignored", with: origin(nil, ifmatchtest.IgnoreConditions()), severity: probe.Danger,
			about: "If-Match on PUT", text: "IGNORED: updates get lost here", advice: "no client can prevent that",
		},
		{
			name:     "If-Match that is ignored, where the content is the version",
			with:     origin(&ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, ifmatchtest.IgnoreConditions()),
			severity: probe.Danger, about: "If-Match on PUT", text: "IGNORED: updates get lost here",
		},
		{
			name: "If-Match that is ignored, with a member that stays", with: ignorant(`{"name":"Ann","version":3}`),
			severity: probe.Danger, about: "If-Match on PUT", text: "so is another version in the content",
			advice: "serialize the writers",
		},
		{
			name: "a wrong tag taken without effect", with: idle(right(), ""), severity: probe.Warning,
			about: "If-Match on PUT", text: "taken, without effect", advice: "take it for ignored",
		},
		{
			name: "a wrong tag taken without effect, and a creation as well", with: idle(right(), "*"),
			without: idle(right(), ""), severity: probe.Danger, about: "If-Match on PUT",
			text: "IGNORED, as far as can be seen", advice: "no client can prevent that",
		},
		{
			name: "a member that guards, though the same content makes no new version", with: lazy(),
			without: ignorant(`{"version":3}`), severity: probe.Warning, about: "If-Match on PUT",
			text:   `another version in the content is refused with 409, kind "stale version"`,
			advice: "dialect.Kubernetes()",
		},
		{
			name: "its patches", with: lazy(), severity: probe.Note, about: "PATCH application/merge-patch+json",
			text: "If-Match is ignored here, too",
			advice: `the Dialect puts the version into the patch,` +
				` if it can; or Options.PatchFormat: "application/merge-patch+json"`,
		},
		{name: "a member that nothing tells of", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			odd := r.Method == http.MethodPut && r.Header.Get("If-Match") == ""
			if odd {
				w.WriteHeader(500)
			}
			return odd
		}, ignorant(`{"name":"Ann","version":3}`)), severity: probe.Danger, about: "If-Match on PUT",
			text: "IGNORED: updates get lost here", advice: `Member: "/version"`},
		{
			name: "a gateway that sends writes twice", with: on(origin(nil), "PUT", ifmatchtest.Replay()),
			without: origin(nil, ifmatchtest.RefuseConditions()), severity: probe.Warning, about: "If-Match on PUT",
			text: "refused, and takes effect all the same", advice: "Options.WriteID",
		},
		{
			name: "a cache that shows the version before", with: on(origin(nil), "GET", ifmatchtest.StaleRead()),
			without: origin(&ifmatchtest.Options{WriteTags: ifmatchtest.ReceiptWriteTags}), severity: probe.Warning,
			about: "a read after a write", text: "the version before", advice: "ErrRefusedTag",
		},
		{
			name: "create-only where the content is the condition", with: newCouch(true), without: newCouch(false),
			severity: probe.Note, about: "If-None-Match: * on PUT", text: "where the content names the current version",
			advice: "the Dialect",
		},
		{
			name: "unguarded where the content is the condition", with: newCouch(true), without: newCouch(false),
			severity: probe.Note, about: "PUT without a condition", text: "where the content names",
		},
		{
			name: "a receipt where nothing guards", with: newCouch(false), severity: probe.Warning,
			about: "answer to PUT", text: `201, content: other, with a tag that GET does not give: "receipt"`,
		},
		{
			name: "an outdated tag that is taken", with: ignoring(right(), http.MethodPut, "If-Match", `"v1"`),
			severity: probe.Danger, about: "If-Match on PUT", text: "an OUTDATED one is taken",
		},
		{
			name: "a server that says yes to what is so already",
			with: origin(&ifmatchtest.Options{AcceptRepeated: true}), severity: probe.Note, about: "If-Match on PUT",
			text: "in force already is answered with success",
		},
		{
			name: "the same is not taken for ignoring", with: origin(&ifmatchtest.Options{AcceptRepeated: true}),
			without: origin(nil, ifmatchtest.IgnoreConditions()), severity: probe.Good, about: "If-Match on PUT",
			text: "honoured",
		},
		{
			name: "a date that is honoured", with: dated(clock(time.Minute)), severity: probe.Good,
			about: "If-Unmodified-Since on PUT", text: "honoured",
		},
		{
			name: "a date that is ignored", with: on(dated(clock(time.Minute)), "PUT", ifmatchtest.IgnoreConditions()),
			without: dated(clock(time.Minute)), severity: probe.Danger, about: "If-Unmodified-Since on PUT",
			text: "IGNORED",
		},
		{
			name: "a member that guards", with: newCouch(true), without: newCouch(false), severity: probe.Warning,
			about: "If-Match on PUT", text: "another version in the content is refused with 409",
			advice: "dialect.CouchDB()",
		},
		{
			name: "a member that does not", with: newCouch(false), without: newCouch(true), severity: probe.Danger,
			about: "If-Match on PUT", text: "so is another version in the content", advice: "serialize the writers",
		},
		{
			name: "a server that refuses its own tag", with: origin(nil, ifmatchtest.RefuseConditions()),
			severity: probe.Danger, about: "If-Match on PUT", text: "refuses the validator that it gives",
			advice: "ErrRefusedTag",
		},
		{
			name: "weak tags that are refused", with: origin(weak), severity: probe.Danger, about: "If-Match on PUT",
			text: "refuses the validator that it gives",
		},
		{
			name: "nothing that could be current", with: origin(noDates), severity: probe.Note,
			about: "If-Match on PUT", text: "what would be the current one, nothing tells",
		},
		{
			name: "a 500", with: refusing(right(), http.MethodPut, 500), severity: probe.Warning,
			about: "If-Match on PUT", text: `unclear: 500, kind "unknown"`, advice: "probe again",
		},
		{
			name: "a 405", with: refusing(right(), http.MethodPut, 405), severity: probe.Note, about: "PUT",
			text: "not possible: 405",
		},
		{
			name: "a 400", with: refusing(right(), http.MethodPut, 400), severity: probe.Note, about: "PUT",
			text: "not possible: 400",
		},
		{
			name: "a 501", with: refusing(right(), http.MethodPut, 501), severity: probe.Note, about: "PUT",
			text: "not possible: 501",
		},
		{
			name: "a promise", with: refusing(right(), http.MethodPut, 202), severity: probe.Warning,
			about: "If-Match on PUT", text: "unclear: 202 for a wrong one", advice: "probe again",
		},
		{
			name: "a time-out", with: refusing(right(), http.MethodPut, 408), severity: probe.Warning,
			about: "If-Match on PUT", text: `unclear: 408, kind "transient"`, advice: "probe again",
		},
		{
			name: "a redirected write", with: refusing(right(), http.MethodPut, 307), severity: probe.Warning,
			about: "If-Match on PUT", text: "unclear: 307 for a wrong one",
		},

		{
			name: "a weak tag that is stripped", with: on(origin(nil), "GET", weaken), without: origin(weak),
			severity: probe.Warning, about: "entity tag", text: `W/"v1" is refused, without W/ it is taken`,
			advice: "Options.StripWeakTags",
		},
		{
			name: "a weak tag that is the lock", with: origin(&ifmatchtest.Options{
				Tags: ifmatchtest.WeakTags, WeakMatch: true,
			}), without: origin(weak), severity: probe.Good, about: "entity tag",
			text: `weak, and compared all the same: W/"v1"`,
		},

		{
			name: "412", with: right(), without: answering(409, ""), severity: probe.Good, about: "a stale answer",
			text: `412, kind "stale version", application/problem+json, title "Precondition Failed"`,
		},
		{
			name: "words labelled as JSON",
			with: answering(409, "Resource has been modified", "Content-Type: application/json"), severity: probe.Note,
			about: "a stale answer", text: "application/json, not JSON in spite of that",
			advice: "Options.ProblemKinds",
		},
		{
			name: "a bare 409", with: answering(409, ""), severity: probe.Note, about: "a stale answer",
			text: `409, kind "unknown", no media type, empty`, advice: "Options.ProblemKinds",
		},
		{
			name: "a 409 with words", with: answering(409, "Resource has been modified", "Content-Type: text/html"),
			severity: probe.Note, about: "a stale answer", text: `409, kind "unknown", text/html`,
			advice: "Options.ProblemKinds",
		},
		{
			name: "a vendor's code", with: answering(412, `{"error":{"code":"ConditionNotMet","message":"m"}}`,
				"Content-Type: application/json", "X-Ms-Error-Code: ConditionNotMet"), severity: probe.Good,
			about: "a stale answer", text: `code "ConditionNotMet"`,
		},
		{
			name: "a problem type", with: answering(409, `{"type":"https://example.com/changed"}`,
				"Content-Type: application/problem+json"), severity: probe.Note, about: "a stale answer",
			text: `type "https://example.com/changed"`,
		},
		{
			name: "a refusal of another kind", with: answering(423, ""), severity: probe.Warning,
			about: "a stale answer", text: `423, kind "locked"`, advice: "Options.ProblemKinds",
		},
		{
			name: "a member's refusal", with: newCouch(true), severity: probe.Note, about: "a stale answer",
			text: `409, kind "unknown", application/json, code "conflict"`, advice: "the Dialect",
		},

		{
			name: "the tag of the new version", with: right(),
			without: origin(&ifmatchtest.Options{WriteTags: ifmatchtest.ReceiptWriteTags}), severity: probe.Good,
			about: "answer to PUT",
			text: "200, content: representation, Preference-Applied: return=representation, Content-Location: " +
				"/users/7, the tag of the new version",
		},
		{
			name: "a receipt's tag", with: origin(&ifmatchtest.Options{WriteTags: ifmatchtest.ReceiptWriteTags}),
			severity: probe.Warning, about: "answer to PUT", text: `with a tag that GET does not give: W/`,
			advice: "do not write with it",
		},
		{
			name: "no tag", with: origin(&ifmatchtest.Options{WriteTags: ifmatchtest.NoWriteTags}),
			severity: probe.Note, about: "answer to PUT", text: "no tag", advice: "reads before the next write",
		},
		{
			name: "a content hash", with: origin(&ifmatchtest.Options{
				Tags: ifmatchtest.ContentTags, Now: clock(time.Minute),
			}), severity: probe.Note, about: "answer to PUT", text: "the same content keeps its tag",
		},
		{
			name: "a server that writes too", with: origin(&ifmatchtest.Options{Transform: ifmatchtest.StampRevision}),
			severity: probe.Note, about: "server's own members", text: `"/revision"`,
		},

		{
			name: "If-None-Match that is honoured", with: right(),
			without: ignoring(right(), http.MethodPut, "If-None-Match", ""), severity: probe.Good,
			about: "If-None-Match: * on PUT", text: "refused with 412",
		},
		{
			name: "If-None-Match that is ignored", with: ignoring(right(), http.MethodPut, "If-None-Match", ""),
			severity: probe.Danger, about: "If-None-Match: * on PUT", text: "IGNORED", advice: "ifmatch.Create",
		},
		{
			name: "writes without a condition", with: right(),
			without: origin(&ifmatchtest.Options{RequireConditions: true}), severity: probe.Note,
			about: "PUT without a condition", text: "taken",
		},
		{
			name: "428", with: origin(&ifmatchtest.Options{RequireConditions: true}), severity: probe.Good,
			about: "PUT without a condition", text: "428",
		},
		{name: "another refusal", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			bare := r.Method == http.MethodPut && r.Header.Get("If-Match") == "" && r.Header.Get("If-None-Match") == ""
			if bare {
				w.WriteHeader(403)
			}
			return bare
		}, right()), severity: probe.Good, about: "PUT without a condition", text: "refused with 403"},

		{
			name: "merge patches", with: right(), without: refusing(right(), http.MethodPatch, 405),
			severity: probe.Good, about: "PATCH application/merge-patch+json", text: "taken, and its If-Match honoured",
			advice: `Options.PatchFormat: "application/merge-patch+json"`,
		},
		{
			name: "JSON Patches", with: patching(origin(nil)), severity: probe.Good,
			about: "PATCH application/json-patch+json", text: "taken, and its If-Match honoured",
			advice: `Options.PatchFormat: "application/json-patch+json"`,
		},
		{name: "patches in plain JSON", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			switch r.Header.Get("Content-Type") {
			case "application/json":
				r.Header.Set("Content-Type", "application/merge-patch+json")
			case "application/merge-patch+json":
				r.Header.Set("Content-Type", "application/json")
			}
			return false
		}, right()), severity: probe.Good, about: "PATCH application/json", text: "taken"},
		{
			name: "a JSON Patch that is refused", with: right(), without: refusing(right(), http.MethodPatch, 405),
			severity: probe.Note, about: "PATCH application/json-patch+json", text: "refused: 415",
		},
		{
			name: "no patches", with: refusing(right(), http.MethodPatch, 501), severity: probe.Note, about: "PATCH",
			text: "refused: 501",
		},
		{name: "a JSON Patch that nobody reads", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			deaf := r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/json-patch+json"
			if deaf {
				w.WriteHeader(204)
			}
			return deaf
		}, right()), without: patching(origin(nil)), severity: probe.Warning,
			about: "PATCH application/json-patch+json", text: "so is one that must fail", advice: "another format"},
		{
			name: "patches that are not guarded", with: ignoring(right(), http.MethodPatch, "If-Match", ""),
			severity: probe.Danger, about: "PATCH application/merge-patch+json", text: "IGNORED",
			advice: "PUT is guarded",
		},
		{
			name: "patches that may not be guarded",
			with: ignoring(origin(&ifmatchtest.Options{Tags: ifmatchtest.ContentTags}), http.MethodPatch, "If-Match",
				""), severity: probe.Warning, about: "PATCH application/merge-patch+json", text: "without effect",
		},
		{
			name: "a format that is announced in vain",
			with: refusing(origin(nil, ifmatchtest.SetHeader("Accept-Patch", "application/merge-patch+json")),
				http.MethodPatch, 422), without: right(), severity: probe.Warning,
			about: "PATCH application/merge-patch+json", text: "announced, and refused: 422",
			advice: "name another format",
		},
		{name: "a patch taken for the whole", with: in(func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPatch {
				r.Method = http.MethodPut
			}
			return false
		}, right()), severity: probe.Danger, about: "PATCH application/merge-patch+json", text: "members were lost",
			advice: "PUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, c.with, unguarded())
			found := false
			for _, f := range r.Findings {
				if f.About == c.about && strings.Contains(f.Text, c.text) {
					found = true
					assert.Equal(t, c.severity, f.Severity)
					assert.Contains(t, f.Advice, c.advice)
				}
			}
			assert.True(t, found, "%s", r)
			control := c.without
			if control == nil {
				control = right()
			}
			without := run(t, control, unguarded())
			assert.False(t, has(without, c.severity, c.about, c.text), "%s", without)
			assert.NotEqual(t, probe.No, r.Writes.Restored, "%s", r)
			assert.False(t, has(r, probe.Warning, "what was found", ""), "%s", r)
		})
	}
}

func TestWhatWasFoundIsThereAgain(t *testing.T) {
	for name, c := range map[string]struct {
		o    *ifmatchtest.Options
		wrap func(*ifmatchtest.Origin) http.Handler
	}{
		"a server that does everything right": {},
		"one that ignores conditions, where the content is the version": {
			o: &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, wrap: func(or *ifmatchtest.Origin) http.Handler {
				return on(or, "", ifmatchtest.IgnoreConditions())
			},
		},
		"the same without PATCH": {
			o: &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, wrap: func(or *ifmatchtest.Origin) http.Handler {
				return refusing(on(or, "", ifmatchtest.IgnoreConditions()), http.MethodPatch, 405)
			},
		},
		"one that says yes to what is so already, and to what is outdated": {
			o: &ifmatchtest.Options{AcceptRepeated: true}, wrap: func(or *ifmatchtest.Origin) http.Handler {
				return refusing(ignoring(or, http.MethodPut, "If-Match", `"v1"`), http.MethodPatch, 405)
			},
		},
		"one that takes a patch for the whole": {wrap: func(or *ifmatchtest.Origin) http.Handler {
			return in(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					r.Method = http.MethodPut
				}
				return false
			}, or)
		}},
		"one that deletes at a PATCH": {wrap: func(or *ifmatchtest.Origin) http.Handler {
			return on(or, "PATCH", ifmatchtest.RivalDelete())
		}},
		"a rival": {wrap: func(or *ifmatchtest.Origin) http.Handler {
			or.Next("OPTIONS", ifmatchtest.RivalWrite(`{"name":"Bob","quota":10}`))
			return or
		}},
	} {
		t.Run(name, func(t *testing.T) {
			or := origin(c.o)
			h := http.Handler(or)
			if c.wrap != nil {
				h = c.wrap(or)
			}
			r := run(t, h, unguarded())
			assert.Equal(t, probe.Yes, r.Writes.Restored, "%s", r)
			assert.Equal(t, ann, or.Body(path))
		})
	}
}

func TestWhatIsGoneIsPutBackOnlyIfNobodyElseDid(t *testing.T) {
	or := on(origin(nil), "PATCH", ifmatchtest.RivalDelete())
	run(t, or, disposable())
	puts := or.Requests("PUT")
	assert.Equal(t, "If-None-Match: *", puts[len(puts)-1].Condition)
	assert.True(t, puts[len(puts)-1].Applied)
}

func TestNoMoreIsAskedThanTheAnswersLeaveOpen(t *testing.T) {
	or := origin(nil, ifmatchtest.Pass())
	or.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(405, nil)))
	or.Always("PATCH", ifmatchtest.Answer(ifmatchtest.Problem(405, nil)))
	run(t, or, unguarded())
	assert.Equal(t, 1, or.Arrived("PUT"), "there is no PUT")
	assert.Equal(t, 1, or.Arrived("PATCH"), "there is no PATCH")

	r := run(t, origin(nil, ifmatchtest.IgnoreConditions()), unguarded())
	assert.False(t, r.Writes.Stale.Sent, "whatever is sent is taken")
	assert.False(t, r.Writes.Stripped.Sent)
}

func TestTheConditionThatCannotHoldHasTheFormOfTheServersTags(t *testing.T) {
	for tags, want := range map[ifmatchtest.TagForm]string{
		ifmatchtest.VersionTags:  `If-Match: "ifmatch-probe-no-such-version"`,
		ifmatchtest.WeakTags:     `If-Match: W/"ifmatch-probe-no-such-version"`,
		ifmatchtest.UnquotedTags: `If-Match: ifmatch-probe-no-such-version`,
	} {
		r := run(t, origin(&ifmatchtest.Options{Tags: tags}), disposable())
		assert.Equal(t, want, r.Writes.Wrong.Condition)
	}
	r := run(t, origin(&ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: clock(time.Minute)}), disposable())
	assert.Equal(t, "If-Unmodified-Since: Sat, 28 Feb 2026 12:01:00 GMT", r.Writes.Wrong.Condition, "a day before")
}

func TestAStrippedTagGuardsWhatFollows(t *testing.T) {
	or := on(origin(nil), "GET", ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag }))
	r := run(t, or, disposable())
	assert.Equal(t, probe.Yes, r.Writes.Honoured)
	assert.Equal(t, `If-Match: "v1"`, r.Writes.Stale.Condition)
	assert.Equal(t, probe.Yes, r.Writes.Patches[0].Taken, "%s", r)
	assert.Equal(t, probe.Yes, r.Writes.Patches[0].Guarded)
}

func TestReadsAfterAWriteGoPastCaches(t *testing.T) {
	or := origin(nil)
	run(t, or, disposable())
	written := false
	for _, r := range or.Requests() {
		if written && r.Method == http.MethodGet {
			assert.Equal(t, "no-cache", r.Header.Get("Cache-Control"), r)
		}
		written = written || r.Method == http.MethodPut
	}
}

func TestWhatCannotBePutBackIsNamed(t *testing.T) {
	or := origin(nil)
	damaged := false
	r := run(t, in(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodPatch:
			r.Method, damaged = http.MethodPut, true
		case r.Method == http.MethodPut && damaged:
			w.WriteHeader(403)
			return true
		}
		return false
	}, or), disposable())
	assert.Equal(t, probe.No, r.Writes.Restored)
	assert.Equal(t, []string{"/quota"}, r.Writes.Left)
	assert.True(t, has(r, probe.Warning, "what was found", `is not there again: "/quota" differ`), "%s", r)

	// Content that is no JSON is compared whole.
	or = ifmatchtest.New(nil)
	or.SetContent(path, "text/plain", []byte("one"))
	or.Always("PUT", ifmatchtest.IgnoreConditions())
	n := 0
	r = run(t, in(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			n++
			r.Body = io.NopCloser(strings.NewReader(fmt.Sprint("copy ", n)))
			r.ContentLength = -1
		}
		return false
	}, or), disposable())
	assert.Equal(t, probe.No, r.Writes.Restored)
	assert.Equal(t, []string{""}, r.Writes.Left)
	assert.Empty(t, r.Writes.Patches, "no JSON, no patches")
}

func TestAServersOwnMembersCountAsRestored(t *testing.T) {
	r := run(t, origin(&ifmatchtest.Options{Transform: ifmatchtest.StampRevision}), unguarded())
	assert.Equal(t, probe.Yes, r.Writes.Restored, "%s", r)
	assert.Equal(t, []string{"/revision"}, r.Writes.Sets)

	// A version that nobody checks is content like any other.
	or := holding(`{"name":"Ann","version":"c0"}`, nil)
	or.Always("", ifmatchtest.IgnoreConditions())
	r = run(t, or, unguarded())
	assert.Equal(t, probe.No, r.Writes.OldMemberRefused)
	assert.Equal(t, probe.Yes, r.Writes.Restored, "%s", r)
	assert.Equal(t, `{"name":"Ann","version":"c0"}`, or.Body(path))

	c := newCouch(false)
	r = run(t, c, unguarded())
	assert.Equal(t, probe.Yes, r.Writes.Restored, "%s", r)
	assert.Equal(t, "Ann", c.doc["name"])
}

func TestWhatIsNotWholeIsNotWritten(t *testing.T) {
	for name, c := range map[string]struct {
		h   http.Handler
		o   probe.Options
		why string
	}{
		"longer than MaxBody": {h: origin(nil), o: probe.Options{MaxBody: 10}, why: "longer than Options.MaxBody"},
		"compressed": {
			h: on(origin(nil), "GET", ifmatchtest.SetHeader("Content-Encoding", "br")), o: probe.Options{},
			why: "compressed although identity",
		},
		"transformed": {
			h: on(origin(nil), "GET", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 203, Body: ann})),
			o: probe.Options{}, why: "203",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.o.Disposable = true
			r := run(t, c.h, &c.o)
			assert.Contains(t, r.Writes.Skipped, c.why)
			assert.True(t, has(r, probe.Note, "writes", c.why), "%s", r)
			for _, e := range r.Exchanges {
				assert.Contains(t, []string{"GET", "HEAD", "OPTIONS"}, e.Method)
			}
		})
	}
}

// What a later read shows in part, or in another form, is never what is written.
func TestOnlyWhatWasReadWholeIsWrittenAgain(t *testing.T) {
	for name, fault := range map[string]ifmatchtest.Fault{
		"longer than MaxBody": ifmatchtest.Flood(1 << 11),
		"compressed":          ifmatchtest.SetHeader("Content-Encoding", "br"),
		"an error":            ifmatchtest.Answer(ifmatchtest.Problem(500, nil)),
	} {
		t.Run(name, func(t *testing.T) {
			or := origin(nil)
			h := in(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut && r.Header.Get("If-Match") == `"v1"` {
					or.Always("GET", fault)
				}
				return false
			}, or)
			o := unguarded()
			o.MaxBody = 1 << 10
			r := run(t, h, o)
			assert.True(t, r.Writes.Current.Taken())
			for _, put := range or.Requests("PUT") {
				assert.Equal(t, ann, string(put.Body), put)
			}
			assert.Equal(t, ann, or.Body(path))
		})
	}
}

func TestAContentTypeOfTheCallersIsSentWithPUT(t *testing.T) {
	or := origin(nil)
	o := disposable()
	o.Header = http.Header{"Content-Type": {"application/vnd.things+json"}}
	run(t, or, o)
	for _, put := range or.Requests("PUT") {
		assert.Equal(t, "application/vnd.things+json", put.Header.Get("Content-Type"))
	}
	require.NotEmpty(t, or.Requests("PATCH"))
	for _, patch := range or.Requests("PATCH") {
		assert.Contains(t, patch.Header.Get("Content-Type"), "patch+json")
	}
}

func TestAWriteWithoutAConditionIsSentOnlyWhenAskedForByName(t *testing.T) {
	for _, h := range []*ifmatchtest.Origin{origin(nil), origin(nil, ifmatchtest.IgnoreConditions()), origin(noDates)} {
		run(t, h, disposable())
		for _, r := range h.Requests("PUT", "PATCH") {
			assert.NotEmpty(t, r.Condition, r)
		}
		h.ClearRequests()
		r := run(t, h, unguarded())
		assert.True(t, r.Writes.Unguarded.Sent)
		bare := 0
		for _, r := range h.Requests("PUT", "PATCH") {
			if r.Condition == "" {
				bare++
			}
		}
		assert.Equal(t, 1, bare)
	}
}

func TestARivalIsNotTakenForAServerThatRefusesItsTag(t *testing.T) {
	or := origin(nil)
	or.Next("PUT", ifmatchtest.Pass(), ifmatchtest.RivalWrite(`{"name":"Bob","quota":10}`))
	r := run(t, or, disposable())
	assert.Equal(t, probe.Yes, r.Writes.Honoured, "%s", r)
}

// A server that says yes to what is so already, and whose content holds the time.
func TestContentThatMovesByItselfIsNoProofOfAnIgnoredCondition(t *testing.T) {
	n := 0
	h := func(takes bool) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n++
			b, _ := io.ReadAll(r.Body)
			w.Header().Set("ETag", `"1"`)
			if r.Method == http.MethodPut && (r.Header.Get("If-None-Match") != "" ||
				!takes && bytes.HasSuffix(b, []byte("\n")) && r.Header.Get("If-Match") != `"1"`) {
				w.WriteHeader(412)
			} else if r.Method != http.MethodPut {
				fmt.Fprintf(w, `{"name":"Ann","n":%d}`, n)
			}
		})
	}
	r := run(t, h(false), disposable())
	assert.Equal(t, probe.Yes, r.Writes.Honoured, "%s", r)
	r = run(t, h(true), disposable())
	assert.Equal(t, probe.Unclear, r.Writes.Honoured, "%s", r)
}

func TestA400ToAnUnknownTagIsNoProofOfAnything(t *testing.T) {
	picky := func(or *ifmatchtest.Origin) http.Handler { // knows the form of its tags
		return in(func(w http.ResponseWriter, r *http.Request) bool {
			m := r.Header.Get("If-Match")
			bad := r.Method == http.MethodPut && m != "" && (len(m) > 20 || !strings.HasPrefix(m, `"`))
			if bad {
				w.WriteHeader(400)
			}
			return bad
		}, or)
	}
	r := run(t, picky(origin(nil)), disposable())
	assert.Equal(t, probe.Yes, r.Writes.Honoured, "the outdated tag was refused")
	assert.Equal(t, 412, r.Writes.Stale.Status)

	r = run(t, picky(origin(&ifmatchtest.Options{Tags: ifmatchtest.ContentTags})), disposable())
	assert.Equal(t, probe.Unclear, r.Writes.Honoured, "there is no outdated tag to try")
	assert.True(t, has(r, probe.Warning, "If-Match on PUT", "unclear"), "%s", r)
}

func TestRefusalsAreReadAsTheLibraryReadsThem(t *testing.T) {
	r := run(t, origin(nil), disposable())
	w := r.Writes
	require.NotNil(t, w.Stale.Refusal)
	assert.ErrorIs(t, w.Stale.Refusal, ifmatch.StaleVersion)
	assert.Equal(t, "Precondition Failed", w.Stale.Refusal.Problem.Title)
	assert.Equal(t, `If-Match: "v1"`, w.Stale.Condition)
	assert.ErrorIs(t, w.Create.Refusal, ifmatch.AlreadyExists)
	assert.Equal(t, probe.Yes, w.StaleRefused)
	assert.True(t, w.Stale.Refused())
	assert.True(t, w.Current.Taken())
}

func TestARunThatBreaksOffPutsBackWhatItFound(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := fmt.Errorf("enough of it")
	or := origin(nil)
	damaged := false
	r, err := probe.Run(ctx, anywhere, through(func(r *http.Request) (*http.Response, error) {
		if damaged && ctx.Err() == nil { // the first request after the damage
			cancel(enough)
			return nil, context.Canceled
		}
		r = r.Clone(r.Context())
		if r.Method == http.MethodPatch {
			r.Method, damaged = http.MethodPut, true
		}
		if r.Body == nil {
			r.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		or.ServeHTTP(w, r)
		return w.Result(), nil
	}))
	require.ErrorIs(t, err, enough)
	assert.ErrorContains(t, err, "probe: stopped")
	assert.True(t, damaged)
	assert.Equal(t, ann, or.Body(path))
	assert.Equal(t, probe.Yes, r.Writes.Restored)
	assert.NotEmpty(t, r.Findings, "what was learnt until then")
}

// A version that is made up has the form of the real one, and is never one that stands for any.
func TestAMadeUpVersionHasTheFormOfTheRealOne(t *testing.T) {
	for version, other := range map[string]string{
		`3`: `2`, `10`: `11`, `1`: `2`, `"1"`: `"2"`, `0`: `1`, `"7-ab"`: `"7-aa"`, `"a"`: `"b"`,
		`"W/\"9\""`: `"W/\"8\""`, `"-"`: "",
	} {
		or := holding(`{"version":`+version+`}`, nil)
		or.Always("", ifmatchtest.IgnoreConditions())
		r := run(t, or, disposable())
		assert.Equal(t, other != "", r.Writes.OldMember.Sent, version)
		var made []string
		for _, put := range or.Requests("PUT") {
			if put.Condition == "" {
				made = append(made, string(put.Body))
			}
		}
		if other != "" {
			assert.Equal(t, []string{`{"version":` + other + `}`}, made)
		}
		assert.JSONEq(t, `{"version":`+version+`}`, or.Body(path))
	}
}
