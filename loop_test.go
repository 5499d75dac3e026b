package ifmatch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

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

func TestALoopWaitsBeforeItLearnsTheTagAndThenUsesItAtOnce(t *testing.T) {
	// A wait between the two would make the tag old.
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				version++
				return reply(200, fmt.Sprintf(`{"n":1,"by":%d}`, version), fmt.Sprintf("ETag: \"%d\"", version)), nil
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

func TestTheRefusalThatCameBeforeIsKept(t *testing.T) {
	// The write was refused, and then the newest version could not be had, or not be used. Both
	// facts matter to the caller.
	for name, get := range map[string]func() *http.Response{
		"forbidden":     func() *http.Response { return reply(403, "") },
		"not decodable": func() *http.Response { return reply(200, "<html>", `ETag: "2"`) },
		"no validator":  func() *http.Response { return reply(200, `{"n":5}`) },
		"ambiguous":     func() *http.Response { return reply(200, `{"n":5,"x":5,"x":6}`, `ETag: "2"`) },
	} {
		network := func(reads int) func(a arrival) (*http.Response, error) { // reads come before the write
			return func(a arrival) (*http.Response, error) {
				switch {
				case a.method == http.MethodPut:
					return reply(412, `{"type":"https://example.com/probs/moved"}`,
						"Content-Type: application/problem+json"), nil
				case a.n <= reads:
					return reply(200, thingV1, `ETag: "1"`), nil
				}
				return get(), nil
			}
		}
		check := func(t *testing.T, err error, attempts int) {
			require.ErrorIs(t, err, ifmatch.ProblemType("https://example.com/probs/moved"))
			var failed *ifmatch.WriteError
			require.ErrorAs(t, err, &failed)
			require.Error(t, failed.Cause, "why it stopped")
			require.Error(t, failed.Last, "what failed last")
			require.Len(t, failed.Attempts, attempts)
			again, ok := ifmatch.Resume[thing](err)
			require.True(t, ok)
			require.EqualValues(t, 2, again.Value.N)
		}
		t.Run("Save, "+name, func(t *testing.T) {
			client, _ := through(network(0), nil)
			u := bump()
			same, err := ifmatch.Save(t.Context(), client, u, ifmatch.KeepLocal)
			require.Same(t, u, same)
			check(t, err, 2)
		})
		t.Run("Update, "+name, func(t *testing.T) {
			client, _ := through(network(1), nil)
			check(t, update(t.Context(), client), 3)
		})
	}
}

func TestNoNumberOfRoundsEndsACallByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			switch {
			case a.method == http.MethodGet:
				return reply(200, thingV1, fmt.Sprintf("ETag: %q", fmt.Sprint(version))), nil
			case a.n <= 60:
				version++ // others are faster
				return reply(412, ""), nil
			}
			return reply(204, ""), nil
		}, nil)
		require.NoError(t, update(t.Context(), client))
		require.Len(t, s.writes(), 61)
	})
	synctest.Test(t, func(t *testing.T) {
		version := 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				return reply(200, thingV1, fmt.Sprintf("ETag: %q", fmt.Sprint(version))), nil
			}
			version++
			return reply(412, ""), nil
		}, &ifmatch.Options{MaxRounds: 3})
		require.ErrorIs(t, update(t.Context(), client), ifmatch.ErrExhausted)
		require.Len(t, s.writes(), 3)
	})
}

func TestMaxElapsedEndsACallThatOthersAlwaysOvertake(t *testing.T) {
	for elapsed, want := range map[time.Duration]time.Duration{0: 2 * time.Minute, 10 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			version := 1
			client, _ := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV1, fmt.Sprintf("ETag: %q", fmt.Sprint(version))), nil
				}
				version++
				return reply(412, ""), nil
			}, &ifmatch.Options{MaxElapsed: elapsed})
			start := time.Now()
			err := update(t.Context(), client)
			require.ErrorIs(t, err, ifmatch.ErrExhausted)
			require.ErrorIs(t, err, ifmatch.StaleVersion)
			took := time.Since(start)
			require.True(t, want <= took && took < want+3*time.Second, took)
		})
	}
}

func TestMaxElapsedBoundsTheLooksToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		hangs := tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodGet {
				return nil, errLost
			}
			if reads++; reads == 1 {
				resp := reply(200, thingV1, `ETag: "1"`)
				resp.Request = r
				return resp, nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		client := ifmatch.New(&ifmatch.Options{
			HTTPClient: &http.Client{Transport: hangs}, MaxElapsed: 10 * time.Second,
		})
		start := time.Now()
		err := update(t.Context(), client)
		requireUncertain(t, err)
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.Equal(t, 10*time.Second, time.Since(start))
	})
}

func TestAServerThatNeverAnswersAPatchHoldsACallForMaxElapsedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := tripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				resp := reply(200, thingV1, `ETag: "1"`)
				resp.Request = r
				return resp, nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: never}, MaxElapsed: time.Minute,
			PatchFormat: "application/merge-patch+json"})
		start := time.Now()
		err := update(t.Context(), client)
		requireUncertain(t, err)
		require.ErrorIs(t, err, ifmatch.ErrExhausted)
		require.LessOrEqual(t, time.Since(start), time.Minute+31*time.Second, "one attempt more than the bound at most")
	})
}

func TestAWriteThatIsAlwaysToldToWaitIsExhausted(t *testing.T) {
	for name, use := range map[string]func(context.Context, *ifmatch.Client) error{"Put": put, "Update": update} {
		synctest.Test(t, func(t *testing.T) {
			client, s := through(held(func(arrival) (*http.Response, error) { return reply(429, ""), nil }), nil)
			err := use(t.Context(), client)
			require.ErrorIs(t, err, ifmatch.ErrExhausted, name)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, 429, refused.StatusCode)
			require.Len(t, s.writes(), 5)
		})
	}
}

func TestMaxElapsedBoundsTheLookThatExplainsARefusal(t *testing.T) {
	save := func(ctx context.Context, c *ifmatch.Client) error {
		_, err := ifmatch.Save(ctx, c, bump(), ifmatch.ThreeWay)
		return err
	}
	for name, use := range map[string]func(context.Context, *ifmatch.Client) error{"Put": put, "Save": save} {
		for _, status := range []int{409, 412} {
			synctest.Test(t, func(t *testing.T) {
				hangs := tripper(func(r *http.Request) (*http.Response, error) {
					if r.Method != http.MethodGet {
						resp := reply(status, "")
						resp.Request = r
						return resp, nil
					}
					<-r.Context().Done()
					return nil, r.Context().Err()
				})
				client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: hangs},
					MaxElapsed: 10 * time.Second})
				start := time.Now()
				err := use(t.Context(), client)
				var conflict *ifmatch.ConflictError
				require.ErrorAs(t, err, &conflict, name)
				require.ErrorIs(t, err, ifmatch.ErrExhausted)
				took := time.Since(start)
				require.True(t, 10*time.Second <= took && took < 11*time.Second, took)
			})
		}
	}
}
