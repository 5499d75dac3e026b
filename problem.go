package ifmatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A ProblemType is the identifier of a kind of problem: the member "type" of RFC 9457 §3.1.1, an
// absolute URI once it has been resolved against the URL of the answer. It implements error, so
// that a constant of an API can be matched:
//
//	const OutOfCredit ifmatch.ProblemType = "https://example.com/probs/out-of-credit"
//	if errors.Is(err, OutOfCredit) { ... }
//
// URIs are compared byte for byte. A constant may be a relative reference ("/probs/out-of-credit");
// it is then resolved against the URL of the answer too, and so matches on every host that the API
// runs on. A type is an identifier only: it is never fetched.
type ProblemType string

// Error returns the type as an error text.
func (t ProblemType) Error() string { return "ifmatch: problem type " + quote(string(t)) }

// aboutBlank says nothing beyond the status (RFC 9457 §4.2.1).
const aboutBlank ProblemType = "about:blank"

// A Problem is what the body of an unsuccessful answer says about what went wrong: problem details
// (RFC 9457), or as much of them as the error format of a known vendor gives. A body that says
// nothing, or that cannot be read, gives a Problem of type "about:blank" whose other fields are
// zero; it is never an error of its own. Everything in it was written by the server: print it
// quoted, never act on its prose, never fetch what it links to.
//
// A Problem is not changed after it was made and may be read from several goroutines.
type Problem struct {
	// Type identifies the problem, resolved; "about:blank" when the answer has none (RFC 9457
	// §3.1.1). The types by which some frameworks merely point at the definition of the status
	// count as "about:blank".
	Type ProblemType

	// Title summarises the type for people (§3.1.3), Detail this occurrence (§3.1.4). The message
	// of an error that is not a problem-details object is in Detail.
	Title, Detail string

	// Instance identifies the occurrence: a URI reference, as it came (§3.1.5).
	Instance string

	// Status is the member "status" (§3.1.2), 0 when absent. It is advisory: the status of the
	// answer itself decides.
	Status int

	// Code is the machine-readable code of the vendor, such as "ConditionNotMet", "ABORTED",
	// "already_exists"; empty when there is none.
	Code string

	// Extensions holds every other member of the body, by exact name: the extension members (§3.2),
	// and also a member with one of the standard names whose value has the wrong type and that
	// therefore counts as absent. The elements of an XML body are members too, as JSON strings. A
	// member that occurs twice with different values is left out, since readers disagree on which
	// one counts; so are members nested too deeply (64 levels) and those after the 256th.
	Extensions map[string]json.RawMessage

	// MediaType is the type of the body without parameters, in lower case; empty when the answer
	// names none.
	MediaType string

	// Truncated reports that the body was cut off, by the connection or at the limit, or is not
	// well-formed to its end. The members before the cut are there.
	Truncated bool

	base *url.URL // what relative references are resolved against; nil if unknown
}

// parseProblem reads what an answer says about a problem. It never fails: what cannot be read is
// left out, and the status stands. base is the URL that answered, after redirects.
//
// Two things differ from the letter of RFC 9457 on purpose. Problem details are recognised under
// other media types too, because servers and proxies label them so. And a member that does not
// count because of its type is kept among the extensions, where it harms nobody and may help
// somebody.
//
// The second result is what the vendor's code means, for classify; nil if nothing.
func parseProblem(status int, header http.Header, body []byte, truncated bool, base *url.URL) (*Problem, ruling) {
	c := readContent(body)
	p := &Problem{
		Type:      aboutBlank,
		MediaType: mediaType(header.Get("Content-Type")),
		Truncated: truncated || !c.whole,
		base:      bareURL(base),
	}
	labelled := p.MediaType == "application/problem+json" || p.MediaType == "application/problem+xml"
	if labelled || c.carriesProblem(status) {
		p.takeMembers(c.members)
	}
	if len(c.members) > 0 {
		p.Extensions = c.members
	}
	f := findVendor(errorAnswer{status: status, header: header, content: c})
	p.Code = f.code
	if p.Detail == "" {
		p.Detail = f.message
	}
	return p, f.ruling
}

// takeMembers moves the standard members that have the right type out of o.
func (p *Problem) takeMembers(o object) {
	fields := map[string]*string{"title": &p.Title, "detail": &p.Detail, "instance": &p.Instance}
	for name, field := range fields {
		if s, ok := o.text(name); ok {
			*field = s
			delete(o, name)
		}
	}
	if n, ok := o.integer("status"); ok && n >= 100 && n <= 999 {
		p.Status = n
		delete(o, "status")
	}
	if s, ok := o.text("type"); ok {
		p.Type = resolveType(p.base, s)
		if p.Type != aboutBlank || s == "" || strings.EqualFold(s, string(aboutBlank)) {
			delete(o, "type") // else it points at the status, and Type does not show it
		}
	}
}

