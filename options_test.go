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
