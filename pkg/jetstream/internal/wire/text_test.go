package wire

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func TestHeadersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	none := func(_ any, err error) error { return err }
	parents := func(text string) error { return none(parseParent(text)) }
	tags := func(text string) error { return none(parseTags(text)) }
	times := func(text string) error { return none(parseTime(text)) }
	names := func(text string) error { return none(parseName(text)) }
	replaces := func(text string) error { return none(parseRevision(text)) }
	flags := func(text string) error { return none(parseFlag(text)) }
	receipts := func(text string) error { return none(ParseReceipt(text)) }
	for _, c := range []struct {
		parse     func(string) error
		text, why string
	}{
		{parents, "i", "not instance/execution/task"},
		{parents, "i/e/1/2", "not instance/execution/task"},
		{parents, "=61/e/1", "not encoded canonically"},
		{parents, "=40i/e/1", `must not begin with "@"`},
		{parents, "/e/1", "token of 0 bytes"},
		{parents, "i//1", "no legal execution id"},
		{parents, "i/e.1/1", "no legal execution id"},
		{parents, "i/" + strings.Repeat("e", 257) + "/1", "no legal execution id"},
		{parents, "i/e/0", "no task number"},
		{parents, "i/e/01", "no task number"},
		{parents, "i/e/x", "no task number"},
		{tags, "a=1&a=2", "there twice"},
		{tags, "=x", "tag is empty"},
		{tags, "a=%zz", "invalid URL escape"},
		{tags, "a=%0A", "control characters"},
		{tags, "a;b=1", "semicolon"},
		{tags, "a=" + strings.Repeat("x", 257), "longer than 256"},
		{tags, "a=" + strings.Repeat("x", 4096), "at most 4096"},
		{tags, "a=" + strings.Repeat("*", 1400), "at most 4096"},
		{times, "tomorrow", "RFC 3339"},
		{times, "2031-05-17", "RFC 3339"},
		{times, "3031-05-17T09:30:01Z", "years"},
		{times, "0001-01-01T00:00:00Z", "years"},
		{names, "a.b", "unencoded"},
		{names, "=0A", "must not contain"},
		{replaces, "ended", `"ended" is no revision`},
		{replaces, "live", `"live" is no revision`},
		{replaces, "-1", "is no revision"},
		{flags, "yes", "neither true nor false"},
		{receipts, "default.to.i.terminate", "no subject beginning with _INBOX."},
		{receipts, "_INBOX.", "no subject"},
		{receipts, "_INBOX.>", "no subject"},
		{receipts, "_INBOX.*.x", "no subject"},
		{receipts, "_INBOX..x", "no subject"},
		{receipts, "_INBOX.a b", "no subject"},
		{receipts, "_INBOX.a\r\nPUB x 0", "no subject"},
		{receipts, "_INBOX." + strings.Repeat("x", 256), "no subject"},
	} {
		require.ErrorContains(t, c.parse(c.text), c.why, c.text)
	}
}

func TestTimesAreReadInAnyZone(t *testing.T) {
	t.Parallel()
	at, err := parseTime("2031-05-17T11:30:01.5+02:00")
	require.NoError(t, err)
	require.Equal(t, time.Date(2031, 5, 17, 9, 30, 1, 500_000_000, time.UTC), at)
}

func TestBodiesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for body, why := range map[string]string{
		`1`:                       "cannot unmarshal",
		`{"amount": 1}`:           "unknown field",
		`{"input": 1} {"data":2}`: "there is more behind it",
		`{"input": 1`:             "unexpected EOF",
		`{"input": }`:             "invalid character",
	} {
		_, _, err := splitBody([]byte(body))
		require.ErrorContains(t, err, why, body)
		require.ErrorContains(t, err, `the body must be {"input": …, "data": …}`)
	}
	input, data, err := splitBody([]byte(` {"data" : null } `))
	require.NoError(t, err)
	require.Empty(t, input)
	require.Equal(t, "null", string(data))
}

// All that a value's headers can hold fits beside the largest value.
func TestHeadersFitBesideTheLargestValue(t *testing.T) {
	t.Parallel()
	tags := history.Tags{}
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		tags[key] = strings.Repeat("ü", 135)
	}
	require.Greater(t, len(formatTags(tags)), maxTags-100)
	header, err := recordHeader(&record.InstanceRecord{Name: strings.Repeat("✓", 128), Status: history.Suspended, Tags: tags, Created: time.Now()}, time.Now())
	require.NoError(t, err)
	const expectation = 100
	require.Less(t, headerSize(header)+expectation, Headroom)
}

func TestKeptFor(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 5, 17, 9, 30, 0, 0, time.UTC)
	for left, want := range map[time.Duration]time.Duration{
		-time.Hour:                 time.Second,
		0:                          time.Second,
		1:                          time.Second,
		time.Second:                time.Second,
		time.Second + 1:            2 * time.Second,
		time.Hour:                  time.Hour,
		200 * 365 * 24 * time.Hour: 100 * 365 * 24 * time.Hour,
	} {
		kept := []record.Event{record.Event{}.KeepUntil(now.Add(-time.Hour)), record.Event{}.KeepUntil(now.Add(left)), record.Event{}.KeepUntil(now.Add(-time.Minute))}
		require.Equal(t, want, keepFor(kept, now), "%v left", left)
	}
	require.Equal(t, time.Second, keepFor(nil, now))
}

// A text that can be read is written again in the same words, or in words that say the
// same.
func FuzzParent(f *testing.F) {
	for _, text := range []string{"i/e/1", "a=20b/e-17/9223372036854775807", "=61/e/1", "i/e", "i/e/01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseParent(text)
		if err != nil {
			return
		}
		w := writer{header: map[string][]string{}}
		w.putParent(p)
		require.NoError(t, w.err)
		require.Equal(t, text, w.header.Get(ParentHeader))
	})
}

func FuzzTags(f *testing.F) {
	for _, text := range []string{"a=1", "a=1&b=2", "a", "a=%zz", "%C3%BC=+", "a=1&a=2", "=", "a=b=c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tags, err := parseTags(text)
		if err != nil {
			return
		}
		again, err := parseTags(formatTags(tags))
		require.NoError(t, err)
		require.Equal(t, tags, again)
	})
}
