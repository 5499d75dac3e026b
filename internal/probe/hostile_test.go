package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/internal/probe"
)

// transport is a server without a network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func through(f transport) *probe.Options {
	return &probe.Options{Disposable: true, Unguarded: true, HTTPClient: &http.Client{Transport: f}}
}

func answered(r *http.Request, status int, h http.Header, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r,
	}
}

const anywhere = "http://example.invalid/users/7"

func TestAnAnswerThatIsNoRepresentationEndsTheRun(t *testing.T) {
	for _, status := range []int{404, 401, 500} {
		or := origin(nil)
		or.Always("", ifmatchtest.Answer(ifmatchtest.Problem(status, nil)))
		r, err := probe.Run(t.Context(), serve(t, or), disposable())
		var refused *ifmatch.ResponseError
		require.ErrorAs(t, err, &refused)
		assert.ErrorContains(t, err, "probe: there is nothing to probe")
		assert.Equal(t, status, refused.StatusCode)
		assert.Equal(t, status, r.Status)
		assert.Nil(t, r.Writes)
		assert.Len(t, or.Requests(), 1)
	}
}

func TestAServerThatAsksForPatienceGetsIt(t *testing.T) {
	or := origin(nil)
	or.Next("PUT", ifmatchtest.Pass(), ifmatchtest.Answer(ifmatchtest.Problem(429, nil).With("Retry-After", "30")))
	r, err := probe.Run(t.Context(), serve(t, or), disposable())
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	assert.ErrorContains(t, err, "probe: the server asks for patience")
	assert.Equal(t, 30*time.Second, refused.RetryAfter)
	assert.Equal(t, 2, or.Arrived("PUT"))
	assert.Equal(t, probe.Yes, r.Writes.Restored, "nothing was written")

	or = origin(nil)
	or.Always("HEAD", ifmatchtest.Answer(ifmatchtest.Problem(503, nil)))
	r, err = probe.Run(t.Context(), serve(t, or), disposable())
	require.ErrorContains(t, err, "patience")
	assert.Nil(t, r.Writes)
}

func TestTheThirdRequestWithoutAnAnswerEndsTheRun(t *testing.T) {
	n := 0
	r, err := probe.Run(t.Context(), anywhere, through(func(r *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			return answered(r, 200, http.Header{"Etag": {`"1"`}}, ann), nil
		}
		return nil, errors.New("no\x1b[31m route\n" + strings.Repeat("x", 1000))
	}))
	require.ErrorContains(t, err, "probe: 3 requests without an answer, the last one: no")
	assert.Equal(t, 4, n)
	assert.Len(t, r.Exchanges, 4)
	assert.NotContains(t, err.Error(), "\x1b")
	assert.NotContains(t, err.Error(), "\n")
	assert.Less(t, len(err.Error()), 500)
}

func TestAWriteWithoutAnAnswerLeavesTheQuestionOpen(t *testing.T) {
	or := origin(nil)
	or.Next("PUT", ifmatchtest.LoseResponse())
	r := run(t, or, disposable())
	assert.True(t, r.Writes.Wrong.Sent)
	assert.Error(t, r.Writes.Wrong.Err)
	assert.Zero(t, r.Writes.Wrong.Status)
	assert.False(t, has(r, probe.Good, "If-Match on PUT", "honoured"))
	assert.True(t, has(r, probe.Warning, "If-Match on PUT",
		"unclear: no answer for a wrong one, 200 for the current one"), "%s", r)
	assert.Contains(t, r.String(), "-> no answer")
}

func TestATransportThatForgetsHalfOfItsAnswerIsSurvived(t *testing.T) {
	r, err := probe.Run(t.Context(), anywhere, through(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200}, nil
	}))
	require.NoError(t, err)
	assert.True(t, has(r, probe.Danger, "entity tag", "nothing can guard a write"), "%s", r)

	_, err = probe.Run(t.Context(), anywhere, through(func(r *http.Request) (*http.Response, error) {
		return nil, nil
	}))
	require.Error(t, err)
}

