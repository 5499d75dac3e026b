package ifmatch_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestUpdateWritesNothingWhenTheEditChangesNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a", "count":  1}`)
	u, err := ifmatch.Update(t.Context(), brisk(), url, func(d *doc) error { d.Count = 1; return nil })
	require.NoError(t, err)
	assert.Equal(t, ifmatch.ETag(`"v1"`), u.ETag)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestUpdateEndsWithTheEditsOwnError(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	no := errors.New("no")
	_, err := ifmatch.Update(t.Context(), brisk(), url, func(*doc) error { return no })
	assert.ErrorIs(t, err, no)
	var w *ifmatch.WriteError
	require.ErrorAs(t, err, &w)
	assert.JSONEq(t, `{"count":1}`, string(w.Base))
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestUpdateOfAnAbsentResourceIsAnErrorUnlessItMayCreate(t *testing.T) {
	origin, url := serve(t, nil, "")
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 404, refused.StatusCode)

	c := brisk().With(&ifmatch.Options{CreateIfAbsent: true})
	u, err := ifmatch.Update(t.Context(), c, url, increment)
	require.NoError(t, err)
	assert.Equal(t, 1, u.Value.Count)
	assert.Equal(t, []string{"If-None-Match: *"}, conditions(origin, "PUT"))
}

func TestTwoCreatorsAtOnceBothEndRight(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Always("PUT", ifmatchtest.Barrier(2))
	c := brisk().With(&ifmatch.Options{CreateIfAbsent: true})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.JSONEq(t, `{"name":"","count":2}`, origin.Body("/doc"))
}

func TestUpdateDoesNotResurrectWhatWasDeletedMeanwhile(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Next("PUT", ifmatchtest.RivalDelete())
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.Deleted)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Nil(t, conflict.Remote)
	assert.False(t, origin.Exists("/doc"))

	origin.Set("/doc", `{"count":5}`)
	origin.Next("PUT", ifmatchtest.RivalDelete())
	_, err = ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{CreateIfAbsent: true}), url, increment)
	require.NoError(t, err, "unless it may create")
	assert.JSONEq(t, `{"name":"","count":1}`, origin.Body("/doc"))
}

func TestUpdateDoesNotTakeANewResourceForTheOldOne(t *testing.T) {
	for name, options := range map[string]*ifmatch.Options{"by identity": {Identity: "/uid"}, "seen gone": nil} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"uid":"one","count":1}`)
			if options == nil {
				// Gone when the first conflict is looked at, back before the next write.
				origin.Next("PUT", ifmatchtest.RivalDelete(), ifmatchtest.RivalRecreate(`{"uid":"two","count":100}`))
				u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
				require.NoError(t, err)
				u.Value.Count = 2
				var recreated bool
				_, err = ifmatch.Save(t.Context(), brisk(), u, func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
					if recreated = c.RemoteRecreated; recreated {
						return doc{}, ifmatch.Recreated
					}
					return c.Local, nil
				})
				assert.ErrorIs(t, err, ifmatch.Recreated)
				assert.True(t, recreated)
				return
			}
			origin.Next("PUT", ifmatchtest.RivalRecreate(`{"uid":"two","count":100}`))
			_, err := ifmatch.Update(t.Context(), brisk().With(options), url, increment)
			assert.ErrorIs(t, err, ifmatch.Recreated)
			assert.JSONEq(t, `{"uid":"two","count":100}`, origin.Body("/doc"))
		})
	}
}

func TestABare409IsAStaleVersionExactlyWhenTheValidatorMoved(t *testing.T) {
	bare := ifmatchtest.Response{Status: 409, Body: "Resource has been modified"}
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b","count":1}`), ifmatchtest.RefuseWith(bare)))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"b","count":2}`, origin.Body("/doc"))

	origin.Next("PUT", ifmatchtest.Answer(bare))
	_, err = ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.Unknown)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	assert.Equal(t, 0, origin.Pending())
	assert.Equal(t, 3, origin.Arrived("PUT"), "it is about something else, and surfaces")
}

func TestARefetchThatReturnsTheRefusedTagIsNoNewRace(t *testing.T) {
	t.Run("a stale cache recovers", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"name":"b","count":1}`))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.StaleRead(), ifmatchtest.StaleRead())
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 2, origin.Arrived("PUT"), "no write with the tag that was refused")
		for _, r := range origin.Requests("GET")[1:] {
			assert.Equal(t, "no-cache", r.Header.Get("Cache-Control"))
		}
	})
	t.Run("weak tags for the first second", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		weak := ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag })
		origin.Next("GET", weak, weak, weak)
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		require.NoError(t, err)
		assert.Equal(t, []string{`If-Match: W/"v1"`, `If-Match: "v1"`}, conditions(origin, "PUT"))
	})
	t.Run("an altered tag is named", func(t *testing.T) {
		origin, url := serve(t, nil, `{"name":"a","count":1}`)
		origin.Always("GET", ifmatchtest.Together(
			ifmatchtest.AlterETag(func(tag string) string { return strings.TrimSuffix(tag, `"`) + `-gzip"` }),
			ifmatchtest.SetHeader("Via", "1.1 proxy")))
		_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrRefusedTag)
		assert.ErrorContains(t, err, "compressed form")
		assert.ErrorContains(t, err, "Via")
	})
}

