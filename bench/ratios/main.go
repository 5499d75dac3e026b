// Command ratios runs ifmatch and its peers in turn, in one process, and prints how they relate as
// Markdown.
//
//	go run ./ratios              # about a minute
//	go run ./ratios -large       # 50 MB documents, too: some minutes and about 3 GB of memory
//
// Each repetition runs every way once for a while, beginning with another one each time, so that
// what else the machine does slows all of them alike. Of the repetitions the smallest and the
// median count.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/ifmatch-go/ifmatch/bench"
)

func main() {
	log.SetFlags(0)
	s := settings{sizes: bench.Sizes[:2], members: 10_000}
	flag.IntVar(&s.repetitions, "reps", 7, "repetitions, at least 5 to be of use")
	flag.DurationVar(&s.atLeast, "time", 200*time.Millisecond, "how long a way runs in one repetition, at least")
	only := flag.String("only", "", "run the tables whose title contains this")
	large := flag.Bool("large", false, "also merge documents of 50 MB")
	flag.Parse()
	if *large {
		s.sizes = bench.Sizes
	}
	if s.repetitions < 1 || flag.NArg() > 0 {
		log.Fatal("ratios: there is nothing to run; see -help")
	}
	if err := s.run(os.Stdout, *only); err != nil {
		log.Fatal("ratios: ", err)
	}
}

type settings struct {
	repetitions int
	atLeast     time.Duration
	sizes       []bench.Size
	members     int // of the smaller hostile documents
}

// run prints the tables whose title contains only.
func (s settings) run(w io.Writer, only string) (err error) {
	fmt.Fprintf(w, "%s, %s/%s, %d processors, %d repetitions of at least %v\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), s.repetitions, s.atLeast)
	ran := false
	for _, c := range s.contests() {
		if !strings.Contains(c.title, only) {
			continue
		}
		ran = true
		if err := s.hold(w, c); err != nil {
			return fmt.Errorf("%s: %w", c.title, err)
		}
	}
	if !ran {
		return errors.New("no table has such a title")
	}
	return nil
}

// hold makes the documents of one contest, runs it and prints its table.
func (s settings) hold(w io.Writer, c contest) (err error) {
	groups, done, err := c.groups()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	samples, err := s.measure(groups)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, table(c.title, groups, samples))
	return err
}
