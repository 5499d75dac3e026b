package ifmatchtest_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/ifmatchtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheRecordTellsExactlyWhatArrived(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	send(t, s, "PUT", "/a?x=1&y=%20", `2`, "If-Match", `"v1"`, "X-Twice", "a", "X-Twice", "b")
	send(t, s, "GET", "/a", "")

	requests := origin.Requests()
	require.Len(t, requests, 2)
	put := requests[0]
	assert.Equal(t, []string{"a", "b"}, put.Header.Values("X-Twice"))
	put.Header = nil
	assert.Equal(t, ifmatchtest.Request{
		Number: 1, Method: "PUT", Path: "/a", Query: "x=1&y=%20", Body: []byte("2"), Condition: `If-Match: "v1"`,
		Delivered: true, Applied: true, Status: 204, ETag: `"v2"`,
	}, put)
	get := requests[1]
	get.Header = nil
	assert.Equal(t, ifmatchtest.Request{
		Number: 2, Method: "GET", Path: "/a", Body: []byte{}, Delivered: true, Status: 200, ETag: `"v2"`,
	}, get)
}

func TestTheRecordIsTheCallersOwn(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Always("", ifmatchtest.SetHeader("X", "y"))
	origin.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("PUT", "/a", strings.NewReader("abc")))
	got := origin.Requests()[0]
	got.Header.Set("Spoilt", "yes")
	got.Body[0], got.Faults[0] = 'X', "spoilt"
	again := origin.Requests()[0]
	assert.Empty(t, again.Header.Get("Spoilt"))
	assert.Equal(t, "abc", string(again.Body))
	assert.Equal(t, []string{"set header"}, again.Faults)
	assert.Equal(t, "abc", origin.Body("/a"))
}

func TestEveryRequestIsALineOfTheStory(t *testing.T) {
	for want, r := range map[string]ifmatchtest.Request{
		`GET /a -> 200 "v1"`: {Method: "GET", Path: "/a", Status: 200, ETag: `"v1"`},
		`GET /a?q=1 -> 404`:  {Method: "GET", Path: "/a", Query: "q=1", Status: 404},
		`PUT /a If-Match: "v1" -> 412 "v2"`: {
			Method: "PUT", Path: "/a", Condition: `If-Match: "v1"`, Status: 412, ETag: `"v2"`,
		},
		`PUT /a -> no answer`: {Method: "PUT", Path: "/a"},
		`PUT /a -> no answer, applied "v2"`: {
			Method: "PUT", Path: "/a", Delivered: true, Applied: true, ETag: `"v2"`,
		},
		`PUT /a If-Match: "v1" -> 412 "v2" (replayed)`: {
			Method: "PUT", Path: "/a", Condition: `If-Match: "v1"`, Status: 412, ETag: `"v2"`, Replayed: true,
		},
	} {
		assert.Equal(t, want, r.String())
	}
}

func TestCountsTellArrivedFromDeliveredFromApplied(t *testing.T) {
	origin := ifmatchtest.New(nil)
	origin.Set("/a", `1`)
	s := origin.Serve(t)
	origin.Next("PUT", ifmatchtest.LoseRequest(), ifmatchtest.LoseResponse())
	for range 3 {
		try(s, "PUT", "/a", `2`, "If-Match", `"v1"`)
	}
	send(t, s, "GET", "/a", "")
	assert.Equal(t, 3, origin.Arrived("PUT /a"))
	assert.Equal(t, 2, origin.Deliveries("PUT /a"))
	assert.Equal(t, 1, origin.Applied("PUT /a"))
	assert.Equal(t, 4, origin.Arrived(""))
	assert.Zero(t, origin.Arrived("PUT /b"))
	assert.Len(t, origin.Requests("GET", "PUT /b"), 1)
	assert.Len(t, origin.Requests("GET", "/a"), 4, "each once")
}

func TestTheRecordForgetsTheOldestFirst(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{MaxRecords: 3})
	for range 5 {
		ask(origin, "GET", "/a")
	}
	requests := origin.Requests()
	require.Len(t, requests, 3)
	assert.Equal(t, 3, requests[0].Number)
	assert.Equal(t, 5, requests[2].Number)
	assert.Equal(t, 3, origin.Arrived("GET"))

	origin.ClearRequests()
	assert.Empty(t, origin.Requests())
	ask(origin, "GET", "/a")
	assert.Equal(t, 6, only(t, origin.Requests()).Number, "the numbers go on")
}

func TestTheRecordIsBoundedInBytes(t *testing.T) {
	const size = 8 << 20
	origin := ifmatchtest.New(&ifmatchtest.Options{MaxBody: size})
	body := strings.Repeat("x", size)
	const most = ifmatchtest.MaxRecordedBytes / size
	for round := 1; round <= 2; round++ {
		for range most + 2 {
			origin.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("PUT", "/a", strings.NewReader(body)))
		}
		assert.Equal(t, most, origin.Arrived("PUT"))
		assert.Equal(t, round*(most+2), origin.Version("/a"))
		origin.ClearRequests()
	}
}

func TestTheRecordOfALargeBodyStopsAtTheLimit(t *testing.T) {
	origin := ifmatchtest.New(&ifmatchtest.Options{MaxBody: 4})
	origin.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("PUT", "/a", strings.NewReader("123456789")))
	r := only(t, origin.Requests())
	assert.Equal(t, "12345", string(r.Body))
	assert.Equal(t, 413, r.Status)
	assert.False(t, r.Applied)
}
