package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// writer is one of those who change the document at the same time.
type writer struct {
	name   string
	intent string
	edit   func(*Deployment) (did string, err error)
	// inForce tells from what the document was and is whether the change is in it.
	inForce func(was, is *Deployment) bool
}

// writers have changes that do not contradict each other: all of them can be had. The two that
// count replicas are told apart by the amount.
var writers = []writer{
	{"autoscaler", "2 more replicas", scale(2), scaled(2)},
	{"campaign", "1 more replica", scale(1), scaled(1)},
	{"release", "image 1.9.0", func(d *Deployment) (string, error) {
		was := d.version()
		err := d.release("1.9.0")
		return fmt.Sprintf("image %s → %s", was, d.version()), err
	}, func(_, is *Deployment) bool { return is.version() == "1.9.0" }},
	{"support", "LOG_LEVEL debug", func(d *Deployment) (string, error) {
		was := d.logLevel()
		err := d.setLogLevel("debug")
		return fmt.Sprintf("LOG_LEVEL %s → %s", was, d.logLevel()), err
	}, func(_, is *Deployment) bool { return is.logLevel() == "debug" }},
}

func scale(by int) func(*Deployment) (string, error) {
	return func(d *Deployment) (string, error) {
		was := d.Spec.Replicas
		d.Spec.Replicas += by
		return fmt.Sprintf("replicas %d → %d", was, d.Spec.Replicas), nil
	}
}

// scaled works for amounts that are powers of two: each is one bit of the sum.
func scaled(by int) func(was, is *Deployment) bool {
	return func(was, is *Deployment) bool { return (is.Spec.Replicas-was.Spec.Replicas)&by != 0 }
}

// changer makes one writer's change to the resource.
type changer func(ctx context.Context, s *session, url string, edit func(*Deployment) error) error

// getChangePut is the way that it is often written. Nothing in it looks wrong.
func getChangePut(ctx context.Context, s *session, url string, edit func(*Deployment) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode)
	}
	var d Deployment
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&d); err != nil {
		return err
	}
	if err := edit(&d); err != nil {
		return err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	req, err = http.NewRequestWithContext(ctx, http.MethodPut, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err = s.http.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return refusal(resp.StatusCode)
	}
	return nil
}

// refusal is the status of an answer that is not a success.
type refusal int

func (r refusal) Error() string { return fmt.Sprintf("%d %s", int(r), http.StatusText(int(r))) }

// update is the way with ifmatch.
func update(ctx context.Context, s *session, url string, edit func(*Deployment) error) error {
	_, err := ifmatch.Update(ctx, s.client, url, edit)
	return err
}

// compete lets all writers make their changes at once, and returns their journals in their order.
func compete(ctx context.Context, url string, change changer) ([]*journal, error) {
	rivals := &lockstep{atWork: len(writers)}
	journals := make([]*journal, len(writers))
	errs := make([]error, len(writers))
	var all sync.WaitGroup
	for i, w := range writers {
		s := newSession(i, rivals)
		journals[i] = s.journal
		all.Go(func() {
			defer rivals.done()
			err := change(ctx, s, url, func(d *Deployment) error {
				did, err := w.edit(d)
				s.journal.last().change = printable(did)
				return err
			})
			if no := refusal(0); err != nil && !errors.As(err, &no) { // a refusal is in the journal
				errs[i] = fmt.Errorf("%s: %w", w.name, err)
			}
		})
	}
	all.Wait()
	return journals, errors.Join(errs...)
}

// outcome is what became of the writers' changes, and of the rest of the document.
type outcome struct {
	journals   []*journal
	kept, lost []string // changes
	gone       []string // members that fell out
	changed    []string // members that have other values now
	generation string   // the digits of a number that a float64 cannot hold
}

// contest puts the document there, lets the writers compete, and looks at what is left.
func contest(ctx context.Context, url string, change changer) (*outcome, error) {
	judge := newSession(0, nil).client
	if err := overwrite(ctx, judge, url, document); err != nil {
		return nil, err
	}
	was, err := ifmatch.Get[Deployment](ctx, judge, url)
	if err != nil {
		return nil, err
	}
	o := new(outcome)
	if o.journals, err = compete(ctx, url, change); err != nil {
		return o, err
	}
	is, err := ifmatch.Get[Deployment](ctx, judge, url)
	if err != nil {
		return o, err
	}
	for _, w := range writers {
		if text := w.name + ": " + w.intent; w.inForce(&was.Value, &is.Value) {
			o.kept = append(o.kept, text)
		} else {
			o.lost = append(o.lost, text)
		}
	}
	o.gone, o.changed, err = compare(was.Content, is.Content)
	if digits, err := (jsonmerge.Pointer{"metadata", "generation"}).Get(is.Content); err == nil {
		o.generation = string(digits)
	}
	return o, err
}

// overwrite makes content the state of the resource, whatever it was, and creates it if need be.
func overwrite(ctx context.Context, c *ifmatch.Client, url string, content []byte) error {
	c = c.With(func(o *ifmatch.Options) { o.CreateIfAbsent = true; o.Header.Set("Content-Type", "application/json") })
	_, err := ifmatch.Update(ctx, c, url, func(now *[]byte) error {
		*now = content
		return nil
	})
	return err
}
