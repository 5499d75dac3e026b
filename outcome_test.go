package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
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
		"error cut short":   func() (*http.Response, error) { return cut(reply(502, thingV2)), nil },
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
	looked := []int{404, 410} // whether they are about the resource or about the method, a look tells
	for _, status := range []int{400, 401, 403, 404, 405, 410, 413, 415, 422, 428, 431, 501, 505, 511} {
		synctest.Test(t, func(t *testing.T) {
			client, s := through(held(func(arrival) (*http.Response, error) { return reply(status, ""), nil }), nil)
			err := put(t.Context(), client)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, status, refused.StatusCode)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			story := "PUT"
			if slices.Contains(looked, status) {
				story = "PUT GET"
				require.NotErrorIs(t, err, ifmatch.Deleted, "it is there")
			}
			require.Equal(t, story, s.methods(), status)
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
	ensure := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Ensure(ctx, c, url, rename)
		return err
	}
	mergePatch := patch("application/merge-patch+json", `{"name":"b"}`)
	create := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Create(ctx, c, url+"/new", doc{Name: "b"})
		return err
	}
	createUnique := func(ctx context.Context, c *ifmatch.Client, url string) error {
		_, err := ifmatch.Create(ctx, c.With(func(o *ifmatch.Options) { o.UniqueURL = true }), url+"/new",
			doc{Name: "b"})
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
		arrived int  // writes of any method
		absent  bool // what looking found
	}{
		{name: "an increment that landed cannot be told from a rival's", call: update(increment),
			faults: faults{unanswered}, want: uncertain, applied: 1, arrived: 1},
		{name: "an increment that did not land is sent again", call: update(increment), faults: faults{lost},
			want: success, applied: 1, arrived: 2},
		{name: "an act is not recognised by its content", call: update(rename),
			faults: faults{unanswered}, want: uncertain, applied: 1, arrived: 1},
		{name: "an ensured edit that is in force changes nothing more", call: ensure,
			faults: faults{unanswered}, want: success, applied: 1, arrived: 1},
		{name: "an ensured edit that a rival overwrote", call: ensure, faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "an edit that a rival overwrote", call: update(rename), faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "lost twice, then landed", call: update(increment), faults: faults{lost, lost}, want: success,
			applied: 1, arrived: 3},
		{name: "502 after it landed", call: ensure,
			faults: faults{ifmatchtest.ApplyAndAnswer(bad(502))}, want: success, applied: 1, arrived: 1},
		{name: "502 after an act landed", call: update(rename),
			faults: faults{ifmatchtest.ApplyAndAnswer(bad(502))}, want: uncertain, applied: 1, arrived: 1},
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
		{name: "a creation that landed may be a rival's", call: create, faults: faults{unanswered}, want: uncertain,
			applied: 1, arrived: 1},
		{name: "a creation at a unique URL that landed", call: createUnique, faults: faults{unanswered}, want: success,
			applied: 1, arrived: 1},
		{name: "a creation that did not is not sent again", call: create, faults: faults{lost}, want: uncertain,
			applied: 0, arrived: 1, absent: true},
		{name: "a creation, and a rival's other content", call: create, faults: faults{lost}, look: rival,
			want: uncertain, applied: 0, arrived: 1},
		{name: "a creation that a gateway replayed", call: create, faults: faults{ifmatchtest.Replay()},
			want: refused, err: ifmatch.AlreadyExists, applied: 1, arrived: 2},
		{name: "a merge patch in force may be a rival's", call: mergePatch, faults: faults{unanswered}, want: uncertain,
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
				assert.Equal(t, tc.absent, write.Remote == nil, "what looking found")
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

func TestALookThatIsOlderThanTheWriteProvesNothing(t *testing.T) {
	var behind atomic.Int64 // how far the origin's clock is
	clock := &ifmatchtest.Options{Now: func() time.Time { return time.Now().Add(-time.Duration(behind.Load())) }}
	for name, cache := range map[string]ifmatchtest.Fault{
		"Age":  ifmatchtest.SetHeader("Age", "3600"),
		"Date": ifmatchtest.Before(func() { behind.Store(int64(time.Hour)) }),
	} {
		stale := ifmatchtest.Together(ifmatchtest.StaleRead(), cache)
		serve := func(t *testing.T, content string) (*ifmatchtest.Origin, string) {
			behind.Store(0)
			return serve(t, clock, content)
		}
		t.Run(name+", the answer was lost", func(t *testing.T) {
			origin, url := serve(t, `{"count":0}`)
			origin.Next("PUT", ifmatchtest.LoseResponse())
			origin.Next("GET", append([]ifmatchtest.Fault{ifmatchtest.Pass()}, ifmatchtest.Times(20, stale)...)...)
			_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
			requireUncertain(t, err)
			assert.JSONEq(t, `{"count":1}`, origin.Body("/doc"))
		})
		for _, place := range []string{"/by", "/list"} {
			t.Run(name+", a gateway repeated it, "+place, func(t *testing.T) {
				origin, url := serve(t, `{"count":0,"list":[]}`)
				c := brisk().With(func(o *ifmatch.Options) { o.WriteID = place })
				u, err := ifmatch.Get[doc](t.Context(), c, url)
				require.NoError(t, err)
				origin.Next("PUT", ifmatchtest.Replay())
				origin.Next("GET", ifmatchtest.Times(20, stale)...)
				u.Value.Count++
				_, err = ifmatch.Put(t.Context(), c, u)
				requireUncertain(t, err)
				assert.Equal(t, 1, origin.Applied("PUT"))
			})
		}
		t.Run(name+", the answer to a patch shows nothing", func(t *testing.T) {
			origin, url := serve(t, `{"name":"a","count":0}`)
			u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Next("PATCH", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 200, Body: `{"ok":true}`}))
			origin.Next("GET", ifmatchtest.Times(20, stale)...)
			u, err = ifmatch.Patch(t.Context(), brisk(), u, "application/merge-patch+json", []byte(`{"count":1}`))
			require.NoError(t, err, "the server says so, and nothing denies it")
			assert.Empty(t, u.ETag, "what the cache holds is no result")
			assert.Nil(t, u.Content)
		})
	}
}

