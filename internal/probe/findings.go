package probe

import (
	"net/http"
	"slices"
	"strings"
)

// judge draws the findings from what was seen, the gravest first. It is the one place that says
// what a fact means and what to do about it.
func judge(r *Report) []Finding {
	if r.Status != http.StatusOK && r.Status != http.StatusNonAuthoritativeInfo {
		return nil // the run ended before there was anything to see
	}
	j := &judgement{Report: r}
	if r.Writes != nil {
		j.writes(r.Writes)
	}
	j.validators()
	j.stability()
	j.transformations()
	j.caches()
	j.reads()
	if r.Writes == nil {
		j.add(Note, "writes", "not tested: whether If-Match is honoured cannot be seen by reading",
			"name a resource that nobody needs (Options.Disposable)")
	}
	slices.SortStableFunc(j.findings, func(a, b Finding) int { return int(b.Severity - a.Severity) })
	return j.findings
}

type judgement struct {
	*Report
	findings []Finding
}

func (j *judgement) add(s Severity, about, text, advice string) {
	j.findings = append(j.findings, Finding{s, about, text, advice})
}

// byMember advises on versions in the content.
func (j *judgement) byMember() string {
	if len(j.Members) == 0 {
		return ""
	}
	return "Options.Dialect: " + j.Members[0].Dialect + " carries " + j.Members[0].Pointer + ", if the server checks it"
}

// validators says what could guard a write.
func (j *judgement) validators() {
	t := j.Tag
	const about = "entity tag"
	switch {
	case j.Status == http.StatusNonAuthoritativeInfo:
		j.add(Danger, about, "a proxy transformed the content (203): its tag is of something else",
			"go around the proxy: ifmatch writes nothing that is made from a 203")
	case t.Why != "":
		j.add(Danger, about, "unusable: "+t.Why+": "+fields(t.Fields),
			"writes fail with ErrNoValidator before a byte is sent; repair the server"+or(j.byMember()))
	case t.Value == "" && j.LastModifiedStrong == Yes:
		j.add(Warning, about,
			"there is none; Last-Modified is all that guards, and two writes within one second look alike to it",
			"ifmatch sends If-Unmodified-Since; keep other writers rare, or have the server give tags"+or(j.byMember()))
	case t.Value == "" && len(j.Members) > 0:
		j.add(Warning, about, "there is none; the version is in the content, "+members(j.Members), j.byMember())
	case t.Value == "" && j.LastModifiedStrong == No:
		j.add(Danger, about, "there is none, and Last-Modified is not a second older than Date, so it is weak",
			"read again later: ifmatch writes with If-Unmodified-Since once Last-Modified is strong")
	case t.Value == "":
		j.add(Danger, about, "there is none, and no Last-Modified: nothing can guard a write",
			"writes fail with ErrNoValidator; Options.AllowLostUpdates sends them, and loses what others write")
	case t.Value.IsWeak():
		j.weak()
	default:
		j.add(Good, about, "strong: "+verbatim(string(t.Value)), "")
	}
	if t.Value == "" {
		return
	}
	if t.Trailer {
		j.add(Note, about, "it comes in the trailer section, which many clients and gateways drop", "ifmatch reads it")
	}
	if t.Unquoted() {
		j.add(Note, about,
			"it lacks the quotes that RFC 9110 §8.8.3 demands; nginx removes such tags when it compresses",
			"ifmatch sends it back as it came")
	}
	if len(slices.Compact(slices.Clone(t.Fields))) > 1 {
		j.add(Note, about, "there are several: "+fields(t.Fields), "ifmatch takes "+verbatim(string(t.Value)))
	}
	if len(j.Members) > 0 {
		j.add(Note, "version in the content", members(j.Members), j.byMember())
	}
}

// weak says what a weak tag means, which depends on what writes showed.
func (j *judgement) weak() {
	tag := verbatim(string(j.Tag.Value))
	switch w := j.Writes; {
	case w != nil && w.Stripped.Taken():
		j.add(Warning, "entity tag", "weak on the way, strong at the origin: "+tag+
			" is refused, without W/ it is taken", "Options.StripWeakTags")
	case w != nil && w.Honoured == Yes:
		j.add(Good, "entity tag", "weak, and compared all the same: "+tag+" goes back as it came", "")
	default:
		j.add(Note, "entity tag",
			"weak: "+tag+"; by RFC 9110 §13.1.1 If-Match with it never holds, though OData, FHIR and others want it so",
			"ifmatch sends it back as it came; if that is always refused, try Options.StripWeakTags")
	}
}

