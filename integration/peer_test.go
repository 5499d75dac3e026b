package integration_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// peers are the servers of the suite, in the order of the report.
var peers = []peer{
	fakeS3{},
	lighttpd{},
	lighttpd{deflate: true},
}

// A peer is a server that ifmatch is tried against.
type peer interface {
	// name is the name in the report.
	name() string

	// start runs the server until t ends and leaves nothing behind. The error wraps errNotInstalled when this machine
	// does not have the server: then the peer was not run, which is neither a success nor a failure.
	start(t *testing.T) (server, error)

	// quirks are the rows of the contract that the peer cannot keep, each with its reason for the report.
	quirks() map[quirk]string
}

// errNotInstalled says that a peer is not on this machine.
var errNotInstalled = errors.New("not installed (see integration/install.sh)")

// A server is a peer that runs.
type server struct {
	// base is the URL, with a slash at its end, below which a test may create, change and delete what it likes.
	base string

	// options are those that a user of this server needs. HTTPClient is set: the suite's own requests, which stand
	// for somebody else's, go through it too.
	options ifmatch.Options
}

// A quirk is a way in which a peer departs from RFC 9110. The row that meets it asserts that it is really so: a peer that
// was repaired fails the row until its quirk is taken out.
type quirk string

// deleteIgnoresIfMatch: a DELETE takes effect whatever its If-Match says. No client can repair that.
const deleteIgnoresIfMatch quirk = "DELETE ignores If-Match"

// ordinaryClient is the http.Client that most programs have, transparent gzip included, with connections of its own that
// end with t.
func ordinaryClient(t *testing.T) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
