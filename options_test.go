package ifmatch_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/ifmatch-go/ifmatch"
)

func TestConditionsInTheOptionsAreRefused(t *testing.T) {
	for _, name := range []string{"If-Match", "if-none-match", "IF-UNMODIFIED-SINCE", "If-Modified-Since", "if-range"} {
		client, s := through(func(a arrival) (*http.Response, error) { return reply(200, thingV1, `ETag: "1"`), nil },
			&ifmatch.Options{Header: http.Header{name: {"*"}}})
		_, err := ifmatch.Get[thing](t.Context(), client, thingURL)
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Put(t.Context(), client, bump())
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Save(t.Context(), client, bump(), nil)
		assert.ErrorContains(t, err, "Options.Header")
		_, err = ifmatch.Create(t.Context(), client, thingURL, thing{})
		assert.ErrorContains(t, err, "Options.Header")
		assert.ErrorContains(t, ifmatch.Delete(t.Context(), client, bump()), "Options.Header")
		_, err = ifmatch.Update(t.Context(), client, thingURL, func(v *thing) error { v.N++; return nil })
		assert.ErrorContains(t, err, "Options.Header")
		assert.Empty(t, s.arrivals(), name)
	}
}

func TestInvalidOptionsAreAnErrorOfEveryCall(t *testing.T) {
	_, url := serve(t, nil, `{"count":1}`)
	for name, o := range map[string]*ifmatch.Options{
		"Identity":          {Identity: "uid"},
		"WriteID":           {WriteID: "~2"},
		"If-Match":          {Header: http.Header{"if-match": {`"x"`}}},
		"If-Modified-Since": {Header: http.Header{"If-Modified-Since": {"x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ifmatch.Get[doc](t.Context(), ifmatch.New(o), url)
			assert.ErrorContains(t, err, name)
			_, err = ifmatch.Create(t.Context(), ifmatch.New(o), url, doc{})
			assert.ErrorContains(t, err, name)
		})
	}
}

func TestAPlainClientWithInvalidOptionsSendsNothing(t *testing.T) {
	origin, url := serve(t, nil, `{"v":0}`)
	h := ifmatch.New(&ifmatch.Options{Identity: "no pointer"}).HTTPClient()
	for _, m := range []string{"GET", "PUT"} {
		_, _, err := plain(t, t.Context(), h, m, url, `{}`)
		assert.ErrorContains(t, err, "Identity")
	}
	assert.Empty(t, origin.Requests())
}
