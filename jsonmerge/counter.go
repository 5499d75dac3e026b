package jsonmerge

import (
	"bytes"
	"math/big"
	"strings"
)

// maxCounterDigits is how many digits an addend of a counter may have, zeros before the point and
// after it counted. Beyond it adding would cost more than the text shows (1e1000000000 + 1), and
// the conflict is reported.
const maxCounterDigits = 4096

// counter is local + remote - base if all of them are numbers; a base that is absent is 0.
func (v *versions) counter(b, l, r int) (sum []byte, ok bool) {
	k := v.kinds(b, l, r)
	if !k.are(kindNumber) || b != absent && k.base != kindNumber {
		return nil, false
	}
	base := []byte("0")
	if b != absent {
		base = v.base.span(b)
	}
	return addUp(v.local.span(l), v.remote.span(r), base)
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

// scaleOf is the number of digits after the point when a number is written without an exponent;
// false if it were too long.
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
