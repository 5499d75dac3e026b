package ifmatchtest

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// TagForm is the form of an origin's entity tags.
type TagForm int

const (
	// VersionTags are strong and name the version: "v1", "v2", ... No tag is used twice, not even
	// after a deletion.
	VersionTags TagForm = iota
	// WeakTags name the version, but weakly: W/"v1". Without [Options.WeakMatch] no If-Match with
	// one ever holds.
	WeakTags
	// ContentTags are strong and a hash of the content: when the content goes from A to B and back
	// to A, so does the tag.
	ContentTags
	// NoTags is a server without entity tags; Last-Modified is the only validator.
	NoTags
	// UnquotedTags lack the quotes that RFC 9110 §8.8.3 demands: v1. If-Match wants the same bytes
	// back.
	UnquotedTags
	// DoubledTags come twice in one answer, weak and strong: W/"v1" and "v1". If-Match wants the
	// strong one.
	DoubledTags
	// TrailerTags are strong and come in the trailer section (RFC 9110 §8.8.3), so only with
	// answers that have a body.
	TrailerTags
)

// tag returns the tag that If-Match is compared with, "" for none.
func (f TagForm) tag(v *version) string {
	if v == nil {
		return ""
	}
	switch f {
	case NoTags:
		return ""
	case WeakTags:
		return fmt.Sprintf(`W/"v%d"`, v.number)
	case UnquotedTags:
		return fmt.Sprintf(`v%d`, v.number)
	case ContentTags:
		return contentTag(v.content)
	default:
		return fmt.Sprintf(`"v%d"`, v.number)
	}
}

func contentTag(content []byte) string {
	sum := sha256.Sum256(content)
	return fmt.Sprintf(`"%x"`, sum[:8])
}

// WriteTagPolicy says what entity tag the answer to a successful PUT, PATCH or POST carries.
type WriteTagPolicy int

const (
	// HonestWriteTags are the new version's tag, left out where RFC 9110 §9.3.4 forbids it: the
	// server transformed what was sent and does not return the result.
	HonestWriteTags WriteTagPolicy = iota
	// BlindWriteTags are the new version's tag even for content that the server transformed and
	// does not return.
	BlindWriteTags
	// NoWriteTags leaves the tag out.
	NoWriteTags
	// ReceiptWriteTags are a weak hash of the answer's own body, on errors too, as Express sends
	// them: no GET ever shows that tag, and no If-Match with it holds.
	ReceiptWriteTags
)

// Compression says what becomes of the entity tag of a representation that is sent gzipped.
type Compression int

const (
	// NoCompression sends everything as it is.
	NoCompression Compression = iota
	// CompressSuffix appends to the tag inside its quotes, as Apache does: "v1-gzip".
	CompressSuffix
	// CompressWeaken makes the tag weak, as nginx does: W/"v1".
	CompressWeaken
	// CompressDrop removes the tag, as Envoy does.
	CompressDrop
)

// tag returns what the compressor makes of tag.
func (c Compression) tag(tag string) string {
	switch {
	case tag == "" || c == CompressDrop:
		return ""
	case c == CompressSuffix && strings.HasSuffix(tag, `"`):
		return strings.TrimSuffix(tag, `"`) + `-gzip"`
	case c == CompressWeaken && !isWeak(tag):
		return "W/" + tag
	default:
		return tag
	}
}

func isWeak(tag string) bool { return strings.HasPrefix(tag, "W/") }

// strongEqual and weakEqual are the comparisons of RFC 9110 §8.8.3.2.
func strongEqual(a, b string) bool { return a == b && !isWeak(a) }
func weakEqual(a, b string) bool   { return strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/") }

// splitTags returns the members of an If-Match or If-None-Match value. A comma inside quotes
// belongs to the tag (RFC 9110 §8.8.3). What is no entity tag at all is kept as it stands, up to
// the next comma: it equals no tag, except an unquoted one of a server that uses those.
func splitTags(value string) []string {
	var tags []string
	for value != "" {
		value = strings.TrimLeft(value, " \t,")
		end := 0
		if quoted := strings.TrimPrefix(value, "W/"); strings.HasPrefix(quoted, `"`) {
			if i := strings.IndexByte(quoted[1:], '"'); i >= 0 {
				end = len(value) - len(quoted) + i + 2
			}
		}
		if i := strings.IndexByte(value[end:], ','); i >= 0 {
			end += i
		} else {
			end = len(value)
		}
		if tag := strings.TrimRight(value[:end], " \t"); tag != "" {
			tags = append(tags, tag)
		}
		value = value[end:]
	}
	return tags
}
