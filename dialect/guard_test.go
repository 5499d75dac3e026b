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

// guarded runs a Guard and shows what became of the request: method, URL, the header
// fields that were set, and the content.
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
	return strings.Join(strings.Fields(strings.TrimPrefix(w.Method+" "+w.URL.RequestURI()+" "+strings.ReplaceAll(fields.String(), "\r\n", "; ")+" "+string(out), " ")), " "), nil
}

const asJSON = "application/json"

func TestGuardPutsTheVersionWhereTheFamilyLooksForIt(t *testing.T) {
	byID := dialect.VersionOptions{Member: "/meta/rev", Create: dialect.PostToCollection, ID: "/id"}
	for _, c := range []struct {
		d                                           *ifmatch.Dialect
		method, url, mediaType, version, body, want string
	}{
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "7", `{"spec":1}`, `PUT /o/a {"spec":1,"metadata":{"resourceVersion":"7"}}`},
		{dialect.Kubernetes(), "PATCH", "/o/a", mergePatch, "7", `{"metadata":{"resourceVersion":"3"}}`, `PATCH /o/a {"metadata":{"resourceVersion":"7"}}`},
		{dialect.Kubernetes(), "PATCH", "/o/a", "application/apply-patch+yaml", "7", `{}`, `PATCH /o/a {"metadata":{"resourceVersion":"7"}}`},
		{dialect.Kubernetes(), "PATCH", "/o/a", jsonPatch, "7", `[]`, `PATCH /o/a [{"op":"add","path":"/metadata/resourceVersion","value":"7"}]`},
		{dialect.Kubernetes(), "PATCH", "/o/a", jsonPatch, "7", `[{"op":"replace","path":"/metadata/resourceVersion","value":"3"},{"op":"test","path":"/a", "value":1.0}]`,
			`PATCH /o/a [{"op":"test","path":"/a", "value":1.0},{"op":"add","path":"/metadata/resourceVersion","value":"7"}]`},
		{dialect.Kubernetes(), "PUT", "/ns/b/o/a%2Fb?dryRun=All", asJSON, "", `{"metadata":{"resourceVersion":"3","name":""}}`, `POST /ns/b/o?dryRun=All {"metadata":{"name":"a/b"}}`},
		{dialect.CouchDB(), "DELETE", "/db/a?batch=ok", "", "1-x&", "", `DELETE /db/a?batch=ok&rev=1-x%26`},
		{dialect.CouchDB(), "PUT", "/db/a", asJSON, "", `{"_rev":"1-x"}`, `PUT /db/a {}`},
		{dialect.OData(), "PATCH", "/D(1)", mergePatch, `W/"1"`, `{"a":null}`, `PATCH /D(1) Content-Type: application/json; If-Match: W/"1"; {"a":null}`},
		{dialect.AzureTable(), "PUT", "/T(RowKey='it''s%2Fb',PartitionKey='')", asJSON, "", `{"a":1}`, `POST /T {"a":1,"PartitionKey":"","RowKey":"it's/b"}`},
		{dialect.AzureBlob(), "DELETE", "/c/b", "", `"1"`, "", `DELETE /c/b If-Match: "1";`},
		{dialect.S3(), "PUT", "/b/k", "", "", "x", `PUT /b/k If-None-Match: *; x`},
		{dialect.Google(), "PATCH", "/v1/a", mergePatch, `"1"`, `{"etag":"\"0\"","b":{"c":1,"d-e":null},"a":{}}`,
			"PATCH /v1/a?updateMask=a%2Cb.c%2Cb.%60d-e%60 Content-Type: application/json; {\"etag\":\"\\\"1\\\"\",\"b\":{\"c\":1,\"d-e\":null},\"a\":{}}"},
		{dialect.Google(), "PATCH", "/v1/a?updateMask=b", mergePatch, `"1"`, `{"b":1}`, `PATCH /v1/a?updateMask=b Content-Type: application/json; {"b":1,"etag":"\"1\""}`},
		{dialect.GCS(), "DELETE", "/storage/v1/b/b/o/a%2Fb?alt=media", "", "12", "", `DELETE /storage/v1/b/b/o/a%2Fb?ifGenerationMatch=12`},
		{dialect.GCS(), "DELETE", "/storage/v1/b/b/o/a", "", "12/3", "", `DELETE /storage/v1/b/b/o/a?ifGenerationMatch=12&ifMetagenerationMatch=3`},
		{dialect.GitHubContents("m"), "DELETE", "/c/a?ref=side", "", "sha", "", `DELETE /c/a Content-Type: application/json; {"message":"m","branch":"side","sha":"sha"}`},
		{dialect.GitHubContents("m"), "PUT", "/c/a", "", "", "", `PUT /c/a Content-Type: application/json; {"message":"m","content":""}`},
		{dialect.Elasticsearch(), "DELETE", "/i/_doc/a?routing=r", "", "0/2", "", `DELETE /i/_doc/a?if_primary_term=2&if_seq_no=0&routing=r`},
		{dialect.FHIR(), "PATCH", "/P/1", jsonPatch, `W/"3"`, `[]`, `PATCH /P/1 If-Match: W/"3"; []`},
		{dialect.Version(byID), "PUT", "/d/7", asJSON, "", `{"id":7,"meta":{"rev":1}}`, `POST /d {"id":7,"meta":{}}`},
		{dialect.Version(byID), "PUT", "/d/7", asJSON, `"r1"`, `{"meta":{"rev":"r0"}}`, `PUT /d/7 {"meta":{"rev":"r1"}}`},
		{dialect.Version(byID), "PATCH", "/d/7", jsonPatch, `18446744073709551616`, `[{"op":"remove","path":"/a"}]`,
			`PATCH /d/7 [{"op":"test","path":"/meta/rev","value":18446744073709551616},{"op":"remove","path":"/a"}]`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}), "DELETE", "/d/7", "", `"a b"`, "", `DELETE /d/7?v=a+b`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}), "PATCH", "/d/7", "text/x-diff", `5`, "x", `PATCH /d/7?v=5 x`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", ToQuery: "v", Create: dialect.IfNoneMatch}), "PUT", "/d/7", asJSON, ``, `{"v":1}`, `PUT /d/7 If-None-Match: *; {}`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", Create: dialect.WithoutVersion}), "PUT", "/d/7", asJSON, ``, `{"v":1}`, `PUT /d/7 {}`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", First: "0"}), "PUT", "/d/7", asJSON, ``, `{"v":1}`, `PUT /d/7 {"v":0}`},
		{dialect.Version(dialect.VersionOptions{Member: "/v", ToHeader: "if-match"}), "DELETE", "/d/7", "", `"r1"`, ``, `DELETE /d/7 If-Match: r1;`},
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
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "0", `{}`, `"0" is not that of an object`},
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "7", `[]`, "cannot be set"},
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "7", `{"metadata":1}`, "cannot be set"},
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "7", `{"a":1,"a":2}`, "cannot be set"},
		{dialect.Kubernetes(), "PATCH", "/o/a", "application/apply-patch+yaml", "7", "a: 1", "cannot be set"},
		{dialect.Kubernetes(), "PATCH", "/o/a", "text/x-diff", "7", "x", `PATCH with "text/x-diff"`},
		{dialect.Kubernetes(), "PATCH", "/o/a", jsonPatch, "7", "{}", "not a list of operations"},
		{dialect.Kubernetes(), "PATCH", "/o/a", mergePatch, "", "{}", "created whole"},
		{dialect.Kubernetes(), "PUT", "/o/a/status", asJSON, "", `{"metadata":{"name":"a"}}`, `not "status"`},
		{dialect.Kubernetes(), "PUT", "/", asJSON, "", `{}`, "no last segment"},
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "", `7`, "cannot be set"},
		{dialect.Kubernetes(), "POST", "/o/a", asJSON, "7", `{}`, "a POST cannot"},
		{dialect.Kubernetes(), "PUT", "/o/a", asJSON, "7", `{"kind":"PartialObjectMetadata"}`, "must not replace the whole"},
		{dialect.OData(), "PUT", "/D(1)?$select=a", asJSON, `"1"`, "{}", "$select reads a part"},
		{dialect.AzureTable(), "PUT", tableURL + "?$select=a", asJSON, `W/"1"`, "{}", "$select reads a part"},
		{dialect.FHIR(), "PUT", "/P/1?_elements=a", asJSON, `W/"1"`, "{}", "_elements reads a part"},
		{dialect.Google(), "PUT", "/v1/a?fields=a", asJSON, "1", "{}", "fields reads a part"},
		{dialect.Elasticsearch(), "PUT", "/i/_doc/a?_source_includes=a", asJSON, "1/1", "{}", "_source_includes reads a part"},
		{dialect.CouchDB(), "PATCH", "/db/a", mergePatch, "1-x", "{}", "PATCH"},
		{dialect.CouchDB(), "DELETE", "/db/a", "", "", "", "DELETE"},
		{dialect.CouchDB(), "PUT", "/db/a", asJSON, "", "{", "document ends"},
		{dialect.OData(), "PATCH", "/D(1)", jsonPatch, `"1"`, "[]", "PATCH"},
		{dialect.OData(), "PUT", "/D(1)", asJSON, `*`, "{}", `"*" is not an entity tag`},
		{dialect.AzureBlob(), "PATCH", "/c/b", mergePatch, `"1"`, "{}", "PATCH"},
		{dialect.AzureTable(), "PATCH", tableURL, jsonPatch, `W/"1"`, "[]", "PATCH"},
		{dialect.AzureTable(), "PATCH", tableURL, mergePatch, `W/"1"`, `{"a":null}`, `cannot remove the property "a"`},
		{dialect.AzureTable(), "PATCH", tableURL, mergePatch, `W/"1"`, `[]`, `cannot unmarshal`},
		{dialect.AzureTable(), "PATCH", tableURL, mergePatch, "", `{}`, `inserted whole`},
		{dialect.AzureTable(), "PUT", "/T", asJSON, "", `{}`, `does not end like`},
		{dialect.AzureTable(), "PUT", "/T(RowKey='a',RowKey='b')", asJSON, "", `{}`, `does not end like`},
		{dialect.AzureTable(), "PUT", "/T(RowKey=1,PartitionKey='b')", asJSON, "", `{}`, `does not end like`},
		{dialect.AzureTable(), "PUT", "/", asJSON, "", `{}`, `no last segment`},
		{dialect.AzureTable(), "PUT", tableURL, asJSON, "", `{"RowKey":"other"}`, `/RowKey is not "r"`},
		{dialect.AzureTable(), "PUT", tableURL, asJSON, "", `7`, `cannot be set`},
		{dialect.S3(), "PATCH", "/b/k", mergePatch, `"1"`, "{}", "PATCH"},
		{dialect.Google(), "PUT", "/v1/a", asJSON, "", "{}", "AIP-133"},
		{dialect.Google(), "PATCH", "/v1/a", jsonPatch, "1", "[]", "PATCH"},
		{dialect.Google(), "PATCH", "/v1/a", mergePatch, "1", "[]", "not a JSON object"},
		{dialect.Google(), "PATCH", "/v1/a", mergePatch, "1", "{\"a\":{\"`\":1}}", "cannot name"},
		{dialect.GCS(), "PUT", "/b/k", "", "0", "x", "not a generation"},
		{dialect.GCS(), "PUT", "/b/k", "", "1/2", "x", "not a generation"},
		{dialect.GCS(), "PUT", "/storage/v1/b/b/o/a", asJSON, "1", "{}", "not a generation"},
		{dialect.GCS(), "PUT", "/storage/v1/b/b/o/a", asJSON, "1/x", "{}", "not a generation"},
		{dialect.GCS(), "PUT", "/storage/v1/b/b/o/a", asJSON, "", "{}", "created with its content"},
		{dialect.GCS(), "PATCH", "/storage/v1/b/b/o/a", jsonPatch, "1/1", "[]", "PATCH"},
		{dialect.GCS(), "PATCH", "/storage/v1/b/b/o/a?alt=media", mergePatch, "1", "{}", "PATCH"},
		{dialect.GitHubContents(""), "PUT", "/c/a", "", "1", "x", "message"},
		{dialect.GitHubContents("m"), "PATCH", "/c/a", mergePatch, "1", "{}", "PATCH"},
		{dialect.GitHubContents("m"), "DELETE", "/c/a", "", "", "", "DELETE"},
		{dialect.Elasticsearch(), "PUT", "/i/_doc/a", asJSON, "1", "{}", "not a sequence number"},
		{dialect.Elasticsearch(), "PUT", "/i/_doc/a", asJSON, "-1/1", "{}", "not a sequence number"},
		{dialect.Elasticsearch(), "PATCH", "/i/_doc/a", mergePatch, "1/1", "{}", "PATCH"},
		{dialect.FHIR(), "PUT", "/P/1", asJSON, `"1", "2"`, "{}", "misplaced quotes"},
		{version, "PUT", "/d/7", asJSON, "", "{}", "does not tell how to create"},
		{version, "DELETE", "/d/7", "", "7", "", "DELETE"},
		{version, "PUT", "/d/7", asJSON, "null", "{}", "not a JSON number or string"},
		{version, "PUT", "/d/7", asJSON, "7 ", "{}", "not a JSON number or string"},
		{version, "PUT", "/d/7", asJSON, "7,8", "{}", "not a JSON number or string"},
		{version, "PUT", "/d/7", asJSON, "7", "[]", "cannot be set"},
		{version, "PATCH", "/d/7", "text/x-diff", "7", "x", "PATCH"},
		{posts, "PUT", "/", asJSON, "", `{}`, "no last segment"},
		{posts, "PUT", "/d/7", asJSON, "", `{"id":8}`, `/id is not "7"`},
		{posts, "PUT", "/d/7", asJSON, "", `{`, `document ends`},
		{posts, "PATCH", "/d/7", mergePatch, "", `{}`, "does not tell how to create"},
		{toIfMatch, "PUT", "/d/7", asJSON, "*", "{}", `"*" is not an entity tag`},
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
		_, _, err := d.Read(&http.Response{Header: http.Header{}, Request: &http.Request{Method: "GET"}}, []byte(`{"v":1}`), nil)
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
		{409, "", ifmatch.StaleVersion}, {409, "X", ifmatch.StaleVersion}, {409, "LOCK", ifmatch.Locked},
		{409, "DUP", ifmatch.AlreadyExists}, {400, "LOCK", ifmatch.Locked}, {400, "DUP", ifmatch.Unknown}, {400, "", ifmatch.Unknown},
	} {
		e := &ifmatch.ResponseError{StatusCode: c.status, Problem: &ifmatch.Problem{Code: c.code}}
		assert.Equal(t, c.want, d.Kind(e), "%d %s", c.status, c.code)
	}
}

func TestAContentsRequestThatIsItselfAtFaultIsNoConflict(t *testing.T) {
	d := dialect.GitHubContents("m")
	invalid := &ifmatch.Problem{Extensions: map[string]jsonRaw{"errors": jsonRaw(`["bad"]`)}}
	assert.Equal(t, ifmatch.Unknown, d.Kind(&ifmatch.ResponseError{Method: "PUT", StatusCode: 422, Problem: invalid}))
	assert.Equal(t, ifmatch.Unknown, d.Kind(&ifmatch.ResponseError{Method: "DELETE", StatusCode: 422, Problem: &ifmatch.Problem{}}))
}
