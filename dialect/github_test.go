package dialect_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// gitServer keeps one file as git does. A write checks the sha, makes a commit, and then moves the
// branch from the commit's parent to the commit; the three steps are not one. Its clock stands
// still: all that it does happens within one second.
type gitServer struct {
	mu      sync.Mutex
	head    string // the newest commit
	content []byte
	meet    sync.WaitGroup // the writes that have checked their sha before any of them goes on
}

func (s *gitServer) sha() string { return gitHub{}.version(0, s.content) }

func (s *gitServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	s.mu.Lock()
	parent, sha, content := s.head, s.sha(), s.content
	s.mu.Unlock()
	if r.Method == http.MethodGet {
		_ = json.NewEncoder(w).Encode(map[string]any{"type": "file", "encoding": "base64",
			"content": base64.StdEncoding.EncodeToString(content), "sha": sha})
		return
	}
	var commit struct {
		Message, SHA string
		Content      []byte
	}
	if json.NewDecoder(r.Body).Decode(&commit) != nil || commit.SHA != sha {
		w.WriteHeader(http.StatusConflict)
		return
	}
	id := fmt.Sprintf("%q %q %q", parent, commit.Message, commit.Content) // all that goes into a commit's name
	if parent == "" {
		s.meet.Done()
		s.meet.Wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.head {
	case parent:
		s.head, s.content = id, commit.Content
	case id: // the branch is there already
	default:
		w.WriteHeader(http.StatusConflict)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"content": map[string]string{"sha": s.sha()}})
}

func TestTwoEqualEditsOfOneVersionAreTwoCommits(t *testing.T) {
	s := &gitServer{content: []byte(`{"count":0}`)}
	s.meet.Add(2)
	server := httptest.NewServer(s)
	defer server.Close()
	c := ifmatch.New(&ifmatch.Options{Dialect: dialect.GitHubContents("count")})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			_, err := ifmatch.Update(t.Context(), c, server.URL, func(d *doc) error { d.Count++; return nil })
			assert.NoError(t, err)
		})
	}
	both.Wait()
	var now doc
	require.NoError(t, json.Unmarshal(s.content, &now))
	assert.Equal(t, 2, now.Count, "both were acknowledged")
}
