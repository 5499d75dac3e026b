package integration_test

import (
	"path/filepath"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
)

// couchDB is the API of CouchDB as express-pouchdb implements it: JSON documents that carry their
// version in a member, _rev. If-Match is not read, and the entity tags are of other things: a GET's
// is a hash of the answer, a PUT's the revision.
type couchDB struct{}

func (couchDB) name() string             { return "CouchDB (express-pouchdb)" }
func (couchDB) quirks() map[quirk]string { return nil }

func (couchDB) start(t *testing.T) (server, error) {
	cmd, err := inNode(t, "couchdb", filepath.Join("peers", "couchdb", "server.js"), "docs")
	if err != nil {
		return server{}, err
	}
	base, err := listening(t, cmd)
	return server{
		base:    base + "docs/",
		options: ifmatch.Options{HTTPClient: ordinaryClient(t), Dialect: dialect.CouchDB()},
		forms: []form{
			typed.holding([]byte(`{"title": "first", "limits": {"ratio": 1.5, "none": null}, "count": 0,` +
				` "owners": [{"name": "Ann", "since": "2019-04-01"}, {"name": "Bo", "since": null}],` +
				` "note": "caf\u00e9 <b>&amp;</b>"}`)),
			inapplicable{raw.form, "CouchDB stores JSON objects only."},
		},
		bare:      membersBut("_id", "_rev"),
		unguarded: ifmatch.Unknown, // a 409 that nothing tells from that of a stale write
	}, err
}
