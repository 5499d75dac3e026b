package ifmatch

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"iter"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Limits on the body of an error. It is written by somebody who may mean harm, and read while
// something is wrong already.
const (
	maxMembers     = 256      // members of an object, elements of an array
	maxDepth       = 64       // levels of arrays and objects in a member
	maxXML         = 16 << 10 // bytes
	maxXMLElements = 256
	maxXMLDepth    = 8
)

// content is the body of an unsuccessful answer as far as it could be read.
type content struct {
	members object
	root    string // local name of the root element, for XML only
	whole   bool   // false when the body ended early or stopped being well-formed
}

// readContent reads a JSON object, or the simple XML that error messages are written in. Anything
// else, such as a page of HTML or bare words, has no members. The label of the body is not asked:
// it is wrong too often.
func readContent(body []byte) content {
	text := bytes.TrimPrefix(body, []byte("\ufeff"))
	text = bytes.TrimLeft(text, " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		o, whole := readObject(text)
		return content{members: o, whole: whole}
	case bytes.HasPrefix(text, []byte("<")):
		return readXML(text)
	}
	return content{whole: true}
}

// carriesProblem recognises problem details that are not labelled as such. A "type" alone proves
// nothing (many formats have a member of that name) unless it looks like a URI of its own.
func (c content) carriesProblem(status int) bool {
	if c.root != "" {
		return c.root == "problem"
	}
	if status < 400 {
		return false
	}
	_, hasTitle := c.members.text("title")
	_, hasDetail := c.members.text("detail")
	if n, ok := c.members.integer("status"); ok && hasTitle && n == status {
		return true
	}
	s, ok := c.members.text("type")
	if !ok || s == "" {
		return false
	}
	u, err := url.Parse(s)
	return hasTitle || hasDetail || strings.HasPrefix(s, "/") || err == nil && u.IsAbs()
}

// An object is a JSON object whose members are kept as they came, under their exact names.
type object map[string]json.RawMessage

// readObject reads one JSON object and ignores what follows it. When the text ends early or is
// malformed, whole is false and o holds the members before that point. A member that occurs twice
// counts once when both values are the same bytes and not at all otherwise (RFC 8259 §4: readers
// disagree on which one counts).
func readObject(text []byte) (o object, whole bool) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, false
	}
	o = make(object)
	var ambiguous []string
	defer func() {
		for _, name := range ambiguous {
			delete(o, name)
		}
	}()
	for n := 0; dec.More(); n++ {
		if n == maxMembers {
			return o, true
		}
		token, err := dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return o, false
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return o, false
		}
		if int(dec.InputOffset()) == len(text) {
			return o, false // cut right after the value, which may be half a number
		}
		if earlier, twice := o[name]; twice && !bytes.Equal(earlier, raw) || nesting(raw) > maxDepth {
			ambiguous = append(ambiguous, name)
		}
		o[name] = raw
	}
	_, err := dec.Token()
	return o, err == nil
}

// readList reads the first elements of a JSON array, nil when raw is none.
func readList(raw json.RawMessage) []json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if start, err := dec.Token(); err != nil || start != json.Delim('[') {
		return nil
	}
	var list []json.RawMessage
	for dec.More() && len(list) < maxMembers {
		var element json.RawMessage
		if dec.Decode(&element) != nil {
			break
		}
		list = append(list, element)
	}
	return list
}

// nesting counts the levels of arrays and objects in a JSON value.
func nesting(raw []byte) int {
	deepest, depth := 0, 0
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}

// text returns a member that is a string.
func (o object) text(name string) (string, bool) { return stringValue(o[name]) }

func stringValue(raw json.RawMessage) (s string, ok bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// integer returns a member that is a number with an integral value, however it is written: 409,
// 409.0, 4.09e2.
func (o object) integer(name string) (int, bool) {
	raw := o[name]
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int(f), true
}

// object returns a member that is an object, nil otherwise.
func (o object) object(name string) object { return objectValue(o[name]) }

func objectValue(raw json.RawMessage) object {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	o, _ := readObject(raw)
	return o
}

// list returns a member that is an array, nil otherwise.
func (o object) list(name string) []json.RawMessage { return readList(o[name]) }

// sorted yields the members in an order that does not change from run to run.
func (o object) sorted() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for _, name := range slices.Sorted(maps.Keys(o)) {
			if !yield(name, o[name]) {
				return
			}
		}
	}
}

// encode writes the object as JSON, each value byte for byte.
func (o object) encode() []byte {
	b := []byte{'{'}
	for name, raw := range o.sorted() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(b, jsonString(name)...), ':')
		b = append(b, raw...)
	}
	return append(b, '}')
}

func jsonString(s string) json.RawMessage {
	text, _ := json.Marshal(s) // a string always encodes
	return text
}

// readXML reads the XML of an error message into the same shape as JSON: an element with text is a
// string, one with children an object, one whose children are all called "i" an array (RFC 9457
// App. B). Attributes and namespaces are ignored. HTML has no members.
func readXML(text []byte) content {
	x := xmlReader{dec: xml.NewDecoder(bytes.NewReader(text[:min(len(text), maxXML)]))}
	// Codes are ASCII in every charset that matters; what is not UTF-8 then ends the reading.
	x.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := x.dec.Token()
		if err != nil {
			return content{whole: true} // no XML at all
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		c := content{root: start.Name.Local}
		if strings.EqualFold(c.root, "html") {
			return content{whole: true}
		}
		value, err := x.element(1)
		c.members, c.whole = objectValue(value), err == nil
		if n, ok := c.members.text("status"); ok && c.root == "problem" && json.Valid([]byte(n)) {
			c.members["status"] = json.RawMessage(n) // XML has no numbers
		}
		return c
	}
}

type xmlReader struct {
	dec      *xml.Decoder
	elements int
}

var errXMLLimit = errors.New("limit reached")

// element reads the rest of an element whose start tag has been read. With an error it returns what
// was read before.
func (x *xmlReader) element(depth int) (json.RawMessage, error) {
	if x.elements++; x.elements > maxXMLElements || depth > maxXMLDepth {
		return nil, errXMLLimit
	}
	var names []string
	var values []json.RawMessage
	var text strings.Builder
	for {
		token, err := x.dec.Token()
		if err != nil {
			return xmlValue(names, values, ""), err
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			value, err := x.element(depth + 1)
			if err != nil {
				return xmlValue(names, values, ""), err
			}
			names, values = append(names, token.Name.Local), append(values, value)
		case xml.EndElement:
			return xmlValue(names, values, strings.TrimSpace(text.String())), nil
		}
	}
}

func xmlValue(names []string, values []json.RawMessage, text string) json.RawMessage {
	if len(names) == 0 {
		return jsonString(text)
	}
	isArray := !slices.ContainsFunc(names, func(name string) bool { return name != "i" })
	b := []byte{'{'}
	if isArray {
		b[0] = '['
	}
	for i, value := range values {
		if i > 0 {
			b = append(b, ',')
		}
		if !isArray {
			b = append(append(b, jsonString(names[i])...), ':')
		}
		b = append(b, value...)
	}
	if isArray {
		return append(b, ']')
	}
	return append(b, '}')
}
