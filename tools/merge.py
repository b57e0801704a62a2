"""Modules that a dongle holds all its life, made into few where they are compiled for it.

The sources are small rooms, but a room of its own costs the heap some 250 octets: the module, its names, its path, and all that
it asks of other rooms once more. So the rooms that are never let go become one; what others ask of them is asked of that one.
Only what changes nothing is done: a name that would then mean two things is an error, or gets its room's name behind it where it is
private.
"""

import ast
import builtins
import symtable

from tools.edits import Edits

# File made: the rooms in it, in an order in which each knows those before it.
GROUPS = {
    "firmware/core.py": tuple("firmware/%s.py" % room for room in (
        "log", "backoff", "link", "clock", "stream", "mqtt", "outbox", "minutes", "uplink", "bookkeeper", "live", "meter_port", "supervisor",
        "door", "status")),
    "lib/energy/__init__.py": ("lib/energy/__init__.py", "lib/energy/ledger.py"),
    "lib/han/__init__.py": tuple("lib/han/%s.py" % room for room in (
        "errors", "tables", "quantities", "kernel", "stats", "work", "clock", "reading", "reader", "__init__")),
    # As a rule both are wanted: the hamn layout, and what tells Home Assistant of it.
    "firmware/layout.py": ("firmware/announcer.py", "firmware/layout.py"),
    "lib/han/_loops.py": ("lib/han/_entries.py", "lib/han/_loops.py"),
    # What P1 has no use for.
    "lib/han/dlms.py": tuple("lib/han/%s.py" % room for room in ("axdr", "elements", "lists", "dlms")),
    # What leads to the other lists without scales, and what all of these want.
    "lib/han/structures.py": ("lib/han/scaled.py", "lib/han/structures.py"),
}


class MergeError(Exception):
    """Rooms that cannot be one; the text says why."""


def merge(codes, groups=None):
    """The sources {path: octets} with each group, all of whose rooms are there, made into one file."""
    codes = dict(codes)
    groups = {made: rooms for made, rooms in (GROUPS if groups is None else groups).items() if codes.keys() >= set(rooms)}
    moved = {_dotted(room): _dotted(made) for made, rooms in groups.items() for room in rooms}
    for made, rooms in groups.items():
        merged = _Merged(moved)
        for room in rooms:
            merged.add(room, codes.pop(room))
        codes[made] = merged.code()
    for path in codes.keys() - groups.keys():
        if path.endswith(".py"):
            edits = Edits(codes[path])
            _Redirect(path, moved, edits).visit(edits.tree)
            codes[path] = edits.code()
    return codes


