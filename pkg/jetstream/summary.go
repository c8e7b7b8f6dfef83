package jetstream

import (
	"strings"
	"time"

	js "github.com/nats-io/nats.go/jetstream"

	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// readSummary reads what stands in a value's subject and headers, and reports false
// for what is no instance. Where the headers cannot be read, or somebody else has
// stored a value without them, the instance is there all the same, and its status is
// unknown.
func readSummary(m *js.RawStreamMsg) (history.Summary, bool) {
	s := history.Summary{Updated: m.Time.UTC(), Revision: m.Sequence, Blocked: m.Header.Get(headerBlocked)}
	status := m.Header.Get(headerStatus)
	if isMarker(m.Header) || m.Header.Get(headerStored) != "" || status == history.Expected.String() {
		return s, false
	}
	var err error
	s.Instance, err = decodeToken(m.Subject[strings.LastIndexByte(m.Subject, '.')+1:])
	if err != nil || ident.CheckInstance(s.Instance) != nil {
		return s, false
	}
	name, err := decodeToken(m.Header.Get(headerName))
	if err == nil {
		s.Name = name
	}
	if s.Status, err = history.ParseStatus(status); err != nil {
		s.Status = history.Unknown
	}
	created, err := time.Parse(time.RFC3339Nano, m.Header.Get(headerCreated))
	if err == nil {
		s.Created = created
	}
	tags, err := parseTags(m.Header.Get(headerTags))
	if err == nil {
		s.Tags = tags
	}
	return s, true
}

// unreadable is the error of a value that cannot be read. Of one that keeps events for
// an instance which is not there it says that the instance's status is unknown.
func unreadable(instance string, m *js.RawStreamMsg, cause error) error {
	s, _ := readSummary(m)
	s.Instance = instance
	return &record.UnreadableError{Summary: s, Err: cause}
}
