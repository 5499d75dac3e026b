package jsonmerge_test

import (
	"errors"
	"fmt"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// Changes that lie apart merge; a change that both sides made is taken once.
func ExampleMergeText() {
	base := "# Shopping\neggs\nmilk\nbread\n"
	local := "# Shopping\neggs, 6\nmilk\nbread\n"
	remote := "# Shopping\neggs\nmilk\nbread\nbutter\n"

	merged, err := jsonmerge.MergeText([]byte(base), []byte(local), []byte(remote), nil)
	fmt.Print(string(merged), err)
	// Output:
	// # Shopping
	// eggs, 6
	// milk
	// bread
	// butter
	// <nil>
}

// A change log: both sides append, and both additions are wanted.
func ExampleTextOptions() {
	base := "v1\n"
	local := "v1\nfixed a leak\n"
	remote := "v1\nnew option\n"

	merged, err := jsonmerge.MergeText([]byte(base), []byte(local), []byte(remote), &jsonmerge.TextOptions{
		Resolve: func(c jsonmerge.TextConflict) ([]byte, bool) {
			if c.Base.Len() > 0 {
				return nil, false // not an addition: leave it to a person
			}
			return append(c.RemoteText, c.LocalText...), true
		},
	})
	fmt.Print(string(merged), err)
	// Output:
	// v1
	// new option
	// fixed a leak
	// <nil>
}

func ExampleTextConflictError() {
	_, err := jsonmerge.MergeText([]byte("eggs\nmilk\n"), []byte("eggs, 6\nmilk\n"), []byte("eggs, 12\nmilk\n"), nil)
	fmt.Println(err)

	var conflict *jsonmerge.TextConflictError
	if errors.As(err, &conflict) {
		for _, c := range conflict.Conflicts {
			fmt.Printf("lines %v: %q, %q or %q\n", c.Base, c.BaseText, c.LocalText, c.RemoteText)
		}
	}
	// Output:
	// jsonmerge: text conflict at line 1 of base, 1 of local, 1 of remote
	// lines {0 1}: "eggs\n", "eggs, 6\n" or "eggs, 12\n"
}

// Conflict markers, for a person with an editor.
func ExampleTextConflictError_Marked() {
	_, err := jsonmerge.MergeText([]byte("eggs\nmilk\n"), []byte("eggs, 6\nmilk\n"), []byte("eggs, 12\nmilk\n"), nil)

	var conflict *jsonmerge.TextConflictError
	if errors.As(err, &conflict) {
		fmt.Print(string(conflict.Marked(&jsonmerge.MarkerOptions{
			Style:       jsonmerge.MarkersDiff3,
			LocalLabel:  "your edit",
			BaseLabel:   "when you opened it",
			RemoteLabel: "on the server",
		})))
	}
	// Output:
	// <<<<<<< your edit
	// eggs, 6
	// ||||||| when you opened it
	// eggs
	// =======
	// eggs, 12
	// >>>>>>> on the server
	// milk
}
