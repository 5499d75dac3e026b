package ifmatch_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

func TestRoutesVaryTheOptions(t *testing.T) {
	origin, base := serve(t, nil, `{"v":0}`)
	base = strings.TrimSuffix(base, "/doc")
	origin.Set("/strict/1", `{"v":0}`)
	c := brisk().With(func(o *ifmatch.Options) {
		o.Routes = map[string]func(*ifmatch.Options){
			"/strict/{id}":     func(o *ifmatch.Options) { o.Plain.RequireCondition = true },
			"PUT /create/{id}": func(o *ifmatch.Options) { o.CreateIfAbsent = true },
		}
	})
	_, _, err := plain(t, t.Context(), c.HTTPClient(), "PUT", base+"/strict/1", `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, _, err = plain(t, t.Context(), c.HTTPClient(), "PUT", base+"/doc", `{}`)
	assert.NoError(t, err)
	_, err = ifmatch.Update(t.Context(), c, base+"/create/7", increment)
	assert.NoError(t, err)
	_, err = ifmatch.Update(t.Context(), c, base+"/other/7", increment)
	assert.Error(t, err)

	for _, pattern := range []string{"no slash", "/a/{b"} {
		c := ifmatch.New(&ifmatch.Options{Routes: map[string]func(*ifmatch.Options){pattern: nil}})
		_, err = ifmatch.Get[doc](t.Context(), c, base+"/doc")
		assert.ErrorContains(t, err, "Routes")
	}
}

func TestAPathThatAServeMuxWouldCleanFindsItsRoute(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Set("/doc//b", `{"n":1}`)
	c := ifmatch.New(&ifmatch.Options{Routes: map[string]func(*ifmatch.Options){
		"/": func(o *ifmatch.Options) { o.Header = http.Header{"X-Route": {"yes"}} },
	}})
	_, err := ifmatch.Get[map[string]any](t.Context(), c, url+"//b")
	require.NoError(t, err)
	require.Len(t, origin.Requests(), 1)
	assert.Equal(t, "yes", origin.Requests()[0].Header.Get("X-Route"))
}
