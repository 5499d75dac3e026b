package ifmatch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// 1. After a merge underneath, the unit is armed with a version whose content it never saw.
func TestMergedUnderneathArmsUnseenVersion(t *testing.T) {
	s := &rv{body: `{"a":1,"b":1}`}
	u := rvServe(t, s)
	h := ifmatch.New(&ifmatch.Options{Merge: ifmatch.ThreeWay[json.RawMessage]}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", u, "")
	s.set(`{"a":1,"b":2}`)
	st, _, err := plain(t, ctx, h, "PUT", u, `{"a":2,"b":1}`)
	require.NoError(t, err)
	require.Equal(t, 204, st)
	require.JSONEq(t, `{"a":2,"b":2}`, s.body)
	plain(t, ctx, h, "PUT", u, `{"a":3,"b":1}`) // the code above has never seen b=2
	assert.NotContains(t, s.body, `"b":1`, "b=2 was lost")
}

// 2. A 503 (or 429, 401) settles the read; the repeated write is armed with somebody else's read.
func TestARepeatedPlainWriteIsNotArmedWithANewerRead(t *testing.T) {
	for _, status := range []int{503, 429, 401} {
		s := &rv{body: `{"n":1}`}
		u := rvServe(t, s)
		first := true
		s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" && first {
				first = false
				w.WriteHeader(status)
				return true
			}
			return false
		}
		h := ifmatch.New(nil).HTTPClient()
		plain(t, t.Context(), h, "GET", u, "")
		plain(t, t.Context(), h, "PUT", u, `{"n":2}`) // 503
		s.set(`{"n":50}`)                             // somebody else
		plain(t, t.Context(), h, "GET", u, "")        // another goroutine of ours
		plain(t, t.Context(), h, "PUT", u, `{"n":2}`) // the SDK sends again
		assert.JSONEq(t, `{"n":50}`, s.body, status)
	}
}

// 3. A gateway's 504 after the write landed; the SDK's second copy gets a 412: false conflict.
func TestA504LeavesDoubt(t *testing.T) {
	for _, unit := range []bool{true, false} {
		s := &rv{body: `{"n":1}`}
		u := rvServe(t, s)
		first := true
		s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" && first {
				first = false
				s.write(httptest.NewRecorder(), r)
				w.WriteHeader(504)
				return true
			}
			return false
		}
		h := ifmatch.New(nil).HTTPClient()
		ctx := t.Context()
		if unit {
			ctx = ifmatch.UnitOfWork(ctx)
		}
		plain(t, ctx, h, "GET", u, "")
		st, _, _ := plain(t, ctx, h, "PUT", u, `{"n":2}`)
		require.Equal(t, 504, st)
		st, _, err := plain(t, ctx, h, "PUT", u, `{"n":2}`)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain, "unit=%v: %d", unit, st)
	}
}

// 4. Rows of a later listing override what the unit read whole.
func TestRowsDoNotReplaceWhatWasReadWhole(t *testing.T) {
	s := &rv{body: `{"n":1}`}
	u := rvServe(t, s)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/" {
			fmt.Fprintf(w, `{"/doc":%q}`, s.tag())
			return true
		}
		return false
	}
	h := ifmatch.New(&ifmatch.Options{Rows: func(_ *url.URL, content []byte) map[string]string {
		var m map[string]string
		_ = json.Unmarshal(content, &m)
		if r, ok := m["/doc"]; ok {
			return map[string]string{"/doc": r}
		}
		return nil
	}}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", u, "")
	s.set(`{"n":50}`)
	plain(t, ctx, h, "GET", u[:len(u)-len("doc")], "")
	plain(t, ctx, h, "PUT", u, `{"n":2}`)
	assert.JSONEq(t, `{"n":50}`, s.body)
}

// 5. Without a unit, what was read with 203/206/304 is written unguarded.
func TestABlindReadIsNotWrittenUnguarded(t *testing.T) {
	for _, status := range []int{203, 206, 304} {
		s := &rv{body: `{"n":1}`}
		u := rvServe(t, s)
		s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
			if r.Method == "GET" {
				w.WriteHeader(status)
			}
			return r.Method == "GET"
		}
		h := ifmatch.New(nil).HTTPClient()
		plain(t, t.Context(), h, "GET", u, "")
		_, _, err := plain(t, t.Context(), h, "PUT", u, `{"n":2}`)
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "%d", status)
		assert.Empty(t, s.puts)
	}
}

// 6. With a dialect, a PUT of what the unit found absent goes out unguarded and overwrites.
func TestAbsentUnderADialectIsGuarded(t *testing.T) {
	var queries []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "GET" {
			w.WriteHeader(404)
			return
		}
		queries = append(queries, r.URL.RawQuery)
	}))
	defer srv.Close()
	h := ifmatch.New(&ifmatch.Options{Dialect: dialect.Elasticsearch(), RequireCondition: true}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", srv.URL+"/i/_doc/1", "")
	_, _, err := plain(t, ctx, h, "PUT", srv.URL+"/i/_doc/1", `{"n":1}`)
	require.NoError(t, err)
	assert.Equal(t, []string{"op_type=create"}, queries)
}

