package bench_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decode is a reading of a document that owes nothing to any of the ways to merge.
func decode(t *testing.T, doc []byte, unmarshal func([]byte, any) error) any {
	t.Helper()
	var v any
	require.NoError(t, unmarshal(doc, &v))
	return v
}

// withoutNulls is a value without its members that are null.
func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, member := range v {
			if member != nil {
				kept[name] = withoutNulls(member)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, e := range v {
			kept[i] = withoutNulls(e)
		}
		return kept
	}
	return v
}

func TestRecordsHaveTheSizeAndTheEditsTheyAreAskedFor(t *testing.T) {
	for _, size := range bench.Sizes[:2] {
		docs := bench.Records(size)
		assert.InEpsilon(t, size.Bytes, len(docs.Base), 0.05)
		assert.Equal(t, size.Edits, strings.Count(string(docs.Local), `"likes":11`))
		assert.Equal(t, size.Edits, strings.Count(string(docs.Remote), `"views":21`))
		assert.Equal(t, docs, bench.Records(size), "the same bytes in every run")
	}
}

func TestEveryMergeDoesWhatItsRowSays(t *testing.T) {
	clean := bench.Records(bench.Sizes[0])

	// The expected document is written down by hand and merged by nobody: local's text with
	// remote's changes in it.
	want := string(clean.Local)
	for _, r := range strings.Split(string(clean.Remote), `"id-`)[1:] {
		if id := r[:6]; strings.Contains(r, `"views":21`) {
			at := strings.Index(want, `"id-`+id)
			want = want[:at] + strings.Replace(want[at:], `"views":20`, `"views":21`, 1)
		}
	}
	added := string(clean.Remote[strings.Index(string(clean.Remote), `,"id-remote"`):])
	want = strings.TrimSuffix(want, "}}") + added

	nulls := bench.Triple{Base: []byte(`{}`), Local: []byte(`{"a":{"x":null}}`), Remote: []byte(`{"b":1}`)}
	conflicting := bench.Triple{Base: []byte(`{"a":1}`), Local: []byte(`{"a":2}`), Remote: []byte(`{"a":3}`)}
	digits := bench.Triple{
		Base:   []byte(`{"a":9007199254740992}`),
		Local:  []byte(`{"a":9007199254740993}`), // what float64 takes for the number above
		Remote: []byte(`{"a":9007199254740992,"b":1}`),
	}
	for _, m := range bench.Merges {
		t.Run(m.Name, func(t *testing.T) {
			got, err := m.Run(clean)
			require.NoError(t, err)
			wantValue, gotValue := decode(t, []byte(want), json.Unmarshal), decode(t, got, json.Unmarshal)
			assert.Equal(t, m.ThreeWay && m.Nulls, assert.ObjectsAreEqual(wantValue, gotValue), "is the merge")
			same := assert.ObjectsAreEqual(withoutNulls(wantValue), withoutNulls(gotValue))
			assert.Equal(t, m.ThreeWay, same, "has the changes of both sides, nulls aside")

			got, err = m.Run(nulls)
			require.NoError(t, err)
			_, present := decode(t, got, json.Unmarshal).(map[string]any)["a"].(map[string]any)["x"]
			assert.Equal(t, m.Nulls, present, "keeps an added null")

			_, err = m.Run(conflicting)
			assert.Equal(t, m.Conflicts, err != nil, "reports a conflict")

			got, err = m.Run(digits)
			require.NoError(t, err)
			value := decode(t, got, bench.UnmarshalNumbers).(map[string]any)["a"]
			assert.Equal(t, m.Digits, value == json.Number("9007199254740993"), "keeps digits: %v", value)
		})
	}
}

