package orchestration

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

// Random returns the execution's source of random numbers: the same numbers on
// every replay, other ones in every execution. It is not fit for secrets.
func (c *Context) Random() *rand.Rand {
	c.x.mustRun()
	if c.x.random == nil {
		source := rand.NewChaCha8(sha256.Sum256([]byte("random/" + c.x.info.ID))) // repeatable on purpose
		c.x.random = rand.New(&ownSource{c.x, source})                            //nolint:gosec // not for secrets
	}
	return c.x.random
}

// ownSource is a source of random numbers for an orchestrator's own goroutines.
type ownSource struct {
	x *Execution
	*rand.ChaCha8
}

// Uint64 returns the next number.
func (s *ownSource) Uint64() uint64 {
	s.x.mustOwn()
	return s.ChaCha8.Uint64()
}

// NewGUID returns a new globally unique id, the same on every replay, in the
// form of RFC 9562 version 8.
func (c *Context) NewGUID() string {
	c.x.mustRun()
	c.x.guids++
	sum := sha256.Sum256([]byte("guid/" + c.x.info.Instance + "/" + c.x.info.ID + "/" + strconv.Itoa(c.x.guids)))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
