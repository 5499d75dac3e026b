package ifmatch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ifmatch-go/ifmatch/internal/floors"
)

// house is the architecture of the package: a file uses only what lies on a lower floor, and on
// its own floor only within its theme. A new file gets its place here, or the test fails.
var house = []floors.Floor{
	{{"doc.go", "errortext.go"}}, // ground: texts
	{{ // answers: what an answer says; pure, no I/O
		"etag.go", "hashtag.go", "freshness.go", "lastmodified.go", "precondition.go", "current.go", "differences.go",
		"retryafter.go", "kind.go", "responseerror.go",
		"problem.go", "problem_body.go", "problem_facts.go", "problem_vendors.go", "problem_vendors_cloud.go",
	}},
	{{"representation.go", "stored.go", "merge.go"}, {"writeid.go"}}, // values: documents, views, merges, identifiers
	{{ // exchange: one exchange, sent well
		"client.go", "options.go", "routes.go", "dialect.go", "fetch.go", "retry.go", "attempt.go", "copies.go",
		"content.go", "redirect.go",
	}},
	{{ // outcome: what became of a write
		"outcome.go", "outcome_rows.go", "writerequest.go", "deliver.go", "result.go", "restless.go",
	}},
	{{ // calls: the loop, single writes, errors
		"refusal.go", "conflict.go", "resume.go", "call.go", "loop.go", "update.go", "save.go", "write.go",
	}},
	{{ // plain: under code that knows nothing of tags
		"plain.go", "plain_read.go", "plain_write.go", "plain_merge.go", "unit.go", "versions.go", "checkresponse.go",
	}},
}

func TestNoFileReachesUpAFloor(t *testing.T) {
	report, err := floors.Check(".", house)
	require.NoError(t, err)
	for _, reach := range report.Reaches {
		t.Error(reach)
	}
	t.Logf("%d floors, %d arrows, %d up, %d sideways", len(house), report.Arrows, report.Up, report.Sideways)
	require.Positive(t, report.Arrows)
}
