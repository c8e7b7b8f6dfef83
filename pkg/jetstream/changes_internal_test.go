package jetstream

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func awaitToken(t *testing.T, tokens <-chan struct{}, why string) {
	t.Helper()
	select {
	case _, open := <-tokens:
		require.True(t, open, why)
	case <-time.After(10 * time.Second):
		require.FailNow(t, "no token: "+why)
	}
}

func commitNew(t *testing.T, h *Hub, instance string) {
	t.Helper()
	v := &record.InstanceRecord{Name: "Budget", Execution: "e", Status: history.Running, Created: time.Now().UTC()}
	_, err := h.Commit(t.Context(), instance, v, 0)
	require.NoError(t, err)
}

// watchDeaf returns a watch of the instance that is not told of anything any more, though
// its connection is sound.
func watchDeaf(t *testing.T, h *Hub, instance string) (<-chan struct{}, *listener) {
	t.Helper()
	tokens, err := h.Watch(t.Context(), instance)
	require.NoError(t, err)
	awaitToken(t, tokens, "that at once")
	l := h.current
	require.NoError(t, l.sub.Unsubscribe())
	return tokens, l
}

// The number of the next change tells that one was lost.
func TestLostChangeIsNoticedByTheNext(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	tokens, l := watchDeaf(t, h, "i")
	commitNew(t, h, "i")
	commitNew(t, h, "j")
	l.hear(&nats.Msg{Subject: h.codec.Names.Changes.Of("j"), Header: nats.Header{js.SequenceHeader: {"2"}}})
	awaitToken(t, tokens, "number 1 is missing")
	l.hear(&nats.Msg{Subject: h.codec.Names.Changes.Of("j"), Header: nats.Header{js.SequenceHeader: {"3"}}})
	require.Empty(t, tokens, "there is no gap")
}

// Where no change follows, the number of the last one is asked for.
func TestLostChangeIsNoticedWhereNoneFollows(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	tokens, l := watchDeaf(t, h, "i")
	require.NoError(t, l.check(t.Context()))
	require.Empty(t, tokens, "nothing has changed")
	commitNew(t, h, "i")
	require.NoError(t, l.check(t.Context()))
	require.Empty(t, tokens, "that may be on its way")
	require.NoError(t, l.check(t.Context()))
	awaitToken(t, tokens, "it has not come until the next check")
	require.NoError(t, l.check(t.Context()))
	require.Empty(t, tokens, "once is enough")
}

// A check must not take for a loss that a change is heard of while it asks.
func TestCheckOfAnotherStream(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	tokens, l := watchDeaf(t, h, "i")
	h.mu.Lock()
	l.heard = 100
	h.mu.Unlock()
	require.NoError(t, l.check(t.Context()))
	awaitToken(t, tokens, "the stream has fewer messages than were heard of")
	commitNew(t, h, "i")
	l.hear(&nats.Msg{Subject: h.codec.Names.Changes.Of("j"), Header: nats.Header{js.SequenceHeader: {"1"}}})
	require.Empty(t, tokens, "counting began anew")
}

// Messages that come faster than they are heard are dropped by the client library.
func TestDroppedChangesWakeEverybody(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	tokens, err := h.Watch(t.Context(), "lost")
	require.NoError(t, err)
	awaitToken(t, tokens, "that at once")
	l := h.current
	require.NoError(t, l.sub.SetPendingLimits(2, -1))
	h.mu.Lock() // nothing is heard meanwhile
	commitNew(t, h, "a")
	commitNew(t, h, "b")
	commitNew(t, h, "lost")
	require.Eventually(t, func() bool {
		dropped, err := l.sub.Dropped()
		return err == nil && dropped > 0
	}, 10*time.Second, time.Millisecond)
	h.mu.Unlock()
	awaitToken(t, tokens, "messages were dropped")
}

// A hub that no worker of this version has opened does not tell of changes.
func TestWatchOfAnOutdatedHub(t *testing.T) {
	t.Parallel()
	h := openEmbedded(t)
	config := h.records.values.CachedInfo().Config
	config.RePublish = nil
	_, err := h.js.UpdateStream(t.Context(), config)
	require.NoError(t, err)
	client, err := OpenExisting(t.Context(), h.nc, Config{})
	require.NoError(t, err)
	_, err = client.Watch(t.Context(), "i")
	require.ErrorIs(t, err, ErrOutdated)
	require.Nil(t, client.current, "nobody waits")
	_, err = Open(t.Context(), h.nc, Config{})
	require.NoError(t, err)
	tokens, err := client.Watch(t.Context(), "i")
	require.NoError(t, err)
	awaitToken(t, tokens, "that at once")
	commitNew(t, h, "i")
	awaitToken(t, tokens, "the commit")
}
