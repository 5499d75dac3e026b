// Package ifmatch updates HTTP resources without losing anybody's changes.
//
// A program that fetches a resource, changes it and puts it back loses what others wrote in
// between, unless the write is conditional (If-Match, RFC 9110 §13.1.1). Then it is refused, and
// the program has to fetch again, merge and write again, which is where the mistakes are. This
// package does it: optimistic concurrency for plain HTTP, with the cases in which the simple loop
// goes wrong.
//
// # Updating
//
// Most callers need only [Update]. It runs an edit on the newest state until the edit is in, once;
// [Ensure] is for edits that may be repeated ("set to"):
//
//	doc, err := ifmatch.Update(ctx, client, url, func(u *User) error { u.Quota += 10; return nil })
//
// # Saving an edit made elsewhere
//
// A form, a file or a person changes a value that was fetched before. [Save] writes it, and if
// somebody was faster, a [MergeFunc] decides with the base, the local and the remote value:
// [ThreeWay], [KeepLocal], [KeepRemote], [Field], [FirstOf], or the caller's own.
//
//	u, err := ifmatch.Get[User](ctx, client, url)
//	u.Value.Name = "Ann"
//	u, err = ifmatch.Save(ctx, client, u, ifmatch.ThreeWay)
//
// [Put], [Patch], [Create] and [Delete] make one conditional exchange, without a loop.
//
// # Under code that others wrote
//
// [Client.Do] and [Client.HTTPClient] go under generated clients and SDKs: they track what GETs
// returned and guard the writes that follow. [UnitOfWork] tells which read a write was made from.
// Servers whose versions are not entity tags have a [Dialect].
//
// # Values and documents
//
// A value is a view of its document: what a write changes is what the caller changed, and nothing
// that the Go type does not know falls out. See [Representation]. The validator of a version
// travels with the value that was decoded from it; there is no store of "the newest tag for this
// URL", which would arm one reader's write with another reader's tag.
//
// # Merge functions and their laws
//
// A merge function is a function of its arguments and may run any number of times. Every merge of
// one Save starts from the same base and local value and the newest remote one, never from an
// earlier merge. The result is written under the validator of that remote version. Returning the
// remote value writes nothing.
//
// # Errors
//
// An answer that refuses a request is a [ResponseError] with its [Problem] (RFC 9457). A write that
// ends without success is a [WriteError], and when it met somebody else's change or a state that
// forbids it, a [ConflictError]: why it stopped, what failed last, every attempt, and all sides.
// [Resume] takes the edit up again from it.
//
//	var conflict *ifmatch.ConflictError
//	switch {
//	case errors.As(err, &conflict): // conflict.Kind, conflict.Problem.Facts(), conflict.Base ...
//	case errors.Is(err, ifmatch.ErrUncertain):
//	case errors.Is(err, OutOfCredit): // const OutOfCredit ifmatch.ProblemType = "https://example.com/probs/..."
//	}
//
// The kinds, such as [StaleVersion] and [AlreadyExists], are errors too, for [errors.Is]. The texts
// of errors may change; the values do not.
//
// # When the outcome is unknown
//
// A connection breaks after a write was sent: did it take effect? Sending it again could apply it
// twice or report the own write as a conflict. This package fetches and looks: the version
// unchanged, it sends again, under the same condition, so that at most one copy lands. A declared
// state ([Put], [Save], [Ensure]) that is in force is a success, whoever brought it about; an act
// ([Update], [Create], [Patch]) is not recognised by its effect, which may be somebody else's. What
// cannot be known is [ErrUncertain], and so it is with a creation that is not found: it may have
// been deleted by others, or may yet arrive.
//
// [Options].WriteID makes more of it knowable, and is the only way to tell one's own write when a
// gateway in between repeats requests unseen: the 412 about its second copy looks like anybody's.
// Deletions and patches carry no identifier.
//
// A version proves something only if it does not come back. Tags that are hashes of the content do:
// [Options].HashTags, or recognised by arithmetic. An answer is believed to be as new as it looks,
// unless its Age or Date says otherwise: a cache that hides both can deceive.
//
// The decisions are a table: testdata/outcomes.md.
//
// # What is sent again, and when
//
// Reads: on broken connections and on 408, 425, 429, 500, 502, 503, 504. Writes: when no byte had
// left, on 429 and (once) on 425, and in doubt after a look as above; never blindly. What net/http
// sends again on its own (requests with an Idempotency-Key, streams that HTTP/2 has reset) is
// counted, and prevented where two copies could both take effect. Rounds: when fetching again can
// cure the refusal. Waits have full jitter and are never shorter than Retry-After; one that does
// not fit the deadline or MaxWait is not begun. A wait ends with its context. Everything is
// bounded: see [Options].
//
// # Security considerations
//
// Texts in a [Problem] come from the server: print them quoted and never act on their prose. Error
// texts are one bounded line without header fields, content or query values. Nothing that a server
// names is fetched, but redirects of reads within the origin. Writes do not follow 301, 302 and
// 303; conditions and credentials do not leave the origin. Content is bounded after decompression.
// One [Client] is one identity: use another for other credentials.
package ifmatch
