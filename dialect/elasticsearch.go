package dialect

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Elasticsearch is the dialect of documents in Elasticsearch and OpenSearch, at URLs
// .../INDEX/_doc/ID. The document is the member _source of the answers; the version is _seq_no and
// _primary_term, as in "42/1". A stale one is a 409.
//
//   - Put, Save, Update: PUT with if_seq_no and if_primary_term.
//   - Create: PUT with op_type=create.
//   - Delete: DELETE with if_seq_no and if_primary_term.
//
// The version in the answer to a write is that of the document as it was sent, unless an ingest
// pipeline changes it: what that adds shows at the next read.
//
// What cannot be guarded: a PUT with _source_includes and its like in its URL, by which a part
// would replace the whole; PATCH, which there is none of (_update takes scripts and partial
// documents by POST). An index without _source cannot be read.
//
// Source: Elasticsearch Guide, "Optimistic concurrency control", "Index API".
func Elasticsearch() *ifmatch.Dialect {
	return &ifmatch.Dialect{
		Name: "Elasticsearch", Read: readElasticsearch, Form: formElasticsearch, Guard: guardElasticsearch,
	}
}

func readElasticsearch(answer *http.Response, content, _ []byte) ([]byte, string, error) {
	version := scalar(content, jsonmerge.Pointer{"_seq_no"}) + "/" + scalar(content, jsonmerge.Pointer{"_primary_term"})
	if _, _, err := sequence(version); err != nil {
		version = ""
	}
	if answer.Request.Method != http.MethodGet {
		return nil, version, nil
	}
	doc, err := jsonmerge.Pointer{"_source"}.Get(content)
	if err != nil {
		return nil, "", errors.New("the answer has no _source: is the URL that of a document, .../_doc/ID?")
	}
	return doc, version, nil
}

// sequence takes a version apart.
func sequence(version string) (number, term string, err error) {
	number, term, _ = strings.Cut(version, "/")
	if number != "0" && !digits.MatchString(number) || !digits.MatchString(term) {
		return "", "", fmt.Errorf("%w: %q is not a sequence number and a primary term", ifmatch.ErrNoValidator, version)
	}
	return number, term, nil
}

func formElasticsearch(w *http.Request, content []byte) ([]byte, error) {
	return content, whole(w, "_source", "_source_includes", "_source_excludes")
}

func guardElasticsearch(w *http.Request, version string, content []byte) ([]byte, error) {
	switch {
	case w.Method == http.MethodPut && version == "":
		setQuery(w, "op_type", "create")
	case w.Method == http.MethodPut, w.Method == http.MethodDelete && version != "":
		number, term, err := sequence(version)
		if err != nil {
			return nil, err
		}
		setQuery(w, "if_seq_no", number)
		setQuery(w, "if_primary_term", term)
	default:
		return nil, unable(w)
	}
	return content, nil
}
