package hubsuite_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/hubsuite"
	"github.com/dormouse-dev/dormouse/internal/record"
)

// The toy store is the example of docs/adding-a-store.md. It keeps records in a directory,
// for one process, and leases in memory: two parts of a hub, each held to its promises.

func TestToyRecords(t *testing.T) {
	t.Parallel()
	hubsuite.RunRecords(t, hubsuite.InBubble, func(t *testing.T) hubsuite.RecordStore { return openToy(t, t.TempDir()) })
}

func TestToyLeases(t *testing.T) {
	t.Parallel()
	hubsuite.RunLeases(t, hubsuite.InBubble, func(*testing.T) hub.Leases {
		return &toyLeases{held: map[string]*toyLease{}}
	})
}

// Revisions go on where they were when the store is opened again.
func TestToyIsOpenedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := openToy(t, dir).Commit(t.Context(), "i", &record.InstanceRecord{Name: "N", Execution: "e"}, 0)
	require.NoError(t, err)
	again := openToy(t, dir)
	v, revision, err := again.LoadLatest(t.Context(), "i")
	require.NoError(t, err)
	require.Equal(t, "N", v.Name)
	require.Equal(t, first, revision)
	second, err := again.Commit(t.Context(), "other", v, 0)
	require.NoError(t, err)
	require.Greater(t, second, first)
}

// toyRecords has a file for each instance. It is a hub.Records and a hub.Limits.
type toyRecords struct {
	dir string
	mu  sync.Mutex
	// revision is the last one that was given, of all instances.
	revision uint64
}

// toyFile is the content of an instance's file.
type toyFile struct {
	Revision uint64            // 0 if there are segments only
	Record   []byte            // the stored form, as record.InstanceRecord.Encode makes it
	Segments map[string][]byte // by their keys
}

func openToy(t *testing.T, dir string) *toyRecords {
	t.Helper()
	s := &toyRecords{dir: dir}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, file := range files {
		f, err := readToy(filepath.Join(dir, file.Name()))
		require.NoError(t, err)
		s.revision = max(s.revision, f.Revision)
	}
	return s
}

// path is the file of an instance. Any text is an id, so the id is not the name.
func (s *toyRecords) path(instance string) string {
	sum := sha256.Sum256([]byte(instance))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:]))
}

func readToy(path string) (toyFile, error) {
	f := toyFile{Segments: map[string][]byte{}}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(data, &f)
}

// change changes the file of an instance, whole or not at all.
func (s *toyRecords) change(ctx context.Context, instance string, change func(*toyFile) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	path := s.path(instance)
	f, err := readToy(path)
	if err != nil {
		return err
	}
	if err := change(&f); err != nil {
		return fmt.Errorf("instance %q: %w", instance, err)
	}
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *toyRecords) Load(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	return s.LoadLatest(ctx, instance)
}

func (s *toyRecords) LoadLatest(ctx context.Context, instance string) (*record.InstanceRecord, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := readToy(s.path(instance))
	if err != nil || f.Revision == 0 {
		return nil, 0, errors.Join(err, ctx.Err())
	}
	v, err := record.Decode(f.Record)
	if err != nil {
		return nil, 0, &record.UnreadableError{Err: err}
	}
	return v, f.Revision, nil
}

func (s *toyRecords) Commit(ctx context.Context, instance string, v *record.InstanceRecord, expected uint64) (uint64, error) {
	stored := v.Encode()
	if len(stored) > s.MaxValue() {
		return 0, record.ErrTooLarge
	}
	var revision uint64
	err := s.change(ctx, instance, func(f *toyFile) error {
		if f.Revision != expected {
			return hub.ErrConflict
		}
		s.revision++
		revision = s.revision
		f.Revision, f.Record = revision, stored
		return nil
	})
	return revision, err
}

func (s *toyRecords) WriteSegment(ctx context.Context, instance, key string, data []byte) error {
	return s.change(ctx, instance, func(f *toyFile) error {
		if old, ok := f.Segments[key]; ok && !record.IsReplaced(key) && !bytes.Equal(old, data) {
			return fmt.Errorf("segment %q exists with different content", key)
		}
		f.Segments[key] = data
		return nil
	})
}

func (s *toyRecords) ReadSegments(ctx context.Context, instance string, keys []string) ([][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := readToy(s.path(instance))
	if err := errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	var found [][]byte
	for _, key := range keys {
		data, ok := f.Segments[key]
		if !ok {
			return nil, fmt.Errorf("segment %q of instance %q: %w", key, instance, hub.ErrNotFound)
		}
		found = append(found, data)
	}
	return found, nil
}

func (s *toyRecords) DropSegments(ctx context.Context, instance string, keys []string) error {
	return s.change(ctx, instance, func(f *toyFile) error {
		for _, key := range keys {
			delete(f.Segments, key)
		}
		return nil
	})
}

func (s *toyRecords) KeepsIDs(context.Context) (bool, error) { return false, nil }
func (s *toyRecords) MaxValue() int                          { return 1_000_000 }
func (s *toyRecords) MaxPayload() int                        { return s.MaxValue() / 4 }

// toyLeases is a hub.Leases.
type toyLeases struct {
	mu       sync.Mutex
	revision uint64
	held     map[string]*toyLease
	watchers []chan map[string]string
}

type toyLease struct {
	holder   string
	revision uint64
	expiry   *time.Timer
}

func (l *toyLeases) LeaseTTL() time.Duration { return 2 * time.Second }

func (l *toyLeases) Acquire(_ context.Context, name, holder string) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.held[name]; held != nil && held.holder != holder {
		return 0, hub.ErrConflict
	}
	return l.hold(name, holder), nil
}

func (l *toyLeases) Renew(_ context.Context, name, holder string, revision uint64) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.held[name]; held == nil || held.holder != holder || held.revision != revision {
		return 0, hub.ErrConflict
	}
	return l.hold(name, holder), nil
}

// hold gives the lease a new revision, which is good for one TTL.
func (l *toyLeases) hold(name, holder string) uint64 {
	if old := l.held[name]; old != nil {
		old.expiry.Stop()
	}
	l.revision++
	revision := l.revision
	expiry := time.AfterFunc(l.LeaseTTL(), func() { _ = l.Release(context.Background(), name, revision) })
	l.held[name] = &toyLease{holder, revision, expiry}
	l.tell()
	return revision
}

func (l *toyLeases) Release(_ context.Context, name string, revision uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.held[name]; held != nil && held.revision == revision {
		held.expiry.Stop()
		delete(l.held, name)
		l.tell()
	}
	return nil
}

func (l *toyLeases) WatchLeases(ctx context.Context) (<-chan map[string]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := make(chan map[string]string, 1)
	l.watchers = append(l.watchers, w)
	l.tell()
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.watchers = slices.DeleteFunc(l.watchers, func(other chan map[string]string) bool { return other == w })
		close(w)
	})
	return w, nil
}

// tell leaves the newest state with each watcher, in place of one that was not read.
func (l *toyLeases) tell() {
	for _, w := range l.watchers {
		select {
		case <-w:
		default:
		}
		state := map[string]string{}
		for name, held := range l.held {
			state[name] = held.holder
		}
		w <- state
	}
}
