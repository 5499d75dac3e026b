package ifmatch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// What becomes of a write whose answer does not tell.

func TestAWriteInDoubtIsSettledByLooking(t *testing.T) {
	const (
		success   = "success"
		uncertain = "uncertain"
	)
	rival := ifmatchtest.RivalWrite(`{"name":"rival","count":7}`)
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

	for _, tc := range []struct {
		name    string
		call    call
		faults  []ifmatchtest.Fault // for the writes, in order
		look    ifmatchtest.Fault   // for the GET that looks
		want    string
		err     error
		applied int
		puts    int
	}{
		{"an increment that landed cannot be told from a rival's", update(increment), []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), uncertain, nil, 1, 1},
		{"an increment that did not land goes out again", update(increment), []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"an edit that is in force changes nothing more", update(rename), []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"an edit that a rival overwrote", update(rename), []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, rival, uncertain, nil, 0, 1},
		{"lost twice, then landed", update(increment), []ifmatchtest.Fault{ifmatchtest.LoseRequest(), ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 3},
		{"502 after it landed", update(rename), []ifmatchtest.Fault{ifmatchtest.ApplyAndAnswer(bad(502))}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"500 after an increment landed", update(increment), []ifmatchtest.Fault{ifmatchtest.ApplyAndAnswer(bad(500))}, ifmatchtest.Pass(), uncertain, nil, 1, 1},
		{"503 before it landed", update(increment), []ifmatchtest.Fault{ifmatchtest.Answer(bad(503))}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"501 is a clear no", update(increment), []ifmatchtest.Fault{ifmatchtest.Answer(bad(501))}, ifmatchtest.Pass(), "", nil, 0, 1},
		{"403 is a clear no", update(increment), []ifmatchtest.Fault{ifmatchtest.Answer(bad(403))}, ifmatchtest.Pass(), "", nil, 0, 1},
		{"lost, and the second copy is refused for another reason", update(increment), []ifmatchtest.Fault{ifmatchtest.LoseRequest(), ifmatchtest.Answer(bad(403))}, ifmatchtest.Pass(), uncertain, nil, 0, 2},
		{"202: in force", save, []ifmatchtest.Fault{ifmatchtest.ApplyAndAnswer(bad202())}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"202: not yet", save, []ifmatchtest.Fault{ifmatchtest.Answer(bad202())}, ifmatchtest.Pass(), uncertain, nil, 0, 1},
		{"207 is a mixture", put, []ifmatchtest.Fault{ifmatchtest.Answer(ifmatchtest.Response{Status: 207})}, ifmatchtest.Pass(), uncertain, nil, 0, 1},
		{"a saved state in force", save, []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"a put state in force", put, []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"a put that did not land", put, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"a put state overwritten", put, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, rival, uncertain, nil, 0, 1},
		{"a deletion that landed", remove, []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"a deletion that did not", remove, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"a deletion, and a rival wrote", remove, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, rival, uncertain, nil, 0, 1},
		{"a deletion landed, and it was created anew", remove, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.RivalRecreate(`{}`), uncertain, nil, 0, 1},
		{"a creation that landed", create, []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"a creation that did not", create, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"a creation, and a rival's other content", create, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, rival, uncertain, nil, 0, 1},
		{"a creation that a gateway replayed", create, []ifmatchtest.Fault{ifmatchtest.Replay()}, ifmatchtest.Pass(), "", ifmatch.AlreadyExists, 1, 2},
		{"a merge patch in force", mergePatch, []ifmatchtest.Fault{ifmatchtest.LoseResponse()}, ifmatchtest.Pass(), success, nil, 1, 1},
		{"a merge patch that did not land", mergePatch, []ifmatchtest.Fault{ifmatchtest.LoseRequest()}, ifmatchtest.Pass(), success, nil, 1, 2},
		{"the late copy lands between our look and the second copy", update(increment),
			[]ifmatchtest.Fault{ifmatchtest.LoseRequest(), rival}, ifmatchtest.Pass(), uncertain, nil, 0, 2},
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
			default:
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
			assert.Equal(t, tc.puts, arrived, "writes that arrived: %v", origin.Requests())
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
	c := brisk().With(&ifmatch.Options{AllowDoubleApply: true})
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

func TestAValidatorThatStaysWhileTheContentMovesProvesNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Always("GET", ifmatchtest.AlterETag(func(string) string { return `"always the same"` }))
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.IgnoreConditions(), ifmatchtest.LoseResponse()))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	assert.Equal(t, 1, origin.Arrived("PUT"), "by the tag alone it would have been sent again")
}

