package ifmatch_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAWriteThatMayHaveArrivedIsNotRepeatedBlindly(t *testing.T) {
	// go-retryablehttp would send the PUT again at once, and the caller would see a
	// 412 although the own write won (RFC 9110 §9.2.2: "though the response might differ").
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

func TestARefusedConnectionOfARealNetworkIsNoDoubt(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	u := bump()
	u.URL = url
	_, err := ifmatch.Put(t.Context(), ifmatch.New(&ifmatch.Options{MaxAttempts: 2, MaxWait: time.Millisecond}), u)
	var failed *ifmatch.WriteError
	require.ErrorAs(t, err, &failed)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain)
	require.Len(t, failed.Attempts, 2)
	require.Zero(t, failed.Attempts[1].Deliveries)
}

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
				return reply(503, `{"type":"https://example.com/probs/busy"}`, "Content-Type: application/problem+json"), nil
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
			client, s := through(func(arrival) (*http.Response, error) { return reply(429, ""), nil }, &ifmatch.Options{MaxAttempts: set})
			require.Error(t, put(t.Context(), client))
			require.Len(t, s.arrivals(), want, "a write met with 429")
		})
		synctest.Test(t, func(t *testing.T) {
			client, s := through(held(func(arrival) (*http.Response, error) { return nil, errLost }), &ifmatch.Options{MaxAttempts: set})
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

func TestPatienceWithAWriteThatWasTurnedAway(t *testing.T) {
	// 429 and 425 say that the request was not processed: the same may go out again,
	// without a look. 425 once: a server that says it twice does not mean early data (RFC 8470 §5.2).
	for _, c := range []struct {
		name     string
		statuses []int // of the answers to the first writes; then 204
		want     string
		err      error
	}{
		{"429", []int{429, 429, 429}, "PUT PUT PUT PUT", nil},
		{"425", []int{425}, "PUT PUT", nil},
		{"425 twice", []int{425, 425}, "PUT PUT", ifmatch.Transient},
		{"429 and 425", []int{429, 425, 429}, "PUT PUT PUT PUT", nil},
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

func TestRetryAfterIsHonouredOnAnyStatus(t *testing.T) {
	for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
		t.Run(fmt.Sprint("a read and ", status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(func(a arrival) (*http.Response, error) {
					if a.n == 1 {
						return reply(status, "", "Retry-After: 7"), nil
					}
					return reply(200, thingV1), nil
				}, nil)
				_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
				require.NoError(t, err)
				require.Len(t, s.arrivals(), 2)
				require.GreaterOrEqual(t, gaps(s.arrivals())[0], 7*time.Second)
				require.Less(t, gaps(s.arrivals())[0], 8*time.Second, "longer than asked for is no use")
			})
		})
	}
	for _, status := range []int{202, 408, 409, 412, 425, 429, 500, 503} {
		t.Run(fmt.Sprint("a write and ", status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(func(a arrival) (*http.Response, error) {
					switch {
					case a.method == http.MethodGet && a.n == 1:
						return reply(200, thingV1, `ETag: "1"`), nil
					case a.method == http.MethodGet:
						return reply(200, thingV2, `ETag: "2"`), nil
					case a.n == 1:
						return reply(status, "", "Retry-After: 7"), nil
					}
					return reply(204, ""), nil
				}, nil)
				require.NoError(t, update(t.Context(), client))
				all := s.arrivals()
				require.GreaterOrEqual(t, len(all), 3)
				require.GreaterOrEqual(t, gaps(all)[1], 7*time.Second, s.methods())
				require.Less(t, gaps(all)[1], 9*time.Second)
			})
		})
	}
}