func TestALostPutIsInForceUnderWhatOthersHaveAdded(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":0}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	origin.Next("GET", ifmatchtest.Before(func() { origin.Set("/doc", `{"name":"theirs","count":1}`) }))
	u.Value.Count = 1
	u, err = ifmatch.Put(t.Context(), brisk(), u)
	require.NoError(t, err)
	assert.Equal(t, doc{Name: "theirs", Count: 1}, u.Value, "the newest state")
	assert.Equal(t, "GET PUT GET", story(origin))
}

func TestALookThatACacheAnswersIsRepeated(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	origin.Next("GET", ifmatchtest.Pass(),
		ifmatchtest.Together(ifmatchtest.StaleRead(), ifmatchtest.SetHeader("Age", "3600")))
	u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), url, increment)
	require.NoError(t, err)
	assert.Equal(t, 1, u.Value.Count)
	assert.Equal(t, "GET PUT GET GET", story(origin))
}

func TestAServerWhoseClockIsWrongIsNotHeldForACache(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"behind": -time.Hour, "ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			wrong := &ifmatchtest.Options{Now: func() time.Time { return time.Now().Add(ahead) }}
			origin, url := serve(t, wrong, `{"count":0,"by":["first"]}`)
			c := brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" })
			_, err := ifmatch.Update(t.Context(), c, url, increment) // its answer tells the clock
			require.NoError(t, err)
			origin.Next("PUT", ifmatchtest.LoseRequest())
			u, err := ifmatch.Update(t.Context(), c, url, increment)
			require.NoError(t, err)
			assert.Equal(t, 2, u.Value.Count)
		})
	}
}

func TestNothingIsCalledUndoneWhileAnEarlierCopyMayArrive(t *testing.T) {
	shown := ifmatchtest.Response{Status: 200, Body: thingV1}.With("ETag", `"v1"`)
	for name, second := range map[string]ifmatchtest.Fault{
		"302":                     ifmatchtest.Redirect(302, "/login"),
		"403":                     ifmatchtest.Answer(ifmatchtest.Problem(403, nil)),
		"a patch that is ignored": ifmatchtest.Answer(shown),
		"a success that is denied": ifmatchtest.Answer(
			ifmatchtest.Response{Status: 200, Body: `{"error":"busy"}`}.With("X-Refused", "yes")),
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, thingV1)
			origin.Next("PATCH", ifmatchtest.Postpone(), second)
			c := brisk().With(func(o *ifmatch.Options) {
				o.PatchFormat = "application/merge-patch+json"
				o.Dialect = refusesInside
			})
			_, err := ifmatch.Update(t.Context(), c, url, func(v *thing) error { v.N++; return nil })
			requireUncertain(t, err)
			assert.Equal(t, 2, origin.Arrived("PATCH"))
			origin.DeliverPostponed()
			assert.JSONEq(t, thingV2, origin.Body("/doc"), "it does arrive")
		})
	}
}