// resolveType makes the identifier out of the member "type" (RFC 9457 §3.1.1). An absolute URI
// stays as it is, byte for byte, its fragment included: the registry's own types differ in nothing
// else (§4.2).
func resolveType(base *url.URL, s string) ProblemType {
	if s == "" || strings.EqualFold(s, string(aboutBlank)) {
		return aboutBlank // resolving "" would give the URL of the answer
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return ProblemType(s) // no URI, but still an identifier
	case pointsAtStatus(u):
		return aboutBlank
	case u.IsAbs() || base == nil:
		return ProblemType(s)
	}
	return ProblemType(base.ResolveReference(u).String())
}

// pointsAtStatus recognises types that only name the definition of a status code, the default of
// ASP.NET among others: they identify no problem (§4.2.1).
func pointsAtStatus(u *url.URL) bool {
	switch strings.ToLower(u.Hostname()) {
	case "tools.ietf.org", "datatracker.ietf.org", "www.rfc-editor.org", "rfc-editor.org", "httpwg.org":
		return strings.Contains(strings.ToLower(u.Path), "/rfc")
	case "httpstatuses.com", "httpstatuses.io":
		return true
	}
	return false
}

// is reports whether the problem has the type t, resolved as the server's own types are.
func (p *Problem) is(t ProblemType) bool {
	if t == "" || p.Type == t {
		return t != ""
	}
	u, err := url.Parse(string(t))
	return err == nil && !u.IsAbs() && p.base != nil && string(p.Type) == p.base.ResolveReference(u).String()
}

// Decode fills the struct that v points to with the members of the problem: the extension members,
// and type (resolved), title, status, detail and instance where the struct has fields for them.
// Members without a field are ignored (RFC 9457 §3.2). The name in a json tag is matched exactly,
// unlike in encoding/json: a member "TYPE" is not "type". A field without a tag also takes a member
// whose name differs in case, when there is only one. A v that points to anything but a struct, or
// that implements json.Unmarshaler, gets all members as one object.
//
// A member whose value does not fit its field counts as absent (§3.1): the field keeps its value,
// all other fields are filled, and Decode returns an error that names the members it left out. That
// error is for finding mistakes in the struct; a program that wants to live with any server can
// ignore it.
func (p *Problem) Decode(v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("ifmatch: Problem.Decode needs a non-nil pointer, not %T", v)
	}
	members := p.members()
	t := target.Type().Elem()
	if _, custom := v.(json.Unmarshaler); custom || t.Kind() != reflect.Struct {
		if err := json.Unmarshal(members.encode(), v); err != nil {
			return fmt.Errorf("ifmatch: problem members: %w", err)
		}
		return nil
	}
	var misfits []error
	for _, name := range members.namesFor(t) {
		member := object{name: members[name]}.encode()
		// On a fresh value first: what does not fit must not leave half of itself behind.
		err := json.Unmarshal(member, reflect.New(t).Interface())
		if err == nil {
			err = json.Unmarshal(member, v)
		}
		if err != nil {
			misfits = append(misfits, fmt.Errorf("ifmatch: problem member %s: %w", quote(name), err))
		}
	}
	return errors.Join(misfits...)
}

// members is the whole problem as one object.
func (p *Problem) members() object {
	all := make(object, len(p.Extensions)+5)
	for name, s := range map[string]string{
		"type": string(p.Type), "title": p.Title, "detail": p.Detail, "instance": p.Instance,
	} {
		if s != "" {
			all[name] = jsonString(s)
		}
	}
	if p.Status != 0 {
		all["status"] = json.RawMessage(strconv.Itoa(p.Status))
	}
	maps.Copy(all, p.Extensions)
	return all
}

// namesFor lists the members of o that belong to a field of the struct type t.
func (o object) namesFor(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if _, ok := o[name]; ok {
			names = append(names, name)
			continue
		}
		if name != "" {
			continue
		}
		var folded []string
		for member := range o {
			if strings.EqualFold(member, f.Name) {
				folded = append(folded, member)
			}
		}
		if _, ok := o[f.Name]; ok {
			folded = []string{f.Name}
		}
		if len(folded) == 1 {
			names = append(names, folded[0])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// mediaType returns the type without its parameters, however malformed those are.
func mediaType(field string) string {
	if i := strings.IndexAny(field, ";,"); i >= 0 {
		field = field[:i]
	}
	field = strings.ToLower(strings.TrimSpace(field))
	if len(field) > maxQuoted || !strings.Contains(field, "/") {
		return ""
	}
	return field
}
