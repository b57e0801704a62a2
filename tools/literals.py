"""Constants of a source in the form that takes the least of MicroPython's heap."""

import ast

from tools.edits import Edits


def lists(code):
    """The source (octets) with tuples of texts that are only looked through written as lists.

    The strings of a constant tuple are objects of their own, 32 octets each; those of a list are names where they are short.
    """
    edits = Edits(code)
    for node in ast.walk(edits.tree):
        found = None
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            found = node.comparators[0]
        elif isinstance(node, (ast.For, ast.comprehension)):
            found = node.iter
            if isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id == "enumerate":
                found = found.args[0]
        if isinstance(found, ast.Tuple) and all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in found.elts):
            edits.replace(found, "[%s]" % ", ".join(map(ast.unparse, found.elts)))
    return edits.code()
