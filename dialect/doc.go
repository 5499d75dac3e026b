// Package dialect has ready-made [ifmatch.Dialect]s: how families of servers carry versions, spell
// conditions and report conflicts, where that is not RFC 9110.
//
//	client := ifmatch.New(&ifmatch.Options{Dialect: dialect.Kubernetes()})
//
// Everything else of package ifmatch then works as it does with entity tags: Update, Save, Put,
// Patch, Create, Delete, and the look after a lost answer.
//
// Each dialect says which part of an answer is the version, what a write sends and what it cannot
// guard. A write that cannot be guarded is refused before a byte is sent. The version in the answer
// to a write is used where it is known to belong to the document; otherwise it is left out, and the
// next write fetches first.
//
// A dialect handles documents as bytes: it sets or removes one member, and all the rest stays as it
// came.
//
// [Version] is the one for APIs with a version, lock_version or revision of their own; the example
// of the package shows one written by hand.
//
// A Dialect may be used by several goroutines. To change one, copy it, for example to wrap its
// Guard.
package dialect
