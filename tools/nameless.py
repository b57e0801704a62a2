"""Parameters that share a few names, where modules are compiled for a device.

MicroPython keeps every name that it has ever met, and when its table of names is full, a larger one has to fit into the heap in
one piece. The names of parameters are a tenth of them, and of no use where nobody calls by them: there they become _0, _1, …
"""

import ast
import re

_TAKEN = re.compile(r"_\d+")


class NamelessError(Exception):
    """A program that has such names itself; the text says which."""


def nameless(codes, untouched=()):
    """The sources {path: octets}, but for the files `untouched`, with parameters renamed that no call in any of them names."""
    trees = {}
    for path, code in codes.items():
        if path.endswith(".py"):
            try:
                trees[path] = ast.parse(code)
            except SyntaxError:
                return codes  # the compiler says it better
    called = set()
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg:
                called.add(node.arg)
            elif isinstance(node, ast.Name) and _TAKEN.fullmatch(node.id):
                raise NamelessError("%s is a name in %s" % (node.id, path))
    for path in trees.keys() - set(untouched):
        codes = {**codes, path: ast.unparse(_Rename(called).visit(trees[path])).encode()}
    return codes


class _Rename(ast.NodeTransformer):
    def __init__(self, called):
        self._called = called
        self._names = {}  # parameters of the functions around: their names now
        self._used = 0  # of the new names, by these functions

    def visit_Name(self, node):
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node):
        # Defaults, annotations and decorators belong to what is around.
        node.args = self._around(node.args)
        if not isinstance(node, ast.Lambda):
            node.decorator_list = [self.visit(each) for each in node.decorator_list]
            node.returns = node.returns and self.visit(node.returns)
        names, used = self._names, self._used
        own, kept = _bound(node)
        self._names = {name: now for name, now in names.items() if name not in own}
        for each in node.args.posonlyargs + node.args.args:
            if each.arg not in self._called and each.arg not in kept:
                self._names[each.arg] = each.arg = "_%d" % self._used
                self._used += 1
        node.body = self.visit(node.body) if isinstance(node, ast.Lambda) else [self.visit(each) for each in node.body]
        self._names, self._used = names, used
        return node

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def _around(self, args):
        for each in args.posonlyargs + args.args + args.kwonlyargs:
            each.annotation = each.annotation and self.visit(each.annotation)
        args.defaults = [self.visit(each) for each in args.defaults]
        args.kw_defaults = [each and self.visit(each) for each in args.kw_defaults]
        return args


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
