package memhub

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/ident"
)

// inboxPrefix is the beginning of every receipt.
const inboxPrefix = "_INBOX."

// check refuses messages that no hub takes.
func (c *control) check(msg hub.Message) error {
	if err := ident.CheckInstance(msg.Instance); err != nil {
		return err
	}
	if !slices.Contains(hub.Verbs, msg.Verb) {
		return fmt.Errorf("%w: unknown verb %q", ident.ErrInvalidName, msg.Verb)
	}
	msg = posted(msg)
	size := len(msg.Data)
	if msg.With != nil {
		size += len(`{"input":,"data":}`) + len(msg.With.Data)
	}
	if size > c.MaxPayload() {
		return fmt.Errorf("payload of %d bytes for instance %q: %w", size, msg.Instance, ErrTooLarge)
	}
	if err := checkWith(msg); err != nil {
		return err
	}
	if msg.Receipt != "" && !strings.HasPrefix(msg.Receipt, inboxPrefix) {
		return fmt.Errorf("%w: receipt %q", ident.ErrInvalidName, msg.Receipt)
	}
	for _, at := range []time.Time{msg.StartAt, msg.KeepUntil} {
		if !at.IsZero() && !time.Unix(0, at.UnixNano()).Equal(at) {
			return fmt.Errorf("%w: time %v", ident.ErrInvalidName, at)
		}
	}
	if err := msg.CheckAhead(c.now()); err != nil {
		return err
	}
	return msg.Tags.Check()
}

// checkWith returns an error if the event of a start message cannot come with a start.
func checkWith(msg hub.Message) error {
	if msg.With == nil {
		return nil
	}
	for _, data := range [][]byte{msg.Data, msg.With.Data} {
		if len(data) > 0 && !json.Valid(data) {
			return fmt.Errorf("input or payload for instance %q is no JSON", msg.Instance)
		}
	}
	return ident.CheckName("event name", msg.With.Name)
}

// Post stores a control message; see hub.Outbox. It returns an error wrapping
// [ident.ErrInvalidName] for an illegal id, name, tag, time or receipt or an unknown verb, and
// [ErrTooLarge].
func (c *control) Post(ctx context.Context, msg hub.Message) (uint64, error) {
	if err := c.check(msg); err != nil {
		return 0, err
	}
	if err := c.lock(ctx); err != nil {
		return 0, err
	}
	defer c.mu.Unlock()
	return c.post(msg), nil
}

// post appends a message that was checked to its partition, and wakes the session there.
func (c *control) post(msg hub.Message) uint64 {
	c.sequence++
	msg = posted(msg)
	if msg.Verb == hub.VerbStart && msg.Execution == "" {
		msg.Execution = "seq-" + strconv.FormatUint(c.sequence, 10)
		if msg.Replaces != hub.AnyAtAll && msg.Replaces != hub.AnyEnded {
			msg.Replaces = hub.NoInstance
		}
	}
	p := c.partitions[c.partitionOf(msg.Instance)]
	p.queue = append(p.queue, &entry{message: msg, seq: c.sequence, stored: c.now()})
	p.live++
	if p.session != nil {
		p.session.poke()
	}
	return c.sequence
}

// posted returns the stored form of a message: a copy with the fields that its verb has.
func posted(msg hub.Message) hub.Message {
	kept := hub.Message{
		Instance: msg.Instance, Verb: msg.Verb, Arg: msg.Arg, Execution: msg.Execution, Data: bytes.Clone(msg.Data),
	}
	switch msg.Verb {
	case hub.VerbRaise:
		kept.ID, kept.KeepUntil, kept.Receipt = msg.ID, stored(msg.KeepUntil), msg.Receipt
	case hub.VerbStart:
		kept.Replaces, kept.StartAt, kept.Version, kept.Receipt = msg.Replaces, stored(msg.StartAt), msg.Version, msg.Receipt
		kept.Parent, kept.With = clone(msg.Parent), clone(msg.With)
		if kept.With != nil {
			kept.With.Data = bytes.Clone(kept.With.Data)
		}
		if len(msg.Tags) > 0 {
			kept.Tags = maps.Clone(msg.Tags)
		}
	case hub.VerbTerminate:
		kept.Parent, kept.KeepChildren = clone(msg.Parent), msg.KeepChildren
	}
	return kept
}

// stored returns a time as a hub stores it.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Round(0)
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
