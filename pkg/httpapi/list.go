package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/dormouse-dev/dormouse/internal/jsonview"
	"github.com/dormouse-dev/dormouse/pkg/client"
)

// continuationToken is the header with the token of the next page.
const continuationToken = "X-Ms-Continuation-Token"

// Limits of a page.
const (
	mostListed = 1000
	// readTogether is how many instances of a page are in memory at a time.
	readTogether = 16
)

// list shows instances: GET instances.
func list(x *exchange) error {
	filter, err := parseFilter(x)
	if err != nil {
		return err
	}
	top, err := x.query.number("top")
	if err != nil {
		return err
	}
	showInput, err := x.query.flag("showInput", true)
	if err != nil {
		return err
	}
	filter.Limit, filter.Token = min(top, mostListed), x.header(continuationToken)
	page, err := x.client.List(x.ctx(), filter)
	if err != nil {
		return err
	}
	l := &listing{x: x, filter: filter, showInput: showInput}
	return l.show(page)
}

// parseFilter reads the parameters that choose instances.
func parseFilter(x *exchange) (client.Filter, error) {
	f := client.Filter{IDPrefix: x.query.text("instanceIdPrefix")}
	var err error
	if f.CreatedFrom, err = x.query.time("createdTimeFrom"); err != nil {
		return f, err
	}
	if f.CreatedTo, err = x.query.time("createdTimeTo"); err != nil {
		return f, err
	}
	for _, words := range x.query.all("runtimeStatus") {
		for word := range strings.SplitSeq(words, ",") {
			if word = strings.TrimSpace(word); word == "" {
				continue
			}
			status, err := client.ParseStatus(word)
			if err != nil {
				return f, problemf(http.StatusBadRequest, "runtimeStatus: %s", err)
			}
			f.Status = append(f.Status, status)
		}
	}
	if text := x.query.text("runtimeStatus"); text != "" && len(f.Status) == 0 {
		return f, badParameter("runtimeStatus", text, "name at least one")
	}
	return f, nil
}

// listing writes a page. It reads a few instances at a time, so that a page of large ones does
// not fill the memory.
type listing struct {
	x         *exchange
	filter    client.Filter
	showInput bool
	seen      map[string]bool
	written   int
}

func (l *listing) show(page client.Page) error {
	l.seen = map[string]bool{}
	header := l.x.w.Header()
	header[continuationToken] = []string{page.Next}
	header.Set("Content-Type", "application/json; charset=utf-8")
	for some := range slices.Chunk(page.Instances, readTogether) {
		instances, err := l.read(some)
		if err != nil {
			return err // before the first is written the answer can still be an error
		}
		if err := l.write(instances); err != nil {
			return err
		}
	}
	end := "]\n"
	if l.written == 0 {
		end = "[]\n"
	}
	_, _ = l.x.w.Write([]byte(end)) // a caller that has gone cannot be told
	return nil
}

// read returns how the instances are, nil for those that are gone or are not chosen any more.
func (l *listing) read(some []client.Summary) ([]*client.Instance, error) {
	instances, failures := make([]*client.Instance, len(some)), make([]error, len(some))
	var group sync.WaitGroup
	for i, summary := range some {
		if l.seen[summary.Instance] {
			continue // it has changed and comes again later in the page
		}
		l.seen[summary.Instance] = true
		group.Go(func() {
			instance, err := l.x.client.Get(l.x.ctx(), summary.Instance)
			switch {
			case errors.Is(err, client.ErrInstanceNotFound):
			case err != nil:
				failures[i] = err
			case len(l.filter.Status) == 0 || slices.Contains(l.filter.Status, instance.Status):
				instances[i] = instance
			}
		})
	}
	group.Wait()
	return instances, errors.Join(failures...)
}

func (l *listing) write(instances []*client.Instance) error {
	var buffer bytes.Buffer
	for _, instance := range instances {
		if instance == nil {
			continue
		}
		separator := byte(',')
		if l.written == 0 {
			separator = '['
		}
		buffer.WriteByte(separator)
		l.written++
		payload := jsonview.NewStatus(instance)
		if !l.showInput {
			payload.Input = nil
		}
		data, err := marshal(payload)
		if err != nil {
			return fmt.Errorf("writing instance %q: %w", instance.ID, err)
		}
		buffer.Write(data)
	}
	_, _ = l.x.w.Write(buffer.Bytes()) // a caller that has gone cannot be told
	return nil
}
