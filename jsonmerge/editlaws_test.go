package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// order is a view like those that programs have: it knows some members, some under another case,
// some only when set.
type order struct {
	ID    int64             `json:"id"`
	Note  string            `json:"note,omitempty"`
	Price float64           `json:"price"`
	To    *address          `json:"to,omitempty"`
	Items []item            `json:"items"`
	Tags  []string          `json:"tags"`
	Attr  map[string]string `json:"attr,omitempty"`
}

type address struct {
	City string `json:"city"`
	Zip  string `json:"zip,omitempty"`
}

type item struct {
	SKU string `json:"sku"`
	Qty int    `json:"qty"`
	Old bool   `json:"old,omitempty"`
}

const orderDoc = `{
  "v": 1.0,
  "ID": 9007199254740993,
  "price": 1.50,
  "to": {"city": "Bern", "geo": [46.90, 7.40]},
  "items": [
    {"sku": "a", "qty": null, "lot": "L\u0031"},
    {"Sku": "b", "qty": 2, "lot": 18446744073709551615},
    {"sku": "c", "QTY": 3, "lot": {}}
  ],
  "tags": ["x", "\u0079"],
  "attr": {"k": "v"}
}
`

func randomEdit(rng *rand.Rand, o *order) {
	for range 1 + rng.Intn(4) {
		switch rng.Intn(12) {
		case 0:
			o.Note = []string{"", "hi", "a<b"}[rng.Intn(3)]
		case 1:
			o.Price = float64(rng.Intn(4)) / 4
		case 2:
			o.To = nil
		case 3:
			if o.To == nil {
				o.To = new(address)
			}
			o.To.Zip = fmt.Sprint(rng.Intn(3))
		case 4:
			if len(o.Items) > 0 {
				o.Items[rng.Intn(len(o.Items))].Qty = rng.Intn(5)
			}
		case 5:
			at := rng.Intn(len(o.Items) + 1)
			o.Items = append(o.Items[:at:at], append([]item{{SKU: fmt.Sprint("n", rng.Intn(3)), Qty: 1}}, o.Items[at:]...)...)
		case 6:
			if len(o.Items) > 0 {
				at := rng.Intn(len(o.Items))
				o.Items = append(o.Items[:at:at], o.Items[at+1:]...)
			}
		case 7:
			rng.Shuffle(len(o.Items), func(i, j int) { o.Items[i], o.Items[j] = o.Items[j], o.Items[i] })
		case 8:
			o.Tags = append(o.Tags, "z")
		case 9:
			o.Tags = nil
		case 10:
			o.Attr = map[string]string{"k": fmt.Sprint(rng.Intn(2)), "n": "1"}
		case 11:
			o.ID++
		}
	}
}

func TestEditPutsWhatTheViewSays(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	doc := []byte(orderDoc)
	for n := range laws(t, 1000) {
		var o order
		require.NoError(t, json.Unmarshal(doc, &o))
		before := encode(t, o)
		randomEdit(rng, &o)
		after := encode(t, o)

		got, err := jsonmerge.Edit(doc, before, after, nil)
		require.NoError(t, err)
		var back order
		require.NoError(t, json.Unmarshal(got, &back))
		equal, err := jsonmerge.Equal(encode(t, back), after)
		require.NoError(t, err)
		require.True(t, equal, "edit %d of %s\nbefore %s\nafter  %s\ngave   %s", n, doc, before, after, got)
		require.Contains(t, string(got), `"v": 1.0`)

		again, err := jsonmerge.Edit(got, encode(t, back), encode(t, back), nil)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		if n%10 != 0 {
			doc = got // a long life of one document
		} else {
			doc = []byte(orderDoc)
		}
	}
}

// viewOf is what a program sees that knows no member whose name begins with u.
func viewOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			if !strings.HasPrefix(name, "u") {
				o[name] = viewOf(m)
			}
		}
		return o
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, viewOf(e))
		}
		return list
	}
	return v
}

