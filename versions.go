package ifmatch

import (
	"container/list"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"
)

// The plain-HTTP side never sees which value a write was made from, so it has to know which
// versions the code above it can have. The rule, in every interleaving: no write goes out with the
// validator of a version newer than the one that its own unit of work has read.
//
// A unit of work that travels in the context knows what it read. Without one, each write is taken
// to be made from one read of its own, and all that can be known is how often each version was
// handed out and how many writes came back: while those that are still out are all of one version,
// a write is armed with that; when they differ, nothing tells whose write it is, and it is refused.
// To guess would be to overwrite, once in a while.

// trackKey names a resource as one identity sees it. Different credentials may be shown different
// representations, so a tag never crosses from one to another.
type trackKey struct {
	of       *versions
	target   string
	identity uint64
}

// held is a version that was handed out.
type held struct {
	condition precondition
	content   []byte      // for merging; nil if not kept
	header    http.Header // of the answer
	request   http.Header // of the request that read it
	blind     error       // why there is nothing to guard a write with
	absent    bool        // there was nothing
	row       bool        // a collection told of it: the tag, and perhaps not the content
	doubt     atomic.Bool // a write that was armed with it got no answer
}

// versions counts the versions that are out without a unit of work. It is bounded: what has not
// been used for longest is dropped, and remembered as dropped.
type versions struct {
	seed       maphash.Seed
	maxEntries int
	maxBytes   int64
	mu         sync.Mutex // guards the fields below
	entries    map[trackKey]*list.Element
	targets    map[string]int // how many identities have an entry for a target
	recent     list.List      // of *account, most recently used first
	bytes      int64
	dropped    []uint64 // a Bloom filter of keys that were dropped; nil: none were
}

const dropBits = 1 << 20

const defaultTracked = 10_000

// tracked returns what is remembered for the client's identity.
func (c *view) tracked() *versions {
	c.kept.once.Do(func() { c.kept.what = newVersions(limit(c.opts.Plain.MaxTracked, defaultTracked, 1), 64<<20) })
	return c.kept.what.(*versions)
}

// account is what is out of one resource.
type account struct {
	key  trackKey
	out  map[precondition]int // how often each version was handed out and not yet used
	now  *held                // the newest version that was handed out
	used *held                // the version that the last write used; it stands in when none is out
}

func newVersions(entries int, bytes int64) *versions {
	return &versions{seed: maphash.MakeSeed(), maxEntries: entries, maxBytes: bytes,
		entries: map[trackKey]*list.Element{}, targets: map[string]int{}}
}

// Fields that carry credentials, besides those that an answer's Vary names.
var credentialFields = []string{"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token"}

// key names the resource of a plain request; ok is false if there is none.
func (l *versions) key(d *Dialect, r *http.Request) (k trackKey, ok bool) {
	u := *r.URL
	if d != nil && d.Resource != nil {
		named := d.Resource(r.URL)
		if named == nil {
			return k, false
		}
		u = *named
	}
	u.Fragment, u.RawFragment = "", ""
	var h maphash.Hash
	h.SetSeed(l.seed)
	for _, f := range credentialFields {
		for _, v := range r.Header.Values(f) {
			h.WriteString(f)
			h.WriteByte(0)
			h.WriteString(v)
			h.WriteByte(0)
		}
	}
	return trackKey{l, u.String(), h.Sum64()}, true
}

// noteRead notes that a version went to the unit of work, or to somebody.
func (l *versions) noteRead(k trackKey, w *unit, v *held) {
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, known := w.read[k]; !known && len(w.read) >= maxUnit {
			w.full = true
			return
		}
		old := w.read[k]
		if old != nil && v.row && !old.row {
			return // what was read whole may be older than the row, and a guard that is too old is safe
		}
		if old != nil {
			w.bytes -= int64(len(old.content))
			v.inherit(old)
		}
		if w.bytes+int64(len(v.content)) > l.maxBytes {
			v.content = nil
		}
		w.bytes += int64(len(v.content))
		w.read[k] = v
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account(k)
	if a.now != nil {
		v.inherit(a.now)
		l.bytes -= int64(len(a.now.content))
	}
	a.now = v
	l.bytes += int64(len(v.content))
	g := v.condition
	if _, known := a.out[g]; !known && len(a.out) >= maxOut {
		g = droppedVersion // too many to tell apart: refused, as two are
	}
	a.out[g]++
	l.trim()
}

// maxOut bounds how many versions of one resource are told apart.
const maxOut = 8

var droppedVersion = precondition{value: "dropped"}

// inherit notes that a write of the version may still be on its way.
func (v *held) inherit(old *held) {
	if old.condition == v.condition && old.doubt.Load() {
		v.doubt.Store(true)
	}
}

