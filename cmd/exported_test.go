package cmd_test

import (
	"go/ast"
	"iter"
)

// exported yields the exported names of a file, and whether each is documented: by a
// comment above it or behind it on its line, by the one of the block that it stands
// in, or, for functions of one line each without a space between them, by the one
// above the first.
func exported(s source) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		end, shared := 0, false // of the function before, when it has one line
		for _, d := range s.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				short := s.lines(d) == 1
				shared = d.Doc != nil || shared && short && s.line(d.Pos()) == end+1
				if end = 0; short {
					end = s.line(d.End())
				}
				if name, ok := method(d); ok && !yield(name, shared) {
					return
				}
			case *ast.GenDecl:
				shared = false
				if !block(d, yield) {
					return
				}
			}
		}
	}
}

// method returns a function's name, with its receiver's, and whether others see it.
func method(f *ast.FuncDecl) (string, bool) {
	if f.Recv == nil {
		return f.Name.Name, f.Name.IsExported()
	}
	of := f.Recv.List[0].Type
	for {
		switch x := of.(type) {
		case *ast.StarExpr:
			of = x.X
		case *ast.IndexExpr:
			of = x.X
		case *ast.IndexListExpr:
			of = x.X
		case *ast.Ident:
			return x.Name + "." + f.Name.Name, x.IsExported() && f.Name.IsExported()
		default:
			return "", false
		}
	}
}

// block yields the exported names of one const, var or type declaration.
func block(d *ast.GenDecl, yield func(string, bool) bool) bool {
	for _, spec := range d.Specs {
		var names []*ast.Ident
		documented := d.Doc != nil
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			names = []*ast.Ident{spec.Name}
			documented = documented || spec.Doc != nil || spec.Comment != nil
		case *ast.ValueSpec:
			names = spec.Names
			documented = documented || spec.Doc != nil || spec.Comment != nil
		}
		for _, n := range names {
			if n.IsExported() && !yield(n.Name, documented) {
				return false
			}
		}
	}
	return true
}
