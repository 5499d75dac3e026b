package ifmatchtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const mergePatchType = "application/merge-patch+json"

// mergePatch applies a JSON Merge Patch (RFC 7396 §2). Numbers keep their digits; the members of
// the result are sorted.
func mergePatch(content, patch []byte) ([]byte, error) {
	target, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("the resource is no JSON: %w", err)
	}
	change, err := decode(patch)
	if err != nil {
		return nil, fmt.Errorf("the patch is no JSON: %w", err)
	}
	return encode(merged(target, change)), nil
}

func merged(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	members, ok := target.(map[string]any)
	if !ok {
		members = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(members, name)
		} else {
			members[name] = merged(members[name], value)
		}
	}
	return members
}

// decode relies on encoding/json for the limit of nesting, 10,000 deep.
func decode(content []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(content))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return value, nil
}

// encode writes a value that decode returned, or that was made of such values: there is nothing it
// could refuse.
func encode(value any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// StampRevision is an [Options.Transform] that writes the number of the version into the member
// "revision" of a JSON object, as servers do that keep the version in the document. Other content
// is stored as it comes.
func StampRevision(_ string, version int, content []byte) []byte {
	value, err := decode(content)
	members, ok := value.(map[string]any)
	if err != nil || !ok {
		return content
	}
	members["revision"] = version
	return encode(members)
}
