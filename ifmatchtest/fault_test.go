package ifmatchtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// overBoth runs a test over a real HTTP/1.1 connection and over a real HTTP/2 one, with /a at
// {"n":2}, version 2.
func overBoth(t *testing.T, test func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server)) {
	t.Helper()
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			origin := ifmatchtest.New(&ifmatchtest.Options{Now: clock})
			origin.Set("/a", `{"n":1}`)
			origin.Set("/a", `{"n":2}`)
			s := origin.Serve(t)
			if protocol == "HTTP/2" {
				s = origin.ServeTLS(t)
			}
			test(t, origin, s)
			assert.Zero(t, origin.Pending(), "the script has been played")
		})
	}
}

// put sends the write that most of these tests are about: it is up to date when sent.
func put(t *testing.T, s *httptest.Server) reply {
	t.Helper()
	return send(t, s, "PUT", "/a", `{"n":3}`, "If-Match", `"v2"`)
}

func only(t *testing.T, requests []ifmatchtest.Request) ifmatchtest.Request {
	t.Helper()
	require.Len(t, requests, 1)
	return requests[0]
}

func TestServersSpeakTheProtocolThatTheirNameSays(t *testing.T) {
	origin := ifmatchtest.New(nil)
	for want, s := range map[string]*httptest.Server{"HTTP/1.1": origin.Serve(t), "HTTP/2.0": origin.ServeTLS(t)} {
		resp, err := s.Client().Get(s.URL)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, want, resp.Proto)
	}
}

func TestLoseRequestAppliesNothing(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.LoseRequest())
		_, err := try(s, "PUT", "/a", `{"n":3}`, "If-Match", `"v2"`)
		require.Error(t, err)
		r := only(t, origin.Requests())
		assert.False(t, r.Delivered)
		assert.False(t, r.Applied)
		assert.Zero(t, r.Status)
		assert.Equal(t, []string{"lose request"}, r.Faults)
		assert.Equal(t, `{"n":2}`, origin.Body("/a"))
		assert.Equal(t, 204, put(t, s).status, "the next one is served")
	})
}

func TestLoseResponseAppliesAndSaysNothing(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.LoseResponse())
		_, err := try(s, "PUT", "/a", `{"n":3}`, "If-Match", `"v2"`)
		require.Error(t, err)
		r := only(t, origin.Requests())
		assert.True(t, r.Delivered)
		assert.True(t, r.Applied)
		assert.Zero(t, r.Status)
		assert.Equal(t, `"v3"`, r.ETag)
		assert.Equal(t, `{"n":3}`, origin.Body("/a"))
		assert.Equal(t, 412, put(t, s).status, "sent again, the write conflicts with itself")
	})
}

func TestPostponeDeliversTheLostWriteLater(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Times(2, ifmatchtest.Postpone())...)
		for _, body := range []string{`"first"`, `"second"`} {
			_, err := try(s, "PUT", "/a", body, "If-Match", `"v2"`)
			require.Error(t, err)
		}
		assert.Equal(t, `{"n":2}`, origin.Body("/a"))
		assert.Zero(t, origin.Deliveries("PUT"))

		assert.Equal(t, 2, origin.DeliverPostponed())
		assert.Equal(t, `"first"`, origin.Body("/a"), "of two with one condition one lands")
		requests := origin.Requests("PUT")
		assert.True(t, requests[0].Applied)
		assert.True(t, requests[1].Delivered)
		assert.False(t, requests[1].Applied)
		assert.Zero(t, origin.DeliverPostponed())
	})
}

func TestPostponedRequestsAreBounded(t *testing.T) {
	origin := ifmatchtest.New(nil)
	s := origin.Serve(t)
	origin.Always("PUT", ifmatchtest.Postpone())
	for range ifmatchtest.MaxPostponed + 1 {
		_, err := try(s, "PUT", "/a", `1`)
		require.Error(t, err)
	}
	assert.Equal(t, ifmatchtest.MaxPostponed, origin.DeliverPostponed())
}

func TestReplayTellsTheWriterOfItsOwnSuccess(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Replay())
		assert.Equal(t, 412, put(t, s).status)
		assert.Equal(t, `{"n":3}`, origin.Body("/a"), "applied once")
		requests := origin.Requests()
		require.Len(t, requests, 2)
		assert.Equal(t, `PUT /a If-Match: "v2" -> no answer, applied "v3"`, requests[0].String())
		assert.Equal(t, `PUT /a If-Match: "v2" -> 412 "v3" (replayed)`, requests[1].String())
		assert.Equal(t, 2, origin.Deliveries("PUT"))
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
}

