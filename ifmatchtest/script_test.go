package ifmatchtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/assert"
)

func teapot(text string) ifmatchtest.Fault {
	return ifmatchtest.Answer(ifmatchtest.Response{Status: http.StatusTeapot, Body: text})
}

// ask sends a request without a network and returns the body of the answer.
func ask(origin *ifmatchtest.Origin, method, path string) string {
	w := httptest.NewRecorder()
	origin.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	if w.Code != http.StatusTeapot {
		return "-"
	}
	return w.Body.String()
}

func TestNextGivesOneFaultToEachRequestThatMatches(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Next("PUT", teapot("a"), ifmatchtest.Pass(), teapot("b"))
	origin.Next("PUT /y", teapot("c"))
	origin.Next("/z*", teapot("d"))
	origin.Next("", teapot("e"))
	assert.Equal(t, 6, origin.Pending())

	assert.Equal(t, "d", ask(origin, "GET", "/zebra"))
	assert.Equal(t, "a", ask(origin, "PUT", "/y"), "the oldest that matches")
	assert.Equal(t, "-", ask(origin, "PUT", "/x"), "in peace")
	assert.Equal(t, "b", ask(origin, "PUT", "/x"))
	assert.Equal(t, "c", ask(origin, "PUT", "/y"))
	assert.Equal(t, "e", ask(origin, "DELETE", "/any"))
	assert.Equal(t, "-", ask(origin, "PUT", "/y"))
	assert.Zero(t, origin.Pending())
}

func TestEveryCountsTheRequestsThatMatch(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Every(3, "PUT /x", teapot("third"))
	got := ""
	for range 7 {
		got += ask(origin, "GET", "/x") + ask(origin, "PUT", "/y") + ask(origin, "PUT", "/x") + " "
	}
	assert.Equal(t, "--- --- --third --- --- --third --- ", got)
}

func TestNextAddsToWhatStands(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Always("GET", teapot("always"))
	origin.Next("GET", teapot("now"))
	assert.Equal(t, "now", ask(origin, "GET", "/x"), "the script's word comes last")
	assert.Equal(t, "always", ask(origin, "GET", "/x"))
	assert.Equal(t, []string{"answer", "answer"}, origin.Requests()[0].Faults)
}

func TestClearScriptEndsTheMisbehaviour(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Always("GET", teapot("always"))
	origin.Next("GET", teapot("now"))
	origin.ClearScript()
	assert.Zero(t, origin.Pending())
	assert.Equal(t, "-", ask(origin, "GET", "/x"))
}

func TestPatternsMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, method, path string
		want                  bool
	}{
		{"", "GET", "/", true},
		{"GET", "GET", "/x", true},
		{"GET", "HEAD", "/x", false},
		{"/x", "PUT", "/x", true},
		{"/x", "PUT", "/x/y", false},
		{"/x*", "PUT", "/x/y", true},
		{"/x/*", "PUT", "/x", false},
		{"PUT /x", "PUT", "/x", true},
		{"PUT /x", "GET", "/x", false},
		{"PUT /x*", "PUT", "/xy", true},
		{"PUT /*", "PUT", "/", true},
		{"/with space", "GET", "/with space", true},
		{"GET /with space", "GET", "/with space", true},
	} {
		origin := ifmatchtest.New(nil)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, "/", nil)
		r.URL.Path = c.path
		origin.ServeHTTP(w, r)
		assert.Equal(t, c.want, origin.Arrived(c.pattern) == 1, "%+v", c)
	}
}

func TestMistakesInAScriptPanicWhereTheyAreMade(t *testing.T) {
	origin := ifmatchtest.New(nil)
	for _, pattern := range []string{"PUT users", "PUT ", " /x", "*", "P/x", "PUT  /x"} {
		want := fmt.Sprintf("ifmatchtest: pattern %q is not a method, a path, or both with a space between", pattern)
		assert.PanicsWithValue(t, want, func() { origin.Next(pattern, ifmatchtest.Pass()) })
		assert.Panics(t, func() { origin.Requests(pattern) })
		assert.Panics(t, func() { origin.Applied(pattern) })
	}
	assert.PanicsWithValue(t, "ifmatchtest: every 0 requests", func() { origin.Every(0, "", ifmatchtest.Pass()) })
}
