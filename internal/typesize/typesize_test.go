// Package typesize has no code: its test holds all types of the module to a largest size.
package typesize_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The largest type that a reader can still take in as a whole.
const (
	maxMethods = 25
	maxFiles   = 8
)

// declared is a type of the module, as far as this test looks at it.
type declared struct {
	// methods are the names of the methods that the type declares itself; promoted methods do
	// not count.
	methods map[string]bool
	// files are the files that declare the type or one of its methods.
	files map[string]bool
}

func TestNoTypeHasTooManyMethodsOrFiles(t *testing.T) {
	t.Parallel()
	types := declaredTypes(t, "../..")
	require.Contains(t, types, "pkg/client.Client", "the test does not find the types of the module")
	for name, d := range types {
		files := slices.Sorted(maps.Keys(d.files))
		if len(d.methods) > maxMethods || len(files) > maxFiles {
			assert.Fail(t, "A type is too large", "%s has %d methods, at most %d are allowed, in %d files, at most %d are allowed:\n%s",
				name, len(d.methods), maxMethods, len(files), maxFiles, strings.Join(files, "\n"))
		}
	}
}

// declaredTypes returns the types of all files that are no tests, each by its folder and name.
func declaredTypes(t *testing.T, root string) map[string]*declared {
	t.Helper()
	types := map[string]*declared{}
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && isSkipped(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		path, err = filepath.Rel(root, path)
		collect(types, filepath.ToSlash(path), file)
		return err
	}))
	return types
}

// isSkipped reports whether a folder of that name has no packages of the module.
func isSkipped(name string) bool {
	return name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// collect adds the types and methods of one file.
func collect(types map[string]*declared, path string, file *ast.File) {
	add := func(name string) *declared {
		name = filepath.ToSlash(filepath.Dir(path)) + "." + name
		if types[name] == nil {
			types[name] = &declared{methods: map[string]bool{}, files: map[string]bool{}}
		}
		types[name].files[path] = true
		return types[name]
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					add(spec.Name.Name)
				}
			}
		case *ast.FuncDecl:
			if d.Recv != nil {
				add(receiver(d.Recv.List[0].Type)).methods[d.Name.Name] = true
			}
		}
	}
}

// receiver returns the name of the type in the receiver of a method.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.ParenExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	default:
		return "?"
	}
}
