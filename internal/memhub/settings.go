package memhub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// settings keeps the promises of [hub.Settings] and [hub.Registrar].
type settings struct{ *state }

// Identity returns a text that no other hub has.
func (s *settings) Identity() string { return s.identity }

// Register adds names of orchestrators to those that [Hub.Registered] returns.
func (s *settings) Register(ctx context.Context, names []string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, name := range names {
		s.orchestrators[name] = true
	}
	return nil
}

// RegisterActivities adds names of activities to those that [Hub.RegisteredActivities] returns.
func (s *settings) RegisterActivities(ctx context.Context, names []string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	for _, name := range names {
		s.activities[name] = true
	}
	return nil
}

// RegisteredActivities returns the registered names of activities, sorted.
func (s *settings) RegisteredActivities(ctx context.Context) ([]string, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.activities)), nil
}

// Registered returns the registered names of orchestrators, sorted.
func (s *settings) Registered(ctx context.Context) ([]string, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.orchestrators)), nil
}

// Retention returns for how long ended instances are kept.
func (s *settings) Retention(ctx context.Context) (time.Duration, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return s.retention, nil
}

// SetRetention sets for how long ended instances are kept.
func (s *settings) SetRetention(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("retention %v is negative", d)
	}
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.retention = d
	return nil
}

// SetKeepsIDs sets whether the id of an instance is used for no other one.
func (s *settings) SetKeepsIDs(ctx context.Context, keeps bool) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	s.keepsIDs = keeps
	return nil
}
