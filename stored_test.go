package ifmatch_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// kept is what another process reads of a representation.
func kept[T any](t *testing.T, u *ifmatch.Representation[T]) *ifmatch.Representation[T] {
	t.Helper()
	text, err := json.MarshalIndent(map[string]any{"job": u}, "", "\t") // as people store things
	require.NoError(t, err)
	var read struct{ Job *ifmatch.Representation[T] }
	require.NoError(t, json.Unmarshal(text, &read), "%s", text)
	return read.Job
}

func TestAStoredRepresentationIsWhole(t *testing.T) {
	header := http.Header{"Content-Type": {"application/json"}, "X-Latin": {"caf\xe9", "b"}, "X-None": nil}
	whole := func(t *testing.T, check func(t *testing.T, header http.Header)) {
		check(t, http.Header{"Content-Type": {"application/json"}})
		check(t, header)
		check(t, nil)
	}
	t.Run("struct", func(t *testing.T) {
		whole(t, func(t *testing.T, h http.Header) {
			u := &ifmatch.Representation[thing]{
				Value: thing{N: math.MaxInt64, Note: "<\u2028>"}, URL: thingURL + "?\xff",
				ETag: "\"\xff\"", LastModified: "Fri, 20 Nov 2026 10:00:00 GMT",
				Content: []byte(" {\"n\": 1.50 ,\n\"s\":\"\xff\"} "), Header: h, Status: 201,
			}
			want := *u
			if h != nil {
				want.Header = h.Clone()
				delete(want.Header, "X-None")
			}
			require.Equal(t, &want, kept(t, u))
		})
	})
	t.Run("text that is not UTF-8", func(t *testing.T) {
		u := &ifmatch.Representation[string]{Value: "caf\xe9", URL: thingURL, ETag: `"1"`, Content: []byte("caf\xe9s")}
		require.Equal(t, u, kept(t, u))
	})
	t.Run("text", func(t *testing.T) {
		u := &ifmatch.Representation[string]{Value: "a\x00\n<b>", URL: thingURL, Content: []byte{}}
		require.Equal(t, u, kept(t, u))
	})
	t.Run("bytes", func(t *testing.T) {
		u := &ifmatch.Representation[[]byte]{Value: []byte{0, 0xff}, URL: thingURL, ETag: `W/"1"`, Content: []byte{1}}
		require.Equal(t, u, kept(t, u))
	})
	t.Run("a document of the caller's", func(t *testing.T) {
		spaced := json.RawMessage("{ \"a\": [1.50,\n\t\"<\"] }")
		for _, raw := range []json.RawMessage{spaced, json.RawMessage("not yet"), nil} {
			u := &ifmatch.Representation[json.RawMessage]{Value: raw, URL: thingURL, ETag: `"1"`, Content: []byte("{}")}
			require.Equal(t, u, kept(t, u))
		}
	})
	t.Run("any", func(t *testing.T) {
		u := &ifmatch.Representation[any]{Value: map[string]any{"a": []any{1.5, nil, "x"}}, URL: thingURL}
		require.Equal(t, u, kept(t, u))
	})
	t.Run("nothing", func(t *testing.T) {
		require.Equal(t, &ifmatch.Representation[thing]{}, kept(t, &ifmatch.Representation[thing]{}))
		require.Nil(t, kept[thing](t, nil))
	})
}

