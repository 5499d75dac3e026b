package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/ifmatch-go/ifmatch/bench"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// A contest is one table.
type contest struct {
	title string

	// groups makes the ways to compare; the first of each group is what the others are measured
	// against. done is called in the end.
	groups func() (groups [][]subject, done func() error, err error)
}

// A subject is one row.
type subject struct {
	name  string
	units int // what one run does, in bytes or runs: figures are for one unit
	once  func() error
}

func nothing() error { return nil }

func (s settings) contests() []contest {
	var list []contest
	for _, size := range s.sizes {
		list = append(list, contest{"Merge of JSON, " + size.Name, func() ([][]subject, func() error, error) {
			return merges(bench.Records(size)), nothing, nil
		}})
	}
	return append(list,
		contest{"Cost of a merge for each byte, by size", s.growth},
		contest{"Cost of a merge for each byte, hostile documents", s.hostile},
		contest{"Merge of text, 10,000 lines, 50 edits a side", text},
		contest{"GET and PUT over loopback", func() ([][]subject, func() error, error) {
			server := httptest.NewServer(bench.NewServer())
			return exchanges(http.DefaultTransport, server.URL+"/account"), func() error { server.Close(); return nil },
				nil
		}},
		contest{"GET and PUT without a network", func() ([][]subject, func() error, error) {
			return exchanges(bench.NewServer(), "http://server.example/account"), nothing, nil
		}},
	)
}

func merges(docs bench.Triple) [][]subject {
	var group []subject
	for _, m := range bench.Merges {
		name := m.Name
		for _, lack := range []struct {
			has  bool
			what string
		}{
			{has: m.ThreeWay, what: "loses remote's changes"},
			{has: m.Conflicts, what: "no conflicts"},
			{has: m.Digits, what: "float64"},
			{has: m.Nulls, what: "drops nulls"},
			{has: m.Strict, what: "not strict"},
		} {
			if !lack.has {
				name += " · " + lack.what
			}
		}
		group = append(group, subject{name, 1, func() error { _, err := m.Run(docs); return err }})
	}
	return [][]subject{
		append(group, subject{"floor: json.Valid of the three", 1, func() error { return bench.Scan(docs) }}),
	}
}

func (s settings) growth() ([][]subject, func() error, error) {
	var merge, scan []subject
	for _, size := range s.sizes {
		docs := bench.Records(size)
		merge = append(merge, subject{
			"jsonmerge.Merge, " + size.Name, docs.Len(), func() error {
				_, err := bench.Merges[0].Run(docs)
				return err
			},
		})
		scan = append(scan, subject{"json.Valid, " + size.Name, docs.Len(), func() error { return bench.Scan(docs) }})
	}
	return [][]subject{merge, scan}, nothing, nil
}

func (s settings) hostile() ([][]subject, func() error, error) {
	var groups [][]subject
	for i := range bench.Families {
		family := &bench.Families[i]
		var group []subject
		for _, n := range []int{s.members, 10 * s.members} {
			docs := family.Make(n)
			group = append(group, subject{
				fmt.Sprintf("%s, n = %d", family.Name, n), docs.Len(), func() error { return family.Merge(docs) },
			})
		}
		groups = append(groups, group)
	}
	return groups, nothing, nil
}

func text() ([][]subject, func() error, error) {
	docs := bench.Lines(10_000, 50)
	group := []subject{{"jsonmerge.MergeText", 1, func() error {
		_, err := jsonmerge.MergeText(docs.Base, docs.Local, docs.Remote, nil)
		return err
	}}}
	if !bench.HasGit() {
		return [][]subject{group}, nothing, nil
	}
	dir, err := os.MkdirTemp("", "ifmatch-bench-")
	if err != nil {
		return nil, nil, err
	}
	group = append(group, subject{"git merge-file, a process and three files", 1, func() error {
		_, err := bench.GitMergeFile(dir, docs)
		return err
	}})
	return [][]subject{group}, func() error { return os.RemoveAll(dir) }, nil
}

func exchanges(transport http.RoundTripper, url string) [][]subject {
	var groups [][]subject
	for _, ways := range bench.Exchanges {
		var group []subject
		for _, way := range ways {
			group = append(group, subject{way.Name, 1, way.Start(transport, url)})
		}
		groups = append(groups, group)
	}
	return groups
}
