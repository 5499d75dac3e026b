package jsonmerge

import (
	"bytes"
	"math/big"
	"strings"
	"time"
)

// maxCounterDigits is how many digits an addend of a counter may have, zeros before the point and after it counted.
// Beyond it adding would cost more than the text shows (1e1000000000 + 1), and the conflict is reported.
const maxCounterDigits = 4096

// counter writes local + remote - base if all of them are numbers; a base that is absent is 0.
func (m *merger) counter(b, l, r int) bool {
	base := []byte("0")
	if b != absent {
		if m.base.kind(b) != kindNumber {
			return false
		}
		base = m.base.span(b)
	}
	if l == absent || r == absent || m.local.kind(l) != kindNumber || m.remote.kind(r) != kindNumber {
		return false
	}
	sum, ok := addUp(m.local.span(l), m.remote.span(r), base)
	if ok {
		m.out.write(sum)
	}
	return ok
}

// addUp is a + b - c with as many digits after the point as the operand that has most.
func addUp(a, b, c []byte) ([]byte, bool) {
	scale := 0
	operands := [3][]byte{a, b, c}
	for _, lexeme := range operands {
		n, ok := scaleOf(lexeme)
		if !ok {
			return nil, false
		}
		scale = max(scale, n)
	}
	var values [3]*big.Int
	for i, lexeme := range operands {
		values[i] = parseDecimal(lexeme).scaled(scale)
	}
	sum := values[0].Add(values[0], values[1])
	sum.Sub(sum, values[2])
	digits := new(big.Int).Abs(sum).String()
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	var text []byte
	if sum.Sign() < 0 {
		text = append(text, '-')
	}
	text = append(text, digits[:len(digits)-scale]...)
	if scale > 0 {
		text = append(append(text, '.'), digits[len(digits)-scale:]...)
	}
	return text, true
}

// scaleOf is the number of digits after the point when a number is written without an exponent; false if it were too
// long.
func scaleOf(lexeme []byte) (int, bool) {
	if len(lexeme) > maxCounterDigits {
		return 0, false
	}
	d := parseDecimal(lexeme)
	if d.exponent.far != "" || max(d.exponent.small, -d.exponent.small) > maxCounterDigits {
		return 0, false
	}
	scale := max(0, d.count-int(d.exponent.small))
	if !bytes.ContainsAny(lexeme, "eE") { // 1.50 has two: money keeps its look
		if point := bytes.IndexByte(lexeme, '.'); point >= 0 {
			scale = max(scale, len(lexeme)-point-1)
		}
	}
	return scale, true
}

// scaled is the number times 10^scale, which makes it an integer.
func (d decimal) scaled(scale int) *big.Int {
	n := new(big.Int)
	if d.count == 0 {
		return n
	}
	n.SetString(strings.Replace(string(d.digits), ".", "", 1), 10)
	power := int64(scale) + d.exponent.small - int64(d.count)
	n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(power), nil))
	if d.negative {
		n.Neg(n)
	}
	return n
}

// choose picks a side for max, min and newest; false if the values are not what the strategy is for.
func (m *merger) choose(p *plan, l, r int) (Side, bool) {
	order, ok := 0, false
	switch p.shape {
	case shapeMax, shapeMin:
		if m.local.kind(l) != kindNumber || m.remote.kind(r) != kindNumber {
			return 0, false
		}
		order, ok = parseDecimal(m.local.span(l)).compare(parseDecimal(m.remote.span(r))), true
		if p.shape == shapeMin {
			order = -order
		}
	case shapeNewest:
		order, ok = m.newer(p, l, r)
	}
	if order < 0 {
		return Remote, ok
	}
	return Local, ok
}

// newer orders two values, or the members of them that p names, by time or by number.
func (m *merger) newer(p *plan, l, r int) (int, bool) {
	if p.members != nil {
		var okL, okR bool
		l, okL = p.members[0].locateFrom(m.local, l)
		r, okR = p.members[0].locateFrom(m.remote, r)
		if !okL || !okR {
			return 0, false
		}
		if m.local.kind(l) == kindNumber && m.remote.kind(r) == kindNumber {
			return parseDecimal(m.local.span(l)).compare(parseDecimal(m.remote.span(r))), true
		}
	}
	if m.local.kind(l) != kindString || m.remote.kind(r) != kindString {
		return 0, false
	}
	tl, errL := time.Parse(time.RFC3339, string(m.local.text(l)))
	tr, errR := time.Parse(time.RFC3339, string(m.remote.text(r)))
	return tl.Compare(tr), errL == nil && errR == nil
}

// text merges three strings line by line.
func (m *merger) text(b, l, r int, here policy) bool {
	base, local, remote := m.base.text(b), m.local.text(l), m.remote.text(r)
	merged, hunks, ok := mergeText(base, local, remote)
	switch {
	case !ok:
		return m.clash(TextClash, b, l, r, here, hunks, "")
	case bytes.Equal(merged, local):
		return m.take(m.local, l)
	case bytes.Equal(merged, remote):
		return m.take(m.remote, r)
	}
	m.out.write(appendQuoted(nil, merged))
	return true
}
