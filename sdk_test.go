package ifmatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestTheCallersOwnVersionInTheContentIsNotReplacedByANewerOne(t *testing.T) {
	for name, ctx := range map[string]context.Context{"no unit of work": t.Context(), "a unit of work": ifmatch.UnitOfWork(t.Context())} {
		t.Run(name, func(t *testing.T) {
			url, set, now := kube(t)
			h := brisk().With(&ifmatch.Options{Dialect: dialect.Kubernetes()}).HTTPClient()
			_, old, err := plain(t, t.Context(), http.DefaultClient, "GET", url, "") // a list, a watch: not tracked for this URL
			require.NoError(t, err)
			set(7) // somebody else
			_, _, err = plain(t, ctx, h, "GET", url, "")
			require.NoError(t, err)
			status, _, err := plain(t, ctx, h, "PUT", url, strings.Replace(old, `"n":"0"`, `"n":"1"`, 1), "Content-Type: application/json")
			require.NoError(t, err)
			assert.Equal(t, 409, status)
			assert.Contains(t, now(), `"n":"7"`, "the other's change is lost; net/http alone gets a 409 here")
		})
	}
}

func TestAWriteWithOtherCredentialsThanItsUnitsReadIsNotSentUnguarded(t *testing.T) {
	origin, url := serve(t, nil, `{"n":0}`)
	h, ctx := brisk().HTTPClient(), ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "", "Authorization: SharedKey shop:signature-of-the-read")
	require.NoError(t, err)
	origin.Set("/doc", `{"n":7}`)
	_, _, err = plain(t, ctx, h, "PUT", url, `{"n":1}`, "Authorization: SharedKey shop:signature-of-the-write")
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.JSONEq(t, `{"n":7}`, origin.Body("/doc"))
}

func TestTwoUnitsThatReadNothingDoNotOverwriteEachOther(t *testing.T) {
	origin, url := serve(t, nil, "")
	origin.Delete("/doc")
	h := brisk().HTTPClient()
	one, two := ifmatch.UnitOfWork(t.Context()), ifmatch.UnitOfWork(t.Context())
	for _, ctx := range []context.Context{one, two} {
		status, _, err := plain(t, ctx, h, "GET", url, "")
		require.NoError(t, err)
		require.Equal(t, 404, status)
	}
	_, _, err := plain(t, one, h, "PUT", url, `{"one":1}`)
	require.NoError(t, err)
	status, _, err := plain(t, two, h, "PUT", url, `{"two":2}`)
	require.NoError(t, err)
	assert.Equal(t, 412, status)
	assert.Equal(t, []string{"If-None-Match: *", "If-None-Match: *"}, conditions(origin, "PUT"))
	assert.JSONEq(t, `{"one":1}`, origin.Body("/doc"))
}

func TestWhatAUnitReadInPartsOrFromItsCacheIsNotOverwrittenUnguarded(t *testing.T) {
	for name, field := range map[string]string{"206": "x-ms-range: bytes=0-3", "range": "Range: bytes=0-3", "304": `If-None-Match: "v1"`} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"n":0}`)
			if name == "206" {
				origin.Next("GET", ifmatchtest.Answer(ifmatchtest.Response{Status: 206, Header: http.Header{"Etag": {`"v1"`}, "Content-Range": {"bytes 0-3/7"}}, Body: `{"n"`}))
			}
			h, ctx := brisk().HTTPClient(), ifmatch.UnitOfWork(t.Context())
			_, _, err := plain(t, ctx, h, "GET", url, "", field)
			require.NoError(t, err)
			origin.Set("/doc", `{"n":7}`)
			_, _, err = plain(t, ctx, h, "PUT", url, `{"n":1}`)
			assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
			assert.JSONEq(t, `{"n":7}`, origin.Body("/doc"))
		})
	}
}

func TestAStreamIsHandedOutAsItComes(t *testing.T) {
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, `{"type":"ADDED","object":{}}`)
		_ = http.NewResponseController(w).Flush()
		select {
		case <-end:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(end)
	for name, o := range map[string]*ifmatch.Options{
		"default": {}, "dialect": {Dialect: dialect.Kubernetes()},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/api/v1/configmaps?watch=true", nil)
			resp, err := ifmatch.New(o).Do(req)
			if assert.NoError(t, err, "the first event never arrives") {
				defer resp.Body.Close()
				_, err = io.ReadFull(resp.Body, make([]byte, 20))
				assert.NoError(t, err)
				assert.NoError(t, ctx.Err(), "the first event comes only when the stream has ended")
			}
		})
	}
	t.Run("no end after Timeout", func(t *testing.T) {
		assert.Zero(t, ifmatch.New(nil).HTTPClient().Timeout, "net/http's default; a watch or a long download ends after this")
	})
}

func TestTheSecondSendingOfAWriteThatLandedIsNoFalseConflict(t *testing.T) {
	origin, url := serve(t, nil, `{"n":0}`)
	h := brisk().HTTPClient()
	changes := 0
	for done := false; !done; {
		ctx := ifmatch.UnitOfWork(t.Context())
		_, body, err := plain(t, ctx, h, "GET", url, "")
		require.NoError(t, err)
		var v struct{ N int }
		require.NoError(t, json.Unmarshal([]byte(body), &v))
		put := func() (int, error) {
			status, _, err := plain(t, ctx, h, "PUT", url, fmt.Sprintf(`{"n":%d}`, v.N+1))
			return status, err
		}
		if changes == 0 {
			origin.Next("PUT", ifmatchtest.LoseResponse())
		}
		changes++
		status, err := put()
		if err != nil {
			status, err = put() // the SDK's retry
		}
		if err != nil {
			return // told that it is uncertain: good
		}
		done = status != 412
	}
	assert.JSONEq(t, `{"n":1}`, origin.Body("/doc"), "one change was wanted")
}

func TestTheVersionInTheContentIsNoPartOfAMerge(t *testing.T) {
	url, set, now := kube(t)
	h := brisk().With(&ifmatch.Options{Dialect: dialect.Kubernetes(), Merge: ifmatch.ThreeWay[json.RawMessage]}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, body, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	set(0) // a new version, with the same data
	body = strings.Replace(strings.Replace(body, `"n":"0"`, `"n":"5"`, 1), `,"resourceVersion":"1"`, "", 1)
	status, _, err := plain(t, ctx, h, "PUT", url, body, "Content-Type: application/json")
	require.NoError(t, err)
	assert.Equal(t, 200, status, now())
}
