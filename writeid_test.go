package ifmatch_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// rivalsID is an identifier that another program left.
const rivalsID = "0d5cf3b4-52f5-4c8e-9d6e-4e5c7f0c8f11"

func TestAWriteIdentifierTellsOurWriteFromARivalsEqualOne(t *testing.T) {
	rival := ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":"rival"}`) })
	t.Run("ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
	})
	t.Run("the rival's, which may stand on ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(), rival)
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list that does not have it proves that it did not land", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(),
			ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["first","rival"]}`) }))
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 2, u.Value.Count)
	})
	t.Run("a list that has lost its beginning proves nothing", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
		origin.Next("PUT", ifmatchtest.LoseRequest())
		origin.Next("GET", ifmatchtest.Pass(),
			ifmatchtest.RivalEdit(func([]byte) []byte { return []byte(`{"count":1,"by":["rival"]}`) }))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain)
	})
	t.Run("a list keeps the newest 32", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0,"by":[]}`)
		for range 40 {
			_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
				o.WriteID = "/by"
			}), url, increment)
			require.NoError(t, err)
		}
		var got struct {
			Count int
			By    []string
		}
		require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
		assert.Equal(t, 40, got.Count)
		assert.Len(t, got.By, 32)
	})
	t.Run("a place that does not exist is an error", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/no/such/parent"
		}), url, increment)
		assert.ErrorContains(t, err, "/no/such/parent")
		assert.Equal(t, 0, origin.Arrived("PUT"))
	})
}

func TestAnIdentifierTellsThatTheWriteWhichAGatewayRepeatedIsOurs(t *testing.T) {
	t.Run("Update", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Always("PUT", ifmatchtest.Replay())
		u, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, u.Value.Count)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Put", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Always("PUT", ifmatchtest.Replay())
		u.Value.Count = 5
		_, err = ifmatch.Put(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), u)
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("Create", func(t *testing.T) {
		origin, url := serve(t, nil, `{}`)
		origin.Always("PUT", ifmatchtest.Replay())
		_, err := ifmatch.Create(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url+"/new", doc{Count: 1})
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
	t.Run("a rival's is not", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7,"by":"`+rivalsID+`"}`))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		assert.ErrorIs(t, err, ifmatch.ErrUncertain, "one identifier does not tell what was there before it")
		assert.Equal(t, 1, origin.Arrived("PUT"))
	})
	t.Run("a rival's that was made from the same version excludes ours", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		client := brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" })
		origin.Next("PUT", ifmatchtest.Before(func() {
			_, err := ifmatch.Update(t.Context(), client, url, func(d *doc) error { d.Count += 7; return nil })
			assert.NoError(t, err)
		}))
		u, err := ifmatch.Update(t.Context(), client, url, increment)
		require.NoError(t, err)
		assert.Equal(t, 8, u.Value.Count)
	})
	t.Run("looking that fails leaves it uncertain", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.RivalWrite(`{"count":7}`))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)),
			ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
		_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) {
			o.WriteID = "/by"
		}), url, increment)
		requireUncertain(t, err)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	})
}

func TestAWriteThatIsNotRoutedIsNoDoubtWithAnIdentifierEither(t *testing.T) {
	for _, status := range []int{404, 405, 410} {
		for _, id := range []string{"", "/by", "/list"} {
			origin, url := serve(t, nil, `{"count":0,"list":[]}`)
			origin.Always("PUT", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
			c := brisk().With(func(o *ifmatch.Options) { o.WriteID = id })
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			require.NotErrorIs(t, err, ifmatch.Deleted, "it is there")
			require.NotErrorIs(t, err, ifmatch.ErrRefusedTag)
			var refused *ifmatch.ResponseError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, status, refused.StatusCode)
			assert.Equal(t, 1, origin.Arrived("PUT"))
		}
	}
}

func TestACreationThatAGatewayRepeatedAndOthersDeletedIsUncertain(t *testing.T) {
	for _, status := range []int{409, 412} {
		origin, url := serve(t, nil, "")
		deleted := ifmatchtest.After(func() { origin.Delete("/doc") })
		refused := ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(status, nil))
		origin.Next("PUT", ifmatchtest.Together(refused, deleted))
		c := brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" })
		_, err := ifmatch.Create(t.Context(), c, url, doc{Count: 1})
		requireUncertain(t, err)
		assert.Equal(t, 1, origin.Arrived("PUT"), "the deletion is not undone")
	}
}

func TestAConflictIsUncertainWhenThereIsNoTimeToLookForTheIdentifier(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0}`)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.RivalWrite(`{"count":7}`),
		ifmatchtest.RefuseWith(ifmatchtest.Problem(412, nil).With("Retry-After", "3600"))))
	_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), url, increment)
	requireUncertain(t, err)
	assert.ErrorIs(t, err, ifmatch.ErrExhausted)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}

