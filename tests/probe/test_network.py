"""The path of the GPU, with small networks on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

import torch

from datalint.probe import fallback, folds, network, training
from datalint.probe.plan import SIDES, Plan, plan, side_for, work
from datalint.probe.prediction import Prediction
from datalint.probe.task import Task
from tests.probe.test_probe import pictures

SMALL = Plan(folds=2, repeats=1, epochs=6, batch=16, widths=(8, 16))


pytestmark = pytest.mark.usefixtures("one_thread")


def task(labels: NDArray[np.int64], group: NDArray[np.int64] | None = None) -> Task:
    numbers = np.arange(len(labels))
    names = [f"class {label}" for label in range(int(labels.max()) + 1)]
    return Task(numbers, labels, names, numbers if group is None else group, {})


def predicted(small: NDArray[np.uint8], asked: Task, planned: Plan = SMALL, **options: float) -> Prediction:
    return network.predict(small, asked, "cpu", 60.0, 0, lambda done, total: None, planned=planned, **options)


def arrows(labels: NDArray[np.int64]) -> NDArray[np.uint8]:
    """(n, 32, 32, 3): a ramp that rises to the right (0) or to the left (1), with noise."""
    ramp = np.linspace(40, 200, 32)
    rows = np.where(labels[:, None] == 0, ramp, ramp[::-1])
    noise = np.random.default_rng(0).normal(0, 12, (len(labels), 32, 32, 3))
    return np.clip(rows[:, None, :, None] + noise, 0, 255).astype(np.uint8)


# -- predictions -----------------------------------------------------------------------------------------------------


def test_learns_out_of_sample() -> None:
    labels = np.arange(120) % 2
    told: list[tuple[int, int]] = []
    small = pictures(labels)
    prediction = network.predict(small, task(labels), "cpu", 60.0, 0, lambda *at: told.append(at), planned=SMALL)
    assert np.mean(prediction.scores.argmax(1) == labels) > 0.9
    assert prediction.scores.shape == (120, 2)
    assert prediction.distance.shape == (120,)
    assert np.isfinite(prediction.distance).all()
    fold = folds.assign(labels, np.arange(120), 2, 0)
    likeness = prediction.likeness(np.array([3]))[0]
    assert likeness.argmax() == 3
    assert np.isfinite(likeness).tolist() == (fold == fold[3]).tolist()
    for words in ("network 8-16", "2 folds", "120 pictures of 32x32", "mirrored too"):
        assert words in prediction.design
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (300, 300)


def test_the_same_seed_gives_the_same_and_the_global_one_is_left_alone() -> None:
    labels = np.arange(60) % 2
    small = pictures(labels)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first = predicted(small, task(labels))
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(6)
    second = predicted(small, task(labels))
    assert np.array_equal(first.scores, second.scores)
    assert np.array_equal(first.distance, second.distance)


def test_a_copy_in_the_same_fold_cannot_tell_the_label() -> None:
    """The wrong label of an image and of its copies is not learnt; copies on their own would give it away."""
    labels = np.arange(80) % 2
    small = np.concatenate([pictures(labels), np.repeat(pictures(labels)[:1], 12, axis=0)])
    labels = np.append(labels, [1] * 12)
    labels[0] = 1  # a bar that stands, as its twelve copies do
    group = np.append(np.arange(80), [0] * 12)
    together, apart = (predicted(small, task(labels, by)).scores for by in (group, np.arange(92)))
    assert together[0, 0] > together[0, 1]
    assert apart[0, 0] < apart[0, 1]


def test_repeats_are_averaged() -> None:
    labels = np.arange(60) % 2
    small = pictures(labels)
    prediction = predicted(small, task(labels), Plan(2, 2, 2, 16, (8, 8)))
    assert "mean of 2 trainings" in prediction.design
    assert not np.array_equal(prediction.scores, predicted(small, task(labels), Plan(2, 1, 2, 16, (8, 8))).scores)


def test_left_and_right_matter_where_they_do() -> None:
    labels = np.arange(120) % 2
    prediction = predicted(arrows(labels), task(labels))
    assert "not mirrored" in prediction.design
    assert prediction.mirrored is not None
    assert prediction.mirrored.matters
    assert prediction.mirrored.turned < prediction.mirrored.plain <= prediction.mirrored.of
    assert np.mean(prediction.scores.argmax(1) == labels) > 0.9


@pytest.mark.parametrize(("side", "channels"), [(32, 1), (48, 3), (64, 1)])
def test_other_pictures(side: int, channels: int) -> None:
    labels = np.arange(60) % 2
    small = np.repeat(np.repeat(pictures(labels), 2, 1), 2, 2)[:, :side, :side, :channels]
    planned = Plan(2, 1, 4, 16, tuple(plan(60, 2, side, "cpu", 1e-3).widths))
    prediction = predicted(small, task(labels), planned)
    assert np.isfinite(prediction.scores).all()
    assert f"{side}x{side}" in prediction.design


def test_many_classes_of_two() -> None:
    labels = np.arange(600) % 300
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (600, 32, 32, 3), np.uint8)
    prediction = predicted(small, task(labels), Plan(2, 1, 1, 64, (8, 8)))
    assert prediction.scores.shape == (600, 300)
    assert np.isfinite(prediction.scores).all()


def test_everything_is_one_group() -> None:
    labels = np.arange(60) % 2
    prediction = predicted(pictures(labels), task(labels, np.zeros(60, np.int64)))
    assert not prediction.scores.any()


def test_diverges() -> None:
    labels = np.arange(60) % 2
    with pytest.raises(fallback.DivergedError):
        predicted(pictures(labels), task(labels), rate=float("inf"))


def test_a_smaller_batch_is_taken() -> None:
    labels = np.arange(60) % 2
    assert "batches of 4," in predicted(pictures(labels), task(labels), Plan(2, 1, 1, 16, (8,)), batch=0.25).design


# -- training --------------------------------------------------------------------------------------------------------


def test_pictures_are_moved_with_reflection_and_mirrored() -> None:
    pixels = torch.arange(2 * 8 * 8).reshape(2, 8, 8, 1).to(torch.uint8)
    of = training.Pictures(pixels, torch.zeros(1), torch.ones(1))
    padded = torch.nn.functional.pad(pixels.permute(0, 3, 1, 2).float(), (3, 3, 3, 3), "reflect")
    rows, down, right = torch.tensor([1, 0]), torch.tensor([2, -3]), torch.tensor([-1, 3])
    moved = of.at(rows, down, right, torch.tensor([False, True]))
    assert torch.equal(moved[0], padded[1, :, 5:13, 2:10])
    assert torch.equal(moved[1], padded[0, :, 0:8, 6:14].flip(2))
    assert moved.is_contiguous(memory_format=torch.channels_last)


def test_the_first_layer_whitens() -> None:
    labels = np.arange(60) % 3
    of = training.Pictures.of(torch.from_numpy(pictures(labels)))
    filters = training.whitening(of)
    assert filters.shape == (24, 3, 2, 2)
    seen = torch.nn.functional.conv2d(of.at(torch.arange(60)), filters).permute(0, 2, 3, 1).flatten(0, 2)
    among = (seen.T @ seen / len(seen))[:12, :12]
    assert (among - torch.diag(among.diagonal())).abs().max() < 0.05
    assert among.diagonal().max() < 1.05


def test_where_a_step_cannot_be_recorded_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(64) % 2
    of = training.Pictures.of(torch.from_numpy(pictures(labels)))
    inputs = [torch.arange(16), *torch.zeros(2, 16, dtype=torch.int64), torch.zeros(16, dtype=torch.bool)]
    refusals: list[str] = []

    def refuse() -> None:
        refusals.append("no graph here" if not refusals else "out of memory")
        raise RuntimeError(refusals[-1])

    monkeypatch.setattr(torch.cuda, "CUDAGraph", refuse)
    torch.manual_seed(0)
    net = training.Network(training.whitening(of), (8, 16), 2)
    step = training._Step(net, of, torch.from_numpy(labels), 16)
    step._recorded, step._eager = True, 0
    before = net.head.weight.detach().clone()
    for _ in range(2):
        step(*inputs)
        assert not torch.equal(net.head.weight, before)
        before = net.head.weight.detach().clone()
    assert refusals == ["no graph here"]
    step._recorded = True
    with pytest.raises(RuntimeError, match="out of memory"):
        step(*inputs)


@pytest.mark.parametrize("shape", [(8, 4, 3, 3), (64, 4, 3, 3), (16, 1, 1, 1)])
def test_filters_are_turned_and_keep_their_norm(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(shape))
    weight.grad = torch.randn(shape)
    muon = training._Muon([weight])
    muon.rate.fill_(0.5)
    before, gradient = weight.detach().flatten(1), weight.grad.flatten(1)
    scaled = before * len(before) ** 0.5 / before.norm()
    muon.step()
    step = (scaled - weight.detach().flatten(1)) / 0.5
    assert (step * gradient).sum() > 0
    assert torch.linalg.svdvals(step).max() < 1.3
    assert torch.linalg.svdvals(step).min() > 0.3
    muon.rate.fill_(0.0)
    muon.step()
    assert float(weight.detach().norm()) == pytest.approx(len(weight) ** 0.5, rel=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_training_is_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.arange(600) % 3
    of = training.Pictures.of(torch.from_numpy(pictures(labels)).cuda())
    rows, given = torch.arange(600).cuda(), torch.from_numpy(labels).cuda()
    first = training.whitening(of)

    def trained() -> torch.Tensor:
        net = training.train(
            of, first, rows, given, 3, (32, 64), 10, 64, rate=1.0, mirror=True, seed=0, advance=lambda share: None
        )
        return training.scores(net, of, rows, training.MIRRORED)[0]

    recorded = trained()
    held = torch.cuda.memory_reserved()
    assert torch.equal(recorded, trained())
    for _ in range(3):
        trained()
    assert torch.cuda.memory_reserved() <= 1.5 * held
    monkeypatch.setattr(training, "_EAGER", 10**6)
    eager = trained()
    assert (recorded.argmax(1) == eager.argmax(1)).float().mean() > 0.99


# -- the plan --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "number"), [(60, 10), (1_999, 10), (2_000, 5), (500_000, 5), (500_001, 3)])
def test_folds_by_size(count: int, number: int) -> None:
    assert plan(count, 10, 32, "cuda", 150).folds == number


def test_laws_of_the_plan() -> None:
    for device in ("cuda", "mps", "cpu"):
        for count in (50, 700, 10_000, 50_000, 1_300_000):
            for side in SIDES:
                least, more = (plan(count, 10, side, device, seconds) for seconds in (10, 1_000))
                assert least == plan(count, 10, side, device, 10)
                # more time never gives less
                assert least.epochs * least.repeats * work(least.widths, side, 10) <= 1.01 * (
                    more.epochs * more.repeats * work(more.widths, side, 10)
                )
                for one in (least, more):
                    assert one.epochs >= 1 <= one.repeats
                    assert 16 <= one.batch <= 1024
    assert plan(50_000, 10, 32, "cuda", 150).widths == (64, 256, 256)
    assert len(plan(50_000, 10, 128, "cuda", 150).widths) == 5
    assert plan(1_000, 10, 32, "cuda", 150).epochs > plan(50_000, 10, 32, "cuda", 150).epochs
    # what one CIFAR-10 picture takes, by airbench94's own count: 0.36e15 for 9.9 epochs of 50,000
    assert work((64, 256, 256), 32, 10) == pytest.approx(0.36e15 / 495_000, rel=0.05)


@pytest.mark.parametrize(
    ("size", "side"),
    [((28, 28), 32), ((32, 300), 32), ((48, 48), 48), ((96, 96), 64), ((500, 375), 96), ((4000, 3000), 128)],
)
def test_side(size: tuple[int, int], side: int) -> None:
    assert side_for(np.array([size] * 3 + [(9000, 9000)]), "cuda") == side
    assert side_for(np.zeros((0, 2)), "cuda") == side_for(np.full((3, 2), np.nan), "cpu") == 32
    assert [side_for(np.array([(size, 900)]), "cpu") for size in (28, 95, 96, 2000)] == [32, 32, 64, 64]