// readAbsent notes that the unit of work has read that there is nothing.
func (l *versions) readAbsent(k trackKey, w *unit, v *held) {
	if w != nil { // without one, the versions that are out are still out
		l.noteRead(k, w, v)
	}
}

// readBlind notes that the unit of work has read something that guards nothing. What it read whole
// before is older, and stays: a guard that is too old is safe.
func (l *versions) readBlind(k trackKey, w *unit, v *held) {
	if w == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if a := l.account(k); a.used == nil && len(a.out) == 0 {
			a.used = v // until it is read whole
		}
		l.trim()
		return
	}
	w.mu.Lock()
	known := w.read[k] != nil
	w.mu.Unlock()
	if !known {
		l.noteRead(k, w, v)
	}
}

var errWhose = errors.New("several versions of it are out and nothing tells which one this write was made from: " +
	"give each sequence of reads and writes a context of its own (UnitOfWork)")

// madeFrom returns the version that a write was made from; nil if it was never read.
func (l *versions) madeFrom(k trackKey, w *unit) (*held, error) {
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		v := w.read[k]
		if v == nil && w.full {
			return nil, fmt.Errorf("%w: the unit of work has read more than %d resources", ErrNoValidator, maxUnit)
		}
		for other := range w.read {
			if v == nil && other.of == k.of && other.target == k.target {
				return nil, errCredentials
			}
		}
		return v, v.trouble()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[k]
	if !ok {
		if l.targets[k.target] > 0 {
			return nil, errCredentials // perhaps by the same client: some sign each request anew
		}
		if l.wasDropped(k) {
			return nil, fmt.Errorf("%w: too much was read since it was: the version is forgotten", ErrNoValidator)
		}
		return nil, nil
	}
	l.recent.MoveToFront(e)
	a := e.Value.(*account)
	switch len(a.out) {
	case 0:
		return a.used, a.used.trouble()
	case 1:
		for g := range a.out {
			if a.now != nil && a.now.condition == g {
				return a.now, a.now.trouble()
			}
			return &held{condition: g}, nil
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrNoValidator, errWhose)
}

var errCredentials = fmt.Errorf("%w: it was read with other credentials than it is written with", ErrNoValidator)

func (v *held) trouble() error {
	if v == nil {
		return nil
	}
	return v.blind
}

// noteWritten notes that a write that was armed with v is over. next is the version that it made,
// for the unit of work to write from again.
func (l *versions) noteWritten(k trackKey, w *unit, v, next *held) {
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if next != nil && w.read[k] == v {
			w.bytes -= int64(len(v.content))
			w.read[k] = next
		}
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account(k)
	if a.out[v.condition]--; a.out[v.condition] <= 0 {
		delete(a.out, v.condition)
	}
	a.used = &held{condition: v.condition, blind: v.blind}
}

// account returns the account of k, made if need be. l.mu is held.
func (l *versions) account(k trackKey) *account {
	if e, ok := l.entries[k]; ok {
		l.recent.MoveToFront(e)
		return e.Value.(*account)
	}
	a := &account{key: k, out: map[precondition]int{}}
	if l.wasDropped(k) {
		// Versions that were handed out before may still be out.
		a.out[droppedVersion] = 1
	}
	l.entries[k] = l.recent.PushFront(a)
	l.targets[k.target]++
	return a
}

// trim drops what has not been used for longest. l.mu is held.
func (l *versions) trim() {
	for l.recent.Len() > l.maxEntries || l.bytes > l.maxBytes && l.recent.Len() > 1 {
		e := l.recent.Back()
		a := l.recent.Remove(e).(*account)
		delete(l.entries, a.key)
		if l.targets[a.key.target]--; l.targets[a.key.target] == 0 {
			delete(l.targets, a.key.target)
		}
		if a.now != nil {
			l.bytes -= int64(len(a.now.content))
		}
		if l.dropped == nil {
			l.dropped = make([]uint64, dropBits/64)
		}
		for _, bit := range l.bits(a.key) {
			l.dropped[bit/64] |= 1 << (bit % 64)
		}
	}
}

func (l *versions) bits(k trackKey) [2]uint64 {
	h := maphash.String(l.seed, k.target) ^ k.identity
	return [2]uint64{h % dropBits, h >> 32 % dropBits}
}

// wasDropped reports whether k may have been dropped. Sometimes it has not; then a write is refused
// that need not have been.
func (l *versions) wasDropped(k trackKey) bool {
	if l.dropped == nil {
		return false
	}
	for _, bit := range l.bits(k) {
		if l.dropped[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}
