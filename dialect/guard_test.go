package dialect_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guarded runs a Guard and shows what became of the request: method, URL, the header fields that
// were set, and the content.
func guarded(d *ifmatch.Dialect, method, target, mediaType, version, content string) (string, error) {
	u, err := url.Parse("http://h" + target)
	if err != nil {
		return "", err
	}
	w := &http.Request{Method: method, URL: u, Header: http.Header{}}
	if mediaType != "" {
		w.Header.Set("Content-Type", mediaType)
	}
	var body []byte
	if content != "" {
		body = []byte(content)
	}
	before := string(body)
	out, err := body, error(nil)
	if d.Form != nil {
		out, err = d.Form(w, out)
	}
	if err == nil {
		out, err = d.Guard(w, version, out)
	}
	if string(body) != before {
		return "", fmt.Errorf("the content was changed in place")
	}
	if err != nil {
		return "", err
	}
	if w.Header.Get("Content-Type") == mediaType {
		w.Header.Del("Content-Type")
	}
	var fields strings.Builder
	_ = w.Header.Write(&fields)
	return strings.Join(strings.Fields(strings.TrimPrefix(w.Method+" "+w.URL.RequestURI()+" "+
		strings.ReplaceAll(fields.String(), "\r\n", "; ")+" "+writeID.ReplaceAllString(string(out), "$1..."), " ")), " "), nil
}

const asJSON = "application/json"

