import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_slim.redact import Redactor, foreign, secrets_of, without_secrets


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("GITHUB_TOKEN", True),
        ("db_password", True),
        ("AWS_SECRET_ACCESS_KEY", True),
        ("SSH_KEY", True),
        ("DOCKER_AUTH_CONFIG", True),
        ("MY_NODE_NAME", False),
        ("KEYBOARD", False),
        ("PATH", False),
    ],
)
def test_secrets_are_known_by_the_names_of_their_variables(name: str, secret: bool) -> None:
    assert secrets_of([{name: "hunter22"}]) == ({"hunter22"} if secret else set())


def test_values_too_short_to_be_secrets_are_left_alone() -> None:
    assert secrets_of([{"TOKEN": "abc"}]) == frozenset()
    assert Redactor(["", "a"])("banana") == "banana"


@pytest.mark.parametrize("value", ["true", "False", "none", "basic", "disabled"])
def test_a_switch_is_no_secret_whatever_its_variable_is_called(value: str) -> None:
    hide = Redactor(secrets_of([{"AUTH_ENABLED": value, "TOKEN": "hunter22"}]))
    assert hide(f"{value} hunter22") == f"{value} ***"


def test_what_is_learned_later_is_masked_from_then_on() -> None:
    hide = Redactor(["hunter22"])
    hide.learn({"s3cret", "abc"})
    assert hide("hunter22 s3cret abc") == "*** *** abc"


def test_the_longer_of_two_overlapping_secrets_is_masked_whole() -> None:
    assert Redactor(["hunter", "hunter22"])("x hunter22 y hunter z") == "x *** y *** z"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mongodb://user:pa55@db:27017/x", "mongodb://***@db:27017/x"),
        ("https://:tok3n@host/path", "https://***@host/path"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("see mailto:a@b and 12:30", "see mailto:a@b and 12:30"),
        ("https://ghp_x1@host/path", "https://***@host/path"),
        ("amqp://u:p@ss:w@host:1/", "amqp://***@host:1/"),
        ("ssh://git@host/x and http://h?q=a@b", "ssh://git@host/x and http://h?q=a@b"),
        ('{"a":"http://h","b":"c@d"}', '{"a":"http://h","b":"c@d"}'),
    ],
)
def test_passwords_inside_addresses_are_masked(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


@pytest.mark.parametrize("text", ["a." * 500_000, "a://" * 250_000, "@:/" * 300_000])
def test_lines_of_megabytes_come_through(text: str) -> None:
    # An expression that looks back from each character would not end within the test's timeout.
    assert Redactor(["hunter22"])(text) == text


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("p&ss/wörd", "?key=p%26ss%2Fw%C3%B6rd"),
        ('p"ss\\word', '{"password": "p\\"ss\\\\word"}'),
        ("-----BEGIN-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n", "key: BgkqhkiG9w0B"),
    ],
)
def test_a_secret_is_known_as_addresses_json_and_single_lines_show_it(
    secret: str, text: str
) -> None:
    assert Redactor([secret])(text) in ("?key=***", '{"password": "***"}', "key: ***")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET /?token=hunte…", "GET /?token=***…"),
        ("hunter22… and hun…", "***… and hun…"),
        ('lacks "x hunter…": "it is empty…"', 'lacks "x ***…": "it is empty…"'),
    ],
)
def test_the_start_of_a_secret_that_was_cut_is_masked(text: str, shown: str) -> None:
    assert Redactor(["hunter22"])(text) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("a\rb\x08c", "abc"),
        ("##[error]x", "# #[error]x"),
        ("one\ntwo", "one two"),
        ("\u202egnp.exe", "gnp.exe"),
        ("tab\there", "tab here"),
    ],
)
def test_foreign_lines_lose_what_steers_terminals_and_runners(line: str, shown: str) -> None:
    assert foreign(line) == shown


@given(st.text())
def test_a_foreign_line_is_one_line_without_commands(text: str) -> None:
    shown = foreign(text)
    assert "\n" not in shown
    assert "\r" not in shown
    assert "\x1b" not in shown
    assert "##[" not in shown


@pytest.mark.parametrize(
    ("made_by", "shown"),
    [
        ("RUN |1 NPM_TOKEN=npm_abc /bin/sh -c npm ci # buildkit",
         "RUN |1 NPM_TOKEN=*** /bin/sh -c npm ci # buildkit"),
        ("|3 A=b c PASSPHRASE=correct horse battery VERSION=1.2.3 /bin/bash -euo pipefail -c make",
         "|3 A=b c PASSPHRASE=*** VERSION=1.2.3 /bin/bash -euo pipefail -c make"),
        ("RUN /bin/sh -c API_KEY='a long one' x && curl -H auth=\"x y z\" --password=hunter22;ls",
         "RUN /bin/sh -c API_KEY=*** x && curl -H auth=*** --password=***;ls"),
        ("RUN /bin/sh -c git clone https://oauth2:glpat-1@gitlab.com/a/b && make",
         "RUN /bin/sh -c git clone https://***@gitlab.com/a/b && make"),
        ("RUN /bin/sh -c TOKEN=$(cat /run/secrets/t) AUTH_ENABLED=true KEYBOARD=english make",
         "RUN /bin/sh -c TOKEN=$(cat /run/secrets/t) AUTH_ENABLED=true KEYBOARD=english make"),
        ("COPY /out/listener /usr/local/bin/listener # buildkit",
         "COPY /out/listener /usr/local/bin/listener # buildkit"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_made_a_layer_is_told_without_secrets(made_by: str, shown: str) -> None:
    assert without_secrets(made_by) == shown


@pytest.mark.parametrize("piece", ["a", "A=", " /a", "|1 A=", 'TOKEN="', "://", "TOKEN='a ", "\n"])
def test_a_hostile_history_takes_no_time(piece: str) -> None:
    without_secrets("RUN |1 " + piece * (1_000_000 // len(piece)))
