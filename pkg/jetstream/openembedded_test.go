package jetstream_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/jetstream"
)

// A hub with its server has one Close, which gives the directory back.
func TestOpenEmbedded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hub, err := jetstream.OpenEmbedded(t.Context(), dir)
	require.NoError(t, err)
	require.NoError(t, hub.Register(t.Context(), []string{"Order"}))

	_, err = jetstream.OpenEmbedded(t.Context(), dir)
	require.ErrorIs(t, err, jetstream.ErrDataDirInUse)
	hub.Close()
	hub.Close()

	again, err := jetstream.OpenEmbedded(t.Context(), dir)
	require.NoError(t, err)
	defer again.Close()
	names, err := again.Registered(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"Order"}, names)
}

// If the hub cannot be opened the server stops: the directory is free.
func TestOpenEmbeddedThatFails(t *testing.T) {
	t.Parallel()
	_, err := jetstream.OpenEmbedded(t.Context(), "")
	require.ErrorIs(t, err, jetstream.ErrDataDir)

	dir := t.TempDir()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = jetstream.OpenEmbedded(canceled, dir)
	require.Error(t, err)
	hub, err := jetstream.OpenEmbedded(t.Context(), dir)
	require.NoError(t, err)
	hub.Close()
}
