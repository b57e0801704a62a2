"""Changes at places of a Python source that its syntax tree names; everything else stays as it was written.

What comes out is for a compiler. ast.unparse() would not do: it writes `a, b = b, a` with parentheses, for which MicroPython makes a tuple.
"""

import ast
import re


class Edits:
    """Collects changes of one source (octets). tree: its syntax, an empty one where it is wrong, which the compiler tells better."""

    def __init__(self, code):
        self._code = code
        self._starts = [0]
        for line in code.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._changes = []
        try:
            self.tree = ast.parse(code)
        except SyntaxError:
            self.tree = ast.Module([], [])

    def replace(self, node, text):
        """Write `text` instead of the node."""
        self._change(self._at(node.lineno, node.col_offset), self._at(node.end_lineno, node.end_col_offset), text)

    def rename(self, node, name):
        """Write `name` for a name, a parameter, or what a function or class is called."""
        start = self._at(node.lineno, node.col_offset)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            start += re.match(rb"(?:async\s+def|def|class)\s+", self._code[start:]).end()
        old = getattr(node, "id", None) or getattr(node, "arg", None) or node.name
        self._change(start, start + len(old.encode()), name)

    def code(self):
        """The source with all changes."""
        code = self._code
        for start, end, text in sorted(self._changes, reverse=True):
            code = code[:start] + text + code[end:]
        return code

    def _at(self, line, column):
        return self._starts[line - 1] + column

    def _change(self, start, end, text):
        self._changes.append((start, end, text.encode()))
