package jsonmerge

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"strconv"
)

// A decimal is the exact value of a JSON number (RFC 8259 §6), read off its text without expanding
// it: 1e1000000000 takes as long as 1. The value is ±0.d₁d₂…dₙ × 10^exponent with d₁ and dₙ not 0,
// so equal values have equal fields.
type decimal struct {
	negative bool
	digits   []byte // d₁…dₙ as they stand in the text, perhaps with a point among them; empty for zero
	count    int    // n
	exponent exponent
}

// An exponent is an integer of any size: small holds it below 10^18; from there on far holds the
// digits of its magnitude, and small its sign.
type exponent struct {
	small int64
	far   string
}

// parseDecimal reads a valid JSON number.
func parseDecimal(lexeme []byte) decimal {
	var d decimal
	if lexeme[0] == '-' {
		d.negative = true
		lexeme = lexeme[1:]
	}
	mantissa, power := lexeme, []byte(nil)
	if i := bytes.IndexAny(lexeme, "eE"); i >= 0 {
		mantissa, power = lexeme[:i], lexeme[i+1:]
	}
	point := bytes.IndexByte(mantissa, '.')
	if point < 0 {
		point = len(mantissa)
	}
	first := 0
	for first < len(mantissa) && (mantissa[first] == '0' || mantissa[first] == '.') {
		first++
	}
	if first == len(mantissa) { // zero, whatever its sign and power
		return decimal{}
	}
	last := len(mantissa)
	for mantissa[last-1] == '0' || mantissa[last-1] == '.' {
		last--
	}
	d.digits = mantissa[first:last]
	d.count = len(d.digits)
	if first < point && point < last {
		d.count--
	}
	shift := point - first // digits before the point, negative for zeros after it
	if first > point {
		shift++
	}
	d.exponent = parseExponent(power, int64(shift))
	return d
}

// parseExponent is the sum of an exponent's text, which may be empty, and shift.
func parseExponent(text []byte, shift int64) exponent {
	negative := false
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	text = bytes.TrimLeft(text, "0")
	if len(text) <= 17 { // below 10^18 even after adding the length of a document
		n, _ := strconv.ParseInt("0"+string(text), 10, 64)
		if negative {
			n = -n
		}
		return exponent{small: n + shift}
	}
	sign := int64(1)
	if negative {
		sign = -1
	}
	// The magnitude is at least 10^17 and the shift less than 2^30: the sign cannot change.
	far := addSmall(text, sign*shift)
	if len(far) <= 18 {
		n, _ := strconv.ParseInt(far, 10, 64)
		return exponent{small: sign * n}
	}
	return exponent{small: sign, far: far}
}

// addSmall adds n to the positive integer that digits spell. The sum is positive.
func addSmall(digits []byte, n int64) string {
	sum := make([]byte, len(digits)+1)
	for i := len(digits); i > 0; i-- {
		v := int64(digits[i-1]-'0') + n
		n = v / 10
		if v %= 10; v < 0 {
			v += 10
			n--
		}
		sum[i] = byte('0' + v)
	}
	sum[0] = byte('0' + n)
	return string(bytes.TrimLeft(sum, "0"))
}

func (e exponent) compare(f exponent) int {
	switch {
	case e.far == "" && f.far == "":
		return cmp.Compare(e.small, f.small)
	case f.far == "":
		return int(e.small)
	case e.far == "":
		return -int(f.small)
	case e.small != f.small:
		return cmp.Compare(e.small, f.small)
	case len(e.far) != len(f.far):
		return int(e.small) * cmp.Compare(len(e.far), len(f.far))
	}
	return int(e.small) * cmp.Compare(e.far, f.far)
}

// sign is -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case len(d.digits) == 0:
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// compare orders two numbers by value: -1, 0 or 1.
func (d decimal) compare(e decimal) int {
	sign := d.sign()
	if c := cmp.Compare(sign, e.sign()); c != 0 || sign == 0 {
		return c
	}
	if c := d.exponent.compare(e.exponent); c != 0 {
		return sign * c
	}
	return sign * compareDigits(d.digits, e.digits)
}

func (d decimal) equal(e decimal) bool {
	return d.count == e.count && d.negative == e.negative && d.exponent == e.exponent &&
		compareDigits(d.digits, e.digits) == 0
}

// compareDigits orders two digit sequences as fractions, stepping over the points.
func compareDigits(a, b []byte) int {
	i, j := 0, 0
	for {
		if i < len(a) && a[i] == '.' {
			i++
		}
		if j < len(b) && b[j] == '.' {
			j++
		}
		if i == len(a) || j == len(b) {
			return cmp.Compare(len(a)-i, len(b)-j)
		}
		if a[i] != b[j] {
			return cmp.Compare(a[i], b[j])
		}
		i++
		j++
	}
}

// hash agrees with equal.
func (d decimal) hash() uint64 {
	digits := d.digits
	if len(digits) != d.count {
		point := bytes.IndexByte(digits, '.')
		digits = append(append(make([]byte, 0, 64), digits[:point]...), digits[point+1:]...)
	}
	h := mix(maphash.Bytes(seed, digits), uint64(d.exponent.small)+maphash.String(seed, d.exponent.far))
	if d.negative {
		h = ^h
	}
	return h
}
