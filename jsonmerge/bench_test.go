package jsonmerge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// triple makes three versions of a compact document of about size bytes: records of about 400 bytes
// under "items". Local changes counters.likes in k records and remote counters.views in k others,
// spread evenly; each adds a record. The merge is clean.
func triple(size, k int) (base, local, remote []byte) {
	rnd := rand.New(rand.NewPCG(42, 42))
	record := func(id, likes, views int) string {
		return fmt.Sprintf(`{"id":%d,"name":"Item \"%d\" \u00e9\n","active":%t,"price":%d.%02d,`+
			`"updated":"2026-%02d-%02dT10:20:30Z","tags":["tag-%d","tag-%d","tag-%d"],`+
			`"address":{"street":"%d Long Street","city":"Sydney","geo":{"lat":%.6f,"lon":%.6f}},`+
			`"counters":{"likes":%d,"views":%d},"ref":%d,"description":"%s","parent":null}`,
			id, id, id%3 == 0, rnd.IntN(1000), rnd.IntN(100), 1+rnd.IntN(12), 1+rnd.IntN(28),
			rnd.IntN(50), rnd.IntN(50), rnd.IntN(50), rnd.IntN(999), rnd.Float64()*180-90, rnd.Float64()*360-180,
			likes, views, rnd.Int64(), strings.Repeat("text ", 5+rnd.IntN(8)))
	}
	var items []string
	for n, length := 0, 30; length < size; n++ {
		r := record(n, 10, 20)
		items = append(items, r)
		length += len(r) + len(`"id-000000":,`)
	}
	write := func(edit func(i int, r string) string, added string) []byte {
		var b bytes.Buffer
		b.WriteString(`{"version":1,"items":{`)
		for i, r := range items {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `"id-%06d":%s`, i, edit(i, r))
		}
		b.WriteString(added + `}}`)
		return b.Bytes()
	}
	step := max(2, len(items)/k)
	base = write(func(_ int, r string) string { return r }, "")
	local = write(func(i int, r string) string {
		if i%step == 0 {
			return strings.Replace(r, `"likes":10`, `"likes":11`, 1)
		}
		return r
	}, `,"id-local":`+record(900_001, 0, 0))
	remote = write(func(i int, r string) string {
		if i%step == step/2 {
			return strings.Replace(r, `"views":20`, `"views":21`, 1)
		}
		return r
	}, `,"id-remote":`+record(900_002, 0, 0))
	return base, local, remote
}

var sizes = []struct {
	name    string
	size, k int
}{{"10KB", 10 << 10, 3}, {"1MB", 1 << 20, 10}, {"50MB", 50 << 20, 50}}

func BenchmarkCheck(b *testing.B) {
	for _, s := range sizes {
		doc, _, _ := triple(s.size, s.k)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				require.NoError(b, jsonmerge.Check(doc, jsonmerge.Limits{}))
			}
		})
	}
}

// BenchmarkValidThrice is the yardstick: what reading the three documents costs with the standard
// library.
func BenchmarkValidThrice(b *testing.B) {
	for _, s := range sizes {
		base, local, remote := triple(s.size, s.k)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(base) + len(local) + len(remote)))
			for b.Loop() {
				require.True(b, json.Valid(base) && json.Valid(local) && json.Valid(remote))
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	for _, s := range sizes {
		base, local, remote := triple(s.size, s.k)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(base) + len(local) + len(remote)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := jsonmerge.Merge(base, local, remote, nil)
				require.NoError(b, err)
			}
		})
	}
}

// BenchmarkMergeHostile shows how the cost grows: each family at n and at ten times n.
func BenchmarkMergeHostile(b *testing.B) {
	list := func(open, end string, n int, item func(i int) string) []byte {
		items := make([]string, n)
		for i := range items {
			items[i] = item(i)
		}
		return []byte(open + strings.Join(items, ",") + end)
	}
	member := func(prefix string) func(int) string {
		return func(i int) string { return fmt.Sprintf(`"%s%07d":%d`, prefix, i, i) }
	}
	number := func(i int) string { return fmt.Sprint(10_000_000 + i) }
	object := func(i int) string { return fmt.Sprintf(`{"id":%d}`, 10_000_000+i) }
	reordered := func(n int, item func(int) string) (base, reversed, shuffled []byte) {
		base = list("[", "]", n, item)
		reversed = list("[", "]", n, func(i int) string { return item(n - 1 - i) })
		shuffled = list("[", "]", n, func(i int) string { return item(i * 7919 % n) })
		return base, reversed, shuffled
	}
	for _, family := range []struct {
		name string
		opts jsonmerge.Options
		make func(n int) (base, local, remote []byte)
	}{
		{"all names new", jsonmerge.Options{}, func(n int) (base, local, remote []byte) {
			return []byte(`{}`), list("{", "}", n, member("l")), list("{", "}", n, member("r"))
		}},
		{"members reversed", jsonmerge.Options{}, func(n int) (base, local, remote []byte) {
			reversed := list("{", "}", n, func(i int) string { return member("k")(n - 1 - i) })
			return list("{", "}", n, member("k")), reversed, list("{", "}", n+1, member("k"))
		}},
		{"array reversed and shuffled", jsonmerge.Options{}, func(n int) (base, local, remote []byte) {
			return reordered(n, number)
		}},
		{"keyed array reversed and shuffled", jsonmerge.Options{Arrays: jsonmerge.Key("id")},
			func(n int) (base, local, remote []byte) { return reordered(n, object) }},
		{"set shuffled", jsonmerge.Options{Arrays: jsonmerge.Set}, func(n int) (base, local, remote []byte) {
			return reordered(n, number)
		}},
		{"nested objects", jsonmerge.Options{Limits: jsonmerge.Limits{MaxDepth: 100_000}},
			func(n int) (base, local, remote []byte) {
				nest := func(v string) []byte { return []byte(strings.Repeat(`{"a":`, n) + v + strings.Repeat(`}`, n)) }
				return nest("1"), nest("2"), nest("3")
			}},
		{"nested arrays", jsonmerge.Options{Limits: jsonmerge.Limits{MaxDepth: 100_000}},
			func(n int) (base, local, remote []byte) {
				nest := func(v string) []byte { return []byte(strings.Repeat(`[0,{"a":`, n/2) + v + strings.Repeat(`}]`, n/2)) }
				return nest("1"), nest("2"), nest("3")
			}},
	} {
		for _, n := range []int{10_000, 100_000} {
			base, local, remote := family.make(n)
			b.Run(fmt.Sprintf("%s/%d", family.name, n), func(b *testing.B) {
				b.SetBytes(int64(len(base) + len(local) + len(remote)))
				b.ReportAllocs()
				for b.Loop() {
					_, err := jsonmerge.Merge(base, local, remote, &family.opts)
					var conflict *jsonmerge.ConflictError
					if err != nil {
						require.ErrorAs(b, err, &conflict)
					}
				}
			})
		}
	}
}