func TestARivalComesOnceEvenWhenTheRequestComesTwice(t *testing.T) {
	origin := ifmatchtest.New(nil)
	s := origin.Serve(t)
	rival := ifmatchtest.RivalEdit(func(old []byte) []byte { return append(old, 'r') })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.Replay()))
	send(t, s, "PUT", "/a", "mine")
	assert.Equal(t, 3, origin.Version("/a"), "the rival's and two of ours")
}

func TestTruncateEndsTheBodyEarly(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("GET", ifmatchtest.Truncate(4), ifmatchtest.Truncate(-1), ifmatchtest.Truncate(1000))
		got, err := try(s, "GET", "/a", "")
		require.Error(t, err)
		assert.Equal(t, 200, got.status)
		assert.Equal(t, `{"n"`, got.body)
		assert.Equal(t, `"v2"`, got.header.Get("ETag"))

		got, err = try(s, "GET", "/a", "")
		require.Error(t, err)
		assert.Empty(t, got.body)

		assert.Equal(t, `{"n":2}`, send(t, s, "GET", "/a", "").body, "there was nothing to cut")
	})
}

func TestFloodStreamsAJSONStringOfThatSize(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		for _, size := range []int64{1, 2, 100, 32<<10 + 1, 1 << 20} {
			origin.Next("GET", ifmatchtest.Flood(size))
			got := send(t, s, "GET", "/a", "")
			require.Len(t, got.body, int(size))
			assert.Equal(t, size > 1, json.Valid([]byte(got.body)))
		}
	})
}

func TestFloodEndsWhenTheClientHasHadEnough(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("GET", ifmatchtest.Flood(1<<50))
		resp, err := s.Client().Get(s.URL + "/a")
		require.NoError(t, err)
		_, err = io.CopyN(io.Discard, resp.Body, 100_000)
		require.NoError(t, err)
		resp.Body.Close()
		s.CloseClientConnections()
		s.Close() // returns only when the handler has
	})
}

func TestFloodOfACompressedAnswerIsPlain(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{Compress: ifmatchtest.CompressSuffix})
	origin.Set("/a", "1")
	origin.Next("GET", ifmatchtest.Flood(10))
	got := send(t, origin.Serve(t), "GET", "/a", "", "Accept-Encoding", "gzip")
	assert.Empty(t, got.header.Get("Content-Encoding"))
	assert.Equal(t, `"xxxxxxxx"`, got.body)
}

func TestAnswerStandsInForTheResource(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		busy := ifmatchtest.Problem(503, map[string]any{"detail": "Later.", "retryable": true}).With("Retry-After", "7")
		bare := ifmatchtest.Response{Status: 409}
		page := ifmatchtest.Response{Status: 500, Body: "<html>"}
		origin.Next("PUT", ifmatchtest.Answer(busy), ifmatchtest.Answer(bare), ifmatchtest.Answer(page))

		got := put(t, s)
		assert.Equal(t, 503, got.status)
		assert.Equal(t, "7", got.header.Get("Retry-After"))
		assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"))
		assert.JSONEq(t,
			`{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Later.","retryable":true}`,
			got.body)
		assert.NotEmpty(t, got.header.Get("Date"))

		got = put(t, s)
		assert.Equal(t, 409, got.status)
		assert.Empty(t, got.body)
		assert.NotContains(t, got.header, "Content-Type")

		got = put(t, s)
		assert.Equal(t, "<html>", got.body)
		assert.NotContains(t, got.header, "Content-Type", "nothing is guessed")

		assert.Equal(t, `{"n":2}`, origin.Body("/a"))
		assert.Zero(t, origin.Deliveries("PUT"))
		assert.Equal(t, 503, origin.Requests()[0].Status)
	})
}

func TestApplyAndAnswerHidesTheSuccess(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(502, nil)))
		assert.Equal(t, 502, put(t, s).status)
		assert.Equal(t, `{"n":3}`, origin.Body("/a"))
		r := only(t, origin.Requests())
		assert.Equal(t, 502, r.Status)
		assert.True(t, r.Applied)
		assert.Equal(t, `"v3"`, r.ETag)
	})
}

