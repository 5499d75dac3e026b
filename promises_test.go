package ifmatch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// The six promises of the README, each with the test that fails when it is broken.

// Promise 1: no lost update.

func TestAPollersReadDoesNotGuardAnotherWorkersWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"v1","count":1}`)
	c, ctx := brisk(), t.Context()

	worker, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	origin.Set("/doc", `{"name":"v2","count":1}`)
	poller, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	require.Equal(t, "v2", poller.Value.Name)

	worker.Value.Count = 9
	_, err = ifmatch.Put(ctx, c, worker)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
	_, err = ifmatch.Save(ctx, c, worker, nil)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
	assert.ErrorIs(t, ifmatch.Delete(ctx, c, worker), ifmatch.StaleVersion)
	assert.Equal(t, `{"name":"v2","count":1}`, origin.Body("/doc"), "v2 must survive")
	for _, cond := range append(conditions(origin, "PUT"), conditions(origin, "DELETE")...) {
		assert.Equal(t, `If-Match: "v1"`, cond)
	}
}

func TestAResolvedWriteIsGuardedTooAndMayLoseAgain(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":0}`)
	c, ctx := brisk(), t.Context()
	u, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	origin.Next("PUT",
		ifmatchtest.RivalWrite(`{"name":"b","count":0}`),
		ifmatchtest.RivalWrite(`{"name":"c","count":0}`),
		ifmatchtest.RivalWrite(`{"name":"d","count":0}`))
	u.Value.Count = 5
	u, err = ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.Equal(t, `{"name":"d","count":5}`, origin.Body("/doc"))
	assert.Equal(t, []string{`If-Match: "v1"`, `If-Match: "v2"`, `If-Match: "v3"`, `If-Match: "v4"`},
		conditions(origin, "PUT"))
	assert.Equal(t, doc{Name: "d", Count: 5}, u.Value)
}

