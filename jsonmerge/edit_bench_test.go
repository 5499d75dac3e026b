package jsonmerge_test

import (
	"fmt"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// The edits are those of the merge benchmarks: a few counters changed in a document of records, one
// record added. The view shows all of the document.
func BenchmarkEdit(b *testing.B) {
	benchmarkVersions(b, func(before, after []byte) ([]byte, error) { return jsonmerge.Edit(before, before, after, nil) })
}

func BenchmarkCreatePatch(b *testing.B) {
	benchmarkVersions(b, func(before, after []byte) ([]byte, error) { return jsonmerge.CreatePatch(before, after, nil) })
}

func BenchmarkApplyPatch(b *testing.B) {
	var doc, patch []byte
	benchmarkVersions(b, func(before, after []byte) ([]byte, error) {
		if len(doc) != len(before) {
			var err error
			if patch, err = jsonmerge.CreatePatch(before, after, nil); err != nil {
				return nil, err
			}
			doc = before
		}
		return jsonmerge.ApplyPatch(doc, patch, nil)
	})
}

func benchmarkVersions(b *testing.B, do func(before, after []byte) ([]byte, error)) {
	for _, c := range []struct{ size, edits int }{{10 << 10, 3}, {1 << 20, 10}} {
		base, local, _ := triple(c.size, c.edits)
		b.Run(fmt.Sprintf("%dKB", c.size>>10), func(b *testing.B) {
			b.SetBytes(int64(len(base)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := do(base, local); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
