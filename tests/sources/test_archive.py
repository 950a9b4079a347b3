"""Archives as folders: what is read of good ones, and what hostile ones come to."""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import datalint
from datalint.measure import decode, known_facts
from datalint.report import Report
from datalint.sources import Folder, Item, LocalFile, archive, streamed
from datalint.sources.members import Listing
from datalint.sources.spool import Spool
from tests.dataset.test_guard import coco
from tests.sources import one_dataset
from tests.sources.one_dataset import encoded, put
from tests.sources.test_equal import findings

PICTURE = encoded(np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8))
FORMS = {"tar": "w", "tgz": "w:gz", "tar.bz2": "w:bz2", "tar.xz": "w:xz"}
_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=180).filter(
    lambda name: name not in (".", "..")
)
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)


def item(file: Path) -> LocalFile:
    return Folder(os.fsencode(file.parent)).item(os.fsencode(file.name), file.stat().st_size)


def opened(file: Path) -> tuple[Listing, dict[bytes, bytes]]:
    """What is listed, and the content of each member."""
    spool = Spool()
    listing, known = archive.listed(item(file), lambda _: True, spool)
    inside = archive.members(listing, known)
    found = {}
    for member in listing.members:
        one = inside.item(b"x/" + member.name, member.name, None)
        assert one is not None
        again = pickle.loads(pickle.dumps(one))
        with again.open() as stream:
            content = stream.read()
        assert one.read() == content
        assert one.read(5) == content[:5]
        assert one.ends(7, 3) == (content[:7], content[-3:])
        assert one.size == len(content)
        found[member.name] = content
    return listing, found


def scanned(place: Path, **options: Any) -> Report:
    return datalint.scan(place, ignore=["DL9"], isolated=True, no_cache=True, jobs=1, **options)


def skipped(report: Report) -> dict[str, str]:
    return dict(report.tables["skipped"].select("path", "reason").iter_rows())


def problems(report: Report) -> dict[str, str]:
    return dict(report.tables["problems"].select("file", "reason").iter_rows())


@settings(max_examples=40, deadline=None)
@given(
    files=st.dictionaries(_PATHS, st.binary(max_size=1500), max_size=8),
    form=st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    mode=st.sampled_from([*FORMS.items()]),
)
def test_every_tar_is_listed_as_tarfile_does(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], form: int, mode: tuple[str, str]
) -> None:
    file = tmp_path_factory.mktemp("tar") / f"a.{mode[0]}"
    with tarfile.open(file, mode[1], format=form, encoding="utf-8") as made:  # type: ignore[call-overload]
        for path, content in files.items():
            try:
                put(made, path, content)
            except ValueError:  # USTAR has no room for a long name
                continue
    with tarfile.open(file) as known:
        expected = {member.name: known.extractfile(member) for member in known.getmembers()}
        wanted = {os.fsencode(name): stream.read() for name, stream in expected.items() if stream is not None}
    listing, found = opened(file)
    assert found == wanted
    assert listing.fault is None
    assert listing.left == []


@settings(max_examples=40, deadline=None)
@given(
    files=st.dictionaries(_PATHS, st.binary(max_size=1500), max_size=8),
    codec=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
)
def test_every_zip_is_read_as_zipfile_does(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], codec: int
) -> None:
    file = tmp_path_factory.mktemp("zip") / "a.zip"
    with zipfile.ZipFile(file, "w", codec) as made:
        for path, content in files.items():
            made.writestr(path, content)
    assert opened(file)[1] == {path.encode(): content for path, content in files.items()}


def test_a_large_member_is_a_stream(tmp_path: Path) -> None:
    large = np.random.default_rng(0).bytes(3 << 20)
    with tarfile.open(tmp_path / "a.tar", "w") as made:
        put(made, "first", b"before")
        put(made, "large", large)
        put(made, "last", b"after")
    assert opened(tmp_path / "a.tar")[1] == {b"first": b"before", b"large": large, b"last": b"after"}
    listing, known = archive.listed(item(tmp_path / "a.tar"), lambda _: True, Spool())
    one = archive.members(listing, known).item(b"x/large", b"large", None)
    assert one is not None
    with one.open() as stream:
        assert stream.seek(-10, os.SEEK_END) == len(large) - 10
        assert stream.read() == large[-10:]
        stream.seek(100)
        assert stream.read(7) == large[100:107]


