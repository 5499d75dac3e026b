package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/require"
)

// measured returns the sizes to measure: up to 1 MB, or all with BENCH_LARGE=1.
func measured() []bench.Size {
	if os.Getenv("BENCH_LARGE") != "" {
		return bench.Sizes
	}
	return bench.Sizes[:2]
}

func BenchmarkMerge(b *testing.B) {
	for _, size := range measured() {
		docs := bench.Records(size)
		for _, m := range bench.Merges {
			b.Run(size.Name+"/"+m.Name, func(b *testing.B) {
				b.SetBytes(int64(docs.Len()))
				b.ReportAllocs()
				for b.Loop() {
					_, err := m.Run(docs)
					require.NoError(b, err)
				}
			})
		}
		b.Run(size.Name+"/floor: json.Valid of the three", func(b *testing.B) {
			b.SetBytes(int64(docs.Len()))
			for b.Loop() {
				require.NoError(b, bench.Scan(docs))
			}
		})
	}
}

func BenchmarkHostileMerge(b *testing.B) {
	for _, family := range bench.Families {
		for _, n := range []int{10_000, 100_000} {
			docs := family.Make(n)
			b.Run(fmt.Sprintf("%s/%d", family.Name, n), func(b *testing.B) {
				b.SetBytes(int64(docs.Len()))
				b.ReportAllocs()
				for b.Loop() {
					require.NoError(b, family.Merge(docs))
				}
			})
		}
	}
}

func BenchmarkText(b *testing.B) {
	docs := bench.Lines(10_000, 50)
	b.Run("jsonmerge.MergeText", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := jsonmerge.MergeText(docs.Base, docs.Local, docs.Remote, nil)
			require.NoError(b, err)
		}
	})
	b.Run("git merge-file", func(b *testing.B) {
		if !bench.HasGit() {
			b.Skip("there is no git")
		}
		dir := b.TempDir()
		for b.Loop() {
			_, err := bench.GitMergeFile(dir, docs)
			require.NoError(b, err)
		}
	})
}

func BenchmarkExchange(b *testing.B) {
	network := httptest.NewServer(bench.NewServer())
	defer network.Close()
	for _, way := range []struct {
		name      string
		transport http.RoundTripper
	}{{"loopback", http.DefaultTransport}, {"no network", bench.NewServer()}} {
		for _, group := range bench.Exchanges {
			for _, e := range group {
				b.Run(way.name+"/"+e.Name, func(b *testing.B) {
					once := e.Start(way.transport, network.URL+"/account")
					b.ReportAllocs()
					for b.Loop() {
						require.NoError(b, once())
					}
				})
			}
		}
	}
}
