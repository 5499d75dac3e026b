// Package jsonmerge merges JSON documents three ways: base is the document that an edit started
// from, local what the edit made of it, remote what somebody else made of it in the meantime. It
// works on the bytes of the documents, so whatever nobody touched comes out as it went in: the
// order of members, 1.0 and 1e2 and numbers too long for a float64, escapes, white space, members
// that no program knows.
//
// # What is merged, and what is a conflict
//
// A value that one side changed is taken from that side; one that both changed alike is taken once.
// Objects are merged member by member and arrays element by element, in order. The rest are
// conflicts. Values are compared by what they mean ([Equal]), not by how they are spelled, and a
// member that is null is not a member that is missing.
//
//	both did                                     result                         unless
//	the same                                     taken once                     a counter
//	changed a scalar differently                 conflict modify/modify         a rule for the value
//	changed it to different types                conflict type                  local, remote
//	one deleted what the other changed inside    conflict delete/modify or      delete-wins, modify-wins
//	                                             modify/delete, at what was
//	                                             deleted
//	added the same name, different values        conflict add/add               merge, for two objects
//	changed different places of an array         both changes                   atomic
//	inserted at the same place of an array       conflict array                 append, set, multiset, key
//	changed neighbouring elements                conflict array                 key
//	deleted neighbouring elements                both deletions                 atomic
//	changed the same element, an object          merged member by member        atomic
//	moved an element                             conflict array                 set, multiset, key
//	changed a string                             conflict modify/modify         text
//
// Two things to know about arrays. Elements are told apart by place and content alone, so give an
// array of objects that have a name of their own the rule key. And an array that means one value,
// such as a coordinate or a colour, wants the rule atomic: as a sequence, [1,2,3] edited to [0,2,3]
// here and to [1,2,4] there comes to [0,2,4], which nobody wrote.
//
// # Rules
//
// A rule says how values at a path are merged; see [Rule] for paths, [Strategy] for all the words,
// [RulesFor] for rules from struct tags. Each line below is checked by this package's tests.
//
//	rule                base              local             remote              result
//	(none)              {"a":1,"b":1}     {"a":2,"b":1}     {"a":1,"b":2}       {"a":2,"b":2}
//	(none)              {"a":1}           {"a":2}           {"a":3}             modify/modify at /a
//	(none)              [1,2,3]           [0,1,2,3]         [1,2,3,4]           [0,1,2,3,4]
//	/a local            {"a":1}           {"a":2}           {"a":3}             {"a":2}
//	/a remote           {"a":1}           {"a":2}           {"a":3}             {"a":3}
//	/a delete-wins      {"a":1}           {}                {"a":3}             {}
//	/a modify-wins      {"a":1}           {}                {"a":3}             {"a":3}
//	/a merge            {}                {"a":{"x":1}}     {"a":{"y":2}}       {"a":{"x":1,"y":2}}
//	/a ask              {"a":1}           {"a":2}           {"a":3}             modify/modify at /a
//	/a atomic           {"a":[1,2,3]}     {"a":[0,2,3]}     {"a":[1,2,4]}       array at /a
//	/a sequence         {"a":[1,2,3]}     {"a":[0,2,3]}     {"a":[1,2,4]}       {"a":[0,2,4]}
//	/a key=id        {"a":[{"id":7}]}  {"a":[{"id":8},{"id":7}]}  {"a":[{"id":7,"v":1}]}  {"a":[{"id":8},{"id":7,"v":1}]}
//	/a set              {"a":[1,2]}       {"a":[2,3]}       {"a":[1,2,4]}       {"a":[2,3,4]}
//	/a multiset         {"a":[1]}         {"a":[1,1]}       {"a":[1,1,2]}       {"a":[1,1,1,2]}
//	/a append           {"a":[1]}         {"a":[1,2]}       {"a":[1,3]}         {"a":[1,3,2]}
//	/a counter          {"a":10}          {"a":13}          {"a":8}             {"a":11}
//	/a max              {"a":1}           {"a":5}           {"a":3}             {"a":5}
//	/a min              {"a":9}           {"a":5}           {"a":3}             {"a":3}
//	/a newest           {}  {"a":"2026-02-01T00:00:00Z"}  {"a":"2026-02-01T00:30:00+01:00"}  {"a":"2026-02-01T00:00:00Z"}
//	/a newest=t         {"a":{"t":1}}     {"a":{"t":2,"v":1}}  {"a":{"t":3,"v":2}}  {"a":{"t":3,"v":2}}
//	/a text             {"a":"1\n2\n3"}   {"a":"0\n2\n3"}   {"a":"1\n2\n4"}     {"a":"0\n2\n4"}
//	/*/n counter        {"x":{"n":1}}     {"x":{"n":2}}     {"x":{"n":3}}       {"x":{"n":4}}
//	/**/n max           {"x":{"n":1}}     {"x":{"n":2}}     {"x":{"n":3}}       {"x":{"n":3}}
//
// # Deciding conflicts
//
// [Options.Resolve] is asked about each conflict and may take a side, give a value of its own or
// leave it. What is left comes back in a [ConflictError], with the three values of each and a
// merged document in which one side stands in. To go on after somebody has decided, merge the same
// documents again with a Resolve that knows the answers.
//
// # Beside the merge
//
// [Edit] carries a change made to a view of a document, such as a struct that shows some of its
// members, over to the document. [CreatePatch] and [ApplyPatch] are JSON Patch (RFC 6902),
// [CreateMergePatch] and [ApplyMergePatch] JSON Merge Patch (RFC 7396), [Pointer] JSON Pointer (RFC
// 6901). [MergeText] merges texts that are not JSON.
//
// # Laws
//
// For documents b, l, r: merge(b,b,r) = r, merge(b,l,b) = l and, counters apart, merge(b,l,l) = l.
// Swapping the sides swaps the conflicts and changes no clean result but the order of members. A
// clean result m survives being merged again: merge(b,m,r) = merge(b,l,m) = merge(r,m,r) = m; only
// where elements of an array repeat or move may the first two report a conflict instead. No change
// of one side is backed out, no value is made up, and no element of a sequence occurs more often
// than the sides account for. Merging in a chain, merge(r1, merge(b,l,r1), r2), is not the same as
// merge(b,l,r2) and can lose a change: keep base and local, and merge them with the newest remote.
//
// # Cost
//
// All functions may be called concurrently; callbacks are called by the goroutine that called, one
// at a time. Documents are read once, strictly ([Check]), into an index of 16 bytes a value;
// subtrees with the same bytes are skipped. Time and memory grow with the size of the documents, n
// log n at worst, whatever they contain; [Limits] bounds size, depth and the list of conflicts.
// Aligning two very different arrays is cut short at a cost in proportion to their lengths; the
// alignment is then coarser and a conflict more likely.
package jsonmerge

