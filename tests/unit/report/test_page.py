"""report.html: what is in it, without a browser."""

import gzip
import json
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from reports import ARM64, digest, of, replaced, sample, sizes
from small_image import SmallImage

from ci_slim.image.sizes import ImageSizes, LayerSize
from ci_slim.report.page.boxes import FOLDER, SMALL, File, boxes
from ci_slim.report.page.files import file_table
from ci_slim.report.page.render import to_html
from ci_slim.result import Baseline, PlatformReport, ProbeReport, ProbeRun

GOOD = sample().images[0].platforms[0]
IMAGE = SmallImage(
    {
        "/usr/bin/app": "x" * 4000,
        "/usr/bin/curl": "x" * 3000,
        "/etc/\udcff": "x" * 7,
        "/var/lib/dpkg/info/curl.list": "/usr/bin/curl\n",
    },
    hardlinks={"/bin/app2": "/usr/bin/app"},
)


def test_every_file_is_listed_with_what_became_of_it() -> None:
    table = file_table(IMAGE.index(), IMAGE, {"/usr/bin/app": ("exec", "stat")})
    value = json.loads(gzip.decompress(table.to_bytes()))
    assert value["paths"] == [
        "/bin/app2",
        "/etc/\\xff",
        "/usr/bin/curl",
        "/var/lib/dpkg/info/curl.list",
    ]
    assert value["sizes"] == [4000, 7, 3000, 14]
    assert [value["package_names"][n] if n >= 0 else "" for n in value["packages"]] == [
        "",
        "",
        "curl",
        "",
    ]
    # The inode is kept under its other name.
    assert [value["reason_names"][n] if n >= 0 else "" for n in value["reasons"]] == [
        "exec; stat",
        "",
        "",
        "",
    ]


def test_what_was_not_slimmed_is_kept_entire() -> None:
    table = file_table(IMAGE.index(), IMAGE, None)
    assert set(table.reasons) == {0}
    assert table.reason_names == ["not slimmed"]


def test_secrets_are_hidden_before_the_list_is_packed() -> None:
    table = file_table(IMAGE.index(), IMAGE, None)
    packed = table.to_bytes(lambda text: text.replace("curl", "***"))
    assert b"curl" not in gzip.decompress(packed)


def test_boxes_lie_within_their_folder_and_are_as_large_as_their_bytes() -> None:
    files = [File("/a/x", 600, 0, -1, 0), File("/a/y", 200, 0, -1, -1), File("/b", 200, 1, -1, -1)]
    found = {box.name: box for box in boxes(files, lambda _: "")}
    assert {name: (box.size, box.kept, box.file) for name, box in found.items()} == {
        "": (1000, 600, FOLDER),
        "/a": (800, 600, FOLDER),
        "/a/x": (600, 600, 0),
        "/a/y": (200, 0, 1),
        "/b": (200, 0, 2),
    }
    outer, inner = found["/a"], found["/a/x"]
    assert outer.x <= inner.x
    assert inner.x + inner.width <= outer.x + outer.width + 0.2
    shares = outer.width * outer.height / (1600 * 900), found["/b"].width * found["/b"].height
    assert abs(shares[0] - 0.8) < 0.01
    assert abs(shares[1] / (1600 * 900) - 0.2) < 0.01


def test_a_folder_has_room_for_its_title_unless_it_holds_only_a_folder() -> None:
    files = [File("/usr/lib/x", 600, 0, -1, 0), File("/usr/lib/y", 200, 0, -1, -1)]
    found = {box.name: box for box in boxes(files, lambda _: "")}
    outer, inner, file = found["/usr"], found["/usr/lib"], found["/usr/lib/x"]
    assert outer.y == inner.y
    assert file.y - inner.y == 28


def test_files_too_small_to_be_seen_share_a_box() -> None:
    files = [File("/big", 10**9, 0, -1, 0), *(File(f"/s{n}", 1, 0, -1, 0) for n in range(50))]
    found = boxes(files, lambda _: "")
    assert [(box.name, box.size, box.file) for box in found] == [
        ("", 10**9 + 50, FOLDER),
        ("/big", 10**9, 0),
        ("/…", 50, SMALL),
    ]


