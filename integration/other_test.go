package integration_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// other is somebody else who works on the same resource, by plain HTTP and without conditions. It
// does not use ifmatch, so what it sees is what the server has.
type other struct {
	http      *http.Client
	url       string
	mediaType string
	store     func(t *testing.T, o other, content []byte) // nil: PUT
}

func (o other) do(t *testing.T, method string, content []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, o.url, bytes.NewReader(content))
	require.NoError(t, err)
	if content != nil {
		req.Header.Set("Content-Type", o.mediaType)
	}
	resp, err := o.http.Do(req)
	require.NoError(t, err)
	body, err := read(resp)
	require.NoError(t, err)
	return resp.StatusCode, body
}

// read takes the content in and ends the response.
func read(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// puts stores content, whatever is there.
func (o other) puts(t *testing.T, content []byte) {
	t.Helper()
	if o.store != nil {
		o.store(t, o, content)
		return
	}
	status, body := o.do(t, http.MethodPut, content)
	require.Equal(t, 2, status/100, "PUT: %d %s", status, body)
}

// sees returns the content.
func (o other) sees(t *testing.T) []byte {
	t.Helper()
	status, body := o.do(t, http.MethodGet, nil)
	require.Equal(t, http.StatusOK, status, "GET: %s", body)
	return body
}

// addsOne counts one up and returns the content that it stored.
func (o other) addsOne(t *testing.T) []byte {
	t.Helper()
	content := o.sees(t)
	d, err := documentIn(content)
	require.NoError(t, err)
	addOne(&d)
	content = signed(with(content, d))
	o.puts(t, content)
	return content
}

// signed leaves a write identifier where the document keeps them, as every writer has to where
// clients tell their own writes by theirs.
func signed(content []byte) []byte {
	return writersList.ReplaceAll(content, []byte(`"writers": [$1, "`+rand.Text()+`"]`))
}

var writersList = regexp.MustCompile(`"writers": ?\[([^\]]+)\]`)

// deletes deletes the resource.
func (o other) deletes(t *testing.T) {
	t.Helper()
	status, body := o.do(t, http.MethodDelete, nil)
	require.Equal(t, 2, status/100, "DELETE: %d %s", status, body)
}

// finds reports whether there is a resource.
func (o other) finds(t *testing.T) bool {
	t.Helper()
	status, body := o.do(t, http.MethodGet, nil)
	require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, status, "GET: %s", body)
	return status == http.StatusOK
}
