"""One file out of many: the page's HTML, styles, scripts, words and chart library, without anything that only people read.

Scripts are ES modules with plain imports (`import {a, b} from "./x.js";`) and named exports of functions, classes and constants.
Each becomes a block in one script, the imported ones first; none may import another that imports it, nor export a name of another's.
"""

import json
import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
# A string, a template (none within another), a regular expression, or what stands between them.
_TOKEN = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[(,=:!?&|])\s*/(?:\\.|\[(?:\\.|[^]\\\n])*\]|[^/\\\n[])+/)""")
_EXPORT = re.compile(r"^export (?:async )?(?:function|class|const) ([\w$]+)", re.MULTILINE)
# The words of all languages, made here and imported like a module: English as a table, the others as lines in the order of its words.
_WORDS = "languages"
_WORDS_CODE = "export const TEXTS=%s;\n"


class PageError(Exception):
    """Sources that make no page; the text says which and why."""


def html(folder, uplot):
    """The page's text. folder: of the sources; uplot: of the unpacked package. Raises PageError."""
    # The chart's own legend is not shown.
    chart = re.sub(r"[^{}]*\.u-(?:legend|inline)\b[^{}]*\{[^{}]*\}", "", (uplot / "dist/uPlot.min.css").read_text())
    style = _style(chart) + "".join(_style(path.read_text()) for path in sorted((folder / "css").glob("*.css")))
    library = (uplot / "dist/uPlot.iife.min.js").read_text()
    licence = (uplot / "LICENSE").read_text().strip()
    # Its first line is an address; what the licence asks for is the licence.
    library = f"/*! uPlot\n{licence}\n*/\n" + library.partition("*/\n")[2]
    script = library + script_of(folder)
    page = _squeeze(re.sub(r"<!--.*?-->", "", (folder / "index.html").read_text(), flags=re.DOTALL))
    for tag, text in (("style", style), ("script", script)):
        if f"</{tag}" in text:
            raise PageError(f"</{tag} must not stand in the page's {tag}")
        empty = f"<{tag}></{tag}>"
        if page.count(empty) != 1:
            raise PageError(f"index.html must have one {empty}")
        page = page.replace(empty, f"<{tag}>{text}</{tag}>")
    return page


def languages(folder):
    """{code: table of words}. Raises PageError where they are not complete."""
    tables = {path.stem: json.loads(path.read_text()) for path in sorted((folder / "languages").glob("*.json"))}
    shapes = {code: _shape(table) for code, table in tables.items()}
    for code, shape in shapes.items():
        different = shape ^ shapes["en"]
        if different:
            raise PageError(f"languages/{code}.json and languages/en.json differ in: " + ", ".join(sorted(different)))
    return tables


def _shape(table, path=""):
    """The places of all words, with the values that they take."""
    if isinstance(table, str):
        return {path + "".join(sorted(re.findall(r"\{\w+\}", table)))}
    return set().union(*(_shape(each, f"{path}.{key}") for key, each in _entries(table)))


def _entries(table):
    return table.items() if isinstance(table, dict) else enumerate(table)


def _words(folder):
    """The texts as the page has them: names of words once, which gzip does not do as well."""
    tables = languages(folder)
    english = tables.pop("en")

    def lines(shape, table):
        if isinstance(shape, str):
            return [table]
        return [line for key, each in _entries(shape) for line in lines(each, table[key])]

    made = {"en": english, **{code: "\n".join(lines(english, table)) for code, table in tables.items()}}
    return _WORDS_CODE % json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def script_of(folder):
    """The modules as one script. Raises PageError."""
    codes, order = {}, []

    def visit(name, above):
        if name in above:
            raise PageError("modules import each other: " + " ".join([*above, name]))
        if name not in codes:
            codes[name] = _words(folder) if name == _WORDS else _module(folder, name)
            for _, other in _IMPORT.findall(codes[name]):
                visit(other, [*above, name])
            order.append(name)

    visit("app", [])
    names = [name for module in order for name in _EXPORT.findall(codes[module])]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise PageError("exported by more than one module: " + ", ".join(sorted(twice)))
    # Behind these signs a line's end means nothing.
    code = re.sub(r"([;{,(])\n", r"\1", "".join(_scope(name, codes[name]) for name in order))
    return f'"use strict";let {",".join(names)};{code}'


def _module(folder, name):
    path = Path(folder) / "js" / f"{name}.js"
    if not path.is_file():
        raise PageError(f"{path} is missing")
    return path.read_text()


def _scope(name, code):
    """A module as a block of its own: what it exports are variables outside of the blocks, so that those that import it have them.
    Names that no other module exports and that are the same everywhere: an import needs no code."""
    code = _IMPORT.sub("", code)
    code = re.sub(r"^export (async |)(function|class) ([\w$]+)", r"\3 = \1\2 ", code, flags=re.MULTILINE)
    code = re.sub(r"^export const ", "", code, flags=re.MULTILINE)
    if re.search(r"^(import|export)\b", code, re.MULTILINE):
        raise PageError(f"{name}.js has an import or export that is not understood")
    if re.search(r"^[(\[`/+-](?!/)", code, re.MULTILINE):
        # Behind a function that is a value now, this would go on with it.
        raise PageError(f"{name}.js has a line that begins like the rest of an expression")
    code = _tight(_squeeze(re.sub(r"^\s*//.*\n", "", code, flags=re.MULTILINE)))
    return f"{{{code}}}\n"


def _style(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([{};,]) ?", r"\1", text).replace(";}", "}").replace(": ", ":").strip()


def _tight(code):
    """Without blanks around signs; lines stay, since a line's end may be a statement's."""
    parts = _TOKEN.split(code)
    for at in range(0, len(parts), 2):
        parts[at] = re.sub(r" *([{}()\[\],;:=<>?&|*/!]+) *", r"\1", parts[at])
        # a + +b, a - -b
        parts[at] = re.sub(r"(?<![+\- ]) ([+-]) (?![+\- ])", r"\1", parts[at])
    return "".join(parts)


def _squeeze(text):
    """Without indentation and empty lines."""
    return "".join(line.strip() + "\n" for line in text.splitlines() if line.strip())