func TestTheHandWrittenMergeAgreesWithJSONMergeOnDeletionsAndNull(t *testing.T) {
	for name, docs := range map[string]bench.Triple{
		"deleted by one":  {Base: []byte(`{"a":1,"b":2}`), Local: []byte(`{"b":2}`), Remote: []byte(`{"a":1,"b":3}`)},
		"deleted by both": {Base: []byte(`{"a":1,"b":2}`), Local: []byte(`{"b":2}`), Remote: []byte(`{"b":3}`)},
		"set to null":     {Base: []byte(`{"a":1}`), Local: []byte(`{"a":null}`), Remote: []byte(`{"a":1,"b":[1]}`)},
		"added by both":   {Base: []byte(`{}`), Local: []byte(`{"a":{"x":1}}`), Remote: []byte(`{"a":{"x":1},"b":2}`)},
		"array by one": {
			Base: []byte(`{"a":[1,2]}`), Local: []byte(`{"a":[2,1]}`), Remote: []byte(`{"a":[1,2],"b":2}`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var results []any
			for _, m := range bench.Merges[:3] {
				got, err := m.Run(docs)
				require.NoError(t, err, m.Name)
				results = append(results, decode(t, got, json.Unmarshal))
			}
			assert.Equal(t, results[0], results[1])
			assert.Equal(t, results[0], results[2])
		})
	}
}

func TestScanRefusesWhatIsNotJSON(t *testing.T) {
	require.NoError(t, bench.Scan(bench.Records(bench.Sizes[0])))
	require.Error(t, bench.Scan(bench.Triple{Base: []byte(`{}`), Local: []byte(`{`), Remote: []byte(`{}`)}))
}

func TestGitAndMergeTextAgreeOnTheLines(t *testing.T) {
	if !bench.HasGit() {
		t.Skip("there is no git")
	}
	docs := bench.Lines(200, 5)
	got, err := jsonmerge.MergeText(docs.Base, docs.Local, docs.Remote, nil)
	require.NoError(t, err)
	want, err := bench.GitMergeFile(t.TempDir(), docs)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	assert.Equal(t, 5, strings.Count(string(got), "(local)"))
	assert.Equal(t, 5, strings.Count(string(got), "(remote)"))
}

func TestGitMergeFileReportsAFolderItCannotWriteTo(t *testing.T) {
	_, err := bench.GitMergeFile(t.TempDir()+"/missing", bench.Lines(10, 1))
	require.Error(t, err)
}

func TestEveryStrictMergeRefusesWhatIsNotJSON(t *testing.T) {
	refuses := func(m bench.Merge, docs bench.Triple) (refused bool) {
		defer func() { recover() }()
		_, err := m.Run(docs)
		return err != nil
	}
	for _, m := range bench.Merges {
		strict := true
		for _, docs := range []bench.Triple{
			{Base: []byte(`{`), Local: []byte(`{"a":1}`), Remote: []byte(`{"b":1}`)},
			{Base: []byte(`{}`), Local: []byte(`{"a":`), Remote: []byte(`{"b":1}`)},
			{Base: []byte(`{}`), Local: []byte(`{"a":1}`), Remote: []byte(`{"b":1`)},
		} {
			strict = strict && refuses(m, docs)
		}
		assert.Equal(t, m.Strict, strict, m.Name)
	}
}

func TestTheHandWrittenMergeNamesTheMemberInConflict(t *testing.T) {
	for name, docs := range map[string]bench.Triple{
		"changed by both": {
			Base: []byte(`{"a":{"b":1}}`), Local: []byte(`{"a":{"b":2}}`), Remote: []byte(`{"a":{"b":3}}`),
		},
		"deleted here, changed there": {
			Base: []byte(`{"a":{"b":1}}`), Local: []byte(`{"a":{}}`), Remote: []byte(`{"a":{"b":3}}`),
		},
	} {
		_, err := bench.Merges[1].Run(docs)
		assert.EqualError(t, err, "a: b: both changed it", name)
	}
}

func TestHostileDocumentsAreJSONAndGrowInProportion(t *testing.T) {
	for _, family := range bench.Families {
		small, large := family.Make(1000), family.Make(10_000)
		require.NoError(t, bench.Scan(small), family.Name)
		assert.InDelta(t, 10, float64(large.Len())/float64(small.Len()), 1, family.Name)
		assert.NoError(t, family.Merge(small), "a conflict is an answer: %s", family.Name)
		assert.Error(t, family.Merge(bench.Triple{Base: []byte(`{`), Local: small.Local, Remote: small.Remote}),
			family.Name)
	}
}
