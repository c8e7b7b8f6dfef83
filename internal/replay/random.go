package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
)

// Random returns the execution's source of random numbers: the same numbers on every replay,
// other ones in every execution.
func (e *Env) Random() *rand.Rand {
	e.MustRun()
	if e.random == nil {
		source := rand.NewChaCha8(sha256.Sum256([]byte("random/" + e.info.ID))) // repeatable on purpose
		e.random = rand.New(&ownSource{e, source})                              //nolint:gosec // not for secrets
	}
	return e.random
}

// ownSource is a source of random numbers for an orchestrator's own goroutines.
type ownSource struct {
	env *Env
	*rand.ChaCha8
}

// Uint64 returns the next number.
func (s *ownSource) Uint64() uint64 {
	s.env.MustOwn()
	return s.ChaCha8.Uint64()
}

// NewGUID returns a new globally unique id, the same on every replay, in the form of RFC 9562
// version 8.
func (e *Env) NewGUID() string {
	e.MustRun()
	e.guids++
	sum := sha256.Sum256([]byte("guid/" + e.info.Instance + "/" + e.info.ID + "/" + strconv.Itoa(e.guids)))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	text := hex.EncodeToString(id)
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
