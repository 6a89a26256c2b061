"""No markup from data: what a look at the source can hold of law 3 (reliability reference §1.3).

Half of the framework's widgets read markup in a plain string: a customer who writes ``[/]`` ends
the program, ``[Photo]`` vanishes, and ``[@click=…]`` is a button. So such a place gets a literal,
words of the catalogue, or a value that is text already (`Content`, `Text`), and nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

Found = Iterator[tuple[int, str]]

FIRST = ("content", "renderable", "label", "title", "prompt", "text")
"""What the first argument is called where it is named."""

SINKS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    # How many of the first arguments are read for markup, and which named ones.
    **dict.fromkeys(
        ("Static", "Label", "ListItem", "Button", "Checkbox", "RadioButton", "ToggleButton"),
        (1, FIRST),
    ),
    **dict.fromkeys(("Option", "Selection", "Tab", "TabPane", "Placeholder"), (1, FIRST)),
    **dict.fromkeys(("OptionList", "RadioSet", "SelectionList", "Tabs"), (99, FIRST)),
    "TabbedContent": (99, FIRST),
    "Markdown": (1, FIRST),
    "Select": (1, ("options", "prompt")),
    "Collapsible": (0, ("title",)),
    "Tree": (1, FIRST),
    "DirectoryTree": (1, FIRST),
    "MarkdownViewer": (1, FIRST),
    "TextArea": (0, ("placeholder",)),
    **dict.fromkeys(("Hit", "DiscoveryHit"), (99, ("match_display", "display", "text", "help"))),
    "SystemCommand": (2, ("title", "help")),
    "Toast": (1, FIRST),
    "from_markup": (1, ("markup",)),
    "render_markup": (1, ("markup",)),
    "visualize": (2, ("obj",)),
}
METHODS: Mapping[str, int] = {
    "add_option": 1, "add_options": 1, "set_options": 1, "replace_option_prompt": 2,
    "replace_option_prompt_at_index": 2, "add_tab": 1, "add_pane": 1, "add_column": 1,
    "add_columns": 99, "add_row": 99, "add_rows": 1, "update_cell": 3, "update_cell_at": 2,
    "add_leaf": 1, "set_label": 1, "highlight": 1, "render_str": 1, "post_render": 1,
}  # fmt: skip
"""Methods of such widgets, and how many of their first arguments are read."""
UPDATED = ("Static", "Label", "Markdown")
"""Widgets whose ``update`` reads markup; only names that hold one are looked at."""
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "prompt", "loading_text"}
TEXTS = {"Content", "Text", "Segment", "Strip", "literal", "assemble", "styled"}
"""Makers of values that are text already."""
WORDS = {"_", "ngettext", "mark"}


def builds_markup(tree: ast.AST) -> Found:
    """Every place where something else than a literal may be read for markup."""
    statics, others = _names_of_statics(tree), _names_of_others(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                if _name(node.func) not in others:
                    yield from _call(node, statics)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value)
            case ast.ClassDef():
                yield from _renders_words(node)
            case ast.ImportFrom(module="textual.markup" | "rich.markup", names=names):
                for name in names:
                    yield node.lineno, f"{name.name} of {node.module}: escaping is no fix"


def _call(node: ast.Call, statics: set[str]) -> Found:
    name = _name(node.func)
    count, named = SINKS.get(name, (0, ()))
    if isinstance(node.func, ast.Attribute):
        count = max(count, METHODS.get(name, 0))
        owner = _name(node.func.value)
        if name == "update" and (owner in statics or _called(node.func.value) in UPDATED):
            count = 1
    for place, argument in enumerate(node.args[:count]):
        if not _is_literal(argument):
            yield node.lineno, f"{name} would read markup in argument {place + 1}"
    for keyword in node.keywords:
        if keyword.arg in named and not _is_literal(keyword.value):
            yield node.lineno, f"{name} would read markup in {keyword.arg}"
        widget = name not in SINKS and (name[:1].isupper() or name == "set")
        if widget and keyword.arg in ATTRIBUTES and not _is_literal(keyword.value):
            yield node.lineno, f"{keyword.arg} would be read for markup"
        if keyword.arg == "markup" and _is_true(keyword.value):
            yield node.lineno, f"{name} is told to read markup"


def _assigned(target: ast.expr, value: ast.expr) -> Found:
    if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES and not _is_literal(value):
        yield target.lineno, f"{target.attr} would be read for markup"


def _renders_words(node: ast.ClassDef) -> Found:
    """A `render` that gives a string is read for markup."""
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in {"render", "post_render"}:
            if isinstance(method.returns, ast.Name) and method.returns.id == "str":
                yield method.lineno, f"{node.name}.{method.name} gives a string"
            for part in ast.walk(method):
                if isinstance(part, ast.Return) and isinstance(
                    part.value, ast.JoinedStr | ast.BinOp
                ):
                    yield part.lineno, f"{node.name}.{method.name} gives a string"


def _names_of_statics(tree: ast.AST) -> set[str]:
    """Names and attributes that hold a widget whose ``update`` reads markup."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _called(node.value) in UPDATED:
            found |= {_name(target) for target in node.targets}
        if isinstance(node, ast.AnnAssign) and _name(node.annotation) in UPDATED:
            found.add(_name(node.target))
    return found


def _names_of_others(tree: ast.AST) -> set[str]:
    """Names like those of the sinks that are something else here."""
    return {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("textual.document", "agent_tui."))
        for name in node.names
    }


def _is_literal(node: ast.expr) -> bool:
    """Its words stand in the source, or it is text already."""
    match node:
        case ast.Constant():
            return True
        case ast.JoinedStr(values=values):
            return all(isinstance(value, ast.Constant) for value in values)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_literal(body) and _is_literal(orelse)
        case ast.BinOp(left=left, right=right):
            return _is_literal(left) and _is_literal(right)
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return all(map(_is_literal, parts))
        case ast.Call(func=func, args=[first, *_]):
            plain = _name(func) in WORDS and isinstance(first, ast.Constant)
            return plain or _name(func) in TEXTS or _name(func) in SINKS
        case ast.Call(func=func):
            return _name(func) in TEXTS or _name(func) in SINKS
    return False


def _is_true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and not node.value) and _name(node) != "markup"


def _called(node: ast.expr) -> str:
    return _name(node.func) if isinstance(node, ast.Call) else ""


def _name(node: ast.AST) -> str:
    """The last part of a name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
