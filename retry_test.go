package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestTheLastAnswerSurvivesTheLastAttempt(t *testing.T) {
	// go-retryablehttp gives up with an error of its own and drains the answer.
	const busy = `{"type":"https://example.com/probs/busy","title":"Busy","detail":"come back","queue":17}`
	for _, status := range []int{429, 503} {
		each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
			client, _ := through(func(a arrival) (*http.Response, error) {
				return reply(status, busy, "Content-Type: application/problem+json", "X-Request-Id: r1"), nil
			}, nil)
			err := use(t.Context(), client)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, status, refused.StatusCode)
			require.Equal(t, busy, string(refused.Body))
			require.Equal(t, "r1", refused.Header.Get("X-Request-Id"))
			require.ErrorIs(t, err, ifmatch.ProblemType("https://example.com/probs/busy"))
			require.ErrorIs(t, err, ifmatch.Transient)
			require.Equal(t, "come back", refused.Problem.Detail)
			require.JSONEq(t, `17`, string(refused.Problem.Extensions["queue"]))
		})
	}
}

func TestAnAnswerBeforeABrokenConnectionIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _ := through(func(a arrival) (*http.Response, error) {
			if a.n == 1 {
				return reply(503, `{"type":"https://example.com/probs/busy"}`,
					"Content-Type: application/problem+json"), nil
			}
			return nil, errLost
		}, nil)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.ErrorIs(t, err, errLost)
		require.ErrorIs(t, err, ifmatch.ProblemType("https://example.com/probs/busy"))
	})
}

func TestMaxAttemptsCountsEveryAttempt(t *testing.T) {
	for set, want := range map[int]int{0: 5, 1: 1, 2: 2, 7: 7, -1: 1, -100: 1} {
		for name, answer := range map[string]func(arrival) (*http.Response, error){
			"503":               func(arrival) (*http.Response, error) { return reply(503, ""), nil },
			"broken connection": func(arrival) (*http.Response, error) { return nil, errLost },
			"no connection":     func(arrival) (*http.Response, error) { return nil, errDial },
			"broken content":    func(arrival) (*http.Response, error) { return cut(reply(200, thingV1)), nil },
		} {
			t.Run(fmt.Sprint(set, " ", name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, s := through(answer, &ifmatch.Options{MaxAttempts: set})
					_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
					require.Error(t, err)
					require.Len(t, s.arrivals(), want)
				})
			})
		}
		synctest.Test(t, func(t *testing.T) {
			client, s := through(func(arrival) (*http.Response, error) {
				return reply(429, ""), nil
			}, &ifmatch.Options{MaxAttempts: set})
			require.Error(t, put(t.Context(), client))
			require.Len(t, s.arrivals(), want, "a write met with 429")
		})
		synctest.Test(t, func(t *testing.T) {
			client, s := through(held(func(arrival) (*http.Response, error) {
				return nil, errLost
			}), &ifmatch.Options{MaxAttempts: set})
			require.ErrorIs(t, put(t.Context(), client), ifmatch.ErrUncertain)
			require.Len(t, s.writes(), want, "a write whose answers are all lost")
		})
	}
}

func TestAReadIsRepeatedUntilItsContentIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.n < 3 {
				return cut(reply(200, `{"n":17}`, `ETag: "torn"`)), nil
			}
			return reply(200, thingV1, `ETag: "1"`), nil
		}, nil)
		u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		require.Equal(t, thingV1, string(u.Content))
		require.Equal(t, ifmatch.ETag(`"1"`), u.ETag)
		require.Len(t, s.arrivals(), 3)
	})
	synctest.Test(t, func(t *testing.T) {
		client, _ := through(func(a arrival) (*http.Response, error) { return cut(reply(200, thingV1)), nil }, nil)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	})
}

func TestAWriteThatWasTurnedAwayIsSentAgainWithoutALook(t *testing.T) {
	// 429 and 425 say that the request was not processed: the same may be sent again, without a
	// look. 425 once: a server that says it twice does not mean early data (RFC 8470 §5.2).
	for _, c := range []struct {
		name     string
		statuses []int // of the answers to the first writes; then 204
		want     string
		err      error
	}{
		{name: "429", statuses: []int{429, 429, 429}, want: "PUT PUT PUT PUT"},
		{name: "425", statuses: []int{425}, want: "PUT PUT"},
		{name: "425 twice", statuses: []int{425, 425}, want: "PUT PUT", err: ifmatch.Transient},
		{name: "429 and 425", statuses: []int{429, 425, 429}, want: "PUT PUT PUT PUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(held(func(a arrival) (*http.Response, error) {
					if a.n <= len(c.statuses) {
						return reply(c.statuses[a.n-1], ""), nil
					}
					return reply(204, "", `ETag: "2"`), nil
				}), nil)
				err := put(t.Context(), client)
				require.ErrorIs(t, err, c.err)
				require.NotErrorIs(t, err, ifmatch.ErrUncertain)
				require.Equal(t, c.want, s.methods())
			})
		})
	}
}

func TestWaitsHaveFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) {
			return reply(503, ""), nil
		}, &ifmatch.Options{MaxAttempts: 12, MaxWait: time.Second})
		var first, late []time.Duration
		for range 100 {
			before := len(s.arrivals())
			_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.Error(t, err)
			waits := gaps(s.arrivals()[before:])
			require.Len(t, waits, 11)
			for i, w := range waits {
				require.LessOrEqual(t, w, min(200*time.Millisecond<<i, time.Second), "wait %d", i+1)
				require.GreaterOrEqual(t, w, time.Duration(0))
			}
			first, late = append(first, waits[0]), append(late, waits[10])
		}
		// Uniform from zero: clients that failed together do not come back together.
		for name, c := range map[string]struct {
			waits []time.Duration
			bound time.Duration
		}{"first": {waits: first, bound: 200 * time.Millisecond}, "late": {waits: late, bound: time.Second}} {
			slices.Sort(c.waits)
			assert.Less(t, c.waits[0], c.bound/5, name)
			assert.Greater(t, c.waits[len(c.waits)-1], c.bound*4/5, name)
			assert.InDelta(t, c.bound/2, c.waits[len(c.waits)/2], float64(c.bound/4), "median of the %s waits", name)
		}
	})
}