// withUnknown returns v with members that no view shows, each with another value.
func withUnknown(rng *rand.Rand, v any, serial *int) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for name, m := range v {
			o[name] = withUnknown(rng, m, serial)
		}
		for range rng.Intn(3) {
			*serial++
			o[fmt.Sprint("u", *serial)] = randomJSON(rng, 1)
		}
		return o
	case []any:
		list := []any{}
		for _, e := range v {
			list = append(list, withUnknown(rng, e, serial))
		}
		return list
	}
	return v
}

func TestEditOfAnyViewPutsWhatItSays(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	decode := func(raw []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		require.NoError(t, d.Decode(&v))
		return v
	}
	for range laws(t, 2000) {
		serial := 0
		doc := encode(t, withUnknown(rng, randomJSON(rng, 4), &serial))
		if rng.Intn(2) == 0 {
			var spread bytes.Buffer
			require.NoError(t, json.Indent(&spread, doc, "", "  "))
			doc = spread.Bytes()
		}
		before := viewOf(decode(doc))
		after := encode(t, changedJSON(rng, before, 4))
		got, err := jsonmerge.Edit(doc, encode(t, before), after, nil)
		require.NoError(t, err)
		requireEqualJSON(t, after, encode(t, viewOf(decode(got))), "%s\nafter %s\ngave %s", doc, after, got)
		again, err := jsonmerge.Edit(got, after, after, nil)
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		for i := range serial { // what nobody saw is there once at most, with its own value
			name := fmt.Sprintf("\"u%d\":", i+1)
			require.LessOrEqual(t, bytes.Count(got, []byte(name)), 1, "%s gave %s", doc, got)
		}
		if bytes.Equal(after, encode(t, before)) {
			require.Equal(t, string(doc), string(got))
		}
	}
}

func FuzzEdit(f *testing.F) {
	f.Add([]byte(orderDoc), []byte(`{"id":1}`), []byte(`{"id":2,"items":[]}`))
	f.Add([]byte(`[{"a":1,"u":2},null]`), []byte(`[{"a":1},0]`), []byte(`[0,{"a":2}]`))
	f.Add([]byte(`{"A":1,"a":2}`), []byte(`{"a":2}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, doc, before, after []byte) {
		limits := jsonmerge.Limits{MaxBytes: 1 << 16, MaxDepth: 200}
		opts := &jsonmerge.EditOptions{Limits: limits}
		got, err := jsonmerge.Edit(doc, before, after, opts)
		if err != nil {
			return
		}
		require.NoError(t, jsonmerge.Check(got, jsonmerge.Limits{}))
		if doc == nil {
			return
		}
		same, err := jsonmerge.Edit(doc, before, before, opts)
		require.NoError(t, err)
		require.Equal(t, doc, same)

		whole, err := jsonmerge.Edit(doc, doc, after, nil)
		require.NoError(t, err)
		equal, err := jsonmerge.Equal(whole, after)
		require.NoError(t, err)
		require.True(t, equal, "a view that shows all: %s to %s gave %s", doc, after, whole)

		// A struct's view, changed.
		var o order
		if json.Unmarshal(doc, &o) != nil {
			return
		}
		seen := encode(t, o)
		rng := rand.New(rand.NewSource(int64(len(after))))
		randomEdit(rng, &o)
		edited := encode(t, o)
		got, err = jsonmerge.Edit(doc, seen, edited, nil)
		require.NoError(t, err)
		var back order
		if bytes.Count(bytes.ToLower(got), []byte(`"to"`)) > 1 || bytes.Count(bytes.ToLower(got), []byte(`"items"`)) > 1 ||
			bytes.Count(bytes.ToLower(got), []byte(`"attr"`)) > 1 || bytes.Contains(got, []byte(`\u`)) {
			return // encoding/json decodes such twins into each other
		}
		require.NoError(t, json.Unmarshal(got, &back))
		equal, err = jsonmerge.Equal(encode(t, back), edited)
		require.NoError(t, err)
		require.True(t, equal, "%s\nbefore %s\nafter %s\ngave %s", doc, seen, edited, got)
	})
}
