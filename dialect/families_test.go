package dialect_test

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// What the fakes say follows the answers of the real servers: the versions, what a stale write and
// a creation are answered with, what comes back.

// plain is for families that store what they are sent.
type plain struct{}

func (plain) shown(content []byte, _ string) []byte { return content }

// Kubernetes

type kubernetes struct{}

func (kubernetes) version(n int, _ []byte) string { return strconv.Itoa(n) }

func (kubernetes) shown(content []byte, version string) []byte {
	content = must(content, "/metadata/uid", `"6e8c"`)
	return must(content, "/metadata/resourceVersion", `"`+version+`"`)
}

func status(code int, reason string) answer {
	return answer{
		code, nil,
		fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"no","reason":%q,`+
			`"code":%d}`, reason, code),
	}
}

func (kubernetes) serve(f *fake, r *http.Request, body []byte) answer {
	key := r.URL.Path
	now, ok := f.docs[key]
	g, content := guard{version: get(body, "/metadata/resourceVersion")}, body
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return status(404, "NotFound")
		}
		return answer{200, nil, string(now.content)}
	case http.MethodPost:
		if g.version != "" {
			return status(400, "BadRequest")
		}
		key += "/" + get(body, "/metadata/name")
		g.create = true
	case http.MethodPatch:
		if !ok {
			return status(404, "NotFound")
		}
		var err error
		if content, err = patched(now.content, body, r.Header.Get("Content-Type")); err != nil {
			return status(422, "Invalid")
		}
		g.version = get(content, "/metadata/resourceVersion") // that of the patched object counts
	case http.MethodDelete:
		g.version, content = get(body, "/preconditions/resourceVersion"), nil
	}
	s, how := f.write(r, key, g, content)
	switch how {
	case stale:
		return status(409, "Conflict")
	case exists:
		return status(409, "AlreadyExists")
	case absent:
		return status(404, "NotFound")
	case created:
		return answer{201, nil, string(s.content)}
	}
	if content == nil {
		return answer{200, nil, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}`}
	}
	return answer{200, nil, string(s.content)}
}

// CouchDB

type couchDB struct{}

func (couchDB) version(n int, content []byte) string {
	return fmt.Sprintf("%d-%x", n, md5.Sum(content))
}

func (couchDB) shown(content []byte, version string) []byte {
	return must(must(content, "/_id", `"doc"`), "/_rev", `"`+version+`"`)
}

func (couchDB) serve(f *fake, r *http.Request, body []byte) answer {
	key := r.URL.Path
	now, ok := f.docs[key]
	unrelated := map[string]string{"ETag": `W/"2b-of-the-answer"`}
	g := guard{version: get(body, "/_rev")}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return answer{404, nil, `{"error":"not_found","reason":"deleted"}`}
		}
		return answer{200, unrelated, string(now.content)}
	case http.MethodPut:
		g.create = g.version == ""
	case http.MethodDelete:
		g.version, body = r.URL.Query().Get("rev"), nil
	default:
		return answer{405, nil, `{"error":"method_not_allowed","reason":"Only DELETE,GET,HEAD,POST,PUT allowed"}`}
	}
	s, how := f.write(r, key, g, body)
	switch {
	case how == stale || how == exists || how == absent:
		return answer{409, unrelated, `{"error":"conflict","reason":"Document update conflict."}`}
	case body == nil:
		return answer{200, unrelated, `{"ok":true,"id":"doc","rev":"` + fmt.Sprint(f.clock+1) + `-deleted"}`}
	}
	return answer{201, unrelated, `{"ok":true,"id":"doc","rev":"` + s.version + `"}`}
}

// OData. With minimal, writes are answered without content, as after Prefer: return=minimal.

type odata struct{ minimal bool }

func (odata) version(n int, _ []byte) string { return fmt.Sprintf(`W/"%d"`, n) }

// shown: the annotations that a client sends are ignored.
func (odata) shown(content []byte, _ string) []byte {
	return drop(drop(content, "/@odata.etag"), "/@odata.context")
}

