package ifmatch_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

// teller keeps one document and tells of everything but a broken connection in its own way: how an
// absence, a version that has moved and a name that is taken look on the wire is up to the three
// functions.
type teller struct {
	mu                   sync.Mutex
	content              string // "" if there is nothing
	version              int
	absent, stale, taken func(w http.ResponseWriter)
}

func tells(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func (o *teller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	tag := fmt.Sprintf(`"%d"`, o.version)
	switch match := r.Header.Get("If-Match"); {
	case r.Method == http.MethodGet && o.content == "":
		o.absent(w)
		return
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", tag)
		_, _ = io.WriteString(w, o.content)
		return
	case o.content == "" && match != "":
		o.absent(w)
		return
	case match != "" && match != tag:
		o.stale(w)
		return
	case r.Header.Get("If-None-Match") == "*" && o.content != "":
		o.taken(w)
		return
	}
	content, _ := io.ReadAll(r.Body)
	o.content = string(content)
	o.version++
	_, _ = io.WriteString(w, `{"result":"Success"}`)
}

func (o *teller) now() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.content
}

// errorCodes is the dialect of APIs that answer everything with one status, and say what they mean
// in a member error.
func errorCodes(means map[string]int) *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "codes", Status: func(_ *http.Response, content []byte) int {
		if string(content) == "null" {
			return http.StatusNotFound
		}
		var said struct{ Error struct{ Code string } }
		_ = json.Unmarshal(content, &said)
		return means[said.Error.Code]
	}}
}

var editAPI = errorCodes(map[string]int{
	"editconflict": 412, "articleexists": 412, "missingtitle": 404, "ratelimited": 429, "odd": 7,
})

func editServer(content string) *teller {
	said := func(code string) func(http.ResponseWriter) {
		return tells(200, `{"error":{"code":"`+code+`","info":"as text"}}`)
	}
	return &teller{content: content, version: 1, absent: said("missingtitle"), stale: said("editconflict"),
		taken: said("articleexists")}
}

// over is a client whose every request a handler answers, and what arrives there.
func over(h http.Handler, o ifmatch.Options) (*ifmatch.Client, *recorder) {
	log := new(recorder)
	o.HTTPClient = &http.Client{Transport: tripper(func(r *http.Request) (*http.Response, error) {
		a, err := log.note(r)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(strings.NewReader(a.body))
		return direct{h}.RoundTrip(r)
	})}
	return ifmatch.New(&o), log
}

