package ifmatch_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

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
				_, err := ifmatch.Ensure(t.Context(), client, thingURL, func(v *thing) error { v.N = 2; return nil })
				require.NoError(t, err)
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
		{name: "seconds", fields: []string{"Retry-After: 10"}, want: 10 * time.Second},
		{name: "IMF-fixdate, of a clock that is years ahead",
			fields: []string{"Retry-After: " + date.Add(10*time.Second).Format(http.TimeFormat),
				"Date: " + date.Format(http.TimeFormat)},
			want: 10 * time.Second},
		{name: "RFC 850",
			fields: []string{"Retry-After: " + date.Add(10*time.Second).Format("Monday, 02-Jan-06 15:04:05 GMT"),
				"Date: " + date.Format(http.TimeFormat)},
			want: 10 * time.Second},
		{name: "asctime",
			fields: []string{"Retry-After: " + date.Add(10*time.Second).Format(time.ANSIC),
				"Date: " + date.Format(http.TimeFormat)},
			want: 10 * time.Second},
		{name: "the longer of two", fields: []string{"Retry-After: 3", "Retry-After: 10"}, want: 10 * time.Second},
		{name: "good beside bad", fields: []string{"Retry-After: soon", "Retry-After: 10"}, want: 10 * time.Second},
		{name: "just MaxWait", fields: []string{"Retry-After: 30"}, want: 30 * time.Second},
		{name: "a date that has passed",
			fields: []string{"Retry-After: " + date.Add(-time.Hour).Format(http.TimeFormat),
				"Date: " + date.Format(http.TimeFormat)},
			want: 0},
		{name: "zero", fields: []string{"Retry-After: 0"}, want: 0},
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
	for _, value := range []string{
		"-1", "-86400", "1.5", "1e9", "soon", "", "0x10", "+5", "10 20", "\u0661", "Mon, 99 Foo 2999 00:00:00 GMT",
	} {
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

func TestJitterNeverShortensRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, s := through(func(arrival) (*http.Response, error) {
			return reply(503, "", "Retry-After: 2"), nil
		}, &ifmatch.Options{MaxAttempts: 100})
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Len(t, s.arrivals(), 100)
		for i, w := range gaps(s.arrivals()) {
			require.GreaterOrEqual(t, w, 2*time.Second, "wait %d", i+1)
			require.LessOrEqual(t, w, 30*time.Second, "wait %d", i+1)
		}
	})
}

func TestAWaitThatDoesNotFitTheDeadlineIsNotBegun(t *testing.T) {
	each(t, func(t *testing.T, use func(context.Context, *ifmatch.Client) error) {
		client, s := through(func(arrival) (*http.Response, error) {
			return reply(429, "", "Retry-After: 20"), nil
		}, nil)
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

func TestNoWaitAtAllIsAllowedWhereMaxWaitIsNegative(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		none := &ifmatch.Options{MaxWait: -1}
		client, s := through(func(arrival) (*http.Response, error) { return reply(503, ""), nil }, none)
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		require.Error(t, err)
		require.Len(t, s.arrivals(), 5)
		client, s = through(func(arrival) (*http.Response, error) {
			return reply(503, "", "Retry-After: 1"), nil
		}, none)
		_, err = ifmatch.Get[thing](t.Context(), client, thingURL)
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.Len(t, s.arrivals(), 1)
		require.Zero(t, time.Since(start))
	})
}

func TestADeadlineThatDoesNotFitTheLookEndsNow(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(503, nil).With("Retry-After", "600")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := ifmatch.Update(ctx, ifmatch.New(&ifmatch.Options{MaxWait: time.Hour}), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	assert.ErrorIs(t, err, ifmatch.ErrExhausted)
	assert.NoError(t, ctx.Err(), "it did not wait")
}

func TestAnImpossibleWaitEndsTheCall(t *testing.T) {
	withstand(t, []hostile{
		{does: "is busy for 10^20 seconds", get: says("503 Busy", "Retry-After: 100000000000000000000", ""),
			gets: "exhausted, 503"},
		{does: "is busy until the year 2999", get: says("503 Busy", "Retry-After: Tue, 01 Jan 2999 00:00:00 GMT", ""),
			gets: "exhausted, 503"},
		{does: "is busy for -5 seconds", get: says("503 Busy", "Retry-After: -5", ""),
			gets: "503"},
		{does: "turns the write away, and wants a year of patience",
			put: says("429 Slow down", "Retry-After: 31536000", ""), updates: "exhausted, 429"},
		{does: "turns the write away for ever", put: says("429 Slow down", "", ""),
			updates: "exhausted, 429"},
	})
}
