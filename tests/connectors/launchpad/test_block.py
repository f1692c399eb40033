"""The delimited block: put, found and taken out, and all around it stays as it is."""

import pytest
from hypothesis import given, strategies as st

from connectors.launchpad.block import put_block, read_block, refusal, remove_block

NAME = "syncline:nim-01"
around = st.text(alphabet=st.sampled_from("ab- \n\r\té"), max_size=40)
texts = st.text(alphabet=st.sampled_from("ab- \n(é"), max_size=40)


@given(around, texts)
def test_what_is_put_is_read(before: str, text: str) -> None:
    assert read_block(put_block(before, NAME, text), NAME) == text


@given(around, texts, texts, around)
def test_what_lies_around_stays_byte_for_byte(before: str, first: str, second: str, after: str) -> None:
    whole = put_block(before, NAME, first) + "\n" + after
    again = put_block(whole, NAME, second)
    assert again.startswith(before)
    assert again.endswith("---\n" + after)
    assert put_block(again, NAME, first) == whole


@given(around, texts)
def test_putting_twice_is_putting_once(before: str, text: str) -> None:
    once = put_block(before, NAME, text)
    assert put_block(once, NAME, text) == once


@given(around, texts, texts)
def test_blocks_of_several_installations_stand_side_by_side(before: str, ours: str, theirs: str) -> None:
    whole = put_block(put_block(before, NAME, ours), "other:nim-01", theirs)
    assert (read_block(whole, NAME), read_block(whole, "other:nim-01")) == (ours, theirs)
    assert read_block(put_block(whole, NAME, "new"), "other:nim-01") == theirs
    assert read_block(remove_block(whole, NAME), "other:nim-01") == theirs


@given(around, texts, around)
def test_taking_out_leaves_the_rest(before: str, text: str, after: str) -> None:
    whole = put_block(before, NAME, text)
    added = whole[len(before) :].partition("---")[0]
    assert remove_block(f"{whole}\n{after}", NAME) == f"{before}{added}{after}"


def test_there_is_no_block_in_an_empty_whiteboard() -> None:
    assert read_block(None, NAME) is None
    assert remove_block(None, NAME) is None
    assert read_block(put_block(None, NAME, "x"), NAME) == "x"


def test_a_block_with_other_line_ends_is_the_same_block() -> None:
    whole = put_block("by Ann", NAME, "one\ntwo").replace("\n", "\r\n") + "\r\nby Ben"
    assert read_block(whole, NAME) == "one\ntwo"
    again = put_block(whole, NAME, "three")
    assert again.startswith("by Ann\r\n\r\n---")
    assert again.endswith("---\r\nby Ben")


def test_a_begin_without_its_end_is_a_persons_text() -> None:
    damaged = put_block("", NAME, "old").rpartition("\n")[0] + "\nby Ann"
    assert read_block(damaged, NAME) is None
    mended = put_block(damaged, NAME, "new")
    assert mended.startswith(damaged)
    assert read_block(mended, NAME) == "new"


def test_a_copied_block_is_put_in_order() -> None:
    once = put_block("", NAME, "old")
    copied = f"{once}\nby Ann\n{once}\nby Ben"
    assert read_block(copied, NAME) == "old\nold"
    assert put_block(copied, NAME, "new") == put_block("", NAME, "new") + "\nby Ann\nby Ben"


def test_a_block_never_swallows_another() -> None:
    ours, theirs = put_block("", NAME, "ours").split("\n"), put_block("", "other:nim-01", "theirs")
    nested = "\n".join([ours[0], theirs, ours[2]])
    assert read_block(put_block(nested, NAME, "new"), "other:nim-01") == "theirs"


@pytest.mark.parametrize(
    ("name", "text"), [("a b", ""), ("", ""), ("a\nb", ""), (NAME, "x\n--- end syncline:nim-01 ---\ny")]
)
def test_what_could_not_be_told_apart_is_refused(name: str, text: str) -> None:
    assert refusal(name, text)
    assert not refusal(NAME, "--- a line of dashes ---")
