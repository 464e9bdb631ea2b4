# SPDX-License-Identifier: AGPL-3.0-or-later
"""Templates: texts that Meta has approved, with places to fill in. Pure.

Source: https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
"""

import re
from collections.abc import Iterator, Sequence

from attrs import frozen

from bridges.core.errors import Rejected
from bridges.core.outgoing import MessageTemplate
from bridges.core.text import user_text
from bridges.whatsapp.cloud.reading import Json, objects_at, text_at

_PLACE = re.compile(r"\{\{\s*([\w-]+)\s*\}\}")
_APPROVED = "APPROVED"


@frozen
class Template:
    """An approved template; ``header`` and ``body`` have their places as ``{{1}}`` or ``{{name}}``."""

    name: str
    language: str
    header: str
    body: str
    footer: str = ""

    @property
    def places(self) -> tuple[str, ...]:
        """The names of what is to be filled in, each once, in order."""
        return tuple(dict.fromkeys((*_places(self.header), *_places(self.body))))

    def shown(self) -> MessageTemplate:
        """As people see it in a list."""
        return MessageTemplate(self.name, self.language, self._text(), len(self.places))

    def filled(self, values: Sequence[str]) -> str:
        """What the customer will read. Raises ``Rejected`` unless there are as many as places."""
        given = self._given(values)
        return _PLACE.sub(lambda found: given[found[1]], self._text())

    def form(self, values: Sequence[str]) -> Json:
        """The message as the API takes it. Raises ``Rejected`` unless there are as many as places."""
        given = self._given(values)
        parts = (("header", self.header), ("body", self.body))
        components = [
            {"type": kind, "parameters": [_parameter(name, given[name]) for name in _places(text)]}
            for kind, text in parts
            if _PLACE.search(text)
        ]
        content: Json = {"name": self.name, "language": {"code": self.language}}
        if components:
            content["components"] = components
        return {"type": "template", "template": content}

    def _given(self, values: Sequence[str]) -> dict[str, str]:
        if len(values) != len(self.places):
            raise Rejected(
                "WHATSAPP.TEMPLATE_VALUES",
                user_text(
                    "This template has {wanted} places to fill in, and you gave {given} values; "
                    "put | between them.",
                    wanted=len(self.places),
                    given=len(values),
                ),
            )
        return dict(zip(self.places, values, strict=True))

    def _text(self) -> str:
        return "\n\n".join(part for part in (self.header, self.body, self.footer) if part)


def templates_of(answer: Json) -> Iterator[Template]:
    """The templates in an answer that can be sent from here: approved, and of texts only."""
    for one in objects_at(answer, "data"):
        if text_at(one, "status") != _APPROVED:
            continue
        texts = {"HEADER": "", "BODY": "", "FOOTER": ""}
        usable = True
        for component in objects_at(one, "components"):
            kind = text_at(component, "type").upper()
            is_text = kind != "HEADER" or text_at(component, "format").upper() in ("", "TEXT")
            usable = usable and is_text and not _wants_more(component)
            if kind in texts:
                texts[kind] = text_at(component, "text")
        if usable and texts["BODY"]:
            yield Template(text_at(one, "name"), text_at(one, "language"), *texts.values())


def _wants_more(component: Json) -> bool:
    """Whether a button has a place to fill in, too."""
    return any(_PLACE.search(text_at(button, "url")) for button in objects_at(component, "buttons"))


def _places(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACE.findall(text)))


def _parameter(name: str, value: str) -> Json:
    named = {} if name.isdigit() else {"parameter_name": name}
    return {"type": "text", "text": value} | named
