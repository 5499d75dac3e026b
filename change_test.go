package ifmatch_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAChangeGoesOutAsAPatchWhereItMayAndCan(t *testing.T) {
	type view struct {
		Name *string `json:"name"`
		List []int   `json:"list,omitempty"`
	}
	name := "b"
	long := `"list": [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29]`
	for _, tc := range []struct {
		test, format, accept, content string
		edit                          func(*view)
		method, mediaType, body       string
	}{
		{"not asked for", "", "application/merge-patch+json", `{"name": "a"}`, func(v *view) { v.Name = &name }, "PUT", "application/json", `{"name": "b"}`},
		{"asked for", "application/merge-patch+json", "", `{"name": "a"}`, func(v *view) { v.Name = &name }, "PATCH", "application/merge-patch+json", `{"name":"b"}`},
		{"a null cannot be set by a merge patch", "application/merge-patch+json", "", `{"name": "a"}`, func(v *view) { v.Name = nil }, "PUT", "application/json", `{"name": null}`},
		{"nothing is accepted", "accepted", "", `{"name": "a"}`, func(v *view) { v.Name = &name }, "PUT", "application/json", `{"name": "b"}`},
		{"both are accepted: the smaller one", "accepted", "application/json-patch+json, application/merge-patch+json", `{` + long + `}`,
			func(v *view) { v.List = v.List[:29] }, "PATCH", "application/json-patch+json", `[{"op":"remove","path":"/list/29"}]`},
	} {
		t.Run(tc.test, func(t *testing.T) {
			origin, url := serve(t, nil, tc.content)
			origin.Always("GET", ifmatchtest.SetHeader("Accept-Patch", tc.accept))
			origin.Always("PATCH", ifmatchtest.Answer(ifmatchtest.Response{Status: 204}))
			c := brisk().With(&ifmatch.Options{PatchFormat: tc.format})
			_, err := ifmatch.Update(t.Context(), c, url, func(v *view) error { tc.edit(v); return nil })
			require.NoError(t, err)
			w := origin.Requests(tc.method)
			require.Len(t, w, 1)
			assert.Equal(t, `If-Match: "v1"`, w[0].Condition)
			assert.Equal(t, tc.mediaType, w[0].Header.Get("Content-Type"))
			assert.Equal(t, tc.body, string(w[0].Body))
		})
	}
	_, url := serve(t, nil, `{}`)
	_, err := ifmatch.Get[view](t.Context(), ifmatch.New(&ifmatch.Options{PatchFormat: "text/x-diff"}), url)
	assert.ErrorContains(t, err, "text/x-diff")
}

func TestAPatchThatCouldNotBeSeenToLandIsLookedAfter(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	origin.Next("PATCH", ifmatchtest.LoseResponse())
	c := brisk().With(&ifmatch.Options{PatchFormat: "application/merge-patch+json"})
	u, err := ifmatch.Get[doc](t.Context(), c, url)
	require.NoError(t, err)
	u.Value.Name = "b"
	u, err = ifmatch.Save(t.Context(), c, u, nil)
	require.NoError(t, err)
	assert.Equal(t, ifmatch.ETag(`"v2"`), u.ETag)
	u.Value.Name = "c"
	origin.Next("PATCH", ifmatchtest.RivalWrite(`{"name":"b","count":9}`))
	_, err = ifmatch.Save(t.Context(), c, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"c","count":9}`, origin.Body("/doc"))
	assert.Equal(t, 0, origin.Arrived("PUT"))
}

func TestADialectThatRefusesSendsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	no := assert.AnError
	for name, d := range map[string]*ifmatch.Dialect{
		"cannot read":  {Name: "odd", Read: func(*http.Response, []byte, []byte) ([]byte, string, error) { return nil, "", no }},
		"cannot guard": {Name: "odd", Guard: func(*http.Request, string, []byte) ([]byte, error) { return nil, no }},
		"no version":   {Name: "odd", Read: func(_ *http.Response, c, _ []byte) ([]byte, string, error) { return c, "", nil }},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{Dialect: d}), url, increment)
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
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"name":"b","count":1}`), ifmatchtest.RefuseWith(ifmatchtest.Response{Status: 400, Body: "stale"})))
	d := &ifmatch.Dialect{Kind: func(e *ifmatch.ResponseError) ifmatch.Kind {
		if e.StatusCode == 400 && string(e.Body) == "stale" {
			return ifmatch.StaleVersion
		}
		return ifmatch.Unknown
	}}
	_, err := ifmatch.Update(t.Context(), brisk().With(&ifmatch.Options{Dialect: d}), url, increment)
	require.NoError(t, err)
	assert.Equal(t, `{"name":"b","count":2}`, origin.Body("/doc"))
}
