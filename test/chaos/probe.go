package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/dormouse-dev/dormouse/pkg/client"
	"github.com/dormouse-dev/dormouse/test/chaos/record"
)

// probe measures how soon a hub serves again. It has an instance in each partition,
// and raises an event on each of them: a partition is served when its instance shows
// that it has taken the event.
type probe struct {
	client *client.Client
	ids    []string
	round  int
}

// recovery is how long it took until the first event was taken, and until all
// partitions were served.
type recovery struct{ First, All time.Duration }

// recoveryBound is how long that may take.
const recoveryBound = 60 * time.Second

// newProbe starts the instances.
func newProbe(ctx context.Context, c *client.Client, partitions int) (*probe, error) {
	p := &probe{client: c, ids: canaries(partitions)}
	for _, id := range p.ids {
		err := until(ctx, retryPause, func() error {
			ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
			defer cancel()
			_, err := c.Get(ctx, id)
			if err == nil {
				return nil
			}
			_, err = c.Start(ctx, record.Canary, nil, client.WithInstanceID(id))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("start of %s: %w", id, err)
		}
	}
	return p, nil
}

// canaries returns an id for each partition. The server chooses the partition of an
// instance by the FNV-1a hash of its token, which for these ids is the id.
func canaries(partitions int) []string {
	ids := make([]string, partitions)
	for found, n := 0, 0; found < partitions; n++ {
		id := "canary" + strconv.Itoa(n)
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(id))
		if p := int(hash.Sum32() % uint32(partitions)); ids[p] == "" {
			ids[p] = id
			found++
		}
	}
	return ids
}

// measure returns how long after that time the hub served again, or an error if it did
// not within the bound.
func (p *probe) measure(ctx context.Context, since time.Time) (recovery, error) {
	p.round++
	ctx, cancel := context.WithTimeout(ctx, recoveryBound)
	defer cancel()
	served := make(chan error, len(p.ids))
	for _, id := range p.ids {
		go func() { served <- p.serves(ctx, id, p.round) }()
	}
	var r recovery
	var unserved int
	var last error
	for range p.ids {
		if err := <-served; err != nil {
			unserved++
			last = err
			continue
		}
		r.All = time.Since(since)
		if r.First == 0 {
			r.First = r.All
		}
	}
	if unserved > 0 {
		return r, fmt.Errorf("%d of %d partitions are not served after %v: %w", unserved, len(p.ids), recoveryBound, last)
	}
	return r, nil
}

// serves raises the round's event on an instance, and returns when it was taken.
func (p *probe) serves(ctx context.Context, id string, round int) error {
	err := until(ctx, 50*time.Millisecond, func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		return p.client.Raise(ctx, id, record.Item, record.Said{N: round}, client.WithEventID(strconv.Itoa(round)))
	})
	if err != nil {
		return fmt.Errorf("raise on %s: %w", id, err)
	}
	return until(ctx, 50*time.Millisecond, func() error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		i, err := p.client.Get(ctx, id)
		if err != nil {
			return err
		}
		if string(i.CustomStatus) != strconv.Itoa(round) {
			return fmt.Errorf("%s has not taken its event", id)
		}
		return nil
	})
}
