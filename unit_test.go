package ifmatch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

func TestAPollersPlainReadDoesNotGuardAnotherWorkersWrite(t *testing.T) {
	origin, url := serve(t, nil, `{"v":1}`)
	h := brisk().HTTPClient()
	worker, poller := ifmatch.UnitOfWork(t.Context()), ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, worker, h, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"v":2}`)
	_, _, err = plain(t, poller, h, "GET", url, "")
	require.NoError(t, err)
	status, _, err := plain(t, worker, h, "PUT", url, `{"v":"worker"}`)
	require.NoError(t, err)
	assert.Equal(t, 412, status)
	status, _, err = plain(t, poller, h, "PUT", url, `{"v":"poller"}`)
	require.NoError(t, err)
	assert.Equal(t, 204, status)

	// Without units of work nothing tells whose write it is.
	other := brisk().HTTPClient()
	_, _, err = plain(t, t.Context(), other, "GET", url, "")
	require.NoError(t, err)
	origin.Set("/doc", `{"v":3}`)
	_, _, err = plain(t, t.Context(), other, "GET", url, "")
	require.NoError(t, err)
	_, _, err = plain(t, t.Context(), other, "PUT", url, `{"v":"?"}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator)
	assert.ErrorContains(t, err, "UnitOfWork")
	assert.JSONEq(t, `{"v":3}`, origin.Body("/doc"))
}

// flow is one unit of work of the model: what it read last, and was told.
type flow struct {
	ctx  context.Context
	read int // version of the server's document that its content was derived from; 0: none
}

// In any interleaving of reads and writes by several flows over one client, no write lands on a
// version that its own flow did not read.
func TestNoPlainWriteLandsOnAVersionThatItsUnitDidNotRead(t *testing.T) {
	schedules := 2000
	if testing.Short() {
		schedules = 200
	}
	landed, refused, conflicts := 0, 0, 0
	for seed := range schedules {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		origin := ifmatchtest.New([]*ifmatchtest.Options{nil, {WriteTags: ifmatchtest.NoWriteTags},
			{WriteTags: ifmatchtest.ReceiptWriteTags}, {Tags: ifmatchtest.WeakTags, WeakMatch: true}}[rng.IntN(4)])
		origin.Set("/a", `{"v":0}`)
		origin.Set("/b", `{"v":0}`)
		h := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: direct{origin}},
			Plain: ifmatch.PlainOptions{MaxTracked: 1 + rng.IntN(2)}}).HTTPClient()
		flows := make([]map[string]*flow, 2+rng.IntN(3))
		for i := range flows {
			ctx := t.Context()
			if rng.IntN(3) > 0 {
				ctx = ifmatch.UnitOfWork(ctx)
			}
			flows[i] = map[string]*flow{"/a": {ctx: ctx}, "/b": {ctx: ctx}}
		}
		for range 5 + rng.IntN(30) {
			path := []string{"/a", "/b"}[rng.IntN(2)]
			f := flows[rng.IntN(len(flows))][path]
			switch {
			case rng.IntN(8) == 0: // somebody else, elsewhere
				origin.Edit(path, func([]byte) []byte { return fmt.Appendf(nil, `{"v":%d}`, rng.Int()) })
			case f.read == 0 || rng.IntN(2) == 0:
				if _, _, err := plain(t, f.ctx, h, "GET", "http://origin.test"+path, ""); err == nil {
					f.read = origin.Version(path)
				}
			default:
				before := origin.Version(path)
				status, _, err := plain(t, f.ctx, h, "PUT", "http://origin.test"+path,
					fmt.Sprintf(`{"v":%d}`, rng.Int()))
				switch {
				case err != nil:
					refused++
				case status == 412:
					conflicts++
					require.NotEqual(t, before, 0)
				default:
					landed++
					require.Equal(t, before, f.read,
						"seed %d: a write made from version %d landed on version %d:\n%v", seed, f.read, before,
						origin.Requests())
				}
				f.read = 0 // without a unit of work each write is made from a read of its own
			}
		}
	}
	t.Logf("%d schedules: %d writes landed, %d conflicted, %d were refused locally", schedules, landed, conflicts,
		refused)
	require.Positive(t, landed)
	require.Positive(t, conflicts)
	require.Positive(t, refused)
}

