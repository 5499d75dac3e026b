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

// An answer is trusted as far as it proves what it is: what is not certain stays empty, so that the
// next write looks first.
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
		{
			name: "a list is no object", d: dialect.Kubernetes(), method: "GET",
			content: `{"kind":"DocList","metadata":{"resourceVersion":"7"},"items":[]}`,
			wantDoc: `{"kind":"DocList","metadata":{"resourceVersion":"7"},"items":[]}`,
		},
		{
			name: "a version that is no string", d: dialect.Kubernetes(), method: "GET",
			content: `{"metadata":{"resourceVersion":7}}`, wantDoc: `{"metadata":{"resourceVersion":7}}`,
		},
		{name: "no JSON", d: dialect.Kubernetes(), method: "GET", content: `<html>`, wantDoc: `<html>`},
		{
			name: "a Status", d: dialect.Kubernetes(), method: "PUT", content: `{"kind":"Status","metadata":{}}`,
			sent: `{}`,
		},
		{name: "an error after 200", d: dialect.CouchDB(), method: "PUT", content: `{"error":"x"}`, sent: `{}`},
		{name: "not ok", d: dialect.CouchDB(), method: "PUT", content: `{"ok":false,"rev":"1-x"}`, sent: `{}`},
		{name: "what was sent is not known", d: dialect.CouchDB(), method: "PUT", content: `{"ok":true,"rev":"1-x"}`},
		{
			name: "what was sent is no object", d: dialect.CouchDB(), method: "PUT", content: `{"ok":true,"rev":"1-x"}`,
			sent: `[]`,
		},
		{
			name: "a receipt without id", d: dialect.CouchDB(), method: "PUT", content: `{"ok":true,"rev":"1-x"}`,
			sent: `{"_rev":"0"}`, wantDoc: `{"_rev":"1-x"}`, wantVersion: "1-x",
		},
		{
			name: "the body's tag before the field's", d: dialect.OData(), method: "GET", header: tag,
			content: `{"@odata.etag":"W/\"1\""}`, wantDoc: `{"@odata.etag":"W/\"1\""}`, wantVersion: `W/"1"`,
		},
		{
			name: "4.01", d: dialect.OData(), method: "GET", content: `{"@etag":"W/\"1\""}`,
			wantDoc: `{"@etag":"W/\"1\""}`, wantVersion: `W/"1"`,
		},
		{
			name: "the annotation moves on", d: dialect.OData(), method: "PUT", header: weak,
			sent: `{"a":1,"@odata.etag":"W/\"0\""}`, wantDoc: `{"a":1,"@odata.etag":"W/\"t\""}`, wantVersion: `W/"t"`,
		},
		{name: "a receipt", d: dialect.OData(), method: "PUT", header: tag, content: `{"ok":true}`, sent: `{"a":1}`},
		{
			name: "without annotations", d: dialect.OData(), method: "PUT", header: tag, content: `{"a":2,"b":3}`,
			sent: `{"a":1,"@odata.context":"x"}`, wantDoc: `{"a":2,"b":3}`, wantVersion: `"t"`,
		},
		{
			name: "half of an object inside", d: dialect.OData(), method: "PUT", header: tag, content: `{"a":{"b":1}}`,
			sent: `{"a":{"b":1,"c":2}}`,
		},
		{name: "no tag", d: dialect.OData(), method: "PUT", sent: `{"a":1}`},
		{name: "a page blob", d: dialect.AzureBlob(), method: "GET", header: page, content: `x`, e: "PageBlob"},
		{name: "somebody in between", d: dialect.AzureBlob(), method: "PUT", header: tag, content: `<html>`, sent: "x"},
		{name: "a tag made weak", d: dialect.AzureBlob(), method: "PUT", header: weak, sent: "x"},
		{name: "an error after 200", d: dialect.S3(), method: "PUT", header: tag, content: `<Error/>`, sent: "x"},
		{name: "a tag made weak", d: dialect.S3(), method: "PUT", header: weak, sent: "x"},
		{
			name: "a long-running operation", d: dialect.Google(), method: "PATCH",
			content: `{"name":"operations/1","done":false}`, sent: `{"a":1}`,
		},
		{name: "a part", d: dialect.Google(), method: "PATCH", content: `{"etag":"x"}`, sent: `{"a":1}`},
		{name: "no etag", d: dialect.Google(), method: "GET", content: `{"a":1}`, wantDoc: `{"a":1}`},
		{
			name: "no resource", d: dialect.GCS(), method: "GET", url: "/storage/v1/b/b/o/o",
			content: `{"generation":"1"}`, e: "no object resource",
		},
		{
			name: "an answer that says nothing", d: dialect.GCS(), method: "PUT", url: "/b/o", content: `<html>`,
			sent: "x",
		},
		{name: "a directory", d: dialect.GitHubContents("m"), method: "GET", content: `[]`, e: "not that of a file"},
		{
			name: "a link", d: dialect.GitHubContents("m"), method: "GET", content: `{"type":"symlink","sha":"x"}`,
			e: "not that of a file",
		},
		{
			name: "a large file", d: dialect.GitHubContents("m"), method: "GET",
			content: `{"type":"file","sha":"x","encoding":"none","content":""}`, e: "too large",
		},
		{
			name: "a broken file", d: dialect.GitHubContents("m"), method: "GET",
			content: `{"type":"file","sha":"x","encoding":"base64","content":"?"}`, e: "illegal base64",
		},
		{
			name: "an empty file", d: dialect.GitHubContents("m"), method: "GET",
			content: `{"type":"file","sha":"x","encoding":"base64","content":""}`, wantVersion: "x",
		},
		{
			name: "another file's sha", d: dialect.GitHubContents("m"), method: "PUT",
			content: `{"content":{"sha":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}}`, sent: "x",
		},
		{name: "no sha", d: dialect.GitHubContents("m"), method: "PUT", content: `{"content":{}}`, sent: "x"},
		{
			name: "a sha of git's newer hash", d: dialect.GitHubContents("m"), method: "PUT",
			content: `{"content":{"sha":"4b6cea43da6e13c24f191bcb97b51a58781d1ccdd8281d96291a2582f5177b78"}}`,
			sent:    "x", wantVersion: "4b6cea43da6e13c24f191bcb97b51a58781d1ccdd8281d96291a2582f5177b78",
		},
		{name: "a search", d: dialect.Elasticsearch(), method: "GET", content: `{"hits":{}}`, e: "_source"},
		{
			name: "an answer that says nothing", d: dialect.Elasticsearch(), method: "PUT",
			content: `{"_seq_no":-2,"_primary_term":0}`, sent: "{}",
		},
		{
			name: "no field", d: dialect.FHIR(), method: "GET",
			content: `{"resourceType":"P","meta":{"versionId":"3"}}`,
			wantDoc: `{"resourceType":"P","meta":{"versionId":"3"}}`, wantVersion: `W/"3"`,
		},
		{name: "no resource", d: dialect.FHIR(), method: "PUT", header: weak, content: `<html>`, sent: "{}"},
		{name: "no tag", d: dialect.FHIR(), method: "PUT", sent: "{}"},
		{
			name: "a tag of another form", d: dialect.FHIR(), method: "PUT", header: tag,
			sent: `{"meta":{"versionId":"2"}}`, wantVersion: `"t"`,
		},
		{
			name: "the version moves on", d: dialect.FHIR(), method: "PUT", header: weak,
			sent: `{"meta":{"versionId":"2"}}`, wantDoc: `{"meta":{"versionId":"t"}}`, wantVersion: `W/"t"`,
		},
		{
			name: "the document says nothing, the field does", d: member, method: "GET", header: v,
			content: `{"v":null}`, wantDoc: `{"v":null}`, wantVersion: `"r5"`,
		},
		{
			name: "a number in the field", d: member, method: "GET", header: http.Header{"V": {"5"}}, content: `{}`,
			wantDoc: `{}`, wantVersion: `5`,
		},
		{name: "an empty version", d: member, method: "GET", content: `{"v":""}`, wantDoc: `{"v":""}`},
		{
			name: "a version that is neither number nor string", d: member, method: "GET", content: `{"v":{"a":1}}`,
			wantDoc: `{"v":{"a":1}}`,
		},
		{
			name: "a receipt that looks like the document", d: member, method: "PUT", content: `{"v":5}`,
			sent: `{"a":1,"v":4}`,
		},
		{
			name: "a receipt", d: member, method: "PUT", content: `{"now":5}`, sent: `{"a":1,"v":4}`,
			wantDoc: `{"a":1,"v":5}`, wantVersion: "5",
		},
		{name: "a receipt for a patch", d: member, method: "PATCH", content: `{"now":5}`},
		{
			name: "only the field", d: member, method: "PUT", header: v, sent: `{"a":1}`, wantDoc: `{"a":1,"v":"r5"}`,
			wantVersion: `"r5"`,
		},
		{
			name: "a field beside words of another kind", d: member, method: "PUT", header: v, content: `{"ok":true}`,
			sent: `{"a":1}`,
		},
		{name: "nothing", d: member, method: "PUT", sent: `{"a":1}`},
		{
			name: "a receipt for a field", d: fields, method: "PUT", content: `{"now":"r6"}`, sent: `{"a":1}`,
			wantVersion: "r6",
		},
	} {
		t.Run(c.d.Name+": "+c.name, func(t *testing.T) {
			u := &url.URL{Scheme: "http", Host: "h", Path: c.url}
			answer := &http.Response{
				StatusCode: 200, Header: c.header, Request: &http.Request{Method: c.method, URL: u},
			}
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
