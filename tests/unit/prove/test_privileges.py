"""Tests programs that gain privileges: how they are found, and as which user strace starts them."""

import pytest
from small_image import SmallImage

from ci_slim.image.config import ImageConfig
from ci_slim.observe.observation import How, Observation
from ci_slim.observe.run_spec import Privileges, RunSpec
from ci_slim.platforms import Platform
from ci_slim.prove.privileges import gaining, with_privileges
from ci_slim.settings.plans import RunPlan

PASSWD = "root:x:0:0:root:/root:/bin/sh\nkeeper:x:1600:42:,,,:/home/keeper:/bin/sh\n"
IMAGE = SmallImage(
    {"/etc/passwd": PASSWD, "/bin/su": b"", "/bin/sh": b"", "/bin/wall": b"", "/bin/s": "-> su"},
    owners={"/bin/su": (0o4755, 0, 0), "/bin/wall": (0o2755, 0, 5)},
)


def test_executed_files_with_privileges_are_found_through_links() -> None:
    uses = dict.fromkeys(("/bin/s", "/bin/sh", "/bin/wall", "/gone"), How.EXEC)
    seen = Observation({**uses, "/bin/su": How.OPEN})
    assert gaining(seen, IMAGE.index()) == ("/bin/s", "/bin/wall")


@pytest.mark.parametrize(
    ("user", "given"),
    [
        ("", Privileges()),
        ("root", Privileges()),
        ("0:0", Privileges()),
        ("keeper", Privileges("keeper", "/home/keeper")),
        ("1600", Privileges("keeper", "/home/keeper")),
        ("keeper:99", Privileges("1600:99", "/home/keeper")),
        ("keeper:adm", Privileges("1600:42", "/home/keeper")),
        ("4000", Privileges("4000:0", "/")),
        ("4000:7", Privileges("4000:7", "/")),
        ("nobody-known", Privileges()),
    ],
)
def test_strace_starts_the_application_as_the_image_s_user(user: str, given: Privileges) -> None:
    config = ImageConfig({"config": {"User": user}})
    for run in (RunPlan(), RunPlan(user=user)):
        other = config if run.user is None else ImageConfig({"config": {"User": "other"}})
        spec = RunSpec("fat", Platform("linux", "amd64"), other, run, (), "fat")
        assert with_privileges(spec, IMAGE.index(), IMAGE).privileges == given
