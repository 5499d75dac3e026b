package integration_test

import (
	"bytes"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// This file shows the livelock that net/http's transparent gzip brings about, and that ifmatch does
// not have. The transport asks for gzip on its own and returns the decoded content, but with the
// entity tag of the compressed form. That tag is not the resource's (RFC 9110 §8.8.3.3), so
// If-Match refuses it, always; fetching again gives the same tag again.

const (
	wanted = 3   // updates
	tries  = 200 // rounds of the plain loop, in place of the 20 s after which a person would give up
)

func TestBehindCompressionThePlainLoopLivelocksAndIfmatchDoesNot(t *testing.T) {
	for _, p := range []peer{lighttpd{deflate: true}, gzipGateway} {
		t.Run(p.name(), func(t *testing.T) { livelocksOnlyWithoutIfmatch(t, p) })
	}
}

func livelocksOnlyWithoutIfmatch(t *testing.T, p peer) {
	s := started(t, p)
	someone := other{http: s.options.HTTPClient, url: s.base + "counter.json", mediaType: typed.mediaType}
	count := func(t *testing.T) int {
		d, err := documentIn(someone.sees(t))
		require.NoError(t, err)
		return d.Count
	}

	t.Run("the plain loop with http.Client as it comes", func(t *testing.T) {
		someone.puts(t, typed.content)
		log := &exchanges{next: s.options.HTTPClient.Transport}
		done, err := plainLoop(&http.Client{Transport: log}, someone.url)
		require.NoError(t, err)
		require.Zero(t, done)
		require.Zero(t, count(t))
		require.Equal(t, map[string]int{"GET done gzip": tries, "PUT 412": tries}, log.seen)
	})

	t.Run("the plain loop without transparent gzip", func(t *testing.T) { // so gzip it is
		someone.puts(t, typed.content)
		transport := ordinaryClient(t).Transport.(*http.Transport)
		transport.DisableCompression = true
		log := &exchanges{next: transport}
		done, err := plainLoop(&http.Client{Transport: log}, someone.url)
		require.NoError(t, err)
		require.Equal(t, wanted, done)
		require.Equal(t, wanted, count(t))
		require.Equal(t, map[string]int{"GET done": wanted, "PUT done": wanted}, log.seen)
	})

	t.Run("ifmatch with http.Client as it comes", func(t *testing.T) {
		someone.puts(t, typed.content)
		log := &exchanges{next: s.options.HTTPClient.Transport}
		client := ifmatch.New(&ifmatch.Options{HTTPClient: &http.Client{Transport: log}})
		for range wanted {
			_, err := ifmatch.Update(t.Context(), client, someone.url, func(d *document) error {
				d.Count++
				return nil
			})
			require.NoError(t, err)
		}
		require.Equal(t, wanted, count(t))
		require.Equal(t, map[string]int{"GET done": wanted, "PUT done": wanted}, log.seen,
			"each update is one read and one write")
	})
}

// plainLoop is the loop that people write: GET, change, PUT with If-Match, on a 412 again. It
// returns how many updates it made before it had made all of them or used up its tries.
func plainLoop(client *http.Client, url string) (done int, err error) {
	for range tries {
		if done == wanted {
			break
		}
		status, err := plainRound(client, url)
		switch {
		case err != nil:
			return done, err
		case status/100 == 2:
			done++
		case status != http.StatusPreconditionFailed:
			return done, fmt.Errorf("PUT: status %d", status)
		}
	}
	return done, nil
}

func plainRound(client *http.Client, url string) (status int, err error) {
	got, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	content, err := read(got)
	if err != nil {
		return 0, err
	}
	d, err := documentIn(content)
	if err != nil {
		return 0, err
	}
	addOne(&d)
	put, err := http.NewRequest(http.MethodPut, url, bytes.NewReader(with(content, d)))
	if err != nil {
		return 0, err
	}
	put.Header.Set("If-Match", got.Header.Get("ETag"))
	answer, err := client.Do(put)
	if err != nil {
		return 0, err
	}
	_, err = read(answer)
	return answer.StatusCode, err
}

// exchanges counts what went over a transport, and whether the transport undid gzip without its
// caller's knowledge.
type exchanges struct {
	next http.RoundTripper

	mu   sync.Mutex
	seen map[string]int
}

func (x *exchanges) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := x.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%s %d", r.Method, resp.StatusCode)
	if resp.StatusCode/100 == 2 {
		what = r.Method + " done" // 200, 201 or 204
	}
	if resp.Uncompressed {
		what += " gzip"
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.seen == nil {
		x.seen = map[string]int{}
	}
	x.seen[what]++
	return resp, nil
}