func TestARefusalInsideOfASuccessIsARefusal(t *testing.T) {
	t.Run("a single write", func(t *testing.T) {
		o := editServer(thingV1)
		c, log := over(o, ifmatch.Options{Dialect: editAPI})
		u := bump()
		u.ETag = `"0"`
		_, err := ifmatch.Put(t.Context(), c, u)
		require.ErrorIs(t, err, ifmatch.StaleVersion, "a 200 is no success where the dialect says so")
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, 200, refused.StatusCode, "as it came")
		assert.Equal(t, 412, refused.Meaning)
		assert.Contains(t, err.Error(), "200 OK, which means 412 Precondition Failed")
		var conflict *ifmatch.ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, 200, conflict.Attempts[0].Status)
		assert.Equal(t, thingV1, o.now())
		assert.Len(t, log.writes(), 1)

		_, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{}`))
		require.ErrorIs(t, err, ifmatch.StaleVersion)
		require.ErrorIs(t, ifmatch.Delete(t.Context(), c, u), ifmatch.StaleVersion)
		_, err = ifmatch.Create(t.Context(), c, thingURL, thing{})
		require.ErrorIs(t, err, ifmatch.AlreadyExists)
		assert.Equal(t, thingV1, o.now())
	})
	t.Run("the loop goes on", func(t *testing.T) {
		o := editServer(`{"n":0}`)
		c, _ := over(o, ifmatch.Options{Dialect: editAPI})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for range 5 {
					_, err := ifmatch.Update(t.Context(), c, thingURL, func(v *thing) error { v.N++; return nil })
					assert.NoError(t, err)
				}
			})
		}
		all.Wait()
		assert.JSONEq(t, `{"n":20}`, o.now())
	})
	t.Run("without the dialect it is believed", func(t *testing.T) {
		c, _ := over(editServer(thingV1), ifmatch.Options{})
		u := bump()
		u.ETag = `"0"`
		_, err := ifmatch.Put(t.Context(), c, u)
		require.NoError(t, err)
	})
	t.Run("a status that is none is left aside", func(t *testing.T) {
		c, _ := through(held(func(arrival) (*http.Response, error) {
			return reply(200, `{"error":{"code":"odd"}}`), nil
		}), &ifmatch.Options{Dialect: editAPI})
		require.NoError(t, put(t.Context(), c))
	})
}

func TestARequestToWaitInsideOfASuccessIsAnsweredWithPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.n == 1:
				return reply(200, `{"error":{"code":"ratelimited"}}`, "Retry-After: 3"), nil
			case a.method == http.MethodGet:
				return reply(200, thingV1, `ETag: "1"`), nil
			}
			return reply(204, "", `ETag: "2"`), nil
		}, &ifmatch.Options{Dialect: editAPI})
		require.NoError(t, put(t.Context(), c))
		_, err := ifmatch.Get[thing](t.Context(), c, thingURL)
		require.NoError(t, err)
		require.Equal(t, "PUT PUT GET GET", s.methods())
		require.Equal(t, 3*time.Second, s.arrivals()[1].at.Sub(s.arrivals()[0].at))
	})
}

func TestAnAbsenceUnderAnyStatusIsAnAbsence(t *testing.T) {
	for name, absent := range map[string]func(http.ResponseWriter){
		"500":          tells(500, `{"error":{"code":"missingtitle"}}`),
		"200 and null": tells(200, `null`),
	} {
		t.Run(name, func(t *testing.T) {
			o := editServer("")
			o.absent = absent
			c, log := over(o, ifmatch.Options{Dialect: editAPI})
			_, err := ifmatch.Get[thing](t.Context(), c, thingURL)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, 404, refused.Meaning)
			require.Equal(t, "GET", log.methods(), "an absence is not asked for five times")
			_, err = ifmatch.Put(t.Context(), c, bump())
			require.ErrorIs(t, err, ifmatch.Deleted)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			_, err = ifmatch.Update(t.Context(), c, thingURL, func(v *thing) error { v.N++; return nil })
			require.ErrorAs(t, err, &refused)
			creating := c.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
			_, err = ifmatch.Update(t.Context(), creating, thingURL, func(v *thing) error { v.N++; return nil })
			require.NoError(t, err)
			require.JSONEq(t, `{"n":1}`, o.now())
			writes := log.writes()
			require.Equal(t, "If-None-Match: *", writes[len(writes)-1].condition())
		})
	}
}

func TestAServerErrorThatIsADefiniteRefusalIsOne(t *testing.T) {
	for meaning, kind := range map[int]ifmatch.Kind{409: ifmatch.AlreadyExists, 412: ifmatch.AlreadyExists} {
		o := editServer(thingV1)
		o.taken = tells(500, `{"error":{"code":"key already exists"}}`)
		c, log := over(o, ifmatch.Options{Dialect: errorCodes(map[string]int{"key already exists": meaning})})
		_, err := ifmatch.Create(t.Context(), c, thingURL, thing{N: 9})
		require.ErrorIs(t, err, kind)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		require.Len(t, log.writes(), 1)
		require.Equal(t, thingV1, o.now())
	}
}

func TestTheMeaningOfAnAnswerIsAskedForOnceAndSeesIt(t *testing.T) {
	var asked atomic.Int32
	d := &ifmatch.Dialect{Status: func(answer *http.Response, content []byte) int {
		asked.Add(1)
		rest, err := io.ReadAll(answer.Body)
		assert.NoError(t, err)
		assert.Empty(t, rest)
		assert.NotEmpty(t, answer.Request.Method)
		assert.Equal(t, thingURL, answer.Request.URL.String())
		if answer.Request.Method == http.MethodGet {
			assert.Equal(t, thingV1, string(content))
		}
		return 0
	}}
	c, s := through(held(func(arrival) (*http.Response, error) { return reply(204, "", `ETag: "2"`), nil }),
		&ifmatch.Options{Dialect: d})
	require.NoError(t, update(t.Context(), c))
	require.EqualValues(t, len(s.arrivals()), asked.Load())
}

func TestAnAnswerThatIsASuccessByItsMeaningIsWholeOrNone(t *testing.T) {
	for size, want := range map[int]bool{10: true, 70 << 10: false} {
		content := `{"n":1,"note":"` + strings.Repeat("x", size) + `"}`
		c, _ := through(func(arrival) (*http.Response, error) { return reply(418, content, `ETag: "1"`), nil },
			&ifmatch.Options{Dialect: &ifmatch.Dialect{Status: func(*http.Response, []byte) int { return 200 }}})
		u, err := ifmatch.Get[thing](t.Context(), c, thingURL)
		if want {
			require.NoError(t, err)
			require.EqualValues(t, 1, u.Value.N)
		} else {
			require.ErrorIs(t, err, ifmatch.ErrTooLarge)
		}
	}
}

func TestPlainHTTPIsHandedTheAnswerAsItCameAndDecidesByItsMeaning(t *testing.T) {
	t.Run("a refusal", func(t *testing.T) {
		o := editServer(`{"n":1}`)
		c, _ := over(o, ifmatch.Options{Dialect: editAPI})
		h, ctx := c.HTTPClient(), ifmatch.UnitOfWork(t.Context())
		_, body, err := plain(t, ctx, h, "GET", thingURL, "")
		require.NoError(t, err)
		require.Equal(t, `{"n":1}`, body)
		_, err = ifmatch.Update(t.Context(), c, thingURL, func(v *thing) error { v.N = 5; return nil })
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(ctx, "PUT", thingURL, strings.NewReader(`{"n":2}`))
		require.NoError(t, err)
		resp, err := h.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		require.Equal(t, 200, resp.StatusCode)
		require.ErrorIs(t, ifmatch.CheckResponse(resp), ifmatch.StaleVersion)
		content, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Contains(t, string(content), "editconflict", "it is still there to be read")
		require.JSONEq(t, `{"n":5}`, o.now())
	})
	t.Run("a refusal that is merged", func(t *testing.T) {
		o := editServer(`{"n":1,"a":1}`)
		c, _ := over(o, ifmatch.Options{Dialect: editAPI,
			Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]}})
		h, ctx := c.HTTPClient(), ifmatch.UnitOfWork(t.Context())
		_, _, err := plain(t, ctx, h, "GET", thingURL, "")
		require.NoError(t, err)
		_, err = ifmatch.Update(t.Context(), c, thingURL, func(v *thing) error { v.N = 5; return nil })
		require.NoError(t, err)
		status, body, err := plain(t, ctx, h, "PUT", thingURL, `{"n":1,"a":2}`)
		require.NoError(t, err)
		require.Equal(t, 200, status)
		require.Contains(t, body, "Success")
		require.JSONEq(t, `{"n":5,"a":2}`, o.now())
	})
	t.Run("an absence", func(t *testing.T) {
		o := editServer("")
		o.absent = tells(200, "null")
		c, log := over(o, ifmatch.Options{Dialect: editAPI})
		h, ctx := c.HTTPClient(), ifmatch.UnitOfWork(t.Context())
		status, body, err := plain(t, ctx, h, "GET", thingURL, "")
		require.NoError(t, err)
		require.Equal(t, 200, status)
		require.Equal(t, "null", body)
		_, _, err = plain(t, ctx, h, "PUT", thingURL, `{"n":2}`)
		require.NoError(t, err)
		require.Equal(t, "If-None-Match: *", log.writes()[0].condition())
	})
	t.Run("what is long is taken at its word", func(t *testing.T) {
		long := `{"n":1,"note":"` + strings.Repeat("x", 70<<10) + `"}`
		c, _ := over(editServer(long), ifmatch.Options{Dialect: editAPI})
		_, body, err := plain(t, t.Context(), c.HTTPClient(), "GET", thingURL, "")
		require.NoError(t, err)
		require.Equal(t, long, body)
	})
}
