"""What the files of a program do with names: for tools/nameless.py, which wants to know what no other place needs."""

import ast
import builtins
import re

PRIVATE = re.compile(r"_(?!_)(?!\d)\w+")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_WORD = re.compile(r"(?<!\w)_(?!_)\w+")
# With one of these, a class answers for names as it likes.
_HOOKS = {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__slots__"}


class Family:
    """Classes of one file that are each other's bases."""

    def __init__(self):
        self.uses = []  # every self._x, in the order in which they are written
        self.own = set()  # what the classes bind in their bodies
        self.methods = set()  # those of them whose first parameter is an instance
        self.private = []  # (name of the class, its private method) for those without decorators
        self.fixed = set()  # what is bound by more than such methods
        self.open = False  # whether others may know the attributes


class Uses(ast.NodeVisitor):
    """What one file does with names. called: names of arguments; reached: private names that are more than self._x."""

    def __init__(self, tree, untouched):
        self.called = set()
        self.reached = set()
        self._attributes = []  # every attribute that is read, but for private ones of `self`
        self._classes = {}  # name: Family
        self._aliases = {}  # name: what it is where it is imported from
        self._untouched = untouched
        self._bound = {name for node in ast.walk(tree) for name in bound_here(node)}
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
        private = PRIVATE.fullmatch(node.attr)
        if private and isinstance(node.value, ast.Name) and node.value.id == self._self:
            self._family.uses.append(node)
            return
        if private:
            self.reached.add(node.attr)
        if isinstance(node.ctx, ast.Load):
            self._attributes.append(node)
        self.visit(node.value)

    def visit_ClassDef(self, node):
        for each in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(each)
        family = self._joined([node.name, *(base.id for base in node.bases if isinstance(base, ast.Name) and base.id in self._classes)])
        body = _bound_in(node.body)
        family.own |= body
        family.private += [(node.name, each) for each in node.body if is_plain(each)]
        family.fixed |= _bound_in(statement for statement in node.body if not is_plain(statement))
        strange = node.decorator_list or node.keywords or body & _HOOKS or not all(map(self._known, node.bases))
        family.open = bool(family.open or self._untouched or strange or node.name in self._bound)
        outside = self._family, self._self
        self._family = self._self = None
        for statement in node.body:
            if isinstance(statement, FUNCTIONS) and statement.name != "__new__" and all(map(_is_property, statement.decorator_list)):
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
        families = [self._classes[name] for name in names if name in self._classes] or [Family()]
        first = families[0]
        for each in families[1:]:
            if each is not first:
                first.uses += each.uses
                first.own |= each.own
                first.methods |= each.methods
                first.private += each.private
                first.fixed |= each.fixed
                first.open |= each.open
                self._classes.update((name, first) for name, family in self._classes.items() if family is each)
        self._classes[names[0]] = first
        return first

    def _known(self, base):
        """Whether a base is a class of this file, or Python's."""
        return isinstance(base, ast.Name) and base.id not in self._bound and (base.id in self._classes or hasattr(builtins, base.id))


def bound_here(node):
    """The names that a node binds but for those of functions, classes and parameters."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return [node.id]
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    return []


def _bound_in(statements):
    """All names that statements bind, or what is inside them, but for parameters."""
    return {name for statement in statements for each in ast.walk(statement)
            for name in (*bound_here(each), *([each.name] if isinstance(each, (*FUNCTIONS, ast.ClassDef)) else ()))}


def _bound_again(function, name):
    """Whether a method's first parameter may, somewhere in it, be something else."""
    nodes = list(ast.walk(function))
    inside = [each.name for each in nodes if isinstance(each, (*FUNCTIONS, ast.ClassDef)) and each is not function]
    inside += [bound for each in nodes for bound in bound_here(each)]
    return name in inside or sum(isinstance(each, ast.arg) and each.arg == name for each in nodes) > 1


def is_plain(statement):
    """Whether it is a private function without decorators."""
    return isinstance(statement, FUNCTIONS) and PRIVATE.fullmatch(statement.name) and not statement.decorator_list


def _is_property(decorator):
    return ast.unparse(decorator) == "property" or isinstance(decorator, ast.Attribute) and decorator.attr == "setter"
