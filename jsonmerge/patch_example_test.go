package jsonmerge_test

import (
	"errors"
	"fmt"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func ExampleApplyPatch() {
	doc := []byte(`{"name": "Ann", "price": 1.50, "tags": ["x", "y"]}`)
	patch := []byte(`[
		{"op": "test", "path": "/price", "value": 1.5},
		{"op": "replace", "path": "/name", "value": "Bea"},
		{"op": "add", "path": "/tags/1", "value": "new"}
	]`)
	patched, err := jsonmerge.ApplyPatch(doc, patch, nil)
	fmt.Println(string(patched), err)

	_, err = jsonmerge.ApplyPatch(patched, []byte(`[{"op": "test", "path": "/name", "value": "Ann"}]`), nil)
	var failed *jsonmerge.PatchError
	fmt.Println(errors.Is(err, jsonmerge.ErrTestFailed), errors.As(err, &failed))
	fmt.Println(err)
	// Output:
	// {"name": "Bea", "price": 1.50, "tags": ["x", "new", "y"]} <nil>
	// true true
	// jsonmerge: operation 0, test "/name": test failed
}

func ExamplePatchOptions() {
	// Each copy doubles the document; a server's patch must not fill the memory.
	patch := []byte(`[
		{"op":"copy","from":"","path":"/a"},
		{"op":"copy","from":"","path":"/b"},
		{"op":"copy","from":"","path":"/c"}
	]`)
	_, err := jsonmerge.ApplyPatch([]byte(`{"x":"0123456789"}`), patch, &jsonmerge.PatchOptions{MaxCopied: 50})
	fmt.Println(errors.Is(err, jsonmerge.ErrPatchLimit))
	// Output: true
}

func ExampleCreatePatch() {
	a := []byte(`{"owner":"ann","steps":["plan","build","test the whole thing","ship"]}`)
	b := []byte(`{"owner":"bea","steps":["build","test the whole thing","plan","ship"]}`)
	patch, err := jsonmerge.CreatePatch(a, b, nil)
	fmt.Println(string(patch), err)
	// Output: [{"op":"replace","path":"/owner","value":"bea"},{"op":"move","from":"/steps/0","path":"/steps/2"}] <nil>
}

func ExampleCreatePatchOptions() {
	a, b := []byte(`{"quota":10,"used":3}`), []byte(`{"quota":20,"used":3}`)
	patch, err := jsonmerge.CreatePatch(a, b, &jsonmerge.CreatePatchOptions{Tests: true})
	fmt.Println(string(patch), err)
	// Output: [{"op":"test","path":"/quota","value":10},{"op":"replace","path":"/quota","value":20}] <nil>
}

func ExampleApplyMergePatch() {
	doc := []byte(`{"title": "Goodbye!", "author": {"first": "John", "last": "Doe"}, "words": 1.2e3}`)
	patch := []byte(`{"title":"Hello!","author":{"last":null},"phone":"+01-123-456-7890"}`)
	patched, err := jsonmerge.ApplyMergePatch(doc, patch)
	fmt.Println(string(patched), err)
	// Output: {"title": "Hello!", "author": {"first": "John"}, "words": 1.2e3, "phone": "+01-123-456-7890"} <nil>
}

func ExampleCreateMergePatch() {
	patch, err := jsonmerge.CreateMergePatch([]byte(`{"a":1,"b":{"c":2,"d":3}}`), []byte(`{"a":1,"b":{"d":4}}`))
	fmt.Println(string(patch), err)

	_, err = jsonmerge.CreateMergePatch([]byte(`{"a":1}`), []byte(`{"a":null}`))
	fmt.Println(errors.Is(err, jsonmerge.ErrNotExpressible), err)
	// Output:
	// {"b":{"c":null,"d":4}} <nil>
	// true jsonmerge: not expressible as a merge patch: "/a" is null
}

func ExamplePointer_Set() {
	doc := []byte(`{"spec": {"replicas": 1, "ports": [80]}}`)
	doc, err := jsonmerge.Pointer{"spec", "replicas"}.Set(doc, []byte(`3`))
	fmt.Println(string(doc), err)
	doc, err = jsonmerge.Pointer{"spec", "ports", "-"}.Set(doc, []byte(`443`))
	fmt.Println(string(doc), err)
	// Output:
	// {"spec": {"replicas": 3, "ports": [80]}} <nil>
	// {"spec": {"replicas": 3, "ports": [80, 443]}} <nil>
}

func ExamplePointer_Remove() {
	doc, err := jsonmerge.Pointer{"tags", "0"}.Remove([]byte(`{"tags": ["old", "new"], "n": 1.0}`))
	fmt.Println(string(doc), err)
	// Output: {"tags": ["new"], "n": 1.0} <nil>
}
