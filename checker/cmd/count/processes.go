package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"text/tabwriter"
	"time"
)

const (
	processes   = 4
	writersEach = 4
	worker      = "worker" // the first argument of a process that makes calls
)

// isWorker reports whether another process of this program has started this one.
func isWorker() bool { return len(os.Args) == 3 && os.Args[1] == worker }

// work makes the calls that the second argument asks for, and prints what they claim.
func work() error {
	var b batch
	if err := json.Unmarshal([]byte(os.Args[2]), &b); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(b.run())
}

// runElsewhere makes the calls in another process.
func (b batch) runElsewhere() (claims []claim, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	asked, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	c := exec.Command(self, worker, string(asked))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &claims)
	}
	return claims, err
}

// acrossProcesses lets processes add to one counter: without write identifiers, with a list that keeps
// so many, and with one that keeps as many as by default.
func acrossProcesses(increments, kept int, seed uint64, http2 bool) ([]result, error) {
	var rows []result
	for _, m := range []mark{
		{Name: "none"},
		{Name: fmt.Sprintf("list, %d kept", kept), Place: "/ids/-", Kept: kept},
		{Name: "list, 32 kept (the default)", Place: "/ids/-", Kept: 32},
	} {
		r, err := across(batch{HTTP2: http2, Mark: m, Calls: increments, Writers: processes * writersEach}, seed)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// across divides a batch among processes.
func across(b batch, seed uint64) (result, error) {
	o := newOrigin(workloads[b.Workload], b.Calls, tenthOfAll(seed))
	url, closed, err := o.serve(b.HTTP2)
	if err != nil {
		return result{}, err
	}
	defer closed()
	b.URL = url
	var all sync.WaitGroup
	claims, errs := make([][]claim, processes), make([]error, processes)
	begun := time.Now()
	for p := range processes {
		part := b
		part.First = b.Calls * p / processes
		part.Calls = b.Calls*(p+1)/processes - part.First
		part.Writers = writersEach
		all.Go(func() { claims[p], errs[p] = part.runElsewhere() })
	}
	all.Wait()
	elapsed := time.Since(begun)
	var said []claim
	for _, c := range claims {
		said = append(said, c...)
	}
	return judge(b, o, said, elapsed), errors.Join(errs...)
}

// printProcesses reports whether the laws hold.
func printProcesses(w io.Writer, rows []result) bool {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "identifier\tacknowledged\tuncertain\tof them landed\trefused\tcounter\tuncertain rate\t"+
		"requests per increment\tmost versions until a look\ttime\tverdict")
	holds := true
	for _, r := range rows {
		holds = holds && len(r.broken) == 0
		doubt := "-" // without an identifier a refusal is not looked after
		if r.Mark.Place != "" {
			doubt = fmt.Sprint(r.longest)
		}
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%v\t%.2f %%\t%.1f\t%s\t%v\t%s\n", r.Mark.Name, r.acknowledged, r.uncertain,
			r.landed, r.refused, r.state, 100*float64(r.uncertain)/float64(r.Calls), float64(r.requests)/float64(r.Calls),
			doubt, r.elapsed.Round(time.Millisecond), r.verdict())
	}
	_ = t.Flush()
	return holds
}
