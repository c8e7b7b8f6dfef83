package orchestration_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/dormouse-dev/dormouse/internal/hub"
	"github.com/dormouse-dev/dormouse/internal/replay"
	"github.com/dormouse-dev/dormouse/pkg/history"
	"github.com/dormouse-dev/dormouse/pkg/orchestration"
)

// perform runs an activity that returns err and returns the failure as it comes
// out of the store.
func perform(t *testing.T, fn func() error) *history.Failure {
	t.Helper()
	r := &orchestration.Registry{}
	r.Add(orchestration.Activity("A", func(context.Context, none) (string, error) { return "no", fn() }))
	result, failure := r.Code().Perform(t.Context(), replay.ActivityRun{Activity: hub.Activity{Name: "A"}, Delivery: 1})
	require.Nil(t, result)
	require.NotNil(t, failure)
	return history.ParseFailure(failure.JSON())
}

// oddError is an error whose methods are set by the tests.
type oddError struct{ message, unwrap func() any }

func (e *oddError) Error() string { s, _ := e.message().(string); return s }

func (e *oddError) Unwrap() error { err, _ := e.unwrap().(error); return err }

// thicket wraps itself, twice.
type thicket struct{}

func (thicket) Error() string { return "thicket" }

func (t thicket) Unwrap() []error { return []error{t, t} }

func says(s string) func() any { return func() any { return s } }

func TestFailuresKeepTypeMessageAndCauses(t *testing.T) {
	t.Parallel()
	path := &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}
	f := perform(t, func() error { return fmt.Errorf("load: %w", path) })
	var types, messages []string
	for link := f; link != nil; link = link.Cause {
		types, messages = append(types, link.Type), append(messages, link.Message)
		require.Empty(t, link.Stack)
	}
	require.Equal(t, []string{"*fmt.wrapError", "*fs.PathError", "*errors.errorString"}, types)
	require.Equal(t, []string{"load: open x: file does not exist", "open x: file does not exist", "file does not exist"}, messages)
}

func TestJoinedErrorsKeepTheFirstCauseAndAllMessages(t *testing.T) {
	t.Parallel()
	f := perform(t, func() error { return errors.Join(errors.New("a"), fs.ErrClosed) })
	require.Equal(t, "*errors.joinError", f.Type)
	require.Equal(t, "a\nfile already closed", f.Message)
	require.Equal(t, "a", f.Cause.Message)
	require.Nil(t, f.Cause.Cause)
}

func TestNonRetryableMarksWhereverItStands(t *testing.T) {
	t.Parallel()
	require.NoError(t, orchestration.NonRetryable(nil))
	base := errors.New("base")
	marked := orchestration.NonRetryable(base)
	require.ErrorIs(t, marked, base)
	require.EqualError(t, marked, "base")
	for name, err := range map[string]error{
		"outermost": marked,
		"wrapped":   fmt.Errorf("x: %w", marked),
		"joined":    errors.Join(errors.New("a"), errors.New("b"), fmt.Errorf("c: %w", marked)),
	} {
		require.True(t, perform(t, func() error { return err }).NonRetryable, name)
	}
	f := perform(t, func() error { return marked })
	require.Equal(t, "*errors.errorString", f.Type, "the mark is not a link of its own")
	require.False(t, perform(t, func() error { return base }).NonRetryable)
}

func TestPanicsInActivitiesAreFailuresWithTheirStack(t *testing.T) {
	t.Parallel()
	f := perform(t, func() error { panic("boom") })
	require.Equal(t, "panic", f.Type)
	require.Equal(t, "boom", f.Message)
	require.Contains(t, f.Stack, "failure_test.go")

	f = perform(t, func() error { panic(fmt.Errorf("x: %w", fs.ErrExist)) })
	require.Equal(t, "x: file already exists", f.Message)
	require.Equal(t, "*fmt.wrapError", f.Cause.Type)

	var nothing map[string]int
	f = perform(t, func() error { nothing["a"] = 1; return nil })
	require.Contains(t, f.Message, "assignment to entry in nil map")
	require.Equal(t, "runtime.plainError", f.Cause.Type[:len("runtime.plainError")])

	f = perform(t, func() error { panic(nil) })
	require.Contains(t, f.Message, "panic called with nil argument")
}

func TestPanicsInOrchestratorsAreFailuresWithTheirStack(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, _ = wait(ctx, "A")
		panic("boom")
	})
	s.raise("A", `"x"`)
	f := s.requireFailure()
	require.Equal(t, "panic", f.Type)
	require.Equal(t, "boom", f.Message)
	require.Contains(t, f.Stack, "failure_test.go")
}

