package record_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func anyTime() *rapid.Generator[time.Time] {
	return rapid.OneOf(
		rapid.Just(time.Time{}),
		rapid.Map(rapid.Int64Range(1, math.MaxInt64), func(ns int64) time.Time { return time.Unix(0, ns).UTC() }),
		rapid.Map(rapid.Int64Range(math.MinInt64, -1), func(ns int64) time.Time { return time.Unix(0, ns).UTC() }),
	)
}

func anyBytes() *rapid.Generator[[]byte] {
	return rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOfN(rapid.Byte(), 0, 300))
}

func anyFailure() *rapid.Generator[*history.Failure] {
	return rapid.Custom(func(t *rapid.T) *history.Failure {
		var f *history.Failure
		for range rapid.IntRange(0, 4).Draw(t, "depth") {
			f = &history.Failure{
				Type: rapid.String().Draw(t, "type"), Message: rapid.String().Draw(t, "message"), Stack: rapid.String().Draw(t, "stack"),
				NonRetryable: rapid.Bool().Draw(t, "nonRetryable"), Cause: f,
			}
		}
		return f
	})
}

func anyEvent() *rapid.Generator[record.Event] {
	return rapid.Custom(func(t *rapid.T) record.Event {
		e := record.Raised(rapid.String().Draw(t, "name"), rapid.String().Draw(t, "id"), anyBytes().Draw(t, "data"))
		e = e.KeepUntil(anyTime().Draw(t, "at")).On(anyTime().Draw(t, "time"))
		e.Kind, e.Task = history.Kind(rapid.Uint8().Draw(t, "kind")), rapid.Int64().Draw(t, "task")
		e.Failure = anyFailure().Draw(t, "failure")
		return e
	})
}

func anyWait() *rapid.Generator[history.Wait] {
	return rapid.Custom(func(t *rapid.T) history.Wait {
		return history.Wait{
			Kind: history.WaitKind(rapid.Uint8().Draw(t, "kind")), Name: rapid.String().Draw(t, "name"),
			Task: rapid.Int64().Draw(t, "task"), Since: anyTime().Draw(t, "since"), Deadline: anyTime().Draw(t, "deadline"),
		}
	})
}

func anySegment() *rapid.Generator[record.Segment] {
	return rapid.Custom(func(t *rapid.T) record.Segment {
		return record.Segment{
			Key: rapid.String().Draw(t, "key"), Events: rapid.IntMin(0).Draw(t, "events"), Bytes: rapid.IntMin(0).Draw(t, "bytes"),
		}
	})
}

// few draws a list, nil when it is empty: the stored form knows no difference.
func few[T any](t *rapid.T, g *rapid.Generator[T], label string) []T {
	l := rapid.SliceOfN(g, 0, 4).Draw(t, label)
	if len(l) == 0 {
		return nil
	}
	return l
}

func anyValue() *rapid.Generator[*record.InstanceRecord] {
	return rapid.Custom(func(t *rapid.T) *record.InstanceRecord {
		v := &record.InstanceRecord{
			Name: rapid.String().Draw(t, "name"), Execution: rapid.String().Draw(t, "execution"), Generation: rapid.Int64().Draw(t, "generation"),
			Status: history.Status(rapid.Uint8().Draw(t, "status")), Created: anyTime().Draw(t, "created"), Updated: anyTime().Draw(t, "updated"),
			Input: anyBytes().Draw(t, "input"), Output: anyBytes().Draw(t, "output"), CustomStatus: anyBytes().Draw(t, "customStatus"),
			Failure: anyFailure().Draw(t, "failure"), Waits: few(t, anyWait(), "waits"), Blocked: rapid.String().Draw(t, "blocked"),
			Watermark: rapid.Uint64().Draw(t, "watermark"), SeenIDs: few(t, rapid.String(), "seen"), Segments: few(t, anySegment(), "segments"),
			Turn: rapid.IntMin(0).Draw(t, "turn"), Log: record.NewLog(few(t, anyEvent(), "log")...),
		}
		for range rapid.IntRange(0, 2).Draw(t, "closed") {
			v.Closed = append(v.Closed, record.Closed{Execution: rapid.String().Draw(t, "execution"), Events: few(t, anyEvent(), "events")})
		}
		return v
	})
}

func TestValuesSurviveStorage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyValue().Draw(t, "value")
		stored := want.Encode()
		got, err := record.Decode(stored)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, stored, got.Encode())
	})
}

// A decoded record must not change when the buffer it was read from is used again,
// but for the log, which says that it keeps its bytes.
func TestDecodedValuesOwnTheirMemory(t *testing.T) {
	t.Parallel()
	stored := fullValue().Encode()
	got, err := record.Decode(stored)
	require.NoError(t, err)
	for i := range stored {
		stored[i] = 0xff
	}
	require.Equal(t, fullValue(), got)
}

func TestEncodingTwiceAtTheSameTime(t *testing.T) {
	t.Parallel()
	want := fullValue().Encode()
	done := make(chan []byte)
	for range 8 {
		go func() { done <- fullValue().Encode() }()
	}
	for range 8 {
		require.Equal(t, want, <-done)
	}
}

// FuzzDecodeValue feeds the reader what no writer wrote: it must say so, and
// never panic. What it does accept must survive being stored again.
func FuzzDecodeValue(f *testing.F) {
	for _, v := range goldenValues() {
		stored := v.Encode()
		f.Add(stored)
		f.Add(stored[:len(stored)/2])
		f.Add(append(stored[:len(stored):len(stored)], stored...))
	}
	f.Add([]byte{})
	f.Add([]byte{0xc0})
	f.Add([]byte("hello"))
	f.Add([]byte{0xdd, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{0x93, 0x01, 0xdb, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, stored []byte) {
		v, err := record.Decode(stored)
		if err != nil {
			require.True(t, errors.Is(err, record.ErrCorrupt) || errors.Is(err, record.ErrNewerVersion), "%v", err)
			return
		}
		hub.CommandsOf("i", v.LastTurn(v.Log.Events))
		v.Log.Split(100)
		again, err := record.Decode(v.Encode())
		require.NoError(t, err)
		require.Equal(t, v, again)
	})
}