func listing(o *ifmatch.Options) { o.WriteID = "/by" }

// rivalGoesOn is a rival that writes with an identifier of its own.
func rivalGoesOn([]byte) []byte { return []byte(`{"n":3,"by":["first","rival"]}`) }

func TestALostCreationThatOthersHaveOvertakenIsUncertainBecauseItMayStillArrive(t *testing.T) {
	origin, url := serve(t, nil, "")
	rival := ifmatchtest.Before(func() { origin.Edit("/doc", rivalGoesOn) })
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	_, err := ifmatch.Create(t.Context(), brisk().With(listing), url, signed{N: 7, By: []string{"first"}})
	requireUncertain(t, err)
}

func TestEqualContentDecidesOnlyWhereAWriteCarriesNoIdentifier(t *testing.T) {
	for _, pointer := range []string{"", "/by", "/id"} {
		origin, url := serve(t, nil, unsigned)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		rival := ifmatchtest.Before(func() { origin.Set("/doc", `{"n":7,"by":["first"]}`) })
		origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
		u.Value.N = 7
		_, err = ifmatch.Put(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = pointer }), u)
		if pointer == "" {
			assert.NoError(t, err, "a declared state, whoever brought it about")
			continue
		}
		requireUncertain(t, err)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	}
}

// bare409 is what a server answers that knows no 412.
var bare409 = ifmatchtest.RefuseWith(ifmatchtest.Response{Status: http.StatusConflict})

func TestAnIdentifierTellsARepeatedWriteWhereTheServerRefusesWithABare409(t *testing.T) {
	t.Run("Update", func(t *testing.T) {
		origin, url := serve(t, nil, unsigned)
		origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Replay(), bare409))
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, func(v *thing) error { v.N++; return nil })
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"), "applied twice: %s", origin.Body("/doc"))
	})
	t.Run("Put", func(t *testing.T) {
		origin, url := serve(t, nil, unsigned)
		u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
		require.NoError(t, err)
		origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Replay(), bare409))
		u.Value.N = 7
		_, err = ifmatch.Put(t.Context(), brisk().With(listing), u)
		assert.NoError(t, err, "a false conflict")
	})
}

func TestABare409AfterALostCopyIsExplainedByTheLookThatWasTaken(t *testing.T) {
	origin, url := serve(t, nil, unsigned)
	u, err := ifmatch.Get[thing](t.Context(), brisk(), url)
	require.NoError(t, err)
	rival := ifmatchtest.Before(func() { origin.Edit("/doc", rivalGoesOn) })
	origin.Next("PUT", ifmatchtest.LoseRequest(), ifmatchtest.Together(rival, bare409))
	u.Value.N = 7
	_, err = ifmatch.Put(t.Context(), brisk().With(listing), u)
	require.NotErrorIs(t, err, ifmatch.ErrUncertain)
	assert.ErrorIs(t, err, ifmatch.StaleVersion)
}

func TestAnIdentifierIsRecognisedHoweverTheServerWritesStrings(t *testing.T) {
	escaped := func(_ string, _ int, content []byte) []byte {
		at := strings.LastIndex(string(content), `"]`) - 26 // the identifier is 26 characters long
		if at < 0 || content[at-1] != '"' || content[at] < 'A' || content[at] > 'Z' {
			return content
		}
		return []byte(string(content[:at]) + `\u00` + string("0123456789ABCDEF"[content[at]>>4]) +
			string("0123456789ABCDEF"[content[at]&15]) + string(content[at+1:]))
	}
	for range 3 { // an identifier may begin with a digit
		origin, url := serve(t, &ifmatchtest.Options{Transform: escaped}, unsigned)
		origin.Next("PUT", ifmatchtest.LoseResponse())
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, func(v *thing) error { v.N++; return nil })
		assert.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"), "applied twice: %v %s", err, origin.Body("/doc"))
	}
}

