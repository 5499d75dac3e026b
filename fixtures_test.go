package ifmatch_test

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Documents.

type doc struct {
	Name  string   `json:"name"`
	Count int      `json:"count"`
	Tags  []string `json:"tags,omitempty"`
}

func increment(d *doc) error { d.Count++; return nil }

// thing is the value of most tests here; the documents hold more than it shows.
type thing struct {
	N    int64  `json:"n"`
	Note string `json:"note,omitempty"`
}

const (
	thingURL = "http://origin.test/things/7"
	thingV1  = `{"n":1,"kept":9007199254740993}`
	thingV2  = `{"n":2,"kept":9007199254740993}` // v1 with 2 for n
	thingV3  = `{"n":3,"kept":9007199254740993}`
)

// firstThing is version "1" of the thing, as if fetched long ago.
func firstThing() *ifmatch.Representation[thing] {
	return &ifmatch.Representation[thing]{Value: thing{N: 1}, URL: thingURL, ETag: `"1"`, Content: []byte(thingV1)}
}

// bump is firstThing with a change to be written.
func bump() *ifmatch.Representation[thing] {
	u := firstThing()
	u.Value.N = 2
	return u
}

// day is a type with an encoding of its own: a date without a time.
type day struct{ time.Time }

func (d day) MarshalJSON() ([]byte, error) { return json.Marshal(d.Format(time.DateOnly)) }

func (d *day) UnmarshalJSON(b []byte) (err error) {
	var s string
	if err = json.Unmarshal(b, &s); err == nil {
		s, _, _ = strings.Cut(s, "T")
		d.Time, err = time.Parse(time.DateOnly, s)
	}
	return err
}

// edited saves an edit of content as a T and returns what the server then holds.
func edited[T any](t *testing.T, content string, edit func(*T), keys map[string][]string) string {
	t.Helper()
	origin, url := serve(t, nil, content)
	u, err := ifmatch.Get[T](t.Context(), brisk(), url)
	require.NoError(t, err)
	edit(&u.Value)
	c := brisk().With(func(o *ifmatch.Options) { o.Keys = keys })
	u, err = ifmatch.Save(t.Context(), c, u, nil)
	require.NoError(t, err)
	assert.Equal(t, origin.Body("/doc"), string(u.Content))

	// The same by Update, which must not differ.
	other, url := serve(t, nil, content)
	_, err = ifmatch.Update(t.Context(), c, url, func(v *T) error { edit(v); return nil })
	require.NoError(t, err)
	assert.Equal(t, origin.Body("/doc"), other.Body("/doc"))
	return origin.Body("/doc")
}

// Clients and calls.

// brisk is a client whose waits are short, for tests over real connections.
func brisk() *ifmatch.Client {
	return ifmatch.New(&ifmatch.Options{MaxWait: 20 * time.Millisecond,
		HTTPClient: &http.Client{Transport: &http.Transport{}}})
}

// each runs f for a read, a single write, and the two loops, all under the first version of the
// thing.
func each(t *testing.T, f func(t *testing.T, use func(context.Context, *ifmatch.Client) error)) {
	for _, c := range []struct {
		name string
		use  func(context.Context, *ifmatch.Client) error
	}{
		{name: "Get", use: func(ctx context.Context, c *ifmatch.Client) error {
			_, err := ifmatch.Get[thing](ctx, c, thingURL)
			return err
		}},
		{name: "Put", use: put},
		{name: "Update", use: update},
		{name: "Save", use: func(ctx context.Context, c *ifmatch.Client) error {
			_, err := ifmatch.Save(ctx, c, bump(), ifmatch.ThreeWay)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { f(t, c.use) })
		})
	}
}

func put(ctx context.Context, c *ifmatch.Client) error {
	_, err := ifmatch.Put(ctx, c, bump())
	return err
}

func update(ctx context.Context, c *ifmatch.Client) error {
	_, err := ifmatch.Update(ctx, c, thingURL, func(v *thing) error { v.N = 2; return nil })
	return err
}

