// Package probe tells a person what an API does before they trust it with their writes: whether its
// entity tags are strong, what compression does to them, whether a conditional write is really
// refused, what a refusal looks like.
//
//	report, err := probe.Run(ctx, url, nil)
//	fmt.Print(report)
//
// It is for looking, once, by hand: examples/probe is the program that runs it. Nothing in package
// ifmatch calls it.
//
// # What is sent
//
// By default only reads: GET, HEAD and OPTIONS of one URL, with and without gzip, with conditions
// that hold and that do not.
//
// With Options.Disposable the resource is also written to, and whoever sets that says that nobody
// needs it:
//
//   - PUT of the content that was just read: under a condition that cannot hold, under
//     the current one, under an outdated one, and with If-None-Match: *. If no field
//     guards and the content names its version (resourceVersion, _rev), once with another one.
//   - Where a server answers such a PUT with success and nothing has changed, the JSON
//     content with one line feed more: RFC 9110 §13.1.1 lets a server say yes to
//     a refused write whose outcome is in force already.
//   - PATCH that sets one member to the value that it has, in the usual formats, under the
//     current condition and under one that cannot hold; a JSON Patch also with a test
//     that fails.
//   - With Options.Unguarded, one PUT without any condition.
//
// A server that ignores conditions performs all of these, and what somebody else writes between the
// read and the write is lost. There is no DELETE and no POST. In the end what was found is put
// back, if anything is different; what the server writes itself, such as a time or a version,
// cannot be.
//
// A run is fewer than 30 requests, one after the other. None is repeated because it failed, and the
// third one without an answer ends the run, as do 429 and 503.
//
// # What it cannot tell
//
// That a server refuses an outdated write does not prove that its check and its write are one step:
// two writers at the same instant may both get through.
//
// Texts of the server are quoted in Report.String, on one line and of bounded length. Fields of the
// report hold them as they came.
package probe