func (odata) entity(s stored) string {
	doc := must(s.content, "/@odata.context", `"$metadata#Docs/$entity"`)
	return string(must(doc, "/@odata.etag", strconv.Quote(s.version)))
}

func odataError(code int, text string) answer {
	return answer{code, nil, fmt.Sprintf(`{"error":{"message":"no","code":%q}}`, text)}
}

func conditions(r *http.Request) guard {
	return guard{create: r.Header.Get("If-None-Match") == "*", version: r.Header.Get("If-Match")}
}

func (o odata) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return odataError(404, "404")
		}
		return answer{200, map[string]string{"ETag": now.version}, o.entity(now)}
	case http.MethodPatch:
		if strings.Contains(r.Header.Get("Content-Type"), "merge-patch") {
			return odataError(415, "415")
		}
		var err error
		if body, err = patched(now.content, body, ""); err != nil {
			return odataError(400, "400")
		}
	case http.MethodDelete:
		if r.Header.Get("Prefer") != "" {
			return odataError(400, "400") // The 'return' preference is not allowed in DELETE requests
		}
		body = nil
	}
	g := conditions(r)
	if g == (guard{}) {
		f.unguarded = append(f.unguarded, r.Method+" "+r.URL.String())
		return odataError(428, "428")
	}
	s, how := f.write(r, r.URL.Path, g, body)
	switch {
	case how == stale || how == exists:
		return odataError(412, "412")
	case how == absent:
		return odataError(404, "404")
	case body == nil:
		return answer{status: 204}
	case o.minimal:
		return answer{204, map[string]string{"ETag": s.version}, ""}
	case how == created:
		return answer{201, map[string]string{"ETag": s.version}, o.entity(s)}
	}
	return answer{200, map[string]string{"ETag": s.version}, o.entity(s)}
}

// Azure Blob

type azureBlob struct{ plain }

func (azureBlob) version(n int, _ []byte) string { return fmt.Sprintf(`"0x8DD%d"`, n) }

func azureError(status int, code string) answer {
	return answer{status, map[string]string{"Content-Type": "application/xml", "x-ms-error-code": code},
		`<?xml version="1.0"?><Error><Code>` + code + `</Code><Message>no</Message></Error>`}
}

func (azureBlob) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return azureError(404, "BlobNotFound")
		}
		return answer{200, map[string]string{"ETag": now.version, "x-ms-blob-type": "BlockBlob"}, string(now.content)}
	case http.MethodPut:
		if r.Header.Get("x-ms-blob-type") != "BlockBlob" {
			return azureError(400, "MissingRequiredHeader")
		}
	case http.MethodDelete:
		body = nil
	}
	s, how := f.write(r, r.URL.Path, conditions(r), body)
	switch {
	case how == exists:
		return azureError(409, "BlobAlreadyExists")
	case how == absent && r.Method == http.MethodDelete:
		return azureError(404, "BlobNotFound")
	case how == stale || how == absent:
		return azureError(412, "ConditionNotMet")
	case body == nil:
		return answer{status: 202}
	}
	return answer{201, map[string]string{"ETag": s.version}, ""}
}

// Azure Table

type azureTable struct{}

func (azureTable) version(n int, _ []byte) string {
	return fmt.Sprintf(`W/"datetime'2026-11-20T10%%3A00%%3A00.%07dZ'"`, n)
}

func (azureTable) shown(content []byte, version string) []byte {
	at, _ := url.PathUnescape(strings.Split(version, "'")[1])
	return must(content, "/Timestamp", strconv.Quote(at))
}