// stability says whether the tag follows the content, and nothing else.
func (j *judgement) stability() {
	const about = "two reads"
	switch {
	case j.SameTag == No:
		j.add(Danger, about, "the same content has another tag each time: every write would be refused",
			"look for several servers that make tags of their own (inode, start time) behind one name")
	case j.SameTag == Yes && j.SameContent == No && j.Tag.Value.IsWeak():
		j.add(Note, about, "one weak tag for different content: changes that it does not count are not guarded", "")
	case j.SameTag == Yes && j.SameContent == No:
		j.add(Warning, about, "one strong tag for different content: changes that it does not count are lost", "")
	case j.SameContent == No:
		j.add(Note, about, "the content changes between reads: somebody writes, or it holds a time", "")
	case j.SameTag == Yes:
		j.add(Good, about, "the tag stays while the content does", "")
	}
	if j.HeadAgrees == No {
		j.add(Note, "HEAD", "its tag is not that of GET: "+fields(j.HeadTag.Fields),
			"take tags from GET, as ifmatch does")
	}
}

// transformations says what compression does to tags.
func (j *judgement) transformations() {
	const about, identity = "compression", "ifmatch asks for the identity coding; a client that lets net/http ask " +
		"for gzip never gets its writes through"
	if j.Coding != "" {
		j.add(Warning, about, "the content comes in "+quote(j.Coding)+
			" though identity was asked for: its tag is of that form", "have the gateway respect Accept-Encoding")
	}
	tag := verbatim(string(j.GzipTag.Value))
	switch j.Compressed {
	case NotCompressed:
		return
	case SameTag:
		if j.Tag.Value != "" && !j.Tag.Value.IsWeak() {
			j.add(Note, about, "both codings have one strong tag, against RFC 9110 §8.8.3.3; writes do not mind", "")
		}
	case Weakened:
		j.add(Warning, about, "weakens the tag: "+tag, identity)
	case Suffixed:
		j.add(Warning, about, "appends to the tag: "+tag, identity)
	case Dropped:
		j.add(Warning, about, "drops the tag", identity)
	case OtherTag:
		j.add(Note, about, "has a tag of its own: "+tag, "ifmatch asks for the identity coding")
	}
	if !contains(j.Vary, "Accept-Encoding") && !contains(j.Vary, "*") {
		j.add(Warning, "Vary", "it does not name Accept-Encoding: a cache may hand out one form's tag for the other",
			"")
	}
}

// caches says who answers in the origin's place, and who gets another answer.
func (j *judgement) caches() {
	if len(j.CacheSigns) > 0 {
		signs := fields(j.CacheSigns)
		switch j.CacheBypassed {
		case No:
			j.add(Warning, "cache", "answers reads even with Cache-Control: no-cache: "+signs,
				"a conflict's re-fetch may show the old version; ifmatch then ends with ErrRefusedTag")
		case Yes:
			j.add(Note, "cache", "answers reads, and lets Cache-Control: no-cache through: "+signs,
				"ifmatch sends that after a refusal")
		default:
			j.add(Note, "gateway", signs, "")
		}
	}
	if contains(j.Vary, "*") {
		j.add(Note, "Vary", "*: the answer depends on more than the request says", "")
	}
	var others []string
	for _, name := range j.Vary {
		if !contains([]string{"Accept-Encoding", "Accept", "Prefer", "Origin", "*"}, name) {
			others = append(others, name)
		}
	}
	if len(others) > 0 {
		j.add(Note, "Vary", fields(others)+" select the representation",
			"put the same values into Options.Header for reads and writes, as one Client does")
	}
}

// reads says what the conditions of reads and OPTIONS showed.
func (j *judgement) reads() {
	switch j.NotModified {
	case Yes:
		j.add(Good, "If-None-Match on GET", "answered 304", "")
	case No:
		j.add(Note, "If-None-Match on GET", "ignored: every read transfers the whole content", "")
	}
	const weak = "weak evidence: often other code handles writes"
	switch j.ReadIfMatch {
	case Yes:
		j.add(Note, "If-Match on GET", "a wrong tag is answered 412; "+weak, "")
	case No:
		j.add(Note, "If-Match on GET", "ignored; "+weak, "")
	}
	if len(j.Allow) > 0 && !contains(j.Allow, http.MethodPut) && !contains(j.Allow, http.MethodPatch) {
		j.add(Note, "methods", "Allow names neither PUT nor PATCH: "+fields(j.Allow), "")
	}
	if len(j.AcceptPatch) > 0 && (j.Writes == nil || j.Writes.Patches == nil) {
		j.add(Note, "PATCH", "announced: "+fields(j.AcceptPatch), "Options.PatchFormat: ifmatch.PatchAccepted")
	}
}

// contains looks for a name of a field or a method, whose case does not matter in lists of fields.
func contains(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}

// fields quotes a list that a server made, at a bounded length.
func fields(list []string) string {
	const most = 8
	var quoted []string
	for i, s := range list {
		if i == most {
			quoted = append(quoted, "...")
			break
		}
		quoted = append(quoted, quote(s))
	}
	return strings.Join(quoted, ", ")
}

func members(list []Member) string {
	var all []string
	for _, m := range list {
		all = append(all, m.Pointer+" "+printable(m.Value, 72))
	}
	return strings.Join(all, ", ")
}

// or appends advice to advice.
func or(more string) string {
	if more == "" {
		return ""
	}
	return "; or " + more
}
