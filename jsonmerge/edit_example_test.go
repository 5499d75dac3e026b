package jsonmerge_test

import (
	"encoding/json"
	"fmt"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

func ExampleEdit() {
	// What the server sent has more than the program knows: members, digits, a spelling of names.
	doc := []byte(`{
  "ID": 9007199254740993,
  "owner": "ann",
  "price": 12.50,
  "lines": [
    {"sku": "A1", "qty": 2, "lot": "17-B"},
    {"sku": "B2", "qty": 1, "lot": "04-C"}
  ]
}`)
	type Line struct {
		SKU string `json:"sku"`
		Qty int    `json:"qty"`
	}
	type Order struct {
		ID    float64 `json:"id"`
		Price float64 `json:"price"`
		Lines []Line  `json:"lines"`
		Note  string  `json:"note,omitempty"`
	}
	var order Order
	if err := json.Unmarshal(doc, &order); err != nil {
		panic(err)
	}
	before, _ := json.Marshal(order)
	order.Lines = order.Lines[1:]
	order.Lines[0].Qty = 5
	order.Note = "rush"
	after, _ := json.Marshal(order)

	edited, err := jsonmerge.Edit(doc, before, after, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(edited))
	// Output:
	// {
	//   "ID": 9007199254740993,
	//   "owner": "ann",
	//   "price": 12.50,
	//   "lines": [
	//     {"sku": "B2", "qty": 5, "lot": "04-C"}
	//   ],
	//   "note": "rush"
	// }
}

func ExampleEditOptions() {
	// Each port now leads to where the other did. Half of an element is the same one way, half the
	// other way: the key says which half counts.
	doc := []byte(`{"ports":[{"port":80,"to":8080,"node":30001},{"port":443,"to":8443,"node":30002}]}`)
	before := []byte(`{"ports":[{"port":80,"to":8080},{"port":443,"to":8443}]}`)
	after := []byte(`{"ports":[{"port":443,"to":8080},{"port":80,"to":8443}]}`)

	for _, opts := range []*jsonmerge.EditOptions{nil, {Keys: map[string][]string{"/ports": {"port"}}}} {
		edited, err := jsonmerge.Edit(doc, before, after, opts)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(edited))
	}
	// Output:
	// {"ports":[{"port":443,"to":8080,"node":30001},{"port":80,"to":8443,"node":30002}]}
	// {"ports":[{"port":443,"to":8080,"node":30002},{"port":80,"to":8443,"node":30001}]}
}