func (azureTable) serve(f *fake, r *http.Request, body []byte) answer {
	key := r.URL.Path
	now, ok := f.docs[key]
	g := conditions(r)
	notFound := odataError(404, "ResourceNotFound")
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return notFound
		}
		return answer{200, map[string]string{"ETag": now.version}, string(now.content)}
	case http.MethodPost:
		key += fmt.Sprintf("(PartitionKey='%s',RowKey='%s')", get(body, "/PartitionKey"), get(body, "/RowKey"))
		g = guard{create: true}
	case http.MethodPatch:
		if r.Header.Get("Content-Type") != "application/json" {
			return odataError(415, "InvalidInput")
		}
		var err error
		if body, err = patched(now.content, body, ""); err != nil {
			return odataError(400, "InvalidInput")
		}
	case http.MethodDelete:
		body = nil
	}
	if g.version != "" && !strings.HasPrefix(g.version, "W/") {
		return odataError(400, "InvalidInput")
	}
	s, how := f.write(r, key, g, body)
	switch how {
	case stale:
		return odataError(412, "UpdateConditionNotSatisfied")
	case exists:
		return odataError(409, "EntityAlreadyExists")
	case absent:
		return notFound
	case created:
		return answer{201, map[string]string{"ETag": s.version}, string(s.content)}
	}
	return answer{204, map[string]string{"ETag": s.version}, ""}
}

// S3

type s3 struct{ plain }

func (s3) version(_ int, content []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(content)) }

func s3Error(status int, code string) answer {
	return answer{
		status, map[string]string{"Content-Type": "application/xml"},
		`<Error><Code>` + code + `</Code><Message>no</Message></Error>`,
	}
}

func (s3) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	if r.Method == http.MethodGet {
		if !ok {
			return s3Error(404, "NoSuchKey")
		}
		return answer{200, map[string]string{"ETag": now.version}, string(now.content)}
	}
	if f.clock%3 == 0 { // from time to time a race inside of the server
		f.clock++
		return s3Error(409, "ConditionalRequestConflict")
	}
	if r.Method == http.MethodDelete {
		body = nil
	}
	s, how := f.write(r, r.URL.Path, conditions(r), body)
	switch {
	case how == stale || how == exists:
		return s3Error(412, "PreconditionFailed")
	case how == absent:
		return s3Error(404, "NoSuchKey")
	case body == nil:
		return answer{status: 204}
	}
	return answer{200, map[string]string{"ETag": s.version}, ""}
}

// Google

type google struct{}

func (google) version(n int, _ []byte) string { return fmt.Sprintf(`"BwX%d="`, n) }

func (google) shown(content []byte, version string) []byte {
	return must(content, "/etag", strconv.Quote(version))
}

func googleError(status int, name string) answer {
	return answer{status, nil, fmt.Sprintf(`{"error":{"code":%d,"message":"no","status":%q}}`, status, name)}
}

func (google) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	var etag string
	if raw, err := at("/etag").Get(body); err == nil {
		_ = json.Unmarshal(raw, &etag)
	}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return googleError(404, "NOT_FOUND")
		}
		return answer{200, nil, string(now.content)}
	case http.MethodPatch:
		// What the mask does not name is left alone, whatever the patch has.
		patch := []byte("{}")
		for _, path := range strings.Split(r.URL.Query().Get("updateMask"), ",") {
			path = "/" + strings.ReplaceAll(strings.ReplaceAll(path, "`", ""), ".", "/")
			if raw, err := at(path).Get(body); err == nil {
				patch = must(patch, path, string(raw))
			}
		}
		var err error
		if body, err = patched(now.content, patch, ""); err != nil {
			return googleError(400, "INVALID_ARGUMENT")
		}
	case http.MethodDelete:
		etag, body = r.URL.Query().Get("etag"), nil
	}
	s, how := f.write(r, r.URL.Path, guard{version: etag}, body)
	switch {
	case how == stale:
		return googleError(409, "ABORTED")
	case how == absent:
		return googleError(404, "NOT_FOUND")
	case body == nil:
		return answer{200, nil, "{}"}
	}
	return answer{200, nil, string(s.content)}
}

// Google Cloud Storage

type gcs struct{ plain }

func (gcs) version(n int, _ []byte) string { return fmt.Sprintf("17000000%d", n) }

func gcsError() answer {
	return answer{
		412, nil,
		`{"error":{"code":412,"message":"no","errors":[{"domain":"global","reason":"conditionNotMet",` +
			`"locationType":"header","location":"If-Match"}]}}`,
	}
}