func TestAUnitOfWorkGoesOnFromItsOwnWrites(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := brisk().HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	status, _, err := plain(t, ctx, h, "PUT", url, `{"v":1}`)
	require.NoError(t, err)
	require.Equal(t, 204, status)
	status, _, err = plain(t, ctx, h, "PUT", url, `{"v":2}`, "Prefer: return=representation")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	_, _, err = plain(t, ctx, h, "PUT", url, `{"v":3}`)
	assert.ErrorIs(t, err, ifmatch.ErrNoValidator,
		"the answer to the last one had content, whose tag may be the receipt's")
	assert.Equal(t, []string{`If-Match: "v1"`, `If-Match: "v2"`}, conditions(origin, "PUT"))
}

func ExampleUnitOfWork() {
	origin, url := example(`{"name": "ann"}`)
	send := func(ctx context.Context, method, body string) int {
		req, _ := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		resp, err := client.Do(req)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	worker := ifmatch.UnitOfWork(context.Background())
	send(worker, "GET", "")
	origin.Set("/doc", `{"name": "Anne"}`)
	send(ifmatch.UnitOfWork(context.Background()), "GET", "") // a poller reads the newer version
	fmt.Println(send(worker, "PUT", `{"name": "Ann"}`))       // which does not guard the worker's write
	// Output: 412
}

func TestAUnitOfWorkThatFoundNothingWritesAsAsked(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := brisk().HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	_, _, err := plain(t, ctx, h, "GET", url, "")
	require.NoError(t, err)
	origin.Delete("/doc")
	for _, c := range []context.Context{ctx, t.Context()} {
		status, _, err := plain(t, c, h, "GET", url, "")
		require.NoError(t, err)
		require.Equal(t, 404, status)
	}
	status, _, err := plain(t, ctx, h, "PUT", url, `{"v":1}`)
	require.NoError(t, err)
	assert.Equal(t, 201, status)
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
	for name, field := range map[string]string{
		"206": "x-ms-range: bytes=0-3", "range": "Range: bytes=0-3", "304": `If-None-Match: "v1"`,
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"n":0}`)
			if name == "206" {
				part := ifmatchtest.Response{Status: 206, Body: `{"n"`}
				part = part.With("ETag", `"v1"`).With("Content-Range", "bytes 0-3/7")
				origin.Next("GET", ifmatchtest.Answer(part))
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

func TestRowsOfALaterListingDoNotReplaceWhatAUnitReadWhole(t *testing.T) {
	origin, target := serve(t, nil, `{"n":1}`)
	h := ifmatch.New(&ifmatch.Options{
		Plain: ifmatch.PlainOptions{Rows: func(_ *url.URL, content []byte) map[string]string {
			var m map[string]string
			_ = json.Unmarshal(content, &m)
			if r, ok := m["/doc"]; ok {
				return map[string]string{"/doc": r}
			}
			return nil
		}},
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", target, "")
	origin.Set("/doc", `{"n":50}`)
	origin.Set("/", fmt.Sprintf(`{"/doc":%q}`, origin.ETag("/doc")))
	status, _, err := plain(t, ctx, h, "GET", strings.TrimSuffix(target, "doc"), "")
	require.NoError(t, err)
	require.Equal(t, 200, status)
	plain(t, ctx, h, "PUT", target, `{"n":2}`)
	assert.JSONEq(t, `{"n":50}`, origin.Body("/doc"))
}

func TestWhatAUnitFoundAbsentIsCreatedInTheWordsOfTheDialect(t *testing.T) {
	origin, url := serve(t, nil, "")
	h := ifmatch.New(&ifmatch.Options{
		Dialect: dialect.Elasticsearch(),
		Plain:   ifmatch.PlainOptions{RequireCondition: true},
	}).HTTPClient()
	ctx := ifmatch.UnitOfWork(t.Context())
	plain(t, ctx, h, "GET", url, "")
	_, _, err := plain(t, ctx, h, "PUT", url, `{"n":1}`)
	require.NoError(t, err)
	require.Len(t, origin.Requests("PUT"), 1)
	assert.Equal(t, "op_type=create", origin.Requests("PUT")[0].Query)
}
