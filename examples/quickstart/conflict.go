package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ifmatch-go/ifmatch"
	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// choice is a way to end a conflict: another merge function for the same edit.
type choice struct {
	name, call, means string
	merge             ifmatch.MergeFunc[Deployment]
}

// choices are what a person can be asked for.
var choices = []choice{
	{"overwrite", "ifmatch.KeepLocal", "what others changed is lost", ifmatch.KeepLocal[Deployment]},
	{"review", "ifmatch.Field(image, keepRemote, ifmatch.ThreeWay)", "one place is decided, the rest merged",
		ifmatch.Field((*Deployment).image, keepRemote, ifmatch.ThreeWay[Deployment])},
	{"discard", "ifmatch.KeepRemote", "the edit is dropped", ifmatch.KeepRemote[Deployment]},
}

// keepRemote stands for the person who looks at the image in question. All else is merged.
func keepRemote(_, _, remote string) (string, error) { return remote, nil }

// decided is the scene in which both changed the same member, and somebody has to decide.
func decided(ctx context.Context, p *page, url string) error {
	p.title("4. A conflict that needs a decision: both changed the same member")
	r, err := startRace(ctx, url, func(d *Deployment) error {
		d.annotate(incident, "INC-7")
		return d.release("1.9.2")
	}, func(d *Deployment) error {
		d.Spec.Replicas += 2
		return d.release("1.10.0")
	})
	if err != nil {
		return fmt.Errorf("before the conflict: %w", err)
	}
	_, err = ifmatch.Save(ctx, r.person.client, r.form, ifmatch.ThreeWay)
	var conflict *ifmatch.ConflictError
	var clash *jsonmerge.ConflictError
	switch {
	case err == nil:
		return fmt.Errorf("saving with ThreeWay: %w", errLost)
	case !errors.As(err, &conflict) || !errors.As(err, &clash):
		return fmt.Errorf("saving with ThreeWay: %w", err) // it failed, or the resource was deleted meanwhile
	}
	p.conflict(conflict, clash.Conflicts)
	p.line("   base       %s", r.base)
	p.line("   local      %s", r.form.Value)
	p.line("   remote     %s", r.remote)
	p.line("")
	p.line("   The ways out, each one call on the same edit:  %s",
		p.faint("edit, ok := ifmatch.Resume[Deployment](err)"))
	p.line("")
	for _, c := range choices {
		if err := p.choose(ctx, url, conflict, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return p.err
}

// conflict shows what the error holds, for a person to read.
func (p *page) conflict(e *ifmatch.ConflictError, places []jsonmerge.Conflict) {
	p.line("   %s %s after %s and %s", p.bad("not saved:"), e.Kind.String(), count(e.Rounds, "round"),
		count(len(e.Attempts), "exchange"))
	p.line("   %s %s", e.Method, e.URL)
	if e.Problem != nil && e.Problem.Detail != "" {
		p.line("   the server says: %q", printable(e.Problem.Detail))
	}
	p.line("")
	var exchanges [][]string
	for _, a := range e.Attempts {
		answer := "no answer"
		if a.Status != 0 {
			answer = fmt.Sprint(a.Status)
		}
		exchanges = append(exchanges, []string{a.Method, printable(a.Condition), answer})
	}
	p.table(exchanges)
	p.line("")
	for _, c := range places {
		p.line("   %s", printable(c.Pointer))
		for _, side := range []struct {
			name string
			text []byte
		}{{"base", c.Base}, {"local", c.Local}, {"remote", c.Remote}} {
			p.line("      %-7s %s", side.name, printable(string(side.text)))
		}
	}
	p.line("")
}

// choose carries out one choice: it takes the edit up again from the error and saves it in another
// way. Each choice begins at the conflict as it was.
func (p *page) choose(ctx context.Context, url string, conflict *ifmatch.ConflictError, c choice) error {
	if err := overwrite(ctx, newSession(1, nil).client, url, conflict.Remote); err != nil {
		return err
	}
	edit, ok := ifmatch.Resume[Deployment](conflict)
	if !ok {
		return errors.New("the error holds no edit to take up again")
	}
	person := newSession(0, nil)
	result, err := ifmatch.Save(ctx, person.client, edit, c.merge)
	if err != nil {
		return err
	}
	what := person.journal.last().outcome
	if person.journal.written == 0 {
		what = "nothing written"
	}
	p.line("   %-10s %s  %s", c.name, result.Value, p.good(what))
	p.line("              %s", p.faint("ifmatch.Save(ctx, client, edit, "+c.call+") // "+c.means))
	return p.err
}