func TestRetryAfterIsReadInEveryForm(t *testing.T) {
	date := time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)
	for _, c := range []struct {
		name   string
		fields []string
		want   time.Duration
	}{
		{"seconds", []string{"Retry-After: 10"}, 10 * time.Second},
		{"IMF-fixdate, of a clock that is years ahead", []string{"Retry-After: " + date.Add(10*time.Second).Format(http.TimeFormat), "Date: " + date.Format(http.TimeFormat)}, 10 * time.Second},
		{"RFC 850", []string{"Retry-After: " + date.Add(10*time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT"), "Date: " + date.Format(http.TimeFormat)}, 10 * time.Second},
		{"asctime", []string{"Retry-After: " + date.Add(10*time.Second).Format(time.ANSIC), "Date: " + date.Format(http.TimeFormat)}, 10 * time.Second},
		{"the longer of two", []string{"Retry-After: 3", "Retry-After: 10"}, 10 * time.Second},
		{"good beside bad", []string{"Retry-After: soon", "Retry-After: 10"}, 10 * time.Second},
		{"just MaxWait", []string{"Retry-After: 30"}, 30 * time.Second},
		{"a date that has passed", []string{"Retry-After: " + date.Add(-time.Hour).Format(http.TimeFormat), "Date: " + date.Format(http.TimeFormat)}, 0},
		{"zero", []string{"Retry-After: 0"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, s := through(func(a arrival) (*http.Response, error) {
					if a.n == 1 {
						return reply(503, "", c.fields...), nil
					}
					return reply(200, thingV1), nil
				}, nil)
				_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
				require.NoError(t, err)
				require.GreaterOrEqual(t, gaps(s.arrivals())[0], c.want)
				require.LessOrEqual(t, gaps(s.arrivals())[0], c.want+200*time.Millisecond)
			})
		})
	}
}

func TestRetryAfterCannotHoldACall(t *testing.T) {
	// go-retryablehttp sleeps for a day, for centuries, or, after an overflow, not at all.
	for _, value := range []string{
		"31", "86400", "2147483648", "9223372036", "9223372037", "9223372036854775807", "18446744073709551616",
		strings.Repeat("9", 400), "Tue, 01 Jan 2999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
	} {
		t.Run("too long: "+value[:min(len(value), 40)], func(t *testing.T) {
			each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
				start := time.Now()
				client, s := through(func(a arrival) (*http.Response, error) {
					return reply(429, "", "Retry-After: "+value), nil
				}, nil)
				err := use(t.Context(), client)
				require.Zero(t, time.Since(start), "it is not slept")
				require.Len(t, s.arrivals(), 1, "nor is the server asked before its time")
				require.ErrorIs(t, err, ifmatch.ErrExhausted)
				require.NotErrorIs(t, err, ifmatch.ErrUncertain)
				var refused *ifmatch.ResponseError
				require.ErrorAs(t, err, &refused)
				require.Greater(t, refused.RetryAfter, 30*time.Second, "the caller may want to know")
				require.LessOrEqual(t, refused.RetryAfter, 365*24*time.Hour)
			})
		})
	}
	for _, value := range []string{"-1", "-86400", "1.5", "1e9", "soon", "", "0x10", "+5", "10 20", "\u0661", "Mon, 99 Foo 2999 00:00:00 GMT"} {
		t.Run("nonsense: "+value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				client, s := through(func(a arrival) (*http.Response, error) {
					return reply(503, "", "Retry-After: "+value), nil
				}, nil)
				_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
				require.Error(t, err)
				require.NotErrorIs(t, err, ifmatch.ErrExhausted, "nobody asked for a wait")
				require.Len(t, s.arrivals(), 5)
				require.Less(t, time.Since(start), 4*time.Second, "0.2 + 0.4 + 0.8 + 1.6 s at most")
			})
		})
	}
}

func TestWaitsHaveFullJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) { return reply(503, ""), nil }, &ifmatch.Options{MaxAttempts: 12, MaxWait: time.Second})
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
		}{"first": {first, 200 * time.Millisecond}, "late": {late, time.Second}} {
			slices.Sort(c.waits)
			assert.Less(t, c.waits[0], c.bound/5, name)
			assert.Greater(t, c.waits[len(c.waits)-1], c.bound*4/5, name)
			assert.InDelta(t, c.bound/2, c.waits[len(c.waits)/2], float64(c.bound/4), "median of the %s waits", name)
		}
	})
}

func TestJitterNeverShortensRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) { return reply(503, "", "Retry-After: 2"), nil }, &ifmatch.Options{MaxAttempts: 100})
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Len(t, s.arrivals(), 100)
		for i, w := range gaps(s.arrivals()) {
			require.GreaterOrEqual(t, w, 2*time.Second, "wait %d", i+1)
			require.LessOrEqual(t, w, 30*time.Second, "wait %d", i+1)
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
		client, s := through(func(arrival) (*http.Response, error) { return nil, errLost }, &ifmatch.Options{MaxAttempts: 1000})
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

func TestCancellingTheWaitAfterAConflictKeepsTheConflict(t *testing.T) {
	for name, use := range map[string]func(context.Context, *ifmatch.Client) error{
		"Update": update,
		"Save": func(ctx context.Context, c *ifmatch.Client) error {
			_, err := ifmatch.Save(ctx, c, bump(), ifmatch.ThreeWay)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, _ := through(held(func(a arrival) (*http.Response, error) {
					return reply(412, "", "Retry-After: 20"), nil
				}), nil)
				cause := errors.New("the user has left")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(3*time.Second, func() { cancel(cause) })
				start := time.Now()
				err := use(ctx, client)
				require.Equal(t, 3*time.Second, time.Since(start))
				require.ErrorIs(t, err, cause)
				require.ErrorIs(t, err, ifmatch.StaleVersion)
				var conflict *ifmatch.ConflictError
				require.ErrorAs(t, err, &conflict)
				again, ok := ifmatch.Resume[thing](err)
				require.True(t, ok)
				require.EqualValues(t, 2, again.Value.N, "the edit can be taken up again")
			})
		})
	}
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
		client, s := through(func(arrival) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil }, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := use(ctx, client)
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		require.Empty(t, s.arrivals())
	})
}

func TestAWaitThatDoesNotFitTheDeadlineIsNotBegun(t *testing.T) {
	each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
		client, s := through(func(arrival) (*http.Response, error) { return reply(429, "", "Retry-After: 20"), nil }, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		err := use(ctx, client)
		require.Zero(t, time.Since(start), "the answer is known now")
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, 20*time.Second, refused.RetryAfter)
		require.Len(t, s.arrivals(), 1)
	})
}

func TestARoundTripThatDoesNotFitTheDeadlineIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) {
			time.Sleep(4 * time.Second) // how long this server takes
			return reply(503, "", "Retry-After: 3"), nil
		}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := ifmatch.Get[thing](ctx, client, thingURL)
		require.Equal(t, 4*time.Second, time.Since(start), "4 + 3 + 4 s is more than 10")
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.Len(t, s.arrivals(), 1)
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
		require.Greater(t, last[30].at.Sub(last[0].at), time.Minute, "and the waits do not end then either: 30 of 15 s on average")
	})
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				version++
				return reply(200, thingV1, fmt.Sprintf("ETag: %q", fmt.Sprint(version))), nil
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
	// backoff finds a PermanentError anywhere in a chain and returns what is inside
	// it, so that the outer text is lost. Ours are not its.
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

func TestTheCallersConnectionsStayOpen(t *testing.T) {
	// go-retryablehttp closes the idle connections of the client it was given when it
	// gives up.
	var mu sync.Mutex
	connections := 0
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(503)
		io.WriteString(w, strings.Repeat("x", 10_000)) // more than what it drains
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			mu.Lock()
			connections++
			mu.Unlock()
		}
	}
	s.Start()
	defer s.Close()
	hc := s.Client()
	client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxWait: time.Millisecond})
	for range 2 {
		_, err := ifmatch.Get[thing](t.Context(), client, s.URL)
		require.Error(t, err)
		u := bump()
		u.URL = s.URL
		_, err = ifmatch.Put(t.Context(), client, u)
		require.Error(t, err)
	}
	resp, err := hc.Get(s.URL) // the caller's own use of its client
	require.NoError(t, err)
	resp.Body.Close()
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 1, connections)
}

func TestTheCallersClientIsNotChanged(t *testing.T) {
	s := &scripted{answer: func(arrival) (*http.Response, error) { return reply(503, ""), nil }}
	hc := &http.Client{Transport: s}
	before := *hc
	client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, MaxAttempts: 1, Timeout: time.Second})
	_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
	require.Error(t, err)
	require.Equal(t, before.Timeout, hc.Timeout)
	require.Nil(t, hc.CheckRedirect)
	require.Same(t, s, hc.Transport)
}

