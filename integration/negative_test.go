package integration_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/stretchr/testify/require"
)

// Negative peers do not read If-Match. No client can make a write conditional on them, and none can
// tell from the answers: a write that lost somebody's change is a 200 like any other. The rows show
// what is lost, and the tests below what shows such a server before something is.

const ifMatchUnread = "The server reads no If-Match: the stale write is a success like any other, and somebody's " +
	"change is lost. No answer tells; a write under a condition that cannot hold does " +
	"(TestAConditionThatCannotHoldShowsWhetherAServerReadsIt)."

const jsonServerCreates = "json-server reads no If-None-Match: a creation replaces what is there. Where nothing is, " +
	"PUT is a 404: it creates by POST only."

// jsonServer is json-server: JSON objects in a collection, created by POST, with the weak entity
// tags that Express gives to all that it sends.
type jsonServer struct{}

func (jsonServer) name() string { return "json-server" }

func (jsonServer) quirks() map[quirk]string {
	return map[quirk]string{
		ifMatchIgnored:       ifMatchUnread + " Options.RefuseWeakTags refuses to write here at all.",
		deleteIgnoresIfMatch: ifMatchUnread,
		createOverwrites:     jsonServerCreates,
		putCreatesNothing:    jsonServerCreates,
	}
}

func (jsonServer) start(t *testing.T) (server, error) {
	cmd, err := inNode(t, "json-server", filepath.Join("peers", "json-server", "server.js"))
	if err != nil {
		return server{}, err
	}
	base, err := listening(t, cmd)
	client := ordinaryClient(t)
	return server{
		base:    base + "docs/",
		weak:    true,
		options: ifmatch.Options{HTTPClient: client},
		someone: through(client, func(next http.RoundTripper) http.RoundTripper { return postsWhatIsMissing{next} }),
		forms: []form{
			typed.holding([]byte(`{"title": "first", "limits": {"ratio": 1.5, "none": null}, "count": 0,` +
				` "owners": [{"name": "Ann", "since": "2019-04-01"}, {"name": "Bo", "since": null}],` +
				` "note": "caf\u00e9 <b>&amp;</b>"}`)),
			inapplicable{raw.form, "json-server stores JSON objects only."},
		},
		bare: membersBut("id"),
	}, err
}

// postsWhatIsMissing creates by POST to the collection what a PUT does not find.
type postsWhatIsMissing struct{ next http.RoundTripper }

func (p postsWhatIsMissing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPut {
		return p.next.RoundTrip(r)
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	put := r.Clone(r.Context())
	put.Body = io.NopCloser(bytes.NewReader(content))
	resp, err := p.next.RoundTrip(put)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		return resp, err
	}
	resp.Body.Close()
	content = bytes.Replace(content, []byte("{"), fmt.Appendf(nil, `{"id": %q, `, path.Base(r.URL.Path)), 1)
	post := r.Clone(r.Context())
	post.Method, post.URL.Path = http.MethodPost, path.Dir(r.URL.Path)
	post.Body, post.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	return p.next.RoundTrip(post)
}

// s3rver is an S3 server whose strong entity tags, MD5 of the content, are sent and never read.
type s3rver struct{}

func (s3rver) name() string { return "s3rver" }

func (s3rver) quirks() map[quirk]string {
	return map[quirk]string{
		ifMatchIgnored:       ifMatchUnread,
		deleteIgnoresIfMatch: ifMatchUnread,
		createOverwrites:     "s3rver reads no If-None-Match: the creation replaces what is there.",
		putRecreates: "s3rver reads no If-Match, and PUT creates what is not there: what somebody " +
			"deleted comes back.",
	}
}

func (s3rver) start(t *testing.T) (server, error) {
	cmd, err := inNode(t, "s3rver", filepath.Join("peers", "s3rver", "server.js"), t.TempDir())
	if err != nil {
		return server{}, err
	}
	base, err := listening(t, cmd)
	inTurn := through(ordinaryClient(t), func(next http.RoundTripper) http.RoundTripper {
		return &oneAtATime{next: next}
	})
	return server{base: base + "bucket/", options: ifmatch.Options{HTTPClient: inTurn}}, err
}

// oneAtATime lets one exchange end before the next begins: a GET at the same time as a PUT at
// s3rver returns half of the content.
type oneAtATime struct {
	next http.RoundTripper
	turn sync.Mutex
}

func (o *oneAtATime) RoundTrip(r *http.Request) (*http.Response, error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	resp, err := o.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	content, err := read(resp)
	resp.Body = io.NopCloser(bytes.NewReader(content))
	return resp, err
}

// There is one way to learn, before anybody's change is lost, that a server reads no If-Match: to
// write, on a resource that is there for it, under a condition that cannot hold.
func TestAConditionThatCannotHoldShowsWhetherAServerReadsIt(t *testing.T) {
	for _, p := range []struct {
		peer
		reads bool
	}{
		{fakeS3{}, true},
		{jsonServer{}, false},
		{s3rver{}, false},
	} {
		t.Run(p.name(), func(t *testing.T) {
			s := started(t, p)
			url := s.base + "disposable.json"
			content := []byte(`{"title": "first", "count": 0}`)
			someone := other{http: s.someone, url: url, mediaType: typed.mediaType}
			someone.puts(t, content)
			client := ifmatch.New(&s.options)
			u, err := ifmatch.Get[document](t.Context(), client, url)
			require.NoError(t, err)
			u.ETag = `"of no version"`
			u.Value.Count++
			_, err = ifmatch.Put(t.Context(), client, u)
			d, derr := documentIn(someone.sees(t))
			require.NoError(t, derr)
			if p.reads {
				require.ErrorIs(t, err, ifmatch.StaleVersion)
				require.Zero(t, d.Count)
			} else {
				require.NoError(t, err)
				require.Equal(t, 1, d.Count)
			}
		})
	}
}

// The tags of json-server are weak, and by RFC 9110 §13.1.1 a weak tag guards nothing. Who cannot
// try a server out can at least insist on that.
func TestRefusingWeakTagsKeepsWritesOffAServerThatHasNoOthers(t *testing.T) {
	s := started(t, jsonServer{})
	url := s.base + "kept.json"
	someone := other{http: s.someone, url: url, mediaType: typed.mediaType}
	someone.puts(t, []byte(`{"title": "first", "count": 0}`))
	before := someone.sees(t)
	client := ifmatch.New(&s.options).With(func(o *ifmatch.Options) { o.RefuseWeakTags = true })
	_, err := ifmatch.Update(t.Context(), client, url, func(d *document) error { d.Count++; return nil })
	require.ErrorIs(t, err, ifmatch.ErrNoValidator)
	require.Equal(t, string(before), string(someone.sees(t)))
}