func TestGuardPutsTheVersionWhereTheFamilyLooksForIt(t *testing.T) {
	byID := dialect.VersionOptions{Member: "/meta/rev", Create: dialect.PostToCollection, ID: "/id"}
	for _, c := range []struct {
		d                                           *ifmatch.Dialect
		method, url, mediaType, version, body, want string
	}{
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "7", body: `{"spec":1}`,
			want: `PUT /o/a {"spec":1,"metadata":{"resourceVersion":"7"}}`,
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: mergePatch, version: "7",
			body: `{"metadata":{"resourceVersion":"3"}}`, want: `PATCH /o/a {"metadata":{"resourceVersion":"7"}}`,
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: "application/apply-patch+yaml",
			version: "7", body: `{}`, want: `PATCH /o/a {"metadata":{"resourceVersion":"7"}}`,
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: jsonPatch, version: "7", body: `[]`,
			want: `PATCH /o/a [{"op":"add","path":"/metadata/resourceVersion","value":"7"}]`,
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: jsonPatch, version: "7",
			body: `[{"op":"replace","path":"/metadata/resourceVersion","value":"3"},{"op":"test","path":"/a",` +
				` "value":1.0}]`,
			want: `PATCH /o/a [{"op":"test","path":"/a", "value":1.0},{"op":"add","path":"/metadata/resourceVersion",` +
				`"value":"7"}]`,
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/ns/b/o/a%2Fb?dryRun=All", mediaType: asJSON,
			body: `{"metadata":{"resourceVersion":"3","name":""}}`,
			want: `POST /ns/b/o?dryRun=All {"metadata":{"name":"a/b"}}`,
		},
		{
			d: dialect.CouchDB(), method: "DELETE", url: "/db/a?batch=ok", version: "1-x&",
			want: `DELETE /db/a?batch=ok&rev=1-x%26`,
		},
		{
			d: dialect.CouchDB(), method: "PUT", url: "/db/a", mediaType: asJSON, body: `{"_rev":"1-x"}`,
			want: `PUT /db/a {}`,
		},
		{
			d: dialect.OData(), method: "PATCH", url: "/D(1)", mediaType: mergePatch, version: `W/"1"`,
			body: `{"a":null}`, want: `PATCH /D(1) Content-Type: application/json; If-Match: W/"1"; {"a":null}`,
		},
		{
			d: dialect.AzureTable(), method: "PUT", url: "/T(RowKey='it''s%2Fb',PartitionKey='')", mediaType: asJSON,
			body: `{"a":1}`, want: `POST /T {"a":1,"PartitionKey":"","RowKey":"it's/b"}`,
		},
		{d: dialect.AzureBlob(), method: "DELETE", url: "/c/b", version: `"1"`, want: `DELETE /c/b If-Match: "1";`},
		{d: dialect.S3(), method: "PUT", url: "/b/k", body: "x", want: `PUT /b/k If-None-Match: *; x`},
		{
			d: dialect.Google(), method: "PATCH", url: "/v1/a", mediaType: mergePatch, version: `"1"`,
			body: `{"etag":"\"0\"","b":{"c":1,"d-e":null},"a":{}}`,
			want: "PATCH /v1/a?updateMask=a%2Cb.c%2Cb.%60d-e%60 Content-Type: application/json; " +
				"{\"etag\":\"\\\"1\\\"\",\"b\":{\"c\":1,\"d-e\":null},\"a\":{}}",
		},
		{
			d: dialect.Google(), method: "PATCH", url: "/v1/a?updateMask=b", mediaType: mergePatch, version: `"1"`,
			body: `{"b":1}`, want: `PATCH /v1/a?updateMask=b Content-Type: application/json; {"b":1,"etag":"\"1\""}`,
		},
		{
			d: dialect.GCS(), method: "DELETE", url: "/storage/v1/b/b/o/a%2Fb?alt=media", version: "12",
			want: `DELETE /storage/v1/b/b/o/a%2Fb?ifGenerationMatch=12`,
		},
		{
			d: dialect.GCS(), method: "DELETE", url: "/storage/v1/b/b/o/a", version: "12/3",
			want: `DELETE /storage/v1/b/b/o/a?ifGenerationMatch=12&ifMetagenerationMatch=3`,
		},
		{
			d: dialect.GitHubContents("m"), method: "DELETE", url: "/c/a?ref=side", version: "sha",
			want: `DELETE /c/a Content-Type: application/json; {"message":"m\n\nWrite-Id: ...","branch":"side","sha":"sha"}`,
		},
		{
			d: dialect.GitHubContents("m"), method: "PUT", url: "/c/a",
			want: `PUT /c/a Content-Type: application/json; {"message":"m\n\nWrite-Id: ...","content":""}`,
		},
		{
			d: dialect.Elasticsearch(), method: "DELETE", url: "/i/_doc/a?routing=r", version: "0/2",
			want: `DELETE /i/_doc/a?if_primary_term=2&if_seq_no=0&routing=r`,
		},
		{
			d: dialect.FHIR(), method: "PATCH", url: "/P/1", mediaType: jsonPatch, version: `W/"3"`, body: `[]`,
			want: `PATCH /P/1 If-Match: W/"3"; []`,
		},
		{
			d: dialect.Version(byID), method: "PUT", url: "/d/7", mediaType: asJSON, body: `{"id":7,"meta":{"rev":1}}`,
			want: `POST /d {"id":7,"meta":{}}`,
		},
		{
			d: dialect.Version(byID), method: "PUT", url: "/d/7", mediaType: asJSON, version: `"r1"`,
			body: `{"meta":{"rev":"r0"}}`, want: `PUT /d/7 {"meta":{"rev":"r1"}}`,
		},
		{
			d: dialect.Version(byID), method: "PATCH", url: "/d/7", mediaType: jsonPatch,
			version: `18446744073709551616`, body: `[{"op":"remove","path":"/a"}]`,
			want: `PATCH /d/7 [{"op":"test","path":"/meta/rev","value":18446744073709551616},{"op":"remove",` +
				`"path":"/a"}]`,
		},
		{
			d:      dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}),
			method: "DELETE", url: "/d/7", version: `"a b"`, want: `DELETE /d/7?v=a+b`,
		},
		{
			d:      dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}),
			method: "PATCH", url: "/d/7", mediaType: "text/x-diff", version: `5`, body: "x", want: `PATCH /d/7?v=5 x`,
		},
		{
			d:      dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}),
			method: "PUT", url: "/d/7", mediaType: asJSON, body: `{"v":1}`, want: `PUT /d/7 If-None-Match: *; {}`,
		},
		{
			d: dialect.Version(dialect.VersionOptions{Member: "/v", Create: dialect.WithoutVersion}), method: "PUT",
			url: "/d/7", mediaType: asJSON, body: `{"v":1}`, want: `PUT /d/7 {}`,
		},
		{
			d: dialect.Version(dialect.VersionOptions{Member: "/v", First: "0"}), method: "PUT", url: "/d/7",
			mediaType: asJSON, body: `{"v":1}`, want: `PUT /d/7 {"v":0}`,
		},
		{
			d: dialect.Version(dialect.VersionOptions{Member: "/v", ToHeader: "if-match"}), method: "DELETE",
			url: "/d/7", version: `"r1"`, want: `DELETE /d/7 If-Match: r1;`,
		},
	} {
		got, err := guarded(c.d, c.method, c.url, c.mediaType, c.version, c.body)
		assert.NoError(t, err, "%s %s %s", c.d.Name, c.method, c.url)
		assert.Equal(t, c.want, got)
	}
}