func TestASuccessThatTheDialectCannotReadIsNotBelieved(t *testing.T) {
	origin, url := serve(t, nil, thingV1)
	c := brisk().With(func(o *ifmatch.Options) { o.Dialect = refusesInside })
	u, err := ifmatch.Get[thing](t.Context(), c, url)
	require.NoError(t, err)
	origin.Next("PUT", ifmatchtest.Answer(
		ifmatchtest.Response{Status: 200, Body: `{"error":"no"}`}.With("X-Refused", "yes")))
	u.Value.N++
	_, err = ifmatch.Put(t.Context(), c, u)
	require.ErrorIs(t, err, ifmatch.ErrIgnored, "the look finds the version untouched")
	require.ErrorContains(t, err, "the server refuses it", "what the dialect says")
	assert.Equal(t, "GET PUT GET", story(origin))
}

// refusesInside is a dialect of servers that refuse inside a 200.
var refusesInside = &ifmatch.Dialect{Name: "odd", Read: readUnlessRefused}

func readUnlessRefused(a *http.Response, content, _ []byte) ([]byte, string, error) {
	switch {
	case a.Header.Get("X-Refused") != "":
		return nil, "", errors.New("the server refuses it")
	case a.Request.Method != http.MethodGet && len(content) == 0:
		return nil, "", nil
	}
	return content, string(ifmatch.EntityTag(a)), nil
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

func TestASuccessWhoseContentCannotBeReadIsASuccess(t *testing.T) {
	withstand(t, []hostile{
		{does: "answers 200 and content without end", put: pours("HTTP/1.1 200 OK\r\n\r\n", megabyte), updates: "ok"},
		{does: "answers 200 and 100 MiB of content in 100 KiB",
			put: says("200 OK", "Content-Encoding: gzip", zipped("", megabyte, 100)), updates: "ok"},
		{does: "answers 200 and breaks off", put: says("200 OK", "Content-Length: 10", "{"), updates: "ok"},
	})
}

func TestAnAnswerThatTellsNothingLeavesAWriteUncertain(t *testing.T) {
	withstand(t, []hostile{
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
		{does: "redirects the write into a GET (303) and does nothing", put: says("303 See Other", "Location: /", ""),
			updates: "303"}, // the look finds the version untouched
		{does: "fails, and wants a year of patience", put: says("500 Oops", "Retry-After: 31536000", ""),
			updates: "uncertain, exhausted, 500"},
		{does: "fails for ever", put: says("500 Oops", "", ""), updates: "uncertain, exhausted, 500"},
	})
}

func TestARedirectAfterAWriteTookEffectIsNoRefusal(t *testing.T) {
	// 303 is what a server answers that has done the work (RFC 9110 §15.4.4), and 301 and 302 are used so.
	for _, status := range []int{301, 302, 303} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Always("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: status}.With("Location", "/doc")))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		requireUncertain(t, err)
		_, err = ifmatch.Ensure(t.Context(), brisk(), url, func(v *thing) error { v.N = 7; return nil })
		require.NoError(t, err)
		assert.JSONEq(t, `{"n":7}`, origin.Body("/doc"))
		assert.Equal(t, 2, origin.Arrived("PUT"), "neither was sent again")
	}
}

func TestARedirectThatDidNothingIsARefusalThatNamesThePlace(t *testing.T) {
	for _, status := range []int{301, 302, 303} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Always("PUT", ifmatchtest.Redirect(status, "/elsewhere"))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, "/elsewhere", refused.Header.Get("Location"))
		assert.Equal(t, 1, origin.Arrived("PUT"), "nothing is sent again")
		assert.JSONEq(t, `{"n":1}`, origin.Body("/doc"))
	}
}

