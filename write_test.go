package ifmatch_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestCreateIsGuardedAgainstWhatIsThereAlready(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		switch {
		case a.method == http.MethodGet:
			return reply(200, thingV1, `ETag: "1"`), nil
		case a.n == 1:
			return reply(201, "", `ETag: "1"`, "Location: "+thingURL), nil
		}
		return reply(412, ""), nil
	}, nil)
	u, err := ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err)
	require.Equal(t, ifmatch.ETag(`"1"`), u.ETag)
	require.Equal(t, "If-None-Match: *", s.arrivals()[0].condition())
	_, err = ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.AlreadyExists, conflict.Kind)
	require.Equal(t, thingV1, string(conflict.Remote), "what is there")
	require.Equal(t, "PUT PUT GET", s.methods())
}

func TestMissingArgumentsAreErrors(t *testing.T) {
	client, s := through(func(arrival) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil }, nil)
	require.NotPanics(t, func() {
		_, err := ifmatch.Put[thing](t.Context(), client, nil)
		assert.Error(t, err)
		_, err = ifmatch.Save[thing](t.Context(), client, nil, nil)
		assert.Error(t, err)
		_, err = ifmatch.Patch[thing](t.Context(), client, nil, "application/merge-patch+json", nil)
		assert.Error(t, err)
		assert.Error(t, ifmatch.Delete[thing](t.Context(), client, nil))
		_, err = ifmatch.Put(t.Context(), client, &ifmatch.Representation[thing]{})
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
		_, err = ifmatch.Put(t.Context(), nil, &ifmatch.Representation[thing]{ETag: `"1"`})
		assert.Error(t, err, "no URL")
		_, err = ifmatch.Get[thing](t.Context(), nil, "")
		assert.Error(t, err, "no URL")
	})
	require.Empty(t, s.arrivals())
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

// ignoring answers every PATCH with 200 and the resource as it is.
func ignoring(o *ifmatchtest.Origin) {
	seen := ifmatchtest.Response{Status: 200, Body: o.Body("/doc")}
	o.Always("PATCH", ifmatchtest.Answer(seen.With("ETag", o.ETag("/doc")).With("Content-Type", "application/json")))
}

func TestAPatchThatTheServerIgnoresIsAnErrorOfItsOwn(t *testing.T) {
	for mediaType, patch := range map[string]string{
		"application/merge-patch+json": `{"n":2}`,
		"application/json-patch+json":  `[{"op":"replace","path":"/n","value":2}]`,
		"application/x-own-patch":      `n = 2`,
	} {
		origin, url := serve(t, nil, thingV1)
		ignoring(origin)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		same, err := ifmatch.Patch(t.Context(), brisk(), u, mediaType, []byte(patch))
		require.ErrorIs(t, err, ifmatch.ErrIgnored)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		assert.Same(t, u, same)
		assert.Equal(t, 1, origin.Arrived("PATCH"))
	}
}

func TestAPatchThatHasNothingToChangeIsNotIgnored(t *testing.T) {
	for mediaType, patch := range map[string]string{
		"application/merge-patch+json": `{"n":1}`,
		"application/json-patch+json":  `[{"op":"replace","path":"/n","value":1}]`,
	} {
		origin, url := serve(t, nil, thingV1)
		ignoring(origin)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		_, err = ifmatch.Patch(t.Context(), brisk(), u, mediaType, []byte(patch))
		require.NoError(t, err, mediaType)
	}
}

func TestEveryCallThatSendsAPatchIsToldThatItWasIgnored(t *testing.T) {
	merge := brisk().With(func(o *ifmatch.Options) { o.PatchFormat = "application/merge-patch+json" })
	two := func(v *thing) error { v.N = 2; return nil }
	for name, call := range map[string]func(u *ifmatch.Representation[thing]) error{
		"Update": func(u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Update(t.Context(), merge, u.URL, two)
			return err
		},
		"Ensure": func(u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Ensure(t.Context(), merge, u.URL, two)
			return err
		},
		"Save": func(u *ifmatch.Representation[thing]) error {
			u.Value.N = 2
			_, err := ifmatch.Save(t.Context(), merge, u, ifmatch.ThreeWay)
			return err
		},
		"Put": func(u *ifmatch.Representation[thing]) error {
			u.Value.N = 2
			_, err := ifmatch.Put(t.Context(), merge, u)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, thingV1)
			ignoring(origin)
			u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
			require.NoError(t, err)
			err = call(u)
			require.ErrorIs(t, err, ifmatch.ErrIgnored)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			assert.Equal(t, 1, origin.Arrived("PATCH"))
			assert.Equal(t, thingV1, origin.Body("/doc"))
		})
	}
}