func TestGuardRefusesWhatItCannotGuard(t *testing.T) {
	version := dialect.Version(dialect.VersionOptions{Member: "/v"})
	posts := dialect.Version(dialect.VersionOptions{Member: "/v", Create: dialect.PostToCollection, ID: "/id"})
	toIfMatch := dialect.Version(dialect.VersionOptions{Header: "V", ToHeader: "If-Match"})
	for _, c := range []struct {
		d                                           *ifmatch.Dialect
		method, url, mediaType, version, body, want string
	}{
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "0", body: `{}`,
			want: `"0" is not that of an object`,
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "7", body: `[]`,
			want: "cannot be set",
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "7",
			body: `{"metadata":1}`, want: "cannot be set",
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "7", body: `{"a":1,"a":2}`,
			want: "cannot be set",
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: "application/apply-patch+yaml",
			version: "7", body: "a: 1", want: "cannot be set",
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: "text/x-diff", version: "7",
			body: "x", want: `PATCH with "text/x-diff"`,
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: jsonPatch, version: "7", body: "{}",
			want: "not a list of operations",
		},
		{
			d: dialect.Kubernetes(), method: "PATCH", url: "/o/a", mediaType: mergePatch, body: "{}",
			want: "created whole",
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a/status", mediaType: asJSON,
			body: `{"metadata":{"name":"a"}}`, want: `not "status"`,
		},
		{d: dialect.Kubernetes(), method: "PUT", url: "/", mediaType: asJSON, body: `{}`, want: "no last segment"},
		{d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, body: `7`, want: "cannot be set"},
		{
			d: dialect.Kubernetes(), method: "POST", url: "/o/a", mediaType: asJSON, version: "7", body: `{}`,
			want: "a POST cannot",
		},
		{
			d: dialect.Kubernetes(), method: "PUT", url: "/o/a", mediaType: asJSON, version: "7",
			body: `{"kind":"PartialObjectMetadata"}`, want: "must not replace the whole",
		},
		{
			d: dialect.OData(), method: "PUT", url: "/D(1)?$select=a", mediaType: asJSON, version: `"1"`, body: "{}",
			want: "$select reads a part",
		},
		{
			d: dialect.AzureTable(), method: "PUT", url: tableURL + "?$select=a", mediaType: asJSON, version: `W/"1"`,
			body: "{}", want: "$select reads a part",
		},
		{
			d: dialect.FHIR(), method: "PUT", url: "/P/1?_elements=a", mediaType: asJSON, version: `W/"1"`,
			body: "{}", want: "_elements reads a part",
		},
		{
			d: dialect.Google(), method: "PUT", url: "/v1/a?fields=a", mediaType: asJSON, version: "1", body: "{}",
			want: "fields reads a part",
		},
		{
			d: dialect.Elasticsearch(), method: "PUT", url: "/i/_doc/a?_source_includes=a", mediaType: asJSON,
			version: "1/1", body: "{}", want: "_source_includes reads a part",
		},
		{
			d: dialect.CouchDB(), method: "PATCH", url: "/db/a", mediaType: mergePatch, version: "1-x", body: "{}",
			want: "PATCH",
		},
		{d: dialect.CouchDB(), method: "DELETE", url: "/db/a", want: "DELETE"},
		{d: dialect.CouchDB(), method: "PUT", url: "/db/a", mediaType: asJSON, body: "{", want: "document ends"},
		{
			d: dialect.OData(), method: "PATCH", url: "/D(1)", mediaType: jsonPatch, version: `"1"`, body: "[]",
			want: "PATCH",
		},
		{
			d: dialect.OData(), method: "PUT", url: "/D(1)", mediaType: asJSON, version: `*`, body: "{}",
			want: `"*" is not an entity tag`,
		},
		{
			d: dialect.AzureBlob(), method: "PATCH", url: "/c/b", mediaType: mergePatch, version: `"1"`, body: "{}",
			want: "PATCH",
		},
		{
			d: dialect.AzureTable(), method: "PATCH", url: tableURL, mediaType: jsonPatch, version: `W/"1"`,
			body: "[]", want: "PATCH",
		},
		{
			d: dialect.AzureTable(), method: "PATCH", url: tableURL, mediaType: mergePatch, version: `W/"1"`,
			body: `{"a":null}`, want: `cannot remove the property "a"`,
		},
		{
			d: dialect.AzureTable(), method: "PATCH", url: tableURL, mediaType: mergePatch, version: `W/"1"`,
			body: `[]`, want: `cannot unmarshal`,
		},
		{
			d: dialect.AzureTable(), method: "PATCH", url: tableURL, mediaType: mergePatch, body: `{}`,
			want: `inserted whole`,
		},
		{d: dialect.AzureTable(), method: "PUT", url: "/T", mediaType: asJSON, body: `{}`, want: `does not end like`},
		{
			d: dialect.AzureTable(), method: "PUT", url: "/T(RowKey='a',RowKey='b')", mediaType: asJSON, body: `{}`,
			want: `does not end like`,
		},
		{
			d: dialect.AzureTable(), method: "PUT", url: "/T(RowKey=1,PartitionKey='b')", mediaType: asJSON,
			body: `{}`, want: `does not end like`,
		},
		{d: dialect.AzureTable(), method: "PUT", url: "/", mediaType: asJSON, body: `{}`, want: `no last segment`},
		{
			d: dialect.AzureTable(), method: "PUT", url: tableURL, mediaType: asJSON, body: `{"RowKey":"other"}`,
			want: `/RowKey is not "r"`,
		},
		{d: dialect.AzureTable(), method: "PUT", url: tableURL, mediaType: asJSON, body: `7`, want: `cannot be set`},
		{
			d: dialect.S3(), method: "PATCH", url: "/b/k", mediaType: mergePatch, version: `"1"`, body: "{}",
			want: "PATCH",
		},
		{d: dialect.Google(), method: "PUT", url: "/v1/a", mediaType: asJSON, body: "{}", want: "AIP-133"},
		{
			d: dialect.Google(), method: "PATCH", url: "/v1/a", mediaType: jsonPatch, version: "1", body: "[]",
			want: "PATCH",
		},
		{
			d: dialect.Google(), method: "PATCH", url: "/v1/a", mediaType: mergePatch, version: "1", body: "[]",
			want: "not a JSON object",
		},
		{
			d: dialect.Google(), method: "PATCH", url: "/v1/a", mediaType: mergePatch, version: "1",
			body: "{\"a\":{\"`\":1}}", want: "cannot name",
		},
		{d: dialect.GCS(), method: "PUT", url: "/b/k", version: "0", body: "x", want: "not a generation"},
		{d: dialect.GCS(), method: "PUT", url: "/b/k", version: "1/2", body: "x", want: "not a generation"},
		{
			d: dialect.GCS(), method: "PUT", url: "/storage/v1/b/b/o/a", mediaType: asJSON, version: "1", body: "{}",
			want: "not a generation",
		},
		{
			d: dialect.GCS(), method: "PUT", url: "/storage/v1/b/b/o/a", mediaType: asJSON, version: "1/x",
			body: "{}", want: "not a generation",
		},
		{
			d: dialect.GCS(), method: "PUT", url: "/storage/v1/b/b/o/a", mediaType: asJSON, body: "{}",
			want: "created with its content",
		},
		{
			d: dialect.GCS(), method: "PATCH", url: "/storage/v1/b/b/o/a", mediaType: jsonPatch, version: "1/1",
			body: "[]", want: "PATCH",
		},
		{
			d: dialect.GCS(), method: "PATCH", url: "/storage/v1/b/b/o/a?alt=media", mediaType: mergePatch,
			version: "1", body: "{}", want: "PATCH",
		},
		{d: dialect.GitHubContents(""), method: "PUT", url: "/c/a", version: "1", body: "x", want: "message"},
		{
			d: dialect.GitHubContents("m"), method: "PATCH", url: "/c/a", mediaType: mergePatch, version: "1",
			body: "{}", want: "PATCH",
		},
		{d: dialect.GitHubContents("m"), method: "DELETE", url: "/c/a", want: "DELETE"},
		{
			d: dialect.Elasticsearch(), method: "PUT", url: "/i/_doc/a", mediaType: asJSON, version: "1", body: "{}",
			want: "not a sequence number",
		},
		{
			d: dialect.Elasticsearch(), method: "PUT", url: "/i/_doc/a", mediaType: asJSON, version: "-1/1",
			body: "{}", want: "not a sequence number",
		},
		{
			d: dialect.Elasticsearch(), method: "PATCH", url: "/i/_doc/a", mediaType: mergePatch, version: "1/1",
			body: "{}", want: "PATCH",
		},
		{
			d: dialect.FHIR(), method: "PUT", url: "/P/1", mediaType: asJSON, version: `"1", "2"`, body: "{}",
			want: "misplaced quotes",
		},
		{d: version, method: "PUT", url: "/d/7", mediaType: asJSON, body: "{}", want: "does not tell how to create"},
		{d: version, method: "DELETE", url: "/d/7", version: "7", want: "DELETE"},
		{
			d: version, method: "PUT", url: "/d/7", mediaType: asJSON, version: "null", body: "{}",
			want: "not a JSON number or string",
		},
		{
			d: version, method: "PUT", url: "/d/7", mediaType: asJSON, version: "7 ", body: "{}",
			want: "not a JSON number or string",
		},
		{
			d: version, method: "PUT", url: "/d/7", mediaType: asJSON, version: "7,8", body: "{}",
			want: "not a JSON number or string",
		},
		{d: version, method: "PUT", url: "/d/7", mediaType: asJSON, version: "7", body: "[]", want: "cannot be set"},
		{d: version, method: "PATCH", url: "/d/7", mediaType: "text/x-diff", version: "7", body: "x", want: "PATCH"},
		{d: posts, method: "PUT", url: "/", mediaType: asJSON, body: `{}`, want: "no last segment"},
		{d: posts, method: "PUT", url: "/d/7", mediaType: asJSON, body: `{"id":8}`, want: `/id is not "7"`},
		{d: posts, method: "PUT", url: "/d/7", mediaType: asJSON, body: `{`, want: `document ends`},
		{
			d: posts, method: "PATCH", url: "/d/7", mediaType: mergePatch, body: `{}`,
			want: "does not tell how to create",
		},
		{
			d: toIfMatch, method: "PUT", url: "/d/7", mediaType: asJSON, version: "*", body: "{}",
			want: `"*" is not an entity tag`,
		},
	} {
		got, err := guarded(c.d, c.method, c.url, c.mediaType, c.version, c.body)
		assert.ErrorContains(t, err, c.want, "%s %s %s: %s", c.d.Name, c.method, c.url, got)
	}
}

