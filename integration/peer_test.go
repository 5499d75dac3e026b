package integration_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// peers are the servers of the suite, in the order of the report.
var peers = slices.Concat([]peer{
	fakeS3{},
	lighttpd{},
	lighttpd{deflate: true},
	gzipGateway, replayingGateway, pagesGateway, cachingGateway,
	kubernetes{},
	blob{}, table{}, table{patches: true}, couchDB{}, capService{}, capService{patches: true},
}, handlers, []peer{jsonServer{}, s3rver{}})

// A peer is a server that ifmatch is tried against.
type peer interface {
	// name is the name in the report.
	name() string

	// start runs the server until t ends and leaves nothing behind. The error wraps errNotInstalled
	// when this machine does not have the server: then the peer was not run, which is neither a
	// success nor a failure.
	start(t *testing.T) (server, error)

	// quirks are the rows of the contract that the peer cannot keep, each with its reason for the
	// report.
	quirks() map[quirk]string
}

// errNotInstalled says that a peer is not on this machine.
var errNotInstalled = errors.New("not installed (see integration/install.sh)")

// A server is a peer that runs.
type server struct {
	// base is the URL, with a slash at its end, below which a test may create, change and delete
	// what it likes.
	base string

	// options are those that a user of this server needs. HTTPClient is set: the suite's own
	// requests, which stand for somebody else's, go through it too.
	options ifmatch.Options

	// tail ends the URLs that begin with base, where a name does not: the parenthesis of an OData
	// key. Empty: nothing.
	tail string

	// weak: what guards a write on this server is a weak entity tag, against RFC 9110 §13.1.1.
	weak bool

	// someone sends the requests of somebody else, where the server asks for more than a plain GET,
	// PUT or DELETE. nil: options.HTTPClient does.
	someone *http.Client

	// origin is base as somebody else reaches it who does not pass the gateway in between. Empty:
	// base itself.
	origin string

	// slow: a write that was refused takes a second or more, so the rows that write a lot write
	// less.
	slow bool

	// forms are what the contract is run on. nil: typed and raw.
	forms []form

	// puts stores content for somebody else, whatever is there. nil: a PUT without condition does
	// that.
	puts func(t *testing.T, o other, content []byte)

	// bare removes from content what the server adds to it, such as the version, and brings the
	// rest into one form. nil: nothing is added, and content is compared byte for byte.
	bare func(content []byte) []byte

	// unguarded is what a write that carries no condition is refused with, an ifmatch.Kind. nil:
	// such a write takes effect, which RFC 9110 allows.
	unguarded error
}

// A quirk is a way in which a peer departs from RFC 9110. The row that shows it asserts that it is
// really so: a peer that was repaired fails the row until its quirk is deleted.
type quirk string

// No client can repair these.
const (
	ifMatchIgnored       quirk = "a PUT takes effect whatever its If-Match says"
	deleteIgnoresIfMatch quirk = "a DELETE takes effect whatever its If-Match says"
	putRecreates         quirk = "a PUT with If-Match creates what is not there"
	createOverwrites     quirk = "a PUT takes effect whatever its If-None-Match says"
	createFails          quirk = "a PUT with If-None-Match is a 500 when there is something"
	oldReads             quirk = "a GET shows for a while what was there before"
	deletionsRepeated    quirk = "a DELETE takes effect and is then refused"
	putCreatesNothing    quirk = "a PUT finds no resource where there is none yet"
)

// ordinaryClient is the http.Client that most programs have, transparent gzip included, with
// connections of its own that end with t.
func ordinaryClient(t *testing.T) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
