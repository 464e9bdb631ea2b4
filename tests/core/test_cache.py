# SPDX-License-Identifier: AGPL-3.0-or-later
"""A cache never grows over its bound, and forgets what was not used for the longest time."""

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from bridges.core.storage.cache import BoundedCache

actions = st.lists(
    st.tuples(st.sampled_from(("get", "put", "discard")), st.integers(0, 7)), max_size=60
)


@given(st.integers(1, 5), actions)
def test_it_behaves_like_a_list_of_the_recently_used(
    size: int, history: list[tuple[str, int]]
) -> None:
    cache: BoundedCache[int, str] = BoundedCache(size)
    model: OrderedDict[int, str] = OrderedDict()
    for number, (action, key) in enumerate(history):
        if action == "put":
            cache.put(key, f"value {number}")
            model.pop(key, None)
            model[key] = f"value {number}"
            while len(model) > size:
                model.popitem(last=False)
        elif action == "discard":
            cache.discard(key)
            model.pop(key, None)
        else:
            assert cache.get(key) == model.get(key)
            if key in model:
                model.move_to_end(key)
    assert {key: cache.get(key) for key in range(8) if cache.get(key) is not None} == model
