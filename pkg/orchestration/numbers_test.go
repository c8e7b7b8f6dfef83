package orchestration_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/record"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// order has an any in every place where one can be.
type order struct {
	ID    any
	Lines []struct{ Sum any }
	More  map[string]*any
	Exact json.Number
	Count int64
}

var numbers = []conversion{
	// An any loses no digit.
	reads[any](`9007199254740992`, 9007199254740992.0), reads[any](`-9007199254740992`, -9007199254740992.0),
	reads[any](`9007199254740993`, int64(9007199254740993)), reads[any](`-9007199254740993`, int64(-9007199254740993)),
	reads[any](`1000000000000000000`, int64(1e18)), reads[any](`9223372036854775807`, int64(9223372036854775807)),
	reads[any](`9223372036854775808`, json.Number("9223372036854775808")), reads[any](`1234567890.12345678`, 1234567890.12345678),
	reads[any](`0.1000000000000000055511151231257827`, 0.1), reads[any](`42`, 42.0), reads[any](`"9007199254740993"`, "9007199254740993"),
	reads(`{"a":[{"b":9007199254740993},1,null,"x"]}`, map[string]any{"a": []any{map[string]any{"b": int64(9007199254740993)}, 1.0, nil, "x"}}),
	reads(`{"ID":9007199254740993,"Lines":[{"Sum":-9007199254740993}],"More":{"a":9007199254740993,"b":2},"Exact":9007199254740993,"Count":9007199254740993}`, order{
		ID: int64(9007199254740993), Lines: []struct{ Sum any }{{int64(-9007199254740993)}},
		More:  map[string]*any{"a": ptr[any](int64(9007199254740993)), "b": ptr[any](2.0)},
		Exact: "9007199254740993", Count: 9007199254740993,
	}),
	refuses[any](`[9007199254740993,1e999]`), refuses[any](`9007199254740993 1`), refuses[map[string]any](`{"a":9007199254740993`),

	// An integer is read as one in any spelling.
	reads(`42.0`, 42), reads(`-42.00`, int8(-42)), reads(`1e3`, 1000), reads(`1.5E1`, 15), reads(`1200e-2`, 12), reads(`-0.0`, 0), reads(`0e9`, 0),
	reads(`"42.0"`, 42), reads(`" 1e3 "`, uint16(1000)), reads(`9.007199254740993e15`, int64(9007199254740993)), reads(`42.0`, ptr(42)),
	reads(`{"amount":3.0,"note":"1.5 \"2.0\" 3e1"}`, budget{3, `1.5 "2.0" 3e1`}), reads(`[1.0,2e0]`, []int{1, 2}), reads(`{"a":1e1}`, map[string]int{"a": 10}),
	refuses[int](`42.5`), refuses[int](`1e-1`), refuses[int](`1e30`), refuses[int8](`3e2`), refuses[uint](`-1.0`), refuses[int](`1e1000000000`),
	refuses[int](`1e-1000000000`), refuses[int](`1e99999999999999999999`), refuses[budget](`{"amount":3.5}`), refuses[[]int](`[1.0,2.5]`),
}

func TestRule7NumbersLoseNothing(t *testing.T) {
	t.Parallel()
	for _, c := range numbers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t)
		})
	}
}

// Inputs and results are read by the same rules as events.
func TestNumbersOfInputsAndResultsLoseNothing(t *testing.T) {
	t.Parallel()
	s := begins(t, `{"id":9007199254740993}`, func(ctx *orchestration.Context, in map[string]any) (any, error) {
		n, err := orchestration.CallActivity[int](ctx, "Count", nil).Await()
		return []any{in["id"], n}, err
	})
	s.complete(1, `7.0`)
	s.requireOutput(`[9007199254740993,7]`)
}

// A history that was begun when an any lost digits, and an integer was no 42.0, is
// replayed as it ran.
func TestNumbersOfHistoriesFromBeforeAreReadAsTheyWere(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		id, err := orchestration.Event[any]("ID").Wait(ctx).Await()
		if err != nil {
			return "", err
		}
		if _, isFloat := id.(float64); isFloat {
			return call(ctx, "Float")
		}
		return call(ctx, "Int")
	}))
	for rule, want := range map[int64]string{record.OldestWait: `TaskScheduled #1 "Float"`, record.AwaitedFirst: `TaskScheduled #1 "Int"`} {
		s := harnessFor(t, r, "Test", "")
		t.Cleanup(s.close)
		s.rule = rule
		s.start()
		require.Equal(t, []string{want}, kinds(s.raise("ID", `9007199254740993`)))
		s.reload()
	}
}
