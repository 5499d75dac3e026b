package ifmatch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAPlainPutIsMergedWhereTheRouteSaysSo(t *testing.T) {
	merging := func() *ifmatch.Client {
		return brisk().With(func(o *ifmatch.Options) {
			o.Routes = map[string]func(*ifmatch.Options){
				"/doc": func(o *ifmatch.Options) { o.Plain.Merge = ifmatch.ThreeWay[json.RawMessage] },
			}
		})
	}
	t.Run("both changes are in", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1,"b":1}`)
		h := merging().HTTPClient()
		ctx := ifmatch.UnitOfWork(t.Context())
		_, _, err := plain(t, ctx, h, "GET", url, "", "X-Caller: me")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":1,"b":2}`)
		origin.Next("PUT", ifmatchtest.Pass(), ifmatchtest.RivalWrite(`{"a":1,"b":3}`))
		status, _, err := plain(t, ctx, h, "PUT", url, `{"a":9,"b":1}`, "X-Caller: me")
		require.NoError(t, err)
		assert.Equal(t, 200, status, "the final answer")
		assert.JSONEq(t, `{"a":9,"b":3}`, origin.Body("/doc"))
		for _, r := range origin.Requests() {
			assert.Equal(t, "me", r.Header.Get("X-Caller"))
		}
	})
	t.Run("a conflict is the answer", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1}`)
		h := merging().HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":2}`)
		status, body, err := plain(t, t.Context(), h, "PUT", url, `{"a":3}`)
		require.NoError(t, err)
		assert.Equal(t, 412, status)
		assert.Contains(t, body, `"status":412`)
		assert.JSONEq(t, `{"a":2}`, origin.Body("/doc"))
	})
	t.Run("an answer lost in the loop is an error of its own", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1,"b":1}`)
		h := merging().HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":1,"b":2}`)
		origin.Next("PUT", ifmatchtest.Pass(), ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.RivalWrite(`{"a":5,"b":5}`))
		_, _, err = plain(t, t.Context(), h, "PUT", url, `{"a":9,"b":1}`)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("what is not JSON is left alone", func(t *testing.T) {
		origin, url := serve(t, nil, `{"a":1}`)
		h := merging().HTTPClient()
		_, _, err := plain(t, t.Context(), h, "GET", url, "")
		require.NoError(t, err)
		origin.Set("/doc", `{"a":2}`)
		status, _, err := plain(t, t.Context(), h, "PUT", url, `text`)
		require.NoError(t, err)
		assert.Equal(t, 412, status)
	})
}

func TestAMergeOfAPlainPutMayLeaveNothingToWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1}`)
	h := brisk().With(func(o *ifmatch.Options) { o.Plain.Merge = ifmatch.KeepRemote[json.RawMessage] }).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"a":2}`)
	status, body, err := plain(t, ctx, h, "PUT", url, `{"a":3}`)
	require.NoError(t, err)
	assert.Equal(t, 200, status)
	assert.JSONEq(t, `{"a":2}`, body, "what stands")
	assert.Equal(t, 1, origin.Arrived("PUT"))
}

func TestTheVersionInTheContentIsNoPartOfAMerge(t *testing.T) {
	url, set, now := kube(t)
	h := brisk().With(func(o *ifmatch.Options) {
		o.Dialect = dialect.Kubernetes()
		o.Plain.Merge = ifmatch.ThreeWay[json.RawMessage]
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, body, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	set(0) // a new version, with the same data
	body = strings.Replace(strings.Replace(body, `"n":"0"`, `"n":"5"`, 1), `,"resourceVersion":"1"`, "", 1)
	status, _, err := plain(t, ctx, h, "PUT", url, body, "Content-Type: application/json")
	require.NoError(t, err)
	assert.Equal(t, 200, status, now())
}

func TestAPlainPutAfterAMergeDoesNotOverwriteWhatItsCallerNeverSaw(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1,"b":1}`)
	h := ifmatch.New(&ifmatch.Options{
		Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]},
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	origin.Set("/doc", `{"a":1,"b":2}`)
	status, _, err := plain(t, ctx, h, "PUT", url, `{"a":2,"b":1}`, "Prefer: return=minimal")
	require.NoError(t, err)
	require.Equal(t, 204, status)
	require.JSONEq(t, `{"a":2,"b":2}`, origin.Body("/doc"))
	plain(t, ctx, h, "PUT", url, `{"a":3,"b":1}`) // by a caller that has never seen the 2
	assert.NotContains(t, origin.Body("/doc"), `"b":1`, "the rival's 2 was lost")
}

func TestAUnitOfWorkReadsAgainAfterAMergeBeforeItWrites(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1,"b":1}`)
	h := brisk().With(func(o *ifmatch.Options) { o.Plain.Merge = ifmatch.ThreeWay[json.RawMessage] }).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	origin.Set("/doc", `{"a":1,"b":2}`)
	status, _, err := plain(t, ctx, h, "PUT", url, `{"a":2,"b":1}`)
	require.NoError(t, err)
	require.Equal(t, 200, status)
	arrived := origin.Arrived("PUT")

	_, _, err = plain(t, ctx, h, "PUT", url, `{"a":2,"b":1}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator, "it has not seen what was merged")
	assert.Equal(t, arrived, origin.Arrived("PUT"))

	plain(t, ctx, h, "GET", url, "")
	status, _, err = plain(t, ctx, h, "PUT", url, `{"a":3,"b":2}`)
	require.NoError(t, err, "reading again cures it")
	assert.Equal(t, 204, status)
}

func TestTheAnswerToAMergedPutIsAPutsAnswer(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1,"b":1}`)
	h := ifmatch.New(&ifmatch.Options{
		Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]},
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	origin.Set("/doc", `{"a":1,"b":2}`)
	origin.Always("GET", ifmatchtest.Answer(ifmatchtest.Response{Status: 403}))
	status, _, err := plain(t, ctx, h, "PUT", url, `{"a":2,"b":1}`)
	require.NoError(t, err)
	assert.Equal(t, 412, status, "and not the 403 of the GET in between")
}

func TestTheCallersProblemKindsDecideWhetherAPlainPutIsMerged(t *testing.T) {
	origin, url := serve(t, nil, `{"a":1,"b":1}`)
	const outdated ifmatch.ProblemType = "https://x.test/outdated"
	origin.Always("PUT", ifmatchtest.RefuseWith(ifmatchtest.Problem(422, map[string]any{"type": outdated})))
	h := ifmatch.New(&ifmatch.Options{
		Plain:        ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]},
		ProblemKinds: map[ifmatch.ProblemType]ifmatch.Kind{outdated: ifmatch.StaleVersion},
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	origin.Set("/doc", `{"a":1,"b":2}`)
	status, _, err := plain(t, ctx, h, "PUT", url, `{"a":2,"b":1}`, "Prefer: return=minimal")
	require.NoError(t, err)
	assert.Equal(t, 204, status)
}