func (gcs) serve(f *fake, r *http.Request, body []byte) answer {
	q, key := r.URL.Query(), r.URL.EscapedPath()
	media := strings.Contains(key, "/storage/v1/")
	condition := r.Header.Get("x-goog-if-generation-match")
	if media {
		condition = q.Get("ifGenerationMatch")
	}
	notFound := answer{
		404, nil, `{"error":{"code":404,"message":"no","errors":[{"domain":"global","reason":"notFound"}]}}`,
	}
	switch {
	case r.Method == http.MethodGet:
		now, ok := f.docs[key]
		if !ok {
			return notFound
		}
		return answer{
			200, map[string]string{"x-goog-generation": now.version, "ETag": `"CJ-of-reads"`}, string(now.content),
		}
	case r.Method == http.MethodPost && q.Get("uploadType") == "media":
		key = strings.TrimPrefix(key, "/upload") + "/" + url.PathEscape(q.Get("name"))
	case r.Method == http.MethodDelete:
		body = nil
	case media:
		return answer{400, nil, `{"error":{"code":400,"message":"no"}}`}
	}
	g := guard{version: condition}
	if condition == "0" {
		g = guard{create: true}
	}
	s, how := f.write(r, key, g, body)
	switch {
	case how == absent && body == nil:
		return notFound
	case how == stale || how == exists || how == absent:
		if !media {
			return s3Error(412, "PreconditionFailed")
		}
		return gcsError()
	case body == nil:
		return answer{status: 204}
	case media:
		return answer{
			200, nil, `{"kind":"storage#object","name":"doc","generation":"` + s.version + `","metageneration":"1"}`,
		}
	}
	return answer{200, map[string]string{"x-goog-generation": s.version}, ""}
}

// gcsMetadata is the object resource: each write is a new metageneration.
type gcsMetadata struct{}

func (gcsMetadata) version(n int, _ []byte) string { return "1700/" + strconv.Itoa(n) }

func (gcsMetadata) shown(content []byte, version string) []byte {
	return must(must(content, "/generation", `"1700"`), "/metageneration", strconv.Quote(version[5:]))
}

func (gcsMetadata) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	q := r.URL.Query()
	g := guard{version: q.Get("ifGenerationMatch") + "/" + q.Get("ifMetagenerationMatch")}
	if g.version == "/" {
		g.version = ""
	}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return googleError(404, "NOT_FOUND")
		}
		return answer{200, nil, string(now.content)}
	case http.MethodPatch:
		if r.Header.Get("Content-Type") != "application/json" {
			return googleError(400, "INVALID_ARGUMENT")
		}
		body, _ = patched(now.content, body, "")
	case http.MethodDelete:
		body = nil
	}
	s, how := f.write(r, r.URL.Path, g, body)
	switch {
	case how == stale:
		return gcsError()
	case how == absent:
		return googleError(404, "NOT_FOUND")
	case body == nil:
		return answer{status: 204}
	}
	return answer{200, nil, string(s.content)}
}

// GitHub contents

type gitHub struct{ plain }

func (gitHub) version(_ int, content []byte) string {
	return fmt.Sprintf("%x", sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)))
}

func gitHubError(status int, message string) answer {
	return answer{
		status, nil,
		fmt.Sprintf(`{"message":%q,"documentation_url":"https://docs.github.com/rest/repos/contents","status":"%d"}`,
			message, status),
	}
}

