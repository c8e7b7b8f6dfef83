package orchestration_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// receive raises an event with a payload on an orchestrator that waits for a T,
// and returns the result of the wait.
func receive[T any](t *testing.T, data string) (T, error) {
	t.Helper()
	var got T
	var err error
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (none, error) {
		got, err = orchestration.Event[T]("approval").Wait(ctx).Await()
		return none{}, nil
	})
	s.raise("Approval", data)
	s.requireOutput("")
	return got, err
}

// reads is a test case that reads a payload as a T; refuses is one that cannot.
func reads[T any](data string, want T) conversion {
	return conversion{fmt.Sprintf("%s from %s", reflect.TypeFor[T](), data), func(t *testing.T) {
		got, err := receive[T](t, data)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}}
}

func refuses[T any](data string) conversion {
	return conversion{fmt.Sprintf("no %s from %s", reflect.TypeFor[T](), data), func(t *testing.T) {
		got, err := receive[T](t, data)
		var failed *orchestration.ConversionError
		require.ErrorAs(t, err, &failed)
		require.Zero(t, got, "a value came with the error")
		require.Equal(t, "Approval", failed.Event)
		require.Equal(t, reflect.TypeFor[T]().String(), failed.Type)
		require.Error(t, failed.Unwrap())
		for _, part := range []string{`event "Approval"`, failed.Type, failed.Payload} {
			require.ErrorContains(t, err, part)
		}
	}}
}

type conversion struct {
	name string
	test func(*testing.T)
}

type (
	yesNo  bool
	level  int8
	label  string
	budget struct {
		Amount int    `json:"amount"`
		Note   string `json:"note"`
	}
)

func ptr[T any](v T) *T { return &v }

func TestRule7Conversion(t *testing.T) {
	t.Parallel()
	for _, cases := range [][]conversion{bools, integers, floats, stringsFrom, nothings, structures} {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				c.test(t)
			})
		}
	}
}

var bools = []conversion{
	reads(`true`, true), reads(`false`, false), reads(` true `, true), reads(`"true"`, true), reads(`"false"`, false),
	reads(`"TRUE"`, true), reads(`"True"`, true), reads(`"fAlSe"`, false), reads(`" true "`, true),
	reads(`"TRUE"`, yesNo(true)), reads(`true`, ptr(true)), reads(`"true"`, ptr(true)),
	refuses[bool](`1`), refuses[bool](`0`), refuses[bool](`"1"`), refuses[bool](`"yes"`), refuses[bool](`""`), refuses[bool](`{}`),
	refuses[bool](`[true]`), refuses[bool](`TRUE`), refuses[bool](`true false`), refuses[bool](`"null"`), refuses[*bool](`"null"`),
}

var integers = []conversion{
	reads(`7`, 7), reads(`-7`, -7), reads(`"7"`, 7), reads(`" 7 "`, 7), reads(`"-7"`, int64(-7)), reads(`"7"`, level(7)),
	reads(`9223372036854775807`, int64(9223372036854775807)), reads(`"9223372036854775807"`, int64(9223372036854775807)),
	reads(`"18446744073709551615"`, uint64(18446744073709551615)), reads(`"3"`, ptr(3)), reads(`1000000000`, time.Second),
	refuses[int](`2.5`), refuses[int](`"2.5"`), refuses[int](`true`), refuses[int](`"seven"`), refuses[int](`""`), refuses[int](`"0x10"`),
	refuses[int8](`300`), refuses[int8](`"300"`), refuses[uint](`-1`), refuses[uint](`"-1"`), refuses[int](`[7]`), refuses[int](`"[7]"`),
	refuses[int](`"null"`), refuses[*int](`"null"`), refuses[int](`9223372036854775808`), refuses[int](`"7 8"`), refuses[level](`"x"`),
}

var floats = []conversion{
	reads(`2.5`, 2.5), reads(`2`, 2.0), reads(`"2.5"`, 2.5), reads(`"-1e3"`, -1000.0), reads(`"2.5"`, float32(2.5)), reads(`"2.5"`, ptr(2.5)),
	reads(`12345678901234567890`, json.Number("12345678901234567890")), reads(`"1.0"`, json.Number("1.0")),
	refuses[float64](`"NaN"`), refuses[float64](`"Infinity"`), refuses[float64](`true`), refuses[float64](`"2,5"`), refuses[float64](`1e999`),
	refuses[float64](`""`), refuses[json.Number](`"x"`), refuses[json.Number](`true`),
}

var stringsFrom = []conversion{
	reads(`"a"`, "a"), reads(`""`, ""), reads(`"true"`, "true"), reads(`"null"`, "null"), reads(`7`, "7"), reads(`2.50`, "2.50"),
	reads(`1e3`, "1e3"), reads(`true`, "true"), reads(` false `, "false"), reads(`12345678901234567890`, "12345678901234567890"),
	reads(`7`, label("7")), reads(`7`, ptr("7")), reads(`"ü\n"`, "ü\n"),
	refuses[string](`{"a":1}`), refuses[string](`[1]`), refuses[string](`hello`), refuses[string](`"open`), refuses[string](`7 8`),
}