func TestWhatFetchingDoesNotCureSurfacesAtOnce(t *testing.T) {
	k8s := func(reason, cause string) ifmatchtest.Response {
		return ifmatchtest.Response{Status: 409, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"` + reason + `","details":{"causes":[{"reason":"` + cause + `","field":".spec.replicas"}]},"code":409}`}
	}
	for _, tc := range []struct {
		name   string
		answer ifmatchtest.Response
		kind   ifmatch.Kind
	}{
		{"locked", ifmatchtest.Problem(423, nil), ifmatch.Locked},
		{"precondition required", ifmatchtest.Problem(428, nil), ifmatch.PreconditionRequired},
		{"another field manager", k8s("Conflict", "FieldManagerConflict"), ifmatch.Ownership},
		{"a name that is taken", ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/taken"}), ifmatch.AlreadyExists},
		{"wrong state", ifmatchtest.Problem(409, map[string]any{"type": "https://example.com/state"}), ifmatch.WrongState},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"count":1}`)
			origin.Always("PUT", ifmatchtest.Answer(tc.answer))
			c := brisk().With(&ifmatch.Options{ProblemKinds: map[ifmatch.ProblemType]ifmatch.Kind{
				"https://example.com/taken": ifmatch.AlreadyExists, "https://example.com/state": ifmatch.WrongState}})
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			assert.ErrorIs(t, err, tc.kind)
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, 1, origin.Arrived("PUT"))
			assert.JSONEq(t, `{"name":"","count":2}`, string(mustCompactLocal(conflict.Local)), "the edit is not lost")
		})
	}
}

func TestAWrongStateTellsTheStates(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(409, map[string]any{
		"type": "https://example.com/probs/not-paid", "title": "Not paid yet",
		"currentState": "open", "requiredState": "paid", "suggestedAction": "pay"})))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	facts := conflict.Problem.Facts()
	assert.Equal(t, "open", facts.CurrentState)
	assert.Equal(t, []string{"paid"}, facts.RequiredStates)
	assert.Equal(t, "pay", facts.Action)
}

