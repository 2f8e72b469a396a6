"""Every text is read back as the text that it was."""

from hypothesis import given
from hypothesis import strategies as st

from ci_slim.settings import document
from ci_slim.start.yaml_text import Remarked, block

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
VALUES = st.recursive(
    st.one_of(TEXTS, st.booleans(), st.integers(0, 10**9)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.text("abc/.-_", min_size=1, max_size=8), inner, min_size=1, max_size=5),
    ),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_values_are_read_back(value: dict[str, object]) -> None:
    text = "\n".join(block(value)) + "\n"
    node = document.read(text, "f", {})
    assert node is not None
    assert document.plain(node) == value
    assert all(sign.isprintable() or sign == "\n" for sign in text)


@given(TEXTS)
def test_a_comment_never_ends_early(remark: str) -> None:
    text = "\n".join(block({"a": [Remarked({"b": 1}, remark)]})) + "\n"
    node = document.read(text, "f", {})
    assert node is not None
    assert document.plain(node) == {"a": [{"b": 1}]}
