package partition

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanTakesWhatIsFreeAndGivesUpWhatIsAnothers(t *testing.T) {
	t.Parallel()
	const partitions = 16
	alone := map[string]string{"worker.a": "a"}
	both := map[string]string{"worker.a": "a", "worker.b": "b"}
	none := func(int) owning { return notOwned }
	all := func(is owning) func(int) owning { return func(int) owning { return is } }

	first := planOf("a", alone, partitions, none)
	require.Len(t, first.take, partitions)
	require.Empty(t, first.giveUp)
	require.False(t, first.waits)
	require.Equal(t, plan{}, planOf("a", alone, partitions, all(owned)), "all is as it should be")
	require.Equal(t, plan{waits: true}, planOf("a", alone, partitions, all(leaving)), "taken again when it is gone")

	shared := planOf("a", both, partitions, all(owned))
	require.Empty(t, shared.take)
	require.NotEmpty(t, shared.giveUp)
	require.Equal(t, plan{take: shared.giveUp}, planOf("b", both, partitions, none))

	for _, partition := range shared.giveUp {
		both[leaseOf(partition)] = "a"
	}
	require.Equal(t, plan{waits: true}, planOf("b", both, partitions, none), "another holds them still")
}
