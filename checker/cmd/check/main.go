// Command check runs histories of concurrent calls against origins of many kinds, and says which of
// them no order of the calls explains. It exits with 1 if there is one.
//
//	go run ./cmd/check -histories 20000 -seed 1
//	go run ./cmd/check -histories 1 -seed 4711 -v
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/ifmatch-go/ifmatch/checker"
	"github.com/ifmatch-go/ifmatch/checker/reference"
)

func main() {
	flags := flag.NewFlagSet("check", flag.ExitOnError)
	histories := flags.Int("histories", 20000, "how many histories")
	seed := flags.Uint64("seed", uint64(time.Now().UnixNano())%1_000_000_000, "the first history's seed")
	keep := flags.Int("keep", 1, "how many failing histories of each kind are made small and printed")
	verbose := flags.Bool("v", false, "print every history whole")
	strict := flags.Bool("strict", false, "count listed items (known.go) as violations")
	bug := flags.Int("bug", -1, "check the reference client with this bug (0: with none) and not the library")
	_ = flags.Parse(os.Args[1:])

	maker := checker.Library
	if *bug >= 0 {
		maker = checker.Reference(reference.Bug(*bug))
	}
	run := func(t *testing.T) {
		c := checker.Campaign{
			Maker: maker, First: *seed, Histories: *histories, Workers: runtime.GOMAXPROCS(0), Keep: *keep,
			Known: checker.Known,
		}
		if *strict || *bug >= 0 {
			c.Known = nil
		}
		if *verbose {
			for i := range *histories {
				fmt.Println(checker.Run(t, checker.NewPlan(*seed+uint64(i)), maker))
			}
		}
		start := time.Now()
		report := c.Run(t)
		report.Write(os.Stdout)
		fmt.Printf("\n%d histories from seed %d in %v: %d with violations, %d with listed items only\n", *histories, *seed,
			time.Since(start).Round(time.Millisecond), report.Total.Violations, report.Total.Known)
		if report.Total.Violations > 0 {
			t.Fail()
		}
	}
	// The histories live in bubbles of testing/synctest, which only a test can make.
	testing.Init()
	_ = flag.CommandLine.Parse([]string{})
	testing.Main(func(pat, str string) (bool, error) { return regexp.MatchString(pat, str) },
		[]testing.InternalTest{{Name: "check", F: run}}, nil, nil)
}
