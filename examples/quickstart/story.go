package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
)

// tell plays all scenes of the story at the resource. Its error says where the story did not go as
// it should.
func tell(ctx context.Context, p *page, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	p.line("%d writers change one document at once: a Kubernetes Deployment at", len(writers))
	p.line("%s", show(u))

	before, err := usual(ctx, p, target)
	if err != nil {
		return err
	}
	after, err := updated(ctx, p, target)
	if err != nil {
		return err
	}
	if err := saved(ctx, p, target); err != nil {
		return err
	}
	if err := decided(ctx, p, target); err != nil {
		return err
	}
	p.line("")
	p.line("Lost in the usual way: %s and %s. With ifmatch: %s and %s.",
		count(len(before.lost), "change"), count(len(before.gone), "member"),
		count(len(after.lost), "change"), count(len(after.gone), "member"))
	return p.err
}

// usual is the scene in which changes are lost.
func usual(ctx context.Context, p *page, url string) (*outcome, error) {
	p.title("1. The usual way: GET, decode into a struct, change, PUT")
	o, err := contest(ctx, url, getChangePut)
	if err != nil {
		return o, fmt.Errorf("the usual way: %w", err)
	}
	p.contest(o)
	if len(o.gone) > 0 {
		p.line("   %s  %s that the struct does not know, such as", p.bad("lost"), count(len(o.gone), "member"))
		for _, pointer := range some(o.gone, 5) {
			p.line("         %s", printable(pointer))
		}
	}
	return o, p.err
}

// updated is the scene in which none is lost.
func updated(ctx context.Context, p *page, url string) (*outcome, error) {
	p.title("2. The same writers with ifmatch.Update(ctx, client, url, edit)")
	o, err := contest(ctx, url, update)
	if err != nil {
		return o, fmt.Errorf("with Update: %w", err)
	}
	p.contest(o)
	if len(o.lost) > 0 {
		return o, fmt.Errorf("with Update: %s lost: does the server evaluate If-Match (RFC 9110 §13.1.1)?",
			count(len(o.lost), "change"))
	}
	if len(o.gone) > 0 {
		return o, fmt.Errorf("with Update: %s fell out, such as %s: does the server store what is PUT?",
			count(len(o.gone), "member"), printable(o.gone[0]))
	}
	p.line("   %s  every member that the struct does not know, and every digit: generation %s", p.good("kept"),
		printable(o.generation))
	p.line("         What changed:")
	for _, pointer := range some(o.changed, 5) {
		p.line("         %s", printable(pointer))
	}
	return o, p.err
}

// contest shows who did what, and what is left of it.
func (p *page) contest(o *outcome) {
	written, refused := 0, 0
	var rows [][]string
	for i, j := range o.journals {
		rows = append(rows, p.journal(writers[i].name, j)...)
		written += j.written
		refused += j.refused
	}
	p.table(rows)
	p.line("")
	p.line("   writes: %d taken, %d refused", written, refused)
	for _, text := range o.kept {
		p.line("   %s  %s", p.good("kept"), text)
	}
	for _, text := range o.lost {
		p.line("   %s  %s", p.bad("lost"), text)
	}
}

// journal returns what one writer did, a row for each version that it saw.
func (p *page) journal(name string, j *journal) (rows [][]string) {
	for _, r := range j.rounds {
		outcome := r.outcome
		switch {
		case strings.HasPrefix(outcome, "written"):
			outcome = p.good(outcome)
		case outcome != "":
			outcome = p.bad(outcome)
		}
		rows = append(rows, []string{name, r.fetched, r.change, outcome})
		name = ""
	}
	return rows
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// some returns the first n of the list, and says if there are more.
func some(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	return append(list[:n:n], fmt.Sprintf("and %d more", len(list)-n))
}
