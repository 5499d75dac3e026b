package ifmatch

import (
	"net/http"
	"strings"
)

// An ETag is an entity tag, byte for byte as the origin server sent it (RFC 9110 §8.8.3): `"abc"`,
// `W/"abc"`, and also the unquoted `abc` of servers that leave the quotes out. It is opaque. It
// goes back in If-Match exactly as it came, because a server compares what it receives with what it
// sent and knows nothing of a tidier form.
//
// The zero value means that there is no tag; it compares unequal to everything, itself included.
// `""` (two quotes) is a tag like any other. An ETag is a value and may be used from several
// goroutines.
type ETag string

// IsWeak reports whether the tag carries the prefix W/, whose case matters (RFC 9110 §8.8.3). A
// weak tag may stay the same while the representation changes.
func (t ETag) IsWeak() bool { return strings.HasPrefix(string(t), weakPrefix) }

// StrongEqual compares as If-Match does: both tags are strong and their bytes are equal (RFC 9110
// §8.8.3.2).
func (t ETag) StrongEqual(u ETag) bool { return t != "" && t == u && !t.IsWeak() }

// WeakEqual compares as If-None-Match does: the bytes are equal when W/ is left aside (RFC 9110
// §8.8.3.2).
func (t ETag) WeakEqual(u ETag) bool {
	return t != "" && u != "" &&
		strings.TrimPrefix(string(t), weakPrefix) == strings.TrimPrefix(string(u), weakPrefix)
}

const (
	weakPrefix = "W/"

	// maxETag bounds a tag in bytes. We send it back with every write, so its length must not be
	// the server's choice.
	maxETag = 8 << 10
)

// selectETag picks the one tag that may go into If-Match, out of the header or, when that has no
// ETag field at all, out of the trailer (RFC 9110 §8.8.3). Repeated fields that agree count once;
// of several different ones the single strong one is taken, since the others can only be weaker
// descriptions of the same representation. When nothing is usable the tag is empty and why says, in
// a few words, what was wrong; why is empty too when no tag was sent.
func selectETag(header, trailer http.Header) (tag ETag, why string) {
	fields := header.Values("ETag")
	if len(fields) == 0 {
		fields = trailer.Values("ETag")
	}
	var strong, weak []ETag // each without repeats
	for _, field := range fields {
		if reason := unusableETag(field); reason != "" {
			why = reason
			continue
		}
		tag := ETag(field)
		group := &strong
		if tag.IsWeak() {
			group = &weak
		}
		if len(*group) > 0 && (*group)[0] == tag {
			continue
		}
		*group = append(*group, tag)
	}
	switch {
	case len(strong) == 1:
		return strong[0], ""
	case len(strong) == 0 && len(weak) == 1:
		return weak[0], ""
	case len(strong)+len(weak) > 0:
		return "", "several different entity tags"
	}
	return "", why
}

// unusableETag says why a field value cannot be echoed in If-Match, or "" when it can. It is
// lenient with what servers invent inside a tag (spaces, slashes, no quotes) and strict with what
// would turn into something else on the way back: a "*" matches any representation, a list matches
// several, a control character breaks the request.
func unusableETag(v string) string {
	if v == "" {
		return "empty entity tag"
	}
	if len(v) > maxETag {
		return "entity tag longer than 8 KiB"
	}
	for i := range len(v) {
		if v[i] < ' ' || v[i] == 0x7f {
			return "control character in the entity tag"
		}
	}
	opaque := strings.TrimPrefix(v, weakPrefix)
	if opaque == "*" {
		return `"*" is not an entity tag`
	}
	if inner, ok := strings.CutPrefix(opaque, `"`); ok {
		// A quote cannot occur inside a tag, so one there means a list or a tag that was cut short.
		if i := strings.IndexByte(inner, '"'); i < 0 || i != len(inner)-1 {
			return "entity tag with misplaced quotes"
		}
		return ""
	}
	if opaque == "" || strings.ContainsAny(opaque, "\", ") {
		return "unquoted entity tag with a comma, a space or a quote"
	}
	return ""
}

// weakTags says what becomes of a weak entity tag. If-Match compares strongly (RFC 9110 §13.1.1),
// so by the letter a weak tag never matches. OData, FHIR and Azure Tables want it back exactly as
// it came all the same.
type weakTags uint8

const (
	echoWeakTags weakTags = iota
	stripWeakTags
	refuseWeakTags
)

// precondition returns the condition that a validator makes. The server compares the tag byte for
// byte, so it goes out as it came in.
func (w weakTags) precondition(tag ETag, lastModified string) (precondition, error) {
	switch {
	case tag == "":
	case !tag.IsWeak() || w == echoWeakTags:
		return precondition{byTag, string(tag)}, nil
	case w == stripWeakTags:
		return precondition{byTag, string(tag[len(weakPrefix):])}, nil
	}
	if lastModified != "" {
		return precondition{byDate, lastModified}, nil
	}
	return precondition{}, ErrNoValidator
}
