package checker

import (
	"math/rand/v2"
	"strings"
)

// Feature is one way in which origins differ. The features are orthogonal: any value of one goes with
// any value of another.
type Feature int

// The features of a product.
const (
	Wire        Feature = iota // the protocol
	Tags                       // what a version looks like
	Answers                    // what a successful write is answered with
	Keeps                      // members that the server writes itself
	Reads                      // what may stand between a read and the newest version
	Gateways                   // what may stand between a write and the origin
	Refusals                   // how a failed precondition is answered
	Gone                       // how a guarded write of an absent resource is answered
	Patches                    // what becomes of PATCH
	Identifiers                // where the client leaves write identifiers
	features
)

// Values of the features; 0 is always the plain one.
const (
	WireHTTP1, WireHTTP2 = 0, 1

	TagUnique, TagMD5, TagSHA1, TagSHA256, TagOpaque, TagModified, TagSecond, TagWeak, TagEachRequest = 0, 1, 2, 3, 4,
		5, 6, 7, 8

	AnswerTagged, AnswerSilent, AnswerShown, AnswerReceipt, AnswerOld = 0, 1, 2, 3, 4

	KeepsNothing, KeepsTime, KeepsCase = 0, 1, 2

	ReadsFresh, ReadsCache, ReadsCacheSilent, ReadsReplica, ReadsReplicaSilent = 0, 1, 2, 3, 4

	GatewayNone, GatewayRepeats = 0, 1

	Refuse412, Refuse409, Refuse409Problem = 0, 1, 2

	Gone412, Gone404 = 0, 1

	PatchHonoured, PatchIgnoredShown, PatchIgnored204 = 0, 1, 2

	IDNone, IDList, IDMember = 0, 1, 2
)

// featureNames names each feature and its values, in the order of the constants.
var featureNames = [features]struct {
	name   string
	values []string
}{
	Wire: {"wire", []string{"http/1.1", "http/2"}},
	Tags: {"tags", []string{"unique", "md5", "sha1", "sha256 cut", "unrecognisable hash", "last-modified only",
		"of one second", "weak", "new at each request"}},
	Answers: {"answers", []string{"tag", "silent", "tag and representation", "receipt", "old representation"}},
	Keeps:   {"keeps", []string{"nothing", "updatedAt", "lower case"}},
	Reads: {"reads", []string{"fresh", "cache with Age", "cache without Age", "replica with Date",
		"replica without Date"}},
	Gateways:    {"gateway", []string{"none", "repeats"}},
	Refusals:    {"refusals", []string{"412", "bare 409", "409 problem+json"}},
	Gone:        {"gone", []string{"412", "404"}},
	Patches:     {"patches", []string{"honoured", "ignored, shown", "ignored, 204"}},
	Identifiers: {"identifiers", []string{"none", "list", "member"}},
}

// Product is one kind of origin, together with the way to it: a value for each feature.
type Product [features]uint8

func (f Feature) String() string { return featureNames[f].name }

// Value names the product's value of a feature.
func (p Product) Value(f Feature) string { return featureNames[f].values[p[f]] }

// String names what is not plain.
func (p Product) String() string {
	var parts []string
	for f := range features {
		if p[f] != 0 {
			parts = append(parts, f.String()+": "+p.Value(f))
		}
	}
	if parts == nil {
		return "plain"
	}
	return strings.Join(parts, "; ")
}

// drawProduct draws a product. Half of them differ from the plain one in three features at most, so
// that a failure points at few.
func drawProduct(r *rand.Rand) Product {
	var p Product
	if r.IntN(2) == 0 {
		for range r.IntN(4) {
			f := Feature(r.IntN(int(features)))
			p[f] = drawValue(r, f)
		}
		return p
	}
	for f := range features {
		p[f] = drawValue(r, f)
	}
	return p
}

func drawValue(r *rand.Rand, f Feature) uint8 {
	// Tags that no write can be guarded with end every history early, and so are drawn less often.
	v := r.IntN(len(featureNames[f].values))
	if f == Tags && (v == TagEachRequest || v == TagSecond) {
		v = r.IntN(len(featureNames[f].values))
	}
	return uint8(v)
}

// honestReads reports that old answers carry evidence of their age.
func (p Product) honestReads() bool { return p[Reads] == ReadsCache || p[Reads] == ReadsReplica }
