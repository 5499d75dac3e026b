// Command curve merges hostile documents of growing size and tells what that cost in terms that do
// not depend on the machine. Built with coverage, it writes for each case how often every statement
// of jsonmerge ran:
//
//	go build -cover -covermode=atomic -coverpkg=github.com/ifmatch-go/ifmatch/jsonmerge,./curve ./curve
//	./curve -dir DIR 2000 20000
//
// A line on standard output describes each case: the folder of its counters, n, the bytes and the
// objects that were allocated, and the bytes of stack. The test of this folder does all that, and
// holds the growth to n log n.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/coverage"
	"strconv"

	"github.com/ifmatch-go/ifmatch/bench"
)

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "", "folder for the counters, one folder in it for each case")
	flag.Parse()
	if *dir == "" || flag.NArg() == 0 {
		log.Fatal("usage: curve -dir DIR N...")
	}
	for _, arg := range flag.Args() {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 2 {
			log.Fatalf("curve: %q is no number of members", arg)
		}
		for i := range bench.Families {
			if err := measure(filepath.Join(*dir, fmt.Sprintf("%d-%d", i, n)), &bench.Families[i], n); err != nil {
				log.Fatalf("curve: %s at %d: %v", bench.Families[i].Name, n, err)
			}
		}
	}
}

// measure writes the counters of one merge into dir.
func measure(dir string, family *bench.Family, n int) error {
	docs := family.Make(n)
	// Twice, so that memory kept from the case before is gone, too.
	runtime.GC()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := coverage.ClearCounters(); err != nil {
		return err
	}
	merged := make(chan error)
	go func() { // a stack of its own, read while it is as large as it has become
		err := family.Merge(docs)
		runtime.ReadMemStats(&after)
		merged <- err
	}()
	if err := <-merged; err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := coverage.WriteCountersDir(dir); err != nil {
		return err
	}
	if err := coverage.WriteMetaDir(dir); err != nil {
		return err
	}
	fmt.Printf("%s\t%d\t%d\t%d\t%d\n", dir, n, after.TotalAlloc-before.TotalAlloc, after.Mallocs-before.Mallocs,
		after.StackInuse)
	return nil
}