// plain sends a request as code would that knows nothing of tags.
func plain(
	t testing.TB, ctx context.Context, h *http.Client, method, url, body string, header ...string,
) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	if body == "" {
		req.Body, req.ContentLength = nil, 0
	}
	for _, f := range header {
		k, v, _ := strings.Cut(f, ": ")
		req.Header.Set(k, v)
	}
	resp, err := h.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(content), nil
}

// Origins: ifmatchtest's, over a connection and without one, and one that compares versions in the
// content.

// serve starts an origin with body at /doc and returns it with the URL of that.
func serve(t testing.TB, o *ifmatchtest.Options, body string) (*ifmatchtest.Origin, string) {
	t.Helper()
	origin := ifmatchtest.New(o)
	if body != "" {
		origin.Set("/doc", body)
	}
	return origin, origin.Serve(t).URL + "/doc"
}

// conditions are those of the requests with a method, in order; "" for none.
func conditions(o *ifmatchtest.Origin, method string) (c []string) {
	for _, r := range o.Requests(method) {
		c = append(c, r.Condition)
	}
	return c
}

// story are the methods of the requests in one line: "GET PUT GET".
func story(o *ifmatchtest.Origin) string {
	var methods []string
	for _, r := range o.Requests() {
		methods = append(methods, r.Method)
	}
	return strings.Join(methods, " ")
}

// direct is a RoundTripper that asks a handler, without a network in between.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	server := r.Clone(r.Context())
	if server.Body == nil {
		server.Body = http.NoBody
	}
	d.ServeHTTP(w, server)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// lossy is a network without sockets: a handler that aborts is a broken connection.
type lossy struct{ http.Handler }

func (l lossy) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, errors.New("connection broken")
		}
	}()
	return direct(l).RoundTrip(r)
}

// clockInSteps is a clock that goes on by step whenever it is read, so that every Last-Modified is
// older than the answer's Date.
func clockInSteps(step time.Duration) func() time.Time {
	var mu sync.Mutex
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(step)
		return now
	}
}

// kube keeps one object and compares metadata.resourceVersion where the write has one.
func kube(t *testing.T) (url string, set func(n int), now func() string) {
	var mu sync.Mutex
	version, n := 1, 0
	object := func() string {
		return fmt.Sprintf(`{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"%d"},"data":{"n":"%d"}}`,
			version, n)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPut {
			var o struct {
				Metadata struct{ ResourceVersion string }
				Data     struct{ N string }
			}
			_ = json.NewDecoder(r.Body).Decode(&o)
			if v := o.Metadata.ResourceVersion; v != "" && v != fmt.Sprint(version) {
				w.WriteHeader(409)
				fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Conflict","code":409}`)
				return
			}
			version++
			fmt.Sscan(o.Data.N, &n)
		}
		fmt.Fprint(w, object())
	}))
	t.Cleanup(s.Close)
	set = func(to int) {
		mu.Lock()
		defer mu.Unlock()
		version++
		n = to
	}
	now = func() string {
		mu.Lock()
		defer mu.Unlock()
		return object()
	}
	return s.URL + "/a", set, now
}

// answers is a dialect whose Read says what it is told to.
func answers(read func(answer *http.Response, content, sent []byte) ([]byte, string, error)) *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "odd", Read: read,
		Guard: func(w *http.Request, version string, content []byte) ([]byte, error) {
			return content, ifmatch.ETag(version).Guard(w)
		}}
}

// A network of one function, and what it is asked and answers.

// scripted is a network of one function, for exact waits inside a synctest bubble and for answers
// that no real server gives.
type scripted struct {
	recorder
	answer func(a arrival) (*http.Response, error)
}

func (s *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := s.note(r)
	if err != nil {
		return nil, err
	}
	resp, err := s.answer(a)
	if resp != nil {
		resp.Request = r
	}
	return resp, err
}

