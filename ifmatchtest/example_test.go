package ifmatchtest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
)

// refusalDetail is the member of a refusal's problem details that request does not print, to keep
// its lines short.
const refusalDetail = `"detail":"The resource is not in the state that the request was made for.",`

// request sends a request and prints what came of it. condition is a header line, "" for none.
func request(server *httptest.Server, method, path, body, condition string) {
	r, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	if name, value, ok := strings.Cut(condition, ": "); ok {
		r.Header.Set(name, value)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		fmt.Println(method, path, "no answer")
		return
	}
	defer resp.Body.Close()
	content, _ := io.ReadAll(resp.Body)
	shown := strings.Replace(string(content), refusalDetail, "", 1)
	fmt.Println(strings.TrimSpace(fmt.Sprintln(method, path, resp.StatusCode, resp.Header.Get("ETag"), shown)))
}

// The loop that people write: fetch, change, write, and from the start again when the write was
// refused or failed. The answer to its first write is lost, and the counter counts twice.
func Example() {
	origin := ifmatchtest.New(nil)
	origin.Set("/counter", `1`)
	origin.Next("PUT", ifmatchtest.LoseResponse())
	server := httptest.NewServer(origin)
	defer server.Close()

	increment := func() bool {
		resp, err := http.Get(server.URL + "/counter")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var n int
		fmt.Fscan(resp.Body, &n)
		r, _ := http.NewRequest("PUT", server.URL+"/counter", strings.NewReader(fmt.Sprint(n+1)))
		r.Header.Set("If-Match", resp.Header.Get("ETag"))
		written, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		written.Body.Close()
		return written.StatusCode < 300
	}
	for !increment() {
	}

	fmt.Println("counter:", origin.Body("/counter"))
	for _, r := range origin.Requests() {
		fmt.Println(r)
	}
	// Output:
	// counter: 3
	// GET /counter -> 200 "v1"
	// PUT /counter If-Match: "v1" -> no answer, applied "v2"
	// GET /counter -> 200 "v2"
	// PUT /counter If-Match: "v2" -> 204 "v3"
}

func ExampleNew() {
	origin := ifmatchtest.New(&ifmatchtest.Options{RequireConditions: true, WriteTags: ifmatchtest.NoWriteTags})
	origin.Set("/users/7", `{"name":"Ann"}`)
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/users/7", `{"name":"Bob"}`, `If-Match: "v1"`)
	request(server, "DELETE", "/users/7", "", `If-Match: "v2"`)
	// Output:
	// PUT /users/7 204
	// DELETE /users/7 204
}

// Servers send tags that do not work in If-Match, or not as they came.
func ExampleOptions() {
	for _, opts := range []ifmatchtest.Options{
		{Tags: ifmatchtest.WeakTags},
		{Tags: ifmatchtest.WeakTags, WeakMatch: true},
		{Tags: ifmatchtest.UnquotedTags},
		{Compress: ifmatchtest.CompressSuffix},
	} {
		origin := ifmatchtest.New(&opts)
		origin.Set("/a", `1`)
		server := httptest.NewServer(origin)
		resp, err := http.Get(server.URL + "/a") // asks for gzip by itself
		if err != nil {
			fmt.Println(err)
			return
		}
		resp.Body.Close()
		r, _ := http.NewRequest("PUT", server.URL+"/a", strings.NewReader(`2`))
		r.Header.Set("If-Match", resp.Header.Get("ETag"))
		written, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		written.Body.Close()
		fmt.Println(origin.Requests("PUT")[0])
		server.Close()
	}
	// Output:
	// PUT /a If-Match: W/"v1" -> 412 W/"v1"
	// PUT /a If-Match: W/"v1" -> 204 W/"v2"
	// PUT /a If-Match: v1 -> 204 v2
	// PUT /a If-Match: "v1-gzip" -> 412 "v1"
}

func ExampleStampRevision() {
	origin := ifmatchtest.New(&ifmatchtest.Options{Transform: ifmatchtest.StampRevision})
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/a", `{"name":"Ann"}`, "")
	fmt.Println(origin.Body("/a"))
	// Output:
	// PUT /a 201
	// {"name":"Ann","revision":1}
}

