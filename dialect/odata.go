package dialect

import (
	"net/http"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// OData is the dialect of OData services: SAP, Dynamics and Dataverse, Microsoft Graph. The version
// is the entity tag of the body (@odata.etag, in 4.01 also @etag), which nothing on the way alters,
// else the ETag field. The tags are weak as a rule, and go back in If-Match exactly as they came,
// which OData demands against RFC 9110 §13.1.1. A stale tag is a 412, a write without one a 428
// where the service requires it.
//
//   - Put, Save, Update: PUT with If-Match.
//   - With [ifmatch.Options].PatchFormat application/merge-patch+json: PATCH with
//     application/json, for services without PUT. To OData a null is a value, so a
//     property that falls away is set to null.
//   - Create: PUT with If-None-Match: *, an upsert that only inserts.
//   - Delete: DELETE with If-Match.
//
// The answer to a write is trusted: the entity with its tag, or, without content, the ETag field as
// that of the entity as it was sent. Where the service computes further properties, the latter
// lacks them until the next read.
//
// What cannot be guarded: a PUT with $select or $expand in its URL, by which a part would replace
// the whole (PATCH it instead); a service that shows tags and does not look at If-Match; a tag
// alone proves nothing (OData 4.01 Part 1 §8.3.1).
//
// Source: OData 4.01 Part 1 §8.2.4, §8.2.5, §8.3.1, §11.4.1.1; JSON Format §4.5.10.
func OData() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "OData", Read: readOData, Form: formOData, Guard: guardByTag, ServerMembers: odataTags}
}

// odataTags are the annotations with the entity tag: version 4, 4.01, and 3, which Azure Tables
// speaks.
var odataTags = []jsonmerge.Pointer{{"@odata.etag"}, {"@etag"}, {"odata.etag"}}

// odataParts are the parameters that select a part of an entity, or of what belongs to it.
var odataParts = []string{"$select", "$expand", "$compute", "$apply"}

func readOData(answer *http.Response, content, sent []byte) ([]byte, string, error) {
	version := ""
	for _, p := range odataTags {
		if version = text(content, p); version != "" {
			return content, version, nil // a receipt has none
		}
	}
	version = string(ifmatch.EntityTag(answer))
	switch {
	case answer.Request.Method == http.MethodGet || covers(content, sent, odataAnnotation):
		return content, version, nil
	case len(content) > 0 || version == "":
		return nil, "", nil
	}
	for _, p := range odataTags {
		if doc := renewed(sent, p, quoted(version)); doc != nil {
			return doc, version, nil
		}
	}
	return nil, version, nil
}

func odataAnnotation(name string) bool {
	return strings.Contains(name, "@") || strings.HasPrefix(name, "odata.")
}

func formOData(w *http.Request, content []byte) ([]byte, error) {
	switch w.Method {
	case http.MethodPatch:
		if mediaType(w) != mergePatch && mediaType(w) != "application/json" {
			return nil, unable(w)
		}
		w.Header.Set("Content-Type", "application/json")
	case http.MethodDelete:
		// The wish for a representation is refused (OData 4.01 Part 1 §8.2.8.7).
		if strings.HasPrefix(w.Header.Get("Prefer"), "return") {
			w.Header.Del("Prefer")
		}
	}
	return content, whole(w, odataParts...)
}
