package ifmatch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"
)

// stored is a Representation as it is kept. The names of its first members are those that
// encoding/json gives to the fields by itself.
type stored struct {
	Value        json.RawMessage `json:",omitempty"`
	URL          string
	ETag         string
	LastModified string
	Content      []byte
	Header       http.Header

	Status      int               `json:",omitempty"`
	Unconfirmed bool              `json:",omitempty"`
	Receipt     string            `json:",omitempty"`
	Exact       map[string][]byte `json:",omitempty"` // of other members, what a JSON string cannot hold as it is
}

// MarshalJSON returns the representation whole: also what is known of an answer that told no
// validator, so that another process can go on from there. A Value that encoding/json would not
// give back as it is, such as one with an integer in an any that no float64 holds, is an error.
func (u Representation[T]) MarshalJSON() ([]byte, error) {
	s := stored{LastModified: u.LastModified, Content: u.Content, Status: u.Status,
		Unconfirmed: u.unconfirmed, Exact: map[string][]byte{}}
	s.URL, s.ETag, s.Receipt = s.keep("URL", u.URL), s.keep("ETag", string(u.ETag)), s.keep("Receipt",
		string(u.receipt))
	if s.Header = u.Header; !allText(u.Header) {
		fields := map[string][][]byte{}
		for name, values := range u.Header {
			for _, v := range values {
				fields[name] = append(fields[name], []byte(v))
			}
		}
		s.Header, s.Exact["Header"] = nil, marshal(fields)
	}
	switch v := any(u.Value).(type) {
	case json.RawMessage:
		s.Exact["Value"] = append([]byte{}, v...) // white space and all, which an indented text would not keep
	case string:
		s.Value = marshal(s.keep("Value", v))
	default:
		content, err := json.Marshal(u.Value)
		if err == nil {
			err = comesBack[T](content)
		}
		if err != nil {
			return nil, failed(err, "ifmatch: storing the value of %s", redact(u.URL))
		}
		s.Value = content
	}
	return json.Marshal(s)
}

// keep returns the text if JSON holds it as it is, and otherwise keeps its bytes.
func (s *stored) keep(member, text string) string {
	if utf8.ValidString(text) {
		return text
	}
	s.Exact[member] = []byte(text)
	return ""
}

// marshal encodes what always can be.
func marshal(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

func allText(h http.Header) bool {
	for _, values := range h {
		for _, v := range values {
			if !utf8.ValidString(v) {
				return false
			}
		}
	}
	return true
}

// comesBack returns an error unless a value that prints as content is read from it again.
func comesBack[T any](content []byte) error {
	var v T
	if err := json.Unmarshal(content, &v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err == nil && !bytes.Equal(again, content) {
		err = errors.New("encoding/json does not give it back as it is")
	}
	return err
}

// UnmarshalJSON reads what MarshalJSON wrote, and what encoding/json made of a Representation by
// itself. The result shares no memory with data or with what u was before, and on error u stays as
// it was.
func (u *Representation[T]) UnmarshalJSON(data []byte) error {
	var s stored
	switch data = bytes.TrimSpace(data); {
	case string(data) == "null":
		return nil // as encoding/json has it
	case !bytes.HasPrefix(data, []byte("{")):
		return errors.New("ifmatch: a stored Representation is a JSON object")
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return failed(err, "ifmatch: a stored Representation")
	}
	read := Representation[T]{URL: s.URL, ETag: ETag(s.ETag), LastModified: s.LastModified, Content: s.Content,
		Header: s.Header, Status: s.Status, unconfirmed: s.Unconfirmed, receipt: ETag(s.Receipt)}
	if s.Value != nil {
		if err := json.Unmarshal(s.Value, &read.Value); err != nil {
			return failed(err, "ifmatch: a stored Representation: Value")
		}
	}
	for member, exact := range s.Exact {
		if err := read.restore(member, exact); err != nil {
			return failed(err, "ifmatch: a stored Representation: Exact, %s", quote(member))
		}
	}
	*u = read
	return nil
}

// restore sets a member to what was kept of it beside the JSON strings.
func (u *Representation[T]) restore(member string, exact []byte) error {
	switch member {
	case "URL":
		u.URL = string(exact)
	case "ETag":
		u.ETag = ETag(exact)
	case "Receipt":
		u.receipt = ETag(exact)
	case "Header":
		var fields map[string][][]byte
		if err := json.Unmarshal(exact, &fields); err != nil {
			return err
		}
		u.Header = http.Header{}
		for name, values := range fields {
			for _, v := range values {
				u.Header[name] = append(u.Header[name], string(v))
			}
		}
	case "Value":
		switch v := any(&u.Value).(type) {
		case *json.RawMessage:
			if *v = exact; len(exact) == 0 {
				*v = nil
			}
		case *string:
			*v = string(exact)
		default:
			return fmt.Errorf("a %T is not kept so", u.Value)
		}
	default:
		return errors.New("there is no such member")
	}
	return nil
}