func ExampleOrigin_Edit() {
	origin := ifmatchtest.New(nil)
	origin.Set("/log", "a")
	origin.Edit("/log", func(old []byte) []byte { return append(old, 'b') })
	fmt.Println(origin.Body("/log"), origin.ETag("/log"), origin.Version("/log"))

	origin.Delete("/log")
	fmt.Println(origin.Exists("/log"))

	origin.SetContent("/log", "text/plain", []byte("c"))
	fmt.Println(origin.Body("/log"), origin.ETag("/log"))
	// Output:
	// ab "v2" 2
	// false
	// c "v3"
}

func ExampleOrigin_Next() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Next("PUT /a",
		ifmatchtest.LoseRequest(),
		ifmatchtest.Pass(),
		ifmatchtest.Answer(ifmatchtest.Problem(503, nil).With("Retry-After", "2")))
	server := httptest.NewServer(origin)
	defer server.Close()

	for range 4 {
		request(server, "PUT", "/a", `2`, "If-Match: *")
	}
	fmt.Println("faults left:", origin.Pending())
	// Output:
	// PUT /a no answer
	// PUT /a 204 "v2"
	// PUT /a 503  {"status":503,"title":"Service Unavailable","type":"about:blank"}
	// PUT /a 204 "v3"
	// faults left: 0
}

func ExampleOrigin_Every() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Every(3, "PUT", ifmatchtest.LoseResponse())
	server := httptest.NewServer(origin)
	defer server.Close()

	for range 4 {
		request(server, "PUT", "/a", `2`, "If-Match: *")
	}
	fmt.Println("applied:", origin.Applied("PUT"))
	// Output:
	// PUT /a 204 "v2"
	// PUT /a 204 "v3"
	// PUT /a no answer
	// PUT /a 204 "v5"
	// applied: 4
}

func ExampleOrigin_Requests() {
	origin := ifmatchtest.New(nil)
	server := httptest.NewServer(origin)
	defer server.Close()
	request(server, "PUT", "/a", `1`, "If-None-Match: *")
	request(server, "PUT", "/a", `2`, `If-Match: "v0"`)

	for _, r := range origin.Requests("PUT /a") {
		fmt.Println(r.Number, r.Condition, r.Status, r.Applied, r.ETag)
	}
	fmt.Println(origin.Deliveries("PUT"), "delivered,", origin.Applied("PUT"), "applied")
	// Output:
	// PUT /a 201 "v1"
	// PUT /a 412  {"status":412,"title":"Precondition Failed","type":"about:blank"}
	// 1 If-None-Match: * 201 true "v1"
	// 2 If-Match: "v0" 412 false "v1"
	// 2 delivered, 1 applied
}

func ExampleRivalWrite() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `"base"`)
	origin.Next("PUT", ifmatchtest.RivalWrite(`"theirs"`))
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "GET", "/a", "", "")
	request(server, "PUT", "/a", `"mine"`, `If-Match: "v1"`)
	request(server, "GET", "/a", "", "")
	// Output:
	// GET /a 200 "v1" "base"
	// PUT /a 412  {"status":412,"title":"Precondition Failed","type":"about:blank"}
	// GET /a 200 "v2" "theirs"
}

// A server that reports stale writes as 409, with bare words labelled JSON.
func ExampleRefuseWith() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Always("PUT", ifmatchtest.RefuseWith(
		ifmatchtest.Response{Status: 409, Body: "changed meanwhile"}.With("Content-Type", "application/json")))
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/a", `2`, `If-Match: "v0"`)
	request(server, "PUT", "/a", `2`, `If-Match: "v1"`)
	// Output:
	// PUT /a 409  changed meanwhile
	// PUT /a 204 "v2"
}

