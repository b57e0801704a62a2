"""Modules that a dongle holds all its life, made into few where they are compiled for it.

The sources are small rooms, but a room of its own costs the heap some 250 octets: the module, its names, its path, and all that
it asks of other rooms once more. So the rooms that are never let go become one; what others ask of them is asked of that one.
Only what changes nothing is done: a name that would then mean two things is an error, or gets its room's name behind it where it is
private.
"""

import ast
import builtins
import symtable

# File made: the rooms in it, in an order in which each knows those before it.
GROUPS = {
    "firmware/core.py": tuple("firmware/%s.py" % room for room in (
        "log", "backoff", "link", "clock", "stream", "mqtt", "outbox", "minutes", "uplink", "live", "meter_port", "supervisor", "door",
        "status")),
    "lib/han/__init__.py": tuple("lib/han/%s.py" % room for room in (
        "errors", "tables", "quantities", "kernel", "stats", "work", "clock", "reading", "reader", "__init__")),
    # As a rule both are wanted: the hamn layout, and what tells Home Assistant of it.
    "firmware/layout.py": ("firmware/announcer.py", "firmware/layout.py"),
    "lib/han/_loops.py": ("lib/han/_entries.py", "lib/han/_loops.py"),
    # What P1 has no use for.
    "lib/han/dlms.py": tuple("lib/han/%s.py" % room for room in ("axdr", "elements", "lists", "dlms")),
}


class MergeError(Exception):
    """Rooms that cannot be one; the text says why."""


def merge(codes, groups=None):
    """The sources {path: octets} with each group, all of whose rooms are there, made into one file."""
    codes = dict(codes)
    groups = {made: rooms for made, rooms in (GROUPS if groups is None else groups).items() if codes.keys() >= set(rooms)}
    moved = {_dotted(room): _dotted(made) for made, rooms in groups.items() for room in rooms}
    renamed = {}
    for made, rooms in groups.items():
        merged = _Merged(made, moved)
        for room in rooms:
            merged.add(room, codes.pop(room))
        codes[made] = merged.code()
        renamed.update(merged.renamed)
    for path in codes.keys() - groups.keys():
        if path.endswith(".py"):
            codes[path] = _Redirect(path, moved).code(codes[path])
    return codes


def _dotted(path):
    """The name by which a file is imported."""
    return path.removeprefix("lib/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Redirect(ast.NodeTransformer):
    """Lets a module ask for what it wants where that is now."""

    def __init__(self, path, moved):
        self._path = path
        self._package = _dotted(path) if path.endswith("/__init__.py") else _dotted(path).rpartition(".")[0]
        self._moved = moved
        self._own = moved.get(_dotted(path), _dotted(path))
        self._changed = False

    def code(self, code):
        """The source, as it was where nothing has moved."""
        tree = self.visit(self.parse(code))
        return ast.unparse(ast.fix_missing_locations(tree)).encode() if self._changed else code

    def parse(self, code):
        try:
            return ast.parse(code)
        except SyntaxError:
            # The compiler says it better.
            return ast.Module([], [])

    def origin(self, node):
        """The module that an ImportFrom asks, by its whole name."""
        return ".".join(filter(None, (self._package if node.level else "", node.module)))

    def visit_Import(self, node):
        for alias in node.names:
            if self._moved.get(alias.name, alias.name) != alias.name:
                raise MergeError("%s imports %s whole, which is part of another module" % (self._path, alias.name))
        return node

    def visit_ImportFrom(self, node):
        origin = self.origin(node)
        for alias in node.names:
            whole = "%s.%s" % (origin, alias.name)
            if self._moved.get(whole, whole) != whole:
                raise MergeError("%s imports %s whole, which is part of another module" % (self._path, whole))
        now = self._moved.get(origin, origin)
        if now == self._own and origin in self._moved:
            if any(alias.asname for alias in node.names):
                raise MergeError("%s gives another name to what it has of %s" % (self._path, origin))
            self._changed = True
            return None
        if now != origin:
            self._changed = True
            return ast.ImportFrom(now, node.names, 0)
        return node

    def generic_visit(self, node):
        super().generic_visit(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.If, ast.For, ast.While, ast.With, ast.Try)) and not node.body:
            node.body.append(ast.Pass())
        return node