var nothings = []conversion{
	reads(``, (*int)(nil)), reads(`null`, (*int)(nil)), reads(` null `, (*budget)(nil)), reads(``, json.RawMessage(nil)), reads(`null`, json.RawMessage(nil)),
	reads(``, []int(nil)), reads(`null`, map[string]int(nil)), reads[any](`null`, nil), reads[any](``, nil),
	reads(``, none{}), reads(`null`, none{}), reads(`true`, none{}), reads(`{"a":1}`, none{}), reads(`no JSON`, none{}),
	refuses[bool](``), refuses[bool](`null`), refuses[int](``), refuses[int](`null`), refuses[string](``), refuses[string](`null`),
	refuses[budget](``), refuses[budget](`null`), refuses[[2]int](`null`), refuses[float64]("  \n"),
}

var structures = []conversion{
	reads(`{"amount":3,"note":"x"}`, budget{3, "x"}), reads(`{"AMOUNT":3,"more":true}`, budget{Amount: 3}), reads(`{"amount":3}`, &budget{Amount: 3}),
	reads(`{}`, budget{}), reads(`{"a": [1] }`, json.RawMessage(`{"a": [1] }`)), reads(`[1,2]`, []int{1, 2}), reads(`{"a":1}`, map[string]int{"a": 1}),
	reads[any](`{"a":[1,"b"]}`, map[string]any{"a": []any{1.0, "b"}}), reads[any](`"x"`, "x"), reads(`"2031-05-17T06:00:00Z"`, dawn), reads(`"aGk="`, []byte("hi")),
	refuses[budget](`{"amount":"3"}`), refuses[budget](`{"amount":3,"note":4}`), refuses[budget](`[]`), refuses[budget](`"{}"`), refuses[budget](`{"amount":3`),
	refuses[json.RawMessage](`{"a":`), refuses[[]int](`[1,"x"]`), refuses[map[string]int](`{"a":1,"b":"x"}`), refuses[time.Time](`"today"`),
	refuses[any](`oops`), refuses[*budget](`7`),
}

func TestRule7AWrongPayloadIsAValueThatCanBeHandled(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (bool, error) {
		for {
			approved, err := orchestration.Event[bool]("Approval").Wait(ctx).Await()
			var wrong *orchestration.ConversionError
			if !errors.As(err, &wrong) {
				return approved, err
			}
			_ = ctx.SetCustomStatus("cannot read " + wrong.Payload)
		}
	})
	s.raise("Approval", `"maybe"`)
	require.Equal(t, `"cannot read \"maybe\""`, string(s.x.View().CustomStatus))
	s.raise("Approval", `{`)
	s.raise("Approval", `true`)
	s.requireOutput(`true`)
}

func TestRule7TheErrorShowsOnlyTheStartOfThePayload(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]string{
		``:                              "(none)",
		strings.Repeat("x", 100):        strings.Repeat("x", 100),
		strings.Repeat("x", 101):        strings.Repeat("x", 100) + "…",
		"x" + strings.Repeat("日", 1000): "x" + strings.Repeat("日", 33) + "…",
		"\xff\xfe":                      "\uFFFD",
	} {
		_, err := receive[bool](t, payload)
		var failed *orchestration.ConversionError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, want, failed.Payload)
	}
}

// A type of the user's that panics while it reads does not take the worker down:
// payloads are read where no branch of the orchestrator runs.
type explosive struct{}

func (*explosive) UnmarshalJSON([]byte) error { panic("boom") }

func TestRule7APayloadThatMakesItsTypePanicIsAnError(t *testing.T) {
	t.Parallel()
	_, err := receive[explosive](t, `1`)
	var failed *orchestration.ConversionError
	require.ErrorAs(t, err, &failed)
	require.ErrorContains(t, err, "boom")

	_, err = receive[*explosive](t, `1`)
	require.ErrorContains(t, err, "boom")
}

func TestResultsThatCannotBeReadAreErrors(t *testing.T) {
	t.Parallel()
	program := func(fail func(*orchestration.Context) error) *harness {
		s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
			return fmt.Sprint(fail(ctx)), nil
		})
		return s
	}
	s := program(func(ctx *orchestration.Context) error {
		n, err := orchestration.CallActivity[int](ctx, "Count", nil).Await()
		require.Zero(t, n)
		return err
	})
	s.complete(1, `"x"`)
	s.requireOutput(`"result of activity \"Count\": json: cannot unmarshal string into Go value of type int"`)

	s = program(func(ctx *orchestration.Context) error {
		_, err := orchestration.CallActivity[explosive](ctx, "Count", nil).Await()
		return err
	})
	s.complete(1, `1`)
	s.requireOutput(`"result of activity \"Count\": boom"`)

	s = program(func(ctx *orchestration.Context) error {
		_, err := orchestration.CallActivity[none](ctx, "Count", nil).Await()
		return err
	})
	s.complete(1, `"a result that nobody wants"`)
	s.requireOutput(`"<nil>"`)
}
