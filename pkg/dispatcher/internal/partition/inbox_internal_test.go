package partition

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
)

func delivery(seq uint64, size int) hub.Delivery {
	return hub.Delivery{Message: hub.Message{Data: make([]byte, size)}, Seq: seq}
}

func TestInboxTakesEachMessageOnce(t *testing.T) {
	t.Parallel()
	b := &inbox{arrived: make(chan struct{}, 1)}
	require.True(t, b.add(delivery(4, 0)))
	require.True(t, b.add(delivery(9, 0)))
	require.False(t, b.add(delivery(4, 0)), "handed out again while it is held")
	require.Len(t, b.batch(), 2)
}

// A message that arrives while a turn runs is not in its batch, and wakes the turn that waits for it.
func TestInboxSignalsWhatArrivesAfterTheBatch(t *testing.T) {
	t.Parallel()
	b := &inbox{arrived: make(chan struct{}, 1)}
	b.add(delivery(1, 0))
	batch := b.batch()
	require.Empty(t, b.arrived, "what is in the batch is no news")
	b.add(delivery(2, 0))
	require.Len(t, batch, 1)
	require.Len(t, b.arrived, 1)
	require.Len(t, b.batch(), 2)
}
