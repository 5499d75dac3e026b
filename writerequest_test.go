package ifmatch_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestADocumentGoesBackWithTheTypeItCameWith(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, `ETag: "1"`, "Content-Type: application/fhir+json; charset=utf-8"), nil
		}
		return reply(204, ""), nil
	}, nil)
	_, err := ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	require.Equal(t, "application/fhir+json; charset=utf-8", s.writes()[0].header.Get("Content-Type"))
	_, err = ifmatch.Create(t.Context(), client, thingURL, thing{N: 1})
	require.NoError(t, err)
	require.Equal(t, "application/json", s.writes()[1].header.Get("Content-Type"))
}

func TestWritesOnARealConnectionCarryTheRightLength(t *testing.T) {
	var lengths []int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lengths = append(lengths, r.ContentLength)
		w.Header().Set("ETag", `"2"`)
		w.WriteHeader(204)
	}))
	defer s.Close()
	u := bump()
	u.URL = s.URL
	_, err := ifmatch.Put(t.Context(), nil, u)
	require.NoError(t, err)
	require.NoError(t, ifmatch.Delete(t.Context(), nil, u))
	empty := &ifmatch.Representation[[]byte]{URL: s.URL, ETag: `"1"`, Content: []byte("x"), Value: []byte{}}
	_, err = ifmatch.Put(t.Context(), nil, empty)
	require.NoError(t, err, "empty content is content")
	require.Equal(t, []int64{int64(len(thingV2)), 0, 0}, lengths)
}

func TestAChangeIsSentAsAPatchWhereItMayAndCan(t *testing.T) {
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
		{test: "not asked for", accept: "application/merge-patch+json", content: `{"name": "a"}`,
			edit: func(v *view) { v.Name = &name }, method: "PUT", mediaType: "application/json",
			body: `{"name": "b"}`},
		{test: "asked for", format: "application/merge-patch+json", content: `{"name": "a"}`,
			edit: func(v *view) { v.Name = &name }, method: "PATCH", mediaType: "application/merge-patch+json",
			body: `{"name":"b"}`},
		{test: "a null cannot be set by a merge patch", format: "application/merge-patch+json",
			content: `{"name": "a"}`, edit: func(v *view) { v.Name = nil }, method: "PUT",
			mediaType: "application/json", body: `{"name": null}`},
		{test: "nothing is accepted", format: "accepted", content: `{"name": "a"}`,
			edit: func(v *view) { v.Name = &name }, method: "PUT", mediaType: "application/json",
			body: `{"name": "b"}`},
		{test: "both are accepted: the smaller one", format: "accepted",
			accept: "application/json-patch+json, application/merge-patch+json", content: `{` + long + `}`,
			edit: func(v *view) { v.List = v.List[:29] }, method: "PATCH",
			mediaType: "application/json-patch+json", body: `[{"op":"remove","path":"/list/29"}]`},
	} {
		t.Run(tc.test, func(t *testing.T) {
			origin, url := serve(t, nil, tc.content)
			origin.Always("GET", ifmatchtest.SetHeader("Accept-Patch", tc.accept))
			origin.Always("PATCH", ifmatchtest.Answer(ifmatchtest.Response{Status: 204}))
			c := brisk().With(func(o *ifmatch.Options) { o.PatchFormat = tc.format })
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

func TestAWriteAfterAWriteKeepsTheMediaType(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.SetContent("/doc", "text/markdown", []byte("# a"))
	// The answer to the first write is a 204, which does not repeat the type.
	c := brisk().With(func(o *ifmatch.Options) { o.Header = http.Header{"Prefer": {"return=minimal"}} })
	u, err := ifmatch.Get[[]byte](t.Context(), c, url)
	require.NoError(t, err)
	for range 2 {
		u.Value = append(u.Value, '!')
		u, err = ifmatch.Put(t.Context(), c, u)
		require.NoError(t, err)
	}
	puts := origin.Requests("PUT")
	require.Len(t, puts, 2)
	for _, w := range puts {
		assert.Equal(t, 204, w.Status)
		assert.Equal(t, []string{"text/markdown"}, w.Header.Values("Content-Type"))
	}
}

func TestAMergedWriteHasTheNewestMediaType(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1,"b":1}`)
	c := ifmatch.New(nil)
	r, err := ifmatch.Get[map[string]any](t.Context(), c, url)
	require.NoError(t, err)
	r.Value["a"] = 2
	origin.SetContent("/doc", "application/vnd.x+json", []byte(`{"a":1,"b":2}`))
	_, err = ifmatch.Save(t.Context(), c, r, ifmatch.ThreeWay)
	require.NoError(t, err)
	puts := origin.Requests("PUT")
	assert.Equal(t, "application/vnd.x+json", puts[len(puts)-1].Header.Get("Content-Type"))
}

func TestAJSONValueIsWrittenAsJSONWhateverItWasLabelled(t *testing.T) {
	for label, want := range map[string]string{
		"":                          "application/json",
		"text/plain":                "application/json",
		"text/plain; charset=utf-8": "application/json",
		"Text/Plain":                "application/json",
		"text/html; charset=utf-8":  "application/json",
		"application/octet-stream":  "application/json",
		"binary/octet-stream":       "application/json", // of objects in S3 that nobody labelled
		"text/json":                 "text/json",
		"application/fhir+json":     "application/fhir+json",
		"application/vnd.x":         "application/vnd.x",
		"application/JSON; x=y":     "application/JSON; x=y",
	} {
		t.Run(label, func(t *testing.T) {
			client, s := through(func(a arrival) (*http.Response, error) {
				if a.method == http.MethodGet {
					return reply(200, thingV1, `ETag: "1"`, "Content-Type: "+label), nil
				}
				return reply(204, "", fmt.Sprintf(`ETag: "%d"`, a.n+1)), nil
			}, nil)
			u, err := ifmatch.Get[thing](t.Context(), client, thingURL)
			require.NoError(t, err)
			for range 2 {
				u.Value.N++
				u, err = ifmatch.Put(t.Context(), client, u)
				require.NoError(t, err)
				require.Equal(t, want, u.Header.Get("Content-Type"), "what it was stored as")
			}
			raw, err := ifmatch.Get[json.RawMessage](t.Context(), client, thingURL)
			require.NoError(t, err)
			raw.Value = json.RawMessage(`{}`)
			_, err = ifmatch.Save(t.Context(), client, raw, nil)
			require.NoError(t, err)
			text, err := ifmatch.Get[string](t.Context(), client, thingURL)
			require.NoError(t, err)
			text.Value = "{}"
			_, err = ifmatch.Put(t.Context(), client, text)
			require.NoError(t, err)
			var sent []string
			for _, w := range s.writes() {
				sent = append(sent, w.header.Get("Content-Type"))
			}
			verbatim := cmp.Or(label, "text/plain; charset=utf-8")
			require.Equal(t, []string{want, want, want, verbatim}, sent, "what is no JSON value keeps its label")
		})
	}
	t.Run("the caller's own label stands", func(t *testing.T) {
		client, s := through(held(func(arrival) (*http.Response, error) { return reply(204, ""), nil }),
			&ifmatch.Options{Header: http.Header{"Content-Type": {"text/plain"}}})
		require.NoError(t, put(t.Context(), client))
		require.Equal(t, "text/plain", s.writes()[0].header.Get("Content-Type"))
	})
}