func TestNoWriteIsSentWithoutAValidator(t *testing.T) {
	blank := &ifmatchtest.Options{Tags: ifmatchtest.NoTags, HideLastModified: true}
	origin, url := serve(t, blank, `{"name":"a","count":0}`)
	c, ctx := brisk(), t.Context()
	u, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	u.Value.Count = 1
	_, err = ifmatch.Put(ctx, c, u)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, err = ifmatch.Save(ctx, c, u, ifmatch.KeepLocal)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, err = ifmatch.Update(ctx, c, url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.ErrorIs(t, ifmatch.Delete(ctx, c, u), ifmatch.ErrNoValidator)
	_, err = ifmatch.Patch(ctx, c, u, "application/merge-patch+json", []byte(`{"count":1}`))
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Equal(t, 0, origin.Arrived("PUT")+origin.Arrived("DELETE")+origin.Arrived("PATCH"), "not one byte may leave")

	_, err = ifmatch.Update(ctx, c.With(func(o *ifmatch.Options) { o.AllowLostUpdates = true }), url, increment)
	require.NoError(t, err, "unless it is asked for by name")
	assert.Equal(t, []string{""}, conditions(origin, "PUT"))
}

// Promise 2: no double apply.

func TestUpdateCountsEveryIncrementOnceWhenResponsesAreLost(t *testing.T) {
	const increments = 200
	for _, tc := range []struct {
		name    string
		writers int
		header  http.Header
		writeID string
		body    string
	}{
		{name: "one writer", writers: 1, body: `{"count":0}`},
		{name: "eight writers", writers: 8, body: `{"count":0}`},
		{name: "one writer, Idempotency-Key", writers: 1, header: http.Header{"Idempotency-Key": {`"k"`}},
			body: `{"count":0}`},
		{name: "eight writers, Idempotency-Key", writers: 8, header: http.Header{"Idempotency-Key": {`"k"`}},
			body: `{"count":0}`},
		{name: "one writer, X-Idempotency-Key without a value", writers: 1,
			header: http.Header{"X-Idempotency-Key": {}}, body: `{"count":0}`},
		{name: "one writer, write identifier", writers: 1, writeID: "/writer", body: `{"count":0}`},
		{name: "eight writers, list of write identifiers", writers: 8, writeID: "/writers",
			body: `{"count":0,"writers":[]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, tc.body)
			origin.Every(10, "PUT", ifmatchtest.LoseResponse())
			c := brisk().With(func(o *ifmatch.Options) {
				o.Header = tc.header
				o.WriteID = tc.writeID
				o.WriteIDs = increments // however slow the machine, the list does not wrap
			})
			var acknowledged, uncertain, conflicts atomic.Int64
			var wg sync.WaitGroup
			for w := range tc.writers {
				wg.Go(func() {
					for i := range increments / tc.writers {
						u, err := ifmatch.Update(t.Context(), c, url, increment)
						var conflict *ifmatch.ConflictError
						var unknown *ifmatch.WriteError
						switch {
						case err == nil:
							acknowledged.Add(1)
							assert.Positive(t, u.Value.Count)
						case errors.As(err, &conflict):
							conflicts.Add(1)
						case errors.Is(err, ifmatch.ErrUncertain):
							uncertain.Add(1)
							require.ErrorAs(t, err, &unknown)
							assert.NotEmpty(t, unknown.Attempts)
						default:
							t.Errorf("writer %d, increment %d: %v", w, i, err)
						}
					}
				})
			}
			wg.Wait()
			var d doc
			require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &d))
			unanswered, landed := 0, 0
			for _, r := range origin.Requests("PUT") {
				if r.Status == 0 {
					unanswered++
					if r.Applied {
						landed++
					}
				}
			}
			t.Logf("acknowledged %d, uncertain %d, conflicts %d, counter %d; "+
				"PUTs %d, applied %d, without an answer %d, of these applied %d",
				acknowledged.Load(), uncertain.Load(), conflicts.Load(), d.Count,
				origin.Deliveries("PUT"), origin.Applied("PUT"), unanswered, landed)
			assert.Positive(t, landed)
			assert.Zero(t, conflicts.Load(), "false conflicts")
			assert.EqualValues(t, increments, acknowledged.Load()+uncertain.Load())
			assert.EqualValues(t, d.Count, origin.Applied("PUT"), "no increment is in one write twice")
			if tc.writeID == "" {
				assert.EqualValues(t, acknowledged.Load(), d.Count-landed,
					"the counter is what was acknowledged, and the uncertain ones that landed")
				assert.EqualValues(t, unanswered, uncertain.Load(),
					"every write whose outcome cannot be known is reported, and no other")
			} else {
				assert.EqualValues(t, increments, d.Count)
				assert.Zero(t, uncertain.Load(), "the identifier tells")
			}
		})
	}
}

func TestSaveDoesNotApplyTwiceWhenTheResponseIsLost(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":0}`)
	c, ctx := brisk(), t.Context()
	u, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	u.Value.Name = "b"
	u, err = ifmatch.Save(ctx, c, u, nil)
	require.NoError(t, err, "the saved state is in force: a success, not a conflict")
	assert.Equal(t, 1, origin.Deliveries("PUT"))
	assert.Equal(t, ifmatch.ETag(`"v2"`), u.ETag)
}

func TestAReplayByAGatewayIsNotAConflict(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":0}`)
	c, ctx := brisk(), t.Context()
	u, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	// The gateway's replay shows to nobody but as a 412 about the version that we made ourselves:
	// with a merge function it resolves to nothing left to write.
	origin.Next("PUT", ifmatchtest.Replay())
	u.Value.Name = "b"
	u, err = ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.Equal(t, "b", u.Value.Name)
	assert.Equal(t, 2, origin.Deliveries("PUT"))
	assert.Equal(t, 1, origin.Applied("PUT"))
}

// Promise 3: nothing falls out of the document.

func TestNothingFallsOutOfTheDocument(t *testing.T) {
	before := `{
  "big": 9223372036854775808,
  "name": "a",
  "price": 1.10,
  "count": 1e0,
  "unknown": {"deep": [1, {"x": null}], "escape": "\u00e9\/"},
  "items": [{"id": "1", "qty": 1, "note": "first"}, {"id": "2", "qty": 2, "note": "second"}]
}`
	type item struct {
		ID  string `json:"id"`
		Qty int    `json:"qty"`
	}
	type order struct {
		Name  string  `json:"name"`
		Big   float64 `json:"big"`
		Items []item  `json:"items"`
	}
	change := func(o *order) error {
		o.Name = "b"
		o.Items = append([]item{{"0", 7}}, o.Items[1]) // one in front, and the first one out
		return nil
	}
	want := strings.NewReplacer(`"name": "a"`, `"name": "b"`,
		`{"id": "1", "qty": 1, "note": "first"}, {"id": "2"`, `{"id": "0", "qty": 7}, {"id": "2"`).Replace(before)

	for _, how := range []string{"Update", "Save", "Put"} {
		t.Run(how, func(t *testing.T) {
			origin, url := serve(t, nil, before)
			c, ctx := brisk(), t.Context()
			var err error
			switch how {
			case "Update":
				_, err = ifmatch.Update(ctx, c, url, change)
			default:
				var u *ifmatch.Representation[order]
				u, err = ifmatch.Get[order](ctx, c, url)
				require.NoError(t, err)
				require.NoError(t, change(&u.Value))
				if how == "Save" {
					_, err = ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				} else {
					_, err = ifmatch.Put(ctx, c, u)
				}
			}
			require.NoError(t, err)
			assert.Equal(t, want, origin.Body("/doc"), "byte for byte, but for the change")
		})
	}
}

// Promise 4: no error loses information.

func TestNoErrorLosesInformation(t *testing.T) {
	const busy ifmatch.ProblemType = "https://example.com/probs/version-mismatch"
	origin, url := serve(t, nil, `{"name":"base","count":0}`)
	c, ctx := brisk(), t.Context()
	u, err := ifmatch.Get[doc](ctx, c, url)
	require.NoError(t, err)
	origin.Next("PUT", ifmatchtest.Together(
		ifmatchtest.RivalWrite(`{"name":"remote","count":0,"extra":1}`),
		ifmatchtest.RefuseWith(ifmatchtest.Problem(412, map[string]any{
			"type": busy, "title": "Too late", "currentVersion": 2, "changedBy": "bob"}))))
	u.Value.Name = "local"
	kept, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)

	require.Error(t, err)
	assert.Same(t, u, kept, "the caller keeps what was typed")
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, ifmatch.StaleVersion, conflict.Kind)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
	assert.ErrorIs(t, err, busy)
	assert.ErrorIs(t, err, ifmatch.ErrUnresolved, "why it stopped")
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 412, refused.StatusCode, "what failed last")
	assert.Equal(t, "Too late", conflict.Problem.Title)
	var more struct{ CurrentVersion int }
	require.NoError(t, conflict.Problem.Decode(&more))
	assert.Equal(t, 2, more.CurrentVersion)
	assert.Equal(t, "bob", conflict.Problem.Facts().ChangedBy)
	assert.JSONEq(t, `{"name":"base","count":0}`, string(conflict.Base))
	assert.JSONEq(t, `{"name":"local","count":0}`, string(conflict.Local))
	assert.JSONEq(t, `{"name":"remote","count":0,"extra":1}`, string(conflict.Remote))
	assert.Equal(t, ifmatch.ETag(`"v1"`), conflict.BaseETag)
	assert.Equal(t, ifmatch.ETag(`"v2"`), conflict.RemoteETag)
	require.Len(t, conflict.Attempts, 2)
	assert.Equal(t, `If-Match: "v1"`, conflict.Attempts[0].Condition)
	assert.Equal(t, 412, conflict.Attempts[0].Status)
	assert.Equal(t, http.MethodGet, conflict.Attempts[1].Method)
	assert.NotContains(t, err.Error(), "\n")

	again, ok := ifmatch.Resume[doc](err)
	require.True(t, ok)
	assert.Equal(t, "local", again.Value.Name)
	again, err = ifmatch.Save(ctx, c, again, ifmatch.KeepLocal)
	require.NoError(t, err, "and the edit can be taken up again from the error")
	assert.JSONEq(t, `{"name":"local","count":0,"extra":1}`, origin.Body("/doc"))
	assert.Equal(t, "local", again.Value.Name)
}

