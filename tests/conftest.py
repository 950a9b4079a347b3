"""Shared fixtures of the test suite."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from datalint import workers

ROOT = Path(__file__).resolve().parent.parent

# The environment of whoever runs the suite must not change what the tests see.
for variable in [name for name in os.environ if name.startswith(("DATALINT_", "GITHUB_"))]:
    if variable not in ("DATALINT_REALDATA", "DATALINT_REQUIRE_BROWSER"):
        del os.environ[variable]
# What a test sees must not hang on the tests before it; those of the cache name one.
os.environ["DATALINT_NO_CACHE"] = "1"
# Nor on the pretrained networks that this machine has.
os.environ["TORCH_HOME"] = str(ROOT / "tests" / "no-torch-home")
# Nor on the configs that this user trusts; a browser writes there.
CONFIG_HOME = tempfile.TemporaryDirectory(prefix="datalint-tests-", ignore_cleanup_errors=True)
os.environ["XDG_CONFIG_HOME"] = CONFIG_HOME.name
for variable in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(variable, None)

# How long a test takes hangs on what else the machine does.
settings.register_profile("datalint", deadline=None)
settings.load_profile("datalint")


@pytest.fixture(scope="session", autouse=True)
def waiting_workers() -> Iterator[None]:
    """Between tests workers wait: to start them for each scan would take half of the suite's time."""
    with workers.kept():
        yield


@contextmanager
def unnamed() -> Iterator[None]:
    """Without the variable in which pytest names the test: a worker serves only the environment that it started in."""
    name = os.environ.pop("PYTEST_CURRENT_TEST", None)
    try:
        yield
    finally:
        if name is not None:
            os.environ["PYTEST_CURRENT_TEST"] = name


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    with unnamed():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any, request: Any) -> Generator[None, object, object]:
    with unnamed():
        return (yield)


@pytest.fixture
def fixtures() -> Path:
    """The folder of drawn datasets."""
    return ROOT / "fixtures"


@pytest.fixture
def realdata() -> Path:
    """Real datasets with known faults; skipped where DATALINT_REALDATA is not set."""
    folder = os.environ.get("DATALINT_REALDATA")
    if not folder:
        pytest.skip("DATALINT_REALDATA is not set")
    return Path(folder)


@pytest.hookimpl(optionalhook=True)  # only with `-n`, of pytest-xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a file run in one process: they share what the first of them scanned."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")