// Errors are users' code. However odd they are, they become failures that can be
// stored, of an activity as of an orchestrator.
func TestOddErrorsAreWrittenDownAllTheSame(t *testing.T) {
	t.Parallel()
	var circle oddError
	circle = oddError{says("round"), func() any { return &circle }}
	deep := errors.New("deep")
	for range 10_000 {
		deep = fmt.Errorf("%w", deep)
	}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"nil pointer":          {(*oddError)(nil), "its Error or Unwrap method panicked"},
		"nil failure":          {(*history.Failure)(nil), ""},
		"Error panics":         {&oddError{message: func() any { panic("e") }}, "panicked: e"},
		"Unwrap panics":        {&oddError{says("m"), func() any { panic("u") }}, "m (its Error or Unwrap method panicked: u)"},
		"its own cause":        {&circle, "round"},
		"a great many causes":  {deep, "deep"},
		"a great tree":         {fmt.Errorf("tree: %w", thicket{}), "tree: thicket"},
		"joined nil":           {errors.Join(nil, fs.ErrInvalid), "invalid argument"},
		"very long":            {errors.New(strings.Repeat("日", 1<<20)), "日日日"},
		"not UTF-8":            {errors.New("\xff\xfe"), ""},
		"task failed, but how": {(*orchestration.TaskFailedError)(nil), "panicked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begins(t, "", func(*orchestration.Context, none) (string, error) { return "", tc.err })
			for _, f := range []*history.Failure{s.requireFailure(), perform(t, func() error { return tc.err })} {
				require.NotEmpty(t, f.Type)
				require.Contains(t, f.Message, tc.want)
				require.Less(t, len(f.JSON()), 512<<10)
			}
		})
	}
}

func TestTaskFailedErrorLeadsToItsCauses(t *testing.T) {
	t.Parallel()
	failure := &history.Failure{
		Type: "*fmt.wrapError", Message: "pay: refused", Cause: &history.Failure{Type: "*bank.Error", Message: "refused"},
	}
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := call(ctx, "Pay")
		var failed *orchestration.TaskFailedError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, "Pay", failed.Name)
		require.Equal(t, int64(1), failed.Task)
		require.EqualError(t, err, `activity "Pay" failed: pay: refused`)

		var link *history.Failure
		require.ErrorAs(t, err, &link)
		require.Equal(t, "*fmt.wrapError", link.Type)
		require.ErrorAs(t, link.Unwrap(), &link)
		require.Equal(t, "*bank.Error", link.Type)
		require.NoError(t, link.Unwrap())
		return "", fmt.Errorf("order: %w", err)
	})
	s.fail(1, failure)
	f := s.requireFailure()
	require.Equal(t, "order: activity \"Pay\" failed: pay: refused", f.Message)
	require.Equal(t, "*orchestration.TaskFailedError", f.Cause.Type)
	require.Equal(t, failure, f.Cause.Cause)
}

func TestAFailureWithoutAReasonIsStillAFailure(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) { return call(ctx, "Pay") })
	s.fail(1, nil)
	require.Equal(t, `activity "Pay" failed: no reason was given`, s.requireFailure().Message)
}

func TestPayloadsOverTheHubsLimitAreErrors(t *testing.T) {
	t.Parallel()
	r := &orchestration.Registry{}
	big := strings.Repeat("x", 200)
	r.Add(orchestration.Orchestrator("Test", func(ctx *orchestration.Context, _ none) (string, error) {
		_, err := orchestration.CallActivity[none](ctx, "A", big).Await()
		require.ErrorIs(t, err, orchestration.ErrTooLarge)
		require.ErrorIs(t, ctx.ContinueAsNew(big), orchestration.ErrTooLarge)
		require.ErrorIs(t, ctx.SetCustomStatus(strings.Repeat(big, 100)), orchestration.ErrTooLarge)
		require.NoError(t, ctx.SetCustomStatus(big))
		return big, nil
	}))
	s := harnessFor(t, r, "Test", "")
	s.close()
	s.info.MaxPayload = 100
	s.load()
	defer s.close()
	s.start()
	require.Contains(t, s.requireFailure().Message, "202 bytes, the hub's limit is 100")
}

func TestCustomStatusThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := begins(t, "", func(ctx *orchestration.Context, _ none) (string, error) {
		require.NoError(t, ctx.SetCustomStatus("good"))
		require.Error(t, ctx.SetCustomStatus(func() {}))
		return "", nil
	})
	require.Equal(t, `"good"`, string(s.x.View().CustomStatus), "a refused status leaves the one before")
}
