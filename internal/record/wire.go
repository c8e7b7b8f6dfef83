package record

import (
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// writer writes msgpack to memory, which cannot fail.
type writer struct {
	buf bytes.Buffer
	enc *msgpack.Encoder
}

func newWriter(size int) *writer {
	w := &writer{enc: msgpack.GetEncoder()}
	w.buf.Grow(size)
	w.enc.Reset(&w.buf)
	w.enc.UseCompactInts(true)
	return w
}

func (w *writer) free()        { msgpack.PutEncoder(w.enc) }
func (w *writer) done() []byte { return w.buf.Bytes() }

func (w *writer) array(n int)    { _ = w.enc.EncodeArrayLen(n) }
func (w *writer) int(n int64)    { _ = w.enc.EncodeInt(n) }
func (w *writer) uint(n uint64)  { _ = w.enc.EncodeUint(n) }
func (w *writer) str(s string)   { _ = w.enc.EncodeString(s) }
func (w *writer) bytes(b []byte) { _ = w.enc.EncodeBytes(b) }
func (w *writer) bool(b bool)    { _ = w.enc.EncodeBool(b) }
func (w *writer) null()          { _ = w.enc.EncodeNil() }

// reader reads msgpack from memory. Its first error sticks; from then on every
// read returns a zero value.
type reader struct {
	stored []byte
	src    *bytes.Reader
	dec    *msgpack.Decoder
	err    error
}

func newReader(stored []byte) *reader {
	r := &reader{stored: stored, src: bytes.NewReader(stored), dec: msgpack.GetDecoder()}
	r.dec.Reset(r.src)
	return r
}

// free gives the decoder back, but not one that has failed: it may hold a buffer
// as long as some length that was wrong, and would take more the next time.
func (r *reader) free() {
	if r.err == nil {
		msgpack.PutDecoder(r.dec)
	}
}

// left returns how many bytes have not been read.
func (r *reader) left() int { return r.src.Len() }

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func read[T any](r *reader, decode func() (T, error)) T {
	var zero T
	if r.err != nil {
		return zero
	}
	v, err := decode()
	if err != nil {
		r.err = err
		return zero
	}
	return v
}

func (r *reader) array() int   { return max(0, read(r, r.dec.DecodeArrayLen)) }
func (r *reader) int() int64   { return read(r, r.dec.DecodeInt64) }
func (r *reader) uint() uint64 { return read(r, r.dec.DecodeUint64) }
func (r *reader) bool() bool   { return read(r, r.dec.DecodeBool) }

func (r *reader) str() string   { return string(r.run()) }
func (r *reader) bytes() []byte { return bytes.Clone(r.run()) }

// run reads the bytes of a string or a byte array, nil for nil, without copying
// them. A length is believed only if so much is there: the decoder's own methods
// would take memory for any.
func (r *reader) run() []byte {
	n := read(r, r.dec.DecodeBytesLen)
	if r.err != nil || n < 0 {
		return nil
	}
	if n > r.left() {
		r.fail(io.ErrUnexpectedEOF)
		return nil
	}
	begin := len(r.stored) - r.left()
	_, err := r.src.Seek(int64(n), io.SeekCurrent)
	r.fail(err)
	return r.stored[begin : begin+n]
}

// byte reads a number that must be that small.
func (r *reader) byte() uint8 {
	n := r.int()
	r.check(n >= 0 && n <= math.MaxUint8)
	return uint8(n)
}

// check fails unless a number that was read makes sense.
func (r *reader) check(ok bool) {
	if !ok {
		r.fail(errRange)
	}
}

// null consumes a nil and reports whether one was there.
func (r *reader) null() bool {
	if r.err != nil {
		return true
	}
	code, err := r.dec.PeekCode()
	if err != nil || code != msgpcode.Nil {
		r.fail(err)
		return err != nil
	}
	r.fail(r.dec.DecodeNil())
	return true
}

var (
	errShort = errors.New("array has too few elements")
	errRange = errors.New("number out of range")
)

// skip passes over n elements that a newer writer added.
func (r *reader) skip(n int) {
	if n < 0 {
		r.fail(errShort)
	}
	for ; n > 0 && r.err == nil; n-- {
		r.fail(r.dec.Skip())
	}
}

func list[T any](r *reader, element func(*reader) T) []T {
	n := r.array()
	var out []T
	for i := 0; i < n && r.err == nil; i++ {
		out = append(out, element(r))
	}
	return out
}

func (r *reader) more() bool {
	if r.err != nil {
		return false
	}
	_, err := r.dec.PeekCode()
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return err == nil
}