// recorder keeps what arrived.
type recorder struct {
	mu  sync.Mutex
	log []arrival
}

// note reads a request and keeps it.
func (l *recorder) note(r *http.Request) (arrival, error) {
	a := arrival{n: 1, at: time.Now(), method: r.Method, url: r.URL.String(), header: r.Header.Clone()}
	if r.Body != nil {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return a, err
		}
		r.Body.Close()
		a.body = string(content)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, earlier := range l.log {
		if earlier.method == a.method {
			a.n++
		}
	}
	l.log = append(l.log, a)
	return a, nil
}

func (l *recorder) arrivals() []arrival {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.log)
}

// methods tells the story in one line: "GET PUT GET PUT".
func (l *recorder) methods() string {
	var all []string
	for _, a := range l.arrivals() {
		all = append(all, a.method)
	}
	return strings.Join(all, " ")
}

func (l *recorder) writes() (all []arrival) {
	for _, a := range l.arrivals() {
		if a.method != http.MethodGet {
			all = append(all, a)
		}
	}
	return all
}

// arrival is one request as a server sees it.
type arrival struct {
	n      int // counts the requests of this method, from 1
	at     time.Time
	method string
	url    string
	header http.Header
	body   string
}

// condition is what guards the request: `If-Match: "7"`, or "" for nothing.
func (a arrival) condition() string {
	var all []string
	for _, name := range []string{"If-Match", "If-None-Match", "If-Unmodified-Since"} {
		for _, v := range a.header.Values(name) {
			all = append(all, name+": "+v)
		}
	}
	return strings.Join(all, ", ")
}

// through returns a client whose every request is answered by f.
func through(f func(arrival) (*http.Response, error), o *ifmatch.Options) (*ifmatch.Client, *scripted) {
	s := &scripted{answer: f}
	var all ifmatch.Options
	if o != nil {
		all = *o
	}
	all.HTTPClient = &http.Client{Transport: s}
	return ifmatch.New(&all), s
}

// held answers reads with version "1", and writes with w.
func held(w func(a arrival) (*http.Response, error)) func(arrival) (*http.Response, error) {
	return func(a arrival) (*http.Response, error) {
		if a.method == http.MethodGet {
			return reply(200, thingV1, `ETag: "1"`), nil
		}
		return w(a)
	}
}

// reply makes an answer. fields are "Name: value".
func reply(status int, body string, fields ...string) *http.Response {
	h := http.Header{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		h.Add(name, strings.TrimPrefix(value, " "))
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
}

// cut makes the content of r break off in the middle.
func cut(r *http.Response) *http.Response {
	whole, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), brokenReader{}))
	return r
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// gaps are the waits between the arrivals.
func gaps(all []arrival) (d []time.Duration) {
	for i := 1; i < len(all); i++ {
		d = append(d, all[i].at.Sub(all[i-1].at))
	}
	return d
}

var (
	errLost = errors.New("the connection broke") // after the request had left
	errDial = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
)

// Networks between the client and a server: they hang, break, count, or change what is sent.

// tripper is a network of one function, which need not keep the contract of http.RoundTripper.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// hanging never answers.
type hanging struct {
	mu sync.Mutex
	n  int
}

func (h *hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.n++
	h.mu.Unlock()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func (h *hanging) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.n
}

// counting is a network that notes for each request whether its connection had carried one before.
type counting struct {
	next   *http.Transport
	reused []bool
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { c.reused = append(c.reused, i.Reused) }}
	return c.next.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
}

// changing changes the request that it is given, which the contract of http.RoundTripper forbids
// and many do all the same.
func changing(next http.RoundTripper) tripper {
	return func(r *http.Request) (*http.Response, error) {
		r.Header.Add("X-Count", "1")
		defer func() {
			for k := range r.Header {
				r.Header[k][0] = "overwritten"
			}
		}()
		return next.RoundTrip(r)
	}
}

