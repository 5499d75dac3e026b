package dialect_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/stretchr/testify/assert"
)

type jsonRaw = json.RawMessage

// An answer is trusted as far as it proves what it is: what is not certain stays empty,
// so that the next write looks first.
func TestReadLeavesOutWhatIsNotCertain(t *testing.T) {
	tag := http.Header{"Etag": {`"t"`}}
	weak := http.Header{"Etag": {`W/"t"`}}
	page := http.Header{"Etag": {`"t"`}, "X-Ms-Blob-Type": {"PageBlob"}}
	member := dialect.Version(dialect.VersionOptions{Member: "/v", Header: "V", Receipt: "/now"})
	fields := dialect.Version(dialect.VersionOptions{Header: "V", ToQuery: "v", Receipt: "/now"})
	v := http.Header{"V": {"r5"}}
	for _, c := range []struct {
		name                    string
		d                       *ifmatch.Dialect
		method, url             string
		header                  http.Header
		content, sent           string
		wantDoc, wantVersion, e string
	}{
		{"a list is no object", dialect.Kubernetes(), "GET", "", nil, `{"kind":"DocList","metadata":{"resourceVersion":"7"},"items":[]}`, "", `{"kind":"DocList","metadata":{"resourceVersion":"7"},"items":[]}`, "", ""},
		{"a version that is no string", dialect.Kubernetes(), "GET", "", nil, `{"metadata":{"resourceVersion":7}}`, "", `{"metadata":{"resourceVersion":7}}`, "", ""},
		{"no JSON", dialect.Kubernetes(), "GET", "", nil, `<html>`, "", `<html>`, "", ""},
		{"a Status", dialect.Kubernetes(), "PUT", "", nil, `{"kind":"Status","metadata":{}}`, `{}`, "", "", ""},
		{"an error after 200", dialect.CouchDB(), "PUT", "", nil, `{"error":"x"}`, `{}`, "", "", ""},
		{"not ok", dialect.CouchDB(), "PUT", "", nil, `{"ok":false,"rev":"1-x"}`, `{}`, "", "", ""},
		{"what was sent is not known", dialect.CouchDB(), "PUT", "", nil, `{"ok":true,"rev":"1-x"}`, "", "", "", ""},
		{"what was sent is no object", dialect.CouchDB(), "PUT", "", nil, `{"ok":true,"rev":"1-x"}`, `[]`, "", "", ""},
		{"a receipt without id", dialect.CouchDB(), "PUT", "", nil, `{"ok":true,"rev":"1-x"}`, `{"_rev":"0"}`, `{"_rev":"1-x"}`, "1-x", ""},
		{"the body's tag before the field's", dialect.OData(), "GET", "", tag, `{"@odata.etag":"W/\"1\""}`, "", `{"@odata.etag":"W/\"1\""}`, `W/"1"`, ""},
		{"4.01", dialect.OData(), "GET", "", nil, `{"@etag":"W/\"1\""}`, "", `{"@etag":"W/\"1\""}`, `W/"1"`, ""},
		{"the annotation moves on", dialect.OData(), "PUT", "", weak, ``, `{"a":1,"@odata.etag":"W/\"0\""}`, `{"a":1,"@odata.etag":"W/\"t\""}`, `W/"t"`, ""},
		{"a receipt", dialect.OData(), "PUT", "", tag, `{"ok":true}`, `{"a":1}`, "", "", ""},
		{"without annotations", dialect.OData(), "PUT", "", tag, `{"a":2,"b":3}`, `{"a":1,"@odata.context":"x"}`, `{"a":2,"b":3}`, `"t"`, ""},
		{"half of an object inside", dialect.OData(), "PUT", "", tag, `{"a":{"b":1}}`, `{"a":{"b":1,"c":2}}`, "", "", ""},
		{"no tag", dialect.OData(), "PUT", "", nil, ``, `{"a":1}`, "", "", ""},
		{"a page blob", dialect.AzureBlob(), "GET", "", page, `x`, "", "", "", "PageBlob"},
		{"somebody in between", dialect.AzureBlob(), "PUT", "", tag, `<html>`, "x", "", "", ""},
		{"a tag made weak", dialect.AzureBlob(), "PUT", "", weak, ``, "x", "", "", ""},
		{"an error after 200", dialect.S3(), "PUT", "", tag, `<Error/>`, "x", "", "", ""},
		{"a tag made weak", dialect.S3(), "PUT", "", weak, ``, "x", "", "", ""},
		{"a long-running operation", dialect.Google(), "PATCH", "", nil, `{"name":"operations/1","done":false}`, `{"a":1}`, "", "", ""},
		{"a part", dialect.Google(), "PATCH", "", nil, `{"etag":"x"}`, `{"a":1}`, "", "", ""},
		{"no etag", dialect.Google(), "GET", "", nil, `{"a":1}`, "", `{"a":1}`, "", ""},
		{"no resource", dialect.GCS(), "GET", "/storage/v1/b/b/o/o", nil, `{"generation":"1"}`, "", "", "", "no object resource"},
		{"an answer that says nothing", dialect.GCS(), "PUT", "/b/o", nil, `<html>`, "x", "", "", ""},
		{"a directory", dialect.GitHubContents("m"), "GET", "", nil, `[]`, "", "", "", "not that of a file"},
		{"a link", dialect.GitHubContents("m"), "GET", "", nil, `{"type":"symlink","sha":"x"}`, "", "", "", "not that of a file"},
		{"a large file", dialect.GitHubContents("m"), "GET", "", nil, `{"type":"file","sha":"x","encoding":"none","content":""}`, "", "", "", "too large"},
		{"a broken file", dialect.GitHubContents("m"), "GET", "", nil, `{"type":"file","sha":"x","encoding":"base64","content":"?"}`, "", "", "", "illegal base64"},
		{"an empty file", dialect.GitHubContents("m"), "GET", "", nil, `{"type":"file","sha":"x","encoding":"base64","content":""}`, "", "", "x", ""},
		{"another file's sha", dialect.GitHubContents("m"), "PUT", "", nil, `{"content":{"sha":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}`, "x", "", "", ""},
		{"no sha", dialect.GitHubContents("m"), "PUT", "", nil, `{"content":{}}`, "x", "", "", ""},
		{"a sha of git's newer hash", dialect.GitHubContents("m"), "PUT", "", nil, `{"content":{"sha":"4b6cea43da6e13c24f191bcb97b51a58781d1ccdd8281d96291a2582f5177b78"}}`, "x", "", "4b6cea43da6e13c24f191bcb97b51a58781d1ccdd8281d96291a2582f5177b78", ""},
		{"a search", dialect.Elasticsearch(), "GET", "", nil, `{"hits":{}}`, "", "", "", "_source"},
		{"an answer that says nothing", dialect.Elasticsearch(), "PUT", "", nil, `{"_seq_no":-2,"_primary_term":0}`, "{}", "", "", ""},
		{"no field", dialect.FHIR(), "GET", "", nil, `{"resourceType":"P","meta":{"versionId":"3"}}`, "", `{"resourceType":"P","meta":{"versionId":"3"}}`, `W/"3"`, ""},
		{"no resource", dialect.FHIR(), "PUT", "", weak, `<html>`, "{}", "", "", ""},
		{"no tag", dialect.FHIR(), "PUT", "", nil, ``, "{}", "", "", ""},
		{"a tag of another form", dialect.FHIR(), "PUT", "", tag, ``, `{"meta":{"versionId":"2"}}`, "", `"t"`, ""},
		{"the version moves on", dialect.FHIR(), "PUT", "", weak, ``, `{"meta":{"versionId":"2"}}`, `{"meta":{"versionId":"t"}}`, `W/"t"`, ""},
		{"the document says nothing, the field does", member, "GET", "", v, `{"v":null}`, "", `{"v":null}`, `"r5"`, ""},
		{"a number in the field", member, "GET", "", http.Header{"V": {"5"}}, `{}`, "", `{}`, `5`, ""},
		{"an empty version", member, "GET", "", nil, `{"v":""}`, "", `{"v":""}`, ``, ""},
		{"a version that is neither number nor string", member, "GET", "", nil, `{"v":{"a":1}}`, "", `{"v":{"a":1}}`, ``, ""},
		{"a receipt that looks like the document", member, "PUT", "", nil, `{"v":5}`, `{"a":1,"v":4}`, "", "", ""},
		{"a receipt", member, "PUT", "", nil, `{"now":5}`, `{"a":1,"v":4}`, `{"a":1,"v":5}`, "5", ""},
		{"a receipt for a patch", member, "PATCH", "", nil, `{"now":5}`, "", "", "", ""},
		{"only the field", member, "PUT", "", v, ``, `{"a":1}`, `{"a":1,"v":"r5"}`, `"r5"`, ""},
		{"a field beside words of another kind", member, "PUT", "", v, `{"ok":true}`, `{"a":1}`, ``, ``, ""},
		{"nothing", member, "PUT", "", nil, ``, `{"a":1}`, ``, ``, ""},
		{"a receipt for a field", fields, "PUT", "", nil, `{"now":"r6"}`, `{"a":1}`, "", "r6", ""},
	} {
		t.Run(c.d.Name+": "+c.name, func(t *testing.T) {
			u := &url.URL{Scheme: "http", Host: "h", Path: c.url}
			answer := &http.Response{StatusCode: 200, Header: c.header, Request: &http.Request{Method: c.method, URL: u}}
			var sent []byte
			if c.sent != "" {
				sent = []byte(c.sent)
			}
			doc, version, err := c.d.Read(answer, []byte(c.content), sent)
			if c.e != "" {
				assert.ErrorContains(t, err, c.e)
				return
			}
			assert.NoError(t, err)
			assert.Equal(t, c.wantDoc, string(doc))
			assert.Equal(t, c.wantVersion, version)
		})
	}
}
