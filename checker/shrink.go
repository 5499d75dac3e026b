package checker

import (
	"slices"
	"testing"
)

// Shrink makes a failing plan small: it leaves out clients, calls and twists, makes the product
// plainer and the order simpler, as long as the history still fails in the same way. It returns the
// history of the smallest plan found.
func Shrink(t *testing.T, p Plan, maker Maker, fails func(*History) bool) *History {
	s := &shrinker{t: t, maker: maker, fails: fails, budget: 1500}
	s.best = Run(t, p, maker)
	for {
		before := s.budget
		size := s.best.Plan.size()
		s.twists()
		s.clients()
		s.calls()
		s.product()
		s.order()
		if s.best.Plan.size() == size || s.budget <= 0 || s.budget == before {
			return s.best
		}
	}
}

type shrinker struct {
	t      *testing.T
	maker  Maker
	fails  func(*History) bool
	budget int
	best   *History
}

// size is smaller for a plan with less in it.
func (p Plan) size() int {
	n := 100 * len(p.Twists)
	for _, ops := range p.Clients {
		n += 100*len(ops) + 100
	}
	for _, v := range p.Product {
		if v != 0 {
			n += 10
		}
	}
	if p.Shared {
		n += 10
	}
	n += len(p.Order)
	for _, b := range p.Order {
		if b != 0 {
			n++
		}
	}
	return n
}

func (s *shrinker) try(p Plan) bool {
	if s.budget <= 0 {
		return false
	}
	s.budget--
	h := Run(s.t, p, s.maker)
	if !s.fails(h) {
		return false
	}
	s.best = h
	return true
}

// tryOrders tries a plan, and if it does not fail, the plan in some other orders.
func (s *shrinker) tryOrders(p Plan) bool {
	if s.try(p) {
		return true
	}
	for i := range 6 {
		q := p
		q.Order = make([]byte, min(len(p.Order), 24))
		for k := range q.Order {
			q.Order[k] = byte((k*7+i*13)*(i+3)) ^ byte(i<<k%8)
		}
		if len(q.Order) > 0 && s.try(q) {
			return true
		}
	}
	return false
}

func (s *shrinker) twists() {
	for i := len(s.best.Plan.Twists) - 1; i >= 0; i-- {
		p := s.best.Plan
		p.Twists = slices.Delete(slices.Clone(p.Twists), i, i+1)
		s.try(p)
	}
}

func (s *shrinker) clients() {
	for i := len(s.best.Plan.Clients) - 1; i >= 0 && len(s.best.Plan.Clients) > 1; i-- {
		p := s.best.Plan
		p.Clients = slices.Delete(slices.Clone(p.Clients), i, i+1)
		p.Twists = nil
		for _, w := range s.best.Plan.Twists {
			if w.Client == i {
				continue
			}
			if w.Client > i {
				w.Client--
			}
			p.Twists = append(p.Twists, w)
		}
		s.tryOrders(p)
	}
}

func (s *shrinker) calls() {
	for i := range s.best.Plan.Clients {
		for n := len(s.best.Plan.Clients[i]) - 1; n >= 0 && len(s.best.Plan.Clients[i]) > 1; n-- {
			p := s.best.Plan
			p.Clients = slices.Clone(p.Clients)
			p.Clients[i] = slices.Delete(slices.Clone(p.Clients[i]), n, n+1)
			p.Twists = nil
			for _, w := range s.best.Plan.Twists {
				if w.Client == i && w.Op == n {
					continue
				}
				if w.Client == i && w.Op > n {
					w.Op--
				}
				p.Twists = append(p.Twists, w)
			}
			s.tryOrders(p)
		}
	}
}

func (s *shrinker) product() {
	if p := s.best.Plan; p.Shared {
		p.Shared = false
		s.try(p)
	}
	for f := range features {
		if p := s.best.Plan; p.Product[f] != 0 {
			p.Product[f] = 0
			s.try(p)
		}
	}
}

// order makes the order short and then, byte by byte, zero: the first in line goes on.
func (s *shrinker) order() {
	for _, n := range []int{0, 1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64} {
		if p := s.best.Plan; n < len(p.Order) {
			p.Order = slices.Clone(p.Order[:n])
			if s.try(p) {
				break
			}
		}
	}
	for i := range s.best.Plan.Order {
		if p := s.best.Plan; p.Order[i] != 0 && len(p.Order) <= 64 {
			p.Order = slices.Clone(p.Order)
			p.Order[i] = 0
			s.try(p)
		}
	}
}
