package record_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/dormouse-dev/dormouse/internal/record"
)

// lengthen rewrites stored as a newer writer of the same version would have
// written it: every array of a record is longer by what this program does not know.
func lengthen(t *testing.T, stored []byte) []byte {
	t.Helper()
	var fields []any
	require.NoError(t, msgpack.Unmarshal(stored, &fields))
	const failure, waits, segments, closed, log = 10, 11, 15, 17, 19
	fields[failure] = longerFailure(fields[failure])
	for _, i := range []int{waits, segments, closed} {
		for j, record := range list(fields[i]) {
			if i == closed {
				record.([]any)[1] = longerEvents(t, record.([]any)[1].([]byte))
			}
			fields[i].([]any)[j] = longer(record)
		}
	}
	fields[log] = longerEvents(t, fields[log].([]byte))
	const rest, parent, tags, kept = 20, 0, 1, 3
	more := fields[rest].([]any)
	more[parent] = longer(more[parent])
	for i, tag := range list(more[tags]) {
		more[tags].([]any)[i] = longer(tag)
	}
	more[kept] = longerEvents(t, more[kept].([]byte))
	fields[rest] = longer(more)
	return encoded(t, longer(fields))
}

// longer adds one element of every sort.
func longer(record any) any {
	return append(record.([]any), "later", nil, 1.5, []any{"deep", map[string]any{"a": []byte("b")}}, -1, true)
}

func longerFailure(f any) any {
	if f == nil {
		return nil
	}
	const cause = 4
	f.([]any)[cause] = longerFailure(f.([]any)[cause])
	return longer(f)
}

func longerEvents(t *testing.T, stored []byte) []byte {
	t.Helper()
	dec := msgpack.NewDecoder(bytes.NewReader(stored))
	var out []byte
	for {
		record, err := dec.DecodeSlice()
		if err != nil {
			return out
		}
		record[7] = longerFailure(record[7])
		out = append(out, encoded(t, longer(record))...)
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	data, err := msgpack.Marshal(v)
	require.NoError(t, err)
	return data
}

func TestFieldsAddedByNewerWritersAreSkipped(t *testing.T) {
	t.Parallel()
	want := fullValue()
	got, err := record.Decode(lengthen(t, want.Encode()))
	require.NoError(t, err)
	require.Equal(t, want.Log.Events, got.Log.Events)
	want.Log, got.Log = record.Log{}, record.Log{}
	require.Equal(t, want, got)
}

// A log written by a newer program keeps the bytes that this one cannot read, and
// can still be extended and cut in two.
func TestLogOfANewerWriterCanBeJoinedAndSplit(t *testing.T) {
	t.Parallel()
	events := goldenEvents()
	newer, err := record.ParseLog(longerEvents(t, record.NewLog(events...).Stored()))
	require.NoError(t, err)
	joined := newer.Join(record.NewLog(events...))
	for _, size := range []int{0, 1, 100, 500, joined.Size(), joined.Size() + 1} {
		head, tail := joined.Split(size)
		require.Equal(t, len(joined.Events), len(head.Events)+len(tail.Events))
		for _, part := range []record.Log{head, tail} {
			again, err := record.ParseLog(part.Stored())
			require.NoError(t, err)
			require.Equal(t, len(part.Events), len(again.Events))
			require.ElementsMatch(t, part.Events, again.Events)
		}
	}
}

func TestNewerVersionIsRefused(t *testing.T) {
	t.Parallel()
	for name, v := range goldenValues() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fields []any
			require.NoError(t, msgpack.Unmarshal(v.Encode(), &fields))
			fields[0] = record.Version + 1
			_, err := record.Decode(encoded(t, fields))
			require.ErrorIs(t, err, record.ErrNewerVersion)
			require.NotErrorIs(t, err, record.ErrCorrupt)
			require.ErrorContains(t, err, "2")
		})
	}
}

// A newer version may look quite different behind its number.
func TestNewerVersionOfAnotherShapeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := record.Decode(encoded(t, []any{record.Version + 7, map[string]any{"a": 1}}))
	require.ErrorIs(t, err, record.ErrNewerVersion)
}

func TestVersionsThatNeverWereAreCorrupt(t *testing.T) {
	t.Parallel()
	for _, version := range []int{0, -1} {
		var fields []any
		require.NoError(t, msgpack.Unmarshal(fullValue().Encode(), &fields))
		fields[0] = version
		_, err := record.Decode(encoded(t, fields))
		require.ErrorIs(t, err, record.ErrCorrupt)
	}
}

func TestTruncatedValuesAreCorrupt(t *testing.T) {
	t.Parallel()
	stored := fullValue().Encode()
	for n := range len(stored) {
		_, err := record.Decode(stored[:n])
		require.ErrorIs(t, err, record.ErrCorrupt, "cut at %d", n)
	}
}

func TestTruncatedLogsLoseWholeEventsOrAreCorrupt(t *testing.T) {
	t.Parallel()
	whole := record.NewLog(goldenEvents()...)
	ends := map[int]int{0: 0}
	for i := range whole.Events {
		ends[record.NewLog(whole.Events[:i+1]...).Size()] = i + 1
	}
	for n := range whole.Size() {
		log, err := record.ParseLog(whole.Stored()[:n])
		if events, ok := ends[n]; ok {
			require.NoError(t, err)
			require.Equal(t, events, len(log.Events))
			continue
		}
		require.ErrorIs(t, err, record.ErrCorrupt, "cut at %d", n)
	}
}

func TestImpossibleValuesAreCorrupt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]any){
		"fewer fields":           nil,
		"wrong number of events": func(f []any) { f[18] = 3 },
		"negative turn":          func(f []any) { f[16] = -1 },
		"name is a number":       func(f []any) { f[1] = 5 },
		"log is no log":          func(f []any) { f[19] = []byte("hello") },
		"status out of range":    func(f []any) { f[4] = 300 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fields []any
			require.NoError(t, msgpack.Unmarshal(fullValue().Encode(), &fields))
			if change == nil {
				fields = fields[:19]
			} else {
				change(fields)
			}
			_, err := record.Decode(encoded(t, fields))
			require.ErrorIs(t, err, record.ErrCorrupt)
		})
	}
}

// A length that is wrong must not be believed: it could ask for gigabytes.
func TestWrongLengthsTakeNoMemory(t *testing.T) {
	stored := lengthen(t, fullValue().Encode()) // not in parallel: it measures memory
	for i := 0; i < len(stored); i += 7 {
		for _, code := range []byte{0xc6, 0xdb, 0xdd, 0xdf} { // bytes, string, array and map, with a 32-bit length
			broken := append(append(stored[:i:i], code, 0xee, 0xee, 0xee, 0xee), stored[i:]...)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := record.Decode(broken)
			runtime.ReadMemStats(&after)
			if err != nil {
				require.ErrorIs(t, err, record.ErrCorrupt)
			}
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16<<20), "%#x at %d", code, i)
		}
	}
}
