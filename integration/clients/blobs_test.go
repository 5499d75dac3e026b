package clients_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// blobs is the part of Azure Blob Storage that block blobs need: Get Blob with and without a range,
// Put Blob, Put Block, Put Block List, conditions, and signatures with the account's key
// ("Authorize with Shared Key"), where there are any.
type blobs struct {
	mu      sync.Mutex
	there   map[string]stored
	blocks  map[string][]byte
	version int
	puts    []string // the conditions of the writes that were served
	lose    int      // answers to writes that get lost
}

type stored struct {
	content []byte
	tag     string
}

const (
	account    = "shop"
	accountKey = "a2V5IG9mIGEgZmFrZQ=="
)

func serveBlobs(t *testing.T) (b *blobs, url string) {
	b = &blobs{there: map[string]stored{}, blocks: map[string][]byte{}}
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	return b, server.URL + "/" + account
}

func (b *blobs) set(name, content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.store("/"+account+"/docs/"+name, []byte(content))
}

func (b *blobs) content(name string) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.there["/"+account+"/docs/"+name].content
}

func (b *blobs) conditions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.puts)
}

// loseNext drops the answer to the next write.
func (b *blobs) loseNext() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lose++
}

func (b *blobs) store(path string, content []byte) {
	b.version++
	b.there[path] = stored{content, fmt.Sprintf(`"0x8D%06X"`, b.version)}
}

func (b *blobs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	refuse := func(status int, code string) {
		w.Header().Set("x-ms-error-code", code)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>No.</Message></Error>`,
			code)
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if a := r.Header.Get("Authorization"); a != "" && a != "SharedKey "+account+":"+signature(r) {
		refuse(http.StatusForbidden, "AuthenticationFailed")
		return
	}
	now, exists := b.there[r.URL.Path]
	ifMatch, ifNoneMatch := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch comp := r.URL.Query().Get("comp"); {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		switch {
		case !exists:
			refuse(http.StatusNotFound, "BlobNotFound")
			return
		case ifMatch != "" && ifMatch != now.tag:
			refuse(http.StatusPreconditionFailed, "ConditionNotMet")
			return
		}
		w.Header().Set("ETag", now.tag)
		w.Header().Set("x-ms-blob-type", "BlockBlob")
		status, part := http.StatusOK, now.content
		var from, to int
		if n, _ := fmt.Sscanf(r.Header.Get("x-ms-range"), "bytes=%d-%d", &from, &to); n == 2 && from < len(part) {
			to = min(to, len(part)-1)
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to, len(part)))
			status, part = http.StatusPartialContent, part[from:to+1]
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(part)))
		w.WriteHeader(status)
		_, _ = w.Write(part)
		return
	case r.Method != http.MethodPut:
		refuse(http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
		return
	case comp == "block":
		b.blocks[r.URL.Path+"#"+r.URL.Query().Get("blockid")] = content
		w.WriteHeader(http.StatusCreated)
		return
	case exists && ifNoneMatch == "*":
		refuse(http.StatusConflict, "BlobAlreadyExists")
		return
	case ifMatch != "" && ifMatch != now.tag:
		refuse(http.StatusPreconditionFailed, "ConditionNotMet")
		return
	case comp == "blocklist":
		var list struct{ Latest []string }
		if xml.Unmarshal(content, &list) != nil {
			refuse(http.StatusBadRequest, "InvalidXmlDocument")
			return
		}
		var whole bytes.Buffer
		for _, id := range list.Latest {
			whole.Write(b.blocks[r.URL.Path+"#"+id])
		}
		content = whole.Bytes()
	}
	b.store(r.URL.Path, content)
	b.puts = append(b.puts, ifMatch)
	if b.lose > 0 {
		b.lose--
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("ETag", b.there[r.URL.Path].tag)
	w.WriteHeader(http.StatusCreated)
}

// signature is that of "Authorize with Shared Key": over the method, eleven fields, all x-ms-
// fields, path and query. A condition that is added after signing breaks it.
func signature(r *http.Request) string {
	length := fmt.Sprint(r.ContentLength)
	if r.ContentLength <= 0 {
		length = ""
	}
	lines := []string{r.Method}
	for _, f := range []string{
		"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
		"If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
	} {
		if f == "Content-Length" {
			lines = append(lines, length)
			continue
		}
		lines = append(lines, r.Header.Get(f))
	}
	var ms []string
	for k := range r.Header {
		if k = strings.ToLower(k); strings.HasPrefix(k, "x-ms-") {
			ms = append(ms, k+":"+r.Header.Get(k))
		}
	}
	slices.Sort(ms)
	lines = append(lines, ms...)
	resource := "/" + account + r.URL.EscapedPath()
	query := r.URL.Query()
	for _, k := range slices.Sorted(maps.Keys(query)) {
		resource += "\n" + strings.ToLower(k) + ":" + strings.Join(query[k], ",")
	}
	key, _ := base64.StdEncoding.DecodeString(accountKey)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(strings.Join(append(lines, resource), "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