func TestRefuseWithReplacesOnlyTheRefusal(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		conflict := ifmatchtest.Response{Status: 409, Body: "Resource has been modified"}.With("Content-Type",
			"text/html")
		origin.Always("/a", ifmatchtest.RefuseWith(conflict))
		got := send(t, s, "PUT", "/a", `{"n":3}`, "If-Match", `"v1"`)
		assert.Equal(t, 409, got.status)
		assert.Equal(t, "text/html", got.header.Get("Content-Type"))
		assert.Equal(t, "Resource has been modified", got.body)
		assert.Equal(t, 409, send(t, s, "POST", "/a", `1`, "If-Match", `"v1"`).status)
		assert.Equal(t, 409, send(t, s, "GET", "/a", "", "If-Match", `"v1"`).status)
		assert.Equal(t, 304, send(t, s, "GET", "/a", "", "If-None-Match", `"v2"`).status, "a 304 is no refusal")
		assert.Equal(t, 204, put(t, s).status)
	})
}

func TestRedirectDoesNotDeliver(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Redirect(307, "/elsewhere"))
		got := put(t, s)
		assert.Equal(t, 307, got.status)
		assert.Equal(t, "/elsewhere", got.header.Get("Location"))
		r := only(t, origin.Requests())
		assert.False(t, r.Delivered)
		assert.Equal(t, []string{"redirect"}, r.Faults)
	})
}

func TestIgnoreConditionsLosesTheUpdate(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Always("/a", ifmatchtest.IgnoreConditions())
		assert.Equal(t, 200, send(t, s, "GET", "/a", "", "If-Match", `"v1"`).status)
		assert.Equal(t, 204, send(t, s, "PUT", "/a", `{"n":3}`, "If-Match", `"v1"`).status)
		assert.Equal(t, 204, send(t, s, "PUT", "/a", `{"n":3}`, "If-None-Match", `*`).status)
		assert.Equal(t, 201, send(t, s, "POST", "/a", `1`, "If-Match", `"v1"`).status)
		assert.Equal(t, 204, send(t, s, "DELETE", "/a", "", "If-Match", `"v1"`).status)
	})
}

func TestRefuseConditionsAcceptsNoTag(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Always("PUT", ifmatchtest.RefuseConditions())
		for range 2 {
			assert.Equal(t, 412, put(t, s).status)
		}
		assert.Equal(t, 412, send(t, s, "PUT", "/new", `1`, "If-None-Match", `*`).status)
		assert.Equal(t, 204, send(t, s, "PUT", "/a", `{"n":3}`).status, "without a condition it goes through")
	})
}