func TestARepresentationStoredAfterAWriteWithoutATagIsSavedByAnotherProcess(t *testing.T) {
	write := func(t *testing.T, u *ifmatch.Representation[doc], client *ifmatch.Client) *ifmatch.Representation[doc] {
		u.Value.Count++
		u, err := ifmatch.Save(t.Context(), client, u, nil)
		require.NoError(t, err)
		require.Empty(t, u.ETag)
		return kept(t, u)
	}
	quiet := func() *ifmatch.Client {
		return brisk().With(func(o *ifmatch.Options) { o.Header = http.Header{"Prefer": {"return=minimal"}} })
	}
	origin, url := serve(t, &ifmatchtest.Options{WriteTags: ifmatchtest.NoWriteTags}, `{"name":"a","count":1}`)
	u, err := ifmatch.Get[doc](t.Context(), quiet(), url)
	require.NoError(t, err)
	for range 3 {
		u = write(t, u, quiet())
	}
	require.JSONEq(t, `{"name":"a","count":4}`, origin.Body("/doc"))
	origin.Set("/doc", `{"name":"rival","count":4}`)
	u.Value.Count = 9
	_, err = ifmatch.Save(t.Context(), quiet(), kept(t, u), nil)
	require.ErrorIs(t, err, ifmatch.StaleVersion, "what others wrote is seen")
	_, err = ifmatch.Save(t.Context(), quiet(), kept(t, u), ifmatch.ThreeWay)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"rival","count":9}`, origin.Body("/doc"))
}

func TestTheTagOfAnAnswerThatProvedNothingIsStoredToo(t *testing.T) {
	k := newKeeper(noted)
	client, _ := over(k, ifmatch.Options{})
	u, err := ifmatch.Get[order](t.Context(), client, thingURL)
	require.NoError(t, err)
	u.Value.Name = "bob"
	u, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	u = kept(t, u)
	u.Value.Note = "n"
	_, err = ifmatch.Put(t.Context(), client, u)
	require.NoError(t, err)
	require.Contains(t, k.now(), `"note":"n"`)
}

func TestAnEditThatWasStoredUnsavedIsResumed(t *testing.T) {
	origin, url := serve(t, nil, `{"name":"a","count":1}`)
	u, err := ifmatch.Get[doc](t.Context(), brisk(), url)
	require.NoError(t, err)
	origin.Set("/doc", `{"name":"a","count":7}`)
	u.Value.Count = 2
	_, err = ifmatch.Save(t.Context(), brisk(), u, nil)
	again, ok := ifmatch.Resume[doc](err)
	require.True(t, ok)
	_, err = ifmatch.Save(t.Context(), brisk(), kept(t, again), ifmatch.KeepLocal)
	require.NoError(t, err)
	require.JSONEq(t, `{"name":"a","count":2}`, origin.Body("/doc"))
}

func TestARepresentationThatWasStoredByItsFieldsIsRead(t *testing.T) {
	type before struct { // what encoding/json made of a Representation before it had an encoding of its own
		Value        thing
		URL          string
		ETag         ifmatch.ETag
		LastModified string
		Content      []byte
		Header       http.Header
	}
	text, err := json.Marshal(before{Value: thing{N: 2}, URL: thingURL, ETag: `"1"`, Content: []byte(thingV1),
		Header: http.Header{"Content-Type": {"application/json"}}})
	require.NoError(t, err)
	var u ifmatch.Representation[thing]
	require.NoError(t, json.Unmarshal(text, &u))
	client, s := through(func(arrival) (*http.Response, error) { return reply(204, ""), nil }, nil)
	_, err = ifmatch.Put(t.Context(), client, &u)
	require.NoError(t, err)
	require.Equal(t, `If-Match: "1"`, s.writes()[0].condition())
	require.Equal(t, thingV2, s.writes()[0].body)
}

func TestWhatIsNoStoredRepresentationIsAnErrorAndChangesNothing(t *testing.T) {
	for text, says := range map[string]string{
		`[]`:                                   "a stored Representation is a JSON object",
		`"x"`:                                  "a stored Representation is a JSON object",
		`{"URL":7}`:                            "URL",
		`{"Content":"%%"}`:                     "base64",
		`{"Value":{"n":"x"}}`:                  "Value: ",
		`{"Value":7}`:                          "Value: ",
		`{"Exact":{"Value":"AA=="}}`:           "a ifmatch_test.thing is not kept so",
		`{"Exact":{"Header":"AA=="}}`:          "invalid character",
		`{"Exact":{"` + escape2 + `":"AA=="}}`: "there is no such member",
		`{"Exact":7}`:                          "Exact",
	} {
		u := firstThing()
		err := json.Unmarshal([]byte(text), u)
		require.ErrorContains(t, err, says, text)
		assertPrintable(t, text, err)
		require.Equal(t, firstThing(), u, text)
	}
	u := firstThing()
	require.NoError(t, json.Unmarshal([]byte(`null`), u))
	require.Equal(t, firstThing(), u)
	for _, v := range []any{uint64(math.MaxUint64), math.Inf(1), make(chan int)} {
		_, err := json.Marshal(&ifmatch.Representation[any]{Value: v, URL: "http://origin.test/?token=" + secret})
		require.Error(t, err, "%v would come back as something else", v)
		require.NotContains(t, err.Error(), secret)
	}
}

const escape2 = `\u001b[2J`

func TestReadingAStoredRepresentationSharesNoMemory(t *testing.T) {
	text, err := json.Marshal(&ifmatch.Representation[json.RawMessage]{Value: json.RawMessage(`{"a":1}`), URL: thingURL,
		ETag: `"1"`, Content: []byte(`{"a":0}`), Header: http.Header{"Content-Type": {"application/json"}}})
	require.NoError(t, err)
	var first, second ifmatch.Representation[json.RawMessage]
	require.NoError(t, json.Unmarshal(text, &first))
	content, value, header := first.Content, first.Value, first.Header
	require.NoError(t, json.Unmarshal(text, &second))
	require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(text), "/things/7", "/things/8")), &first))
	first.Content[0], first.Value[0] = 'X', 'X'
	first.Header.Set("Content-Type", "X")
	for i := range text {
		text[i] = 'X'
	}
	assert.Equal(t, `{"a":0}`, string(content))
	assert.Equal(t, `{"a":1}`, string(value))
	assert.Equal(t, "application/json", header.Get("Content-Type"))
	assert.Equal(t, `{"a":0}`, string(second.Content))
	assert.Equal(t, `{"a":1}`, string(second.Value))
	assert.Equal(t, "application/json", second.Header.Get("Content-Type"))
}

func TestAStoredValueThatWasNotChangedIsNotWritten(t *testing.T) {
	for _, content := range []string{
		`{"n": 1.0, "big": 12345678901234567890, "note": null}`, `{"n":1,"at":"2026-01-02T00:00:00+01:00"}`,
	} {
		client, s := through(held(func(arrival) (*http.Response, error) { return reply(204, ""), nil }), nil)
		for _, save := range []func() error{
			func() error { return saveKept[map[string]any](t, client, content) },
			func() error { return saveKept[json.RawMessage](t, client, content) },
			func() error { return saveKept[any](t, client, content) },
			func() error { return saveKept[string](t, client, content) },
		} {
			require.NoError(t, save())
		}
		require.Empty(t, s.arrivals())
	}
}

// saveKept stores what a read of content would return, and saves it as another process reads it.
func saveKept[T any](t *testing.T, client *ifmatch.Client, content string) error {
	reading, _ := through(func(arrival) (*http.Response, error) { return reply(200, content, `ETag: "1"`), nil }, nil)
	u, err := ifmatch.Get[T](t.Context(), reading, thingURL)
	require.NoError(t, err)
	_, err = ifmatch.Save(context.Background(), client, kept(t, u), nil)
	return err
}

func TestAValueThatWouldNotComeBackIsNotStored(t *testing.T) {
	_, err := json.Marshal(&ifmatch.Representation[any]{Value: int64(1<<53 + 1), URL: thingURL})
	require.ErrorContains(t, err, "does not give it back as it is")
}
