# SPDX-License-Identifier: AGPL-3.0-or-later
"""The stanza WhatsApp's protocol is made of: a tag, text attributes, and bytes or further nodes."""

from collections.abc import Iterator, Mapping

from attrs import evolve, field, frozen

Content = bytes | tuple["Node", ...] | None


@frozen
class Node:
    """One element. An attribute whose value is None is left out."""

    tag: str
    attrs: Mapping[str, str] = field(factory=dict)
    content: Content = None

    @property
    def children(self) -> tuple["Node", ...]:
        """The nodes inside; none if the content is bytes."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def data(self) -> bytes:
        """The bytes inside; empty if the content is nodes."""
        return self.content if isinstance(self.content, bytes) else b""

    def child(self, tag: str) -> "Node | None":
        """Return the first child of that name."""
        return next(self.each(tag), None)

    def each(self, tag: str) -> Iterator["Node"]:
        """Yield the children of that name."""
        return (child for child in self.children if child.tag == tag)

    def get(self, name: str) -> str:
        """Return an attribute, or an empty text."""
        return self.attrs.get(name, "")

    def with_attrs(self, **attrs: str) -> "Node":
        """Return a copy with some attributes set."""
        return evolve(self, attrs={**self.attrs, **attrs})


def node(tag: str, attrs: Mapping[str, str | None] | None = None, *content: Node) -> Node:
    """Build a node of nodes; attributes that are None are left out."""
    return Node(tag, _present(attrs), content or None)


def leaf(tag: str, data: bytes, attrs: Mapping[str, str | None] | None = None) -> Node:
    """Build a node of bytes."""
    return Node(tag, _present(attrs), data)


def _present(attrs: Mapping[str, str | None] | None) -> dict[str, str]:
    return {name: value for name, value in (attrs or {}).items() if value is not None}