func TestACreationThatIsRedirectedIsUncertainAlsoWhereNothingIsThere(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Always("PUT", ifmatchtest.Redirect(302, "/elsewhere"))
	_, err := ifmatch.Create(t.Context(), brisk(), url, thing{N: 1})
	requireUncertain(t, err)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}

func TestARedirectOfTheSecondCopyIsLookedAfterLikeThatOfTheFirst(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	late := ifmatchtest.Before(func() { origin.DeliverPostponed() })
	origin.Next("PUT", ifmatchtest.Postpone(), ifmatchtest.Together(late, ifmatchtest.Redirect(302, "/login")))
	_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
	requireUncertain(t, err)
	assert.JSONEq(t, `{"n":2}`, origin.Body("/doc"))
}

// Absence is no version.

func TestADeletionByOthersIsNotUndoneByACreationThatWasLost(t *testing.T) {
	ensure := func(c *ifmatch.Client, url string) error {
		_, err := ifmatch.Ensure(t.Context(), c, url, func(v *thing) error { v.N = 1; return nil })
		return err
	}
	for name, create := range map[string]func(*ifmatch.Client, string) error{
		"Create": func(c *ifmatch.Client, url string) error {
			_, err := ifmatch.Create(t.Context(), c, url, thing{N: 1})
			return err
		},
		"Update": func(c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(t.Context(), c, url, func(v *thing) error { v.N++; return nil })
			return err
		},
		"Ensure": ensure,
	} {
		for _, o := range []ifmatch.Options{{}, {UniqueURL: true}, {WriteID: "/by"}} {
			o.CreateIfAbsent = true
			o.MaxWait = 20 * time.Millisecond
			t.Run(fmt.Sprint(name, " ", o.UniqueURL, o.WriteID), func(t *testing.T) {
				origin, url := serve(t, nil, "")
				deleted := ifmatchtest.After(func() { origin.Delete("/doc") })
				origin.Next("PUT", ifmatchtest.Together(deleted, ifmatchtest.LoseResponse()))
				requireUncertain(t, create(ifmatch.New(&o), url))
				assert.Equal(t, 1, origin.Applied("PUT"))
				assert.False(t, origin.Exists("/doc"), "what was deleted stays deleted")
			})
		}
	}
}

func TestACreationThatMayYetArriveIsNotSentAgain(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Next("PUT", ifmatchtest.Postpone())
	_, err := ifmatch.Create(t.Context(), brisk(), url, thing{N: 1})
	requireUncertain(t, err)
	assert.Equal(t, 1, origin.DeliverPostponed())
	assert.Equal(t, 1, origin.Applied("PUT"))
}

func TestACreationThatNeverLeftIsSentAgain(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.n == 1 {
			return nil, errDial
		}
		return reply(201, "", `ETag: "1"`), nil
	}, &ifmatch.Options{MaxWait: time.Millisecond})
	_, err := ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err)
	assert.Equal(t, "PUT PUT", s.methods())
}

func TestAResourceThatACacheDoesNotFindIsNotCalledDeleted(t *testing.T) {
	origin, url := serve(t, nil, thingV1)
	u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Next("DELETE", ifmatchtest.LoseRequest())
	missing := ifmatchtest.Answer(ifmatchtest.Problem(404, nil).With("Age", "3600"))
	origin.Always("GET", missing)
	requireUncertain(t, ifmatch.Delete(t.Context(), brisk(), u))
	assert.True(t, origin.Exists("/doc"))
}

// An act is not in force because nothing is left to do.

type queue struct {
	Jobs []string `json:"jobs"`
}

func TestAJobThatWasTakenIsNotLostWhenTheAnswerIs(t *testing.T) {
	origin, url := serve(t, nil, `{"jobs":["last"]}`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	var job string
	_, err := ifmatch.Update(t.Context(), brisk(), url, func(q *queue) error {
		if job = ""; len(q.Jobs) > 0 {
			job, q.Jobs = q.Jobs[0], q.Jobs[1:]
		}
		return nil
	})
	requireUncertain(t, err)
	assert.Equal(t, "last", job, "the edit is not asked on a state that may be its own doing")
}

func TestTheLastItemIsNotSoldTwice(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	rival := ifmatchtest.Before(func() { origin.Set("/doc", `{"n":0}`) })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error {
		if v.N > 0 {
			v.N--
		}
		return nil
	})
	requireUncertain(t, err)
	assert.Equal(t, 0, origin.Applied("PUT"))
}

