package examples_test

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The program that the README shows is examples/shop.
func TestTheReadmeShowsTheShop(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("shop/main.go")
	require.NoError(t, err)
	_, code, found := strings.Cut(string(program), "\n")
	require.True(t, found)
	require.Contains(t, fragments(t, "../README.md"), code)
	body := code[strings.Index(code, "func main() {"):]
	require.LessOrEqual(t, strings.Count(body[:strings.Index(body, "\n}")], "\n")+2, 20, "lines of main")
}

// declared are the names that fragments of the pages use and do not declare.
const declared = `
type (
	Budget  struct{ Amount float64 }
	Receipt struct{}
	Request struct{ For, Item string }
	Plan    struct{}
	Parcel  struct{}
	Payment struct{}
)

const Approval = orchestration.Event[bool]("Approval")

var (
	c                    *client.Client
	hub                  *jetstream.Hub
	registry             orchestration.Registry
	id                   string
	err                  error
	parts                []string
	order                Request
	plan, other          Plan
	parcel               Parcel
	Order                = orchestration.Orchestrator("Order", func(*orchestration.Context, Request) (string, error) { return "", nil })
	BudgetApproval       = orchestration.Orchestrator("BudgetApproval", func(*orchestration.Context, Budget) (string, error) { return "", nil })
	Build                = orchestration.Orchestrator("Build", func(*orchestration.Context, Plan) (string, error) { return "", nil })
	SpendBudget          = orchestration.Activity("SpendBudget", func(context.Context, Budget) (string, error) { return "", nil })
	Pay                  = orchestration.Activity("Pay", func(context.Context, Request) (Receipt, error) { return Receipt{}, nil })
	Check                = orchestration.Activity("Check", func(context.Context, orchestration.None) (bool, error) { return true, nil })
	Weigh                = orchestration.Activity("Weigh", func(context.Context, Parcel) (int, error) { return 0, nil })
)

func ask(string) func(*orchestration.Context) (string, error) { return nil }

func deliveryV1(*orchestration.Context, Parcel) (string, error) { return "", nil }

func deliveryV2(*orchestration.Context, Parcel) (string, error) { return "", nil }

func ApprovalQueueProcessor(context.Context, *worker.QueueMessage, string) error { return nil }
`

const packages = "github.com/dormouse-dev/dormouse/pkg/"

const imports = `package model
import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"` + packages + `access"
	"` + packages + `client"
	"` + packages + `jetstream"
	"` + packages + `orchestration"
	"` + packages + `worker"
)
`

// The fragments of Go in the pages for users compile.
func TestThePagesCompile(t *testing.T) {
	t.Parallel()
	c := newCompiler(t)
	for _, page := range []string{"programming-model.md", "queues.md", "http-keys.md"} {
		for _, fragment := range fragments(t, "../docs/"+page) {
			require.NoError(t, c.compile(t, fragment), fragment)
		}
	}
}

// A call with another type than its handle's does not compile.
func TestHandlesRefuseOtherTypes(t *testing.T) {
	t.Parallel()
	c := newCompiler(t)
	for _, right := range []string{
		`var out string; out, err = SpendBudget.Call(ctx, Budget{}).Await(); _ = out`,
		`var out string; out, err = BudgetApproval.Call(ctx, Budget{}).Await(); _ = out`,
		`var yes bool; yes, err = Approval.Wait(ctx).Await(); _ = yes`,
		`err = Approval.Send(ctx, id, true)`,
		`_, err = client.Start(ctx, c, BudgetApproval, Budget{})`,
		`err = client.Raise(ctx, c, id, Approval, true)`,
	} {
		require.NoError(t, c.compile(t, right), right)
	}
	for _, wrong := range []string{
		`SpendBudget.Call(ctx, "budget")`,
		`var out int; out, err = SpendBudget.Call(ctx, Budget{}).Await(); _ = out`,
		`BudgetApproval.Call(ctx, 7)`,
		`var out int; out, err = BudgetApproval.Call(ctx, Budget{}).Await(); _ = out`,
		`var yes string; yes, err = Approval.Wait(ctx).Await(); _ = yes`,
		`err = Approval.Send(ctx, id, "yes")`,
		`_, err = client.Start(ctx, c, BudgetApproval, "budget")`,
		`err = client.Raise(ctx, c, id, Approval, "yes")`,
	} {
		require.Error(t, c.compile(t, wrong), wrong)
	}
}

// compiler checks the types of fragments.
type compiler struct {
	files    *token.FileSet
	packages types.Importer
}

func newCompiler(t *testing.T) *compiler {
	t.Helper()
	compiled := exports(t)
	files := token.NewFileSet()
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) }
	return &compiler{files, importer.ForCompiler(files, "gc", lookup)}
}

// compile returns why a fragment, a file's declarations or a function's body, does not
// compile. Variables and imports that are not used are no reason.
func (c *compiler) compile(t *testing.T, fragment string) error {
	t.Helper()
	source := imports + fragment
	if _, err := parser.ParseFile(c.files, "", source, 0); err != nil {
		source = imports + "func _(ctx " + contextOf(fragment) + ") {\n" + fragment + "\n}\n"
	}
	file, err := parser.ParseFile(c.files, "fragment", source, 0)
	require.NoError(t, err, fragment)
	names, err := parser.ParseFile(c.files, "declared", imports+without(t, declared, file), 0)
	require.NoError(t, err)
	var problems []error
	config := types.Config{Importer: c.packages, Error: func(err error) {
		var problem types.Error
		if !errors.As(err, &problem) || !problem.Soft {
			problems = append(problems, err)
		}
	}}
	_, _ = config.Check("model", c.files, []*ast.File{file, names}, nil)
	return errors.Join(problems...)
}

// contextOf returns the type of the ctx that a fragment uses.
func contextOf(fragment string) string {
	if strings.Contains(fragment, "client.") || strings.Contains(fragment, "worker.") {
		return "context.Context"
	}
	return "*orchestration.Context"
}

// without returns the declarations without those lines whose name the file declares itself.
func without(t *testing.T, declarations string, file *ast.File) string {
	t.Helper()
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			line := regexp.MustCompile(`(?m)^func ` + f.Name.Name + `\(.*$`)
			declarations = line.ReplaceAllString(declarations, "")
		}
		group, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range group.Specs {
			if value, ok := s.(*ast.ValueSpec); ok {
				line := regexp.MustCompile(`(?m)^(const |\t)` + value.Names[0].Name + ` .*$`)
				declarations = line.ReplaceAllString(declarations, "")
			}
		}
	}
	return declarations
}

// exports returns the files with the compiled types of the packages that fragments import.
func exports(t *testing.T) map[string]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}",
		packages+"access", packages+"client", packages+"worker", packages+"jetstream")
	out, err := list.Output()
	require.NoError(t, err)
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return files
}

// fragments returns the Go code of a page.
func fragments(t *testing.T, page string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	var found []string
	for _, match := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, match[1])
	}
	require.NotEmpty(t, found)
	return found
}
