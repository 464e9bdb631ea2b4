# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signs a receipt and writes it down, for programs and beside that as text."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bridges.core.text import Translation
from bridges.migration.leaving.receipt.document import Receipt
from bridges.migration.leaving.receipt.signing import signed
from policy_module.files import write_atomically


def write_receipt(receipt: Receipt, target: Path, key: Ed25519PrivateKey, say: Translation) -> None:
    """Write the receipt to ``target`` and its text to a file of the same name with ``.txt``.

    Raises ``OSError``.
    """
    document = signed(receipt.document(say), receipt.server, key)
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    write_atomically(target, text.encode())
    lines = "".join(f"{line}\n" for line in document["text"])
    write_atomically(target.with_suffix(".txt"), lines.encode())
