import pytest

from ci_slim.probes import NO_MASK, Answer, HttpProbe, Mask, judged

MASK = Mask(
    {
        "172.17.0.2": "<own address>",
        "172.17.0.1": "<gateway>",
        "b09e1a9b529a": "<host name>",
        "b09e1a9b529a43e3e83f": "<container id>",
        "02:42:ac:11:00:02": "<MAC address>",
    }
)


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        (b"172.17.0.2\tb09e1a9b529a\n", b"<own address>\t<host name>\n"),
        (b"http://172.17.0.2:80/", b"http://<own address>:80/"),
        (b"at 172.17.0.2.", b"at <own address>."),
        (b"b09e1a9b529a43e3e83f", b"<container id>"),
        (b"B09E1A9B529A.local", b"<host name>.local"),
        (b"mac 02:42:AC:11:00:02", b"mac <MAC address>"),
        (b'{"hosts": "localhost\\n172.17.0.2\\tb09e1a9b529a"}',
         b'{"hosts": "localhost\\n<own address>\\t<host name>"}'),
        (b"172.17.0.2    up", b"<own address> up"),
        (b"rw,lowerdir=/var/lib/docker/overlay2/l/A:/B,upperdir=/c/diff,workdir=/c/work 0 0",
         b"rw,lowerdir=<layers>,upperdir=<layers>,workdir=<layers> 0 0"),
        (b"\xff172.17.0.2\xfe", b"\xff<own address>\xfe"),
    ],
)  # fmt: skip
def test_a_name_of_the_run_is_masked(body: bytes, masked: bytes) -> None:
    assert MASK.in_bytes(body) == masked


@pytest.mark.parametrize(
    "body",
    [b"172.17.0.20", b"1172.17.0.2", b"172.17.0.2.5", b"9.172.17.0.2",
     b"b09e1a9b529a4", b"xb09e1a9b529a"],
)  # fmt: skip
def test_part_of_a_longer_word_is_not_a_name(body: bytes) -> None:
    assert MASK.in_bytes(body) == body


def test_two_starts_of_one_run_have_the_names_of_both() -> None:
    merged = MASK.merge(Mask({"172.17.0.9": "<own address>", "172.17.0.2": "<other>"}))
    assert merged.in_text("172.17.0.2 172.17.0.9") == "<own address> <own address>"
    assert NO_MASK.merge(MASK).in_text("172.17.0.1") == "<gateway>"


def test_what_is_compared_is_masked_and_what_is_expected_is_not() -> None:
    answer = Answer(True, 200, 1, b"at 172.17.0.2", {"location": "http://172.17.0.2/a", "x": "y"})
    found = judged(HttpProbe("GET /"), answer, MASK)
    assert found.body == b"at 172.17.0.2"
    assert found.compared.body == b"at <own address>"
    assert found.compared.headers == {"location": "http://<own address>/a"}
    other = Answer(True, 200, 1, b"at 172.17.0.3", {"location": "http://172.17.0.3/a"})
    assert judged(HttpProbe("GET /"), other, Mask({"172.17.0.3": "<own address>"})).compared == (
        found.compared
    )


def test_exactly_the_same_means_the_same_bytes() -> None:
    answer = Answer(True, 200, 1, b"at 172.17.0.2")
    assert judged(HttpProbe("GET /", compare="exact"), answer, MASK).compared.body == answer.body
