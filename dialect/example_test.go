package dialect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/dialect"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// shaOf finds the hashes of git objects.
var shaOf = regexp.MustCompile(`\b([0-9a-f]{8})[0-9a-f]{32}\b`)

// writeID finds what makes the message of a commit one of its own.
var writeID = regexp.MustCompile(`(Write-Id: )[A-Z2-7]{26}\b`)

// example sets the count of a document to 5, and shows the write as it reached a server of the
// family. It shortens what is random in the content, and the hashes.
func example(of family, path, key string, o ifmatch.Options) {
	f := &fake{family: of, docs: map[string]stored{}, arrived: map[string]int{}, clock: 6}
	server := httptest.NewServer(f)
	defer server.Close()
	f.seeds(key, `{"name":"ann","count":0}`)

	client := ifmatch.New(&o)
	u, err := ifmatch.Update(context.Background(), client, server.URL+path, func(d *doc) error {
		d.Count = 5
		return nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	head, content, _ := strings.Cut(f.last, " {")
	fmt.Println(head)
	content = writeID.ReplaceAllString(content, "$1...")
	fmt.Println("{" + shaOf.ReplaceAllString(content, "$1..."))
	fmt.Println("the next version:", u.ETag)
}

func ExampleKubernetes() {
	path := "/apis/example.com/v1/docs/a"
	example(kubernetes{}, path, path, ifmatch.Options{Dialect: dialect.Kubernetes()})
	// Output:
	// PUT /apis/example.com/v1/docs/a
	// {"name":"ann","count":5,"metadata":{"uid":"6e8c","resourceVersion":"7"}}
	// the next version: 8
}

func ExampleCouchDB() {
	example(couchDB{}, "/db/a", "/db/a", ifmatch.Options{Dialect: dialect.CouchDB()})
	// Output:
	// PUT /db/a
	// {"name":"ann","count":5,"_id":"doc","_rev":"7-29d3f94a4d5dc40012f2038062a8ea50"}
	// the next version: 8-f86f309279e512ca2f3113af0efb742c
}

func ExampleOData() {
	example(odata{}, "/v4/Docs(1)", "/v4/Docs(1)",
		ifmatch.Options{Dialect: dialect.OData(), PatchFormat: "application/merge-patch+json"})
	// Output:
	// PATCH /v4/Docs(1) If-Match: W/"7"
	// {"count":5}
	// the next version: W/"8"
}

func ExampleAzureBlob() {
	example(azureBlob{}, "/container/a", "/container/a", ifmatch.Options{Dialect: dialect.AzureBlob()})
	// Output:
	// PUT /container/a If-Match: "0x8DD7" X-Ms-Blob-Type: BlockBlob
	// {"name":"ann","count":5}
	// the next version: "0x8DD8"
}

func ExampleAzureTable() {
	path := "/Docs(PartitionKey='p',RowKey='r')"
	example(azureTable{}, path, path, ifmatch.Options{Dialect: dialect.AzureTable()})
	// Output:
	// PUT /Docs(PartitionKey='p',RowKey='r') If-Match: W/"datetime'2026-11-20T10%3A00%3A00.0000007Z'"
	// {"name":"ann","count":5,"Timestamp":"2026-11-20T10:00:00.0000007Z"}
	// the next version: W/"datetime'2026-11-20T10%3A00%3A00.0000008Z'"
}

func ExampleS3() {
	example(s3{}, "/bucket/a", "/bucket/a", ifmatch.Options{Dialect: dialect.S3()})
	// Output:
	// PUT /bucket/a If-Match: "29d3f94a4d5dc40012f2038062a8ea50"
	// {"name":"ann","count":5}
	// the next version: "50a5ac53130b35569bbc901c3cb07be2"
}

func ExampleGoogle() {
	example(google{}, "/v1/docs/a", "/v1/docs/a", ifmatch.Options{
		Dialect: dialect.Google(), PatchFormat: "application/merge-patch+json",
	})
	// Output:
	// PATCH /v1/docs/a?updateMask=count
	// {"count":5,"etag":"\"BwX7=\""}
	// the next version: "BwX8="
}

func ExampleGCS() {
	example(gcs{}, "/storage/v1/b/bucket/o/a?alt=media", "/storage/v1/b/bucket/o/a",
		ifmatch.Options{Dialect: dialect.GCS()})
	// Output:
	// POST /upload/storage/v1/b/bucket/o?ifGenerationMatch=170000007&name=a&uploadType=media
	// {"name":"ann","count":5}
	// the next version: 170000008
}

func ExampleGitHubContents() {
	example(gitHub{}, "/repos/o/r/contents/a.json?ref=main", "/repos/o/r/contents/a.json@main",
		ifmatch.Options{Dialect: dialect.GitHubContents("up")})
	// Output:
	// PUT /repos/o/r/contents/a.json
	// {"message":"up\n\nWrite-Id: ...","content":"eyJuYW1lIjoiYW5uIiwiY291bnQiOjV9","branch":"main","sha":"7cbd6c32..."}
	// the next version: 5bac840167d969947483e33e6728c2060fafdfe4
}

func ExampleElasticsearch() {
	example(elastic{}, "/index/_doc/a", "/index/_doc/a", ifmatch.Options{Dialect: dialect.Elasticsearch()})
	// Output:
	// PUT /index/_doc/a?if_primary_term=1&if_seq_no=7
	// {"name":"ann","count":5}
	// the next version: 8/1
}

func ExampleFHIR() {
	example(fhir{}, "/Doc/a", "/Doc/a", ifmatch.Options{Dialect: dialect.FHIR()})
	// Output:
	// PUT /Doc/a If-Match: W/"7"
	// {"name":"ann","count":5,"resourceType":"Doc","meta":{"versionId":"7","lastUpdated":"2026-11-20T10:00:00Z"}}
	// the next version: W/"8"
}

// An API with the version in the member lock_version, in the query of DELETE, and refusals of its
// own.
func ExampleVersion() {
	example(locking{}, "/docs/a", "/docs/a", ifmatch.Options{Dialect: dialect.Version(dialect.VersionOptions{
		Member: "/lock_version", DeleteQuery: "lock_version",
		Kinds: map[dialect.Refusal]ifmatch.Kind{{Code: "stale_object"}: ifmatch.StaleVersion},
	})})
	// Output:
	// PUT /docs/a
	// {"name":"ann","count":5,"lock_version":7,"id":"doc"}
	// the next version: 8
}

// An API with the version in header fields only.
func ExampleVersionOptions() {
	example(headed{}, "/docs/a", "/docs/a", ifmatch.Options{Dialect: dialect.Version(dialect.VersionOptions{
		Header: "X-Revision", ToHeader: "X-If-Revision",
	})})
	// Output:
	// PUT /docs/a X-If-Revision: rev-7
	// {"name":"ann","count":5}
	// the next version: rev-8
}

// What an API calls a creation of what exists and a stale version, only it knows.
func ExampleRefusal() {
	f := &fake{family: locking{}, docs: map[string]stored{}, arrived: map[string]int{}}
	server := httptest.NewServer(f)
	defer server.Close()
	f.seeds("/docs/a", `{"name":"ann"}`)
	client := ifmatch.New(&ifmatch.Options{Dialect: dialect.Version(dialect.VersionOptions{
		Member: "/lock_version", Create: dialect.PostToCollection, ID: "/id",
		Kinds: map[dialect.Refusal]ifmatch.Kind{
			{Status: http.StatusUnprocessableEntity, Code: "taken"}: ifmatch.AlreadyExists,
		},
	})})
	_, err := ifmatch.Create(context.Background(), client, server.URL+"/docs/a", doc{Name: "bob"})
	head, content, _ := strings.Cut(f.last, " {")
	fmt.Println(head)
	fmt.Println("{" + shaOf.ReplaceAllString(content, "$1..."))
	fmt.Println(err.(*ifmatch.ConflictError).Kind)
	// Output:
	// POST /docs
	// {"name":"bob","count":0,"id":"a"}
	// already exists
}

// A creation as a write with the version that means "nothing yet".
func ExampleCreation() {
	f := &fake{family: headed{}, docs: map[string]stored{}, arrived: map[string]int{}}
	server := httptest.NewServer(f)
	defer server.Close()
	client := ifmatch.New(&ifmatch.Options{Dialect: dialect.Version(dialect.VersionOptions{
		Header: "X-Revision", ToHeader: "X-If-Revision", First: "none", // or Create: one of these rules
	})})
	u, err := ifmatch.Create(context.Background(), client, server.URL+"/docs/a", doc{Name: "bob"})
	head, content, _ := strings.Cut(f.last, " {")
	fmt.Println(head)
	fmt.Println("{" + shaOf.ReplaceAllString(content, "$1..."))
	fmt.Println(u.ETag, err)
	// Output:
	// PUT /docs/a X-If-Revision: none
	// {"name":"bob","count":0}
	// rev-1 <nil>
}

// A dialect written by hand, for an API that answers a GET with {"revision": 7, "document": {...}},
// wants the revision in the query and says 460 when it is old.
func Example() {
	revision, document := jsonmerge.Pointer{"revision"}, jsonmerge.Pointer{"document"}
	enveloped := &ifmatch.Dialect{
		Name: "enveloped",
		Read: func(_ *http.Response, content, sent []byte) ([]byte, string, error) {
			if sent != nil {
				return nil, "", nil // the answer to a write says nothing: the next write looks first
			}
			version, err := revision.Get(content)
			if err != nil {
				return nil, "", err
			}
			doc, err := document.Get(content)
			return doc, string(version), err
		},
		Guard: func(w *http.Request, version string, content []byte) ([]byte, error) {
			if version == "" {
				version = "0"
			}
			q := w.URL.Query()
			q.Set("revision", version)
			w.URL.RawQuery = q.Encode()
			return content, nil
		},
		Kind: func(e *ifmatch.ResponseError) ifmatch.Kind {
			if e.StatusCode == 460 {
				return ifmatch.StaleVersion
			}
			return ifmatch.Unknown
		},
	}

	example(envelopes{}, "/docs/a", "/docs/a", ifmatch.Options{Dialect: enveloped})
	// Output:
	// PUT /docs/a?revision=7
	// {"name":"ann","count":5}
	// the next version:
}
