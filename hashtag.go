package ifmatch

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// leastHash is how many characters of a hash an entity tag has to hold to count as one: 32 bits in
// hexadecimal digits.
const leastHash = 8

// hashOf reports whether an entity tag is made of a hash of the content: MD5, SHA-1 or SHA-256, in
// hexadecimal digits or in base64, whole or cut, with something in front or not. Such a tag names
// the content and no version: it comes back when the content does.
func hashOf(tag ETag, content []byte) bool {
	opaque := strings.Trim(strings.TrimPrefix(string(tag), weakPrefix), `"`)
	if len(opaque) < leastHash || content == nil {
		return false
	}
	lower := strings.ToLower(opaque)
	m, s, l := md5.Sum(content), sha1.Sum(content), sha256.Sum256(content)
	for _, sum := range [][]byte{m[:], s[:], l[:]} {
		if strings.Contains(lower, hex.EncodeToString(sum)[:leastHash]) ||
			strings.Contains(opaque, base64.StdEncoding.EncodeToString(sum)[:leastHash]) ||
			strings.Contains(opaque, base64.URLEncoding.EncodeToString(sum)[:leastHash]) {
			return true
		}
	}
	return false
}