func (gitHub) serve(f *fake, r *http.Request, body []byte) answer {
	key := r.URL.Path + "@" + r.URL.Query().Get("ref")
	if r.Method == http.MethodGet {
		now, ok := f.docs[key]
		if !ok {
			return gitHubError(404, "Not Found")
		}
		lines := base64.StdEncoding.EncodeToString(now.content)
		for i := 60; i < len(lines); i += 61 {
			lines = lines[:i] + "\n" + lines[i:]
		}
		b, _ := json.Marshal(map[string]any{
			"type": "file", "encoding": "base64", "size": len(now.content), "name": "doc",
			"path": "doc", "content": lines + "\n", "sha": now.version,
		})
		return answer{200, map[string]string{"ETag": `W/"of the answer"`}, string(b)}
	}
	var commit struct{ Message, Content, SHA, Branch string }
	if json.Unmarshal(body, &commit) != nil || commit.Message == "" {
		return gitHubError(422, "Invalid request.\n\n\"message\" wasn't supplied.")
	}
	key = r.URL.Path + "@" + commit.Branch
	content, err := base64.StdEncoding.DecodeString(commit.Content)
	if err != nil {
		return gitHubError(422, "content is not valid Base64")
	}
	if r.Method == http.MethodDelete {
		content = nil
	}
	s, how := f.write(r, key, guard{commit.SHA == "" && content != nil, commit.SHA}, content)
	switch {
	case how == exists:
		return gitHubError(422, "Invalid request.\n\n\"sha\" wasn't supplied.")
	case how == stale:
		return gitHubError(409, "doc does not match "+commit.SHA)
	case how == absent && content == nil:
		return gitHubError(404, "Not Found")
	case how == absent:
		return gitHubError(409, "doc does not match "+commit.SHA)
	case content == nil:
		return answer{200, nil, `{"content":null,"commit":{"sha":"c0ffee"}}`}
	case how == created:
		return answer{201, nil, `{"content":{"name":"doc","sha":"` + s.version + `"},"commit":{"sha":"c0ffee"}}`}
	}
	return answer{200, nil, `{"content":{"name":"doc","sha":"` + s.version + `"},"commit":{"sha":"c0ffee"}}`}
}

// Elasticsearch

type elastic struct{ plain }

func (elastic) version(n int, _ []byte) string { return fmt.Sprintf("%d/1", n) }

func (elastic) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	numbers := func(s stored) string {
		n, _, _ := strings.Cut(s.version, "/")
		return `"_version":3,"_seq_no":` + n + `,"_primary_term":1`
	}
	q := r.URL.Query()
	g := guard{create: q.Get("op_type") == "create"}
	if q.Has("if_seq_no") {
		g.version = q.Get("if_seq_no") + "/" + q.Get("if_primary_term")
	}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return answer{404, nil, `{"_index":"i","_id":"doc","found":false}`}
		}
		return answer{
			200, nil, `{"_index":"i","_id":"doc",` + numbers(now) + `,"found":true,"_source":` + string(now.content) +
				`}`,
		}
	case http.MethodDelete:
		body = nil
	}
	s, how := f.write(r, r.URL.Path, g, body)
	switch {
	case how == stale || how == exists || how == absent:
		return answer{
			409, nil,
			`{"error":{"root_cause":[{"type":"version_conflict_engine_exception",` +
				`"reason":"[doc]: version conflict"}],"type":"version_conflict_engine_exception",` +
				`"reason":"[doc]: version conflict"},"status":409}`,
		}
	case body == nil:
		return answer{200, nil, `{"_index":"i","_id":"doc","result":"deleted","_seq_no":999,"_primary_term":1}`}
	case how == created:
		return answer{201, nil, `{"_index":"i","_id":"doc","result":"created",` + numbers(s) + `}`}
	}
	return answer{200, nil, `{"_index":"i","_id":"doc","result":"updated",` + numbers(s) + `}`}
}

// FHIR. With receipt, the answer to a write is an OperationOutcome.

type fhir struct{ receipt bool }

func (fhir) version(n int, _ []byte) string { return fmt.Sprintf(`W/"%d"`, n) }

func (fhir) shown(content []byte, version string) []byte {
	content = must(content, "/resourceType", `"Doc"`)
	content = must(content, "/meta/versionId", strings.TrimPrefix(version, "W/"))
	return must(content, "/meta/lastUpdated", `"2026-11-20T10:00:00Z"`)
}

func outcomeOf(status int, code string) answer {
	return answer{status, map[string]string{"Content-Type": "application/fhir+json"},
		fmt.Sprintf(`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":%q}]}`, code)}
}