func TestAnAnswerThatBreaksOffIsNone(t *testing.T) {
	or := origin(nil)
	or.Next("GET", ifmatchtest.Truncate(3))
	_, err := probe.Run(t.Context(), serve(t, or), nil)
	require.ErrorContains(t, err, "probe: GET got no answer: the answer broke off")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestContentIsReadUpToABound(t *testing.T) {
	or := origin(nil)
	or.Always("GET", ifmatchtest.Flood(1<<30))
	r := run(t, or, disposable())
	assert.Equal(t, 1<<20, r.Size)
	assert.Contains(t, r.Writes.Skipped, "MaxBody")
}

func TestARequestThatIsNotAnsweredInTimeIsGivenUp(t *testing.T) {
	for name, o := range map[string]*probe.Options{
		"Options.Timeout":    {Timeout: time.Second},
		"HTTPClient.Timeout": {HTTPClient: &http.Client{Timeout: 2 * time.Second}},
		"the default":        {},
	} {
		synctest.Test(t, func(t *testing.T) {
			if o.HTTPClient == nil {
				o.HTTPClient = new(http.Client)
			}
			o.HTTPClient.Transport = transport(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			start := time.Now()
			_, err := probe.Run(t.Context(), anywhere, o)
			require.ErrorIs(t, err, context.DeadlineExceeded, name)
			want := map[string]time.Duration{
				"Options.Timeout": time.Second, "HTTPClient.Timeout": 2 * time.Second, "the default": 30 * time.Second,
			}
			assert.Equal(t, want[name], time.Since(start), name)
		})
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := probe.Run(ctx, anywhere, through(func(r *http.Request) (*http.Response, error) {
		if n++; n == 3 {
			cancel()
			return nil, r.Context().Err()
		}
		return answered(r, 200, http.Header{"Etag": {`"1"`}}, ann), nil
	}))
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, 3, n)
}

// Putting back is bounded in time, too, also where the server does not answer any more.
func TestPuttingBackIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := probe.Run(ctx, anywhere, through(func(r *http.Request) (*http.Response, error) {
			switch {
			case ctx.Err() != nil:
				<-r.Context().Done()
				return nil, r.Context().Err()
			case r.Method == http.MethodPut:
				cancel()
				return nil, context.Canceled
			}
			return answered(r, 200, http.Header{"Etag": {`"1"`}}, ann), nil
		}))
		start := time.Now()
		require.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, probe.Unclear, r.Writes.Restored)
		assert.True(t, has(r, probe.Warning, "what was found", "may not be there again"), "%s", r)
		assert.Less(t, time.Since(start), 11*time.Second)
	})
}

func TestEveryLineOfAReportIsPrintable(t *testing.T) {
	evil := "\x1b[2J\u202e\r" + strings.Repeat("é", 500)
	h := http.Header{
		"Etag": {"W/\"" + evil + "\""}, "Content-Type": {evil}, "Vary": {evil}, "Via": {evil}, "Allow": {evil},
		"Accept-Patch": {evil}, "Preference-Applied": {evil}, "Content-Location": {evil}, "Last-Modified": {evil},
		"Age": {evil},
	}
	body := fmt.Sprintf(`{"_rev":%q,"%s":1}`, evil, strings.Repeat("y", 300))
	for _, status := range []int{200, 409} {
		r, err := probe.Run(t.Context(), anywhere+"/%1b%0a", through(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet {
				return answered(r, 200, h, body), nil
			}
			return answered(r, status, h, `{"title":"`+strings.Repeat("z", 999)+`\u001b","type":"\u001b"}`), nil
		}))
		require.NoError(t, err)
		printableLines(t, r)
	}
}

func printableLines(t testing.TB, r *probe.Report) {
	for line := range strings.Lines(r.String()) {
		line = strings.TrimSuffix(line, "\n")
		assert.Less(t, len(line), 2000)
		for _, c := range line {
			if !unicode.IsPrint(c) {
				t.Fatalf("%q has %q", line, c)
			}
		}
	}
	for _, f := range r.Findings {
		assert.NotEmpty(t, f.Text)
		assert.NotContains(t, f.Text+f.Advice, "\n")
	}
}

