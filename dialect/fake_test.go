package dialect_test

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// A fake is a server of one family: what all have in common. It holds its documents as the family
// stores them, and counts what must not happen.
type fake struct {
	family    family
	mu        sync.Mutex
	docs      map[string]stored
	clock     int
	arrived   map[string]int // requests by method
	unguarded []string       // writes without any condition
	last      string         // the newest write, as it came
	lose      int            // answers to writes that get lost, the writes taking effect
}

type stored struct {
	content []byte
	version string
}

// A family is how the servers of one dialect speak.
type family interface {
	// version names the n-th version of anything, which has this content.
	version(n int, content []byte) string
	// shown is the content as it is stored under that version.
	shown(content []byte, version string) []byte
	// serve answers one request; the fake is locked.
	serve(f *fake, r *http.Request, body []byte) answer
}

type answer struct {
	status int
	header map[string]string
	body   string
}

func newFake(t *testing.T, of family) (*fake, *httptest.Server) {
	f := &fake{family: of, docs: map[string]stored{}, arrived: map[string]int{}, clock: 100}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return f, s
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived[r.Method]++
	if r.Method != http.MethodGet {
		f.last = shownRequest(r, body)
	}
	a := f.family.serve(f, r, body)
	if f.lose > 0 && r.Method != http.MethodGet && a.status/100 == 2 {
		f.lose--
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// shownRequest is a write with its conditions.
func shownRequest(r *http.Request, body []byte) string {
	parts := []string{r.Method, r.URL.RequestURI()}
	for _, name := range []string{"If-Match", "If-None-Match", "X-Ms-Blob-Type", "X-If-Revision"} {
		if v := r.Header.Get(name); v != "" {
			parts = append(parts, name+": "+v)
		}
	}
	return strings.TrimSpace(strings.Join(append(parts, strings.TrimSpace(string(body))), " "))
}

// put stores content as the next version, whoever writes.
func (f *fake) put(key string, content []byte) stored {
	f.clock++
	version := f.family.version(f.clock, content)
	s := stored{f.family.shown(content, version), version}
	f.docs[key] = s
	return s
}

// A guard is the condition that a write carried.
type guard struct {
	create  bool
	version string
}

type outcome int

const (
	done outcome = iota
	created
	stale
	exists
	absent
)

// write makes a guarded write. A nil content deletes.
func (f *fake) write(r *http.Request, key string, g guard, content []byte) (stored, outcome) {
	now, ok := f.docs[key]
	switch {
	case !g.create && g.version == "":
		f.unguarded = append(f.unguarded, r.Method+" "+r.URL.String())
	case g.create && ok:
		return now, exists
	case g.create:
		return f.put(key, content), created
	case !ok:
		return stored{}, absent
	case g.version != now.version:
		return now, stale
	}
	if content == nil {
		delete(f.docs, key)
		return stored{}, done
	}
	return f.put(key, content), done
}

// The rest is somebody else's doing, from outside.

func (f *fake) seeds(key, content string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(key, []byte(content))
}

func (f *fake) rivalSets(t *testing.T, key, member, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put(key, set(t, f.docs[key].content, "/"+member, value))
}

func (f *fake) rivalDeletes(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock++
	delete(f.docs, key)
}

func (f *fake) sees(key string) (stored, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.docs[key]
	return s, ok
}

func (f *fake) reads() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.arrived[http.MethodGet]
}

func (f *fake) loses(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lose = n
}

// Members of JSON documents, for the fakes.

func at(pointer string) jsonmerge.Pointer {
	p, err := jsonmerge.ParsePointer(pointer)
	if err != nil {
		panic(err)
	}
	return p
}

func get(doc []byte, pointer string) string {
	raw, err := at(pointer).Get(doc)
	if err != nil {
		return ""
	}
	return strings.Trim(string(raw), `"`)
}

func set(t *testing.T, doc []byte, pointer, value string) []byte {
	out, err := at(pointer).Set(doc, []byte(value))
	require.NoError(t, err, "%s in %s", pointer, doc)
	return out
}

// must is set where the fake itself writes, on documents that it has checked.
func must(doc []byte, pointer, value string) []byte {
	p := at(pointer)
	if len(p) > 1 {
		if _, err := p[:1].Get(doc); err != nil {
			doc = must(doc, p[:1].String(), "{}")
		}
	}
	out, err := p.Set(doc, []byte(value))
	if err != nil {
		panic(fmt.Sprintf("%s in %s: %v", pointer, doc, err))
	}
	return out
}

func drop(doc []byte, pointer string) []byte {
	out, err := at(pointer).Remove(doc)
	if err != nil {
		return doc
	}
	return out
}

// patched applies a patch as servers do; without a media type it is a merge.
func patched(now, patch []byte, contentType string) ([]byte, error) {
	mediaType, _, err := mime.ParseMediaType(cmp.Or(contentType, mergePatch))
	switch mediaType {
	case jsonPatch:
		return jsonmerge.ApplyPatch(now, patch, nil)
	case mergePatch, "application/strategic-merge-patch+json", "application/apply-patch+yaml":
		return jsonmerge.ApplyMergePatch(now, patch)
	}
	return nil, fmt.Errorf("unsupported media type %q (%v)", contentType, err)
}
