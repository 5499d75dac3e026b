package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// This file makes rivals of the writers, in the same way on every run, and notes what each of them
// does. It does so on the client's side of the wire, so that it works with any server.

// lockstep makes the writes of several writers conflict: a round of writes begins when every writer
// still at work has one to send, so that all of them have read by then; and then they go one by
// one, in the order of the writers.
type lockstep struct {
	mu      sync.Mutex
	atWork  int      // writers that may still come
	arrived []*place // for the next round
	line    []*place // of this round; the first has its turn
}

type place struct {
	writer int
	called bool
	turn   chan struct{}
}

// enter waits for the writer's turn, and returns the function that ends it.
func (l *lockstep) enter(ctx context.Context, writer int) (leave func(), err error) {
	p := &place{writer: writer, turn: make(chan struct{})}
	l.mu.Lock()
	l.arrived = append(l.arrived, p)
	l.advance()
	l.mu.Unlock()
	leave = func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		is := func(q *place) bool { return q == p }
		l.arrived, l.line = slices.DeleteFunc(l.arrived, is), slices.DeleteFunc(l.line, is)
		l.advance()
	}
	select {
	case <-p.turn:
		return leave, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}

// done says that one writer will not come again.
func (l *lockstep) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.atWork--
	l.advance()
}

// advance opens the next round if it is time, and calls the first in line. l.mu is held.
func (l *lockstep) advance() {
	if len(l.line) == 0 && len(l.arrived) == l.atWork {
		l.line, l.arrived = l.arrived, nil
		slices.SortFunc(l.line, func(a, b *place) int { return a.writer - b.writer })
	}
	if len(l.line) > 0 && !l.line[0].called {
		l.line[0].called = true
		close(l.line[0].turn)
	}
}

// round is what one writer did with one version: it fetched, it changed, it wrote. In words, and
// empty for what was not done.
type round struct{ fetched, change, outcome string }

// journal is the account of one writer, kept by its wire and its edit.
type journal struct {
	rounds           []round
	written, refused int // writes that took effect, and that did not
}

func (j *journal) last() *round {
	if len(j.rounds) == 0 {
		j.rounds = append(j.rounds, round{})
	}
	return &j.rounds[len(j.rounds)-1]
}

func (j *journal) note(req *http.Request, resp *http.Response, err error) {
	read := req.Method != http.MethodPut
	if read {
		j.rounds = append(j.rounds, round{})
	}
	r := j.last()
	switch {
	case err != nil:
		r.outcome = "no answer"
	case resp.StatusCode/100 != 2:
		r.outcome = fmt.Sprintf("refused: %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		if !read {
			j.refused++
		}
	case read:
		r.fetched = strings.TrimSpace("fetched " + tag(resp))
	default:
		r.outcome = "written"
		if tag := tag(resp); tag != "" {
			r.outcome += " as " + tag
		}
		j.written++
	}
}

func tag(resp *http.Response) string { return printable(resp.Header.Get("ETag")) }

// wire is the http.RoundTripper of one writer.
type wire struct {
	journal *journal
	writer  int
	rivals  *lockstep // nil: nobody to wait for
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.rivals != nil && req.Method == http.MethodPut {
		leave, err := w.rivals.enter(req.Context(), w.writer)
		if err != nil {
			req.Body.Close()
			return nil, err
		}
		defer leave()
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	w.journal.note(req, resp, err)
	return resp, err
}

// session is one writer at the wire. Each has clients of its own, as programs on different machines
// have.
type session struct {
	journal *journal
	http    *http.Client
	client  *ifmatch.Client
}

func newSession(writer int, rivals *lockstep) *session {
	s := &session{journal: new(journal)}
	s.http = &http.Client{
		Transport: &wire{journal: s.journal, writer: writer, rivals: rivals}, Timeout: 10 * time.Second,
	}
	s.client = ifmatch.New(&ifmatch.Options{HTTPClient: s.http})
	return s
}
