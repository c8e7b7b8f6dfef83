package replay

import (
	"net/url"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// frame is one call in a traceback.
type frame struct {
	function string
	// place is file and line.
	place string
}

// String returns the function and the last element of its place.
func (f frame) String() string {
	return f.function + " (" + f.place[strings.LastIndexByte(f.place, '/')+1:] + ")"
}

// frames reads a traceback of one goroutine, the innermost call first.
func frames(stack string) []frame {
	lines := strings.Split(stack, "\n")
	var calls []frame
	for i := 1; i+1 < len(lines); i += 2 {
		if strings.HasPrefix(lines[i], "created by ") {
			break
		}
		place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " +0x")
		calls = append(calls, frame{withoutArguments(lines[i]), place})
	}
	return calls
}

// withoutArguments returns a call in a traceback without its arguments, which hold no
// parentheses.
func withoutArguments(call string) string {
	if i := strings.LastIndexByte(call, '('); i > 0 && strings.HasSuffix(call, ")") {
		return call[:i]
	}
	return call
}

// importPath returns the path of the function's package. In its last element the
// runtime escapes dots.
func (f frame) importPath() string {
	dir := f.function[:strings.LastIndexByte(f.function, '/')+1]
	name, _, _ := strings.Cut(f.function[len(dir):], ".")
	if unescaped, err := url.PathUnescape(name); err == nil {
		name = unescaped
	}
	return dir + name
}

// origins tell the standard library's code from the program's own. The form of an import
// path does not: a module may be called "shop".
type origins struct {
	// root is the directory of the standard library's sources, as tracebacks name it:
	// empty in programs that were built with -trimpath.
	root string
	// modules are the paths of those that the program was built of, where that is known.
	modules []string
}

// isStandard reports whether a function is the runtime's or the standard library's.
func (o origins) isStandard(f frame) bool {
	path := f.importPath()
	isOf := func(module string) bool { return path == module || strings.HasPrefix(path, module+"/") }
	switch {
	case path == "main", slices.ContainsFunc(o.modules, isOf):
		return false
	case o.root != "":
		return strings.HasPrefix(f.place, o.root)
	}
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// ownOrigins are those of the running program.
var ownOrigins = sync.OnceValue(func() origins {
	known := runtime.FuncForPC(reflect.ValueOf(strings.Count).Pointer())
	file, _ := known.FileLine(known.Entry())
	o := origins{root: strings.TrimSuffix(file, "strings/strings.go")}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range append(info.Deps, &info.Main) {
			if module.Path != "" {
				o.modules = append(o.modules, module.Path)
			}
		}
	}
	return o
})

func (f frame) isStandard() bool { return ownOrigins().isStandard(f) }
