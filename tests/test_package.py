"""The package: what is in the tree is in the wheel, and works from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def packages() -> set[str]:
    found = set()
    for top, prefix in ((ROOT / "datalint", "datalint"), (ROOT / "rules", "datalint.rules")):
        for init in top.rglob("__init__.py"):
            found.add(".".join([prefix, *init.parent.relative_to(top).parts]))
    return found


def test_every_package_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["tool"]["setuptools"]["packages"]) == packages()


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel built from it."""
    pytest.importorskip("build")
    target = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(target), str(ROOT)], capture_output=True, text=True, check=False
    )
    if done.returncode and "Failed to establish" in done.stdout + done.stderr:
        pytest.skip("no package index within reach to build from")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return target


def test_the_wheel_holds_rules_and_nothing_else(distributions: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"datalint", next(top for top in tops if top.endswith(".dist-info"))}
    for file in [*(ROOT / "datalint").rglob("*"), *(ROOT / "rules").rglob("*.py")]:
        if file.is_file() and "__pycache__" not in file.parts:
            inside = file.relative_to(ROOT).as_posix()
            assert (inside if inside.startswith("datalint/") else f"datalint/{inside}") in names


def test_the_wheel_works_outside_the_checkout(distributions: Path, tmp_path: Path) -> None:
    (wheel,) = distributions.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"}
    script = "import datalint, datalint.rules; print(datalint.__file__, datalint.rules.EmptyFile.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(tmp_path / "site/datalint/__init__.py"), "datalint.rules.files.empty_file"]
    command = [sys.executable, "-m", "datalint", "scan", str(ROOT / "fixtures/empty-file/bad"), "--select", "DL103"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "DL103 empty-file" in done.stdout


def test_python_m_works_in_the_checkout() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "datalint", "rules", "--select", "DL1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "DL103  empty-file" in done.stdout