func TestAnEndedWaitKeepsWhatItWaitedFor(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	race := ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/race"}).With("Retry-After", "3600")
	origin.Always("PUT", ifmatchtest.Answer(race))
	c := brisk().With(func(o *ifmatch.Options) {
		o.MaxWait = 2 * time.Hour
		o.ProblemKinds = map[ifmatch.ProblemType]ifmatch.Kind{"https://example.com/race": ifmatch.Transient}
	})
	why := errors.New("the user closed the window")
	ctx, cancel := context.WithCancelCause(t.Context())
	origin.Next("PUT", ifmatchtest.After(func() { time.AfterFunc(50*time.Millisecond, func() { cancel(why) }) }))
	_, err := ifmatch.Update(ctx, c, url, increment)
	assert.ErrorIs(t, err, why)
	assert.ErrorIs(t, err, ifmatch.Transient)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 409, refused.StatusCode)
	assert.Equal(t, time.Hour, refused.RetryAfter)
}

// Promise 5: everything is bounded.

func TestEverythingIsBounded(t *testing.T) {
	t.Run("rounds", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.RivalEdit(func(old []byte) []byte {
			return append(bytes.TrimSuffix(old, []byte("}")), ",\"x\":1}"[:1]+fmt.Sprintf("\"x%d\":1}", len(old))...)
		}))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.MaxRounds = 7
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.ErrorIs(t, err, ifmatch.StaleVersion)
		assert.Equal(t, 7, origin.Arrived("PUT"))
	})
	t.Run("a tag that is never accepted", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.RefuseConditions())
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrRefusedTag)
		assert.Equal(t, 1, origin.Arrived("PUT"),
			"sending again what was refused for the tag that still stands helps nobody")
		assert.LessOrEqual(t, origin.Arrived("GET"), 8)
	})
	t.Run("attempts", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.LoseRequest())
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.MaxAttempts = 3
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.Equal(t, 3, origin.Arrived("PUT"))
	})
	t.Run("Retry-After", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("GET", ifmatchtest.Answer(ifmatchtest.Problem(503, nil).With("Retry-After", "86400")))
		_, err := ifmatch.Update(t.Context(), ifmatch.New(nil), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.Equal(t, 1, origin.Arrived("GET"))
	})
	t.Run("content", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("GET", ifmatchtest.Flood(1<<30))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.MaxBody = 1 << 16
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrTooLarge)
	})
	t.Run("elapsed time", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.RivalEdit(func(old []byte) []byte { return append(old, ' ') }))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.MaxElapsed = time.Nanosecond
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	})
}

