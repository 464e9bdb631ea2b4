# SPDX-License-Identifier: AGPL-3.0-or-later
"""A continuity report as one HTML file that needs nothing else: no script, nothing from elsewhere.

All that comes from address books is escaped, and isolated from the direction of what is around it.
"""

from collections.abc import Iterable, Iterator
from html import escape

from bridges.contacts.report.model import Contact, Report, State
from bridges.contacts.report.picture import ring
from bridges.contacts.report.words import (
    STATES,
    doubts,
    invitation,
    matrix_link,
    network_name,
    next_step,
)
from bridges.core.sanitize import clean_name
from bridges.core.text import Translation, UserText, user_text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --page: #fff; --line: #d5dbe3; --soft: #f2f5f8;
  --native: #00795c; --bridged: #0067b1; --unreachable: #c2500a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --page: #12171d; --line: #39434f;
  --soft: #1c232b; --native: #2fc59d; --bridged: #5cb3f2; --unreachable: #f2955a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--page);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.made { margin: .2rem 0 1.5rem; opacity: .75; }
.overview { display: flex; flex-wrap: wrap; gap: 2rem; align-items: center; }
.ring { width: 13rem; height: 13rem; flex: none; }
.ring .empty { stroke: var(--soft); } .ring .native { stroke: var(--native); }
.ring .bridged { stroke: var(--bridged); } .ring .unreachable { stroke: var(--unreachable); }
.ring .total { fill: var(--ink); font: 700 34px system-ui, sans-serif; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-inline-end: .5em; }
.key.native { background: var(--native); } .key.bridged { background: var(--bridged); }
.key.unreachable { background: var(--unreachable); }
table { border-collapse: collapse; width: 100%; } .overview table { width: auto; }
th, td { text-align: start; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
td.number, th.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap;
  overflow-wrap: normal; }
th[scope=row] { font-weight: 600; } a { color: inherit; }
.contacts { table-layout: fixed; } .contacts th:first-child { width: 38%; }
.note { border-inline-start: 4px solid var(--unreachable); padding-inline-start: .8rem; }
blockquote { margin: 0; padding: .8rem 1rem; background: var(--soft); border-radius: .5rem;
  overflow-wrap: anywhere; }
@media (max-width: 30rem) { body { padding: 1rem .75rem 3rem; } .overview { gap: 1rem; }
  th, td { padding-inline-end: .4rem; } }
@media print { tr { break-inside: avoid; } body { max-width: none; padding: 0; } }
""".strip()


def as_html(report: Report, words: Translation, language: str) -> str:
    """Write the document, in the person's language; ``language`` is its code."""
    return "\n".join(_Page(report, words).document(language)) + "\n"


class _Page:
    def __init__(self, report: Report, words: Translation) -> None:
        self._report = report
        self._words = words

    def document(self, language: str) -> Iterator[str]:
        title = self._said(user_text("Your contacts after the move"))
        yield f'<!doctype html>\n<html lang="{escape(language)}" dir="auto">\n<head>'
        yield '<meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="referrer" content="no-referrer">'
        yield f"<title>{title}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<main>"
        yield f"<h1>{title}</h1>"
        made = self._report.made_at.strftime("%Y-%m-%d %H:%M UTC")
        yield f'<p class="made">{_foreign(self._report.owner)} · {made}</p>'
        yield from self._overview()
        yield from self._notes()
        yield from self._sources()
        for state in State:
            yield from self._contacts(state)
        yield from self._invitation()
        yield "</main>\n</body>\n</html>"

    def _overview(self) -> Iterator[str]:
        counts = self._report.counts()
        yield '<div class="overview">'
        yield ring({state: one.people for state, one in counts.items()}, self._words)
        head = (user_text("How"), user_text("Contacts"), user_text("Cards"))
        yield f"<table>\n<thead>{self._head(head)}</thead>\n<tbody>"
        for state in State:
            key = f'<span class="key {state.value}" aria-hidden="true"></span>'
            label = f"{key}{self._said(STATES[state])}"
            yield _row(label, counts[state].people, counts[state].cards)
        total = self._said(user_text("Together"))
        yield f"</tbody>\n<tfoot>{_row(total, len(self._report.contacts), self._report.input_cards)}"
        yield "</tfoot>\n</table>\n</div>"

    def _notes(self) -> Iterator[str]:
        for doubt in doubts(self._report):
            yield f'<p class="note">{self._said(doubt)}</p>'

    def _sources(self) -> Iterator[str]:
        yield f"<h2>{self._said(user_text('Where they come from'))}</h2>"
        head = (user_text("Address book"), user_text("Cards"))
        yield f"<table>\n<thead>{self._head(head)}</thead>\n<tbody>"
        for one in self._report.sources:
            yield _row(_foreign(one.source.name), one.cards)
        yield "</tbody>\n</table>"

    def _contacts(self, state: State) -> Iterator[str]:
        these = [one for one in self._report.contacts if one.state is state]
        if not these:
            return
        yield f"<h2>{self._said(STATES[state])} ({len(these)})</h2>"
        head = (user_text("Name"), _LAST_COLUMN[state])
        yield f'<table class="contacts">\n<thead>{self._head(head, numbers=False)}</thead>\n<tbody>'
        for one in these:
            name = _foreign(one.person.name) if one.person.name else self._said(_NAMELESS)
            yield f'<tr><th scope="row">{name}</th><td>{self._how(one)}</td></tr>'
        yield "</tbody>\n</table>"

    def _how(self, contact: Contact) -> str:
        if contact.native is not None:
            return _link(contact.native.room or contact.native.user, contact.native.user)
        if contact.obstacle is not None:
            return f"<bdi>{self._said(next_step(contact.obstacle))}</bdi>"
        return ", ".join(
            _link(one.room, network_name(one.network)) if one.room else network_name(one.network)
            for one in contact.ways
        )

    def _invitation(self) -> Iterator[str]:
        if not self._report.counts()[State.UNREACHABLE].people:
            return
        yield f"<h2>{self._said(user_text('An invitation to send'))}</h2>"
        text = self._said(invitation(self._report.owner))
        link = escape(matrix_link(self._report.owner))
        shown = text.replace(link, f'<a href="{link}">{link}</a>')
        yield f"<blockquote>{shown}</blockquote>"

    def _head(self, cells: Iterable[UserText], *, numbers: bool = True) -> str:
        shown = []
        for index, one in enumerate(cells):
            style = ' class="number"' if numbers and index else ""
            shown.append(f'<th scope="col"{style}>{self._said(one)}</th>')
        return f"<tr>{''.join(shown)}</tr>"

    def _said(self, text: UserText) -> str:
        return escape(clean_name(self._words(text), 1000).replace("`", ""))


_NAMELESS = user_text("(no name)")
_LAST_COLUMN = {
    State.NATIVE: user_text("Account"),
    State.BRIDGED: user_text("Network"),
    State.UNREACHABLE: user_text("What you can do"),
}


def _foreign(text: str) -> str:
    """Something others wrote."""
    return f"<bdi>{escape(clean_name(text))}</bdi>"


def _link(to: str, shown: str) -> str:
    """To a room or user in any app; ids of Matrix never leave the path."""
    return f'<a href="{escape(matrix_link(to))}"><bdi>{escape(clean_name(shown))}</bdi></a>'


def _row(label: str, *numbers: int) -> str:
    cells = "".join(f'<td class="number">{one}</td>' for one in numbers)
    return f'<tr><th scope="row">{label}</th>{cells}</tr>'
