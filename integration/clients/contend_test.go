package clients_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch"
)

const (
	workers = 4
	rounds  = 10
)

// raising makes one try to raise a number. It calls meet between reading and writing, and reports
// whether the write was refused because somebody was faster.
type raising func(ctx context.Context, worker int, meet func()) (refused bool, err error)

// A contender is a way to raise a number that is kept in a service: read, add one, write.
type contender struct {
	name string

	raise  raising
	number func(t *testing.T) int // that the service has in the end

	lost    int // of workers × rounds changes
	refused int // tries that the worker itself has to make again
}

// contend runs the workers. In each round all of them have read before one writes, so that the
// outcome is the same on every run: without a guard one change of each round is kept.
func (c contender) contend(t *testing.T) {
	t.Helper()
	var refused int
	var mu sync.Mutex
	for range rounds {
		var reading, working sync.WaitGroup
		reading.Add(workers)
		for worker := range workers {
			meet := sync.OnceFunc(func() { reading.Done(); reading.Wait() })
			working.Go(func() {
				defer meet() // whatever happens, the others go on
				for tries := 1; ; tries++ {
					again, err := c.raise(ifmatch.UnitOfWork(t.Context()), worker, meet)
					if !assert.NoError(t, err) || !again {
						return
					}
					mu.Lock()
					refused++
					mu.Unlock()
					if !assert.Less(t, tries, 10*workers, "there is always one whose write is taken") {
						return
					}
				}
			})
		}
		working.Wait()
		if t.Failed() {
			return
		}
	}
	lost := workers*rounds - c.number(t)
	t.Logf("%-55s %d changes, %2d lost, %2d refused and tried again", c.name, workers*rounds, lost, refused)
	assert.Equal(t, c.lost, lost, "lost")
	if c.refused == someRefused {
		assert.GreaterOrEqual(t, refused, rounds*(workers-1), "all but one of each round")
	} else {
		assert.Equal(t, c.refused, refused, "refused")
	}
}

const (
	mostLost    = rounds * (workers - 1)
	someRefused = -1 // at least all but one of each round; how many more depends on who is scheduled when
)

func contendAll(t *testing.T, all ...contender) {
	for _, c := range all {
		t.Run(c.name, c.contend)
	}
}

// A tally is the document that the workers change. Each adds to a member of its own, so that
// changes can be merged.
type tally map[string]int

func (n tally) sum() (sum int) {
	for _, v := range n {
		sum += v
	}
	return sum
}

// raised returns the document with one more for the worker.
func raised(content []byte, worker int) ([]byte, error) {
	n := tally{}
	if err := json.Unmarshal(content, &n); err != nil {
		return nil, err
	}
	n[workerName(worker)]++
	return json.Marshal(n)
}

func workerName(worker int) string { return string(rune('a' + worker)) }

func sumOf(t *testing.T, content []byte) int {
	t.Helper()
	n := tally{}
	require.NoError(t, json.Unmarshal(content, &n), "%s", content)
	return n.sum()
}

var mergeAll = &ifmatch.Options{Plain: ifmatch.PlainOptions{Merge: ifmatch.ThreeWay[json.RawMessage]}}