def _dotted(path):
    """The name by which a file is imported."""
    return path.removeprefix("lib/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Redirect(ast.NodeVisitor):
    """Lets a module ask for what it wants where that is now."""

    def __init__(self, path, moved, edits):
        self._path = path
        self._package = _dotted(path) if path.endswith("/__init__.py") else _dotted(path).rpartition(".")[0]
        self._moved = moved
        self._own = moved.get(_dotted(path), _dotted(path))
        self._edits = edits

    def visit_Import(self, node):
        for alias in node.names:
            self._refuse_whole(alias.name)

    def visit_ImportFrom(self, node):
        text = self.text(node)
        if text is not None:
            self._edits.replace(node, text or "pass")

    def text(self, node):
        """How the import is written now; "" for what is in this module itself, None where it stays as it is."""
        origin = ".".join(filter(None, (self._package if node.level else "", node.module)))
        for alias in node.names:
            self._refuse_whole("%s.%s" % (origin, alias.name))
        now = self._moved.get(origin, origin)
        if now == self._own and origin in self._moved:
            if any(alias.asname for alias in node.names):
                raise MergeError("%s gives another name to what it has of %s" % (self._path, origin))
            return ""
        if origin in self._moved and any(alias.name[:1] == "_" for alias in node.names):
            raise MergeError("%s asks %s for a private name, which may be another there" % (self._path, origin))
        return ast.unparse(ast.ImportFrom(now, node.names, 0)) if now != origin else None

    def _refuse_whole(self, module):
        if self._moved.get(module, module) != module:
            raise MergeError("%s imports %s whole, which is part of another module" % (self._path, module))


class _Merged:
    """One module made of several."""

    def __init__(self, moved):
        self._moved = moved
        self._parts = []
        self._consts = {}  # name: its value's source
        self._bound = {}  # name: what it is, its room or where it is imported from
        self._locals = {}  # name of a parameter or local variable: a room that has it
        self._builtins = {}  # name: a room that takes it for Python's

    def add(self, room, code):
        """Put a room behind those before it. Raises MergeError."""
        edits = Edits(code)
        redirect = _Redirect(room, self._moved, edits)
        locals_, foreign = _names(code, room)
        known = dict(self._bound)
        new = {}
        for statement in edits.tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                edits.replace(statement, self._imported(room, redirect, statement))
                continue
            if _is_all(statement):
                edits.replace(statement, "")
                continue
            redirect.visit(statement)
            value = _const(statement)
            if value and self._consts.get(statement.targets[0].id) == value:
                edits.replace(statement, "")
                continue
            if value and isinstance(statement.value, ast.Constant):
                edits.replace(statement.value, value)
            for name in sorted(_bound(statement, redirect)):
                if name not in known:
                    self._bound.setdefault(name, room)
                    self._consts.setdefault(name, value)
                elif name[:1] != "_" or name in locals_:
                    raise MergeError("%s is of %s and of %s" % (name, known[name], room))
                else:
                    new[name] = "%s_%s" % (name, _dotted(room).rpartition(".")[2])
                    self._bound[new[name]] = room
                    self._consts[new[name]] = value
        _rename(edits, new)
        self._parts.append(edits.code())
        self._locals.update(dict.fromkeys(locals_, room))
        self._builtins.update(dict.fromkeys(foreign, room))

    def _imported(self, room, redirect, statement):
        """The text of an import without what is known already."""
        if isinstance(statement, ast.Import):
            redirect.visit_Import(statement)
            text = None
        else:
            text = redirect.text(statement)
        if text == "":
            return ""
        statement = ast.parse(text).body[0] if text else statement
        names = []
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            what = ast.unparse(statement).partition("import ")[0], alias.name
            if self._bound.get(name, what) != what:
                raise MergeError("%s is %s and, in %s, %s" % (name, self._bound[name], room, what))
            if name not in self._bound:
                self._bound[name] = what
                names.append(alias)
        statement.names = names
        return ast.unparse(statement) if names else ""

    def code(self):
        """The source. Raises MergeError for names that would be mistaken for others."""
        for name, room in self._builtins.items():
            if name in self._bound:
                raise MergeError("%s is Python's in %s, and another in %s" % (name, room, self._bound[name]))
        for name in self._locals:
            if self._consts.get(name):
                raise MergeError("%s is a constant, and a variable of %s" % (name, self._locals[name]))
        return b"\n\n".join(self._parts)


def _const(statement):
    """The source of the constant that a statement makes, None where it makes none. A private number in capitals is one: only a test, which
    has the rooms one by one, changes it."""
    if not (isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)):
        return None
    name, value = statement.targets[0].id, statement.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const":
        return ast.unparse(value)
    if isinstance(value, ast.Constant) and type(value.value) is int and name[:1] == "_" and name.isupper():
        return "const(%d)" % value.value
    return None


def _rename(edits, new):
    """Give the names of a module, of which no function has another for itself, new ones."""
    for statement in edits.tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and statement.name in new:
            edits.rename(statement, new[statement.name])
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in new:
                edits.rename(node, new[node.id])
            elif isinstance(node, ast.Global) and new.keys() & set(node.names):
                edits.replace(node, "global " + ", ".join(new.get(name, name) for name in node.names))


def _is_all(statement):
    return isinstance(statement, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in statement.targets)


def _bound(statement, redirect):
    """The names that a statement of a module binds there, but for what it asks of its own module."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    if isinstance(statement, ast.ImportFrom) and redirect.text(statement) == "":
        return set()
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
    if isinstance(statement, ast.Name) and isinstance(statement.ctx, ast.Store):
        return {statement.id}
    if isinstance(statement, (ast.Lambda, ast.comprehension)):
        return set()
    return {name for child in ast.iter_child_nodes(statement) for name in _bound(child, redirect)}


def _names(code, room):
    """(names of a module's functions' own, names it takes for Python's)."""
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
    return inside, {name for name in used - own if name in dir(builtins)}
