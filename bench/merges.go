package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/wI2L/jsondiff"
	jsonpatchv4 "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
)

// A Merge is a way to get from three JSON documents to one. Tests check what its fields say.
type Merge struct {
	Name string

	ThreeWay  bool // the result has the changes of both sides
	Conflicts bool // changes of both sides to one member are an error, and not the last one's
	Digits    bool // a 63-bit integer in a changed place comes through
	Nulls     bool // a null that was added comes through (RFC 7396 cannot say it)
	Strict    bool // text that is not JSON is an error, and no panic

	Run func(Triple) ([]byte, error)
}

// Merges are the ways to merge, jsonmerge first.
var Merges = []Merge{
	{
		Name: "jsonmerge.Merge", ThreeWay: true, Conflicts: true, Digits: true, Nulls: true, Strict: true,
		Run: func(t Triple) ([]byte, error) {
			return jsonmerge.Merge(t.Base, t.Local, t.Remote, nil)
		},
	},
	{
		Name: "encoding/json, walk of maps", ThreeWay: true, Conflicts: true, Nulls: true, Strict: true,
		Run: func(t Triple) ([]byte, error) {
			return walkMaps(t, json.Unmarshal)
		},
	},
	{
		Name: "encoding/json, walk of maps, UseNumber", ThreeWay: true, Conflicts: true, Digits: true, Nulls: true,
		Strict: true, Run: func(t Triple) ([]byte, error) {
			return walkMaps(t, UnmarshalNumbers)
		},
	},
	{
		Name: "evanphx/json-patch v5, CreateMergePatch + MergePatch", ThreeWay: true, Digits: true,
		Run: func(t Triple) ([]byte, error) {
			patch, err := jsonpatch.CreateMergePatch(t.Base, t.Local)
			if err != nil {
				return nil, err
			}
			return jsonpatch.MergePatch(t.Remote, patch)
		},
	},
	{
		Name: "k8s.io/apimachinery, three-way JSON merge patch + evanphx v4", Strict: true,
		Run: func(t Triple) ([]byte, error) {
			patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(t.Base, t.Local, t.Remote)
			if err != nil {
				return nil, err
			}
			return jsonpatchv4.MergePatch(t.Remote, patch)
		},
	},
	{
		Name: "wI2L/jsondiff + evanphx v5 Apply", ThreeWay: true, Nulls: true, Strict: true,
		Run: func(t Triple) ([]byte, error) {
			diff, err := jsondiff.CompareJSON(t.Base, t.Local)
			if err != nil {
				return nil, err
			}
			text, err := json.Marshal(diff)
			if err != nil {
				return nil, err
			}
			patch, err := jsonpatch.DecodePatch(text)
			if err != nil {
				return nil, err
			}
			return patch.Apply(t.Remote)
		},
	},
}

// Scan is what a merge is compared with: the standard library reads the three documents, and does
// nothing with them.
func Scan(t Triple) error {
	for _, doc := range [][]byte{t.Base, t.Local, t.Remote} {
		if !json.Valid(doc) {
			return errors.New("bench: a document is not JSON")
		}
	}
	return nil
}

// UnmarshalNumbers is json.Unmarshal but for numbers, which keep their digits.
func UnmarshalNumbers(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// walkMaps is the three-way merge that a programmer writes by hand: decode, walk the objects,
// encode. It goes down where all three have objects, and what is anything else is compared whole.
func walkMaps(t Triple, unmarshal func([]byte, any) error) ([]byte, error) {
	var b, l, r any
	if err := errors.Join(unmarshal(t.Base, &b), unmarshal(t.Local, &l), unmarshal(t.Remote, &r)); err != nil {
		return nil, err
	}
	merged, err := walk(b, l, r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merged)
}

// missing stands for a member that is not there, which null is not.
type missing struct{}

func walk(b, l, r any) (any, error) {
	bm, inBase := b.(map[string]any)
	lm, inLocal := l.(map[string]any)
	rm, inRemote := r.(map[string]any)
	if inBase && inLocal && inRemote {
		return walkMembers(bm, lm, rm)
	}
	switch {
	case reflect.DeepEqual(b, r), reflect.DeepEqual(l, r):
		return l, nil
	case reflect.DeepEqual(b, l):
		return r, nil
	}
	return nil, errors.New("both changed it")
}

func walkMembers(b, l, r map[string]any) (map[string]any, error) {
	merged := make(map[string]any, len(l))
	for name := range l {
		if err := walkMember(merged, name, b, l, r); err != nil {
			return nil, err
		}
	}
	for name := range r {
		if _, done := l[name]; done {
			continue
		}
		if err := walkMember(merged, name, b, l, r); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

func walkMember(merged map[string]any, name string, b, l, r map[string]any) error {
	get := func(m map[string]any) any {
		if v, ok := m[name]; ok {
			return v
		}
		return missing{}
	}
	v, err := walk(get(b), get(l), get(r))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if _, gone := v.(missing); !gone {
		merged[name] = v
	}
	return nil
}