func TestEightyWritesBehindAGatewayThatRepeatsAreEighty(t *testing.T) {
	refusedBy := func(r ifmatchtest.Response) ifmatchtest.Fault {
		return ifmatchtest.Together(ifmatchtest.Replay(), ifmatchtest.RefuseWith(r))
	}
	race := map[string]any{"type": "https://example.com/probs/race"}
	for name, gateway := range map[string]ifmatchtest.Fault{
		"412":                      ifmatchtest.Replay(),
		"409 with problem details": refusedBy(ifmatchtest.Problem(409, nil)),
		"409 of another problem":   refusedBy(ifmatchtest.Problem(409, race)),
		"501 of the gateway": ifmatchtest.ApplyAndAnswer(ifmatchtest.Response{
			Status: 501, Body: "no valid node",
		}),
		"400 about a body that was cut": ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(400, nil)),
	} {
		for place, start := range map[string]string{"/by": `{"count":0,"by":[]}`, "/id": `{"count":0}`} {
			t.Run(name+" "+place, func(t *testing.T) {
				origin, url := serve(t, nil, start)
				origin.Every(2, "PUT", gateway)
				c := brisk().With(func(o *ifmatch.Options) { o.WriteID = place })
				for range 20 {
					_, err := ifmatch.Update(t.Context(), c, url, increment)
					require.NoError(t, err)
				}
				var got doc
				require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
				assert.Equal(t, 20, got.Count, "applied as often as acknowledged")
			})
		}
	}
}

func TestARefusalThatIsNotLookedAfterSaysSo(t *testing.T) {
	for _, status := range []int{400, 501} {
		origin, url := serve(t, nil, `{"count":0,"by":[]}`)
		origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		assert.ErrorContains(t, err, "not looked after")
		var failed *ifmatch.WriteError
		require.ErrorAs(t, err, &failed)
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, failed.Last, &refused)
		assert.Equal(t, status, refused.StatusCode)
		assert.Equal(t, 1, origin.Arrived("PUT"))
	}
}

func TestOtherRefusalsOfTheOnlyCopyAreBelieved(t *testing.T) {
	for _, status := range []int{401, 403, 413, 422} {
		origin, url := serve(t, nil, `{"count":0,"by":[]}`)
		origin.Next("PUT", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
		require.Error(t, err)
		require.NotErrorIs(t, err, ifmatch.ErrUncertain)
		assert.Equal(t, "GET PUT", story(origin))
	}
}

func TestTheStateOfTheNextRoundIsAskedForTheIdentifier(t *testing.T) {
	for name, look := range map[string]ifmatchtest.Fault{
		"the look gets an old copy": ifmatchtest.StaleRead(),
		"the look gets another's":   ifmatchtest.Pass(),
	} {
		t.Run(name, func(t *testing.T) {
			origin, url := serve(t, nil, `{"count":0}`)
			origin.Next("PUT", ifmatchtest.Replay())
			origin.Next("GET", ifmatchtest.Pass(), look)
			_, err := ifmatch.Update(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }),
				url, increment)
			require.NoError(t, err)
			assert.Equal(t, 1, origin.Applied("PUT"))
		})
	}
	t.Run("a double application was risked, and is not needed", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		origin.Next("PUT", ifmatchtest.Replay())
		origin.Next("GET", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(403, nil)))
		c := brisk().With(func(o *ifmatch.Options) { o.WriteID, o.AllowDoubleApply = "/by", true })
		_, err := ifmatch.Update(t.Context(), c, url, increment)
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"), "the next fetch shows our identifier")
	})
	t.Run("a single write", func(t *testing.T) {
		origin, url := serve(t, nil, `{"count":0}`)
		u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
		require.NoError(t, err)
		late := ifmatchtest.Together(ifmatchtest.ApplyAndAnswer(ifmatchtest.Problem(404, nil)))
		origin.Next("PUT", late) // a 404 is believed, and explained by a fetch
		u.Value.Count = 5
		_, err = ifmatch.Put(t.Context(), brisk().With(func(o *ifmatch.Options) { o.WriteID = "/by" }), u)
		require.NoError(t, err)
		assert.Equal(t, 1, origin.Applied("PUT"))
	})
}

func TestAListIsLookedAtAgainBeforeItLeavesAWriteUncertain(t *testing.T) {
	// A replica lags behind: the first look shows a version between base and ours.
	origin, url := serve(t, nil, `{"count":0,"by":["first"]}`)
	between := ifmatchtest.Answer(ifmatchtest.Response{Status: 200, Body: `{"count":0,"by":["first"],"x":1}`}.
		With("ETag", `"between"`))
	origin.Next("PUT", ifmatchtest.LoseResponse())
	origin.Next("GET", ifmatchtest.Pass(), between)
	_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
	require.NoError(t, err)
	assert.Equal(t, "GET PUT GET GET", story(origin))
}

