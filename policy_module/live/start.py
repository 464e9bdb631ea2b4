# SPDX-License-Identifier: AGPL-3.0-or-later
"""The policy to begin with: the file's, or the last good one if the file is bad now."""

from attrs import frozen

from policy_module.live.source import LastGood, PolicyFiles, Reading
from policy_module.rules.load import PolicyRefusedError
from policy_module.rules.policy import Policy


@frozen
class Beginning:
    """What to begin with.

    ``refusal`` is set if the policy is the last good one and not the file's; ``latest`` is the
    latest time known before, in seconds since 1970.
    """

    policy: Policy
    reading: Reading
    refusal: PolicyRefusedError | None
    latest: float


def begin(files: PolicyFiles, last_good: LastGood) -> Beginning:
    """Read the policy at the start.

    Raises:
        PolicyRefusedError: if it is bad and there is no good one from before.
    """
    reading = files.read()
    latest = last_good.latest()
    if not isinstance(reading.outcome, PolicyRefusedError):
        return Beginning(reading.outcome, reading, None, latest)
    kept = last_good.recall(files.territory, files.signed)
    if kept is None:
        raise reading.outcome
    return Beginning(kept, reading, reading.outcome, latest)
