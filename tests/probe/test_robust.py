"""The probe where something goes wrong: the device, the user's patience, the data."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint import probe, scan
from datalint.config.settings import Config, ConfigError
from datalint.probe import fallback
from datalint.probe.prediction import Prediction
from datalint.report import text

pytest.importorskip("torch")
pytest.importorskip("cleanlab")

import torch

from datalint.dataset import Dataset, ProbeOutcome
from datalint.probe import assess, folds, network, plan
from tests.probe.test_probe import dataset, pictures

pytestmark = pytest.mark.usefixtures("_one_thread")
ROOT = Path(__file__).resolve().parents[2]
LABELS = np.arange(80) % 2


@pytest.fixture
def _one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


# -- the device ------------------------------------------------------------------------------------------------------


def answered(
    monkeypatch: pytest.MonkeyPatch, *failures: BaseException
) -> tuple[ProbeOutcome, list[tuple[float, float]]]:
    """The outcome where the network fails so, one call after the other, and the shares it was called with."""
    calls: list[tuple[float, float]] = []
    labels = LABELS
    right = Prediction(
        np.eye(2)[labels] + 0.01,
        np.ones(80, np.float32),
        lambda rows: np.zeros((len(rows), 80), np.float32),
        "a network",
    )

    def predict(*_: object, batch: float, rate: float, **__: object) -> Prediction:
        calls.append((batch, rate))
        if len(calls) <= len(failures):
            raise failures[len(calls) - 1]
        return right

    monkeypatch.setattr(assess, "device_kind", lambda _: "cuda")
    monkeypatch.setattr(network, "predict", predict)
    data = dataset(pictures(labels), labels)
    probe.run(data, probe.Options())
    assert data.probe_outcome is not None
    assert data.table("probe").height == 80
    return data.probe_outcome, calls


OUT_OF_MEMORY = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")


def test_out_of_memory_halves_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, calls = answered(monkeypatch, OUT_OF_MEMORY, RuntimeError("MPS backend out of memory (...)"))
    assert calls == [(1, 1), (0.5, 1), (0.25, 1)]
    assert outcome.design == "a network"
    assert outcome.remarks == ("out of memory on cuda: trained with 1/4 of the planned batch",)
    assert outcome.lacked == ("memory",)


def test_out_of_memory_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, calls = answered(monkeypatch, *[OUT_OF_MEMORY] * 9)
    assert [batch for batch, _ in calls] == [1, 0.5, 0.25, 0.125]
    assert outcome.ran
    assert "ridge" in outcome.design
    (remark,) = outcome.remarks
    assert remark.startswith(
        "the network failed on cuda (out of memory, even with 1/8 of the batch): the simpler model"
    )
    assert outcome.lacked == ("memory",)


def test_out_of_memory_may_be_the_cause_of_another_error() -> None:
    caught = RuntimeError()
    try:
        try:
            raise RuntimeError("CUDA out of memory. Tried to allocate 170.00 MiB")
        finally:
            raise RuntimeError("operation failed due to a previous error during capture")
    except RuntimeError as error:
        caught = error
    assert fallback.out_of_memory(caught)
    assert not fallback.out_of_memory(RuntimeError("operation failed"))


def test_a_loss_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, calls = answered(monkeypatch, fallback.DivergedError())
    assert calls == [(1, 1), (1, 1 / 3)]
    assert outcome.remarks == ("the loss was not finite: trained again with a third of the learning rate",)
    assert outcome.lacked == ()
    outcome, calls = answered(monkeypatch, *[fallback.DivergedError()] * 9)
    assert len(calls) == 2
    assert "ridge" in outcome.design
    assert "not finite" in outcome.remarks[0]


def test_a_device_that_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, calls = answered(monkeypatch, RuntimeError("CUDA error: no kernel image is available\nfor execution"))
    assert len(calls) == 1
    assert "no kernel image is available for execution" in outcome.remarks[0]


def test_no_memory_on_the_processor_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def predict(*_: object) -> Prediction:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")

    from datalint.probe import closed_form

    monkeypatch.setattr(closed_form, "predict", predict)
    data = dataset(pictures(LABELS), LABELS)
    probe.run(data, probe.Options(device="cpu"))
    assert data.probe_outcome is not None
    assert data.probe_outcome.reason.startswith("out of memory: ")
    assert data.probe_outcome.lacked == ("memory",)


def test_no_room_for_larger_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def pictures_of(*_: object, **__: object) -> None:
        raise OSError(
            errno.ENOSPC, "No space left on device: 3.5 MiB are needed there for what is measured of pictures", "/tmp"
        )

    monkeypatch.setattr("datalint.measure.pictures.pictures", pictures_of)
    monkeypatch.setattr(plan, "side_for", lambda *_: 64)
    data = dataset(pictures(LABELS), LABELS)
    probe.run(data, probe.Options(device="cpu"))
    assert data.probe_outcome is not None
    assert data.probe_outcome.reason.startswith("no room for its pictures: /tmp: No space left on device: ")
    assert data.probe_outcome.lacked == ("disk",)


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("it is there")
    folder(tmp_path, pictures(LABELS), LABELS)
    with pytest.raises(ConfigError, match="the probe cannot run on cuda: torch"):
        scan(tmp_path, device="cuda", isolated=True, jobs=0)
    scan(tmp_path, device="cuda", isolated=True, jobs=0, select=["DL1"])  # nobody asks the probe


def test_larger_pictures_where_the_images_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[tuple[int, ...]] = []

    def predict(pixels: NDArray[np.uint8], *_: object, **__: object) -> Prediction:
        sides.append(pixels.shape)
        raise RuntimeError("enough")

    monkeypatch.setattr(assess, "device_kind", lambda _: "cuda")
    monkeypatch.setattr(network, "predict", predict)
    large = np.repeat(np.repeat(pictures(LABELS), 3, 1), 3, 2)
    folder(tmp_path, large, LABELS)
    for seconds in (150.0, 0.3):  # too little time to decode them once more
        scan(tmp_path, config=Config(probe_seconds=seconds), jobs=0, select=["DL9"])
    assert sides == [(80, 64, 64, 3), (80, 32, 32, 3)]


def test_larger_pictures_on_the_processor_too(tmp_path: Path) -> None:
    folder(tmp_path, np.repeat(np.repeat(pictures(LABELS), 3, 1), 3, 2), LABELS)
    for seconds, side in ((150.0, 64), (2.0, 32)):
        report = scan(tmp_path, config=Config(probe_seconds=seconds), jobs=0, select=["DL9"], device="cpu")
        outcome = report.dataset.probe_outcome
        assert outcome is not None
        assert f"pictures of {side}x{side} pixels" in outcome.design
        assert outcome.accuracy is not None
        assert outcome.accuracy > 0.8


# -- patience --------------------------------------------------------------------------------------------------------

WAITING = """
import time
from datalint.probe import closed_form
def wait(*_):
    print("probing", flush=True)
    time.sleep(60)
