package memhub

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/history"
)

// requests keeps the promises of [hub.Requests], except that control has Post.
type requests struct {
	*state
	records *records
	control *control
}

// Start stores the message, then the claim; see hub.Requests. A start whose claim is refused
// leaves its message behind, for the engine to drop.
func (r *requests) Start(ctx context.Context, msg hub.Message, claim *record.InstanceRecord) (uint64, error) {
	number, err := r.control.Post(ctx, msg)
	if err != nil {
		return 0, err
	}
	return number, r.Claim(ctx, msg.Instance, claim, msg.Replaces)
}

// Claim stores the claim; see hub.Requests. The claim replaces the record of an ended
// instance, and the sealed segments of that instance are removed.
func (r *requests) Claim(ctx context.Context, instance string, claim *record.InstanceRecord, replaces uint64) error {
	if _, err := r.records.Commit(ctx, instance, claim, replaces); err != nil || replaces == 0 {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records.dropSegmentsOf(instance)
	return nil
}

// Ask stores the message and returns a channel for one outcome, to which the hub listens until
// ctx ends; see hub.Requests.
func (r *requests) Ask(ctx context.Context, msg hub.Message) (uint64, <-chan history.Outcome, error) {
	if err := r.lock(ctx); err != nil {
		return 0, nil, err
	}
	defer r.mu.Unlock()
	receipt := inboxPrefix + strconv.FormatUint(r.sequence+1, 10)
	msg.Receipt = receipt
	if err := r.control.check(msg); err != nil {
		return 0, nil, err
	}
	outcomes := make(chan history.Outcome, 1)
	r.askers[receipt] = outcomes
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.askers, receipt)
	})
	return r.control.post(msg), outcomes, nil
}

// Settled reports whether no message of the instance up to that number is left.
func (r *requests) Settled(ctx context.Context, instance string, watermark uint64) (bool, error) {
	if err := r.lock(ctx); err != nil {
		return false, err
	}
	defer r.mu.Unlock()
	return !slices.ContainsFunc(r.partitions[r.control.partitionOf(instance)].queue, func(e *entry) bool {
		return !e.acked && e.message.Instance == instance && e.seq <= watermark
	}), nil
}

// Purge removes all that is stored of the instance and leaves a tombstone; see hub.Requests.
// The tombstone stays for [TombstoneTTL], and for ever if a start is stored whose claim may
// have been refused.
func (r *requests) Purge(ctx context.Context, instance string, revision uint64) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.mu.Unlock()
	if err := r.records.expect(instance, revision); err != nil {
		return err
	}
	until := r.now().Add(TombstoneTTL)
	if r.awaitsStart(instance) {
		until = time.Time{}
	}
	r.records.write(instance, &storedInstance{until: until})
	r.records.dropSegmentsOf(instance)
	r.control.dropTimersOf(instance)
	return nil
}

// awaitsStart reports whether a start message of the instance is stored that came with a claim.
func (r *requests) awaitsStart(instance string) bool {
	return slices.ContainsFunc(r.partitions[r.control.partitionOf(instance)].queue, func(e *entry) bool {
		start := e.message
		return !e.acked && start.Instance == instance && start.Verb == hub.VerbStart && start.Execution != "" && start.Parent == nil
	})
}