// Promise 6: the caller decides.

func TestTheCallerDecides(t *testing.T) {
	const base, remote = `{"name":"base","count":0}`, `{"name":"remote","count":0}`
	own := func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		return doc{Name: c.Base.Name + "+" + c.Local.Name + "+" + c.Remote.Name}, nil
	}
	no := errors.New("ask a person")
	for _, tc := range []struct {
		name  string
		merge ifmatch.MergeFunc[doc]
		want  string
		err   error
		puts  int
	}{
		{name: "nobody was asked", want: remote, err: ifmatch.StaleVersion, puts: 1},
		{name: "overwrite", merge: ifmatch.KeepLocal[doc], want: `{"name":"local","count":0}`, puts: 2},
		{name: "discard", merge: ifmatch.KeepRemote[doc], want: remote, puts: 1},
		{name: "three-way leaves it open", merge: ifmatch.ThreeWay[doc], want: remote,
			err: ifmatch.ErrUnresolved, puts: 1},
		{name: "their own function", merge: own, want: `{"name":"base+local+remote","count":0}`, puts: 2},
		{name: "their own error",
			merge: func(context.Context, ifmatch.Conflict[doc]) (doc, error) { return doc{}, no }, want: remote,
			err: no, puts: 1},
		{name: "fall through", merge: ifmatch.FirstOf(ifmatch.ThreeWay[doc], ifmatch.KeepRemote), want: remote,
			puts: 1},
		{name: "by field",
			merge: ifmatch.Field(func(d *doc) *string { return &d.Name },
				func(b, l, r string) (string, error) { return l + "/" + r, nil }, ifmatch.ThreeWay),
			want: `{"name":"local/remote","count":0}`, puts: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, base)
			c, ctx := brisk(), t.Context()
			u, err := ifmatch.Get[doc](ctx, c, url)
			require.NoError(t, err)
			origin.Set("/doc", remote)
			u.Value.Name = "local"
			v, err := ifmatch.Save(ctx, c, u, tc.merge)
			if tc.err != nil {
				assert.ErrorIs(t, err, tc.err)
				assert.ErrorIs(t, err, ifmatch.StaleVersion)
				assert.Equal(t, "local", v.Value.Name)
			} else {
				require.NoError(t, err)
				assert.JSONEq(t, tc.want, string(v.Content))
			}
			assert.JSONEq(t, tc.want, origin.Body("/doc"))
			assert.Equal(t, tc.puts, origin.Arrived("PUT"))
		})
	}
}