closed_form.predict = wait
from datalint.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGKILL])
def test_stopped_while_it_probes(by: signal.Signals, tmp_path: Path) -> None:
    """What was measured before is kept, and nothing is half written."""
    folder(tmp_path / "data", pictures(LABELS), LABELS)
    command = ["scan", "data", "--isolated", "--device", "cpu", "-j", "1", "--cache-dir", "cache", "-v"]
    environment = {name: value for name, value in os.environ.items() if name != "DATALINT_NO_CACHE"}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(
        [sys.executable, "-c", WAITING, *command, "--format", "html=report.html", "--export", "tables"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "probing\n", running.communicate()
    running.send_signal(by)
    _, told = running.communicate(timeout=30)
    assert running.returncode == (130 if by == signal.SIGINT else -signal.SIGKILL)
    if by == signal.SIGINT:
        assert told.splitlines()[-1] == "datalint: error: interrupted"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "cache"}
    assert not list((tmp_path / "cache").glob("writing-*"))
    done = subprocess.run(
        [sys.executable, "-m", "datalint", *command, "--select", "DL3"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "measured 0 of 80 images" in done.stderr
    assert done.returncode == 0


# -- the data --------------------------------------------------------------------------------------------------------


def folder(root: Path, small: NDArray[Any], labels: NDArray[np.int64], suffix: str = "png") -> Path:
    for number, (picture, label) in enumerate(zip(small, labels, strict=True)):
        path = root / f"class {label}" / f"{number:03}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return root


def told(root: Path) -> tuple[Dataset, str]:
    """The dataset after a whole scan, and the text report."""
    report = scan(root, isolated=True, jobs=0, device="cpu", select=["DL9"])
    assert report.exit_code in (0, 1)
    return report.dataset, text.render(report, width=1000)


def test_a_class_of_one_image(tmp_path: Path) -> None:
    labels = np.append(LABELS, 2)
    data, report = told(folder(tmp_path, pictures(labels), labels))
    assert "Probe: 80 labels assessed" in report
    assert "1 image not assessed: in classes of fewer than 5 readable images" in report
    assert data.table("probe")["tier"].to_list().count("not-assessed") == 1


def test_all_labels_are_equal(tmp_path: Path) -> None:
    root = folder(tmp_path, pictures(LABELS), LABELS)
    files = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.png"))
    (root / "labels.csv").write_text("\n".join(["path,label", *(f"{file},bar" for file in files)]))
    _, report = told(root)
    assert "labels were not checked: fewer than two classes have enough images" in report


def test_grey_images(tmp_path: Path) -> None:
    data, report = told(folder(tmp_path, pictures(LABELS, grey=True)[..., 0], LABELS))
    assert set(data.table("images")["mode"]) == {"L"}
    assert "Probe: 80 labels assessed" in report
    assert data.probe_outcome is not None
    assert data.probe_outcome.accuracy is not None
    assert data.probe_outcome.accuracy > 0.8


def test_16_bit_images(tmp_path: Path) -> None:
    deep = pictures(LABELS, grey=True)[..., 0].astype(np.uint16) * 257
    data, report = told(folder(tmp_path, deep, LABELS))
    assert set(data.table("images")["bits"]) == {16}
    assert "Probe: 80 labels assessed" in report
    assert data.probe_outcome is not None
    assert data.probe_outcome.accuracy is not None
    assert data.probe_outcome.accuracy > 0.8


def test_images_of_2000_pixels(tmp_path: Path) -> None:
    small = pictures(LABELS)
    folder(tmp_path, small[:70], LABELS[:70])
    large = [Image.fromarray(one).resize((2000, 2000), Image.Resampling.NEAREST) for one in small[70:]]
    data, report = told(folder(tmp_path, np.asarray(large), LABELS[70:], "jpg"))
    assert data.table("images")["width"].eq(2000).sum() == 10
    assert "Probe: 80 labels assessed" in report


def test_strong_imbalance() -> None:
    """Always saying the large class is right for 93 %, and yet there is much to be found."""
    labels = (np.arange(128) % 16 == 0).astype(np.int64)
    wrong = labels.copy()
    wrong[7] = 1
    data = dataset(pictures(labels), wrong)
    probe.run(data, probe.Options(device="cpu"))
    outcome = data.probe_outcome
    assert outcome is not None
    assert outcome.ran
    assert outcome.chance == pytest.approx(119 / 128)
    table = data.table("probe")
    assert table.sort("quality")["image"][0] == 7
    assert (table["tier"] == "likely").sum() <= 2
    # nothing can be seen: always saying the large class is no merit
    data = dataset(pictures(np.zeros_like(labels)), labels)
    probe.run(data, probe.Options(device="cpu"))
    assert data.probe_outcome is not None
    assert "not clearly better than chance" in data.probe_outcome.reason


def test_a_class_whose_images_are_all_copies() -> None:
    """All of it is in one fold, or left out at once: nothing is known of it, and nobody says so of the others."""
    labels = np.append(LABELS, [2] * 6)
    small = pictures(labels)
    small[80:] = small[80]
    copies = [(row, 80) for row in range(80, 86)]
    assert len(set(folds.assign(labels, np.append(np.arange(80), [80] * 6), 5, 0)[80:])) == 1
    data = dataset(small, labels, copies=copies)
    probe.run(data, probe.Options(device="cpu"))
    outcome = data.probe_outcome
    assert outcome is not None
    assert outcome.ran
    table = data.table("probe")
    assert (table["tier"][:80] == "likely").sum() <= 1
