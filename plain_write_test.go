package ifmatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAPlainWriteCarriesWhatItsReadReturned(t *testing.T) {
	for name, o := range map[string]*ifmatchtest.Options{
		"strong": nil, "trailer": {Tags: ifmatchtest.TrailerTags}, "unquoted": {Tags: ifmatchtest.UnquotedTags},
		"suffixed by compression": {Compress: ifmatchtest.CompressSuffix}, "doubled": {Tags: ifmatchtest.DoubledTags},
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, o, `{"n":1}`)
			h := brisk().HTTPClient()
			for i := range 3 {
				status, body, err := plain(t, t.Context(), h, "GET", url, "")
				require.NoError(t, err)
				require.Equal(t, 200, status, body)
				status, _, err = plain(t, t.Context(), h, "PUT", url, fmt.Sprintf(`{"n":%d}`, i))
				require.NoError(t, err)
				require.Equal(t, 204, status)
			}
			status, _, err := plain(t, t.Context(), h, "GET", url, "")
			require.NoError(t, err)
			require.Equal(t, 200, status)
			origin.Set("/doc", `{"n":100}`)
			status, _, err = plain(t, t.Context(), h, "DELETE", url, "")
			require.NoError(t, err, "an answer is not an error")
			assert.Equal(t, 412, status)
			for _, r := range append(origin.Requests("PUT"), origin.Requests("DELETE")...) {
				assert.Contains(t, r.Condition, "If-Match: ")
			}
		})
	}
}

func TestWhatIsNotTrackedIsSentAsItIs(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	h := brisk().HTTPClient()
	status, _, err := plain(t, t.Context(), h, "PUT", url, `{"n":2}`) // never read
	require.NoError(t, err)
	assert.Equal(t, 204, status)
	_, _, err = plain(t, t.Context(), h, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "POST", url, `{}`)
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url+"?other", `{"n":3}`)
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), h, "PUT", url, `{"n":4}`, "If-Match: *")
	require.NoError(t, err)
	var conditions []string
	for _, r := range origin.Requests() {
		if r.Method != "GET" {
			conditions = append(conditions, r.Method+" "+r.Condition)
		}
	}
	assert.Equal(t, []string{"PUT ", "POST ", "PUT ", "PUT If-Match: *"}, conditions)

	strict := brisk().With(func(o *ifmatch.Options) { o.Plain.RequireCondition = true }).HTTPClient()
	_, _, err = plain(t, t.Context(), strict, "PUT", url, `{"n":5}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestAPlainWriteSpeaksTheRoutesDialect(t *testing.T) {
	revisions := &ifmatch.Dialect{
		Name: "revisions",
		Read: func(answer *http.Response, content, _ []byte) ([]byte, string, error) {
			var v struct{ Rev json.Number }
			err := json.Unmarshal(content, &v)
			return content, v.Rev.String(), err
		},
		Guard: func(w *http.Request, version string, content []byte) ([]byte, error) {
			if w.Method == http.MethodDelete {
				return nil, assert.AnError
			}
			w.Method = http.MethodPatch
			w.Header.Set("Content-Type", "application/merge-patch+json")
			w.URL.RawQuery = "rev=" + version
			return []byte(`{"patched":true}`), nil
		},
	}
	origin, url := serve(t, nil, `{"rev":7}`)
	h := brisk().With(func(o *ifmatch.Options) {
		o.Routes = map[string]func(*ifmatch.Options){"/doc": func(o *ifmatch.Options) { o.Dialect = revisions }}
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, body, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	assert.Equal(t, `{"rev":7}`, body)
	_, _, err = plain(t, ctx, h, "PUT", url, `{"rev":7,"x":1}`, "Idempotency-Key: k")
	require.NoError(t, err)
	assert.JSONEq(t, `{"rev":7,"patched":true}`, origin.Body("/doc"))
	assert.Equal(t, "rev=7", origin.Requests("PATCH")[0].Query)

	ctx = ifmatch.UnitOfWork(t.Context())
	_, _, err = plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, ctx, h, "DELETE", url, "")
	assert.ErrorIs(t, err, assert.AnError, "what the dialect cannot guard is not sent")
	assert.Equal(t, 0, origin.Arrived("DELETE"))

	origin.SetContent("/doc", "text/plain", []byte("not what it should be"))
	_, body, err = plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	assert.Equal(t, "not what it should be", body)
	_, _, err = plain(t, ctx, h, "PUT", url, `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
}

