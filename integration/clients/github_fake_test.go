package clients_test

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// contents is the part of GitHub's API that files need ("Repository contents"): their sha is asked
// for in the content of a write, and a condition in its header is refused, although reads have
// entity tags.
type contents struct {
	mu    sync.Mutex
	files map[string][]byte
}

const token = "a-token"

func serveContents(t *testing.T) (c *contents, url string) {
	c = &contents{files: map[string][]byte{"tally.json": []byte("{}")}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return c, server.URL + "/"
}

func (c *contents) content(name string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files[name]
}

func shaOf(content []byte) string {
	return fmt.Sprintf("%x", sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)))
}

func (c *contents) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	refuse := func(status int, message string, errors ...string) {
		answer(status, map[string]any{"message": message, "errors": errors, "status": fmt.Sprint(status)})
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/repos/shop/config/contents/")
	content, exists := c.files[name]
	file := func(content []byte) map[string]any {
		return map[string]any{
			"type": "file", "encoding": "base64", "name": name, "path": name, "size": len(content),
			"sha": shaOf(content), "content": base64.StdEncoding.EncodeToString(content),
		}
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		refuse(http.StatusUnauthorized, "Bad credentials")
	case !ok:
		refuse(http.StatusNotFound, "Not Found")
	case r.Method == http.MethodGet && !exists:
		refuse(http.StatusNotFound, "Not Found")
	case r.Method == http.MethodGet:
		w.Header().Set("ETag", `W/"`+shaOf(content)+`"`)
		answer(http.StatusOK, file(content))
	case r.Method != http.MethodPut && r.Method != http.MethodDelete:
		refuse(http.StatusNotFound, "Not Found")
	case r.Header.Get("If-Match")+r.Header.Get("If-None-Match")+r.Header.Get("If-Unmodified-Since") != "":
		refuse(http.StatusBadRequest, "Bad Request",
			"Conditional request headers are not allowed in unsafe requests unless supported by the endpoint")
	default:
		var commit struct {
			Message, SHA string
			Content      []byte
		}
		switch err := json.NewDecoder(r.Body).Decode(&commit); {
		case err != nil || commit.Message == "":
			refuse(http.StatusUnprocessableEntity, "Invalid request.", "message")
		case exists && commit.SHA == "":
			answer(http.StatusUnprocessableEntity, map[string]any{"message": `Invalid request. "sha" wasn't supplied.`})
		case exists && commit.SHA != shaOf(content):
			refuse(http.StatusConflict, name+" does not match "+commit.SHA)
		case r.Method == http.MethodDelete:
			delete(c.files, name)
			answer(http.StatusOK, map[string]any{"content": nil})
		default:
			c.files[name] = commit.Content
			answer(map[bool]int{true: http.StatusOK, false: http.StatusCreated}[exists],
				map[string]any{"content": file(commit.Content)})
		}
	}
}
