"""Small problems are done by one thread of each library."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("threadpoolctl")

import torch

from datalint.probe.threads import one_thread


def blas() -> list[int]:
    import scipy.linalg  # noqa: F401 - its BLAS is a library of its own
    from threadpoolctl import threadpool_info

    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_one_thread_each_and_as_before_afterwards() -> None:
    before, threads = blas(), torch.get_num_threads()
    with one_thread() as had:
        assert had == threads
        assert torch.get_num_threads() == 1
        assert set(blas()) <= {1}
    assert (blas(), torch.get_num_threads()) == (before, threads)
