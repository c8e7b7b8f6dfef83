package record_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// A generation's id does not grow with the rewinds before it.
func TestExecutionIDsDoNotGrowWithRewinds(t *testing.T) {
	t.Parallel()
	id := "x"
	for g := range int64(200) {
		id = record.ParseExecutionID(id, g).Rewound().Next().String()
	}
	require.Less(t, len(id), 20, id)
}