// addingKeys gives each write a key, as the SDKs of some APIs do.
func addingKeys(next http.RoundTripper) tripper {
	return func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		if r.Method != http.MethodGet {
			r.Header.Set("Idempotency-Key", "k")
		}
		return next.RoundTrip(r)
	}
}

// askingForTokens fetches a token from url before each write.
func askingForTokens(url string) tripper {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			ask, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
			if err != nil {
				return nil, err
			}
			answer, err := http.DefaultTransport.RoundTrip(ask)
			if err != nil {
				return nil, err
			}
			answer.Body.Close()
		}
		return http.DefaultTransport.RoundTrip(r)
	}
}

// closedAfterOne dials; the first connection takes one request, and then nothing.
func closedAfterOne() func(context.Context, string, string) (net.Conn, error) {
	var dialled atomic.Int32
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil || dialled.Add(1) > 1 {
			return c, err
		}
		return &oneRequest{Conn: c}, nil
	}
}

type oneRequest struct {
	net.Conn
	writes atomic.Int32
}

func (c *oneRequest) Write(p []byte) (int, error) {
	if c.writes.Add(1) > 1 {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// A server of bytes, for answers that net/http would not write, and what a caller finds in the
// error. The answers are bytes on a connection, and net/http reads them as it reads those of a real
// server.

// hostile is one line of a table of answers that nobody should have to read. The answer is given to
// every GET, or to every PUT. The other method is answered as it should be: the server has version
// "1" of the thing, and `If-Match: "1"` is outdated when it is GET that misbehaves.
//
// What the caller gets is told in words: see tell.
type hostile struct {
	does     string // what the server does
	get, put answer

	gets    string // what Get gives: one GET
	updates string // what Update gives: GET, an edit, PUT; "" for the same as Get
	saves   string // what Save gives: PUT, or PUT, 412, GET, a merge, PUT; "" for the same as Update

	keeps string // what the content that is written back must hold
}

// answer sends something over the connection; n counts the requests of this method.
type answer func(c net.Conn, n int)

const (
	hostileURL  = "http://origin.test/things/7?token=" + secret
	secret      = "SECRET"
	problemJSON = "Content-Type: application/problem+json\r\n"
	escape      = "\x1b[2J\x1b]0;pwned\x07"
)

var (
	kilobyte = strings.Repeat("x", 1<<10)
	megabyte = strings.Repeat("x", 1<<20)
)

// says is an answer of one piece; \n ends the lines of its head. What is missing of Content-Length
// and Content-Type is added.
func says(status, head, content string) answer {
	var b strings.Builder
	b.WriteString("HTTP/1.1 " + status + "\r\n")
	for line := range strings.SplitSeq(head, "\n") {
		if line = strings.TrimSuffix(line, "\r"); line != "" {
			b.WriteString(line + "\r\n")
		}
	}
	if !strings.Contains(head, "Content-Length:") && !strings.Contains(head, "Transfer-Encoding:") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(content))
	}
	if !strings.Contains(head, "Content-Type:") {
		b.WriteString("Content-Type: application/json\r\n")
	}
	b.WriteString("\r\n" + content)
	return raw(b.String())
}

// raw sends bytes and hangs up.
func raw(text string) answer {
	return func(c net.Conn, _ int) { io.WriteString(c, text) } // an error means that the client has had enough
}

// pours sends more and more, until the client has had enough.
func pours(start, more string) answer {
	return func(c net.Conn, _ int) {
		_, err := io.WriteString(c, start)
		for err == nil {
			_, err = io.WriteString(c, more)
		}
	}
}

// drips is pours at a byte each second.
func drips(start string) answer {
	return func(c net.Conn, _ int) {
		_, err := io.WriteString(c, start)
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(c, " ")
		}
	}
}

// silence waits until the client goes away.
func silence(c net.Conn, _ int) { io.Copy(io.Discard, c) }

