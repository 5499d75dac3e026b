package bench

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// A Triple is a base document and two versions of it.
type Triple struct{ Base, Local, Remote []byte }

// Len is the number of bytes in the three documents together.
func (t Triple) Len() int { return len(t.Base) + len(t.Local) + len(t.Remote) }

// A Size is a size of document for [Records].
type Size struct {
	Name  string
	Bytes int // of the base document, about
	Edits int // records that each side changes
}

// Sizes are the sizes at which merges are compared. The last one takes the slower peers many
// seconds.
var Sizes = []Size{{"10KB", 10 << 10, 3}, {"1MB", 1 << 20, 10}, {"50MB", 50 << 20, 50}}

// Records makes three versions of a compact JSON document: an object of records of about 400 bytes,
// with strings that have escapes, decimals, 63-bit integers, and objects and an array inside. Local
// changes counters.likes in some records, remote counters.views in others, spread evenly, and each
// adds a record. The merge is clean.
func Records(size Size) Triple {
	rnd := rand.New(rand.NewPCG(42, 42))
	var records []string
	for length := 30; length < size.Bytes; {
		r := record(rnd, len(records), 10, 20)
		records = append(records, r)
		length += len(r) + len(`"id-000000":,`)
	}
	step := max(2, len(records)/size.Edits)
	version := func(from, to string, at int, added string) []byte {
		var b bytes.Buffer
		b.WriteString(`{"version":1,"items":{`)
		for i, r := range records {
			if i > 0 {
				b.WriteByte(',')
			}
			if from != "" && i%step == at && i/step < size.Edits {
				r = strings.Replace(r, from, to, 1)
			}
			fmt.Fprintf(&b, `"id-%06d":%s`, i, r)
		}
		b.WriteString(added + "}}")
		return b.Bytes()
	}
	return Triple{
		Base:   version("", "", 0, ""),
		Local:  version(`"likes":10`, `"likes":11`, 0, `,"id-local":`+record(rnd, 900_001, 0, 0)),
		Remote: version(`"views":20`, `"views":21`, step/2, `,"id-remote":`+record(rnd, 900_002, 0, 0)),
	}
}

func record(rnd *rand.Rand, id, likes, views int) string {
	return fmt.Sprintf(`{"id":%d,"name":"Item \"%d\" \u00e9\n","active":%t,"price":%d.%02d,`+
		`"updated":"2026-%02d-%02dT10:20:30Z",`+
		`"tags":["tag-%d","tag-%d","tag-%d"],`+
		`"address":{"street":"%d Long Street","city":"Sydney","geo":{"lat":%.6f,"lon":%.6f}},`+
		`"counters":{"likes":%d,"views":%d},"ref":%d,"description":"%s","parent":null}`,
		id, id, id%3 == 0, rnd.IntN(1000), rnd.IntN(100), 1+rnd.IntN(12), 1+rnd.IntN(28),
		rnd.IntN(50), rnd.IntN(50), rnd.IntN(50), rnd.IntN(999), rnd.Float64()*180-90, rnd.Float64()*360-180,
		likes, views, 1<<62|rnd.Int64(), strings.Repeat("text ", 5+rnd.IntN(8)))
}

// Lines makes three versions of a text with lines of about 35 bytes; each side changes as many
// lines as edits says, and no two changes touch.
func Lines(lines, edits int) Triple {
	version := func(at int, by string) []byte {
		var b bytes.Buffer
		step := lines / edits
		for i := range lines {
			who := ""
			if i%step == at*step/4 {
				who = by
			}
			fmt.Fprintf(&b, "%06d: the quick brown fox %s jumps\n", i, who)
		}
		return b.Bytes()
	}
	return Triple{Base: version(0, ""), Local: version(1, "(local)"), Remote: version(3, "(remote)")}
}

// A Family makes documents that are as hard to merge as documents of their kind can be, of any
// size.
type Family struct {
	Name    string
	Options jsonmerge.Options
	Make    func(n int) Triple
}

