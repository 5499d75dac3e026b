package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAnAnswerThatOnlyPromisesIsLookedAfter(t *testing.T) {
	// 202 is a promise and 207 a mixture: neither says that the write took effect.
	for _, status := range []int{202, 206, 207, 226} {
		t.Run(fmt.Sprint(status, " and then in force"), func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV2, `ETag: "2"`), nil
				}
				return reply(status, "", `ETag: "promised"`), nil
			}, nil)
			u, err := ifmatch.Put(t.Context(), client, bump())
			require.NoError(t, err)
			require.Equal(t, ifmatch.ETag(`"2"`), u.ETag)
			require.Equal(t, "PUT GET", s.methods())
		})
		t.Run(fmt.Sprint(status, " and not in force yet"), func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV1, `ETag: "1"`), nil
				}
				return reply(status, ""), nil
			}, nil)
			_, err := ifmatch.Put(t.Context(), client, bump())
			require.ErrorIs(t, err, ifmatch.ErrUncertain)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, status, refused.StatusCode)
			require.Equal(t, "PUT GET", s.methods(), "a second copy would not help")
		})
	}
}

func TestAWriteThatMayHaveArrivedIsNotRepeatedBlindly(t *testing.T) {
	// go-retryablehttp would send the PUT again at once, and the caller would see a 412 although
	// the own write won (RFC 9110 §9.2.2: "though the response might differ").
	answers := map[string]func() (*http.Response, error){
		"broken connection": func() (*http.Response, error) { return nil, errLost },
		"end of file":       func() (*http.Response, error) { return nil, io.EOF },
		"answer cut short":  func() (*http.Response, error) { return cut(reply(200, thingV2, `ETag: "2"`)), nil },
	}
	for _, status := range []int{408, 500, 502, 503, 504, 507, 520, 599} {
		answers[fmt.Sprint(status)] = func() (*http.Response, error) { return reply(status, ""), nil }
	}
	for name, answer := range answers {
		t.Run(name+", not applied", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(held(func(a arrival) (*http.Response, error) {
					if a.n == 1 {
						return answer()
					}
					return reply(204, "", `ETag: "2"`), nil
				}), nil)
				require.NoError(t, put(t.Context(), client))
				require.Equal(t, "PUT GET PUT", s.methods(), "it looks before it writes again")
				for _, w := range s.writes() {
					require.Equal(t, `If-Match: "1"`, w.condition(), "all copies carry one condition")
					require.Equal(t, s.writes()[0].body, w.body)
				}
			})
		})
		t.Run(name+", applied", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(func(a arrival) (*http.Response, error) {
					if a.method == http.MethodGet {
						return reply(200, thingV2, `ETag: "2"`), nil
					}
					return answer()
				}, nil)
				u, err := ifmatch.Put(t.Context(), client, bump())
				require.NoError(t, err)
				require.Equal(t, ifmatch.ETag(`"2"`), u.ETag)
				require.Equal(t, "PUT GET", s.methods())
			})
		})
	}
}

func TestAStatusThatRulesOutAnEffectIsNoDoubt(t *testing.T) {
	// 501, 505 and 511 say that the request was not even understood.
	for _, status := range []int{400, 401, 403, 404, 405, 410, 413, 415, 422, 428, 431, 501, 505, 511} {
		synctest.Test(t, func(t *testing.T) {
			client, s := through(held(func(arrival) (*http.Response, error) { return reply(status, ""), nil }), nil)
			err := put(t.Context(), client)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, status, refused.StatusCode)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			require.Equal(t, "PUT", s.methods())
		})
	}
}

func TestAWriteThatDidNotLeaveIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(held(func(a arrival) (*http.Response, error) {
			if a.n < 4 {
				return nil, errDial
			}
			return reply(204, "", `ETag: "2"`), nil
		}), nil)
		require.NoError(t, put(t.Context(), client))
		require.Equal(t, "PUT PUT PUT PUT", s.methods(), "there is nothing to look for")
	})
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(a arrival) (*http.Response, error) { return nil, errDial }, nil)
		err := put(t.Context(), client)
		require.ErrorIs(t, err, errDial)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain, "nothing was sent, and that is certain")
		require.Equal(t, "PUT PUT PUT PUT PUT", s.methods())
		var failed *ifmatch.WriteError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Attempts, 5)
		for _, a := range failed.Attempts {
			require.Zero(t, a.Deliveries)
			require.ErrorIs(t, a.Err, errDial)
		}
	})
}

func TestATimeoutOfAWriteLeavesItsOutcomeOpen(t *testing.T) {
	for name, options := range map[string]*ifmatch.Options{
		"HTTPClient.Timeout": {HTTPClient: &http.Client{Timeout: 5 * time.Second, Transport: &hanging{}}},
		"Options.Timeout":    {HTTPClient: &http.Client{Transport: &hanging{}}, Timeout: 5 * time.Second},
		"the default":        {HTTPClient: &http.Client{Transport: &hanging{}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang := &hanging{}
				o := *options
				hc := *o.HTTPClient
				hc.Transport = hang
				o.HTTPClient = &hc
				o.MaxAttempts = 2
				start := time.Now()
				err := put(t.Context(), ifmatch.New(&o))
				require.ErrorIs(t, err, ifmatch.ErrUncertain)
				var timeout net.Error
				require.ErrorAs(t, err, &timeout)
				require.True(t, timeout.Timeout())
				require.Equal(t, 3, hang.count(), "one write, and two tries to look")
				each := 5 * time.Second
				if name == "the default" {
					each = 30 * time.Second
				}
				require.InDelta(t, 3*each, time.Since(start), float64(time.Second))
			})
		})
	}
}

func TestAWriteThatIsAlwaysLostEndsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(held(func(arrival) (*http.Response, error) { return nil, errLost }), nil)
		err := put(t.Context(), client)
		require.ErrorIs(t, err, ifmatch.ErrUncertain)
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.ErrorIs(t, err, errLost)
		require.Equal(t, "PUT GET PUT GET PUT GET PUT GET PUT GET", s.methods())
		var failed *ifmatch.WriteError
		require.ErrorAs(t, err, &failed)
		require.Len(t, failed.Attempts, 10, "every attempt is there")
		require.Equal(t, thingV1, string(failed.Remote), "and what was found")
		for _, w := range s.writes() {
			require.Equal(t, `If-Match: "1"`, w.condition())
		}
	})
}

func TestCancellingAWriteInFlightIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := &hanging{}
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: hang}})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err := put(ctx, client)
		require.ErrorIs(t, err, ifmatch.ErrUncertain, "the request had left")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 1, hang.count())
		again, ok := ifmatch.Resume[thing](err)
		require.True(t, ok)
		require.EqualValues(t, 2, again.Value.N)
	})
}

