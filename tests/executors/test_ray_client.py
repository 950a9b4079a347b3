"""A cluster of Ray at an address: a head that was started on its own and asks for a token, reached by Ray Client."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from datalint.executors import Cluster, EngineError
from tests.executors import checks

pytest.importorskip("ray")
pytest.importorskip("grpc")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the head waits; the token is in the environment, on both sides."""
    port = free_port()
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "of-a-test" * 8}
    command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", "--num-cpus=2"]
    command += [f"--port={free_port()}", f"--ray-client-server-port={port}", "--include-dashboard=false"]
    with (tmp_path_factory.mktemp("ray") / "log").open("wb") as log:
        head = subprocess.Popen(
            [*command, "--node-ip-address=127.0.0.1", "--disable-usage-stats"],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield f"ray://127.0.0.1:{port}"
        finally:
            head.terminate()
            head.wait(60)


def test_tables_are_equal(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of-a-test" * 8)
    checks.tables_are_equal(address)


def test_without_the_token_the_line_says_what_to_set(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with (
        pytest.raises(EngineError, match=r"cannot be reached: .*set RAY_AUTH_MODE=token"),
        Cluster("ray", address, None),
    ):
        pass
