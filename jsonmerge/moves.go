package jsonmerge

import (
	"slices"

	"github.com/ifmatch-go/ifmatch/jsonmerge/internal/lcs"
)

// moves plans how an array becomes another by removing, adding and moving elements one at a time.
//
// Every element gets a slot in one line that holds both arrays: an element that stays where it is
// among its neighbours has the same slot before and after, one that moves has two. The index of an
// element at any time is the number of slots before its own that are taken.
type moves struct {
	of, to       []int  // as in aligner
	other        []bool // as[of[j]] is replaced by bs[j], another element
	slotA, slotB []int
	taken        []int // Fenwick tree (P. Fenwick, Software: Practice and Experience 24, 1994)
}

func newMoves(of []int, lengthA int) *moves {
	m := &moves{
		of: of, to: fill(lengthA), other: make([]bool, len(of)),
		slotA: make([]int, lengthA), slotB: make([]int, len(of)),
	}
	for j, i := range of {
		if i != absent {
			m.to[i] = j
		}
	}
	// Between two elements that stay, what goes and what comes is one replacement each.
	stays := lcs.Rising(m.to)
	m.between(stays, func(as, bs []int) {
		for k := range min(len(as), len(bs)) {
			m.of[bs[k]], m.to[as[k]] = as[k], bs[k]
			m.other[bs[k]] = true
			stays = append(stays, as[k])
		}
	})
	slices.Sort(stays)
	slots := 0
	i, j := 0, 0
	for _, stay := range append(stays, lengthA) {
		end := len(of)
		if stay < lengthA {
			end = m.to[stay]
		}
		for ; j < end; j++ {
			m.slotB[j] = slots
			slots++
		}
		for ; i < stay; i++ {
			m.slotA[i] = slots
			slots++
		}
		if stay < lengthA {
			m.slotA[i], m.slotB[j] = slots, slots
			slots++
			i++
			j++
		}
	}
	m.taken = make([]int, slots+1)
	for _, s := range m.slotA {
		m.count(s, 1)
	}
	return m
}

// between calls do for what goes and what comes between each two of the elements of a that stay.
func (m *moves) between(stays []int, do func(as, bs []int)) {
	i, j := 0, 0
	for _, stay := range slices.Concat(stays, []int{len(m.to)}) {
		end := len(m.of)
		if stay < len(m.to) {
			end = m.to[stay]
		}
		var as, bs []int
		for ; i < stay; i++ {
			if m.to[i] == absent {
				as = append(as, i)
			}
		}
		for ; j < end; j++ {
			if m.of[j] == absent {
				bs = append(bs, j)
			}
		}
		do(as, bs)
		i++
		j++
	}
}

func (m *moves) count(slot, by int) {
	for s := slot + 1; s < len(m.taken); s += s & -s {
		m.taken[s] += by
	}
}

// before returns how many taken slots lie before one.
func (m *moves) before(slot int) int {
	n := 0
	for s := slot; s > 0; s -= s & -s {
		n += m.taken[s]
	}
	return n
}

// take and put empty and fill a slot, and return the index of its element.
func (m *moves) take(slot int) int {
	m.count(slot, -1)
	return m.before(slot)
}

func (m *moves) put(slot int) int {
	m.count(slot, 1)
	return m.before(slot)
}
