package probe

import (
	"context"
	"net/http"
	"strings"

	"github.com/ifmatch-go/ifmatch"
)

// Tag is the entity tag of one answer (RFC 9110 §8.8.3). The zero value means that the answer has
// none.
type Tag struct {
	// Value is what goes into If-Match, byte for byte; empty if there is none or if none of Fields
	// is usable.
	Value ifmatch.ETag

	Fields  []string // field values as received
	Trailer bool     // they came in the trailer section
	Why     string   // why none of Fields is usable, as ifmatch says it; empty if one is
}

// Unquoted reports whether the tag lacks the quotes that RFC 9110 §8.8.3 demands.
func (t Tag) Unquoted() bool { return t.Value != "" && !strings.HasSuffix(string(t.Value), `"`) }

// opaque is what stands between the quotes.
func (t Tag) opaque() string { return strings.Trim(strings.TrimPrefix(string(t.Value), "W/"), `"`) }

func (a *answer) tag() Tag {
	if a.response == nil {
		return Tag{}
	}
	t := Tag{Value: ifmatch.EntityTag(a.response), Fields: a.header.Values("ETag")}
	if len(t.Fields) == 0 {
		t.Fields = a.response.Trailer.Values("ETag")
		t.Trailer = len(t.Fields) > 0
	}
	if t.Value != "" || len(t.Fields) == 0 {
		return t
	}
	t.Why = "several different entity tags"
	for _, field := range t.Fields {
		if field == "" {
			t.Why = "empty entity tag"
		} else if err := ifmatch.ETag(field).Guard(&http.Request{Header: http.Header{}}); err != nil {
			t.Why = strings.TrimPrefix(err.Error(), ifmatch.ErrNoValidator.Error()+": ")
		}
	}
	return t
}

// Alteration says what becomes of the entity tag when content is compressed (RFC 9110 §8.8.3.3
// wants another strong tag for the other form).
type Alteration string

const (
	NotCompressed Alteration = ""         // no compressed form was offered
	SameTag       Alteration = "same"     // the tag of the identity form
	Weakened      Alteration = "weakened" // the same with W/, as nginx does
	Suffixed      Alteration = "suffixed" // the same with something appended, as Apache does: "x-gzip"
	Dropped       Alteration = "dropped"  // none, as Envoy does
	OtherTag      Alteration = "other"    // another one
)

// alteration compares the tag of the identity form with that of the compressed form.
func alteration(plain, coded Tag) Alteration {
	switch {
	case plain.Value == coded.Value:
		return SameTag
	case coded.Value == "":
		return Dropped
	case plain.Value == "":
		return OtherTag
	case plain.Value.WeakEqual(coded.Value):
		return Weakened
	case strings.HasPrefix(coded.opaque(), plain.opaque()):
		return Suffixed
	}
	return OtherTag
}

// state is what a GET showed.
type state struct {
	*answer
	tag     Tag
	date    string // Last-Modified, if it is strong
	members []Member
}

func (p *prober) state(ctx context.Context, a *answer) *state {
	s := &state{answer: a, tag: a.tag()}
	if a.status == http.StatusOK {
		_, s.date = a.validators(ctx)
		if !a.cut {
			s.members = versionMembers(a.content)
		}
	}
	return s
}