func TestVersionOptionsThatDoNotFitAreAnErrorOfEveryCall(t *testing.T) {
	for want, o := range map[string]dialect.VersionOptions{
		"neither Member nor Header":         {ToQuery: "v"},
		"none of Member, ToHeader and":      {Header: "V"},
		"PostToCollection needs ID":         {Member: "/v", Create: dialect.PostToCollection},
		"Create is 9":                       {Member: "/v", Create: 9},
		"VersionOptions.Member: jsonmerge:": {Member: "v", Receipt: "r"},
		"VersionOptions.ID: jsonmerge:":     {Member: "/v", ID: "~"},
	} {
		d := dialect.Version(o)
		_, _, err := d.Read(&http.Response{Header: http.Header{}, Request: &http.Request{Method: "GET"}},
			[]byte(`{"v":1}`), nil)
		require.ErrorContains(t, err, want)
		_, err = guarded(d, "PUT", "/d/7", asJSON, "1", "{}")
		require.ErrorContains(t, err, want)
	}
}

func TestTheMostSpecificRefusalNamesTheKind(t *testing.T) {
	d := dialect.Version(dialect.VersionOptions{Member: "/v", Kinds: map[dialect.Refusal]ifmatch.Kind{
		{}:                         ifmatch.Locked, // fits everything and says nothing
		{Status: 409}:              ifmatch.StaleVersion,
		{Code: "LOCK"}:             ifmatch.Locked,
		{Status: 409, Code: "DUP"}: ifmatch.AlreadyExists,
	}})
	for _, c := range []struct {
		status int
		code   string
		want   ifmatch.Kind
	}{
		{status: 409, want: ifmatch.StaleVersion}, {status: 409, code: "X", want: ifmatch.StaleVersion},
		{status: 409, code: "LOCK", want: ifmatch.Locked},
		{status: 409, code: "DUP", want: ifmatch.AlreadyExists}, {status: 400, code: "LOCK", want: ifmatch.Locked},
		{status: 400, code: "DUP", want: ifmatch.Unknown}, {status: 400, want: ifmatch.Unknown},
	} {
		e := &ifmatch.ResponseError{StatusCode: c.status, Problem: &ifmatch.Problem{Code: c.code}}
		assert.Equal(t, c.want, d.Kind(e), "%d %s", c.status, c.code)
	}
}

func TestAContentsRequestThatIsItselfAtFaultIsNoConflict(t *testing.T) {
	d := dialect.GitHubContents("m")
	invalid := &ifmatch.Problem{Extensions: map[string]jsonRaw{"errors": jsonRaw(`["bad"]`)}}
	assert.Equal(t, ifmatch.Unknown, d.Kind(&ifmatch.ResponseError{Method: "PUT", StatusCode: 422, Problem: invalid}))
	assert.Equal(t, ifmatch.Unknown,
		d.Kind(&ifmatch.ResponseError{Method: "DELETE", StatusCode: 422, Problem: &ifmatch.Problem{}}))
}