func TestAWriteInDoubtIsSettledByLooking(t *testing.T) {
	const (
		success   = "success"
		uncertain = "uncertain"
		refused   = "refused"
	)
	rival := ifmatchtest.RivalWrite(`{"name":"rival","count":7}`)
	accepted := ifmatchtest.Response{Status: http.StatusAccepted}
	bad := func(status int) ifmatchtest.Response { return ifmatchtest.Problem(status, nil) }
	rename := func(d *doc) error { d.Name = "b"; return nil }
	type call func(context.Context, *ifmatch.Client, string) error
	update := func(edit func(*doc) error) call {
		return func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, edit)
			return err
		}
	}
	on := func(act func(context.Context, *ifmatch.Client, *ifmatch.Representation[doc]) error) call {
		return func(ctx context.Context, c *ifmatch.Client, url string) error {
			u, err := ifmatch.Get[doc](ctx, c, url)
			if err != nil {
				return err
			}
			u.Value.Name = "b"
			return act(ctx, c, u)
		}
	}
	put := on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[doc]) error {
		_, err := ifmatch.Put(ctx, c, u)
		return err
	})
	save := on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[doc]) error {
		_, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
		return err
	})
	remove := on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[doc]) error {
		return ifmatch.Delete(ctx, c, u)
	})
	patch := func(mediaType, body string) call {
		return on(func(ctx context.Context, c *ifmatch.Client, u *ifmatch.Representation[doc]) error {
			_, err := ifmatch.Patch(ctx, c, u, mediaType, []byte(body))
			return err
		})
	}
	mergePatch := patch("application/merge-patch+json", `{"name":"b"}`)
	create := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Create(ctx, c, url+"/new", doc{Name: "b"})
		return err
	}

	type faults []ifmatchtest.Fault
	lost, unanswered := ifmatchtest.LoseRequest(), ifmatchtest.LoseResponse()
	for _, tc := range []struct {
		name    string
		call    call
		faults  faults            // for the writes, in order
		look    ifmatchtest.Fault // for the GET that looks; it passes unless told otherwise
		want    string
		err     error
		applied int
		arrived int // writes of any method
	}{
		{name: "an increment that landed cannot be told from a rival's", call: update(increment),
			faults: faults{unanswered}, want: uncertain, applied: 1, arrived: 1},
		{name: "an increment that did not land is sent again", call: update(increment), faults: faults{lost},
			want: success, applied: 1, arrived: 2},
		{name: "an edit that is in force changes nothing more", call: update(rename),
			faults: faults{unanswered}, want: success, applied: 1, arrived: 1},
		{name: "an edit that a rival overwrote", call: update(rename), faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "lost twice, then landed", call: update(increment), faults: faults{lost, lost}, want: success,
			applied: 1, arrived: 3},
		{name: "502 after it landed", call: update(rename),
			faults: faults{ifmatchtest.ApplyAndAnswer(bad(502))}, want: success, applied: 1, arrived: 1},
		{name: "500 after an increment landed", call: update(increment),
			faults: faults{ifmatchtest.ApplyAndAnswer(bad(500))}, want: uncertain, applied: 1, arrived: 1},
		{name: "503 before it landed", call: update(increment), faults: faults{ifmatchtest.Answer(bad(503))},
			want: success, applied: 1, arrived: 2},
		{name: "501 is a clear no", call: update(increment), faults: faults{ifmatchtest.Answer(bad(501))},
			want: refused, applied: 0, arrived: 1},
		{name: "403 is a clear no", call: update(increment), faults: faults{ifmatchtest.Answer(bad(403))},
			want: refused, applied: 0, arrived: 1},
		{name: "lost, and the second copy is refused for another reason", call: update(increment),
			faults: faults{lost, ifmatchtest.Answer(bad(403))}, want: uncertain, applied: 0, arrived: 2},
		{name: "202: in force", call: save, faults: faults{ifmatchtest.ApplyAndAnswer(accepted)}, want: success,
			applied: 1, arrived: 1},
		{name: "202: not yet", call: save, faults: faults{ifmatchtest.Answer(accepted)}, want: uncertain,
			applied: 0, arrived: 1},
		{name: "207 is a mixture", call: put,
			faults: faults{ifmatchtest.Answer(ifmatchtest.Response{Status: 207})}, want: uncertain, applied: 0,
			arrived: 1},
		{name: "a saved state in force", call: save, faults: faults{unanswered}, want: success, applied: 1,
			arrived: 1},
		{name: "a put state in force", call: put, faults: faults{unanswered}, want: success, applied: 1, arrived: 1},
		{name: "a put that did not land", call: put, faults: faults{lost}, want: success, applied: 1, arrived: 2},
		{name: "a put state overwritten", call: put, faults: faults{lost}, look: rival, want: uncertain,
			applied: 0, arrived: 1},
		{name: "a deletion that landed", call: remove, faults: faults{unanswered}, want: success, applied: 1,
			arrived: 1},
		{name: "a deletion that did not", call: remove, faults: faults{lost}, want: success, applied: 1, arrived: 2},
		{name: "a deletion, and a rival wrote", call: remove, faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "a deletion landed, and it was created anew", call: remove, faults: faults{lost},
			look: ifmatchtest.RivalRecreate(`{}`), want: uncertain, applied: 0, arrived: 1},
		{name: "a creation that landed", call: create, faults: faults{unanswered}, want: success, applied: 1,
			arrived: 1},
		{name: "a creation that did not", call: create, faults: faults{lost}, want: success, applied: 1, arrived: 2},
		{name: "a creation, and a rival's other content", call: create, faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "a creation that a gateway replayed", call: create, faults: faults{ifmatchtest.Replay()},
			want: refused, err: ifmatch.AlreadyExists, applied: 1, arrived: 2},
		{name: "a merge patch in force", call: mergePatch, faults: faults{unanswered}, want: success,
			applied: 1, arrived: 1},
		{name: "a merge patch that did not land", call: mergePatch, faults: faults{lost}, want: success,
			applied: 1, arrived: 2},
		{name: "the late copy lands between our look and the second copy", call: update(increment),
			faults: faults{lost, rival}, want: uncertain, applied: 0, arrived: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"name":"a","count":0}`)
			for _, m := range []string{"PUT", "PATCH", "DELETE"} {
				origin.Next(m, tc.faults...)
			}
			origin.Next("GET /doc", ifmatchtest.Pass(), tc.look)
			origin.Next("GET /doc/new", tc.look)
			err := tc.call(t.Context(), brisk(), url)
			var conflict *ifmatch.ConflictError
			var write *ifmatch.WriteError
			switch tc.want {
			case success:
				assert.NoError(t, err)
			case uncertain:
				assert.ErrorIs(t, err, ifmatch.ErrUncertain)
				assert.False(t, errors.As(err, &conflict), "never a false conflict: %v", err)
				require.ErrorAs(t, err, &write)
				assert.NotNil(t, write.Remote, "what looking found")
			case refused:
				require.Error(t, err)
				assert.NotErrorIs(t, err, ifmatch.ErrUncertain)
				if tc.err != nil {
					assert.ErrorIs(t, err, tc.err)
				}
			}
			writes := []string{"PUT", "PATCH", "DELETE"}
			arrived, applied := 0, 0
			for _, m := range writes {
				arrived += len(origin.Requests(m))
				applied += origin.Applied(m)
			}
			assert.Equal(t, tc.arrived, arrived, "writes that arrived: %v", origin.Requests())
			assert.Equal(t, tc.applied, applied, "writes that were applied: %v", origin.Requests())
		})
	}
}

func TestAPostponedWriteLandsAtMostOnce(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	// The first copy is held somewhere, and arrives when the second one has landed.
	origin.Next("PUT", ifmatchtest.Postpone(), ifmatchtest.Pass())
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	require.Equal(t, 1, origin.DeliverPostponed())
	assert.JSONEq(t, `{"count":1}`, origin.Body("/doc"), "both copies carry the same condition")
}

func TestALateFirstCopyIsNotCountedTwice(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.Postpone(), ifmatchtest.Before(func() { origin.DeliverPostponed() }))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain, "the 412 of the second copy may be about the first")
	assert.JSONEq(t, `{"count":1}`, origin.Body("/doc"))
}

func TestTheCallerMayRiskADoubleApply(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	c := brisk().With(func(o *ifmatch.Options) { o.AllowDoubleApply = true })
	_, err := ifmatch.Update(t.Context(), c, url, increment)
	require.NoError(t, err)
	assert.JSONEq(t, `{"count":2}`, origin.Body("/doc"), "asked for by name")
}

func TestAContextThatEndsDuringAWriteLeavesItUncertain(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	release := make(chan struct{})
	defer close(release)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("shutting down")
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.After(func() { cancel(why) }), ifmatchtest.HoldAnswer(release)))
	_, err := ifmatch.Update(ctx, brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	assert.ErrorIs(t, err, why)
	assert.JSONEq(t, `{"count":1}`, origin.Body("/doc"))
}

func TestLookingThatFailsLeavesItUncertain(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 403, refused.StatusCode, "why looking did not tell")
}

func ExampleErrUncertain() {
	origin, url := example(`{"count": 41}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())

	_, err := ifmatch.Update(context.Background(), client, url, func(d *doc) error { d.Count++; return nil })
	var w *ifmatch.WriteError
	if errors.Is(err, ifmatch.ErrUncertain) && errors.As(err, &w) {
		fmt.Printf("it was %s, should become %s, and now is %s\n", w.Base, w.Local, w.Remote)
	}
	// Output:
	// it was {"count": 41}, should become {"count": 42}, and now is {"count": 42}
}

