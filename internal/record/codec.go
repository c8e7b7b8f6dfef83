package record

import (
	"fmt"

	"github.com/dormouse-dev/dormouse/pkg/history"
)

// Version is the stored form this program writes, and the newest it reads.
const Version = 1

// How many elements each kind of array has. A value has one more where it has
// anything to say there.
const (
	valueFields   = 20
	eventFields   = 8
	failureFields = 5
	waitFields    = 5
	segmentFields = 3
	closedFields  = 2
	restFields    = 5
	parentFields  = 3
	tagFields     = 2
)

// Encode returns the stored form of the record.
func (v *InstanceRecord) Encode() []byte {
	w := newWriter(v.Log.Size() + 256)
	defer w.free()
	more := v.Parent != nil || len(v.Tags) > 0 || v.Version != "" || len(v.Kept) > 0 || len(v.ClosedKeys) > 0
	w.array(valueFields + one(more))
	w.int(Version)
	w.str(v.Name)
	w.str(v.Execution)
	w.int(v.Generation)
	w.int(int64(v.Status))
	w.time(v.Created)
	w.time(v.Updated)
	w.bytes(v.Input)
	w.bytes(v.Output)
	w.bytes(v.CustomStatus)
	w.failure(v.Failure)
	w.array(len(v.Waits))
	for _, wait := range v.Waits {
		w.wait(wait)
	}
	w.str(v.Blocked)
	w.uint(v.Watermark)
	w.array(len(v.SeenIDs))
	for _, id := range v.SeenIDs {
		w.str(id)
	}
	w.array(len(v.Segments))
	for _, s := range v.Segments {
		w.segment(s)
	}
	w.int(int64(v.Turn))
	w.array(len(v.Closed))
	for _, c := range v.Closed {
		w.closed(c)
	}
	w.int(int64(len(v.Log.Events)))
	w.bytes(v.Log.stored)
	if more {
		w.rest(v)
	}
	return w.done()
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// rest writes the fields that few instances have.
func (w *writer) rest(v *InstanceRecord) {
	w.array(restFields)
	w.parent(v.Parent)
	w.array(len(v.Tags))
	for _, key := range v.Tags.Keys() {
		w.array(tagFields)
		w.str(key)
		w.str(v.Tags[key])
	}
	w.str(v.Version)
	w.bytes(appendEvents(nil, v.Kept))
	w.array(len(v.ClosedKeys))
	for _, key := range v.ClosedKeys {
		w.str(key)
	}
}

func (r *reader) rest(v *InstanceRecord) {
	n := r.array()
	v.Parent = r.parent()
	for _, tag := range list(r, (*reader).tag) {
		if v.Tags == nil {
			v.Tags = history.Tags{}
		}
		v.Tags[tag[0]] = tag[1]
	}
	v.Version = r.str()
	kept, err := decodeEvents(r.bytes())
	r.fail(err)
	v.Kept = kept
	v.ClosedKeys = list(r, (*reader).str)
	r.skip(n - restFields)
}

func (r *reader) tag() [2]string {
	n := r.array()
	tag := [2]string{r.str(), r.str()}
	r.skip(n - tagFields)
	return tag
}

func (w *writer) parent(p *Parent) {
	if p == nil {
		w.null()
		return
	}
	w.array(parentFields)
	w.str(p.Instance)
	w.str(p.Execution)
	w.int(p.Task)
}

func (r *reader) parent() *Parent {
	if r.null() {
		return nil
	}
	n := r.array()
	p := &Parent{Instance: r.str(), Execution: r.str(), Task: r.int()}
	r.skip(n - parentFields)
	return p
}

// Decode reads what [InstanceRecord.Encode] wrote. It returns an error wrapping
// [ErrNewerVersion] or [ErrCorrupt].
func Decode(stored []byte) (*InstanceRecord, error) {
	r := newReader(stored)
	defer r.free()
	n := r.array()
	version := r.int()
	if r.err == nil && version > Version {
		return nil, fmt.Errorf("%w (instance format %d, this program knows %d)", ErrNewerVersion, version, Version)
	}
	r.check(version > 0)
	v := &InstanceRecord{
		Name:         r.str(),
		Execution:    r.str(),
		Generation:   r.int(),
		Status:       history.Status(r.byte()),
		Created:      r.time(),
		Updated:      r.time(),
		Input:        r.bytes(),
		Output:       r.bytes(),
		CustomStatus: r.bytes(),
		Failure:      r.failure(),
		Waits:        list(r, (*reader).wait),
		Blocked:      r.str(),
		Watermark:    r.uint(),
		SeenIDs:      list(r, (*reader).str),
		Segments:     list(r, (*reader).segment),
		Turn:         int(r.int()),
		Closed:       list(r, (*reader).closed),
	}
	events := int(r.int())
	log := r.bytes()
	if n > valueFields {
		r.rest(v)
		n--
	}
	r.skip(n - valueFields)
	r.check(v.Turn >= 0)
	if r.err != nil {
		return nil, fmt.Errorf("%w: instance value: %w", ErrCorrupt, r.err)
	}
	var err error
	if v.Log, err = ParseLog(log); err != nil {
		return nil, err
	}
	if len(v.Log.Events) != events {
		return nil, fmt.Errorf("%w: instance value: log of %d events has %d", ErrCorrupt, events, len(v.Log.Events))
	}
	return v, nil
}

func (w *writer) wait(x history.Wait) {
	w.array(waitFields)
	w.int(int64(x.Kind))
	w.str(x.Name)
	w.int(x.Task)
	w.time(x.Since)
	w.time(x.Deadline)
}

func (r *reader) wait() history.Wait {
	n := r.array()
	x := history.Wait{Kind: history.WaitKind(r.byte()), Name: r.str(), Task: r.int(), Since: r.time(), Deadline: r.time()}
	r.skip(n - waitFields)
	return x
}

func (w *writer) segment(s Segment) {
	w.array(segmentFields)
	w.str(s.Key)
	w.int(int64(s.Events))
	w.int(int64(s.Bytes))
}

func (r *reader) segment() Segment {
	n := r.array()
	s := Segment{Key: r.str(), Events: int(r.int()), Bytes: int(r.int())}
	r.skip(n - segmentFields)
	return s
}

func (w *writer) closed(c Closed) {
	w.array(closedFields)
	w.str(c.Execution)
	w.bytes(appendEvents(nil, c.Events))
}

func (r *reader) closed() Closed {
	n := r.array()
	c := Closed{Execution: r.str()}
	events, err := decodeEvents(r.bytes())
	r.fail(err)
	c.Events = events
	r.skip(n - closedFields)
	return c
}