func TestOnConflictDecidesAboutWhatFetchingDoesNotCure(t *testing.T) {
	taken := ifmatchtest.Problem(422, map[string]any{"type": "https://example.com/taken"})
	kinds := map[ifmatch.ProblemType]ifmatch.Kind{"https://example.com/taken": ifmatch.AlreadyExists}
	t.Run("going on counts as a round", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		origin.Always("PUT", ifmatchtest.Answer(taken))
		asked := 0
		c := brisk().With(&ifmatch.Options{ProblemKinds: kinds, MaxRounds: 4, OnConflict: func(context.Context, *ifmatch.ResponseError) error { asked++; return nil }})
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrExhausted)
		assert.ErrorIs(t, err, ifmatch.AlreadyExists)
		assert.Equal(t, 4, asked)
		assert.Equal(t, 4, origin.Arrived("PUT"))
	})
	t.Run("its error ends the call", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		origin.Always("PUT", ifmatchtest.Answer(taken))
		no := errors.New("no other name")
		c := brisk().With(&ifmatch.Options{ProblemKinds: kinds, OnConflict: func(context.Context, *ifmatch.ResponseError) error { return no }})
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		assert.ErrorIs(t, err, no)
		assert.ErrorIs(t, err, ifmatch.AlreadyExists)
	})
	t.Run("it is not asked about who may, or how busy the server is", func(t *testing.T) {
		for _, status := range []int{401, 403, 429, 501} {
			origin, url := serve(t, nil, `{"count":1}`)
			origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
			c := brisk().With(&ifmatch.Options{MaxAttempts: 1, OnConflict: func(context.Context, *ifmatch.ResponseError) error {
				t.Errorf("asked about %d", status)
				return nil
			}})
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			assert.Error(t, err)
			assert.Equal(t, 1, origin.Arrived("PUT"))
		}
	})
	t.Run("Save sends the same again when the obstacle is gone", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":1}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(423, nil)))
		u.Value.Count = 7
		c := brisk().With(&ifmatch.Options{OnConflict: func(_ context.Context, e *ifmatch.ResponseError) error {
			assert.Equal(t, ifmatch.Locked, e.Kind)
			return nil // unlocked
		}})
		u, err = ifmatch.Save(t.Context(), c, u, nil)
		require.NoError(t, err)
		assert.Equal(t, 7, u.Value.Count)
		assert.Equal(t, []string{`If-Match: "v1"`, `If-Match: "v1"`}, conditions(origin, "PUT"))
	})
}

func TestUpdateRetriesATransientConflictAsTheServerAsks(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	s3 := ifmatchtest.Response{Status: 409, Header: http.Header{"Content-Type": {"application/xml"}},
		Body: `<Error><Code>ConditionalRequestConflict</Code><Message>in progress</Message></Error>`}
	origin.Next("PUT", ifmatchtest.Answer(s3), ifmatchtest.Answer(s3))
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.Equal(t, 3, origin.Arrived("PUT"))
}

func TestUpdateWritesToWhereTheRedirectOfItsReadLed(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Next("GET /latest", ifmatchtest.Redirect(302, "/doc"))
	u, err := ifmatch.Update(t.Context(), brisk(), strings.TrimSuffix(url, "/doc")+"/latest", increment)
	require.NoError(t, err)
	assert.Equal(t, url, u.URL)
	assert.Equal(t, 1, origin.Applied("PUT /doc"))
}

func TestUpdateGuardsByDateOnlyWhereTheDateIsStrong(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.NoTags, Now: func() time.Time { return now }}, `{"count":1}`)
	_, err := ifmatch.Update(t.Context(), brisk(), url, increment)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "written in this very second")
	now = now.Add(2 * time.Second)
	_, err = ifmatch.Update(t.Context(), brisk(), url, increment)
	require.NoError(t, err)
	assert.Equal(t, []string{"If-Unmodified-Since: Fri, 20 Nov 2026 10:00:00 GMT"}, conditions(origin, "PUT"))
}

func TestManyWritersLoseNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	c := brisk().With(&ifmatch.Options{MaxRounds: 1000})
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 10 {
				_, err := ifmatch.Update(t.Context(), c, url, increment)
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.JSONEq(t, `{"count":160}`, origin.Body("/doc"))
}

func TestSaveMergesFromTheOriginalBaseInEveryRound(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"1","count":0}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	// A merge of a merge would take the second rival's "1" for a change of our "2".
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"name":"2","count":1}`), ifmatchtest.RivalWrite(`{"name":"1","count":2}`))
	u.Value.Name = "2"
	u.Value.Tags = []string{"x"}
	var bases, locals []string
	_, err = ifmatch.Save(t.Context(), brisk(), u, func(ctx context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		bases, locals = append(bases, c.Base.Name), append(locals, c.Local.Name)
		return ifmatch.ThreeWay(ctx, c)
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"2","count":2,"tags":["x"]}`, origin.Body("/doc"))
	assert.Equal(t, []string{"1", "1"}, bases)
	assert.Equal(t, []string{"2", "2"}, locals)
}