func TestAPatchWhoseAnswerShowsNoDocumentIsLookedAfter(t *testing.T) {
	receipt := ifmatchtest.Response{Status: 200, Body: `{"ok":true}`}
	for _, c := range []struct {
		name  string
		fault ifmatchtest.Fault
		story string
		err   error
	}{
		{name: "200 with a receipt, applied", fault: ifmatchtest.ApplyAndAnswer(receipt), story: "GET PATCH GET"},
		{name: "200 with a receipt, ignored", fault: ifmatchtest.Answer(receipt), story: "GET PATCH GET",
			err: ifmatch.ErrIgnored},
		{name: "204 is believed", fault: ifmatchtest.Answer(ifmatchtest.Response{Status: 204}), story: "GET PATCH"},
		{name: "a version that moved is believed", story: "GET PATCH",
			fault: ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: thingV1}.With("ETag", `"v7"`))},
		{name: "201 is believed", fault: ifmatchtest.Answer(ifmatchtest.Response{Status: 201, Body: `{"ok":true}`}),
			story: "GET PATCH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			origin, url := serve(t, nil, thingV1)
			origin.Next("PATCH", c.fault)
			u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
			require.NoError(t, err)
			u, err = ifmatch.Patch(t.Context(), brisk(), u, "application/merge-patch+json", []byte(`{"n":2}`))
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.story, story(origin))
			if c.story == "GET PATCH GET" && err == nil {
				assert.EqualValues(t, 2, u.Value.N, "the look is the result")
				assert.Equal(t, ifmatch.ETag(`"v2"`), u.ETag)
			}
		})
	}
}

func TestASuccessThatShowsTheGuardedVersionIsNotBelieved(t *testing.T) {
	old := ifmatchtest.Response{Status: 200, Body: thingV1}.With("ETag", `"v1"`).
		With("Preference-Applied", "return=representation")
	t.Run("nothing was changed", func(t *testing.T) {
		origin, url := serve(t, nil, thingV1)
		origin.Next("PUT", ifmatchtest.Answer(old))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		require.ErrorIs(t, err, ifmatch.ErrIgnored)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	})
	t.Run("the old representation, and it is in", func(t *testing.T) {
		origin, url := serve(t, nil, thingV1)
		origin.Next("PUT", ifmatchtest.ApplyAndAnswer(old))
		u, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
		assert.Equal(t, ifmatch.ETag(`"v2"`), u.ETag, "the look's")
		assert.EqualValues(t, 2, u.Value.N)
	})
	t.Run("others have written meanwhile", func(t *testing.T) {
		origin, url := serve(t, nil, thingV1)
		rival := ifmatchtest.After(func() { origin.Set("/doc", thingV3) })
		origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.Answer(old)))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		requireUncertain(t, err)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	})
}