func TestAWriteIdentifierTellsOurWriteFromARivalsEqualOne(t *testing.T) {
	stamped := &ifmatch.Options{WriteID: "/by"}
	rival := ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":"rival"}`) })
	t.Run("ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		u, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
	})
	t.Run("the rival's, which may stand on ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), rival)
		_, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list that does not have it proves that it did not land", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["first","rival"]}`) }))
		u, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{WriteID: "/by"}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 2, u.Value.Count)
	})
	t.Run("a list that has lost its beginning proves nothing", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["rival"]}`) }))
		_, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list keeps the newest 32", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":[]}`)
		for range 40 {
			_, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
			require.NoError(t, err)
		}
		var got struct {
			Count int
			By    []string
		}
		require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
		assert.Equal(t, 40, got.Count)
		assert.Len(t, got.By, 32)
	})
	t.Run("a place that does not exist is an error", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		_, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{WriteID: "/no/such/parent"}), url, increment)
		assert.ErrorContains(t, err, "/no/such/parent")
		assert.Equal(t, 0, origin.Arrived("PUT"))
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

func TestAnOldAnswerOutOfACacheDoesNotProveThatALostWriteDidNotLand(t *testing.T) {
	for name, tc := range map[string]struct {
		o    *ifmatch.Options
		body string
	}{
		"no identifier":         {nil, `{"count":0}`},
		"a list of identifiers": {&ifmatch.Options{WriteID: "/by"}, `{"count":0,"by":["first"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, tc.body)
			origin.Next("PUT", ifmatchtest.LoseResponse())
			// The look, and all that follow it for a while, are answered by a cache.
			origin.Next("GET", append([]ifmatchtest.Fault{ifmatchtest.Pass()}, ifmatchtest.Times(20, ifmatchtest.StaleRead())...)...)
			_, err := ifmatch.Update(t.Context(), brisk().With(tc.o), url, increment)
			assert.ErrorIs(t, err, ifmatch.ErrUncertain)
			assert.ErrorIs(t, err, ifmatch.ErrRefusedTag, "why looking did not tell")
			assert.Equal(t, 1, origin.Applied("PUT"))
		})
	}
	t.Run("a cache that catches up", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		u, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{WriteID: "/by"}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
}

func TestAnIdentifierTellsThatTheWriteWhichAGatewayRepeatedIsOurs(t *testing.T) {
	stamped := &ifmatch.Options{WriteID: "/by"}
	t.Run("Update", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.Replay())
		u, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Put", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Always("PUT", ifmatchtest.Replay())
		u.Value.Count = 5
		_, err = ifmatch.Put(t.Context(), brisk().With(stamped), u)
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Create", func(t *testing.T) {
		origin, url := serve(t, nil, `{}`)
		origin.Always("PUT", ifmatchtest.Replay())
		_, err := ifmatch.Create(t.Context(), brisk().With(stamped), url+"/new", doc{Count: 1})
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("a rival's is not", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7,"by":"rival"}`))
		u, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 8, u.Value.Count)
	})
	t.Run("looking that fails is no answer either", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7}`))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
		_, err := ifmatch.Update(t.Context(), brisk().With(stamped), url, increment)
		assert.ErrorIs(t, err, ifmatch.StaleVersion)
	})
}

func TestAClearRefusalStaysOneWhenThereIsNoTimeToLookForTheIdentifier(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"count":7}`),
		ifmatchtest.RefuseWith(ifmatchtest.Problem(412, nil).With("Retry-After", "3600"))))
	_, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{WriteID: "/by"}), url, increment)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
	assert.ErrorIs(t, err, ifmatch.ErrExhausted)
	assert.NotErrorIs(t, err, ifmatch.ErrUncertain)
}
