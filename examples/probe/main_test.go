package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// play runs the program and returns what it printed.
func play(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func served(t *testing.T) (*ifmatchtest.Origin, string) {
	o := ifmatchtest.New(nil)
	o.Set("/things/7", `{"n":1}`)
	return o, o.Serve(t).URL + "/things/7"
}

func TestWithoutArgumentsItShowsThreeOriginsOfItsOwn(t *testing.T) {
	code, out, errs := play()
	require.Zero(t, code, errs)
	require.Empty(t, errs)
	_, rest, ok := strings.Cut(out, "1. An origin that does everything right\n")
	require.True(t, ok, out)
	right, rest, ok := strings.Cut(rest, "\n2. An origin that has never heard of If-Match\n")
	require.True(t, ok, out)
	ignorant, compressing, ok := strings.Cut(rest, "\n3. An origin behind a gateway that compresses\n")
	require.True(t, ok, out)

	assert.Regexp(t, `(?m)^good +If-Match on PUT +honoured`, right)
	assert.NotContains(t, right, "danger")
	assert.NotContains(t, right, "warning")
	assert.Regexp(t, `(?m)^danger +If-Match on PUT +IGNORED: updates get lost here`, ignorant)
	assert.Regexp(t, `(?m)^warning +compression +weakens the tag: W/"v1"`, compressing)
	assert.NotContains(t, compressing, "danger")
	assert.NotContains(t, out, "\x1b")
}

func TestAURLIsOnlyReadUnlessItIsDisposable(t *testing.T) {
	o, url := served(t)
	code, out, errs := play("-header", "Authorization: Bearer t", "-header", "X-Tenant:a", url)
	require.Zero(t, code, errs)
	assert.Contains(t, out, "not tested: whether If-Match is honoured")
	for _, r := range o.Requests() {
		assert.Contains(t, []string{"GET", "HEAD", "OPTIONS"}, r.Method)
		assert.Equal(t, "Bearer t", r.Header.Get("Authorization"))
		assert.Equal(t, "a", r.Header.Get("X-Tenant"))
	}

	code, out, _ = play("-disposable", url)
	require.Zero(t, code)
	assert.Contains(t, out, "honoured: a wrong one is refused")
	assert.NotContains(t, out, "PUT without a condition")
	code, out, _ = play("-disposable", "-unguarded", url)
	require.Zero(t, code)
	assert.Contains(t, out, "PUT without a condition")
	assert.Equal(t, `{"n":1}`, o.Body("/things/7"))
}

func TestARunThatBreaksOffPrintsWhatItFoundAndFails(t *testing.T) {
	o, url := served(t)
	o.Next("OPTIONS", ifmatchtest.Answer(ifmatchtest.Problem(503, nil)))
	code, out, errs := play(url)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, `strong: "v1"`)
	assert.Contains(t, errs, "probe: the server asks for patience")

	s := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	code, _, errs = play(s.URL)
	assert.Equal(t, 1, code)
	assert.Contains(t, errs, "404")
}

func TestArgumentsThatMakeNoSenseAreExplained(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		text string
	}{
		{[]string{"-h"}, 0, "Usage: probe"},
		{[]string{"-nonsense"}, 2, "probe: flag provided but not defined"},
		{[]string{"-header", "none", "http://example.invalid"}, 2, "not of the form 'Name: value'"},
		{[]string{"-header", ": x", "http://example.invalid"}, 2, "not of the form 'Name: value'"},
		{[]string{"http://example.invalid", "-disposable"}, 2, "flags go before the URL"},
		{[]string{"-disposable"}, 2, "the flags need a URL"},
		{[]string{"-unguarded", "http://example.invalid"}, 2, "-unguarded needs -disposable"},
		{[]string{"nowhere"}, 1, "not an absolute http or https URL"},
		{[]string{"-header", "If-Match: x", "http://example.invalid"}, 1, "Options.Header holds If-Match"},
	} {
		code, out, errs := play(c.args...)
		assert.Equal(t, c.code, code, c.args)
		assert.Contains(t, errs, c.text)
		assert.Empty(t, out)
	}
}

// full is a place that takes nothing more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAPlaceThatTakesNoReportIsAFailure(t *testing.T) {
	_, url := served(t)
	for _, args := range [][]string{{url}, {}} {
		var errs bytes.Buffer
		assert.Equal(t, 1, run(args, full{}, &errs))
		assert.Contains(t, errs.String(), "no space left")
	}
}
