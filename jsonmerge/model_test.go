package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// A model of JSON documents for property tests, independent of the package: object is
// map[string]any, array []any, string, bool, nil, and number *big.Rat; missing is no value at all.
type missingValue struct{}

var missing = missingValue{}

func decodeModel(t testing.TB, doc []byte) any {
	t.Helper()
	if doc == nil {
		return missing
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", doc)
	return rational(v)
}

func rational(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = rational(v[k])
		}
	case []any:
		for i := range v {
			v[i] = rational(v[i])
		}
	case json.Number:
		r, ok := new(big.Rat).SetString(string(v))
		if !ok {
			panic("no rational: " + v)
		}
		return r
	}
	return v
}

func eq(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if !eq(v, at(b, k)) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, eq)
	case *big.Rat:
		b, ok := b.(*big.Rat)
		return ok && a.Cmp(b) == 0
	}
	switch b.(type) {
	case map[string]any, []any, *big.Rat:
		return false
	}
	return a == b
}

// at is a member of v, missing if v is no object or has none of that name.
func at(v any, name string) any {
	if o, ok := v.(map[string]any); ok {
		if m, ok := o[name]; ok {
			return m
		}
	}
	return missing
}

func names(objects ...any) []string {
	var all []string
	for _, v := range objects {
		if o, ok := v.(map[string]any); ok {
			for k := range o {
				if !slices.Contains(all, k) {
					all = append(all, k)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

// A maker makes random documents and edits of them.
type maker struct{ *rand.Rand }

func (m maker) pick(of ...string) string { return of[m.IntN(len(of))] }

func (m maker) name() string {
	return m.pick("a", "b", "c", "d", "e", "", "a/b", "m~n", "0", "é", "x\"y", "long name")
}

func (m maker) scalar() any {
	switch m.IntN(8) {
	case 0:
		return nil
	case 1:
		return m.IntN(2) == 0
	case 2, 3:
		return m.pick("", "x", "y", "é", "line\n", "\\", "😀", "</a>")
	default:
		return big.NewRat(int64(m.IntN(7)-2), []int64{1, 1, 1, 10, 4}[m.IntN(5)])
	}
}

func (m maker) value(depth int) any {
	if depth <= 0 || m.IntN(3) == 0 {
		return m.scalar()
	}
	if m.IntN(3) == 0 {
		array := []any{}
		for range m.IntN(5) {
			array = append(array, m.value(depth-1))
		}
		return array
	}
	object := map[string]any{}
	for range m.IntN(6) {
		object[m.name()] = m.value(depth - 1)
	}
	return object
}

// edit changes up to n things somewhere in v.
func (m maker) edit(v any, n int) any {
	for range n {
		v = m.editOnce(v)
	}
	return v
}

func (m maker) editOnce(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		for k, w := range v {
			o[k] = w
		}
		keys := names(v)
		switch k := m.IntN(10); {
		case k < 6 && len(keys) > 0:
			name := keys[m.IntN(len(keys))]
			o[name] = m.editOnce(o[name])
		case k < 7 && len(keys) > 0:
			delete(o, keys[m.IntN(len(keys))])
		case k < 9:
			o[m.name()] = m.value(1)
		default:
			return m.value(2)
		}
		return o
	case []any:
		a := slices.Clone(v)
		switch k := m.IntN(10); {
		case k < 3:
			return slices.Insert(a, m.IntN(len(a)+1), m.value(1))
		case k < 5 && len(a) > 0:
			i := m.IntN(len(a))
			return slices.Delete(a, i, i+1)
		case k < 6 && len(a) > 1:
			i := m.IntN(len(a))
			moved := a[i]
			a = slices.Delete(a, i, i+1)
			return slices.Insert(a, m.IntN(len(a)+1), moved)
		case k < 9 && len(a) > 0:
			i := m.IntN(len(a))
			a[i] = m.editOnce(a[i])
			return a
		default:
			return m.value(2)
		}
	}
	if m.IntN(4) == 0 {
		return m.value(2)
	}
	return m.scalar()
}

// write spells v as JSON. With plain it is compact and the names are sorted; otherwise order, white
// space, escapes and the spelling of numbers are random.
func (m maker) write(v any, plain bool) []byte {
	var b bytes.Buffer
	m.append(&b, v, plain)
	return b.Bytes()
}

func (m maker) append(b *bytes.Buffer, v any, plain bool) {
	space := func() {
		if !plain {
			b.WriteString(m.pick("", "", "", " ", "\n\t", "  "))
		}
	}
	text := func(s string) {
		if plain || m.IntN(2) == 0 {
			b.Write(bytes.TrimSpace(encodeString(s)))
			return
		}
		b.WriteByte('"')
		for _, u := range utf16Of(s) {
			fmt.Fprintf(b, "\\u%04x", u)
		}
		b.WriteByte('"')
	}
	space()
	switch v := v.(type) {
	case map[string]any:
		keys := names(v)
		if !plain {
			m.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		}
		b.WriteByte('{')
		for i, k := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			space()
			text(k)
			space()
			b.WriteByte(':')
			m.append(b, v[k], plain)
		}
		space()
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			m.append(b, e, plain)
		}
		space()
		b.WriteByte(']')
	case string:
		text(v)
	case *big.Rat:
		digits, _ := v.FloatPrec()
		s := v.FloatString(digits)
		if !plain {
			switch m.IntN(4) {
			case 0:
				if digits == 0 {
					s += ".0"
				} else {
					s += "00"
				}
			case 1:
				s += m.pick("e0", "E+00", "e-0")
			case 2:
				shifted := new(big.Rat).Mul(v, big.NewRat(100, 1))
				n, _ := shifted.FloatPrec()
				s = shifted.FloatString(n) + "e-2"
			}
		}
		b.WriteString(s)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b.Write(text)
	}
	space()
}

func encodeString(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func utf16Of(s string) []uint16 {
	var units []uint16
	for _, r := range s {
		if r >= 0x10000 {
			units = append(units, uint16(0xD800+(r-0x10000)>>10), uint16(0xDC00+(r-0x10000)&0x3FF))
		} else {
			units = append(units, uint16(r))
		}
	}
	return units
}

// A trial is one random triple, in a random spelling.
type trial struct {
	*testing.T
	maker
	base, local, remote []byte
	b, l, r             any // the same as models
}

// trials runs check on random triples: 300, or as many as IFMATCH_LAWS says.
func trials(t *testing.T, check func(trial)) {
	for i := range laws(t, 300) {
		m := maker{rand.New(rand.NewPCG(uint64(i), 20261120))}
		base := m.value(4)
		local, remote := m.edit(base, 1+m.IntN(4)), m.edit(base, 1+m.IntN(4))
		plain := m.IntN(2) == 0
		tr := trial{T: t, maker: m, base: m.write(base, plain), local: m.write(local, plain), remote: m.write(remote, plain)}
		tr.b, tr.l, tr.r = decodeModel(t, tr.base), decodeModel(t, tr.local), decodeModel(t, tr.remote)
		check(tr)
		if t.Failed() {
			t.Fatalf("seed %d\nbase   %s\nlocal  %s\nremote %s", i, tr.base, tr.local, tr.remote)
		}
	}
}

// merge merges, and tells a clean result from conflicts.
func (tr trial) merge(base, local, remote []byte, opts *jsonmerge.Options) ([]byte, *jsonmerge.ConflictError) {
	merged, err := jsonmerge.Merge(base, local, remote, opts)
	if err == nil {
		if merged != nil {
			require.NoError(tr, jsonmerge.Check(merged, jsonmerge.Limits{}), "%s", merged)
		}
		return merged, nil
	}
	var conflict *jsonmerge.ConflictError
	require.ErrorAs(tr, err, &conflict, "base %s\nlocal %s\nremote %s", base, local, remote)
	require.NotEmpty(tr, conflict.Conflicts)
	if conflict.Partial != nil {
		require.NoError(tr, jsonmerge.Check(conflict.Partial, jsonmerge.Limits{}), "%s", conflict.Partial)
	}
	return nil, conflict
}

func (tr trial) same(want, got []byte, law string) {
	tr.Helper()
	require.True(tr, (want == nil) == (got == nil) && (want == nil || eq(decodeModel(tr, want), decodeModel(tr, got))),
		"%s\nbase   %s\nlocal  %s\nremote %s\nwant   %s\ngot    %s", law, tr.base, tr.local, tr.remote, want, got)
}

// profiles are the option sets that every law is tried with.
func profiles() map[string]*jsonmerge.Options {
	return map[string]*jsonmerge.Options{
		"sequence": nil,
		"atomic":   {Arrays: jsonmerge.Atomic},
		"added":    {Arrays: jsonmerge.Atomic, AddAddObjects: true},
	}
}
