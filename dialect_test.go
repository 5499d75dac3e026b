package ifmatch_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestADateDoesNotGuardWhereADialectDoes(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	c := brisk().With(func(o *ifmatch.Options) { o.Dialect = answers(nil) })
	u := &ifmatch.Representation[doc]{URL: url, LastModified: "Fri, 20 Nov 2026 10:00:00 GMT",
		Content: []byte(`{"count":0}`)}
	u.Value.Count = 2
	_, err := ifmatch.Put(t.Context(), c, u)
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.ErrorContains(t, err, "odd guards by versions, not by If-Unmodified-Since")
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestAVersionWithoutItsDocumentGuardsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	d := answers(func(a *http.Response, content, sent []byte) ([]byte, string, error) {
		return nil, string(ifmatch.EntityTag(a)), nil
	})
	c := brisk().With(func(o *ifmatch.Options) { o.Dialect = d })
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	assert.Equal(t, 1, u.Value.Count, "without a document of the dialect's, the content is it")
	origin.Next("PATCH", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 204}.With("ETag", `"v2"`)))
	u, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{"count":2}`))
	require.NoError(t, err)
	assert.Nil(t, u.Content)
	assert.Empty(t, u.ETag)
	_, err = ifmatch.Put(t.Context(), c, u)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestAWriteHasTheFormOfItsFamilyAlsoWithoutACondition(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	d := answers(func(_ *http.Response, content, _ []byte) ([]byte, string, error) { return content, "", nil })
	d.Form = func(w *http.Request, content []byte) ([]byte, error) {
		w.Header.Set("X-Form", "1")
		return append([]byte(" "), content...), nil
	}
	c := brisk().With(func(o *ifmatch.Options) { o.Dialect = d; o.AllowLostUpdates = true })
	_, err := ifmatch.Update(t.Context(), c, url, increment)
	require.NoError(t, err)
	r := origin.Requests("PUT")[0]
	assert.Equal(t, ` {"name":"a","count":2}`, string(r.Body))
	assert.Equal(t, "1", r.Header.Get("X-Form"))
	assert.Empty(t, r.Header.Get("If-Match"))

	d.Form = func(*http.Request, []byte) ([]byte, error) { return nil, assert.AnError }
	_, err = ifmatch.Update(t.Context(), c, url, increment)
	require.ErrorIs(t, err, assert.AnError)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}

func TestAGuardMayMoveTheWriteElsewhere(t *testing.T) {
	origin, target := serve(t, nil, `{"name":"a","count":1}`)
	d := answers(func(a *http.Response, content, sent []byte) ([]byte, string, error) {
		assert.Contains(t, []string{"GET", "PUT"}, a.Request.Method)
		return nil, "", nil
	})
	d.Guard = func(w *http.Request, version string, content []byte) ([]byte, error) {
		assert.Empty(t, version)
		w.Method, w.URL = "POST", &url.URL{Scheme: w.URL.Scheme, Host: w.URL.Host, Path: "/made"}
		return []byte("{}"), nil
	}
	origin.Next("POST", ifmatchtest.RefuseWith(ifmatchtest.Response{Status: 201}))
	u, err := ifmatch.Create(t.Context(), brisk().With(func(o *ifmatch.Options) {
		o.Dialect = d
	}), target+"/new", doc{Count: 3})
	require.NoError(t, err)
	assert.Equal(t, target+"/new", u.URL)
	assert.Equal(t, 3, u.Value.Count)
	assert.Equal(t, "{}", string(origin.Requests("POST")[0].Body))
}

func TestAStaleVersionUnderACreationMeansThatItExists(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	d := answers(nil)
	d.Kind = func(*ifmatch.ResponseError) ifmatch.Kind { return ifmatch.StaleVersion }
	_, err := ifmatch.Create(t.Context(), brisk().With(func(o *ifmatch.Options) { o.Dialect = d }), url, doc{Count: 2})
	require.ErrorIs(t, err, ifmatch.AlreadyExists)
	require.NotErrorIs(t, err, ifmatch.StaleVersion)
	assert.Equal(t, `{"name":"a","count":1}`, origin.Body("/doc"))
}

func TestADialectThatRefusesSendsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	no := assert.AnError
	for name, d := range map[string]*ifmatch.Dialect{
		"cannot read": {Name: "odd",
			Read: func(*http.Response, []byte, []byte) ([]byte, string, error) { return nil, "", no }},
		"cannot guard": {Name: "odd", Guard: func(*http.Request, string, []byte) ([]byte, error) { return nil, no }},
		"no version": {Name: "odd",
			Read: func(_ *http.Response, c, _ []byte) ([]byte, string, error) { return c, "", nil }},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
				o.Dialect = d
			}), url, increment)
			if name == "no version" {
				assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
			} else {
				assert.ErrorIs(t, err, no)
				assert.ErrorContains(t, err, "odd")
			}
			assert.Equal(t, 0, origin.Arrived("PUT"))
		})
	}
}

func TestADialectNamesTheKindsOfItsOwn(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	stale := ifmatchtest.Response{Status: 400, Body: "stale"}
	origin.Next("PUT",
		ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b","count":1}`), ifmatchtest.RefuseWith(stale)))
	d := &ifmatch.Dialect{Kind: func(e *ifmatch.ResponseError) ifmatch.Kind {
		if e.StatusCode == 400 && string(e.Body) == "stale" {
			return ifmatch.StaleVersion
		}
		return ifmatch.Unknown
	}}
	_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) { o.Dialect = d }), url, increment)
	require.NoError(t, err)
	assert.Equal(t, `{"name":"b","count":2}`, origin.Body("/doc"))
}

func TestAWriteThatTookEffectIsNoFailureWhereTheDialectsDocumentDoesNotDecode(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	saved := ifmatchtest.Response{Status: 200, Body: `"saved"`}.With("ETag", `"v2"`)
	origin.Always("PUT", ifmatchtest.ApplyAndAnswer(saved))
	d := &ifmatch.Dialect{Name: "x", Read: func(a *http.Response, content, _ []byte) ([]byte, string, error) {
		return content, string(ifmatch.EntityTag(a)), nil
	}}
	edit := func(m *map[string]int) error { (*m)["n"]++; return nil }
	_, err := ifmatch.Update(t.Context(), ifmatch.New(&ifmatch.Options{Dialect: d}), url, edit)
	assert.NoError(t, err)
	assert.JSONEq(t, `{"n":2}`, origin.Body("/doc"))
}
