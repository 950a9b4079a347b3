"""The user's own embeddings: what they find, and how a bad file is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint import scan
from datalint.config.settings import Config, ConfigError
from datalint.probe import embeddings
from datalint.report import Report

PATHS = pl.Series([f"{number:03}.png" for number in range(6)])
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], NDArray[np.int64]]:
    """A folder of 120 pictures of noise in two class folders, their sorted paths, and what each really is.

    Every twentieth lies in the wrong folder.
    """
    root = tmp_path_factory.mktemp("drawn")
    truth = {}
    for number in range(120):
        label = number % 2
        folder = f"class {1 - label if number % 20 == 3 else label}"
        (root / folder).mkdir(exist_ok=True)
        noise = RNG.integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(noise).save(root / folder / f"{number:03}.png")
        truth[f"{folder}/{number:03}.png"] = label
    paths = sorted(truth)
    return root, paths, np.array([truth[path] for path in paths])


def good(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """The class as one of four numbers, with noise."""
    return (np.eye(4)[labels] + 0.2 * np.random.default_rng(1).normal(size=(len(labels), 4))).astype(np.float32)


def scanned(root: Path, **options: object) -> Report:
    return scan(root, select=["DL9"], isolated=True, device="cpu", jobs=0, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["npy", "list", "array", "columns"])
def test_wrong_labels_are_found(form: str, drawn: tuple[Path, list[str], NDArray[np.int64]], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("cleanlab")
    root, paths, truth = drawn
    values = good(truth)
    file = tmp_path / f"mine.{'npy' if form == 'npy' else 'parquet'}"
    if form == "npy":
        np.save(file, values)
    else:
        mixed = np.random.default_rng(2).permutation(len(paths))
        frame = pl.DataFrame({"path": ["./" + paths[row] for row in mixed]})
        if form == "columns":
            frame = frame.with_columns(pl.Series(f"x{column}", values[mixed, column]) for column in range(4))
        else:
            vectors = pl.Series("embedding", values[mixed], dtype=pl.Array(pl.Float32, 4))
            frame = frame.with_columns(vectors.cast(pl.List(pl.Float32)) if form == "list" else vectors)
        frame[:-1].vstack(frame[:1].with_columns(path=pl.lit("elsewhere.png"))).write_parquet(file)
    report = scanned(root, embeddings=file)
    outcome, table = report.dataset.probe_outcome, report.tables["probe"]
    assert outcome is not None
    assert outcome.ran
    assert "4 numbers for each of" in outcome.design
    assert "mine" in outcome.design
    wrong = np.array([path.startswith(f"class {1 - label}") for path, label in zip(paths, truth, strict=True)])
    assessed = table.filter(pl.col("tier") != "not-assessed")
    worst = set(assessed.sort("quality")["path"].head(int(wrong.sum())))
    hidden = set(table.filter(pl.col("tier") == "not-assessed")["path"])
    assert worst >= {path for path, odd in zip(paths, wrong, strict=True) if odd} - hidden
    if form == "npy":
        assert not outcome.not_assessed
    else:
        assert outcome.not_assessed == {embeddings.LACKING: 1}
        assert hidden == {paths[mixed[-1]]}
        assert "1 rows of the file belong to no image" in outcome.design


def test_bad_files_are_told_before_the_work(drawn: tuple[Path, list[str], NDArray[np.int64]], tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("cleanlab")
    root, paths, _ = drawn
    np.save(tmp_path / "short.npy", np.zeros((3, 4)))
    with pytest.raises(ConfigError, match=f"short.npy: has 3 rows, but the dataset has {len(paths)} images"):
        scanned(root, embeddings=tmp_path / "short.npy")
    # what needs no probe reads none
    assert scan(root, select=["DL101"], isolated=True, jobs=0, embeddings=tmp_path / "short.npy").exit_code == 0


def told(file: Path) -> str:
    with pytest.raises(ConfigError) as refusal:
        embeddings.read(file, PATHS)
    message = str(refusal.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def test_what_is_wrong_with_an_npy_file(tmp_path: Path) -> None:
    file = tmp_path / "e.npy"
    assert "No such file" in told(file)
    assert ".npy and .parquet" in told(tmp_path / "e.csv")
    for content in (b"", b"\x93NUMPY", b"no numbers"):
        file.write_bytes(content)
        assert "damaged" in told(file)
    np.save(file, np.array([{}] * 6), allow_pickle=True)
    assert "damaged, or not a .npy file of numbers" in told(file)
    for array, said in (
        (np.zeros(6), r"shape (6,)"),
        (np.zeros((6, 0)), r"shape (6, 0)"),
        (np.zeros((6, 2, 2)), r"shape (6, 2, 2)"),
        (np.zeros((5, 2)), "5 rows"),
        (np.zeros((6, 2), np.int64), "int64"),
        (np.zeros((6, 2), np.complex64), "complex64"),
        (np.array([[0.0, 1.0]] * 4 + [[0.0, np.nan]] * 2), "row 4 holds a NaN"),
        (np.array([[1e300, 1.0]] * 6), "row 0 holds"),
    ):
        np.save(file, array)
        assert said in told(file)
    np.save(file, np.zeros((6, 2)))
    whole = file.read_bytes()
    file.write_bytes(whole[:-8])
    assert "damaged" in told(file)


def test_what_is_wrong_with_a_parquet_file(tmp_path: Path) -> None:
    file = tmp_path / "e.parquet"
    assert "No such file" in told(file)
    file.write_bytes(b"PAR1 and no more")
    assert "cannot be read as Parquet" in told(file)
    some, vectors = list(PATHS), [[1.0, 2.0]] * 6
    for columns, said in (
        ({"path": some, "a": [1.0] * 6}, "neither a column of vectors"),
        ({"path": some, "a": [1] * 6, "b": [1] * 6}, "neither a column of vectors"),
        ({"x": some, "y": some, "embedding": vectors}, "no text column"),
        ({"path": some, "a": vectors, "b": vectors}, "several columns of vectors"),
        ({"path": [*some[:5], None], "e": vectors}, "1 rows without a path"),
        ({"path": [*some[:5], "./000.png"], "e": vectors}, "several rows for '000.png'"),
        ({"path": ["a/" + path for path in some], "e": vectors}, "it has 'a/000.png', the dataset has '000.png'"),
        ({"path": some, "e": [*vectors[:5], [1.0]]}, "must have the same length"),
        ({"path": some, "e": [*vectors[:5], None]}, "must have the same length"),
        ({"path": some, "e": [[1.0, None], *vectors[:5]]}, "row 0 holds a NaN"),
        ({"path": some, "a": [1.0] * 6, "b": [1.0] * 5 + [None]}, "row 5 holds a NaN"),
    ):
        pl.DataFrame(columns, strict=False).write_parquet(file)
        assert said in told(file)
    pl.DataFrame(schema={"path": pl.String, "e": pl.List(pl.Float32)}).write_parquet(file)
    assert "must have the same length" in told(file)


def test_the_digest_is_of_content_and_of_what_belongs_where(tmp_path: Path) -> None:
    file, other = tmp_path / "e.parquet", tmp_path / "other.parquet"
    for to in (file, other):
        pl.DataFrame({"path": PATHS, "e": [[1.0, 2.0]] * 6}).write_parquet(to)
    first = embeddings.read(file, PATHS).digest
    assert first == embeddings.read(other, PATHS).digest
    assert first != embeddings.read(file, PATHS.str.replace("003", "0031")).digest
    pl.DataFrame({"path": PATHS, "e": [[1.0, 2.5]] * 6}).write_parquet(file)
    assert first != embeddings.read(file, PATHS).digest


def test_a_config_file_names_them_beside_itself(tmp_path: Path) -> None:
    from datalint.config.resolve import load

    (tmp_path / "datalint.toml").write_text('probe = {embeddings = "mine.npy"}')
    assert load(tmp_path / "datalint.toml").embeddings == tmp_path / "mine.npy"
    assert Config().embeddings is None
