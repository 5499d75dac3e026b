package ifmatchtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// reply is a response that has been read to its end.
type reply struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
}

// try sends one request with plain net/http and reads the answer to its end. headers are name,
// value, name, value.
func try(s *httptest.Server, method, path, body string, headers ...string) (reply, error) {
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if r.Header.Get("Accept-Encoding") == "" {
		r.Header.Set("Accept-Encoding", "identity") // or net/http asks for gzip by itself
	}
	client := *s.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, resp.Trailer, string(content)}, err
}

// send is try for requests that must be answered.
func send(t *testing.T, s *httptest.Server, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := try(s, method, path, body, headers...)
	require.NoError(t, err)
	return r
}
