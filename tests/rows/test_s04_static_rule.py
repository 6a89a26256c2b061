"""S4: what reads markup, or makes safe text, gets nothing but literals: a look at the source."""

from __future__ import annotations

import ast

import pytest
from markup_law import builds_markup
from row import Row
from test_laws import FILES, MAKERS_OF_SAFE_TEXT, ROOT, makes_safe_text

REQUIRED = "0 non-literal strings into the sinks that read markup; each planted one is found"

PLANTED = (
    "Static(name)", "Static(f'[b]{name}[/b]')", "Static(content=name)", "Label('a' + name)",
    "ListItem(Label(name))", "Button(conv.subject)", "Button(label=name)", "Checkbox(name)",
    "RadioButton(name)", "RadioSet('a', name)", "SelectionList((name, 1))", "Selection(name, 1)",
    "OptionList(name)", "OptionList('a', f'{name}')", "Option(name)", "Option(prompt=name)",
    "Select(options)", "Select(options=[(name, 1)])", "Select((), prompt=name)", "Tab(name)",
    "Tabs('a', name)", "TabPane(name)", "TabbedContent(name)", "Collapsible(title=name)",
    "box.border_title = name", "box.border_subtitle = f'{count} of {name}'", "row.tooltip = name",
    "Vertical(tooltip=name)", "TextArea(placeholder=name)", "Placeholder(name)",
    "app.notify(name, markup=True)", "notify(name, markup=wanted)", "Hit(1, name, run)",
    "Hit(1, 'a', run, help=name)", "DiscoveryHit(name, run)", "SystemCommand(name, 'b', run)",
    "SystemCommand('a', name, run)", "matcher.highlight(name)", "table.add_column(name)",
    "table.add_columns('a', name)", "table.add_row('a', name)", "table.add_rows(rows)",
    "table.update_cell(row, column, name)", "Tree(name)", "tree.root.add_leaf(name)",
    "node.set_label(name)", "RichLog(markup=True)", "Content.from_markup(f'[b]{name}')",
    "Text.from_markup(name)", "Text.from_markup('[b]' + name)", "self.render_str(name)",
    "Markdown(name)", "options.add_option(name)", "options.add_options([name])",
    "options.replace_option_prompt('a', name)", "head = Static('a')\nhead.update(name)",
    "self._head = Label('a')\nself._head.update(f'{name}')", "from textual.markup import escape",
    "class W(Widget):\n    def render(self) -> str:\n        return 'a'",
    "class W(Widget):\n    def render(self):\n        return f'{self.name}'",
    "x = SafeText(raw)", "x = cast('SafeText', raw)",
)  # fmt: skip

SOUND = (
    "Static('[b]ours[/b]')", "Static(_('ours'))", "Static(Text(name))", "Label(Content(name))",
    "box.border_subtitle = _('a') if several else _('b')", "Input(placeholder=name)",
    "table.add_row(Text(name), 'a')", "Content.from_markup('[b]$x', x=name)", "seen.update(names)",
    "app.notify(name)", "app.notify(name, markup=False)", "Option(Text(name), id=key)",
    "class W(Widget):\n    def render(self) -> Content:\n        return Content(name)",
)  # fmt: skip


def faults(source: str, *, maker: bool = False) -> list[str]:
    """What the rule says about a source; `maker`: it may make safe text."""
    tree = ast.parse(source)
    found = [*builds_markup(tree), *([] if maker else makes_safe_text(tree))]
    return [f"{line}: {what}" for line, what in found]


@pytest.mark.row("S4", REQUIRED)
def test_s04_the_source_keeps_the_rule(row: Row) -> None:
    bad = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in FILES
        for fault in faults(path.read_text("utf-8"), maker=path.name in MAKERS_OF_SAFE_TEXT)
    ]
    row.reached(f"{len(bad)} in {len(FILES)} files {bad[:5] or ''}".strip(), ok=not bad)


@pytest.mark.row_defect("S4", "one call into each sink")
@pytest.mark.parametrize("planted", PLANTED)
def test_s04_a_planted_call_is_found(planted: str) -> None:
    assert faults(planted)


@pytest.mark.parametrize("sound", SOUND)
def test_s04_what_is_sound_is_not_found(sound: str) -> None:
    """A rule that finds everything would be switched off."""
    assert not faults(sound)