func TestRivalsStrikeJustBeforeTheRequest(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault ifmatchtest.Fault
		body  string // what stands after the refused PUT; "" for nothing
		next  string // the tag after it
	}{
		{"write", ifmatchtest.RivalWrite(`{"n":9}`), `{"n":9}`, `"v3"`},
		{"edit", ifmatchtest.RivalEdit(func(old []byte) []byte { return append(old, ' ') }), `{"n":2} `, `"v3"`},
		{"delete", ifmatchtest.RivalDelete(), ``, ``},
		{"re-create", ifmatchtest.RivalRecreate(`{"n":2}`), `{"n":2}`, `"v3"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
				origin.Next("PUT", c.fault)
				assert.Equal(t, 412, put(t, s).status)
				assert.Equal(t, c.body, origin.Body("/a"))
				assert.Equal(t, c.next, origin.ETag("/a"))
				assert.Equal(t, c.next, only(t, origin.Requests()).ETag)
			})
		})
	}
}

func TestARivalMayCreateWhatWeCreate(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT /new", ifmatchtest.RivalWrite(`"theirs"`))
		assert.Equal(t, 412, send(t, s, "PUT", "/new", `"mine"`, "If-None-Match", "*").status)
		assert.Equal(t, `"theirs"`, origin.Body("/new"))
	})
}

func TestStaleReadServesTheVersionBefore(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("GET", ifmatchtest.Times(2, ifmatchtest.StaleRead())...)
		for range 2 {
			got := send(t, s, "GET", "/a", "")
			assert.Equal(t, `{"n":1}`, got.body)
			assert.Equal(t, `"v1"`, got.header.Get("ETag"))
		}
		assert.Equal(t, `{"n":2}`, send(t, s, "GET", "/a", "").body)

		origin.Delete("/a")
		origin.Next("GET", ifmatchtest.StaleRead())
		assert.Equal(t, `{"n":2}`, send(t, s, "GET", "/a", "").body, "also when the current state is absence")
		assert.Equal(t, 404, send(t, s, "GET", "/a", "").status)

		origin.Set("/young", "1")
		origin.Next("GET", ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		assert.Equal(t, "1", send(t, s, "GET", "/young", "").body, "a first version has none before")
		assert.Equal(t, 404, send(t, s, "GET", "/none", "").status)
	})
}

func TestHeadersCanBeAlteredOnTheWay(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		weaken := func(tag string) string { return "W/" + tag }
		origin.Next("GET",
			ifmatchtest.SetHeader("ETag", `"x"`, `"y"`),
			ifmatchtest.SetHeader("ETag"),
			ifmatchtest.AlterETag(weaken),
			ifmatchtest.Together(ifmatchtest.SetHeader("ETag"), ifmatchtest.AlterETag(weaken)),
		)
		for _, want := range [][]string{{`"x"`, `"y"`}, nil, {`W/"v2"`}, nil, {`"v2"`}} {
			assert.Equal(t, want, send(t, s, "GET", "/a", "").header.Values("ETag"))
		}
		origin.Next("GET", ifmatchtest.SetHeader("Content-Type", "text/html"), ifmatchtest.SetHeader("Content-Type"))
		assert.Equal(t, "text/html", send(t, s, "GET", "/a", "").header.Get("Content-Type"))
		assert.NotContains(t, send(t, s, "GET", "/a", "").header, "Content-Type")
	})
}

func TestHoldKeepsTheRequestBack(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		release := make(chan struct{})
		origin.Next("PUT", ifmatchtest.Hold(release))
		// what happens while the write is held comes first: the rival here is the GET's
		origin.Next("GET", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"n":9}`), ifmatchtest.After(func() {
			close(release)
		})))
		done := make(chan reply)
		go func() {
			got, _ := try(s, "PUT", "/a", `{"n":3}`, "If-Match", `"v2"`)
			done <- got
		}()
		require.Eventually(t, func() bool { return origin.Arrived("PUT") == 1 }, 10*time.Second, time.Millisecond)
		assert.False(t, origin.Requests("PUT")[0].Delivered)
		assert.Equal(t, `{"n":9}`, send(t, s, "GET", "/a", "").body)
		assert.Equal(t, 412, (<-done).status)
	})
}

// leave sends a PUT and gives it up as soon as ready says that the origin has it where the test
// wants it.
func leave(t *testing.T, s *httptest.Server, ready <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { <-ready; cancel() }()
	r, err := http.NewRequestWithContext(ctx, "PUT", s.URL+"/a", strings.NewReader(`{"n":3}`))
	require.NoError(t, err)
	_, err = s.Client().Do(r)
	require.ErrorIs(t, err, context.Canceled)
	s.CloseClientConnections()
	s.Close() // waits for the handler
}

func TestAHeldRequestIsLostWhenItsClientLeaves(t *testing.T) {
	for name, wait := range map[string]func() ifmatchtest.Fault{
		"hold":    func() ifmatchtest.Fault { return ifmatchtest.Hold(nil) },
		"delay":   func() ifmatchtest.Fault { return ifmatchtest.Delay(time.Hour) },
		"barrier": func() ifmatchtest.Fault { return ifmatchtest.Barrier(2) },
	} {
		t.Run(name, func(t *testing.T) {
			overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
				arrived := make(chan struct{})
				origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Before(func() { close(arrived) }), wait()))
				leave(t, s, arrived)
				r := only(t, origin.Requests())
				assert.False(t, r.Delivered)
				assert.Zero(t, r.Status)
				assert.Equal(t, `{"n":2}`, origin.Body("/a"))
			})
		})
	}
}

func TestHoldAnswerIsATimeoutOfAWriteThatHasLanded(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		applied := make(chan struct{})
		origin.Next("PUT", ifmatchtest.Together(ifmatchtest.After(func() {
			close(applied)
		}), ifmatchtest.HoldAnswer(nil)))
		leave(t, s, applied)
		r := only(t, origin.Requests())
		assert.True(t, r.Applied)
		assert.Zero(t, r.Status, "nothing was sent")
		assert.Equal(t, `{"n":3}`, origin.Body("/a"))
	})
}

func TestHoldAnswerLetsGoWhenReleased(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		release := make(chan struct{})
		close(release)
		origin.Next("PUT", ifmatchtest.HoldAnswer(release))
		assert.Equal(t, 204, put(t, s).status)
	})
}

func TestDelayPasses(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Delay(time.Nanosecond))
		assert.Equal(t, 204, put(t, s).status)
	})
}