def test_the_policy_names_the_only_style_and_the_only_script() -> None:
    page = to_html(sample(), {("listener", "linux/arm/v6"): b"x"})
    assert page.count("<script>") == page.count("<style>") == 1
    assert "default-src &#x27;none&#x27;" in page
    assert not re.search(r"\son[a-z]+=|\sstyle=|(?:src|href)=", page)
    addresses = set(re.findall(r"https?://[^\s\"<]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_the_page_says_what_the_comment_says() -> None:
    page = to_html(sample())
    for words in (
        "over budget on arm64, skipped on amd64; pull 2.8 MB to 3.1 MB",
        "<b>3.1 / 3 MB, 104 %</b>",
        "pull 3.1 MB is over 3 MB by 100 kB (+3.3 %)",
        "keep:\n  - &quot;/etc/ssl/certs/ca.pem&quot;\n  - &quot;/lib/libz.so.1&quot;",
        "<code>POST /poc/api/v1.0/post</code>",
        "<code>COPY part0 /</code>",
    ):
        assert words in page


@given(st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=80))
def test_foreign_text_adds_no_element(text: str) -> None:
    def tags(text: str) -> list[str]:
        failed = PlatformReport(ARM64, "failed", reason=text, warnings=(text,))
        changed = replaced(GOOD, healed=(text,), explained=(text,), warnings=(text,))
        return re.findall(r"<[a-z/!][^\s>]*", to_html(of(changed, failed, name=text)))

    assert tags(f"<b>{text}") == tags("word")


def layered(*layers: LayerSize) -> ImageSizes:
    return replace(sizes("a", 900, 900), layers=layers)


def test_layers_are_marked_that_the_other_image_or_the_baseline_has() -> None:
    both = LayerSize(digest("1"), 500, 800, "COPY data /", digest("4"))
    fat = layered(both, LayerSize(digest("2"), 9, 100, "RUN x", digest("5"), base=True))
    # The same tar, compressed once more.
    slim = layered(replace(both, digest=digest("6")), LayerSize(digest("3"), 1, 1, "", digest("7")))
    old = Baseline("file x", "app:1", digest("9"), 1, 1, shared_layers=(1, 7))
    page = to_html(of(replaced(GOOD, fat=fat, slim=slim, baseline=old)))
    assert "<p>The baseline has 1 of 2 layers. " in page
    rows = [
        (*re.findall(r'<rect class="(\w*)"', row), *re.findall(r"<small>(.*?)</small>", row))
        for row in re.findall(r"<tr>.*?</tr>", page.partition("<h4>Fat</h4>")[2])
        if "<rect" in row
    ]
    assert rows == [
        ("same", "also in the slim image"),
        ("base",),
        ("same", "also in the fat image"),
        ("same", "also in the baseline"),
    ]
    unknown = to_html(of(replaced(GOOD, baseline=replace(old, shared_layers=None))))
    assert "The baseline has" not in unknown


def test_the_bars_of_both_images_have_one_scale_and_reasons_have_their_bytes() -> None:
    assert GOOD.kept is not None
    kept = replace(GOOD.kept, bytes_by_reason={"exec": 4_200_000})
    page = to_html(of(replaced(GOOD, kept=kept)))
    fat, slim = page.partition("<h4>Fat</h4>")[2].split("<h4>Slim</h4>")
    assert 'height="12" width="100"' in fat
    # 6.7 MB of 871 MB are less than the narrowest bar.
    assert re.findall(r'height="12" width="(\d+)"', slim) == ["1", "1"]
    row = '<td><code>exec</code></td><td class="number">1</td><td class="number">4.2 MB</td>'
    assert row in page


def test_a_probe_that_failed_is_named_and_is_no_path_to_keep() -> None:
    failed = ProbeReport("GET /<b>", "http", ProbeRun(True, 200, 1), ProbeRun(False, 500, 1))
    page = to_html(of(replaced(GOOD, probes=(failed,), verified=False)))
    assert "1 probe failed:\n<code>GET /&lt;b&gt;</code>\n</li>" in page
    assert '<pre tabindex="0">keep:' not in page
