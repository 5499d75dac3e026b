package checker

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// tagOf returns the entity tag of a version, empty where the product has none.
func tagOf(p Product, v Version) string {
	if v.Body == nil {
		return ""
	}
	return tagOfBytes(p, v.Body, v.Number, v.Modified)
}

func tagOfBytes(p Product, body []byte, number int, at time.Time) string {
	switch p[Tags] {
	case TagMD5:
		sum := md5.Sum(body)
		return `"` + hex.EncodeToString(sum[:]) + `"`
	case TagSHA1:
		sum := sha1.Sum(body)
		return `"` + base64.StdEncoding.EncodeToString(sum[:]) + `"`
	case TagSHA256:
		sum := sha256.Sum256(body)
		return `"` + hex.EncodeToString(sum[:])[:20] + `"`
	case TagOpaque:
		h := fnv.New64a()
		h.Write([]byte("salt"))
		h.Write(body)
		return fmt.Sprintf(`"%x"`, h.Sum64())
	case TagModified:
		return ""
	case TagSecond:
		return fmt.Sprintf(`"%d"`, at.Unix())
	case TagWeak:
		return fmt.Sprintf(`W/"%d"`, number)
	default:
		return fmt.Sprintf(`"v%d"`, number)
	}
}

// hashTags reports that equal contents have equal tags.
func (p Product) hashTags() bool { return p[Tags] >= TagMD5 && p[Tags] <= TagOpaque }

// matches compares the field If-Match with a version. An origin with weak tags compares weakly, as
// OData demands it.
func (o *origin) matches(field string, v Version) bool {
	if o.product[Tags] == TagEachRequest {
		return false
	}
	for part := range strings.SplitSeq(field, ",") {
		if strings.TrimSpace(part) == v.Tag && v.Tag != "" {
			return true
		}
	}
	return false
}

// sameSecond reports that two versions of one second look the same, so that no condition told them
// apart: by their tag, or by a Last-Modified that a Date of another server makes look old enough.
func (o *origin) sameSecond() bool {
	tags, reads := o.product[Tags], o.product[Reads]
	lying := reads == ReadsCacheSilent || reads == ReadsReplicaSilent
	if tags != TagSecond && (tags != TagModified || !lying) {
		return false
	}
	seen := map[int64]bool{}
	for _, v := range o.versions {
		if v.Body != nil && seen[v.Modified.Unix()] {
			return true
		}
		seen[v.Modified.Unix()] = true
	}
	return false
}
