from hypothesis import given
from hypothesis import strategies as st

from ci_slim.forges.comment import Comment, CommentChange, decide, marked, ours

MARK = "<!-- ci-slim key=default -->"
BODY = f"{MARK}\nnew"


def comment(number: int, body: str = BODY, author: str = "bot") -> Comment:
    return Comment(number, author, body, f"https://forge/{number}")


def test_without_a_comment_of_ours_one_is_created() -> None:
    foreign = [comment(1, author="mallory"), comment(2, body=f"see {MARK}"), comment(3, body="")]
    assert decide(foreign, MARK, "bot", BODY) == CommentChange("create")


def test_ours_is_updated_when_its_text_differs() -> None:
    old = comment(5, f"{MARK}\nold")
    assert decide([comment(1, "hello"), old], MARK, "bot", BODY) == CommentChange("update", old)


def test_ours_is_left_when_its_text_is_the_same_but_for_line_ends() -> None:
    same = comment(5, f"{MARK}\r\nnew\r\n")
    assert decide([same], MARK, "bot", BODY + "\n") == CommentChange("leave", same)


def test_the_author_s_name_is_compared_without_case() -> None:
    assert decide([comment(5, author="Bot")], MARK, "bOT", BODY).action == "leave"


def test_another_key_is_another_comment() -> None:
    other = comment(5, "<!-- ci-slim key=default2 -->\nnew")
    assert decide([other], MARK, "bot", BODY) == CommentChange("create")


def test_of_several_the_oldest_stays_in_whatever_order_they_are_listed() -> None:
    old, late, last = comment(3, f"{MARK}\nold"), comment(7), comment(9)
    assert decide([last, old, late], MARK, "bot", BODY) == CommentChange(
        "update", old, (late, last)
    )


def test_what_this_run_made_counts_before_it_is_listed() -> None:
    made = comment(9)
    assert decide([], MARK, "bot", BODY, made) == CommentChange("leave", made)
    assert decide([made], MARK, "bot", BODY, made) == CommentChange("leave", made)


def test_what_this_run_made_goes_when_an_older_one_is_listed() -> None:
    made, older = comment(9), comment(8, f"{MARK}\nof another job")
    assert decide([older], MARK, "bot", BODY, made) == CommentChange("update", older, (made,))


def test_what_this_run_made_is_left_to_a_later_job_that_changed_it() -> None:
    changed = comment(9, f"{MARK}\nof a later job")
    assert decide([changed], MARK, "bot", BODY, comment(9)) == CommentChange("leave", changed)


def test_a_body_is_marked_once() -> None:
    assert marked("new", MARK) == BODY
    assert marked(BODY, MARK) == BODY
    assert marked(f"text\n{MARK}", MARK) == f"{MARK}\ntext\n{MARK}"


@given(
    st.lists(
        st.builds(
            comment,
            st.integers(1, 20),
            st.sampled_from([BODY, f"{MARK}\nold", "hello", f"> {MARK}"]),
            st.sampled_from(["bot", "mallory"]),
        ),
        max_size=8,
        unique_by=lambda item: item.id,
    )
)
def test_one_step_leaves_one_comment_and_touches_no_other(known: list[Comment]) -> None:
    step = decide(known, MARK, "bot", BODY)
    mine = ours(known, MARK, "bot")
    touched = [*step.spare, *([step.comment] if step.comment else [])]
    assert sorted(item.id for item in touched) == [item.id for item in mine]
    left = [item for item in known if item not in step.spare and item != step.comment]
    made = comment(99) if step.comment is None else comment(step.comment.id)
    assert decide([*left, made], MARK, "bot", BODY) == CommentChange("leave", made)
