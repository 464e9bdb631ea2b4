# SPDX-License-Identifier: AGPL-3.0-or-later
"""In which language the commands about people's own data speak."""

from pathlib import Path
from typing import TYPE_CHECKING

from karvon.cli.context import Invocation

if TYPE_CHECKING:
    from bridges.core.i18n import Translator
    from bridges.core.text import Translation

_NAMES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language(call: Invocation, wished: str) -> str:
    """Give the language of the operator, as their system says, unless they wish for another."""
    tag = wished or next((call.environ[name] for name in _NAMES if call.environ.get(name)), "")
    return _translator().best_language(tag.partition(".")[0])


def words(of: str) -> "Translation":
    """Give what puts sentences into a language."""
    translator = _translator()
    return lambda text: translator.translate(text, of)


def _translator() -> "Translator":
    from bridges import migration
    from bridges.core.i18n import CORE_LOCALE, Translator, load_catalogs

    return Translator(load_catalogs([CORE_LOCALE, Path(migration.__path__[0]) / "locale"]))