def test_an_archive_that_changed_is_not_read(tmp_path: Path) -> None:
    one_dataset.as_tar(tmp_path / "a.tar")
    listing, known = archive.listed(item(tmp_path / "a.tar"), lambda _: True, Spool())
    one = archive.members(listing, known).item(b"x", listing.members[0].name, None)
    assert one is not None
    with (tmp_path / "a.tar").open("ab") as file:
        file.write(bytes(512))
    with pytest.raises(OSError, match="has changed since it was listed"):
        one.read()


def hostile(made: tarfile.TarFile) -> None:
    put(made, "good/1.png", PICTURE)
    put(made, "../outside.png", PICTURE)
    put(made, "/etc/absolute.png", PICTURE)
    put(made, "good/../../more.png", PICTURE)
    put(made, "good/link.png", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    put(made, "good/hard.png", b"", type=tarfile.LNKTYPE, linkname="good/1.png")
    put(made, "good/device.png", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5)
    put(made, "good/pipe.png", b"", type=tarfile.FIFOTYPE)
    put(made, "good/twice.png", b"the first one")
    put(made, "good/twice.png", encoded(np.full((48, 64, 3), 99, np.uint8)))
    put(made, "good/inner.zip", b"PK\3\4")
    put(made, ".hidden/2.png", PICTURE)
    put(made, "good/._1.png", b"x")


@pytest.mark.parametrize("name", FORMS)
def test_a_hostile_archive_is_told_and_nothing_is_unpacked(tmp_path: Path, name: str) -> None:
    place = tmp_path / "data"
    place.mkdir()
    with tarfile.open(place / f"a.{name}", FORMS[name]) as made:  # type: ignore[call-overload]
        hostile(made)
    report = scanned(place)
    at = f"a.{name}/"
    assert set(report.tables["images"]["path"]) == {f"{at}good/1.png", f"{at}good/twice.png"}
    assert set(report.tables["images"]["status"]) == {"ok"}
    assert skipped(report) == {
        f"{at}../outside.png": "its name leads out of the archive; not read",
        f"{at}/etc/absolute.png": "its name leads out of the archive; not read",
        f"{at}good/../../more.png": "its name leads out of the archive; not read",
        f"{at}good/link.png": "a link in an archive; links in there are not followed",
        f"{at}good/hard.png": "a link in an archive; links in there are not followed",
        f"{at}good/device.png": "a device or pipe in an archive; never made",
        f"{at}good/pipe.png": "a device or pipe in an archive; never made",
        f"{at}good/twice.png": "the archive holds it more than once; the last one counts",
        f"{at}good/inner.zip": "an archive in an archive; not read",
        f"{at}.hidden": "a hidden folder, not entered",
        f"{at}good/._1.png": "an AppleDouble file, which macOS writes beside files on other file systems",
    }
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["data", f"a.{name}"])