func TestAListThatOthersClearedProvesNothing(t *testing.T) {
	for _, list := range []string{`[]`, `["rival"]`, `null`, `"gone"`} {
		for _, lost := range []bool{true, false} {
			origin, url := serve(t, nil, `{"count":0,"by":[]}`)
			cleared := func() { origin.Set("/doc", `{"count":1,"by":`+list+`}`) }
			if lost {
				origin.Next("PUT", ifmatchtest.Together(ifmatchtest.After(cleared), ifmatchtest.LoseResponse()))
			} else {
				origin.Next("PUT", ifmatchtest.Together(ifmatchtest.Replay(), ifmatchtest.After(cleared)))
			}
			_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
			requireUncertain(t, err)
			assert.Equal(t, 1, origin.Applied("PUT"), "not twice")
		}
	}
}

func TestARivalsIdentifierOfTheSameVersionProvesThatOursDidNotLand(t *testing.T) {
	// The list was empty, so that nothing tells how far back it reaches; but a version has one
	// successor.
	origin, url := serve(t, nil, `{"count":0,"by":[]}`)
	rival := ifmatchtest.Before(func() {
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
		require.NoError(t, err)
	})
	origin.Next("PUT", ifmatchtest.Together(rival, ifmatchtest.LoseRequest()))
	_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
	require.NoError(t, err)
	assert.Contains(t, origin.Body("/doc"), `"count":2`)
}

func TestAnIdentifierOfTheSameVersionProvesNothingWhereVersionsComeBack(t *testing.T) {
	const start = `{"count":0,"by":[]}`
	origin, url := serve(t, &ifmatchtest.Options{Tags: ifmatchtest.ContentTags}, start)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.LoseResponse(), ifmatchtest.After(func() {
		origin.Set("/doc", start) // ours is undone
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
		require.NoError(t, err)
	})))
	_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
	requireUncertain(t, err)
	assert.Contains(t, origin.Body("/doc"), `"count":1`)
}

func TestAPlaceThatHoldsSomethingElseIsNotOverwritten(t *testing.T) {
	for _, holds := range []string{`7`, `true`, `"Ann"`, `"a sentence for people"`, `{"a":1}`, `[1,2]`, `[{"id":1}]`} {
		for _, format := range []string{"", "application/merge-patch+json"} {
			origin, url := serve(t, nil, `{"count":0,"by":`+holds+`}`)
			c := brisk().With(listing).With(func(o *ifmatch.Options) { o.PatchFormat = format })
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			require.Error(t, err, holds)
			require.NotErrorIs(t, err, ifmatch.ErrUncertain)
			assert.ErrorContains(t, err, "/by")
			assert.Equal(t, "GET", story(origin), "not a byte was written")
		}
	}
	for _, holds := range []string{`null`, `""`, `"` + rivalsID + `"`, `[]`, `["` + rivalsID + `"]`} {
		origin, url := serve(t, nil, `{"count":0,"by":`+holds+`}`)
		_, err := ifmatch.Update(t.Context(), brisk().With(listing), url, increment)
		require.NoError(t, err, holds)
		assert.Equal(t, 1, origin.Applied("PUT"))
	}
}

func TestTheWindowOfAListIsAnOption(t *testing.T) {
	for window, want := range map[int]int{0: 32, 3: 3, 50: 41, -1: 2} {
		origin, url := serve(t, nil, `{"count":0,"by":["`+rivalsID+`"]}`)
		c := brisk().With(listing).With(func(o *ifmatch.Options) { o.WriteIDs = window })
		for range 40 {
			_, err := ifmatch.Update(t.Context(), c, url, increment)
			require.NoError(t, err)
		}
		var got signed
		require.NoError(t, json.Unmarshal([]byte(origin.Body("/doc")), &got))
		assert.Equal(t, rivalsID, got.By[0], "what other programs left is theirs")
		assert.Len(t, got.By, want, "window %d", window)
		assert.NotEqual(t, rivalsID, got.By[want-1], "ours is always there")
	}
}

