package checker

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// errNoEnd ends a history that goes on for ever.
var errNoEnd = errors.New("the history has no end")

const (
	maxSteps = 1500                  // of one history
	absence  = 50 * time.Millisecond // longer than any wait of a client between two exchanges
	forEver  = 1000 * time.Hour
	maxStall = 20 * time.Minute // within one step, on the bubble's clock
)

// turnstile lets one of its actors go on at a time. It waits until all of them wait, so that the order
// of what happens is the order of its choices and of nothing else. It lives in a bubble of
// testing/synctest, where waiting costs no time.
type turnstile struct {
	mu     sync.Mutex
	live   int // actors that have not finished
	parked []*ticket
	made   map[int]int
	step   int
	opened bool // nobody waits any more
}

// ticket is one thing that waits for its turn. A ghost is one that nobody waits for: a request that is
// still on its way though its connection is gone.
type ticket struct {
	actor, number int
	ghost         bool
	run           func()
	until         time.Time // when the actor gives up waiting
	done          chan struct{}
}

func newTurnstile(actors int) *turnstile {
	return &turnstile{live: actors, made: map[int]int{}}
}

// pass waits for the turn of an exchange. run happens at that moment, and nothing else does. The
// actor may give up waiting.
func (t *turnstile) pass(actor int, run func()) { <-t.park(actor, run, false, patience) }

// begin waits for the actor's turn to begin a call.
func (t *turnstile) begin(actor int, run func()) { <-t.park(actor, run, false, forEver) }

// later leaves something behind that happens at some later turn.
func (t *turnstile) later(actor int, run func()) { t.park(actor, run, true, forEver) }

func (t *turnstile) park(actor int, run func(), ghost bool, wait time.Duration) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made[actor]++
	k := &ticket{actor, t.made[actor], ghost, run, time.Now().Add(wait), make(chan struct{})}
	if t.opened {
		close(k.done)
		return k.done
	}
	for _, old := range t.parked {
		// The actor goes on: it has given up whatever it waited for.
		old.ghost = old.ghost || old.actor == actor && !ghost
	}
	t.parked = append(t.parked, k)
	return k.done
}

// leave says that an actor has finished.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live--
}

// moment returns the moment of a call that ends now, and of one that begins: what ends between two
// steps does so before what begins there.
func (t *turnstile) moment() (ends, begins int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(2 * t.step), int64(2*t.step + 1)
}

// run gives turns until nobody is left. order decides who goes on; pace, how much time passes before.
func (t *turnstile) run(order []byte, pace func(choice byte) time.Duration) error {
	for {
		if err := t.settle(); err != nil {
			return err
		}
		t.mu.Lock()
		if len(t.parked) == 0 {
			t.mu.Unlock()
			return nil
		}
		var choice byte
		if len(order) > 0 {
			choice = order[t.step%len(order)]
		}
		slices.SortFunc(t.parked, func(a, b *ticket) int {
			return cmp.Or(cmp.Compare(a.actor, b.actor), cmp.Compare(a.number, b.number))
		})
		i := int(choice>>1) % len(t.parked)
		k := t.parked[i]
		t.parked = slices.Delete(t.parked, i, i+1)
		t.step++
		t.mu.Unlock()
		if t.step > maxSteps {
			return errNoEnd
		}
		align(pace(choice))
		if k.run != nil {
			k.run()
		}
		close(k.done)
	}
}

// settle waits until every actor that lives waits here. One that does not come for a while waits for
// something else: an answer that never comes, or another actor within a client that they share. Then
// the others go on without it.
func (t *turnstile) settle() error {
	start := time.Now()
	for pause := time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		synctest.Wait()
		t.mu.Lock()
		waiting, live := t.waiting(), t.live
		t.mu.Unlock()
		stalled := time.Since(start)
		if waiting >= live || waiting > 0 && stalled > absence {
			return nil
		}
		if stalled > maxStall {
			return errNoEnd
		}
		time.Sleep(pause)
	}
}

// waiting counts the actors that wait here. One that has waited longer than its patience is about to go
// on.
func (t *turnstile) waiting() int {
	n := 0
	for _, k := range t.parked {
		if !k.ghost && time.Now().Before(k.until) {
			n++
		}
	}
	return n
}

// align sleeps up to the next multiple of the grid, so that the random waits of clients leave no trace
// in the clock.
func align(grid time.Duration) {
	now := time.Now()
	time.Sleep(now.Truncate(grid).Add(grid).Sub(now))
}

// open lets everybody through, to end a history that has no end of its own.
func (t *turnstile) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.parked {
		close(k.done)
	}
	t.parked = nil
	t.opened = true
}