// 7. A redirect loses a condition that a dialect put into the query.
func TestRedirectKeepsTheGuardInTheQuery(t *testing.T) {
	var queries []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "GET":
			io.WriteString(w, `{"_seq_no":3,"_primary_term":1,"_source":{"n":1}}`)
		case r.URL.Path == "/i/_doc/1":
			w.Header().Set("Location", "/j/_doc/1")
			w.WriteHeader(308)
		default:
			queries = append(queries, r.URL.RawQuery)
			io.WriteString(w, `{"_seq_no":4,"_primary_term":1}`)
		}
	}))
	defer srv.Close()
	c := ifmatch.New(&ifmatch.Options{Dialect: dialect.Elasticsearch()})
	u, err := ifmatch.Get[map[string]any](t.Context(), c, srv.URL+"/i/_doc/1")
	require.NoError(t, err)
	u.Value["n"] = 2
	_, err = ifmatch.Put(t.Context(), c, u)
	t.Log(err)
	for _, q := range queries {
		assert.Contains(t, q, "if_seq_no", "an unguarded write")
	}
}

// 8. Resume loses the media type.
func TestResumeKeepsTheMediaType(t *testing.T) {
	s := &rv{body: "png", typ: "image/png"}
	u := rvServe(t, s)
	c := ifmatch.New(nil)
	r, err := ifmatch.Get[[]byte](t.Context(), c, u)
	require.NoError(t, err)
	r.Value = []byte("png2")
	s.set("png3")
	_, err = ifmatch.Save(t.Context(), c, r, nil)
	require.Error(t, err)
	again, ok := ifmatch.Resume[[]byte](err)
	require.True(t, ok)
	_, err = ifmatch.Save(t.Context(), c, again, ifmatch.KeepLocal)
	require.NoError(t, err)
	assert.Equal(t, "image/png", s.puts[len(s.puts)-1].Get("Content-Type"))
}

// 8b. A merged write puts the old media type over one that somebody changed.
func TestAMergeKeepsTheNewestMediaType(t *testing.T) {
	s := &rv{body: `{"a":1,"b":1}`, typ: "application/json"}
	u := rvServe(t, s)
	c := ifmatch.New(nil)
	r, err := ifmatch.Get[map[string]any](t.Context(), c, u)
	require.NoError(t, err)
	r.Value["a"] = 2
	s.typ = "application/vnd.x+json"
	s.set(`{"a":1,"b":2}`)
	_, err = ifmatch.Save(t.Context(), c, r, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.Equal(t, "application/vnd.x+json", s.puts[len(s.puts)-1].Get("Content-Type"))
}

// 9. Resume out of a Patch.

// 10. A poller without unit of work: memory grows with every version.
func TestPollerMemory(t *testing.T) {
	s := &rv{body: `{}`}
	n := 0
	rt := direct2{func(r *http.Request) *http.Response {
		n++
		return &http.Response{StatusCode: 200, Header: http.Header{"Etag": {fmt.Sprintf(`"%01000d"`, n)}}, Body: http.NoBody, Request: r}
	}}
	_ = s
	h := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: rt}, MaxTracked: 1}).HTTPClient()
	heap := func() uint64 { runtime.GC(); var m runtime.MemStats; runtime.ReadMemStats(&m); return m.HeapAlloc }
	before := heap()
	for range 30_000 {
		resp, err := h.Get("http://x.test/doc")
		require.NoError(t, err)
		resp.Body.Close()
	}
	after := heap()
	runtime.KeepAlive(h)
	assert.Less(t, int64(after)-int64(before), int64(5<<20))
}

type direct2 struct {
	f func(*http.Request) *http.Response
}

func (d direct2) RoundTrip(r *http.Request) (*http.Response, error) { return d.f(r), nil }

// 11. The GET's status is passed off as the PUT's.
func TestTheAnswerToAMergedPutIsAPutsAnswer(t *testing.T) {
	s := &rv{body: `{"a":1,"b":1}`}
	u := rvServe(t, s)
	h := ifmatch.New(&ifmatch.Options{Merge: ifmatch.ThreeWay[json.RawMessage]}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", u, "")
	s.set(`{"a":1,"b":2}`)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" {
			w.WriteHeader(403)
		}
		return r.Method == "GET"
	}
	st, _, err := plain(t, ctx, h, "PUT", u, `{"a":2,"b":1}`)
	require.NoError(t, err)
	assert.Equal(t, 412, st)
}