func TestAPlainWriteMayRiskLostUpdates(t *testing.T) {
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.NoTags, HideLastModified: true}, `{"v":0}`)
	c := brisk()
	_, _, err := plain(t, t.Context(), c.HTTPClient(), "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), c.HTTPClient(), "PUT", url, `{}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	_, _, err = plain(t, t.Context(), c.With(func(o *ifmatch.Options) {
		o.AllowLostUpdates = true
	}).HTTPClient(), "PUT", url, `{}`)
	require.NoError(t, err)
	assert.Equal(t, []string{""}, conditions(origin, "PUT"))
}

func TestTheCallersOwnVersionInTheContentIsNotReplacedByANewerOne(t *testing.T) {
	for name, ctx := range map[string]context.Context{
		"no unit of work": t.Context(), "a unit of work": ifmatch.UnitOfWork(t.Context()),
	} {
		t.Run(name, func(t *testing.T) {
			url, set, now := kube(t)
			h := brisk().With(func(o *ifmatch.Options) { o.Dialect = dialect.Kubernetes() }).HTTPClient()
			// a list, a watch: not tracked for this URL
			_, old, err := plain(t, t.Context(), http.DefaultClient, "GET", url, "")
			require.NoError(t, err)
			set(7) // somebody else
			_, _, err = plain(t, ctx, h, "GET", url, "")
			require.NoError(t, err)
			edited := strings.Replace(old, `"n":"0"`, `"n":"1"`, 1)
			status, _, err := plain(t, ctx, h, "PUT", url, edited, "Content-Type: application/json")
			require.NoError(t, err)
			assert.Equal(t, 409, status)
			assert.Contains(t, now(), `"n":"7"`, "the other's change is lost; net/http alone gets a 409 here")
		})
	}
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

func TestAPlainWriteIsUncertainAfterTheTimeoutOfAGateway(t *testing.T) {
	for _, unit := range []bool{true, false} {
		origin, url := serve(t, nil, `{"n":1}`)
		origin.Next("PUT", ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{Status: 504}))
		h := ifmatch.New(nil).HTTPClient()
		ctx := t.Context()
		if unit {
			ctx = ifmatch.UnitOfWork(ctx)
		}
		plain(t, ctx, h, "GET", url, "")
		status, _, _ := plain(t, ctx, h, "PUT", url, `{"n":2}`)
		require.Equal(t, 504, status)
		require.JSONEq(t, `{"n":2}`, origin.Body("/doc"), "it has landed")
		status, _, err := plain(t, ctx, h, "PUT", url, `{"n":2}`)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain, "unit=%v: %d", unit, status)
	}
}

func TestDoubtAboutAPlainWriteSurvivesAnotherRead(t *testing.T) {
	origin, url := serve(t, nil, `{"n":1}`)
	origin.Next("PUT", ifmatchtest.Postpone()) // a gateway still has it
	h := ifmatch.New(nil).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	_, _, err := plain(t, ctx, h, "PUT", url, `{"n":2}`)
	assert.Error(t, err)
	plain(t, ctx, h, "GET", url, "") // still version 1
	require.Equal(t, 1, origin.DeliverPostponed())
	require.JSONEq(t, `{"n":2}`, origin.Body("/doc"), "now it has landed")
	status, _, err := plain(t, ctx, h, "PUT", url, `{"n":2}`)
	assert.ErrorIs(t, err, ifmatch.ErrUncertain, "%d", status)
}

func TestAPlainWriteDoesNotTrustTheTagOfAReceipt(t *testing.T) {
	for name, receipt := range map[string]string{"Content-Location": "/receipts/7", "Location": "/receipts/7"} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"n":1}`)
			h := brisk().HTTPClient()
			ctx := ifmatch.UnitOfWork(t.Context())
			_, _, err := plain(t, ctx, h, "GET", url, "")
			require.NoError(t, err)
			answer := ifmatchtest.Response{Status: 200}.With("ETag", `"of-the-receipt"`).With(name, receipt)
			origin.Next("PUT", ifmatchtest.ApplyAndAnswer(answer))
			_, _, err = plain(t, ctx, h, "PUT", url, `{"n":2}`)
			require.NoError(t, err)
			_, _, err = plain(t, ctx, h, "PUT", url, `{"n":3}`)
			assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "it has to be read first")
			assert.Equal(t, 1, origin.Arrived("PUT"))
		})
	}
}
