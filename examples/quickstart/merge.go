package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ifmatch-go/ifmatch"
)

// race is a person with a form on the screen, and a rival who is faster.
type race struct {
	person *session
	form   *ifmatch.Representation[Deployment] // with the person's change, not yet saved
	base   string                              // what the person saw
	remote string                              // what the rival made of it
}

// startRace fetches the form, lets the rival's edit land, and makes the person's change to the
// form.
func startRace(ctx context.Context, url string, rival, person func(*Deployment) error) (*race, error) {
	r := &race{person: newSession(0, nil)}
	var err error
	if r.form, err = ifmatch.Get[Deployment](ctx, r.person.client, url); err != nil {
		return nil, err
	}
	r.base = r.form.Value.String()
	now, err := ifmatch.Update(ctx, newSession(1, nil).client, url, rival)
	if err != nil {
		return nil, err
	}
	r.remote = now.Value.String()
	return r, person(&r.form.Value)
}

// saved is the scene in which an edit was made elsewhere, a newer version exists, and both changes
// survive.
func saved(ctx context.Context, p *page, url string) error {
	p.title("3. An edit that was made elsewhere: ifmatch.Save(ctx, client, edited, ifmatch.ThreeWay)")
	r, err := startRace(ctx, url,
		func(d *Deployment) error { return d.release("1.9.1") },
		func(d *Deployment) error { return d.setLogLevel("warn") })
	if err != nil {
		return fmt.Errorf("before Save: %w", err)
	}
	result, err := ifmatch.Save(ctx, r.person.client, r.form, ifmatch.ThreeWay)
	if err != nil {
		return fmt.Errorf("saving with ThreeWay: %w", err)
	}
	p.line("   base    %s", r.base)
	p.line("   local   %s", r.form.Value)
	p.line("   remote  %s", r.remote)
	p.line("   %s  %s", p.good("merged"), result.Value)
	p.line("")
	p.table(p.journal("person", r.person.journal))
	if result.Value.version() != "1.9.1" || result.Value.logLevel() != "warn" {
		return fmt.Errorf("saving with ThreeWay: %w", errLost)
	}
	return p.err
}

var errLost = errors.New("not both changes are there: does the server evaluate If-Match (RFC 9110 §13.1.1)?")
