"""`docker run` as people write it into a README."""

import pytest

from ci_slim.start import Repository
from ci_slim.start.docker_run_commands import docker_run


@pytest.mark.parametrize(
    ("text", "env", "ports"),
    [
        ("docker run -e A=b -p 8080:80 app", {"A": "b"}, {8080: 80}),
        ("$ sudo docker run -d \\\n --env=A='b c' --publish 127.0.0.1:9:8 a", {"A": "b c"}, {9: 8}),
        ("- `docker run -p8080:80 -eA=1 app`", {"A": "1"}, {8080: 80}),
        ("docker run -e TOKEN=$TOKEN -e KEY=<yours> -e HOME app", {}, {}),
        ("docker run -p 80 -p a:b -p 1:99999 app", {}, {}),
        ("docker build -e A=b .", {}, {}),
        ("docker run -e 'A=b app", {}, {}),
        ("1. `docker build .`\n2. `docker run -it --rm -p 8088:80 app`", {}, {8088: 80}),
        ("docker run -e A=b db\ndocker run -e B=c x/mine:1", {"B": "c"}, {}),
        ("docker run -e A=b db\ndocker run -e B=c other", {}, {}),
    ],
)  # fmt: skip
def test_variables_and_ports_are_taken(
    text: str, env: dict[str, str], ports: dict[int, int]
) -> None:
    told = docker_run(Repository("x", frozenset({"README.md"}), {"README.md": text}), ".", {"mine"})
    assert (told.env, told.ports) == (env, ports)