func TestALockThatARivalHoldsIsNotOurs(t *testing.T) {
	type lock struct {
		Held bool `json:"held"`
	}
	for _, rivals := range []string{`{"held":true,"owner":"bob"}`, `{"held":true}`} {
		origin, url := serve(t, nil, "")
		rival := ifmatchtest.Before(func() { origin.Set("/doc", rivals) })
		origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
		_, err := ifmatch.Create(t.Context(), brisk(), url, lock{Held: true})
		requireUncertain(t, err)
		assert.Equal(t, rivals, origin.Body("/doc"))
	}
}

func TestACreationAtAUniqueURLIsNotAdoptedFromOtherContent(t *testing.T) {
	origin, url := serve(t, nil, "")
	rival := ifmatchtest.Before(func() { origin.Set("/doc", `{"n":2}`) })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	c := brisk().With(func(o *ifmatch.Options) { o.UniqueURL = true })
	_, err := ifmatch.Create(t.Context(), c, url, thing{N: 1})
	requireUncertain(t, err)
	assert.Equal(t, `{"n":2}`, origin.Body("/doc"))
}

func TestACreationAtAUniqueURLIsAdoptedWithWhatTheServerAdds(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Transform: ifmatchtest.StampRevision}, "")
	origin.Next("PUT", ifmatchtest.LoseResponse())
	c := brisk().With(func(o *ifmatch.Options) { o.UniqueURL = true })
	u, err := ifmatch.Create(t.Context(), c, url, thing{N: 1})
	require.NoError(t, err)
	assert.Equal(t, origin.Body("/doc"), string(u.Content))
	assert.Equal(t, 1, origin.Applied("PUT"))
}

func TestAPatchThatAppendsIsNotAdoptedFromARivals(t *testing.T) {
	patch := []byte(`[{"op":"add","path":"/jobs/-","value":"a"}]`)
	client, s := through(func(a arrival) (*http.Response, error) {
		switch {
		case a.method == http.MethodPatch:
			return nil, errLost
		case a.n == 1:
			return reply(200, `{"jobs":[]}`, `ETag: "1"`), nil
		}
		return reply(200, `{"jobs":["a"]}`, `ETag: "2"`), nil
	}, nil)
	u, err := ifmatch.Get[queue](t.Context(), client, thingURL)
	require.NoError(t, err)
	_, err = ifmatch.Patch(t.Context(), client, u, "application/json-patch+json", patch)
	requireUncertain(t, err)
	assert.Equal(t, "GET PATCH GET", s.methods())
}

func TestASuccessWhoseContentBreaksOffHasNoValidator(t *testing.T) {
	origin, url := serve(t, nil, thingV1)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Truncate(5),
		ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 200, Body: thingV2}.With("ETag", `"v2"`).
			With("Preference-Applied", "return=representation"))))
	u, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	assert.EqualValues(t, 2, u.Value.N, "what was sent")
	assert.Empty(t, u.ETag)
	u.Value.N = 3
	_, err = ifmatch.Save(t.Context(), brisk(), u, nil)
	require.NoError(t, err)
	assert.Equal(t, "GET PUT GET PUT", story(origin), "the next write looks first")
	assert.Equal(t, thingV3, origin.Body("/doc"))
}

func TestAServerErrorThatTheDialectKnowsAsARefusalIsOne(t *testing.T) {
	d := &ifmatch.Dialect{Name: "caddy", Kind: func(e *ifmatch.ResponseError) ifmatch.Kind {
		if e.StatusCode == http.StatusInternalServerError {
			return ifmatch.AlreadyExists
		}
		return ifmatch.Unknown
	}}
	origin, url := serve(t, nil, thingV1)
	origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(500, nil)))
	c := brisk().With(func(o *ifmatch.Options) { o.Dialect = d })
	_, err := ifmatch.Create(t.Context(), c, url, thing{N: 7})
	require.ErrorIs(t, err, ifmatch.AlreadyExists)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}
