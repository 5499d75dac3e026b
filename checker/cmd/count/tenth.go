package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// marks are how writes are recognised where every tenth answer is lost. The list keeps the
// identifiers of all writes, so that no doubt outlasts it.
func marks(calls int) []mark {
	return []mark{{Name: "none"}, {Name: "list", Place: "/ids/-", Kept: calls}, {Name: "one", Place: "/id"}}
}

// everyTenth runs so many calls of every workload while every tenth answer to a write is lost.
func everyTenth(calls int) ([]result, error) {
	var rows []result
	for _, http2 := range []bool{false, true} {
		for _, writers := range []int{1, 8} {
			for load := range workloads {
				for _, m := range marks(calls) {
					o := newOrigin(workloads[load], calls, tenthOfWrites())
					url, closed, err := o.serve(http2)
					if err != nil {
						return nil, err
					}
					b := batch{URL: url, HTTP2: http2, Workload: load, Mark: m, Calls: calls, Writers: writers}
					begun := time.Now()
					claims := b.run()
					closed()
					rows = append(rows, judge(b, o, claims, time.Since(begun)))
				}
			}
		}
	}
	return rows, nil
}

// printEveryTenth reports whether the laws hold.
func printEveryTenth(w io.Writer, rows []result) bool {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "protocol\twriters\tworkload\tidentifier\tacknowledged\tof them found none\tuncertain\t"+
		"of them landed\trefused\tcounter or left\trequests\tverdict")
	holds := true
	for _, r := range rows {
		holds = holds && len(r.broken) == 0
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%v\t%d\t%s\n",
			r.protocol(), r.Writers, workloads[r.Workload].name, r.Mark.Name,
			r.acknowledged, r.nothing, r.uncertain, r.landed, r.refused, r.state, r.requests, r.verdict())
	}
	_ = t.Flush()
	return holds
}

func (b batch) protocol() string {
	if b.HTTP2 {
		return "HTTP/2"
	}
	return "HTTP/1.1"
}
