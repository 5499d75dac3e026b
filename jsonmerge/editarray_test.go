package jsonmerge_test

import "testing"

func TestEditKeepsElementsThatTheViewDoesNotShow(t *testing.T) {
	runEdits(t, []editCase{
		{"an array of fixed length", `[1.0,2,3,4]`, `[1,2]`, `[1,5]`, `[1.0,5,3,4]`, nil},
		{"left out by the type",
			`[{"id":1,"u":1},{"kind":"odd"},{"id":2,"u":2}]`, `[{"id":1},{"id":2}]`, `[{"id":1,"n":5},{"id":2},{"id":3}]`,
			`[{"id":1,"u":1,"n":5},{"kind":"odd"},{"id":2,"u":2},{"id":3}]`, nil},
		{"left out, its follower replaced", `[1.0,"odd",2]`, `[1,2]`, `[1,5]`, `[1.0,"odd",5]`, nil},
		{"left out in arrays with a key", `{"c":[{"host":"a","port":2},{"x":1},{"host":"b","port":2}]}`,
			`{"c":[{"host":"b","port":2},{"host":"a","port":2}]}`, `{"c":[{"host":"b","port":2,"n":1},{"host":"a","port":2}]}`,
			`{"c":[{"host":"b","port":2,"n":1},{"host":"a","port":2},{"x":1}]}`, map[string][]string{"/c": {"host", "port"}}},
		{"sorted by the type, with a key", `{"c":[{"host":"b","port":2,"u":1},{"host":"a","port":2,"u":2}]}`,
			`{"c":[{"host":"a","port":2},{"host":"b","port":2}]}`, `{"c":[{"host":"a","port":2,"n":1},{"host":"b","port":2}]}`,
			`{"c":[{"host":"a","port":2,"u":2,"n":1},{"host":"b","port":2,"u":1}]}`,
			map[string][]string{"/c": {"host", "port"}}},
		{"left out at the front, its follower removed", `["odd",1,2]`, `[1,2]`, `[2]`, `["odd",2]`, nil},
		{"sorted by the type", `[3,1.0,2]`, `[1,2,3]`, `[1,3]`, `[1.0,3]`, nil},
		{"sorted by the type, objects",
			`[{"id":3,"u":3},{"id":1,"u":1}]`, `[{"id":1},{"id":3}]`, `[{"id":1,"n":1},{"id":3}]`,
			`[{"id":1,"u":1,"n":1},{"id":3,"u":3}]`, nil},
		{"more shown than there is", `[1.0]`, `[1,0]`, `[1,5]`, `[1.0,5]`, nil},
	})
}
