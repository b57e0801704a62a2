"""Parameters that share a few names, where modules are compiled for a device.

MicroPython keeps every name that it has ever met, and when its table of names is full, a larger one has to fit into the heap in
one piece. The names of parameters are a tenth of them, and of no use where nobody calls by them: there they become _0, _1, …
"""

import ast
import re

from tools.edits import Edits

_TAKEN = re.compile(r"_\d+")


class NamelessError(Exception):
    """A program in which that cannot be done; the text says why."""


def nameless(codes, untouched=()):
    """The sources {path: octets}, but for the files `untouched`, with parameters renamed that no call in any of them names."""
    edits = {path: Edits(code) for path, code in codes.items() if path.endswith(".py")}
    called = set()
    for path, each in edits.items():
        for node in ast.walk(each.tree):
            if isinstance(node, ast.keyword) and node.arg:
                called.add(node.arg)
            elif isinstance(node, ast.Name) and _TAKEN.fullmatch(node.id):
                raise NamelessError("%s is a name in %s" % (node.id, path))
            elif isinstance(node, ast.JoinedStr):
                raise NamelessError("an f-string in %s, whose names have no places" % path)
    codes = dict(codes)
    for path in edits.keys() - set(untouched):
        _Rename(edits[path], called).visit(edits[path].tree)
        codes[path] = edits[path].code()
    return codes


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
