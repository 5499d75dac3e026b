package ifmatch_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
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
