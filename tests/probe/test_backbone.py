"""Pretrained networks: which weights are taken, which are refused, and what the probe makes of them.

The weights are random, of a fixed seed: nothing is downloaded.
"""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datalint import scan
from datalint.config.settings import ConfigError
from datalint.report import Report

pytest.importorskip("cleanlab")
pytest.importorskip("torchvision")

import torch
from torchvision import models

from datalint import probe
from datalint.probe import (
    assess,
    backbone,
    closed_form,
    weights,
)
from datalint.probe import (
    given as given,
)
from datalint.probe import (
    speed as pace,
)
from datalint.probe.backbone import Backbone
from datalint.probe.items import Images, Items
from datalint.probe.task import AbstainError, Task
from tests.measure.pictures import dataset

NAME = "mobilenet_v3_small"  # one of those that are recognised
FILE = f"{NAME}-047dcff4.pth"  # as torchvision calls it


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    torch.manual_seed(0)
    return dict(models.get_model(NAME, weights=None).state_dict())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Torch's cache of this test, empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures of stripes, wide and narrow, in two folders, every twelfth in the wrong one."""
    root = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(0)
    for number in range(60):
        label = number % 2
        shifted = np.arange(40) + rng.integers(40)
        stripes = np.where(shifted // (10 if label else 2) % 2, 200, 50)[:, None]
        picture = np.clip(stripes + rng.normal(0, 20, (40, 48)), 0, 255).astype(np.uint8)
        folder = root / f"class {label if number % 12 else 1 - label}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(picture).convert("RGB").save(folder / f"{number:02}{'-wrong' * (number % 12 == 0)}.png")
    return root


def scanned(root: Path, **options: Any) -> Report:
    report = scan(root, select=["DL9"], isolated=True, device="cpu", jobs=0, **options)
    assert report.dataset.probe_outcome is not None
    return report


def design(report: Report) -> str:
    assert report.dataset.probe_outcome is not None
    assert report.dataset.probe_outcome.ran, report.dataset.probe_outcome.reason
    return report.dataset.probe_outcome.design


def output(network: weights.Network) -> NDArray[np.float32]:
    with torch.inference_mode():
        seen: NDArray[np.float32] = network.model(torch.linspace(-1, 1, 3 * 64 * 64).view(1, 3, 64, 64)).numpy()
    return seen


def test_asked_for_by_name_it_is_what_the_probe_sees(drawn: Path, cache: Path, state: dict[str, Any]) -> None:
    torch.save(state, cache / FILE)
    report = scanned(drawn, backbone=NAME)
    assert f"features by {NAME} ({FILE}) of 60 pictures of 224x224 pixels" in design(report)
    assert "patches" not in design(report)
    worst = report.tables["probe"].sort("quality")["path"].head(5).to_list()
    assert sum("wrong" in path for path in worst) >= 4
    again = scanned(drawn, backbone=NAME)
    assert report.tables["probe"].equals(again.tables["probe"])


def test_unasked_it_must_prove_itself(drawn: Path, cache: Path, state: dict[str, Any], tmp_path: Path) -> None:
    without = design(scanned(drawn))
    assert "patches" in without
    assert "loss" not in without
    torch.save(state, cache / FILE)
    said = design(scanned(drawn))
    assert NAME in said
    assert "patches" in said
    assert "chosen for its loss of" in said
    assert design(scanned(drawn, backbone="none")) == without
    np.save(tmp_path / "e.npy", np.random.default_rng(0).normal(size=(60, 3)))
    with pytest.raises(ConfigError, match="exclude each other"):
        scanned(drawn, backbone=NAME, embeddings=tmp_path / "e.npy")


class Told:
    """Features that say the label, or nothing."""

    views = ("as they are",)

    def __init__(self, name: str, features: NDArray[np.float32]) -> None:
        self.name, self._features = name, features

    def extract(self, images: NDArray[np.int64], view: str, advance: Any = None) -> NDArray[np.float32]:
        return self._features[images].copy()

    def describe(self, count: int, view: str) -> str:
        return f"what {self.name} says"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("count", [80, 1200])
def test_the_source_that_predicts_best_is_chosen(order: int, count: int) -> None:
    rng = np.random.default_rng(0)
    given = rng.integers(0, 2, count)
    good = Told("good", (np.eye(2)[given] + rng.normal(0, 0.3, (count, 2))).astype(np.float32))
    bad = Told("bad", rng.normal(size=(count, 2)).astype(np.float32))
    task = Task(np.arange(count), given, ["a", "b"], np.arange(count), {})
    found = closed_form.predict([good, bad][::order], task, 0, lambda done, total: None)
    assert np.mean(found.scores.argmax(1) == given) > 0.9
    assert "on what good says" in found.design
    assert "of bad" in found.design


def test_what_the_plan_has_no_time_for_is_not_tried(
    drawn: Path, cache: Path, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(state, cache / FILE)
    monkeypatch.setitem(pace._SPEED, "cpu", 1e-6)  # fewer seconds would be too few for the rest too, on a slow machine
    assert NAME not in design(scanned(drawn))


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("CUDA error: no kernel image is available\nfor execution"), "CUDA error: no kernel image is "),
    ],
)
def test_where_the_device_fails_it_runs_on_the_processor(
    failure: RuntimeError,
    cause: str,
    drawn: Path,
    cache: Path,
    state: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.save(state, cache / FILE)
    devices: list[str] = []

    class Failing(Backbone):
        def __init__(self, items: Items, network: weights.Network, device: str, jobs: int | None) -> None:
            devices.append(device)
            if device != "cpu":
                raise failure
            super().__init__(items, network, device, jobs)

    monkeypatch.setattr(assess, "device_kind", lambda _: "cuda")
    monkeypatch.setattr(backbone, "Backbone", Failing)
    report = scanned(drawn, backbone=NAME)
    assert f"features by {NAME}" in design(report)
    assert devices == ["cuda", "cpu"]
    assert report.dataset.probe_outcome is not None
    (remark,) = report.dataset.probe_outcome.remarks
    assert remark.startswith(f"{NAME} failed on cuda ({cause}")
    assert remark.endswith("it ran on the CPU instead")


def test_no_memory_for_it_on_the_processor_either(
    drawn: Path, cache: Path, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(state, cache / FILE)

    def fail(*_: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(Backbone, "_made", fail)
    outcome = scanned(drawn, backbone=NAME).dataset.probe_outcome
    assert outcome is not None
    assert outcome.reason.startswith("out of memory: ")


def test_a_broken_file_in_the_cache_costs_nothing(drawn: Path, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    (cache / FILE).write_bytes(b"broken")
    assert "loss" not in design(scanned(drawn))
    assert "the probe runs without it" in caplog.text
    with pytest.raises(ConfigError, match="is damaged"):
        scanned(drawn, backbone=NAME)


def test_a_file_in_any_wrapping_gives_the_same_features(tmp_path: Path, cache: Path, state: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    torch.save(state, cache / FILE)
    reference = output(weights.asked(NAME, False))
    assert reference.shape == (1, 1024)
    tuned = {**state, "classifier.3.weight": torch.zeros(7, 1024), "classifier.3.bias": torch.zeros(7)}
    headless = {key: value for key, value in state.items() if not key.startswith("classifier.3.")}
    contents = {
        "plain.pt": state,
        "tuned.pth": {"state_dict": {f"module.model.{key}": value for key, value in tuned.items()}, "epoch": 3},
        "headless.pth": {"model": headless},
    }
    for name, content in contents.items():
        torch.save(content, tmp_path / name)
    save_file(tuned, tmp_path / "tuned.safetensors")
    digests = set()
    for name in (*contents, "tuned.safetensors"):
        for text in (f"{NAME}:{tmp_path / name}", str(tmp_path / name)):
            network = weights.asked(text, False)
            assert network.name == NAME
            np.testing.assert_array_equal(output(network), reference)
            digests.add(network.sha256)
    assert len(digests) == 4


class Code:
    """What runs when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("code-was-run", "w")


def test_what_could_run_code_is_refused(tmp_path: Path, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({**state, "more": Code()}, "code.pt")
    Path("plain.pt").write_bytes(pickle.dumps(Code()))
    torch.save(models.get_model(NAME, weights=None), "module.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is on its way out
        torch.jit.script(torch.nn.Linear(2, 2)).save("script.pt")  # type: ignore[no-untyped-call]
    for name, said in (
        ("code.pt", "could run code"),
        ("plain.pt", "holds"),
        ("module.pt", "could run code"),
        ("script.pt", "TorchScript archive, which runs code"),
    ):
        assert said in told(f"{NAME}:{name}")
    assert not Path("code-was-run").exists()


def told(text: str, allow_download: bool = False) -> str:
    with pytest.raises(ConfigError) as refusal:
        weights.asked(text, allow_download)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_what_cannot_be_used_is_told(tmp_path: Path, cache: Path, state: dict[str, Any]) -> None:
    assert "did you mean resnet18?" in told("resnt18")
    assert "did you mean resnet18?" in told(f"resnet_18:{tmp_path / 'x.pt'}")
    assert "no classification model 'fasterrcnn_resnet50_fpn'" in told("fasterrcnn_resnet50_fpn")
    missing = told("resnet18")
    assert str(cache) in missing
    assert "--allow-download" in missing
    assert "resnet18:FILE" in missing
    assert "No such file" in told(f"{NAME}:{tmp_path / 'x.pt'}")
    assert "No such file" in told(f"{NAME}:{tmp_path / 'x.safetensors'}")
    file = tmp_path / "w.pt"
    for content in (b"", b"no weights", b"PK\3\4"):
        file.write_bytes(content)
        assert f"{file}: is damaged" in told(f"{NAME}:{file}") or "could run code" in told(f"{NAME}:{file}")
    (tmp_path / "w.safetensors").write_bytes(b"no weights")
    assert "damaged" in told(f"{NAME}:{tmp_path / 'w.safetensors'}")
    oddities: tuple[Any, ...] = ({}, [1, 2], {"a": 1}, {"model": {}})
    for odd in oddities:
        torch.save(odd, file)
        assert "no state dict" in told(f"{NAME}:{file}")
    torch.save(state, file)
    assert "does not fit resnet18: 62 of its tensors" not in (said := told(f"resnet18:{file}"))
    assert "does not fit resnet18" in said
    torch.save({f"x.{key}": value for key, value in state.items()}, file)
    assert "does not say which network it is of" in told(str(file))


def test_a_download_is_asked_of_torch_alone(
    cache: Path, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, str]] = []

    def download(url: str, place: str, hash_prefix: str, progress: bool) -> None:
        asked.append((url, place, hash_prefix))
        torch.save(state, place)

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    assert "not in torch's cache" in told(NAME)
    assert weights.asked(NAME, True).name == NAME
    assert weights.asked(NAME, True).file == cache / FILE
    assert [(place, stamp) for _, place, stamp in asked] == [(str(cache / FILE), "047dcff4")]

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    assert "cannot be downloaded: no network" in told("resnet18", True)


def test_the_cache_is_where_torch_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variables in ({}, {"XDG_CACHE_HOME": str(tmp_path / "xdg")}, {"TORCH_HOME": str(tmp_path / "home")}):
        for name in ("XDG_CACHE_HOME", "TORCH_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert weights.cache_folder() == Path(torch.hub.get_dir()) / "checkpoints"


def test_mirrored_too_is_the_mean_and_a_sample_is_not_made_twice(
    drawn: Path, cache: Path, state: dict[str, Any], tmp_path: Path
) -> None:
    torch.save(state, cache / FILE)
    network = weights.asked(NAME, False)
    for number, picture in enumerate(sorted(drawn.rglob("*.png"))[:6]):
        image = Image.open(picture).resize((64, 64)).rotate(30)
        image.save(tmp_path / f"{number}.png")
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / f"{number}m.png")
    data = dataset(tmp_path)
    numbers = data.table("images")["path"].str.ends_with(".png").arg_true().to_numpy().astype(np.int64)
    source = Backbone(Images(data), network, "cpu", 0)
    first = source.extract(numbers[:5], "mirrored too")
    calls: list[int] = []
    whole = source.extract(numbers, "mirrored too", calls.append)
    np.testing.assert_array_equal(whole[:5], first)
    assert calls == sorted(calls)
    assert max(calls) == len(numbers)
    np.testing.assert_allclose(whole[::2], whole[1::2], atol=2e-4 * np.abs(whole).max())
    plain = source.extract(numbers, "not mirrored")
    assert np.abs(plain[::2] - plain[1::2]).max() > 1e-2 * np.abs(whole).max()
    anew = Backbone(Images(data), network, "cpu", 0).extract(numbers, "mirrored too")
    np.testing.assert_allclose(anew, whole, atol=1e-5 * np.abs(whole).max())


def test_weights_that_give_no_numbers(drawn: Path, state: dict[str, Any], tmp_path: Path) -> None:
    torch.save(
        {**state, "features.0.0.weight": torch.full_like(state["features.0.0.weight"], torch.nan)}, tmp_path / "w.pt"
    )
    source = Backbone(Images(dataset(drawn)), weights.asked(str(tmp_path / "w.pt"), False), "cpu", 0)
    with pytest.raises(AbstainError, match="not finite"):
        source.extract(np.arange(3), "not mirrored")


def test_the_digest_is_of_the_weights_and_of_the_question(cache: Path, state: dict[str, Any], drawn: Path) -> None:
    torch.save(state, cache / FILE)
    data = dataset(drawn)
    digests = [
        given.read_given(data, probe.Options(backbone=backbone)).digest
        for backbone in (None, NAME, "none", str(cache / FILE))
    ]
    assert len({*digests}) == 3
    assert digests[1] == digests[3]
    torch.save({**state, "classifier.3.bias": torch.ones(1000)}, cache / FILE)
    assert given.read_given(data, probe.Options(backbone=NAME)).digest != digests[1]


@pytest.mark.parametrize("name", ["squeezenet1_1", "shufflenet_v2_x0_5", "googlenet", "densenet121"])
def test_the_last_layer_is_left_off_of_any_architecture(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    own = weights._built(name).state_dict()
    if name.startswith("densenet"):  # as in torchvision's file
        own = {key.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for key, value in own.items()}
    torch.save(own, tmp_path / "w.pt")
    found = output(weights.asked(f"{name}:{tmp_path / 'w.pt'}", False))
    assert found.shape == (1, {"squeezenet1_1": 512}.get(name, 1024))