func TestAPatchThatCouldNotBeSeenToLandIsLookedAfter(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	origin.Next("PATCH", ifmatchtest.LoseResponse())
	c := brisk().With(func(o *ifmatch.Options) { o.PatchFormat = "application/merge-patch+json" })
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	u.Value.Name = "b"
	u, err = ifmatch.Save(t.Context(), c, u, nil)
	require.NoError(t, err)
	assert.Equal(t, ifmatch.ETag(`"v2"`), u.ETag)
	u.Value.Name = "c"
	origin.Next("PATCH", ifmatchtest.RivalWrite(`{"name":"b","count":9}`))
	_, err = ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"c","count":9}`, origin.Body("/doc"))
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestAnAnswerThatTellsNothingLeavesAWriteUncertain(t *testing.T) {
	withstand(t, []hostile{
		{does: "answers 200 and content without end", put: pours("HTTP/1.1 200 OK\r\n\r\n", megabyte),
			updates: "uncertain, exhausted, too large"},
		{does: "answers 200 and 100 MiB of content in 100 KiB",
			put:     says("200 OK", "Content-Encoding: gzip", zipped("", megabyte, 100)),
			updates: "uncertain, exhausted, too large"},
		{does: "answers 200 and breaks off", put: says("200 OK", "Content-Length: 10", "{"),
			updates: "uncertain, exhausted, no answer"},
		{does: "hangs up without a word", put: raw(""), updates: "uncertain, exhausted, no answer"},
		{does: "takes the request and says nothing", put: silence, updates: "uncertain, exhausted, timeout"},
		{does: "sends interim answers without end", put: pours("", "HTTP/1.1 100 Continue\r\n\r\n"),
			updates: "uncertain, exhausted, no answer"},
		{does: "sends header fields without end", put: pours("HTTP/1.1 200 OK\r\n", "X-"+kilobyte+": y\r\n"),
			updates: "uncertain, exhausted, no answer"},
		{does: "speaks another protocol", put: raw(escape + "\r\n\r\n"), updates: "uncertain, exhausted, no answer"},
		{does: "always accepts and never does (202)", put: says("202 Accepted", "", ""), updates: "uncertain, 202"},
		{does: "reports a mixture (207)",
			put:     says("207 Multi-Status", "Content-Type: application/xml", "<multistatus/>"),
			updates: "uncertain, 207"},
		{does: "redirects the write into a GET (303)", put: says("303 See Other", "Location: /", ""),
			updates: "uncertain, 303"},
		{does: "fails, and wants a year of patience", put: says("500 Oops", "Retry-After: 31536000", ""),
			updates: "uncertain, exhausted, 500"},
		{does: "fails for ever", put: says("500 Oops", "", ""), updates: "uncertain, exhausted, 500"},
	})
}

func TestSeeOtherAfterAWriteIsNoRefusal(t *testing.T) {
	// It is what a server answers that has done the work (RFC 9110 §15.4.4).
	origin, url := serve(t, nil, `{"n":1}`)
	origin.Always("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 303}.With("Location", "/doc")))
	edit := func(m *map[string]int) error { (*m)["n"] = 7; return nil }
	_, err := ifmatch.Update(t.Context(), ifmatch.New(nil), url, edit)
	assert.True(t, err == nil || errors.Is(err, ifmatch.ErrUncertain), "%v", err)
}