func TestADeletionIsAMergeInput(t *testing.T) {
	const base = `{"name":"a","count":1,"unknown":true}`
	for _, tc := range []struct {
		name  string
		merge ifmatch.MergeFunc[doc]
		err   error
		want  string
	}{
		{"nobody asked", nil, ifmatch.Deleted, ""},
		{"three-way", ifmatch.ThreeWay[doc], ifmatch.Deleted, ""},
		{"discard", ifmatch.KeepRemote[doc], ifmatch.Deleted, ""},
		{"overwrite creates anew, with what the type does not show", ifmatch.KeepLocal[doc], nil, `{"name":"b","count":1,"unknown":true}`},
		{"by field", ifmatch.Field(func(d *doc) *string { return &d.Name }, func(_, l, _ string) (string, error) { return l, nil }, ifmatch.KeepLocal), nil, `{"name":"b","count":1,"unknown":true}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, base)
			u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Delete("/doc")
			u.Value.Name = "b"
			_, err = ifmatch.Save(t.Context(), brisk(), u, tc.merge)
			if tc.err != nil {
				assert.ErrorIs(t, err, tc.err)
			} else {
				assert.NoError(t, err)
				assert.Equal(t, "If-None-Match: *", conditions(origin, "PUT")[1])
			}
			assert.Equal(t, tc.want, origin.Body("/doc"))
		})
	}
}

func TestAWriteWhoseAnswerToldNoValidatorIsFollowedByALook(t *testing.T) {
	for name, options := range map[string]*ifmatchtest.Options{
		"no tag on PUT":               {WriteTags: ifmatchtest.NoWriteTags},
		"a tag of the receipt on PUT": {WriteTags: ifmatchtest.ReceiptWriteTags},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, options, `{"name":"a","count":1}`)
			c := brisk().With(&ifmatch.Options{Header: http.Header{"Prefer": {"return=minimal"}}})
			u, err := ifmatch.Get[doc](t.Context(), c, url)
			require.NoError(t, err)
			for i := 2; i <= 4; i++ {
				u.Value.Count = i
				u, err = ifmatch.Put(t.Context(), c, u)
				require.NoError(t, err)
				assert.Empty(t, u.ETag)
				assert.Equal(t, i, u.Value.Count)
			}
			origin.Set("/doc", `{"name":"rival","count":4}`)
			u.Value.Count = 5
			_, err = ifmatch.Put(t.Context(), c, u)
			assert.ErrorIs(t, err, ifmatch.StaleVersion)
			assert.ErrorIs(t, ifmatch.Delete(t.Context(), c, u), ifmatch.StaleVersion)
			_, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{}`))
			assert.ErrorIs(t, err, ifmatch.StaleVersion)
			u, err = ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
			require.NoError(t, err)
			assert.JSONEq(t, `{"name":"rival","count":5}`, origin.Body("/doc"))
			origin.Delete("/doc")
			u.Value.Count = 6
			_, err = ifmatch.Put(t.Context(), c, u)
			assert.ErrorIs(t, err, ifmatch.Deleted)
		})
	}
}