// 12. ProblemKinds (and the dialect's kinds, and conditions outside If-Match) do not reach Merge.
func TestProblemKindsReachTheMergeUnderneath(t *testing.T) {
	s := &rv{body: `{"a":1,"b":1}`}
	u := rvServe(t, s)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" && r.Header.Get("If-Match") != s.tag() {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(422)
			io.WriteString(w, `{"type":"https://x.test/outdated"}`)
			return true
		}
		return false
	}
	h := ifmatch.New(&ifmatch.Options{Merge: ifmatch.ThreeWay[json.RawMessage],
		ProblemKinds: map[ifmatch.ProblemType]ifmatch.Kind{"https://x.test/outdated": ifmatch.StaleVersion}}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", u, "")
	s.set(`{"a":1,"b":2}`)
	st, _, err := plain(t, ctx, h, "PUT", u, `{"a":2,"b":1}`)
	require.NoError(t, err)
	assert.Equal(t, 204, st)
}

// 13. A 303 to a PUT is the answer of a server that has done it.
func TestSeeOtherIsNotARefusal(t *testing.T) {
	s := &rv{body: `{"n":1}`}
	u := rvServe(t, s)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" {
			s.write(httptest.NewRecorder(), r)
			w.Header().Set("Location", "/doc")
			w.WriteHeader(303)
			return true
		}
		return false
	}
	_, err := ifmatch.Update(t.Context(), ifmatch.New(nil), u, func(m *map[string]int) error { (*m)["n"] = 7; return nil })
	assert.True(t, err == nil || errors.Is(err, ifmatch.ErrUncertain), "%v", err)
}

// 14. A path that ServeMux would clean misses its route.
func TestRoutesOfUncleanPaths(t *testing.T) {
	s := &rv{body: `{"n":1}`}
	u := rvServe(t, s)
	var seen []string
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		seen = append(seen, r.Header.Get("X-Route"))
		return false
	}
	c := ifmatch.New(&ifmatch.Options{Routes: map[string]*ifmatch.Options{"/": {Header: http.Header{"X-Route": {"yes"}}}}})
	_, err := ifmatch.Get[map[string]any](t.Context(), c, u+"//b")
	require.NoError(t, err)
	assert.Equal(t, []string{"yes"}, seen)
}

// 15. The write took effect, the dialect's document does not decode: reported as a plain failure.
func TestDialectAnswerThatDoesNotDecode(t *testing.T) {
	s := &rv{body: `{"n":1}`}
	u := rvServe(t, s)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" {
			s.write(httptest.NewRecorder(), r)
			w.Header().Set("ETag", s.tag())
			io.WriteString(w, `"saved"`)
			return true
		}
		return false
	}
	d := &ifmatch.Dialect{Name: "x", Read: func(a *http.Response, content, _ []byte) ([]byte, string, error) {
		return content, string(ifmatch.EntityTag(a)), nil
	}}
	_, err := ifmatch.Update(t.Context(), ifmatch.New(&ifmatch.Options{Dialect: d}), u, func(m *map[string]int) error { (*m)["n"]++; return nil })
	assert.NoError(t, err)
	t.Log(s.body)
}

// 16. re-read after a lost answer: the second copy's 412 may be about the first copy.
func TestDoubtSurvivesAReRead(t *testing.T) {
	s := &rv{body: `{"n":1}`}
	u := rvServe(t, s)
	first := true
	var late []byte
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "PUT" && first {
			first = false
			late, _ = io.ReadAll(r.Body)
			panic(http.ErrAbortHandler) // on its way still, behind a gateway
		}
		return false
	}
	h := ifmatch.New(nil).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", u, "")
	_, _, err := plain(t, ctx, h, "PUT", u, `{"n":2}`)
	assert.Error(t, err)
	plain(t, ctx, h, "GET", u, "") // still version 1
	s.set(string(late))            // now it lands
	st, _, err := plain(t, ctx, h, "PUT", u, `{"n":2}`)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain, "%d", st)
}

// 17. A tag in the trailer, and a reader that stops before it (json.Decoder does): written unguarded.
func TestATrailerThatWasNotReadGuardsNothing(t *testing.T) {
	s := &rv{}
	u := rvServe(t, s)
	s.hook = func(s *rv, w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "GET" {
			w.Header().Set("Trailer", "ETag")
			io.WriteString(w, `{"n":1}  `)
			w.(http.Flusher).Flush()
			w.Header().Set("ETag", s.tag())
		}
		return r.Method == "GET"
	}
	h := ifmatch.New(nil).HTTPClient()
	resp, err := h.Get(u)
	require.NoError(t, err)
	var m map[string]int
	require.NoError(t, json.NewDecoder(io.LimitReader(resp.Body, 7)).Decode(&m))
	resp.Body.Close()
	_, _, err = plain(t, t.Context(), h, "PUT", u, `{"n":2}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Empty(t, s.puts)
}