func (h fhir) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return outcomeOf(410, "deleted")
		}
		return answer{200, map[string]string{"ETag": now.version}, string(now.content)}
	case http.MethodDelete:
		body = nil
	}
	s, how := f.write(r, r.URL.Path, conditions(r), body)
	tag := map[string]string{"ETag": s.version}
	switch {
	case how == stale || how == exists:
		return outcomeOf(412, "conflict")
	case how == absent && body == nil:
		return outcomeOf(404, "not-found")
	case how == absent:
		return outcomeOf(412, "conflict")
	case body == nil:
		return answer{status: 204}
	case h.receipt:
		return answer{
			200, tag, `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}`,
		}
	case how == created:
		return answer{201, tag, string(s.content)}
	}
	return answer{200, tag, string(s.content)}
}

// An API with a lock_version of its own. It answers with the document, or, with receipt, with a few
// words about it.

type locking struct{ receipt, silent bool }

func (locking) version(n int, _ []byte) string { return strconv.Itoa(n) }

func (locking) shown(content []byte, version string) []byte {
	return must(must(content, "/lock_version", version), "/id", `"doc"`)
}

func (l locking) serve(f *fake, r *http.Request, body []byte) answer {
	key := r.URL.Path
	now, ok := f.docs[key]
	refuse := func(code string) answer { return answer{422, nil, `{"code":"` + code + `","message":"no"}`} }
	g := guard{version: get(body, "/lock_version")}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return answer{404, nil, `{"code":"none"}`}
		}
		return answer{200, nil, string(now.content)}
	case http.MethodPost:
		key += "/" + get(body, "/id")
		g = guard{create: true}
	case http.MethodPatch:
		if !ok {
			return answer{404, nil, `{"code":"none"}`}
		}
		var err error
		if body, err = patched(now.content, body, r.Header.Get("Content-Type")); err != nil {
			return refuse("stale_object")
		}
		g.version = get(body, "/lock_version")
	case http.MethodDelete:
		g.version, body = r.URL.Query().Get("lock_version"), nil
	}
	s, how := f.write(r, key, g, body)
	switch {
	case how == stale:
		return refuse("stale_object")
	case how == exists:
		return refuse("taken")
	case how == absent:
		return answer{404, nil, `{"code":"none"}`}
	case body == nil:
		return answer{status: 204}
	case l.silent:
		return answer{status: 204}
	case l.receipt:
		return answer{200, nil, `{"saved":true,"id":"doc","now":` + s.version + `}`}
	}
	return answer{200, nil, string(s.content)}
}

// headed keeps the version in header fields.
type headed struct{ plain }

func (headed) version(n int, _ []byte) string { return "rev-" + strconv.Itoa(n) }

func (headed) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	g := guard{version: r.Header.Get("X-If-Revision")}
	if g.version == "none" {
		g = guard{create: true}
	}
	switch r.Method {
	case http.MethodGet:
		if !ok {
			return answer{status: 404}
		}
		return answer{200, map[string]string{"X-Revision": now.version}, string(now.content)}
	case http.MethodDelete:
		body = nil
	}
	s, how := f.write(r, r.URL.Path, g, body)
	switch {
	case how == stale:
		return answer{409, nil, `{"code":"OLD"}`}
	case how == exists:
		return answer{409, nil, `{"code":"THERE"}`}
	case how == absent:
		return answer{status: 404}
	}
	return answer{204, map[string]string{"X-Revision": s.version}, ""}
}

// envelopes is for the example of a dialect that is written by hand.
type envelopes struct{ plain }

func (envelopes) version(n int, _ []byte) string { return strconv.Itoa(n) }

func (envelopes) serve(f *fake, r *http.Request, body []byte) answer {
	now, ok := f.docs[r.URL.Path]
	revision := r.URL.Query().Get("revision")
	switch {
	case r.Method == http.MethodGet && ok:
		return answer{200, nil, `{"revision": ` + now.version + `, "document": ` + string(now.content) + `}`}
	case r.Method == http.MethodGet:
		return answer{status: 404}
	case r.Method == http.MethodDelete:
		body = nil
	}
	g := guard{version: revision}
	if revision == "0" {
		g = guard{create: true}
	}
	if _, how := f.write(r, r.URL.Path, g, body); how == stale || how == exists || how == absent {
		return answer{status: 460}
	}
	return answer{status: 204}
}