// zipped compresses start and then n times more, each as a member of its own (RFC 1952 §2.2), so
// that a bomb costs no more to build than its first megabyte.
func zipped(start, more string, n int) string {
	member := func(s string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := io.WriteString(z, s); err != nil {
			panic(err)
		}
		if err := z.Close(); err != nil {
			panic(err)
		}
		return b.String()
	}
	if n == 0 {
		return member(start)
	}
	return member(start) + strings.Repeat(member(more), n)
}

// withstand makes Get, Update and Save against the server of each line, and checks what the caller
// gets.
func withstand(t *testing.T, table []hostile) {
	t.Helper()
	for _, line := range table {
		of := "PUT"
		if line.put == nil {
			of = "GET"
		}
		t.Run(of+": "+line.does, func(t *testing.T) {
			if of == "GET" {
				meet(t, line, "Get", line.gets, func(ctx context.Context, c *ifmatch.Client) error {
					_, err := ifmatch.Get[thing](ctx, c, hostileURL)
					return err
				})
			}
			updates := cmp.Or(line.updates, line.gets)
			meet(t, line, "Update", updates, func(ctx context.Context, c *ifmatch.Client) error {
				_, err := ifmatch.Update(ctx, c, hostileURL, func(v *thing) error { v.N = 7; return nil })
				return err
			})
			saves := cmp.Or(line.saves, updates)
			meet(t, line, "Save", saves, func(ctx context.Context, c *ifmatch.Client) error {
				u := &ifmatch.Representation[thing]{URL: hostileURL, ETag: `"1"`, Content: []byte(thingV1),
					Value: thing{N: 1, Note: "mine"}}
				_, err := ifmatch.Save(ctx, c, u, ifmatch.ThreeWay)
				return err
			})
		})
	}
}

// meet makes one call against the server of a line, and holds it to what is promised whatever a
// server does: no panic, no hang, bounded memory and requests, nothing written without a condition,
// nothing sent anywhere else, and an error that can be printed.
func meet(t *testing.T, line hostile, name, want string, call func(context.Context, *ifmatch.Client) error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &hostileServer{line: line}
		transport := &http.Transport{DialContext: l.connect, MaxResponseHeaderBytes: 256 << 10,
			DisableKeepAlives: true} // each answer ends its connection anyway
		defer l.busy.Wait()
		defer transport.CloseIdleConnections()
		client := ifmatch.New(&ifmatch.Options{
			HTTPClient: &http.Client{Transport: transport},
			MaxBody:    1 << 20, MaxAttempts: 3, MaxRounds: 4, Timeout: 10 * time.Second,
		})
		start, before := time.Now(), allocated()
		err := call(t.Context(), client)
		assert.LessOrEqual(t, time.Since(start), 3*time.Minute, "%s takes long", name)
		assert.Less(t, allocated()-before, uint64(64<<20), "%s takes much memory", name)
		told := tell(err)
		if line.put == nil && name == "Save" {
			// The 412 that came before is in the error too: see TestTheRefusalThatCameBeforeIsKept.
			told = strings.TrimPrefix(told, "conflict: stale version, ")
		}
		assert.Equal(t, want, told, "%s: %.300v", name, err)
		assertPrintable(t, name, err)

		l.mu.Lock()
		defer l.mu.Unlock()
		assert.LessOrEqual(t, len(l.log), 40, "%s asks often", name)
		for _, address := range l.dial {
			assert.Equal(t, "origin.test:80", address, "%s goes where the server wants it to go", name)
		}
		for _, a := range l.log {
			if a.method == http.MethodGet {
				continue
			}
			guard := a.header.Values("If-Match")
			require.Len(t, guard, 1, "%s writes without a condition", name)
			assert.Regexp(t, `^"[^"*]+"$`, guard[0])
			if line.keeps != "" && guard[0] != `"1"` {
				assert.Contains(t, a.body, line.keeps, "%s loses what it does not know", name)
			}
		}
	})
}

// hostileServer is a network with one server, which answers as a line of the table says.
type hostileServer struct {
	recorder
	line hostile
	dial []string // the addresses; mu guards them too
	busy sync.WaitGroup
}

