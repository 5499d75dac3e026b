package dialect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// AzureBlob is the dialect of block blobs in Azure Blob Storage. It is RFC 9110 with three things
// to know: PUT wants x-ms-blob-type, answers without content, and its ETag is that of what was
// sent. A stale tag is a 412 (ConditionNotMet).
//
//   - Put, Save, Update: Put Blob with If-Match.
//   - Create: Put Blob with If-None-Match: *; 409 (BlobAlreadyExists) if there is one.
//   - Delete: DELETE with If-Match.
//
// Put Blob replaces metadata, tags and properties (other than Content-Type, Content-Encoding and
// Content-Language, which are sent again as they were read): put those to be kept, such as
// x-ms-meta-*, into [ifmatch.Options].Header, and x-ms-version too.
//
// What cannot be guarded: PATCH, which blobs do not have. Append and page blobs are refused: Put
// Blob would replace them by a block blob.
//
// Source: Azure Storage, "Put Blob", "Specifying conditional headers for Blob service operations".
func AzureBlob() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "Azure Blob", Read: readAzureBlob, Form: formAzureBlob, Guard: guardByTag}
}

const blobType = "x-ms-blob-type"

func readAzureBlob(answer *http.Response, content, _ []byte) ([]byte, string, error) {
	tag := ifmatch.EntityTag(answer)
	if answer.Request.Method != http.MethodGet {
		if len(content) > 0 || tag.IsWeak() {
			return nil, "", nil // somebody in between speaks
		}
		return nil, string(tag), nil
	}
	if t := answer.Header.Get(blobType); t != "" && t != "BlockBlob" {
		return nil, "", fmt.Errorf("a blob of type %q is not written whole", t)
	}
	return content, string(tag), nil
}

func formAzureBlob(w *http.Request, content []byte) ([]byte, error) {
	switch w.Method {
	case http.MethodPut:
		if w.Header.Get(blobType) == "" {
			w.Header.Set(blobType, "BlockBlob")
		}
	case http.MethodDelete:
	default:
		return nil, unable(w)
	}
	return content, nil
}

// AzureTable is the dialect of entities in Azure Table Storage (and the Table API of Cosmos DB), at
// URLs like .../Table(PartitionKey='p',RowKey='r'). The version is the weak entity tag
// W/"datetime'...'", which goes back in If-Match exactly so; its strong form is a 400. A stale tag
// is a 412 (UpdateConditionNotSatisfied).
//
//   - Put, Save, Update: Update Entity, a PUT with If-Match. (Without it, it would be
//     an upsert.)
//   - With [ifmatch.Options].PatchFormat application/merge-patch+json: Merge Entity, a
//     PATCH. It cannot remove a property, and a patch that would is refused.
//   - Create: Insert Entity, a POST to the table with the keys that the URL names; 409
//     (EntityAlreadyExists) if there is one.
//   - Delete: DELETE with If-Match.
//
// The answer to a write, 204 with ETag, is trusted; Timestamp shows its old value until the next
// read, and the service ignores it in writes. Put Accept, such as
// application/json;odata=nometadata, into [ifmatch.Options].Header.
//
// What cannot be guarded: a PUT with $select in its URL, and entity group transactions.
//
// Source: Azure Storage, "Update Entity", "Merge Entity", "Insert Entity", "Delete Entity".
func AzureTable() *ifmatch.Dialect {
	return &ifmatch.Dialect{Name: "Azure Table", Read: readOData, Form: formAzureTable, Guard: guardAzureTable,
		ServerMembers: append(slices.Clone(odataTags), jsonmerge.Pointer{"Timestamp"})}
}

func formAzureTable(w *http.Request, content []byte) ([]byte, error) {
	if w.Method == http.MethodPatch && mediaType(w) == mergePatch {
		var properties map[string]json.RawMessage
		if err := json.Unmarshal(content, &properties); err != nil {
			return nil, err
		}
		for name, value := range properties {
			if bytes.Equal(value, []byte("null")) {
				return nil, fmt.Errorf("a merge cannot remove the property %q: write the entity whole", name)
			}
		}
	}
	return formOData(w, content)
}

func guardAzureTable(w *http.Request, version string, content []byte) ([]byte, error) {
	if version == "" {
		return insertEntity(w, content)
	}
	return guardByTag(w, version, content)
}

func insertEntity(w *http.Request, content []byte) ([]byte, error) {
	if w.Method != http.MethodPut {
		return nil, errors.New("an entity is inserted whole")
	}
	segment, err := toCollection(w.URL)
	if err != nil {
		return nil, err
	}
	table, keys, err := entityKeys(segment)
	if err != nil {
		return nil, err
	}
	w.Method = http.MethodPost
	w.URL.RawPath += "/" + url.PathEscape(table)
	w.URL.Path += "/" + table
	if w.Header.Get("Prefer") == "return=representation" {
		w.Header.Set("Prefer", "return-content") // the name that it has here
	}
	for _, key := range [...]string{"PartitionKey", "RowKey"} {
		if content, err = withNamed(content, jsonmerge.Pointer{key}, keys[key]); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// entityKey is one key of an entity's URL: a literal in single quotes, doubled inside (OData 3 URI
// Conventions §3.1).
var entityKey = regexp.MustCompile(`^\s*(PartitionKey|RowKey)\s*=\s*'((?:[^']|'')*)'\s*(,|$)`)

// entityKeys takes the last segment of an entity's URL apart.
func entityKeys(segment string) (table string, keys map[string]string, err error) {
	table, rest, ok := strings.Cut(segment, "(")
	rest, closed := strings.CutSuffix(rest, ")")
	keys = map[string]string{}
	for ok && closed && rest != "" {
		m := entityKey.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		keys[m[1]] = strings.ReplaceAll(m[2], "''", "'")
		rest = rest[len(m[0]):]
	}
	if !ok || !closed || table == "" || rest != "" || len(keys) != 2 {
		return "", nil, errors.New("the URL does not end like Table(PartitionKey='...',RowKey='...')")
	}
	return table, keys, nil
}
