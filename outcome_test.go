package ifmatch_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
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