func TestAnIdentifierCanStandInAHeaderField(t *testing.T) {
	const field = "X-Ms-Meta-Write-Id"
	for _, landed := range []bool{true, false} {
		// The server keeps the field as metadata, and returns it.
		kept, version := "", 1
		client, s := through(func(a arrival) (*http.Response, error) {
			if a.method == http.MethodGet {
				return reply(200, `not JSON`, fmt.Sprintf("ETag: %q", fmt.Sprint(version)), field+": "+kept), nil
			}
			if a.n == 1 && !landed {
				kept, version = rivalsID, 2
				return nil, errLost
			}
			kept, version = a.header.Get(field), version+1
			if a.n == 1 {
				return reply(412, ""), nil // it is about the second copy
			}
			return reply(204, ""), nil
		}, &ifmatch.Options{WriteID: field, MaxWait: time.Millisecond})
		_, err := ifmatch.Update(t.Context(), client, thingURL, func(b *[]byte) error {
			*b = []byte("new")
			return nil
		})
		if landed {
			require.NoError(t, err)
		} else {
			requireUncertain(t, err)
		}
		assert.Len(t, s.writes(), 1)
		assert.Len(t, s.writes()[0].header.Get(field), 25)
	}
}

func TestAnIdentifierCanStandInAnAnnotation(t *testing.T) {
	for _, start := range []string{`{"metadata":{}}`, `{"metadata":{"annotations":{"a":"b"}}}`} {
		origin, url := serve(t, nil, start)
		origin.Next("PUT", ifmatchtest.Replay())
		c := brisk().With(func(o *ifmatch.Options) { o.WriteID = "/metadata/annotations/example.com~1write" })
		_, err := ifmatch.Update(t.Context(), c, url, func(v *thing) error { v.N = 1; return nil })
		require.NoError(t, err)
		assert.Contains(t, origin.Body("/doc"), `"example.com/write":"`)
		assert.Equal(t, 1, origin.Applied("PUT"))
	}
}

func TestDeletionsAndPatchesCarryNoIdentifier(t *testing.T) {
	origin, url := serve(t, nil, `{"count":0,"by":[]}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	c := brisk().With(listing)
	u, err = ifmatch.Patch(t.Context(), c, u, "application/merge-patch+json", []byte(`{"count":1}`))
	require.NoError(t, err)
	assert.Equal(t, `{"count":1}`, string(origin.Requests("PATCH")[0].Body))
	origin.Next("DELETE", ifmatchtest.Replay())
	err = ifmatch.Delete(t.Context(), c, u)
	require.ErrorIs(t, err, ifmatch.Deleted, "as the documentation says of a gateway that repeats")
	assert.False(t, origin.Exists("/doc"))
}

func TestAHeaderFieldThatHoldsSomethingElseIsNotOverwritten(t *testing.T) {
	client, s := through(func(a arrival) (*http.Response, error) {
		return reply(200, thingV1, `ETag: "1"`, "X-Ms-Meta-Owner: bob, keeper of this blob"), nil
	}, &ifmatch.Options{WriteID: "X-Ms-Meta-Owner"})
	assert.ErrorContains(t, update(t.Context(), client), "not overwritten")
	assert.Empty(t, s.writes())
}

func TestAFieldWithAMeaningOfItsOwnIsNoPlaceForIdentifiers(t *testing.T) {
	for _, field := range []string{"Authorization", "If-Match", "if-none-match", "Content-Length", "Host"} {
		client, s := through(func(a arrival) (*http.Response, error) {
			return reply(200, thingV1, `ETag: "1"`), nil
		}, &ifmatch.Options{WriteID: field})
		assert.ErrorContains(t, update(t.Context(), client), "a meaning of its own", field)
		assert.Empty(t, s.arrivals())
	}
}

func TestAnIdentifierThatTheBaseShowedDoesNotExcludeOurs(t *testing.T) {
	// A document was copied to another URL, with the identifiers of the tags that it had there.
	first, elsewhere := serve(t, nil, unsigned)
	_, err := ifmatch.Update(t.Context(), brisk().With(listing), elsewhere, func(v *thing) error { v.N++; return nil })
	require.NoError(t, err)
	copied := first.Body("/doc")

	origin, url := serve(t, nil, copied)
	origin.Next("PUT", ifmatchtest.Together(ifmatchtest.LoseResponse(),
		ifmatchtest.After(func() { origin.Set("/doc", copied) })))
	_, err = ifmatch.Update(t.Context(), brisk().With(listing), url, func(v *thing) error { v.N++; return nil })
	requireUncertain(t, err)
	assert.Equal(t, 1, origin.Arrived("PUT"))
}