class _Merged:
    """One module made of several. renamed: {(room, name): its name here}."""

    def __init__(self, made, moved):
        self._made = made
        self._moved = moved
        self._body = []
        self._consts = {}  # name: its value's source
        self._bound = {}  # name: what it is, its room or where it is imported from
        self._locals = {}  # name of a parameter or local variable: a room that has it
        self._builtins = {}  # name: a room that takes it for Python's
        self.renamed = {}

    def add(self, room, code):
        """Put a room behind those before it. Raises MergeError."""
        redirect = _Redirect(room, self._moved)
        tree = redirect.parse(code)
        globals_, locals_, foreign = _names(code, room)
        known = dict(self._bound)
        body = []
        for statement in tree.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) or _is_all(statement):
                continue
            statement = redirect.visit(statement)
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                statement = self._imported(room, redirect, statement)
            if statement is not None:
                body.append(statement)
        body = [_as_const(statement) for statement in body]
        new = {}
        own = {name for statement in body for name in _bound(statement)} if body else set()
        for name in sorted(own):
            if name not in known:
                continue
            value = _const(body, name)
            if value is not None and self._consts.get(name) == value:
                body = [each for each in body if name not in _bound(each)]
            elif name[:1] != "_" or name in locals_:
                raise MergeError("%s is of %s and of %s" % (name, known[name], room))
            else:
                new[name] = "%s_%s" % (name, _dotted(room).rpartition(".")[2])
        for statement in body:
            _Rename(new).top(statement)
            for name in _bound(statement):
                self._bound.setdefault(name, room)
                value = _const([statement], name)
                if value is not None:
                    self._consts[name] = value
        self._body += body
        self._locals.update(dict.fromkeys(locals_, room))
        self._builtins.update(dict.fromkeys(foreign, room))
        self.renamed.update({(_dotted(room), name): there for name, there in new.items()})

    def _imported(self, room, redirect, statement):
        """An import without what is known already; None where that is all."""
        names = []
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            what = ast.unparse(statement).partition(" import ")[0], alias.name
            if self._bound.get(name, what) != what:
                raise MergeError("%s is %s and, in %s, %s" % (name, self._bound[name], room, what))
            if name not in self._bound:
                self._bound[name] = what
                names.append(alias)
        statement.names = names
        return statement if names else None

    def code(self):
        """The source. Raises MergeError for names that would be mistaken for others."""
        for name, room in self._builtins.items():
            if name in self._bound:
                raise MergeError("%s is Python's in %s, and another in %s" % (name, room, self._bound[name]))
        for name in self._consts.keys() & self._locals.keys():
            raise MergeError("%s is a constant, and a variable of %s" % (name, self._locals[name]))
        return ast.unparse(ast.fix_missing_locations(ast.Module(self._body, []))).encode()


class _Rename(ast.NodeTransformer):
    def __init__(self, new):
        self._new = new

    def top(self, statement):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            statement.name = self._new.get(statement.name, statement.name)
        self.visit(statement)

    def visit_Name(self, node):
        node.id = self._new.get(node.id, node.id)
        return node

    def visit_Global(self, node):
        node.names = [self._new.get(name, name) for name in node.names]
        return node


def _is_all(statement):
    return isinstance(statement, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in statement.targets)


def _bound(statement):
    """The names that a statement of a module binds there, imports left out."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return set()
    found = set()
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            found.add(child.id)
        elif isinstance(child, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in child.names}
        elif not isinstance(child, ast.Lambda):
            found |= _bound(child)
    return found


def _as_const(statement):
    """A private number in capitals as the constant that it is: only a test, which has the rooms one by one, changes it."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and isinstance(statement.value, ast.Constant):
        name = statement.targets[0].id
        if name[:1] == "_" and name.isupper() and type(statement.value.value) is int:
            statement.value = ast.Call(ast.Name("const", ast.Load()), [statement.value], [])
    return statement


def _const(body, name):
    """The source of the value of `name = const(value)`, None where that is not how it is made."""
    for statement in body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name) and statement.targets[0].id == name:
            value = statement.value
            if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const":
                return ast.unparse(value)
    return None


def _names(code, room):
    """(names bound in the module, names of its functions' own, names taken for Python's)."""
    top = symtable.symtable(code.decode(), room, "exec")
    own = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()}
    inside, used = set(), {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_global():
                used.add(symbol.get_name())
            elif table.get_type() == "function":
                inside.add(symbol.get_name())
    return own, inside, {name for name in used - own if name in dir(builtins)}
