"""Names that say nothing to anybody outside, made few where modules are compiled for a device.

MicroPython keeps every name that it has ever met, and when its table of names is full, a larger one has to fit into the heap in
one piece. A third of them are parameters that nobody names in a call, private attributes, and a module's private variables. There:

    parameters            become _0, _1, … in each function
    private attributes    become _0, _1, … in each class and those that have it for a base, where they are used as self._x alone
    private variables     become _A0, _A1, … in each file, where they are no constants, and no other file asks for them
    private functions     become _f0, _f1, … in each file, methods too, on the same terms

What a function was called is told, since a crash record names it. Strings are taken for names: what is in one keeps its own.
Private attributes of a class are not for code outside the program, nor for a subclass there; a name from a file is none of them.
"""

import ast
import re
import symtable

from tools.edits import Edits
from tools.uses import FUNCTIONS, PRIVATE, Uses, bound_here, is_plain

_TAKEN = re.compile(r"_[Af]?\d+")
# What reaches names in ways that cannot be followed, and what does so by the name it is given.
_BLIND = ("eval", "exec", "vars", "dir", "locals")
_BY_NAME = ("getattr", "hasattr", "setattr", "delattr")


class NamelessError(Exception):
    """A program in which that cannot be done; the text says why."""


def nameless(codes, untouched=()):
    """(the sources {path: octets}, but for the files `untouched`, with the names that no other place needs made few; {path: {what a
    function is called now: what it was, a method's class before it}}).

    Raises NamelessError for a name of the new kind in a source, and for what hides from sight which names are used.
    """
    edits = {path: Edits(code) for path, code in codes.items() if path.endswith(".py")}
    for path, each in edits.items():
        _check(path, each.tree)
    files = {path: Uses(each.tree, path in untouched) for path, each in sorted(edits.items())}
    called = set().union(*(each.called for each in files.values()))
    reached = set().union(*(each.reached for each in files.values()))
    for each in files.values():
        reached |= each.lent(files.values())
    codes = dict(codes)
    functions = {}
    for path in sorted(edits.keys() - set(untouched)):
        _Rename(edits[path], called).visit(edits[path].tree)
        for family in files[path].families():
            _rename_attributes(edits[path], family, reached)
        code = codes[path].decode()
        _rename_variables(edits[path], path, code, reached)
        functions[path] = _rename_functions(edits[path], files[path], path, code, reached | called)
        codes[path] = edits[path].code()
    return codes, functions


def _check(path, tree):
    for node in ast.walk(tree):
        for name in _identifiers(node):
            if _TAKEN.fullmatch(name):
                raise NamelessError("%s is a name in %s" % (name, path))
        if isinstance(node, ast.JoinedStr):
            raise NamelessError("an f-string in %s, whose names have no places" % path)
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id in _BLIND:
            raise NamelessError("%s calls %s(), which may use any name" % (path, node.func.id))
        if node.func.id in _BY_NAME and any(
                isinstance(each, (ast.BinOp, ast.Call)) for argument in node.args[1:2] for each in ast.walk(argument)):
            raise NamelessError("%s makes up a name for %s()" % (path, node.func.id))


def _identifiers(node):
    """The names that a node itself has, and a string that is one."""
    if isinstance(node, ast.alias):
        return [node.asname or "", *node.name.split(".")]
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return node.names
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    return [name for name in (getattr(node, field, None) for field in ("id", "attr", "arg", "name")) if isinstance(name, str)]


def _rename_attributes(edits, family, reached):
    names = {}
    for node in family.uses:
        if node.attr not in reached and node.attr not in family.own:
            now = names.setdefault(node.attr, "_%d" % len(names))
            edits.rename(_end(node), now)


def _rename_functions(edits, uses, path, code, reached):
    """Give private functions of the file short names; return {that: what it was called}."""
    nodes = list(ast.walk(edits.tree))
    spoken = {node.id for node in nodes if isinstance(node, ast.Name)}
    before = {}

    def rename(word, places):
        now = "_f%d" % len(before)
        before[now] = word
        for node in places:
            edits.rename(node, now)

    for family in uses.families():
        for name in sorted({each.name for _, each in family.private} - spoken - reached - family.fixed):
            defined = [(owner, each) for owner, each in family.private if each.name == name]
            rename(defined[0][0] + "." + name, [each for _, each in defined] + [_end(node) for node in family.uses if node.attr == name])
    if "globals" in spoken:
        return before
    defined = [node for node in nodes if is_plain(node)]
    for name in _private(edits.tree, path, code, True) if defined else ():
        places = [node for node in defined if node.name == name]
        if name not in reached and places:
            rename(name, places + [node for node in nodes if isinstance(node, ast.Name) and node.id == name])
    return before


