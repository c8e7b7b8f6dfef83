package payload

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzRule7Conversion: any bytes whatever become a value or a *Error
// whose text is not longer than a screen, and never a panic.
func FuzzRule7Conversion(f *testing.F) {
	for _, seed := range []string{"", "null", "true", `"TRUE"`, "1", `"1"`, "1e400", `"-0.5"`, `{"a":[1]}`, `[`, "\xff", `"\ud800"`, " 7 "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzConvert[bool](t, data)
		fuzzConvert[int8](t, data)
		fuzzConvert[*uint64](t, data)
		fuzzConvert[float32](t, data)
		fuzzConvert[string](t, data)
		fuzzConvert[json.Number](t, data)
		fuzzConvert[json.RawMessage](t, data)
		fuzzConvert[[]int](t, data)
		fuzzConvert[map[string]any](t, data)
		fuzzConvert[struct{ A *struct{ B int } }](t, data)
		fuzzConvert[any](t, data)
		fuzzConvert[struct{}](t, data)
	})
}

func fuzzConvert[T any](t *testing.T, data []byte) {
	t.Helper()
	value, err := Read[T](data, true)
	if err == nil {
		_, err = json.Marshal(value)
		require.NoError(t, err)
		return
	}
	var failed *Error
	require.ErrorAs(t, err, &failed)
	require.Zero(t, value)
	require.LessOrEqual(t, len(failed.Payload), 100*3+len("…"))
}