// Families are the hostile documents that the cost curve is drawn over.
var Families = []Family{
	{"all names new on both sides", jsonmerge.Options{}, func(n int) Triple {
		return Triple{[]byte(`{}`), list("{}", ascending(n), member("l")), list("{}", ascending(n), member("r"))}
	}},
	{"members reversed and shuffled", jsonmerge.Options{}, func(n int) Triple {
		return Triple{
			list("{}", ascending(n), member("k")), list("{}", descending(n), member("k")),
			list("{}", shuffled(n), member("k")),
		}
	}},
	{"array reversed and shuffled", jsonmerge.Options{}, func(n int) Triple {
		return reordered(n, func(i int) string { return fmt.Sprint(10_000_000 + i) })
	}},
	{"keyed array reversed and shuffled", jsonmerge.Options{Arrays: jsonmerge.Key("id")}, func(n int) Triple {
		return reordered(n, func(i int) string { return fmt.Sprintf(`{"id":%d}`, 10_000_000+i) })
	}},
	{"set reversed and shuffled", jsonmerge.Options{Arrays: jsonmerge.Set}, func(n int) Triple {
		return reordered(n, func(i int) string { return fmt.Sprint(10_000_000 + i) })
	}},
	{"array of two values", jsonmerge.Options{}, func(n int) Triple {
		return reordered(n, func(i int) string { return fmt.Sprint(i % 2) })
	}},
	{"arrays of 1,000, each reversed and shuffled", jsonmerge.Options{}, func(n int) Triple {
		// As long as an array can be and still be compared exactly, which costs the square of its
		// length: the most expensive case.
		one := reordered(1000, func(i int) string { return fmt.Sprint(10_000_000 + i) })
		arrays := func(array []byte) []byte {
			return list("{}", ascending(max(1, n/1000)), func(i int) string {
				return fmt.Sprintf(`"a%d":%s`, i, array)
			})
		}
		return Triple{arrays(one.Base), arrays(one.Local), arrays(one.Remote)}
	}},
	{"objects in objects", deep, func(n int) Triple {
		return nested(strings.Repeat(`{"a":`, n), strings.Repeat(`}`, n))
	}},
	{"arrays in objects in arrays", deep, func(n int) Triple {
		return nested(strings.Repeat(`[0,{"a":`, n/2), strings.Repeat(`}]`, n/2))
	}},
}

// deep admits what the default limit of depth would refuse.
var deep = jsonmerge.Options{Limits: jsonmerge.Limits{MaxDepth: 100_000}}

// nested changes the innermost value on both sides, so that no level above it can be skipped.
func nested(open, end string) Triple {
	return Triple{[]byte(open + "1" + end), []byte(open + "2" + end), []byte(open + "3" + end)}
}

func reordered(n int, item func(int) string) Triple {
	return Triple{list("[]", ascending(n), item), list("[]", descending(n), item), list("[]", shuffled(n), item)}
}

func list(brackets string, order []int, item func(int) string) []byte {
	items := make([]string, len(order))
	for at, i := range order {
		items[at] = item(i)
	}
	return []byte(brackets[:1] + strings.Join(items, ",") + brackets[1:])
}

func member(prefix string) func(int) string {
	return func(i int) string { return fmt.Sprintf(`"%s%07d":%d`, prefix, i, i) }
}

func ascending(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func descending(n int) []int {
	order := ascending(n)
	slices.Reverse(order)
	return order
}

func shuffled(n int) []int { return rand.New(rand.NewPCG(7, 7)).Perm(n) }

// Merge merges documents of the family. A conflict is an answer like any other.
func (f *Family) Merge(docs Triple) error {
	_, err := jsonmerge.Merge(docs.Base, docs.Local, docs.Remote, &f.Options)
	if conflict := (*jsonmerge.ConflictError)(nil); errors.As(err, &conflict) {
		return nil
	}
	return err
}