def _end(node):
    """The name behind an attribute's dot."""
    return ast.Name(node.attr, lineno=node.end_lineno, col_offset=node.end_col_offset - len(node.attr.encode()))


def _rename_variables(edits, path, code, reached):
    nodes = list(ast.walk(edits.tree))
    if any(isinstance(node, ast.Name) and node.id == "globals" for node in nodes):
        return
    names = {}
    for name in _private(edits.tree, path, code, False) if edits.tree.body else ():
        if name not in reached:
            names[name] = "_A%d" % len(names)
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in names:
            edits.rename(node, names[node.id])
        elif isinstance(node, ast.Global) and names.keys() & set(node.names):
            edits.replace(node, "global " + ", ".join(names.get(name, name) for name in node.names))


def _private(tree, path, code, functions):
    """The private names that a module assigns, or gives its functions alone, and that mean nothing else anywhere in it."""
    top = symtable.symtable(code, path, "exec")
    other = {handler.name for handler in ast.walk(tree) if isinstance(handler, ast.ExceptHandler)}
    # The compiler puts the value in the place of a const(), and forgets the name; a decorator knows its function.
    other |= {name for statement in tree.body for node in ast.walk(statement) if isinstance(node, ast.Assign) and (functions or _is_const(node))
              for target in node.targets for name in bound_here(target)}
    other |= {node.name for node in ast.walk(tree) if isinstance(node, FUNCTIONS) and node.decorator_list}
    tables = top.get_children()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        other |= {symbol.get_name() for symbol in table.get_symbols() if not symbol.is_global()}
        other |= {symbol.get_name() for symbol in table.get_symbols() if functions and symbol.is_declared_global() and symbol.is_assigned()}
    return [symbol.get_name() for symbol in top.get_symbols() if PRIVATE.fullmatch(symbol.get_name()) and symbol.is_assigned()
            and not symbol.is_imported() and symbol.is_namespace() == functions
            and all(isinstance(each, symtable.Function) for each in symbol.get_namespaces()) and symbol.get_name() not in other]


def _is_const(node):
    """Whether it is a constant of MicroPython's compiler."""
    return isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "const"


class _Rename(ast.NodeVisitor):
    def __init__(self, edits, called):
        self._edits = edits
        self._called = called
        self._names = {}  # parameters of the functions around: their names now
        self._used = 0  # of the new names, by these functions

    def visit_Name(self, node):
        if node.id in self._names:
            self._edits.rename(node, self._names[node.id])

    def visit_FunctionDef(self, node):
        args = node.args
        # Defaults, annotations and decorators belong to what is around.
        around = [each.annotation for each in args.posonlyargs + args.args + args.kwonlyargs] + args.defaults + args.kw_defaults
        if not isinstance(node, ast.Lambda):
            around += [*node.decorator_list, node.returns]
        for each in filter(None, around):
            self.visit(each)
        names, used = self._names, self._used
        own, kept = _bound(node)
        self._names = {name: now for name, now in names.items() if name not in own}
        for each in args.posonlyargs + args.args:
            if each.arg not in self._called and each.arg not in kept:
                self._names[each.arg] = "_%d" % self._used
                self._edits.rename(each, self._names[each.arg])
                self._used += 1
        for each in [node.body] if isinstance(node, ast.Lambda) else node.body:
            self.visit(each)
        self._names, self._used = names, used

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef


def _bound(function):
    """(names that belong to the function alone, those of them that cannot be renamed as they are bound by more than a Name)."""
    args = function.args
    own = {each.arg for each in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg) if each}
    kept = set()
    nodes = list(function.body) if isinstance(function.body, list) else [function.body]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            kept.add(node.name)
            # What is inside may say that it changes a name of ours.
            kept |= {name for each in ast.walk(node) if isinstance(each, ast.Nonlocal) for name in each.names}
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            kept |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ExceptHandler) and node.name:
            kept.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            kept |= set(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        if isinstance(node, ast.comprehension):
            nodes += (node.iter, *node.ifs)  # its target is its own
        elif not isinstance(node, ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return own | kept, kept
