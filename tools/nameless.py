"""Names that say nothing to anybody outside, made few where modules are compiled for a device.

MicroPython keeps every name that it has ever met, and when its table of names is full, a larger one has to fit into the heap in
one piece. A third of them are parameters that nobody names in a call, private attributes, and a module's private variables. There:

    parameters            become _0, _1, … in each function
    private attributes    become _0, _1, … in each class and those that have it for a base, where they are used as self._x alone
    private variables     become _A0, _A1, … in each file, where they are no constants, and no other file asks for them

Functions, methods and classes keep their names, which a crash record shows. Strings are taken for names: what is in one keeps its own.
Private attributes of a class are not for code outside the program, nor for a subclass there; a name from a file is none of them.
"""

import ast
import builtins
import re
import symtable

from tools.edits import Edits

_TAKEN = re.compile(r"_A?\d+")
_PRIVATE = re.compile(r"_(?!_)(?!\d)\w+")
_WORD = re.compile(r"(?<!\w)_(?!_)\w+")
# What reaches names in ways that cannot be followed, and what does so by the name it is given.
_BLIND = ("eval", "exec", "vars", "dir", "locals")
_BY_NAME = ("getattr", "hasattr", "setattr", "delattr")
# With one of these, a class answers for names as it likes.
_HOOKS = {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__slots__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class NamelessError(Exception):
    """A program in which that cannot be done; the text says why."""


def nameless(codes, untouched=()):
    """The sources {path: octets}, but for the files `untouched`, with the names that no other place needs made few.

    Raises NamelessError for a name of the new kind in a source, and for what hides from sight which names are used.
    """
    edits = {path: Edits(code) for path, code in codes.items() if path.endswith(".py")}
    for path, each in edits.items():
        _check(path, each.tree)
    files = {path: _Uses(each.tree, path in untouched) for path, each in sorted(edits.items())}
    called = set().union(*(each.called for each in files.values()))
    reached = set().union(*(each.reached for each in files.values()))
    for each in files.values():
        reached |= each.lent(files.values())
    codes = dict(codes)
    for path in edits.keys() - set(untouched):
        _Rename(edits[path], called).visit(edits[path].tree)
        for family in files[path].families():
            _rename_attributes(edits[path], family, reached)
        _rename_variables(edits[path], path, codes[path].decode(), reached)
        codes[path] = edits[path].code()
    return codes


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


class _Family:
    """Classes of one file that are each other's bases."""

    def __init__(self):
        self.uses = []  # every self._x, in the order in which they are written
        self.own = set()  # what the classes bind in their bodies
        self.methods = set()  # those of them whose first parameter is an instance
        self.open = False  # whether others may know the attributes


class _Uses(ast.NodeVisitor):
    """What one file does with names. called: names of arguments; reached: private names that are more than self._x."""

    def __init__(self, tree, untouched):
        self.called = set()
        self.reached = set()
        self._attributes = []  # every attribute, but for private ones of `self`
        self._classes = {}  # name: _Family
        self._aliases = {}  # name: what it is where it is imported from
        self._untouched = untouched
        self._bound = {name for node in ast.walk(tree) for name in _bound_here(node)}
        self._family = self._self = None
        self.visit(tree)
        for family in self.families():
            if family.open:
                self._open(family)

    def families(self):
        """Each once."""
        return list({id(family): family for family in self._classes.values()}.values())

    def lent(self, files):
        """The private names of the classes whose methods any of the files takes as functions: they may then get any object."""
        taken = {}
        for file in files:
            for node in file._attributes:
                of = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", None)
                taken.setdefault(file._aliases.get(of, of), set()).add(node.attr)
        names = set()
        for name, family in self._classes.items():
            if family.methods & taken.get(name, set()):
                names |= {node.attr for node in family.uses}
        return names

    def _open(self, family):
        self.reached |= {node.attr for node in family.uses} | family.own

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.visit(node.value)

    def visit_Constant(self, node):
        if isinstance(node.value, (str, bytes)):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            self.reached |= set(_WORD.findall(text))

    def visit_keyword(self, node):
        self.called.add(node.arg)
        self.visit(node.value)

    def visit_ImportFrom(self, node):
        self.reached |= {alias.name for alias in node.names}
        self._aliases.update((alias.asname, alias.name) for alias in node.names if alias.asname)

    def visit_Attribute(self, node):
        private = _PRIVATE.fullmatch(node.attr)
        if private and isinstance(node.value, ast.Name) and node.value.id == self._self:
            self._family.uses.append(node)
            return
        if private:
            self.reached.add(node.attr)
        self._attributes.append(node)
        self.visit(node.value)

    def visit_ClassDef(self, node):
        for each in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(each)
        family = self._joined([node.name, *(base.id for base in node.bases if isinstance(base, ast.Name) and base.id in self._classes)])
        body = {name for statement in node.body for each in ast.walk(statement)
                for name in (*_bound_here(each), *([each.name] if isinstance(each, (*_FUNCTIONS, ast.ClassDef)) else ()))}
        family.own |= body
        strange = node.decorator_list or node.keywords or body & _HOOKS or not all(map(self._known, node.bases))
        family.open = bool(family.open or self._untouched or strange or node.name in self._bound)
        outside = self._family, self._self
        self._family = self._self = None
        for statement in node.body:
            if isinstance(statement, _FUNCTIONS) and statement.name != "__new__" and all(map(_is_property, statement.decorator_list)):
                family.methods.add(statement.name)
                self._visit_method(statement, family)
            else:
                self.visit(statement)
        self._family, self._self = outside

    def _visit_method(self, node, family):
        for each in (*node.decorator_list, node.args, *filter(None, [node.returns])):
            self.visit(each)
        first = (node.args.posonlyargs + node.args.args)[:1]
        if first and not _bound_again(node, first[0].arg):
            self._family, self._self = family, first[0].arg
        for each in node.body:
            self.visit(each)
        self._family = self._self = None

    def _joined(self, names):
        """The one family of the classes of these names."""
        families = [self._classes[name] for name in names if name in self._classes] or [_Family()]
        first = families[0]
        for each in families[1:]:
            if each is not first:
                first.uses += each.uses
                first.own |= each.own
                first.methods |= each.methods
                first.open |= each.open
                self._classes.update((name, first) for name, family in self._classes.items() if family is each)
        self._classes[names[0]] = first
        return first

    def _known(self, base):
        """Whether a base is a class of this file, or Python's."""
        return isinstance(base, ast.Name) and base.id not in self._bound and (base.id in self._classes or hasattr(builtins, base.id))


def _bound_here(node):
    """The names that a node binds but for those of functions, classes and parameters."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    return []


def _bound_again(function, name):
    """Whether a method's first parameter may, somewhere in it, be something else."""
    nodes = list(ast.walk(function))
    inside = [each.name for each in nodes if isinstance(each, (*_FUNCTIONS, ast.ClassDef)) and each is not function]
    inside += [bound for each in nodes for bound in _bound_here(each)]
    return name in inside or sum(isinstance(each, ast.arg) and each.arg == name for each in nodes) > 1


def _is_property(decorator):
    return ast.unparse(decorator) == "property" or isinstance(decorator, ast.Attribute) and decorator.attr == "setter"


def _rename_attributes(edits, family, reached):
    names = {}
    for node in family.uses:
        if node.attr not in reached and node.attr not in family.own:
            now = names.setdefault(node.attr, "_%d" % len(names))
            at = {"lineno": node.end_lineno, "col_offset": node.end_col_offset - len(node.attr.encode())}
            edits.rename(ast.Name(node.attr, **at), now)


def _rename_variables(edits, path, code, reached):
    nodes = list(ast.walk(edits.tree))
    if any(isinstance(node, ast.Name) and node.id == "globals" for node in nodes):
        return
    names = {}
    for name in _variables(edits.tree, path, code) if edits.tree.body else ():
        if name not in reached:
            names[name] = "_A%d" % len(names)
    for node in nodes:
        if isinstance(node, ast.Name) and node.id in names:
            edits.rename(node, names[node.id])
        elif isinstance(node, ast.Global) and names.keys() & set(node.names):
            edits.replace(node, "global " + ", ".join(names.get(name, name) for name in node.names))


def _variables(tree, path, code):
    """The private names that a module assigns, and that mean nothing else anywhere in it."""
    top = symtable.symtable(code, path, "exec")
    other = {handler.name for handler in ast.walk(tree) if isinstance(handler, ast.ExceptHandler)}
    other |= {name for statement in tree.body for node in ast.walk(statement) if isinstance(node, ast.Assign) and _is_const(node)
              for target in node.targets for name in _bound_here(target)}
    tables = top.get_children()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        other |= {symbol.get_name() for symbol in table.get_symbols() if not symbol.is_global()}
    return [symbol.get_name() for symbol in top.get_symbols() if _PRIVATE.fullmatch(symbol.get_name()) and symbol.is_assigned()
            and not symbol.is_imported() and not symbol.is_namespace() and symbol.get_name() not in other]


def _is_const(node):
    """The compiler puts the value in the place of such a name, and forgets it."""
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
