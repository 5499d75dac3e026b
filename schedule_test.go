package ifmatch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// The promises 1, 2 and 4 under schedules that nobody thought of: several writers append a word of
// their own to one list while answers are lost, requests are lost, servers fail before and after
// the fact, caches lag and rivals write. A word that was acknowledged is there once; one that was
// refused is not; one that is uncertain is there once or not at all; and nobody else's word is
// gone.
func TestUnderAnyScheduleOfFaultsAnEditIsAppliedAtMostOnce(t *testing.T) {
	schedules := 400
	if testing.Short() {
		schedules = 50
	}
	outcomes := map[string]int{}
	for seed := range schedules {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		withID := rng.IntN(3) == 0
		origin := ifmatchtest.New([]*ifmatchtest.Options{
			nil, {WriteTags: ifmatchtest.NoWriteTags}, {WriteTags: ifmatchtest.ReceiptWriteTags},
			{Transform: ifmatchtest.StampRevision}, {Tags: ifmatchtest.DoubledTags}, {AcceptRepeated: false},
		}[rng.IntN(6)])
		origin.Set("/doc", `{"words":["first"],"by":["first"]}`)
		rivals := 0
		rival := ifmatchtest.RivalEdit(func(old []byte) []byte {
			rivals++
			return []byte(strings.Replace(string(old), `"words":["first"`,
				fmt.Sprintf(`"words":["first","rival %d"`, rivals), 1))
		})
		write := func() ifmatchtest.Fault {
			switch rng.IntN(9) {
			case 0:
				return ifmatchtest.LoseResponse()
			case 1:
				return ifmatchtest.LoseRequest()
			case 2:
				return ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem([]int{500, 502, 504, 202}[rng.IntN(4)], nil))
			case 3:
				return ifmatchtest.Answer(ifmatchtest.Problem([]int{503, 429, 425, 403}[rng.IntN(4)], nil))
			case 4:
				return rival
			case 5:
				return ifmatchtest.Together(rival,
					ifmatchtest.RefuseWith(ifmatchtest.Response{Status: 409, Body: "changed"}))
			case 6:
				return ifmatchtest.Postpone()
			case 7:
				return ifmatchtest.Before(func() { origin.DeliverPostponed() })
			}
			return ifmatchtest.Pass()
		}
		for range 6 {
			origin.Next("PUT", write(), ifmatchtest.Pass())
			if rng.IntN(3) == 0 {
				origin.Next("GET", ifmatchtest.Times(rng.IntN(4), ifmatchtest.Pass())...)
				origin.Next("GET", ifmatchtest.Times(1+rng.IntN(7), ifmatchtest.StaleRead())...)
			}
		}
		o := &ifmatch.Options{
			HTTPClient: &http.Client{Transport: lossy{origin}}, MaxWait: time.Microsecond, MaxRounds: 100,
		}
		if withID {
			o.WriteID = "/by"
		}
		c := ifmatch.New(o)
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for w := range errs {
			wg.Go(func() {
				_, errs[w] = ifmatch.Update(t.Context(), c, "http://origin.test/doc", func(d *struct {
					Words []string `json:"words"`
				}) error {
					d.Words = append(d.Words, fmt.Sprint("writer ", w))
					return nil
				})
			})
		}
		wg.Wait()
		origin.ClearScript()
		origin.DeliverPostponed()

		var got struct{ Words []string }
		require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
		count := func(word string) (n int) {
			for _, w := range got.Words {
				if w == word {
					n++
				}
			}
			return n
		}
		story := func() string { return fmt.Sprintf("seed %d: %v\n%v\n%v", seed, errs, got.Words, origin.Requests()) }
		for w, err := range errs {
			n := count(fmt.Sprint("writer ", w))
			var conflict *ifmatch.ConflictError
			switch {
			case err == nil:
				outcomes["success"]++
				require.Equal(t, 1, n, "acknowledged: %s", story())
			case errors.Is(err, ifmatch.ErrUncertain):
				outcomes["uncertain"]++
				require.LessOrEqual(t, n, 1, "uncertain: %s", story())
				require.False(t, errors.As(err, &conflict), "%s", story())
			default:
				outcomes["refused"]++
				require.Zero(t, n, "refused (%v): %s", err, story())
			}
		}
		for i := range rivals {
			require.Equal(t, 1, count(fmt.Sprintf("rival %d", i+1)), "nobody else's word is gone: %s", story())
		}
		require.True(t, slices.Contains(got.Words, "first"))
	}
	t.Logf("%d schedules: %v", schedules, outcomes)
	require.Positive(t, outcomes["success"])
	require.Positive(t, outcomes["uncertain"])
	require.Positive(t, outcomes["refused"])
}
