package dispatcher

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/history"
)

func delivery(seq uint64, size int) history.Delivery {
	return history.Delivery{Message: history.Message{Data: make([]byte, size)}, Seq: seq}
}

func TestBoxTakesEachMessageOnce(t *testing.T) {
	t.Parallel()
	b := &box{arrived: make(chan struct{}, 1)}
	require.True(t, b.add(delivery(4, 0)))
	require.True(t, b.add(delivery(9, 0)))
	require.False(t, b.add(delivery(4, 0)), "handed out again while it is held")
	require.Len(t, b.batch(), 2)
}

func TestBoxBoundsABatch(t *testing.T) {
	t.Parallel()
	b := &box{arrived: make(chan struct{}, 1)}
	for seq := range uint64(mostMessages + 5) {
		b.add(delivery(seq+1, 0))
	}
	require.Len(t, b.batch(), mostMessages)

	large := &box{arrived: make(chan struct{}, 1)}
	large.add(delivery(1, 2*mostBytes))
	large.add(delivery(2, 1))
	require.Len(t, large.batch(), 1, "one message is taken whatever its size")
}