func ExampleProblem() {
	outOfCredit := ifmatchtest.Problem(409, map[string]any{
		"type": "https://example.com/probs/out-of-credit", "title": "Out of credit", "balance": 30,
	})
	fmt.Println(outOfCredit.Body)
	// Output:
	// {"balance":30,"status":409,"title":"Out of credit","type":"https://example.com/probs/out-of-credit"}
}

// A gateway sends the write to a second upstream because the first did not answer in time.
func ExampleReplay() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Next("PUT", ifmatchtest.Together(
		ifmatchtest.Replay(), ifmatchtest.RefuseWith(ifmatchtest.Response{Status: 412})))
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/a", `2`, `If-Match: "v1"`)
	fmt.Println("and yet it stands:", origin.Body("/a"))
	// Output:
	// PUT /a 412
	// and yet it stands: 2
}

// A write seems to be lost and is sent again, and both copies arrive. The condition lets one of the
// two take effect.
func ExamplePostpone() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Next("PUT", ifmatchtest.Postpone())
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/a", `2`, `If-Match: "v1"`)
	request(server, "PUT", "/a", `2`, `If-Match: "v1"`)
	fmt.Println("late:", origin.DeliverPostponed(), "applied in all:", origin.Applied("PUT"))
	// Output:
	// PUT /a no answer
	// PUT /a 204 "v2"
	// late: 1 applied in all: 1
}

// Five writers who have all read the first version: one wins, on every run.
func ExampleBarrier() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `0`)
	origin.Always("PUT", ifmatchtest.Barrier(5))
	server := httptest.NewServer(origin)
	defer server.Close()

	var wg sync.WaitGroup
	for i := range 5 {
		wg.Go(func() {
			r, _ := http.NewRequest("PUT", server.URL+"/a", strings.NewReader(fmt.Sprint(i)))
			r.Header.Set("If-Match", `"v1"`)
			if resp, err := server.Client().Do(r); err == nil {
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	fmt.Println(origin.Deliveries("PUT"), "delivered,", origin.Applied("PUT"), "applied")
	// Output:
	// 5 delivered, 1 applied
}

// A cache still answers with the version before the last write.
func ExampleStaleRead() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `"old"`)
	origin.Set("/a", `"new"`)
	origin.Next("GET", ifmatchtest.Times(2, ifmatchtest.StaleRead())...)
	server := httptest.NewServer(origin)
	defer server.Close()

	for range 3 {
		request(server, "GET", "/a", "", "")
	}
	// Output:
	// GET /a 200 "v1" "old"
	// GET /a 200 "v1" "old"
	// GET /a 200 "v2" "new"
}

func ExampleAlterETag() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Next("GET", ifmatchtest.AlterETag(func(tag string) string { return "W/" + tag }))
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "GET", "/a", "", "")
	request(server, "GET", "/a", "", "")
	// Output:
	// GET /a 200 W/"v1" 1
	// GET /a 200 "v1" 1
}

// The rival here is a program of its own. It writes between the sending and the arrival of the
// write under test.
func ExampleBefore() {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	origin.Set("/b", `1`)
	origin.Next("PUT /a", ifmatchtest.Before(func() { origin.Set("/b", `2`) }))
	server := httptest.NewServer(origin)
	defer server.Close()

	request(server, "PUT", "/a", `2`, `If-Match: "v1"`)
	request(server, "PUT", "/b", `3`, `If-Match: "v1"`)
	fmt.Println(origin.Body("/a"), origin.Body("/b"))
	// Output:
	// PUT /a 204 "v2"
	// PUT /b 412  {"status":412,"title":"Precondition Failed","type":"about:blank"}
	// 2 2
}

// cleanups stands for a *testing.T, which an example does not have.
type cleanups []func()

func (c *cleanups) Cleanup(f func()) { *c = append(*c, f) }

func ExampleOrigin_Serve() {
	t := &cleanups{}
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)

	request(origin.Serve(t), "GET", "/a", "", "")
	request(origin.ServeTLS(t), "GET", "/a", "", "") // HTTP/2
	for _, f := range *t {
		f()
	}
	// Output:
	// GET /a 200 "v1" 1
	// GET /a 200 "v1" 1
}
