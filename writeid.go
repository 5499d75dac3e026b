package ifmatch

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// writeID is the identifier that one write leaves in the document, so that it can be recognised
// when its answer was lost ([Options].WriteID). Content alone cannot prove a write: two clients
// that add one to the same number write the same.
type writeID struct {
	pointer jsonmerge.Pointer
	id      []byte // as a JSON text
	before  []byte // the newest identifier before this one; nil if the list was empty
	list    bool   // the member is a list of the newest identifiers
}

// maxWriteIDs is how many identifiers a list keeps.
const maxWriteIDs = 32

// newWriteID leaves a new identifier in the document.
func newWriteID(pointer jsonmerge.Pointer, doc []byte) (*writeID, []byte, error) {
	s := &writeID{pointer: pointer, id: fmt.Appendf(nil, "%q", rand.Text())}
	var ids []json.RawMessage
	if v, err := pointer.Get(doc); err == nil && json.Unmarshal(v, &ids) == nil && ids != nil {
		s.list = true
	}
	path := pointer.String()
	type op struct {
		Op    string          `json:"op"`
		Path  string          `json:"path"`
		Value json.RawMessage `json:"value,omitempty"`
	}
	ops := []op{{"add", path, s.id}} // adds the member, or replaces it (RFC 6902 §4.1)
	if s.list {
		ops[0].Path += "/-"
		for range max(len(ids)+1-maxWriteIDs, 0) {
			ops = append(ops, op{"remove", path + "/0", nil})
		}
		if n := len(ids); n > 0 {
			s.before = ids[n-1]
		}
	}
	patch, err := json.Marshal(ops)
	if err == nil {
		doc, err = jsonmerge.ApplyPatch(doc, patch, nil)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("leaving the write identifier at %s: %w", quote(path), err)
	}
	return s, doc, nil
}

// recognise reports whether the content shows the identifier, and if not, whether that proves that
// the write did not take effect. It does if the list goes on after the identifier that was the
// newest before this write: then the content is newer than what the write was made from, not
// something old out of a cache, and a list that reaches back so far would have this write's too.
func (s *writeID) recognise(content []byte) (there, excluded bool) {
	v, err := s.pointer.Get(content)
	if err != nil {
		return false, false
	}
	if !s.list {
		same, err := jsonmerge.Equal(v, s.id)
		return same && err == nil, false
	}
	var ids []json.RawMessage
	if json.Unmarshal(v, &ids) != nil {
		return false, false
	}
	last := -1 // where the newest one before this write is; before the list if there was none
	if s.before != nil || len(ids) >= maxWriteIDs {
		last = len(ids)
	}
	for i, id := range ids {
		switch {
		case bytes.Equal(id, s.id):
			return true, false
		case s.before != nil && bytes.Equal(id, s.before):
			last = i
		}
	}
	return false, last+1 < len(ids)
}

// in reports whether the content shows the identifier.
func (s *writeID) in(content []byte) bool {
	if s == nil || content == nil {
		return false
	}
	there, _ := s.recognise(content)
	return there
}