func TestNothingIsLogged(t *testing.T) {
	// go-retryablehttp's default logger prints every request's URL to stderr, which it
	// takes hold of when the program starts: so this needs a process of its own.
	const inside = "IFMATCH_TEST_NOTHING_IS_LOGGED"
	if os.Getenv(inside) == "" {
		var stderr bytes.Buffer
		cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsLogged$")
		cmd.Env = append(os.Environ(), inside+"=1", "GOCOVERDIR="+t.TempDir())
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "PASS")
		require.Empty(t, stderr.String())
		return
	}
	synctest.Test(t, func(t *testing.T) {
		client, _ := through(func(a arrival) (*http.Response, error) {
			if a.n%2 == 0 {
				return nil, errLost
			}
			return reply(503, ""), nil
		}, nil)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Error(t, put(t.Context(), client))
		require.Error(t, update(t.Context(), client))
	})
}

func TestHeadersOfTheCallerStayAsTheyAre(t *testing.T) {
	// Nor does what a RoundTripper sets on one request show up in the next call.
	s := &scripted{answer: held(func(arrival) (*http.Response, error) { return reply(412, ""), nil })}
	rude := rudeTripper{s}
	own := http.Header{"X-Team": {"blue"}}
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: rude}, Header: own})
	u := bump()
	u.Header = http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}
	for range 2 {
		_, err := ifmatch.Put(t.Context(), client, u)
		require.ErrorIs(t, err, ifmatch.StaleVersion)
		var failed *ifmatch.WriteError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, `If-Match: "1"`, failed.Attempts[0].Condition, "what was meant to be sent")
	}
	require.Equal(t, http.Header{"X-Team": {"blue"}}, own)
	require.Equal(t, http.Header{"Content-Type": {"application/json"}, "Etag": {`"1"`}}, u.Header)
	for _, a := range s.arrivals() {
		require.Equal(t, []string{"blue"}, a.header.Values("X-Team"))
		require.Equal(t, `If-Match: "1"`, a.condition())
		require.Equal(t, []string{"1"}, a.header.Values("X-Count"))
	}
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

func TestAStaleConnectionDeliversAWriteOnceOrIsCounted(t *testing.T) {
	// With an Idempotency-Key, net/http sends a request again by itself when a reused
	// connection breaks, although its bytes were written. The first copy may have
	// been performed; the answer of the second is then a 412 about our own write.
	below := func(next http.RoundTripper) http.RoundTripper { return keyTripper{next} }
	for _, c := range []struct {
		name   string
		header http.Header
		wrap   func(http.RoundTripper) http.RoundTripper
		copies int // sent by one attempt
	}{
		{"no key", nil, nil, 1},
		{"Idempotency-Key", http.Header{"Idempotency-Key": {"k"}}, nil, 1},
		{"X-Idempotency-Key", http.Header{"X-Idempotency-Key": {"k"}}, nil, 1},
		{"a key of no values, which is not sent", http.Header{"X-Idempotency-Key": {}}, nil, 1},
		{"a key that a RoundTripper below us adds", nil, below, 1},
	} {
		for _, apply := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, applied %v", c.name, apply), func(t *testing.T) {
				d := newDropper(t, apply)
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				hc := &http.Client{Transport: transport}
				if c.wrap != nil {
					hc.Transport = c.wrap(transport)
				}
				client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, Header: c.header, MaxWait: 10 * time.Millisecond})
				u, err := ifmatch.Get[thing](t.Context(), client, "http://"+d.Addr().String()+"/")
				require.NoError(t, err)
				u.Value.N = 2
				u, err = ifmatch.Put(t.Context(), client, u)
				require.NoError(t, err, "neither a false conflict nor a false doubt")
				require.Equal(t, ifmatch.ETag(`"2"`), u.ETag)

				d.mu.Lock()
				defer d.mu.Unlock()
				require.Equal(t, 1, d.applied, "at most one copy takes effect")
				require.Equal(t, thingV2, d.content)
				want := c.copies
				if !apply && c.copies == 1 {
					want = 2 // it looked, found nothing, and wrote again
				}
				require.Equal(t, want, d.delivered)
			})
		}
	}
}

