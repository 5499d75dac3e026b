package ifmatch_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestIdentitiesDoNotMix(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	origin.Always("GET", ifmatchtest.SetHeader("Vary", "X-Tenant"))
	h := brisk().HTTPClient()
	_, _, err := plain(t, t.Context(), h, "GET", url, "", "Authorization: Bearer a", "X-Tenant: one")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer b")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "the other identity has read nothing, or the same one signs each request anew")
	assert.Empty(t, conditions(origin, "PUT"))
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"v":1}`, "Authorization: Bearer a", "X-Tenant: two")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "another tenant's representation")
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	origin := ifmatchtest.New(nil)
	h := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: direct{origin}}, MaxTracked: 4}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	at := func(i int) string { return fmt.Sprintf("http://origin.test/%d", i) }
	for i := range 1100 {
		origin.Set(fmt.Sprintf("/%d", i), `{}`)
		for _, c := range []context.Context{ctx, t.Context()} {
			_, _, err := plain(t, c, h, "GET", at(i), "")
			require.NoError(t, err)
		}
	}
	for _, c := range []context.Context{ctx, t.Context()} {
		status, _, err := plain(t, c, h, "PUT", at(map[bool]int{true: 5, false: 1098}[c == ctx]), `{"v":1}`)
		require.NoError(t, err)
		assert.Equal(t, 204, status)
		_, _, err = plain(t, c, h, "PUT", at(map[bool]int{true: 1050, false: 7}[c == ctx]), `{"v":1}`)
		assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "it was read, and is forgotten: not written without a guard")
	}
}
