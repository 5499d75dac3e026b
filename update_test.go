package ifmatch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

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

	c := brisk().With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
	u, err := ifmatch.Update(t.Context(), c, url, increment)
	require.NoError(t, err)
	assert.Equal(t, 1, u.Value.Count)
	assert.Equal(t, []string{"If-None-Match: *"}, conditions(origin, "PUT"))
}

func TestTwoCreatorsAtOnceBothEndRight(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Always("PUT", ifmatchtest.Barrier(2))
	c := brisk().With(func(o *ifmatch.Options) { o.CreateIfAbsent = true })
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
	_, err = ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
		o.CreateIfAbsent = true
	}), url, increment)
	require.NoError(t, err, "unless it may create")
	assert.JSONEq(t, `{"name":"","count":1}`, origin.Body("/doc"))
}

func TestUpdateDoesNotTakeANewResourceForTheOldOne(t *testing.T) {
	const one, two = `{"uid":"one","count":1}`, `{"uid":"two","count":100}`
	t.Run("by identity", func(t *testing.T) {
		origin, url := serve(t, nil, one)
		origin.Next("PUT", ifmatchtest.RivalRecreate(two))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.Identity = "/uid"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.Recreated)
		assert.JSONEq(t, two, origin.Body("/doc"))
	})
	t.Run("seen gone", func(t *testing.T) {
		origin, url := serve(t, nil, one)
		// Gone when the first conflict is looked at, back before the next write.
		origin.Next("PUT", ifmatchtest.RivalDelete(), ifmatchtest.RivalRecreate(two))
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
	})
}

func TestUpdateWritesToWhereTheRedirectOfItsReadLed(t *testing.T) {
	origin, url := serve(t, nil, `{"count":1}`)
	origin.Next("GET /latest", ifmatchtest.Redirect(302, "/doc"))
	u, err := ifmatch.Update(t.Context(), brisk(), strings.TrimSuffix(url, "/doc")+"/latest", increment)
	require.NoError(t, err)
	assert.Equal(t, url, u.URL)
	assert.Equal(t, 1, origin.Applied("PUT /doc"))
}

func TestManyWritersLoseNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	c := brisk().With(func(o *ifmatch.Options) { o.MaxRounds = 1000 })
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

func TestEnsureIsSatisfiedByWhoeverBroughtTheStateAbout(t *testing.T) {
	two := func(v *thing) error { v.N = 2; return nil }
	for name, c := range map[string]struct {
		rival   string
		options func(*ifmatch.Options)
		sure    bool
	}{
		"a rival set the same":                     {rival: `{"n":2,"note":"theirs"}`, sure: true},
		"a rival set something else":               {rival: `{"n":3}`},
		"an identifier tells more than the state":  {rival: `{"n":2}`, options: listing},
		"a rival deleted it":                       {rival: ""},
		"the newest state cannot be decoded as it": {rival: `{"n":"two"}`},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"n":1}`)
			rival := ifmatchtest.Before(func() {
				if c.rival == "" {
					origin.Delete("/doc")
					return
				}
				origin.Set("/doc", c.rival)
			})
			origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
			client := brisk()
			if c.options != nil {
				client = client.With(c.options)
			}
			u, err := ifmatch.Ensure(t.Context(), client, url, two)
			assert.Equal(t, 1, origin.Arrived("PUT"))
			if !c.sure {
				requireUncertain(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.rival, string(u.Content), "the newest state is the result")
			assert.Equal(t, origin.ETag("/doc"), string(u.ETag))
		})
	}
}

func TestAnEnsuredEditThatFailsOnTheNewestStateLeavesItUncertainAndSaysWhy(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	rival := ifmatchtest.Before(func() { origin.Set("/doc", `{"n":9}`) })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	tooMuch := errors.New("too much")
	_, err := ifmatch.Ensure(t.Context(), brisk(), url, func(v *thing) error {
		if v.N > 5 {
			return tooMuch
		}
		v.N = 2
		return nil
	})
	requireUncertain(t, err)
	require.ErrorIs(t, err, tooMuch)
}

func TestEnsureIsUpdateWhereEveryAnswerComes(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	origin.Next("PUT", ifmatchtest.RivalWrite(`{"n":5,"note":"theirs"}`))
	u, err := ifmatch.Ensure(t.Context(), brisk(), url, func(v *thing) error { v.N = 2; return nil })
	require.NoError(t, err)
	assert.Equal(t, thing{N: 2, Note: "theirs"}, u.Value)
	u, err = ifmatch.Ensure(t.Context(), brisk(), url, func(v *thing) error { v.N = 2; return nil })
	require.NoError(t, err)
	assert.EqualValues(t, 2, u.Value.N)
	assert.Equal(t, "GET PUT GET PUT GET", story(origin), "nothing changed: nothing written")
}

func TestTheFirstFetchOfAnEditAsksPastCaches(t *testing.T) {
	for name, call := range map[string]func(*ifmatch.Client, string, func(*thing) error) error{
		"Update": func(c *ifmatch.Client, url string, edit func(*thing) error) error {
			_, err := ifmatch.Update(t.Context(), c, url, edit)
			return err
		},
		"Ensure": func(c *ifmatch.Client, url string, edit func(*thing) error) error {
			_, err := ifmatch.Ensure(t.Context(), c, url, edit)
			return err
		},
	} {
		origin, url := serve(t, nil, `{"n":1}`)
		require.NoError(t, call(brisk(), url, func(v *thing) error { v.N = 2; return nil }), name)
		assert.Equal(t, "no-cache", origin.Requests("GET")[0].Header.Get("Cache-Control"))
	}
}

func TestAnEditThatChangesNothingOnAnOldAnswerIsRunOnANewerOne(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	origin.Set("/doc", `{"n":2}`)
	origin.Next("GET", ifmatchtest.Together(ifmatchtest.StaleRead(), ifmatchtest.SetHeader("Age", "3600")))
	u, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N = 1; return nil })
	require.NoError(t, err)
	assert.EqualValues(t, 1, u.Value.N)
	assert.JSONEq(t, `{"n":1}`, origin.Body("/doc"), "what the cache held is not what there is")
}
