// Command count lets writers add to a counter, pop jobs and take from a stock while answers are lost,
// and compares what the calls claim with what the origin did. It exits with 1 if a law is broken.
//
//	go run ./cmd/count
//	go run ./cmd/count -part processes -increments 1000 -seed 7
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if isWorker() {
		must(work())
		return
	}
	part := flag.String("part", "all", "tenth, processes or all")
	increments := flag.Int("increments", 10_000, "how many increments the processes make together")
	kept := flag.Int("kept", 512, "how many identifiers the list keeps that is not to wrap")
	seed := flag.Uint64("seed", 1, "of the answers that are lost to the processes")
	http2 := flag.Bool("http2", false, "let the processes use HTTP/2")
	flag.Parse()

	laws := true
	if *part != "processes" {
		fmt.Println("200 calls, of whose writes every tenth answer is lost after the write was handled")
		rows, err := everyTenth(200)
		must(err)
		laws = printEveryTenth(os.Stdout, rows)
		fmt.Println()
	}
	if *part != "tenth" {
		fmt.Printf("%d increments by %d writers in %d processes; of all answers %.0f %% are lost, half of them before the "+
			"request was handled (seed %d)\n", *increments, processes*writersEach, processes, 100*lossRate, *seed)
		rows, err := acrossProcesses(*increments, *kept, *seed, *http2)
		must(err)
		laws = printProcesses(os.Stdout, rows) && laws
	}
	if !laws {
		os.Exit(1)
	}
}

// must ends the program if there is an error.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(2)
	}
}