func TestAStaleConnectionDeletesOnceAndSaysSo(t *testing.T) {
	// A DELETE has no content, so net/http can always send it again. The second copy
	// finds nothing, and its 404 or 412 is about our own deletion.
	for name, c := range map[string]struct {
		header http.Header
		wrap   bool
	}{
		"no key":                             {},
		"Idempotency-Key":                    {header: http.Header{"Idempotency-Key": {"k"}}},
		"a key of no values":                 {header: http.Header{"X-Idempotency-Key": {}}},
		"a key that is added below us":       {wrap: true},
		"a key of ours and one below us too": {header: http.Header{"Idempotency-Key": {"k"}}, wrap: true},
	} {
		for _, apply := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, applied %v", name, apply), func(t *testing.T) {
				d := newDropper(t, apply)
				transport := &http.Transport{}
				defer transport.CloseIdleConnections()
				hc := &http.Client{Transport: transport}
				if c.wrap {
					hc.Transport = keyTripper{transport}
				}
				client := ifmatch.New(&ifmatch.Options{HTTPClient: hc, Header: c.header, MaxWait: 10 * time.Millisecond})
				u, err := ifmatch.Get[thing](t.Context(), client, "http://"+d.Addr().String()+"/")
				require.NoError(t, err)
				require.NoError(t, ifmatch.Delete(t.Context(), client, u), "not a conflict with oneself")
				d.mu.Lock()
				defer d.mu.Unlock()
				require.Empty(t, d.content)
				require.Equal(t, 1, d.applied)
			})
		}
	}
}

func TestAnIncrementCountsOnceWhateverKeyItCarries(t *testing.T) {
	for _, header := range []http.Header{nil, {"Idempotency-Key": {"k"}}} {
		o := ifmatchtest.New(nil)
		o.Set("/n", `{"n":0}`)
		o.Every(3, "PUT", ifmatchtest.LoseResponse())
		url := o.Serve(t).URL + "/n"
		client := ifmatch.New(&ifmatch.Options{Header: header, MaxWait: time.Millisecond})
		acknowledged, uncertain := 0, 0
		for range 30 {
			_, err := ifmatch.Update(t.Context(), client, url, func(v *thing) error { v.N++; return nil })
			switch {
			case err == nil:
				acknowledged++
			case errors.Is(err, ifmatch.ErrUncertain):
				uncertain++
			default:
				require.NoError(t, err, "a false conflict")
			}
		}
		require.Equal(t, 30, o.Applied("PUT"), "each increment once: %d acknowledged, %d uncertain", acknowledged, uncertain)
		require.JSONEq(t, `{"n":30}`, o.Body("/n"))
		require.Equal(t, 30, acknowledged+uncertain)
		require.Positive(t, uncertain, "an increment whose answer is lost cannot be told from a rival's")
	}
}

func TestAnIncrementOverHTTP2CountsOnce(t *testing.T) {
	// HTTP/2 has replays of its own (GOAWAY, REFUSED_STREAM), and loses single streams
	// instead of connections.
	o := ifmatchtest.New(nil)
	o.Set("/n", `{"n":0}`)
	o.Every(4, "PUT", ifmatchtest.LoseResponse())
	o.Every(5, "PUT", ifmatchtest.LoseRequest())
	s := o.ServeTLS(t)
	client := ifmatch.New(&ifmatch.Options{HTTPClient: s.Client(), MaxWait: time.Millisecond, WriteID: "/by"})
	for range 20 {
		_, err := ifmatch.Update(t.Context(), client, s.URL+"/n", func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
	}
	require.Contains(t, o.Body("/n"), `"n":20,`)
	require.Equal(t, 20, o.Applied("PUT"))
	require.Greater(t, o.Arrived("PUT"), 20, "the faults did happen")
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

func TestALoopWaitsBeforeItLearnsTheTagAndThenUsesItAtOnce(t *testing.T) {
	// A wait between the two would make the tag old.
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				version++
				return reply(200, thingV1, fmt.Sprintf("ETag: \"%d\"", version)), nil
			}
			switch {
			case a.n == 3:
				return reply(412, "", "Retry-After: 5"), nil
			case a.n < 8:
				return reply(412, ""), nil
			}
			return reply(204, ""), nil
		}, nil)
		require.NoError(t, update(t.Context(), client))
		all := s.arrivals()
		require.Len(t, all, 16)
		waits := gaps(all)
		for i := 0; i < len(waits); i += 2 {
			require.Zero(t, waits[i], "between GET and PUT")
		}
		require.LessOrEqual(t, waits[1], 10*time.Millisecond, "the first re-try is nearly immediate")
		require.GreaterOrEqual(t, waits[5], 5*time.Second, "Retry-After")
	})
}