// A server that answers every question in the most expensive way does not get more requests out of
// a run than the documentation says.
func TestARunIsBoundedWhateverTheServerAnswers(t *testing.T) {
	n, name := 0, "Ann"
	doc := func() string {
		if name == "Ann" {
			return `{"name":"Ann","version":0}`
		}
		return fmt.Sprintf(`{"name":%q,"version":%d}`, name, n)
	}
	r, err := probe.Run(t.Context(), anywhere, through(func(r *http.Request) (*http.Response, error) {
		n++
		h := http.Header{"Etag": {fmt.Sprintf(`W/"%d"`, n)}, "X-Cache": {"HIT"}}
		if n <= 3 {
			h.Set("Location", fmt.Sprintf("/hop/%d", n))
			return answered(r, 302, h, ""), nil
		}
		if r.Method == http.MethodOptions {
			name = "Bob" // for good
		}
		return answered(r, 200, h, doc()), nil
	}))
	require.NoError(t, err)
	assert.Less(t, n, 30)
	assert.Len(t, r.Exchanges, n)
	assert.Equal(t, "is it there again?", r.Exchanges[n-1].Purpose, "requests were kept back for that")
	assert.Equal(t, probe.No, r.Writes.Restored)
	assert.Equal(t, []string{"/name"}, r.Writes.Left)
	assert.Greater(t, n, 26, "the requests that are kept back were needed")
	t.Logf("%d requests", n)
	printableLines(t, r)
}

func TestFailuresBeforeDoNotKeepWhatWasFoundFromBeingPutBack(t *testing.T) {
	stored, broken := ann, 0
	_, err := probe.Run(t.Context(), anywhere, through(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.Method == http.MethodPatch && broken == 0:
			stored = `{"name":"Ann"}` // and no answer, nor to the next two
			broken = 1
			return nil, io.EOF
		case broken > 0 && broken < 3:
			broken++
			return nil, io.EOF
		case r.Method == http.MethodPut && r.Header.Get("If-Match") == `"`+fmt.Sprint(len(stored))+`"`:
			b, err := io.ReadAll(r.Body)
			stored = string(b)
			return answered(r, 204, http.Header{}, ""), err
		case r.Method == http.MethodPut:
			return answered(r, 412, http.Header{}, ""), nil
		}
		return answered(r, 200, http.Header{"Etag": {`"` + fmt.Sprint(len(stored)) + `"`}}, stored), nil
	}))
	require.ErrorIs(t, err, io.EOF)
	assert.Equal(t, ann, stored)
}

// Any server at all: no panic, no more requests than promised, nothing unprintable, and only reads
// where nothing else was asked for.
func FuzzRun(f *testing.F) {
	f.Add(200, 200, `"1"`, `"2"`, "application/json", ann, ann, "gzip", true)
	f.Add(200, 412, `W/"1"`, "*", "text/plain", `{"_rev":"1-a","x":[1]}`, `{"error":{"code":"x"}}`, "", true)
	f.Add(203, 204, "", "abc", "", "[", "", "br", false)
	f.Add(200, 409, `"a", "b"`, "", "application/problem+json", `{"version":1,"a":"b"}`, `{"type":7}`, "", true)
	f.Fuzz(func(t *testing.T, readStatus, writeStatus int, tag, writeTag, mediaType, content, answer, coding string,
		disposable bool) {
		if readStatus < 200 || readStatus > 599 || writeStatus < 200 || writeStatus > 599 {
			return
		}
		n, stored := 0, content
		o := through(func(r *http.Request) (*http.Response, error) {
			n++
			h := http.Header{
				"Etag": {tag}, "Content-Type": {mediaType}, "Location": {answer}, "Vary": {coding}, "Via": {answer},
			}
			if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
				if r.Header.Get("Accept-Encoding") == "gzip" {
					h.Set("Content-Encoding", coding)
				}
				return answered(r, readStatus, h, stored), nil
			}
			assert.True(t, disposable)
			if b, err := io.ReadAll(r.Body); err == nil && r.Method == http.MethodPatch {
				stored = string(b) // the worst that a server can make of it
			} else if len(answer)%2 == 0 {
				stored = string(bytes.TrimSpace(b))
			}
			h.Set("ETag", writeTag)
			return answered(r, writeStatus, h, answer), nil
		})
		o.Disposable, o.Unguarded = disposable, disposable
		r, _ := probe.Run(t.Context(), anywhere, o)
		require.NotNil(t, r)
		assert.Less(t, n, 30)
		assert.Len(t, r.Exchanges, n)
		printableLines(t, r)
	})
}
