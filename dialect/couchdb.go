package dialect

import (
	"net/http"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// CouchDB is the dialect of CouchDB, PouchDB Server and Cloudant for documents. The version is the
// member _rev; the entity tags of some of these servers are of the answer and not of the document,
// so none is used.
//
//   - Put, Save, Update: PUT with _rev set to the version read; 409 if it is stale.
//   - Create: PUT without _rev; 409 if the document exists. A deleted document is
//     created anew.
//   - Delete: DELETE with the parameter rev. (Without it some servers delete whatever
//     is there.)
//
// The answer to a write is a receipt, {"ok":true,"id":...,"rev":...}: its rev is that of the
// document as it was sent. After 202 (too few copies written) the document is looked at.
//
// What cannot be guarded: PATCH, which CouchDB does not have. Concurrent writes to several replicas
// are not refused but become conflicting revisions, of which a read shows one.
//
// Source: CouchDB documentation, "HTTP API: Documents".
func CouchDB() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "CouchDB", Member: couchRev, Read: readCouchDB, Guard: guardCouchDB}
}

var (
	couchRev = jsonmerge.Pointer{"_rev"}
	couchID  = jsonmerge.Pointer{"_id"}
)

func readCouchDB(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	if answer.Request.Method == http.MethodGet {
		return content, text(content, couchRev), nil
	}
	rev, id := text(content, jsonmerge.Pointer{"rev"}), text(content, jsonmerge.Pointer{"id"})
	if ok, err := (jsonmerge.Pointer{"ok"}).Get(content); err != nil || string(ok) != "true" || rev == "" ||
		sent == nil {
		return nil, "", nil
	}
	doc, err := with(sent, couchRev, quoted(rev))
	if err == nil && id != "" {
		doc, err = with(doc, couchID, quoted(id))
	}
	if err != nil {
		return nil, "", nil
	}
	return doc, rev, nil
}

func guardCouchDB(w *http.Request, version string, content []byte) ([]byte, error) {
	switch {
	case w.Method == http.MethodPut && version == "":
		return without(content, couchRev)
	case w.Method == http.MethodPut:
		return with(content, couchRev, quoted(version))
	case w.Method == http.MethodDelete && version != "":
		setQuery(w, "rev", version)
		return nil, nil
	}
	return nil, unable(w)
}

// setQuery sets a parameter and leaves the others.
func setQuery(w *http.Request, name, value string) {
	q := w.URL.Query()
	q.Set(name, value)
	w.URL.RawQuery = q.Encode()
}
