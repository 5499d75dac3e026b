package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"
)

// page is what the story is written on. It keeps the first error of writing, so that the story need
// not ask each time.
type page struct {
	out      io.Writer
	coloured bool
	err      error
}

func (p *page) line(format string, args ...any) {
	if p.err != nil {
		return
	}
	text := strings.TrimRight(fmt.Sprintf(format, args...), " ")
	_, p.err = fmt.Fprintln(p.out, text)
}

func (p *page) title(text string) {
	p.line("")
	p.line("%s", p.paint("1", text))
	p.line("")
}

// table aligns the cells of the rows. Only the last cell of a row may be painted: widths count what
// is not seen, too.
func (p *page) table(rows [][]string) {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush() // a bytes.Buffer takes everything
	for row := range strings.Lines(text.String()) {
		p.line("   %s", strings.TrimSuffix(row, "\n"))
	}
}

func (p *page) good(text string) string  { return p.paint("32", text) }
func (p *page) bad(text string) string   { return p.paint("31", text) }
func (p *page) faint(text string) string { return p.paint("2", text) }

// paint wraps text in the escape sequence of a terminal attribute (ECMA-48 §8.3.117, SGR).
func (p *page) paint(attribute, text string) string {
	if !p.coloured || text == "" {
		return text
	}
	return "\x1b[" + attribute + "m" + text + "\x1b[0m"
}

// colours reports whether out is a terminal whose user did not turn colours off
// (https://no-color.org).
func colours(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printable bounds what a server sent and takes from it what could steer a terminal.
func printable(text string) string {
	const most = 80
	runes := []rune(text)
	if len(runes) > most {
		runes = append(runes[:most:most], '…')
	}
	for i, r := range runes {
		if !unicode.IsPrint(r) {
			runes[i] = '?'
		}
	}
	return string(runes)
}
