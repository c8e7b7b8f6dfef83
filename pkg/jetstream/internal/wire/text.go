package wire

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

func headerError(key string, err error) error { return fmt.Errorf("header %s: %w", key, err) }

func (w *writer) putParent(p *record.Parent) {
	if p == nil {
		return
	}
	t, err := newTask(p.Instance, p.Execution, p.Task)
	if err == nil {
		_, err = parseParent(t.id())
	}
	w.put(ParentHeader, t.id(), err)
}

func (w *writer) putTags(tags history.Tags) {
	text := formatTags(tags)
	_, err := parseTags(text)
	w.put(TagsHeader, text, err)
}

func (w *writer) putTime(key string, at time.Time) {
	if at.IsZero() {
		return
	}
	w.put(key, at.UTC().Format(time.RFC3339Nano), checkTime(at))
}

func (w *writer) putReceipt(receipt string) {
	if receipt == "" {
		return
	}
	_, err := ParseReceipt(receipt)
	w.put(ReceiptHeader, receipt, err)
}

// parseRevision reads the revision that a claim or a child replaces. Neither may replace a
// live instance.
func parseRevision(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == hub.AnyAtAll {
		return 0, fmt.Errorf("%q is no revision", text)
	}
	return n, nil
}

// maxExecutionID is the longest id that a start may give its execution, since the id becomes
// part of other names. Later generations and rewound executions have longer ids, by their
// numbers: up to maxGenerationID.
const (
	maxExecutionID  = 64
	maxGenerationID = 256
)

func checkExecution(id string) error {
	if len(id) > maxExecutionID || !isPlainString(id) {
		return fmt.Errorf("%w: %.80q is no execution id: use at most %d letters, digits, %q and %q", ident.ErrInvalidName, id, maxExecutionID, "-", "_")
	}
	return nil
}

// parseParent reads <instance>/<execution>/<task>.
func parseParent(text string) (*record.Parent, error) {
	parts := strings.Split(text, "/")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%w: parent %q is not instance/execution/task", ident.ErrInvalidName, text)
	}
	p := &record.Parent{Execution: parts[1], Task: hub.Message{Arg: parts[2]}.Task()}
	var err error
	if p.Instance, err = DecodeToken(parts[0]); err != nil {
		return nil, err
	}
	switch {
	case p.Execution == "" || len(p.Execution) > maxGenerationID || !isPlainString(p.Execution):
		return nil, fmt.Errorf("%w: parent %q has no legal execution id", ident.ErrInvalidName, text)
	case p.Task == 0 || record.TaskArg(p.Task) != parts[2]:
		return nil, fmt.Errorf("%w: parent %q has no task number", ident.ErrInvalidName, text)
	}
	return p, ident.CheckInstance(p.Instance)
}

// maxTags is how long all tags together may be in bytes, as they are written: they
// have to fit beside a value that takes the rest of a message.
const maxTags = 4096

// formatTags writes tags as the query of a URL, sorted.
func formatTags(tags history.Tags) string {
	values := make(url.Values, len(tags))
	for key, value := range tags {
		values.Set(key, value)
	}
	return values.Encode()
}

// parseTags is the inverse of [formatTags]. It also takes characters that are escaped and need
// not be, or that need to be and are not; the limit is for the tags as they are stored.
func parseTags(text string) (history.Tags, error) {
	values, err := url.ParseQuery(text)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	if size := len(values.Encode()); size > maxTags {
		return nil, fmt.Errorf("%w: tags have %d bytes as they are stored, at most %d are allowed", ident.ErrInvalidName, size, maxTags)
	}
	tags := make(history.Tags, len(values))
	for key, list := range values {
		if len(list) > 1 {
			return nil, fmt.Errorf("%w: tag %q is there twice", ident.ErrInvalidName, key)
		}
		tags[key] = list[0]
	}
	return tags, tags.Check()
}

// checkTime refuses times that a history cannot hold.
func checkTime(at time.Time) error {
	if !time.Unix(0, at.UnixNano()).Equal(at) {
		return fmt.Errorf("%w: time %v is not within the years 1678 to 2261", ident.ErrInvalidName, at)
	}
	return nil
}

func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, fmt.Errorf("%q is no time in the form of RFC 3339", text)
	}
	return at.UTC(), checkTime(at)
}

func parseName(token string) (string, error) {
	name, err := DecodeToken(token)
	if err != nil {
		return "", err
	}
	return name, ident.CheckName("name", name)
}

func parseFlag(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

const (
	// InboxPrefix begins every receipt, so that nobody can make a worker publish anywhere
	// else.
	InboxPrefix = nats.InboxPrefix
	// maxReceipt is the longest subject of a receipt, in bytes.
	maxReceipt = 256
)

// ParseReceipt returns the subject itself if it is an inbox, where somebody can wait for an
// answer; otherwise an error wrapping [ident.ErrInvalidName].
func ParseReceipt(subject string) (string, error) {
	legal := strings.HasPrefix(subject, InboxPrefix) && len(subject) <= maxReceipt
	for token := range strings.SplitSeq(subject, ".") {
		legal = legal && token != "" && !strings.ContainsAny(token, "*>") && !strings.ContainsFunc(token, IsNoSubject)
	}
	if !legal {
		return "", fmt.Errorf("%w: receipt %.80q is no subject beginning with %s", ident.ErrInvalidName, subject, InboxPrefix)
	}
	return subject, nil
}

// IsNoSubject reports whether the character cannot stand in a subject.
func IsNoSubject(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