func TestAPatchThatToldNoContentIsNoBaseForTheNextWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	c := brisk().With(&ifmatch.Options{Header: http.Header{"Prefer": {"return=minimal"}}})
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	u, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{"count":2}`))
	require.NoError(t, err)
	assert.Nil(t, u.Content)
	u.Value.Count = 3
	_, err = ifmatch.Put(t.Context(), c, u)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestANilRepresentationIsAnErrorAndNotAPanic(t *testing.T) {
	ctx, c := t.Context(), brisk()
	_, err := ifmatch.Put[doc](ctx, c, nil)
	assert.Error(t, err)
	_, err = ifmatch.Save[doc](ctx, c, nil, nil)
	assert.Error(t, err)
	_, err = ifmatch.Patch[doc](ctx, c, nil, "", nil)
	assert.Error(t, err)
	assert.Error(t, ifmatch.Delete[doc](ctx, c, nil))
}

func TestTheZeroClientAndNilWork(t *testing.T) {
	_, url := serve(t, nil, `{"count":1}`)
	var zero ifmatch.Client
	for _, c := range []*ifmatch.Client{nil, &zero} {
		u, err := ifmatch.Get[doc](t.Context(), c, url)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
	}
}

func TestInvalidOptionsAreAnErrorOfEveryCall(t *testing.T) {
	_, url := serve(t, nil, `{"count":1}`)
	for name, o := range map[string]*ifmatch.Options{
		"Identity":          {Identity: "uid"},
		"WriteID":           {WriteID: "~2"},
		"If-Match":          {Header: http.Header{"if-match": {`"x"`}}},
		"If-Modified-Since": {Header: http.Header{"If-Modified-Since": {"x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ifmatch.Get[doc](t.Context(), ifmatch.New(o), url)
			assert.ErrorContains(t, err, name)
			_, err = ifmatch.Create(t.Context(), ifmatch.New(o), url, doc{})
			assert.ErrorContains(t, err, name)
		})
	}
}

func TestFieldAndFirstOfRefuseWhatTheyCannotDo(t *testing.T) {
	_, url := serve(t, nil, `{"name":"a","count":1}`)
	nowhere := func(*doc) *string { return nil }
	take := func(_, l, _ string) (string, error) { return l, nil }
	no := errors.New("no")
	for _, tc := range []struct {
		name  string
		merge ifmatch.MergeFunc[doc]
		want  string
	}{
		{"no address", ifmatch.Field(nowhere, take, ifmatch.KeepLocal), "returned nil"},
		{"the field's own error", ifmatch.Field(func(d *doc) *string { return &d.Name }, func(_, _, _ string) (string, error) { return "", no }, ifmatch.KeepLocal), "no"},
		{"the rest's error", ifmatch.Field(func(d *doc) *string { return &d.Name }, take, func(context.Context, ifmatch.Conflict[doc]) (doc, error) { return doc{}, no }), "no"},
		{"nobody to ask", ifmatch.FirstOf[doc](), ifmatch.ErrUnresolved.Error()},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u := &ifmatch.Representation[doc]{URL: url, ETag: `"old"`, Content: []byte(`{"name":"z","count":1}`), Value: doc{Name: "y", Count: 1}}
			_, err := ifmatch.Save(t.Context(), brisk(), u, tc.merge)
			assert.ErrorContains(t, err, tc.want)
		})
	}
}

func TestOneStrategysChangesDoNotShowToTheNext(t *testing.T) {
	_, url := serve(t, nil, `{"name":"a","count":1,"tags":["x"]}`)
	spoil := func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		c.Local.Tags[0], c.Remote.Tags[0], c.Base.Tags[0] = "spoilt", "spoilt", "spoilt"
		return doc{}, ifmatch.ErrUnresolved
	}
	u := &ifmatch.Representation[doc]{URL: url, ETag: `"old"`, Content: []byte(`{"name":"z","count":1,"tags":["x"]}`), Value: doc{Name: "y", Count: 1, Tags: []string{"x"}}}
	u, err := ifmatch.Save(t.Context(), brisk(), u, ifmatch.FirstOf(spoil, func(_ context.Context, c ifmatch.Conflict[doc]) (doc, error) {
		assert.False(t, slices.Contains(slices.Concat(c.Local.Tags, c.Remote.Tags, c.Base.Tags), "spoilt"))
		return c.Local, nil
	}))
	require.NoError(t, err)
	assert.Equal(t, "y", u.Value.Name)
}

func TestABare409ToASingleWriteIsExplainedByOneLook(t *testing.T) {
	bare := ifmatchtest.Response{Status: 409, Body: "conflict"}
	for _, tc := range []struct {
		name  string
		fault ifmatchtest.Fault
		look  ifmatchtest.Fault
		kind  ifmatch.Kind
	}{
		{"the version moved on", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b"}`), ifmatchtest.RefuseWith(bare)), ifmatchtest.Pass(), ifmatch.StaleVersion},
		{"it is gone", ifmatchtest.Together(ifmatchtest.RivalDelete(), ifmatchtest.Answer(bare)), ifmatchtest.RivalDelete(), ifmatch.Deleted},
		{"it is about something else", ifmatchtest.Answer(bare), ifmatchtest.Pass(), ifmatch.Unknown},
		{"looking fails", ifmatchtest.Answer(bare), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)), ifmatch.Unknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"name":"a"}`)
			u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Next("PUT", tc.fault)
			origin.Next("GET", tc.look)
			u.Value.Name = "c"
			_, err = ifmatch.Put(t.Context(), brisk(), u)
			assert.ErrorIs(t, err, tc.kind)
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, tc.kind, conflict.Kind)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
		})
	}
	origin, url := serve(t, nil, `{"name":"a"}`)
	origin.Next("PUT", ifmatchtest.RefuseWith(bare))
	_, err := ifmatch.Create(t.Context(), brisk(), url, doc{Name: "b"})
	assert.ErrorIs(t, err, ifmatch.AlreadyExists)
}
