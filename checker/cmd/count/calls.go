package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ifmatch-go/ifmatch"
)

// mark says how the writes of a run can be recognised.
type mark struct {
	Name  string
	Place string // Options.WriteID
	Kept  int    // Options.WriteIDs
}

// reach is how many versions there may be between the one that a write was made from and the one
// that a look shows, for the look to tell whether the write is among them.
func (m mark) reach() int {
	switch {
	case m.Place == "":
		return 0
	case m.Kept == 0:
		return 1
	}
	return m.Kept
}

// batch is the calls that one process makes.
type batch struct {
	URL          string
	HTTP2        bool
	Workload     int // in workloads
	Mark         mark
	First, Calls int // the operations are numbers
	Writers      int
}

// claim is what one call said.
type claim struct {
	Operation string
	Outcome   outcome
	Got       string // by a call that was acknowledged
	Error     string
}

type outcome int

const (
	acknowledged outcome = iota
	uncertain
	refused
)

// run makes the calls.
func (b batch) run() []claim {
	transport := &http.Transport{Protocols: protocols(b.HTTP2), MaxIdleConnsPerHost: b.Writers}
	defer transport.CloseIdleConnections()
	client := ifmatch.New(&ifmatch.Options{
		HTTPClient: &http.Client{Transport: transport},
		WriteID:    b.Mark.Place,
		WriteIDs:   b.Mark.Kept,
		MaxElapsed: 10 * time.Minute,
		MaxWait:    50 * time.Millisecond,
		// Of 100,000 exchanges that lose a tenth, one loses five answers in a row, which is the
		// default, and nothing is known of it then.
		MaxAttempts: 10,
	})
	claims := make([]claim, b.Calls)
	var next atomic.Int64
	var writers sync.WaitGroup
	for range b.Writers {
		writers.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.Calls; i = int(next.Add(1)) - 1 {
				claims[i] = b.call(client, fmt.Sprint(b.First+i))
			}
		})
	}
	writers.Wait()
	return claims
}

// call makes one call.
func (b batch) call(client *ifmatch.Client, operation string) claim {
	c := claim{Operation: operation}
	client = client.With(func(o *ifmatch.Options) { o.Header.Set(operationField, operation) })
	_, err := ifmatch.Update(context.Background(), client, b.URL, func(d *doc) error {
		c.Got = workloads[b.Workload].edit(d)
		return nil
	})
	if err != nil {
		c.Outcome, c.Error = refused, err.Error()
		if errors.Is(err, ifmatch.ErrUncertain) {
			c.Outcome = uncertain
		}
	}
	return c
}
