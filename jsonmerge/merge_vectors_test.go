package jsonmerge_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type matrixCase struct {
	Name                      string
	Base, Local, Remote, Want *string
	BaseMissing               bool `json:"base_missing"`
	LocalMissing              bool `json:"local_missing"`
	RemoteMissing             bool `json:"remote_missing"`
	WantMissing               bool `json:"want_missing"`
	Conflict                  bool
	Conflicts                 []struct{ Path, Kind string }
	Error                     string
	Options                   struct {
		Array         string
		Key           string
		AddAddObjects string `json:"add_add_objects"`
		Rules         []struct{ Path, Strategy string }
	}
}

func (c *matrixCase) options(t *testing.T) *jsonmerge.Options {
	opts := &jsonmerge.Options{AddAddObjects: c.Options.AddAddObjects == "merge",
		Arrays: jsonmerge.Strategy(c.Options.Array)}
	if c.Options.Array == "keyed" {
		opts.Arrays = jsonmerge.Key(c.Options.Key)
	}
	var rules []jsonmerge.Rule
	for _, r := range c.Options.Rules {
		if r.Strategy == "max-time" {
			r.Strategy = "newest"
		}
		rules = append(rules, jsonmerge.Rule{Path: r.Path, Strategy: jsonmerge.Strategy(r.Strategy)})
	}
	var err error
	opts.Rules, err = jsonmerge.NewRules(rules...)
	require.NoError(t, err)
	return opts
}

func TestMergeFollowsTheSemanticsMatrix(t *testing.T) {
	var file struct{ Cases []matrixCase }
	vectors(t, "merge3/own_semantics_matrix.json", &file)
	require.Len(t, file.Cases, 129)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			merged, err := jsonmerge.Merge(document(c.Base, c.BaseMissing), document(c.Local, c.LocalMissing),
				document(c.Remote, c.RemoteMissing), c.options(t))
			var conflict *jsonmerge.ConflictError
			switch {
			case c.Error != "":
				var syntax *jsonmerge.SyntaxError
				require.ErrorAs(t, err, &syntax)
			case c.Conflict:
				require.ErrorAs(t, err, &conflict)
				require.Nil(t, merged)
				var got, want []string
				for _, c := range conflict.Conflicts {
					got = append(got, c.Pointer+" "+string(c.Kind))
				}
				for _, c := range c.Conflicts {
					want = append(want, c.Path+" "+c.Kind)
				}
				slices.Sort(got)
				slices.Sort(want)
				require.Equal(t, want, got)
			case c.WantMissing:
				require.NoError(t, err)
				require.Nil(t, merged)
			default:
				require.NoError(t, err)
				require.True(t, equal(t, []byte(*c.Want), merged), "got %s", merged)
				if strings.HasPrefix(c.Name, "order:") {
					require.Equal(t, *c.Want, string(merged))
				}
			}
		})
	}
}

func TestMergeAgreesWithDoltAndNbdime(t *testing.T) {
	for name, want := range map[string]int{"dolt_json_merge": 29, "nbdime_generic": 85} {
		t.Run(name, func(t *testing.T) {
			var cases []struct {
				Name                      string
				Base, Local, Remote, Want json.RawMessage
				BaseMissing               bool `json:"base_missing"`
				LocalMissing              bool `json:"local_missing"`
				RemoteMissing             bool `json:"remote_missing"`
				WantMissing               bool `json:"want_missing"`
				Conflict                  bool
			}
			vectors(t, "merge3/"+name+".json", &cases)
			assert.Len(t, cases, want)
			for _, c := range cases {
				merged, err := jsonmerge.Merge(c.Base, c.Local, c.Remote, nil)
				var conflict *jsonmerge.ConflictError
				if c.Conflict {
					assert.True(t, errors.As(err, &conflict), "%s: merged to %s", c.Name, merged)
				} else if assert.NoError(t, err, c.Name) {
					assert.True(t, equal(t, c.Want, merged), "%s: got %s", c.Name, merged)
				}
			}
		})
	}
}
