package dialect

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Rows returns a function for [ifmatch.Options].Rows: it finds the entity tags of the members in
// the content of a collection. items is a JSON Pointer to the array of members ("" if the content
// is the array), target and tag are the names of the members that hold a row's URL and its entity
// tag, for example "/value", "@odata.id", "@odata.etag". A target without a slash is taken for an
// identifier, and appended to the collection's path. What does not have both is left out; of
// content that is not as it should be, nothing is found.
//
// A row's tag guards a write of that row only if the server means the same by both; a collection's
// own tag never does.
func Rows(items, target, tag string) func(collection *url.URL, content []byte) map[string]string {
	at, err := jsonmerge.ParsePointer(items)
	return func(collection *url.URL, content []byte) map[string]string {
		if err != nil {
			return nil
		}
		array, err := at.Get(content)
		if err != nil {
			return nil
		}
		var rows []map[string]json.RawMessage
		if json.Unmarshal(array, &rows) != nil {
			return nil
		}
		found := map[string]string{}
		for _, row := range rows {
			where, version := cell(row[target]), cell(row[tag])
			if where == "" || version == "" {
				continue
			}
			if !strings.Contains(where, "/") {
				where = collection.JoinPath(url.PathEscape(where)).Path
			}
			found[where] = version
		}
		return found
	}
}

// cell returns a JSON string's text, or a number as it is written.
func cell(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(v, &n) == nil {
		return n.String()
	}
	return ""
}
