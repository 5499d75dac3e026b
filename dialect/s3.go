package dialect

import (
	"net/http"

	"github.com/ifmatch-go/ifmatch"
)

// S3 is the dialect of objects in Amazon S3 and of stores that follow it. It is RFC 9110 with
// things to know: the answer to PUT has no content, and its ETag is that of the object as it was
// sent. A stale tag is a 412 (PreconditionFailed), an object that was deleted a 404, and 409
// (ConditionalRequestConflict) says that somebody is writing at this moment: the newest version is
// fetched and the write made again.
//
//   - Put, Save, Update: PutObject with If-Match.
//   - Create: PutObject with If-None-Match: *.
//   - Delete: DeleteObject with If-Match.
//
// PutObject replaces the user metadata and the tags: put those to be kept, such as x-amz-meta-*,
// into [ifmatch.Options].Header. An ETag is of the content alone, so a content that returns (A, B,
// A) brings its tag back. Signing is the business of [ifmatch.Options].HTTPClient, and has to come
// after the conditions.
//
// What cannot be guarded: PATCH and multipart uploads. Some stores that follow S3 ignore If-Match,
// for DELETE above all, and no client can tell beforehand.
//
// Source: Amazon S3 User Guide, "Conditional requests"; API Reference, PutObject and DeleteObject.
func S3() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "S3", Read: readS3, Form: formS3, Guard: guardByTag, HashTags: true}
}

func readS3(answer *http.Response, content, _ []byte) ([]byte, string, error) {
	tag := ifmatch.EntityTag(answer)
	if answer.Request.Method == http.MethodGet {
		return content, string(tag), nil
	}
	if len(content) > 0 || tag.IsWeak() { // an error after 200, or somebody in between
		return nil, "", nil
	}
	return nil, string(tag), nil
}

func formS3(w *http.Request, content []byte) ([]byte, error) {
	if w.Method != http.MethodPut && w.Method != http.MethodDelete {
		return nil, unable(w)
	}
	return content, nil
}