func TestNoWaitAtAllIsAllowedWhereMaxWaitIsNegative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		none := &ifmatch.Options{MaxWait: -1}
		client, s := through(func(arrival) (*http.Response, error) { return reply(503, ""), nil }, none)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Len(t, s.arrivals(), 5)
		client, s = through(func(arrival) (*http.Response, error) { return reply(503, "", "Retry-After: 1"), nil }, none)
		_, err = ifmatch.Get[thing](t.Context(), client, thingURL)
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.Len(t, s.arrivals(), 1)
		require.Zero(t, time.Since(start))
	})
}

func TestTheCallersOwnTraceStillRuns(t *testing.T) {
	o := ifmatchtest.New(nil)
	o.Set("/a", `{"n":1}`)
	url := o.Serve(t).URL + "/a"
	var written atomic.Int32
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaders: func() { written.Add(1) }})
	_, err := ifmatch.Update(ctx, nil, url, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.EqualValues(t, 2, written.Load())
}

func TestCertificatesThatAreNotTrustedAreNotAskedAgain(t *testing.T) {
	o := ifmatchtest.New(nil)
	s := o.ServeTLS(t)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	u := bump()
	u.URL = s.URL
	_, err := ifmatch.Put(t.Context(), ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{}}), u)
	var cert *tls.CertificateVerificationError
	require.ErrorAs(t, err, &cert)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain, "nothing but the handshake was sent")
	var failed *ifmatch.WriteError
	require.ErrorAs(t, err, &failed)
	require.Len(t, failed.Attempts, 1)
}

func TestACopyThatNeverReachedTheConnectionIsNoDoubt(t *testing.T) {
	// An idle connection turns out to be closed when the next request is written: net/http
	// takes another connection, for any method, because not a byte had left. That is
	// everyday life behind a load balancer; the 412 that follows is a plain conflict.
	for _, c := range []struct {
		name  string
		use   func(context.Context, *ifmatch.Client, string) error
		story string
	}{
		{"Put", func(ctx context.Context, c *ifmatch.Client, url string) error {
			u, err := ifmatch.Get[thing](ctx, c, url)
			if err != nil {
				return err
			}
			u.Value.N = 2
			_, err = ifmatch.Put(ctx, c, u)
			return err
		}, "GET PUT"},
		{"Update", func(ctx context.Context, c *ifmatch.Client, url string) error {
			_, err := ifmatch.Update(ctx, c, url, func(v *thing) error { v.N++; return nil })
			return err
		}, "GET PUT GET PUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := ifmatchtest.New(nil)
			o.Set("/a", thingV1)
			o.Next("PUT", ifmatchtest.RivalWrite(`{"n":5}`))
			s := o.Serve(t)
			transport := &http.Transport{DialContext: closedAfterOne()}
			defer transport.CloseIdleConnections()
			client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: transport}})
			err := c.use(t.Context(), client, s.URL+"/a")
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			var methods []string
			for _, r := range o.Requests() {
				methods = append(methods, r.Method)
			}
			require.Equal(t, c.story, strings.Join(methods, " "))
			if c.name == "Put" {
				require.ErrorIs(t, err, ifmatch.StaleVersion)
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, `{"n":6}`, o.Body("/a"))
		})
	}
}

func TestARequestForATokenIsNotACopyOfTheWrite(t *testing.T) {
	// A RoundTripper that signs may fetch what it signs with, in the context of the
	// request. Its requests are no deliveries of ours, and a 412 stays a plain conflict.
	o := ifmatchtest.New(nil)
	o.Set("/a", thingV1)
	o.Set("/token", `{}`)
	o.Next("PUT /a", ifmatchtest.RivalWrite(`{"n":5}`))
	url := o.Serve(t).URL
	client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: tokenTripper{url + "/token"}}})
	_, err := ifmatch.Update(t.Context(), client, url+"/a", func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.JSONEq(t, `{"n":6}`, o.Body("/a"))
	require.Equal(t, 2, o.Arrived("GET /a"), "the write was refused: there was nothing to be in doubt about")
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
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: bareTripper(f)}, MaxAttempts: 2, MaxWait: -1})
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