// The files lie on floors, the highest first; under each theme stand its files. A file uses only
// what lies on a lower floor or in its own theme, and no two use each other, directly or through
// others: floors_test.go reads this map and checks the code against it. The top floor reads the
// documents and writes the results; what lies below it decides. The package internal/lcs finds
// longest common subsequences.
//
//	6  the merge: values, conflicts, what is written
//	   merge.go mergevalue.go mergewhole.go settle.go merging.go output.go
//	   Edit: where in a document the change of a view belongs
//	   edit.go editarray.go editnames.go
//	   CreatePatch: the operations, and the order of moves in an array
//	   createpatch.go moves.go
//	   ApplyPatch: what each operation does, and what all may cost
//	   patch.go
//	   merge patches, both ways
//	   mergepatch.go
//	   Pointer.Set and Pointer.Remove
//	   pointerset.go
//	5  what becomes of arrays, of counters, of the greater and the later
//	   array.go keyed.go sequence.go sets.go pieces.go counter.go greater.go versions.go
//	   which element is which, when an array is known before and after alone
//	   align.go alignalike.go alignequal.go aligner.go identity.go
//	   a document that can be changed, and the manner in which it is written
//	   treewrite.go layout.go place.go tree.go
//	4  what means the same, and where a pointer leads
//	   equal.go terms.go locate.go
//	3  what is a document: strict reading, no name twice, within the limits
//	   scan.go scanlike.go scanscalar.go duplicates.go scanner.go
//	   which rule holds at a path, and which tag suits a type
//	   options.go tags.go tagtypes.go rules.go rulewalk.go strategy.go
//	2  the index of a document, and its members by name
//	   members.go document.go
//	   what a conflict tells, and what may be answered
//	   conflict.go
//	   JSON Pointers as text
//	   pointer.go
//	   MergeText: lines, conflicts, markers as git shows them
//	   markers.go text.go lines.go
//	1  who changed what in three sequences
//	   regions.go
//	   the exact value of a number, and hashes that nobody can foresee
//	   number.go hash.go
//	   the escapes of strings
//	   quote.go
//	   how far two texts have the same bytes
//	   samebytes.go
//	   bounds, and the errors of documents that are not read
//	   limits.go
//	   this map
//	   doc.go