def test_a_hostile_zip(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("1.png", PICTURE)
        made.writestr("../2.png", PICTURE)
        made.writestr(link, "/etc/passwd")
        made.writestr("3.png", b"first")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("3.png", PICTURE)
        made.writestr("4.png", PICTURE, zipfile.ZIP_BZIP2)
    report = scanned(tmp_path)
    images = report.tables["images"].select("path", "status", "cause").rows()
    assert images == [
        ("a.zip/1.png", "ok", None),
        ("a.zip/3.png", "ok", None),
        (
            "a.zip/4.png",
            "unreadable",
            "it is packed with bzip2, which is not read; pack it with deflate, or not at all",
        ),
    ]
    assert skipped(report) == {
        "a.zip/../2.png": "its name leads out of the archive; not read",
        "a.zip/link.png": "a link in an archive; links in there are not followed",
        "a.zip/3.png": "the archive holds it more than once; the last one counts",
    }


def damaged(content: bytes, what: str) -> bytes:
    """A zip archive with one bit set or other bytes."""
    central = content.rindex(b"PK\1\2")
    made = bytearray(content)
    if what == "encrypted":
        made[central + 8] |= 1
    elif what == "bytes":
        made[60] ^= 255
    elif what == "size":
        made[central + 24] ^= 1
    elif what == "header":
        made[0] = 0
    return bytes(made)


@pytest.mark.parametrize(
    ("what", "cause"),
    [
        ("encrypted", "it is encrypted in the archive"),
        ("bytes", "its checksum in the archive is that of other bytes"),
        ("size", "the archive states two sizes of it"),
        ("header", "there is no header where the archive says that it lies"),
    ],
)
def test_a_member_that_cannot_be_read(tmp_path: Path, what: str, cause: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("1.png", PICTURE)
    (tmp_path / "a.zip").write_bytes(damaged((tmp_path / "a.zip").read_bytes(), what))
    (image,) = scanned(tmp_path).tables["images"].select("path", "status", "cause").rows()
    assert image == ("a.zip/1.png", "unreadable", cause)


def test_zeros_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member of a zip that unpacks to 2 GB costs itself, in little time, memory and no disk."""
    member = io.BytesIO()
    with zipfile.ZipFile(member, "w", zipfile.ZIP_DEFLATED) as made, made.open("0.png", "w", force_zip64=True) as out:
        for _ in range(300):
            out.write(bytes(1 << 20))
    (tmp_path / "a.zip").write_bytes(member.getvalue())
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as made:
        made.writestr("1.png", PICTURE)
    images = scanned(tmp_path).tables["images"]
    assert images["cause"].to_list() == ["it unpacks to 314,572,800 bytes, more than the limit of 268,435,456", None]


def test_a_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    """No more is unpacked than the archive says."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("1.png", bytes(50 << 20))
    content = bytearray((tmp_path / "a.zip").read_bytes())
    central = content.rindex(b"PK\1\2")
    content[central + 24 : central + 28] = (100).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    (image,) = scanned(tmp_path).tables["images"].select("status", "cause").rows()
    assert image == ("unreadable", "the archive says that it has 100 bytes, and it has others")


def test_members_that_lie_over_each_other(tmp_path: Path) -> None:
    """A hundred entries of one member: the first one is read."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("00.png", PICTURE)
        (entry,) = made.infolist()
        for number in range(1, 100):
            again = copy.copy(entry)
            again.filename = again.orig_filename = f"{number:02}.png"
            made.filelist.append(again)
    images = scanned(tmp_path).tables["images"]
    assert images["status"].to_list() == ["ok"] + 99 * ["unreadable"]
    assert set(images["cause"][1:]) == {"it lies over another member of the archive"}


def test_an_archive_that_takes_too_long_costs_itself(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(PICTURE)
    with tarfile.open(tmp_path / "a.tar.bz2", "w:bz2") as made:
        put(made, "0.mp4", bytes(600 << 20))
        put(made, "1.png", PICTURE)
    report = scanned(tmp_path, limits="label-seconds=0.3")
    assert report.tables["images"]["path"].to_list() == ["1.png"]
    assert problems(report)["a.tar.bz2"].startswith("cannot be read: reading it was stopped after")
    assert "DL401" in set(report.findings["code"])


def test_a_compressed_archive_is_unpacked_within_a_limit(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as made:
        put(made, "0.png", PICTURE)
        put(made, "1.png", bytes(3 << 20))
        put(made, "2.png", PICTURE)
        put(made, "3.mp4", bytes(3 << 20))
    report = scanned(tmp_path, limits="unpacked-disk=0.001")
    assert report.tables["images"].select("path", "status", "cause").rows() == [
        ("a.tgz/0.png", "ok", None),
        (
            "a.tgz/1.png",
            "unreadable",
            "what archives unpack to would take more than 1,073,741 bytes; unpack them, or allow more (--limit)",
        ),
        ("a.tgz/2.png", "ok", None),
    ]


def test_members_of_a_compressed_archive_lie_in_a_file(tmp_path: Path) -> None:
    one_dataset.as_tar(tmp_path / "a.tgz", "w:gz")
    report = scanned(tmp_path / "a.tgz")
    spool = report.dataset.spool
    assert spool is not None
    held = sum(path.stat().st_size for path in Path(spool.folder).iterdir())
    assert held == sum(map(len, one_dataset.files().values()))
    os_path, size = report.tables["images"].select("os_path", "bytes").row(5)
    assert report.dataset.item(os_path, size).read() == [*one_dataset.files().values()][5]


@pytest.mark.parametrize("name", ["a.tgz", "damaged.tgz"])
def test_nothing_is_left_on_the_disk(tmp_path: Path, name: str) -> None:
    (tmp_path / "temporary").mkdir()
    one_dataset.as_tar(tmp_path / name, "w:gz")
    if name == "damaged.tgz":
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:9000])
    command = [sys.executable, "-m", "datalint", "scan", str(tmp_path / name), "--ignore", "DL9", "--no-cache"]
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode == 1
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_folder_without_compressed_archives_needs_no_disk(tmp_path: Path) -> None:
    one_dataset.as_tar(tmp_path / "a.tar")
    spool = scanned(tmp_path).dataset.spool
    assert spool is not None
    assert not Path(spool.folder).exists()


@pytest.mark.parametrize("name", [name for name in FORMS if name != "tar.bz2"])  # whose blocks are larger
def test_an_archive_that_ends_early(tmp_path: Path, name: str) -> None:
    """What lies before the end is read, and the loss is an error."""
    file = tmp_path / f"a.{name}"
    with tarfile.open(file, FORMS[name]) as made:  # type: ignore[call-overload]
        for number in range(4):
            put(made, f"{number}.png", np.random.default_rng(number).bytes(70_000) + b"x")
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 5 // 8])
    report = scanned(tmp_path)
    paths = report.tables["images"]["path"].to_list()
    assert paths[:1] == [f"a.{name}/0.png"]
    assert len(paths) < 4
    reason = problems(report)[f"a.{name}"]
    assert reason.startswith("the archive was not read to its end: it")
    assert "DL401" in set(report.findings["code"])
    assert report.exit_code == 1


@pytest.mark.parametrize("name", ["a.tar", "a.zip", "a.tgz", "a.tar.xz", "a.tar.bz2"])
@pytest.mark.parametrize("content", [b"", b"x" * 3000, bytes(3000), b"<html>not found</html>"])
def test_what_is_not_an_archive_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    Image.new("RGB", (64, 48)).save(tmp_path / "1.png")
    report = scanned(tmp_path)
    assert report.tables["images"]["path"].to_list() == ["1.png"]
    assert name in skipped(report)
    is_empty_tar = name == "a.tar" and content == bytes(3000)
    assert (name in problems(report)) != is_empty_tar


def test_an_archive_of_other_things_is_one_file(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "1.png")
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as made:
        for name in ("a.py", "b.py", "c.py", "d.py", "README.md", "package.json", "logo.png"):
            made.writestr(name, "x = 1")
    report = scanned(tmp_path)
    assert skipped(report) == {
        "code.zip": "an archive of other things: most of its files are neither images nor labels"
    }


def test_a_sample_may_have_more_arrays_than_images(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as made:
        for name in ("1.jpg", "1.depth.npy", "1.flow.npy", "1.pose.npy"):
            put(made, name, PICTURE)
    assert scanned(tmp_path).tables["images"]["path"].to_list() == ["a.tar/1.jpg"]


def test_an_archive_beside_what_was_unpacked_from_it_counts_once(tmp_path: Path) -> None:
    one_dataset.as_folder(tmp_path / "unpacked data")
    one_dataset.as_zip(tmp_path / "a.zip")
    report = scanned(tmp_path)
    assert report.tables["images"].height == 60
    assert skipped(report) == {"a.zip": "an archive of what lies in unpacked data; 1 of its 60 files are not there"}
    (tmp_path / "a.zip").unlink()
    assert findings(report) == findings(scanned(tmp_path))


def test_a_compressed_archive_beside_a_folder_of_its_name_is_not_unpacked(tmp_path: Path) -> None:
    one_dataset.as_folder(tmp_path / "data")
    one_dataset.as_tar(tmp_path / "data.tar.gz", "w:gz")
    reason = "a compressed archive beside a folder of its name, which is read instead"
    assert skipped(scanned(tmp_path)) == {"data.tar.gz": reason}
    asked = scanned(tmp_path / "data.tar.gz").tables["images"]["path"]
    assert {path.partition("/")[0] for path in asked} == {"data.tar.gz"}


def test_label_files_in_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as made:
        for number in range(6):
            made.writestr(f"set/images/{number}.png", encoded(np.full((48, 64, 3), 30 * number, np.uint8), "PNG"))
            made.writestr(f"set/labels/{number}.txt", "0 0.5 0.5 0.2 0.2\n" + ("x\n" if number == 3 else ""))
        made.writestr("set/data.yaml", "names: [cat]\ntrain: images\nval: images\n")
    report = scanned(tmp_path)
    assert report.dataset.layouts == ("yolo",)
    assert report.tables["boxes"].height == 6
    assert problems(report).keys() == {"set.zip/set/labels/3.txt"}


def test_a_label_file_in_an_archive_that_takes_too_long_costs_that_file(tmp_path: Path) -> None:
    coco(tmp_path, "small.json", 1)
    coco(tmp_path, "big.json", 800_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("0.png", PICTURE)
        for name in ("small.json", "big.json"):
            made.write(tmp_path / name, name)
            (tmp_path / name).unlink()
        made.writestr("1.png", PICTURE, zipfile.ZIP_BZIP2)
    report = scanned(tmp_path, limits="label-seconds=1")
    assert report.tables["boxes"]["file"].to_list() == ["a.zip/small.json"]
    assert problems(report).keys() == {"a.zip/big.json"}
    assert problems(report)["a.zip/big.json"].startswith("cannot be read: reading it was stopped after")
    assert report.tables["images"]["status"].to_list() == ["ok", "unreadable"]


def test_the_archive_itself_is_scanned(tmp_path: Path) -> None:
    one_dataset.as_tar(tmp_path / "a.tar")
    (tmp_path / "other.png").write_bytes(PICTURE)
    report = scanned(tmp_path / "a.tar")
    assert report.tables["images"].height == 60
    assert report.dataset.root == tmp_path


def test_members_are_excluded_like_files(tmp_path: Path) -> None:
    one_dataset.as_tar(tmp_path / "a.tar")
    paths = scanned(tmp_path, exclude=["a.tar/test", "*.tar/train/cat/000*"]).tables["images"]["path"]
    assert not any("/test/" in path or "/cat/000" in path for path in paths)
    assert len(paths) > 40


def test_facts_are_kept_by_the_stamp_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    one_dataset.as_tar(data / "a.tar")
    monkeypatch.delenv("DATALINT_NO_CACHE")
    time.sleep(known_facts._TICK_NS / 1e9 * 1.2)

    def scan() -> Report:
        return datalint.scan(data, ignore=["DL9"], isolated=True, cache_dir=cache, jobs=0)

    first = scan()
    examined: list[object] = []

    def examine(one: Item, level: decode.Level) -> object:
        examined.append(one)
        return decode.examine(one, level)

    with monkeypatch.context() as patch:
        patch.setattr("datalint.measure.batch.examine", examine)
        second = scan()
    assert examined == [], "nothing is measured again"
    assert second.tables["images"].equals(first.tables["images"])
    assert second.findings.equals(first.findings)


def test_without_zstandard_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(streamed, "import_module", missing)
    (tmp_path / "a.tar.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    with pytest.raises(OSError, match="the extra datalint-vision\\[zstd\\]"):
        archive.listed(item(tmp_path / "a.tar.zst"), lambda _: True, Spool())


def test_with_zstandard(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    one_dataset.as_tar(tmp_path / "a.tar")
    (tmp_path / "b.tar.zst").write_bytes(zstandard.compress((tmp_path / "a.tar").read_bytes()))
    assert opened(tmp_path / "b.tar.zst")[1] == opened(tmp_path / "a.tar")[1]


@pytest.mark.parametrize("name", ["a.tar", "a.parquet"])
def test_a_link_out_of_the_dataset_to_one_is_not_opened(tmp_path: Path, name: str) -> None:
    """Names of members, and label files in there, would be quoted."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "data").mkdir()
    one_dataset.as_tar(tmp_path / "outside" / "a.tar")
    one_dataset.table("train").write_parquet(tmp_path / "outside" / "a.parquet")
    (tmp_path / "data" / "1.png").write_bytes(PICTURE)
    (tmp_path / "data" / name).symlink_to(tmp_path / "outside" / name)
    report = scanned(tmp_path / "data")
    assert report.tables["images"]["path"].to_list() == ["1.png"]
    followed = scanned(tmp_path / "data", follow_links=True)
    assert followed.tables["images"].height > 40


def test_a_link_within_the_dataset_to_one_is(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    one_dataset.as_tar(tmp_path / "store" / "x")
    (tmp_path / "a.tar").symlink_to(tmp_path / "store" / "x")
    assert scanned(tmp_path).tables["images"].height == 60
