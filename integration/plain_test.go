package integration_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// Code that knows nothing of versions, several goroutines of it on one http.Client, keeps
// everybody's changes on every peer when the client is ifmatch's: each round is a unit of work, and
// a refusal is a reason to begin another.
func TestPlainLoopsThroughHTTPClientLoseNothing(t *testing.T) {
	const workers, each = 4, 5
	for _, p := range []struct {
		peer
		header http.Header // what the code has to know of the server
	}{
		{fakeS3{}, nil},
		{lighttpd{deflate: true}, nil},
		{blob{}, http.Header{"X-Ms-Blob-Type": {"BlockBlob"}}},
		{table{}, http.Header{"Accept": {"application/json;odata=nometadata"}}},
		{couchDB{}, nil},
		{capService{}, nil},
		{handler{framework: "Flask", way: "text", program: flask}, nil},
		{handler{framework: "Express 4", way: "json", program: express("express4"), demanding: true}, nil},
		{handler{framework: "Express 5", way: "page", program: express("express5"), demanding: true, weak: true}, nil},
		{handler{framework: "Spring", way: "text", program: spring}, nil},
	} {
		t.Run(p.name(), func(t *testing.T) {
			s := started(t, p)
			content := typed.content
			if len(s.forms) > 0 {
				content = s.forms[0].(subject[document]).content
			}
			url := s.base + "plain.json" + s.tail
			someone := other{http: s.someone, url: url, mediaType: typed.mediaType}
			someone.puts(t, content)

			client := ifmatch.New(&s.options).HTTPClient()
			errs := make([]error, workers)
			refusals := make([]int, workers)
			var all, readers sync.WaitGroup
			readers.Add(workers)
			for w := range workers {
				all.Go(func() {
					// so that all but one are refused at first
					read := sync.OnceFunc(func() { readers.Done(); readers.Wait() })
					defer read()
					for done := 0; done < each && errs[w] == nil && refusals[w] < 1000; {
						var status int
						switch status, errs[w] = plainUnit(t, client, url, p.header, read); {
						case errs[w] != nil:
						case status/100 == 2:
							done++
						case status == http.StatusPreconditionFailed || status == http.StatusConflict:
							refusals[w]++
						default:
							errs[w] = fmt.Errorf("PUT: status %d", status)
						}
					}
				})
			}
			all.Wait()
			require.NoError(t, errors.Join(errs...))
			d, err := documentIn(someone.sees(t))
			require.NoError(t, err)
			require.Equal(t, document{"first", workers * each}, d)
			sum := 0
			for _, n := range refusals {
				sum += n
			}
			require.GreaterOrEqual(t, sum, workers-1, "there was no contention to speak of")
		})
	}
}

// plainUnit reads, adds one and writes, without naming a version, and returns the status of the
// write.
func plainUnit(t *testing.T, client *http.Client, url string, header http.Header,
	hasRead func()) (status int, err error) {
	ctx := ifmatch.UnitOfWork(t.Context())
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	for name, values := range header {
		get.Header[name] = values
	}
	got, err := client.Do(get)
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
	hasRead()
	addOne(&d)
	put, err := http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(with(content, d)))
	if err != nil {
		return 0, err
	}
	put.Header = get.Header.Clone()
	put.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(put)
	if err != nil {
		return 0, err
	}
	_, err = read(answer)
	return answer.StatusCode, err
}
