"""An image that was built here differs from one that was loaded, such as the slim one, also in the
times of its files: they have fractions of a second."""

from pathlib import Path

from command import ci_slim
from daemons import Store
from recipes import NAMES

PAGE = """
FROM debian:trixie-slim
RUN echo tea > /srv/tea && dd if=/dev/urandom of=/opt/unused bs=1k count=64
CMD ["sleep", "600"]
"""
SETTINGS = """
version: 1
images:
  times:
    image: {image}
    run: {{ready: none}}
    slim: {{safety: tight}}
    probes:
      - exec: stat --format %y /srv/tea
"""


def test_what_a_loaded_image_answers_differently_is_no_difference_of_the_slim_one(
    overlay2: Store, tmp_path: Path
) -> None:
    image, slim = f"{NAMES}/file-times", f"{NAMES}/file-times-slim"
    overlay2.build_text(PAGE, image)
    time = overlay2.docker("run", "--rm", image, "stat", "--format", "%y", "/srv/tea").stdout
    assert b".000000000" not in time, "the built image has no fractions, so nothing is tested"
    (settings := tmp_path / "settings.yml").write_text(SETTINGS.format(image=image))
    try:
        done = ci_slim(overlay2, ["run", "--config", str(settings), "--tag", slim], tmp_path)
        (platform,) = done.platforms
        assert (done.code, platform["verified"], platform["rounds"]) == (0, True, 1), done.stderr
        (warning,) = [each for each in platform["warnings"] if "/srv/tea" in each]
        assert warning.endswith("; a copy of the fat image with all its files differs, too")
        names = overlay2.docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout
        assert done.run_id.encode() not in names
    finally:
        overlay2.docker("rmi", "--force", image, slim, check=False)
