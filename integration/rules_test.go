package integration_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// This file shows single rules of ifmatch at work on the servers that made them necessary. Each
// test fails when its rule is removed from ifmatch; gzip_test.go and gateway_test.go have more of
// them.

// started starts a peer for a single test.
func started(t *testing.T, p peer) server {
	t.Helper()
	s, err := p.start(t)
	if errors.Is(err, errNotInstalled) {
		t.Skipf("not run: %v", err)
	}
	require.NoError(t, err)
	if s.someone == nil {
		s.someone = s.options.HTTPClient
	}
	return s
}

// Express puts an entity tag on all that it sends with content, of that content: on the receipt of
// a PUT, too. Sent in If-Match it would be refused for ever. (RFC 9110 §9.3.4 lets the answer to a
// PUT carry a tag only if it is the resource's, and §8.7 has it describe the content that it comes
// with.)
func TestTheTagOfAReceiptIsNeverTakenForTheDocuments(t *testing.T) {
	for _, p := range []handler{
		{framework: "Express 4", way: "json", program: express("express4"), demanding: true},
		{framework: "Express 5", way: "json", program: express("express5"), demanding: true, weak: true},
	} {
		t.Run(p.framework, func(t *testing.T) {
			s := started(t, p)
			url := s.base + "receipts.json"
			someone := other{http: s.someone, url: url, mediaType: typed.mediaType}
			someone.puts(t, typed.content)

			log := &tagLog{next: s.options.HTTPClient.Transport}
			s.options.HTTPClient = &http.Client{Transport: log}
			client := ifmatch.New(&s.options)
			u, err := ifmatch.Get[document](t.Context(), client, url)
			require.NoError(t, err)
			for n := range 3 {
				u.Value.Count++
				u, err = ifmatch.Put(t.Context(), client, u)
				require.NoError(t, err)
				require.Equal(t, string(with(typed.content, document{"first", n + 1})), string(someone.sees(t)))
			}
			u.Value.Title = "second"
			someone.addsOne(t)
			_, err = ifmatch.Save(t.Context(), client, u, ifmatch.ThreeWay)
			require.NoError(t, err)
			require.Equal(t, string(with(typed.content, document{"second", 4})), string(someone.sees(t)))

			require.Len(t, log.sent, 4, "a write for each change, and none refused")
			require.NotEmpty(t, log.receipts, "the receipts have no tags any more: the peer does not show the rule")
			require.Subset(t, log.documents, log.sent)
			for _, tag := range log.receipts {
				require.NotContains(t, log.sent, tag)
			}
		})
	}
}

// tagLog notes the tags that were sent in If-Match, and those that came with documents and with
// everything else.
type tagLog struct {
	next http.RoundTripper

	mu                        sync.Mutex
	sent, documents, receipts []string
}

func (l *tagLog) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if tag := r.Header.Get("If-Match"); tag != "" {
		l.sent = append(l.sent, tag)
	}
	if tag := resp.Header.Get("ETag"); tag != "" {
		if r.Method == http.MethodGet && resp.StatusCode == http.StatusOK {
			l.documents = append(l.documents, tag)
		} else {
			l.receipts = append(l.receipts, tag)
		}
	}
	return resp, nil
}

// Spring labels the bare words of a 409 with what the client accepts: application/json. Who
// believes the label takes the answer for broken JSON, and a stale write for a failure.
func TestBareWordsLabelledAsJSONAreAConflictLikeAnyOther(t *testing.T) {
	s := started(t, handler{framework: "Spring", way: "text", program: spring})
	url := s.base + "mislabelled.json"
	someone := other{http: s.someone, url: url, mediaType: typed.mediaType}
	someone.puts(t, typed.content)
	client := ifmatch.New(&s.options)
	u, err := ifmatch.Get[document](t.Context(), client, url)
	require.NoError(t, err)
	someone.addsOne(t)
	u.Value.Title = "second"

	_, err = ifmatch.Save(t.Context(), client, u, nil)
	var conflict *ifmatch.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, ifmatch.StaleVersion, conflict.Kind)
	var refused *ifmatch.ResponseError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusConflict, refused.StatusCode)
	require.Equal(t, "Resource has been modified", string(refused.Body))
	require.Equal(t, &ifmatch.Problem{Type: "about:blank", MediaType: "application/json"}, published(refused.Problem),
		"the words say nothing to a program, and nothing of them is missing")

	merged, err := ifmatch.Save(t.Context(), client, u, ifmatch.ThreeWay)
	require.NoError(t, err)
	require.Equal(t, document{"second", 1}, merged.Value)
	require.Equal(t, string(with(typed.content, document{"second", 1})), string(someone.sees(t)))
}

// published is the problem without its unexported fields.
func published(p *ifmatch.Problem) *ifmatch.Problem {
	return &ifmatch.Problem{Type: p.Type, Title: p.Title, Status: p.Status, Detail: p.Detail, Instance: p.Instance,
		Code: p.Code, Extensions: p.Extensions, MediaType: p.MediaType, Truncated: p.Truncated}
}