func TestAWriteThatIsNotRoutedIsNotCalledADeletion(t *testing.T) {
	type call func(*ifmatch.Client, *ifmatch.Representation[thing]) error
	for name, use := range map[string]call{
		"Put": func(c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Put(t.Context(), c, u)
			return err
		},
		"Patch": func(c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{"n":2}`))
			return err
		},
		"Delete": func(c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			return ifmatch.Delete(t.Context(), c, u)
		},
		"Save": func(c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
			return err
		},
		"Update": func(c *ifmatch.Client, u *ifmatch.Representation[thing]) error {
			_, err := ifmatch.Update(t.Context(), c, u.URL, func(v *thing) error { v.N = 2; return nil })
			return err
		},
	} {
		for _, status := range []int{404, 405, 410} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				origin, url := serve(t, nil, thingV1)
				u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
				require.NoError(t, err)
				for _, method := range []string{"PUT", "PATCH", "DELETE"} {
					origin.Always(method, ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
				}
				u.Value.N = 2
				err = use(brisk(), u)
				var refused *ifmatch.ResponseError
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, status, refused.StatusCode)
				var conflict *ifmatch.ConflictError
				assert.False(t, errors.As(err, &conflict), "nobody has deleted it: %v", err)
				assert.NotErrorIs(t, err, ifmatch.Deleted)
			})
		}
	}
}

func TestADeletionOfWhatIsGoneIsDeletedWhateverTheServerCallsIt(t *testing.T) {
	for _, status := range []int{404, 409, 410, 412} {
		origin, url := serve(t, nil, thingV1)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Delete("/doc")
		origin.Always("DELETE", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
		err = ifmatch.Delete(t.Context(), brisk(), u)
		var conflict *ifmatch.ConflictError
		require.ErrorAs(t, err, &conflict)
		assert.Equal(t, ifmatch.Deleted, conflict.Kind, status)
		assert.Nil(t, conflict.Remote)
		_, err = ifmatch.Put(t.Context(), brisk(), u)
		if status == http.StatusPreconditionFailed {
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, ifmatch.Deleted, conflict.Kind)
		}
	}
}

func TestASingleWriteNoticesThatTheServerRefusesItsOwnTag(t *testing.T) {
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		origin, url := serve(t, nil, thingV1)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Always(method, ifmatchtest.RefuseConditions())
		u.Value.N = 2
		switch method {
		case "PUT":
			_, err = ifmatch.Put(t.Context(), brisk(), u)
		case "PATCH":
			_, err = ifmatch.Patch(t.Context(), brisk(), u, "application/merge-patch+json", []byte(`{"n":2}`))
		case "DELETE":
			err = ifmatch.Delete(t.Context(), brisk(), u)
		}
		require.ErrorIs(t, err, ifmatch.ErrRefusedTag, method)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		assert.Equal(t, 1, origin.Arrived(method))
	}
}

func TestASingleWriteThatIsRefusedHoldsTheNewestState(t *testing.T) {
	for _, status := range []int{409, 412} {
		for _, method := range []string{"PUT", "PATCH", "DELETE"} {
			origin, url := serve(t, nil, thingV1)
			u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
			require.NoError(t, err)
			origin.Set("/doc", thingV3)
			origin.Next(method, ifmatchtest.RefuseWith(ifmatchtest.Problem(status, nil)))
			u.Value.N = 2
			switch method {
			case "PUT":
				_, err = ifmatch.Put(t.Context(), brisk(), u)
			case "PATCH":
				_, err = ifmatch.Patch(t.Context(), brisk(), u, "application/merge-patch+json", []byte(`{"n":2}`))
			case "DELETE":
				err = ifmatch.Delete(t.Context(), brisk(), u)
			}
			var conflict *ifmatch.ConflictError
			require.ErrorAs(t, err, &conflict)
			assert.Equal(t, ifmatch.StaleVersion, conflict.Kind)
			assert.Equal(t, thingV3, string(conflict.Remote))
			assert.Equal(t, ifmatch.ETag(`"v2"`), conflict.RemoteETag)
			assert.Equal(t, "GET "+method+" GET", story(origin), "one look")
		}
	}
}

func TestADeletionThatTheDialectsReadDeniesIsNoSuccess(t *testing.T) {
	denies := &ifmatch.Dialect{Name: "denies", Read: func(a *http.Response, content, _ []byte) ([]byte, string, error) {
		if a.Request.Method != "GET" {
			return nil, "", errors.New("an error inside")
		}
		return content, string(ifmatch.EntityTag(a)), nil
	}}
	origin, url := serve(t, nil, `{"n":1}`)
	u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Next("DELETE", ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: `{"error":"denied"}`}))
	err = ifmatch.Delete(t.Context(), brisk().With(func(o *ifmatch.Options) { o.Dialect = denies }), u)
	assert.ErrorIs(t, err, ifmatch.ErrIgnored)

	// A creation that was denied may have landed all the same, and been deleted by others.
	origin, url = serve(t, nil, "")
	origin.Next("PUT",
		ifmatchtest.Together(ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 200, Body: "<html>"}),
			ifmatchtest.After(func() { origin.Delete("/doc") })))
	client := brisk().With(func(o *ifmatch.Options) { o.Dialect = denies })
	_, err = ifmatch.Create(t.Context(), client, url, thing{N: 7})
	requireUncertain(t, err)
}

func TestAConflictIsOfOneKindOnly(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Next("DELETE", ifmatchtest.Together(ifmatchtest.Before(func() { origin.Delete("/doc") }),
		ifmatchtest.Answer(ifmatchtest.Problem(412, nil))))
	err = ifmatch.Delete(t.Context(), brisk(), u)
	assert.ErrorIs(t, err, ifmatch.Deleted)
	assert.NotErrorIs(t, err, ifmatch.StaleVersion)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, 412, refused.StatusCode, "what the server said stays")
}

func TestARedirectOfAnyKindAfterTheWriteWasAppliedIsNoRefusal(t *testing.T) {
	for _, status := range []int{300, 304, 305} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Next("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: status}))
		_, err := ifmatch.Update(t.Context(), brisk(), url, func(v *thing) error { v.N++; return nil })
		requireUncertain(t, err)
		assert.Equal(t, 1, origin.Arrived("PUT"), "%d", status)
	}
}

func TestAnEmpty200UnderTheGuardedTagDoesNotMakeAnIgnoredPatchASuccess(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Next("PATCH", ifmatchtest.Answer(ifmatchtest.Response{Status: 200}.With("ETag", string(u.ETag))))
	_, err = ifmatch.Patch(t.Context(), brisk(), u, "application/merge-patch+json", []byte(`{"n":2}`))
	assert.ErrorIs(t, err, ifmatch.ErrIgnored)
}

func TestAnIgnoredPatchOfWhatHasNoValidatorIsNoSuccess(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.NoTags}, `{"n":1}`)
	risky := brisk().With(func(o *ifmatch.Options) { o.AllowLostUpdates = true })
	u, err := ifmatch.Get[thing](t.Context(), risky, url)
	require.NoError(t, err)
	origin.Next("PATCH", ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: `{"n":1}`}))
	_, err = ifmatch.Patch(t.Context(), risky, u, "application/merge-patch+json", []byte(`{"n":2}`))
	assert.ErrorIs(t, err, ifmatch.ErrIgnored)
}
