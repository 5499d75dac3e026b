// Package ifmatchtest is an origin server that misbehaves on purpose, for tests of code that makes
// conditional writes.
//
// Code that fetches a resource, changes it and writes it back with If-Match is right or wrong in
// moments that a healthy server never shows: the answer that gets lost after the write has landed,
// the rival who was faster, the cache that answers the second look with the old state, the gateway
// that sends a write twice. [Origin] is an [net/http.Handler] in memory that is right by default
// and has those moments on demand.
//
// # Testing your own code
//
// Start an origin, put a resource there, say what goes wrong, run your code, and look at three
// things: what stands in the end, what arrived, and whether the whole script was played.
//
//	func TestIncrementCountsOnceWhenTheAnswerIsLost(t *testing.T) {
//		origin := ifmatchtest.New(nil)
//		origin.Set("/counter", `{"n":1}`)
//		origin.Next("PUT", ifmatchtest.LoseResponse())
//		server := origin.Serve(t)
//
//		err := yourpackage.Increment(server.URL + "/counter")
//
//		if got := origin.Body("/counter"); got != `{"n":2}` {
//			t.Errorf("err %v, counter %s, after %v", err, got, origin.Requests())
//		}
//		if origin.Pending() > 0 {
//			t.Error("not every fault has been met")
//		}
//	}
//
// A [Request] prints as one line, so that the record of a failed test shows what happened:
//
//	GET /counter -> 200 "v1"
//	PUT /counter If-Match: "v1" -> no answer, applied "v2"
//	PUT /counter If-Match: "v1" -> 412 "v2"
//
// # What can go wrong
//
// [Options] say what kind of server it is, for all requests: the form of its tags, what a write's
// answer carries, whether it compresses, whether it demands conditions. A [Fault] is what happens
// to one request; [Origin.Next] sets faults for the next requests of a kind. [Origin.Every] and
// [Origin.Always] set one for as long as the origin lives.
//
//   - The network: [LoseRequest], [LoseResponse], [Postpone], [Replay], [Truncate], [Flood].
//   - The server: [Answer], [ApplyAndAnswer], [RefuseWith], [Redirect], [IgnoreConditions], [RefuseConditions].
//   - Others who write: [RivalWrite], [RivalEdit], [RivalDelete], [RivalRecreate].
//   - Caches and proxies: [StaleRead], [SetHeader], [AlterETag].
//   - Time, without sleeping: [Hold], [HoldAnswer], [Barrier], [Before], [After]. For demonstrations there is [Delay].
//   - [Together] puts several on one request, [Times] one on several, and [Pass] skips a request.
//
// # What it is not
//
// It is no server for production: resources are never evicted, nobody is asked who they are, and it
// does what a script says. It knows neither ranges nor content negotiation, except for gzip.
package ifmatchtest