func TestCancellingAWaitReturnsAtOnceAndKeepsTheFailure(t *testing.T) {
	const busy = `{"type":"https://example.com/probs/busy"}`
	each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
		client, s := through(func(a arrival) (*http.Response, error) {
			return reply(429, busy, "Retry-After: 20", "Content-Type: application/problem+json"), nil
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		err := use(ctx, client)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, ifmatch.ProblemType("https://example.com/probs/busy"), "what the wait was for")
		require.NotErrorIs(t, err, ifmatch.ErrUncertain, "429 is a clear answer")
		require.Len(t, s.arrivals(), 1)
	})
}

func TestCancellingAWaitKeepsABrokenConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) {
			return nil, errLost
		}, &ifmatch.Options{MaxAttempts: 1000})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		start := time.Now()
		_, err := ifmatch.Get[thing](ctx, client, thingURL)
		require.Equal(t, time.Minute, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, errLost)
		require.Greater(t, len(s.arrivals()), 3)
		require.NotContains(t, err.Error(), "\n")
	})
}

func TestCancellingARequestInFlightReturnsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
		hang := &hanging{}
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: hang}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		err := use(ctx, client)
		require.Equal(t, 3*time.Second, time.Since(start))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, hang.count(), "no look with a context that has ended")
	})
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
		client, s := through(func(arrival) (*http.Response, error) {
			return reply(200, thingV1, `ETag: "1"`), nil
		}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := use(ctx, client)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		require.Empty(t, s.arrivals())
	})
}

func TestNothingEndsACallAfterFifteenMinutes(t *testing.T) {
	// backoff's MaxElapsedTime would. Only what the caller set, and the context, count.
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.n <= 120:
				return reply(503, "", "Retry-After: 25"), nil
			case a.n <= 150:
				return reply(503, ""), nil
			}
			return reply(200, thingV1), nil
		}, &ifmatch.Options{MaxAttempts: 1000})
		start := time.Now()
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.NoError(t, err)
		require.Len(t, s.arrivals(), 151)
		require.Greater(t, time.Since(start), 45*time.Minute)
		last := s.arrivals()[120:]
		require.Greater(t, last[30].at.Sub(last[0].at), time.Minute,
			"and the waits do not end then either: 30 of 15 s on average")
	})
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				version++
				return reply(200, fmt.Sprintf(`{"n":1,"by":%d}`, version), fmt.Sprintf("ETag: \"%d\"", version)), nil
			}
			if a.n <= 100 {
				return reply(412, "", "Retry-After: 25"), nil
			}
			return reply(204, ""), nil
		}, &ifmatch.Options{MaxRounds: 1000, MaxElapsed: -1})
		start := time.Now()
		require.NoError(t, update(t.Context(), client))
		require.Len(t, s.writes(), 101)
		require.Greater(t, time.Since(start), 40*time.Minute)
	})
}

func TestErrorsKeepWhatTheyWereWrappedIn(t *testing.T) {
	// backoff finds a PermanentError anywhere in a chain and returns what is inside it, so that the
	// outer text is lost. Ours are not its.
	inner := errors.New("inner")
	wrapped := fmt.Errorf("outer: %w", backoff.Permanent(inner))
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) { return nil, wrapped }, nil)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.ErrorIs(t, err, wrapped)
		require.ErrorContains(t, err, "outer: inner")
		require.Len(t, s.arrivals(), 5, "and it does not decide how often we try")
	})
	synctest.Test(t, func(t *testing.T) {
		client, _ := through(held(func(arrival) (*http.Response, error) { return reply(204, ""), nil }), nil)
		_, err := ifmatch.Update(t.Context(), client, thingURL, func(*thing) error { return wrapped })
		require.ErrorIs(t, err, wrapped)
		require.ErrorContains(t, err, "outer: inner")
	})
}

func TestARoundTripperThatBreaksItsContractDoesNoHarm(t *testing.T) {
	for name, f := range map[string]func() *http.Response{
		"neither answer nor error": func() *http.Response { return nil },
		"no header":                func() *http.Response { return &http.Response{StatusCode: 200, Body: http.NoBody} },
		"a redirect, no header":    func() *http.Response { return &http.Response{StatusCode: 307, Body: http.NoBody} },
		"no content, not even an empty one": func() *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: 17}
		},
		"status 0": func() *http.Response { return &http.Response{Header: http.Header{}, Body: http.NoBody} },
	} {
		network := tripper(func(*http.Request) (*http.Response, error) { return f(), nil })
		client := ifmatch.New(&ifmatch.Options{
			HTTPClient: &http.Client{Transport: network}, MaxAttempts: 2, MaxWait: -1,
		})
		assert.NotPanics(t, func() {
			_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			assert.Error(t, err, name)
			_, err = ifmatch.Save(t.Context(), client, bump(), nil)
			if err == nil {
				assert.Equal(t, "no header", name) // 200 is 200
			}
		}, name)
	}
}

func TestAContextThatIsOverSendsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	u.Value.Count = 5
	_, err = ifmatch.Put(ctx, brisk(), u)
	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, ifmatch.ErrUncertain, "it is certain: nothing left")
	assert.Equal(t, 0, origin.Arrived("PUT"))
}