func TestBarrierMakesContentionCertain(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		const writers = 5
		origin.Next("PUT", ifmatchtest.Times(writers, ifmatchtest.Barrier(writers))...)
		send(t, s, "GET", "/a", "") // one HTTP/2 connection for all
		statuses := make(chan int, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				got, err := try(s, "PUT", "/a", fmt.Sprint(i), "If-Match", `"v2"`)
				assert.NoError(t, err)
				statuses <- got.status
			})
		}
		wg.Wait()
		close(statuses)
		count := map[int]int{}
		for status := range statuses {
			count[status]++
		}
		assert.Equal(t, map[int]int{204: 1, 412: writers - 1}, count)
	})
}

func TestBarriersStayOpenAndNeedNotClose(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Always("GET", ifmatchtest.Barrier(1))
		origin.Always("GET", ifmatchtest.Barrier(0))
		for range 3 {
			assert.Equal(t, 200, send(t, s, "GET", "/a", "").status)
		}
	})
}

func TestBeforeMayUseTheOrigin(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Before(func() { origin.Set("/b", origin.Body("/a")) }))
		assert.Equal(t, 204, put(t, s).status)
		assert.Equal(t, `{"n":2}`, origin.Body("/b"))
	})
}

func TestTogetherTheLaterFaultHolds(t *testing.T) {
	overBoth(t, func(t *testing.T, origin *ifmatchtest.Origin, s *httptest.Server) {
		origin.Next("PUT", ifmatchtest.Together(
			ifmatchtest.RefuseConditions(), ifmatchtest.IgnoreConditions(),
			ifmatchtest.Together(ifmatchtest.Pass(), ifmatchtest.RivalWrite("9")), ifmatchtest.LoseResponse()))
		_, err := try(s, "PUT", "/a", `{"n":3}`, "If-Match", `"v2"`)
		require.Error(t, err)
		r := only(t, origin.Requests())
		assert.True(t, r.Applied)
		assert.Equal(t, []string{"refuse conditions", "ignore conditions", "rival write", "lose response"}, r.Faults)
		assert.Equal(t, 4, origin.Version("/a"))
	})
}

func TestAResponseMustBeFinal(t *testing.T) {
	for _, status := range []int{0, 103, 1000, -1} {
		bad := ifmatchtest.Response{Status: status}
		for _, make := range []func(ifmatchtest.Response) ifmatchtest.Fault{
			ifmatchtest.Answer, ifmatchtest.ApplyAndAnswer, ifmatchtest.RefuseWith,
		} {
			assert.PanicsWithValue(t, fmt.Sprintf("ifmatchtest: status %d is not final", status), func() { make(bad) })
		}
	}
	assert.Panics(t, func() { ifmatchtest.Problem(409, map[string]any{"f": func() {}}) })
}

func TestWithLeavesTheOriginalAlone(t *testing.T) {
	one := ifmatchtest.Response{Status: 503}.With("Retry-After", "1")
	two := one.With("Retry-After", "2")
	assert.Equal(t, []string{"1"}, one.Header.Values("Retry-After"))
	assert.Equal(t, []string{"1", "2"}, two.Header.Values("Retry-After"))
}

// A handler under test, without a server: the lost connection is the panic that net/http knows.
func TestALostConnectionIsErrAbortHandler(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Next("GET", ifmatchtest.LoseResponse())
	defer func() {
		err, _ := recover().(error)
		assert.True(t, errors.Is(err, http.ErrAbortHandler))
	}()
	origin.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
}

func TestServeEndsWhatIsStillHeld(t *testing.T) {
	for _, serve := range []func(*ifmatchtest.Origin, *cleanups) *httptest.Server{
		func(o *ifmatchtest.Origin, t *cleanups) *httptest.Server { return o.Serve(t) },
		func(o *ifmatchtest.Origin, t *cleanups) *httptest.Server { return o.ServeTLS(t) },
	} {
		origin, ends := ifmatchtest.New(nil), &cleanups{}
		s := serve(origin, ends)
		arrived, answered := make(chan struct{}), make(chan error)
		origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Before(func() { close(arrived) }), ifmatchtest.Hold(nil)))
		go func() {
			_, err := try(s, "PUT", "/a", "1")
			answered <- err
		}()
		<-arrived
		for _, end := range *ends {
			end()
		}
		assert.Error(t, <-answered)
		assert.False(t, origin.Exists("/a"))
	}
}
