import io
import tarfile
from pathlib import Path

import pytest

from ci_slim.errors import UsageError
from ci_slim.observe.services import packed_copies
from ci_slim.settings.plans import Copied


def names(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {each.name: (tar.extractfile(each) or io.BytesIO()).read() for each in tar}


def test_files_and_folders_are_copied_to_where_they_would_be_mounted(tmp_path: Path) -> None:
    (tmp_path / "init" / "more").mkdir(parents=True)
    (tmp_path / "init" / "1.sql").write_text("one")
    (tmp_path / "init" / "more" / "2.sql").write_text("two")
    copies = (
        Copied(f"{tmp_path}/init", "/docker-entrypoint-initdb.d", str(tmp_path)),
        Copied(f"{tmp_path}/init/1.sql", "/etc/first.sql", str(tmp_path)),
    )
    assert names(packed_copies("db", copies)) == {
        "docker-entrypoint-initdb.d/1.sql": b"one",
        "docker-entrypoint-initdb.d/more/2.sql": b"two",
        "etc/first.sql": b"one",
    }


@pytest.mark.parametrize("source", ["link", "folder", "missing"])
def test_what_leads_out_of_the_folder_is_refused(source: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="which is no file below the Compose file"):
        packed_copies("db", (Copied(f"{inside}/{source}", "/x", str(inside)),))