func (l *hostileServer) connect(_ context.Context, _, address string) (net.Conn, error) {
	l.mu.Lock()
	l.dial = append(l.dial, address)
	l.mu.Unlock()
	client, server := net.Pipe()
	l.busy.Go(func() { l.serve(server) })
	return client, nil
}

// serve answers one request, and hangs up.
func (l *hostileServer) serve(c net.Conn) {
	defer c.Close()
	r, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	a, err := l.note(r)
	if err != nil {
		return
	}
	l.answer(a)(c, a.n)
}

func (l *hostileServer) answer(a arrival) answer {
	switch {
	case a.method == http.MethodGet && l.line.get != nil:
		return l.line.get
	case a.method == http.MethodGet:
		return says("200 OK", `ETag: "1"`, thingV1)
	case l.line.put != nil:
		return l.line.put
	case a.header.Get("If-Match") == `"1"`:
		return says("412 Precondition Failed", "", "")
	}
	return says("204 No Content", "", "")
}

// tell says in words what a caller finds in an error: the sentinels, the kind of the conflict, the
// status of the last answer; "timeout", "not decodable" or "no answer" for what is no answer that
// could be used; "ok" for no error.
func tell(err error) string {
	if err == nil {
		return "ok"
	}
	var words []string
	var conflict *ifmatch.ConflictError
	if errors.As(err, &conflict) {
		words = append(words, "conflict: "+conflict.Kind.String())
		if err = conflict.Cause; err == nil { // Cause is why it stopped; Last alone is reason enough otherwise
			err = conflict.Last
		}
	}
	uncertain, exhausted := errors.Is(err, ifmatch.ErrUncertain), errors.Is(err, ifmatch.ErrExhausted)
	if uncertain {
		words = append(words, "uncertain")
	}
	if exhausted {
		words = append(words, "exhausted")
	}
	said := len(words)
	say := func(found bool, word string) {
		if found {
			words = append(words, word)
		}
	}
	say(errors.Is(err, ifmatch.ErrRefusedTag), "refused tag")
	say(errors.Is(err, ifmatch.ErrUnresolved), "undecided")
	say(errors.Is(err, ifmatch.ErrNoValidator), "no validator")
	say(errors.Is(err, ifmatch.ErrTooLarge), "too large")
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	say(errors.As(err, &syntax) || errors.As(err, &mismatch), "not decodable")
	var doubtful *jsonmerge.SyntaxError // JSON, but readers disagree on what it means
	say(errors.As(err, &doubtful), "ambiguous")
	var timeout net.Error
	say(errors.As(err, &timeout) && timeout.Timeout(), "timeout")
	var refused *ifmatch.ResponseError
	if errors.As(err, &refused) {
		say(true, strconv.Itoa(refused.StatusCode))
	}
	say(len(words) == said && (uncertain || !exhausted), "no answer")
	return strings.Join(words, ", ")
}

// requireUncertain checks that the outcome is called unknown, and not a conflict.
func requireUncertain(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, ifmatch.ErrUncertain)
	var conflict *ifmatch.ConflictError
	require.False(t, errors.As(err, &conflict), "a false conflict: %v", err)
}

// assertPrintable checks the promise about every error text: one line of bounded length, without
// control characters, content, header fields or query values.
func assertPrintable(t *testing.T, name string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	text := err.Error()
	assert.LessOrEqual(t, len(text), 2000, "%s: the error's text is long: %.200s", name, text)
	assert.NotContains(t, text, secret, name)
	if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		assert.Fail(t, "the error's text holds what does not print", "%s: %q", name,
			text[max(0, i-80):min(len(text), i+20)])
	}
	var refused *ifmatch.ResponseError
	if errors.As(err, &refused) {
		assert.NotNil(t, refused.Problem)
		assert.LessOrEqual(t, len(refused.Body), 64<<10, "%s: what is kept of a refusal", name)
	}
}

// allocated is how many bytes the program has ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
