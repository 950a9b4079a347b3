"""A small convolutional network in k folds, for devices that train one in seconds.

After Page, "How to Train Your ResNet" (2018), and Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024): a
first layer that whitens patches and is not trained, short training with a one-cycle rate, pictures kept on the device,
prediction averaged over the mirrored picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from datalint.probe import folds
from datalint.probe.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from datalint.probe.task import Task

FOLDS = 5
EPOCHS = 12
WIDTHS = (64, 256, 256)
BATCH = 1024
LEARNING_RATE = 0.2
_WEIGHT_DECAY = 5e-4
_SMOOTHING = 0.1
_SHIFT = 2  # pixels that training pictures are moved by at most
_LEAST_STEPS = 200  # a fold of a small dataset takes more epochs
_NEIGHBOURS = 10


def predict(
    small: NDArray[np.uint8],
    task: Task,
    device: str,
    seed: int,
    step: Callable[[int, int], None],
    *,
    widths: tuple[int, ...] = WIDTHS,
    epochs: int = EPOCHS,
    batch: float = 1.0,
    rate: float = 1.0,
) -> Prediction:
    """Scores out of sample of the pictures `small`, (m, side, side, 3) uint8, that `task` numbers.

    `step` is told how much of the work is done and may raise to stop.
    """
    pictures = torch.from_numpy(np.ascontiguousarray(small[task.images])).to(device).permute(0, 3, 1, 2)
    labels = torch.from_numpy(task.given).to(device)
    fold = folds.assign(task.given, task.group, FOLDS, seed)
    scores = np.zeros((len(labels), len(task.classes)))
    seen = np.zeros((len(labels), widths[-1]), np.float32)
    distance = np.zeros(len(labels), np.float32)
    mirror = True
    for number in range(FOLDS):
        held = torch.from_numpy(np.flatnonzero(fold == number)).to(device)
        rest = torch.from_numpy(np.flatnonzero(fold != number)).to(device)

        def advance(share: float, number: int = number) -> None:
            step(int((number + share) * 100), FOLDS * 100)

        if number == 0:
            # left and right matter where training without mirroring predicts the first fold better
            trials = [
                (_loss(_scores(net, pictures[held], flip)[0], labels[held]), not flip, net)
                for flip in (True, False)
                for net in [
                    _train(pictures[rest], labels[rest], len(task.classes), widths, epochs, flip, seed, advance)
                ]
            ]
            _, straight, net = min(trials, key=lambda trial: trial[:2])
            mirror = not straight
        else:
            net = _train(
                pictures[rest], labels[rest], len(task.classes), widths, epochs, mirror, seed + number, advance
            )
        output, features = _scores(net, pictures[held], mirror)
        scores[held.cpu().numpy()] = output.double().cpu().numpy()
        distance[held.cpu().numpy()] = _distance(features)
        seen[held.cpu().numpy()] = F.normalize(features).cpu().numpy()
    # comparable between folds, whose features are not
    for number in range(FOLDS):
        distance[fold == number] /= max(float(np.median(distance[fold == number])), 1e-6)
    spread = max(float(scores.std()), 1e-6)
    design = (
        f"convolutional network {'-'.join(map(str, widths))} in {FOLDS} folds on {len(labels):,} pictures of "
        f"32x32 pixels, "
        f"{'mirrored too' if mirror else 'not mirrored'}, copies in one fold, on {device}"
    )

    def likeness(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        # cosine of the features; those of two nets have nothing in common
        return np.where(fold[rows][:, None] == fold, seen[rows] @ seen.T, -np.inf).astype(np.float32)

    return Prediction(scores / spread, distance, likeness, design)


def _train(
    pictures: Tensor,
    labels: Tensor,
    classes: int,
    widths: tuple[int, ...],
    epochs: int,
    mirror: bool,
    seed: int,
    advance: Callable[[float], None],
) -> nn.Module:
    device = pictures.device
    batch = max(8, min(BATCH, len(labels) // 8))
    steps = max(_LEAST_STEPS if epochs > 1 else 1, epochs * (len(labels) // batch))
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)  # the layers' first weights
    net = _network(_whitening(_prepared(pictures[:2000])), classes, widths)
    torch.random.set_rng_state(state)
    net.to(device).to(memory_format=torch.channels_last)
    net.train()
    trained = [weight for weight in net.parameters() if weight.requires_grad]
    optimiser = torch.optim.SGD(trained, lr=LEARNING_RATE, momentum=0.9, nesterov=True, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps + 1, pct_start=0.25)
    draw = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=draw)
    at = 0
    for number in range(steps):
        if at + batch > len(order):
            order, at = torch.randperm(len(labels), generator=draw), 0
        rows = order[at : at + batch].to(device)
        at += batch
        x = _augmented(_prepared(pictures[rows]), mirror, draw)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            output = net(x)
        optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(output.float(), labels[rows], label_smoothing=_SMOOTHING).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if number % 20 == 0:
            advance(number / steps)
    net.eval()
    return net


def _network(whitening: Tensor, classes: int, widths: tuple[int, ...]) -> nn.Sequential:
    first = nn.Conv2d(3, len(whitening), 3, padding=1, bias=False)
    first.weight.data.copy_(whitening)
    first.weight.requires_grad_(False)
    layers: list[nn.Module] = [first, nn.GELU()]
    before = len(whitening)
    for width in widths:
        layers += [
            nn.Conv2d(before, width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            nn.BatchNorm2d(width),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.GELU(),
        ]
        before = width
    return nn.Sequential(nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten()), nn.Linear(before, classes))


def _whitening(pictures: Tensor) -> Tensor:
    """(54, 3, 3, 3): the principal directions of 3x3 patches, scaled to unit variance, and their negatives."""
    patches = F.unfold(pictures[:500].cpu(), 3).transpose(1, 2).reshape(-1, 27).double()
    values, vectors = torch.linalg.eigh(torch.cov(patches.T))
    filters = (vectors / (values.clamp(min=0) + 5e-3).sqrt()).T.float().view(-1, 3, 3, 3)
    return torch.cat([filters, -filters])


def _prepared(pictures: Tensor) -> Tensor:
    return (pictures.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def _augmented(x: Tensor, mirror: bool, draw: torch.Generator) -> Tensor:
    """Each picture moved by up to _SHIFT pixels and, with `mirror`, half of them mirrored."""
    count, _, side, _ = x.shape
    padded = F.pad(x, (_SHIFT,) * 4, mode="reflect")
    top, left = torch.randint(2 * _SHIFT + 1, (2, count, 1), generator=draw)
    along = torch.arange(side)
    rows, columns = top + along, left + along
    if mirror:
        columns = torch.where(torch.rand(count, 1, generator=draw) < 0.5, columns.flip(1), columns)
    picture = torch.arange(count)[:, None, None].to(x.device)
    moved = padded.permute(0, 2, 3, 1)[picture, rows.to(x.device)[:, :, None], columns.to(x.device)[:, None, :]]
    return moved.permute(0, 3, 1, 2)


@torch.no_grad()
def _scores(net: nn.Module, pictures: Tensor, mirror: bool) -> tuple[Tensor, Tensor]:
    """Outputs (n, classes), averaged over the mirrored picture with `mirror`, and features (n, width)."""
    body, head = net.children()
    outputs, features = [], []
    for part in torch.split(pictures, 2000):
        x = _prepared(part)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type == "cuda"):
            seen = body(x).float()
            if mirror:
                seen = (seen + body(x.flip(3)).float()) / 2
        outputs.append(head(seen).float())
        features.append(seen)
    return torch.cat(outputs), torch.cat(features)


def _loss(output: Tensor, labels: Tensor) -> float:
    return float(F.cross_entropy(output, labels))


def _distance(features: Tensor) -> NDArray[np.float32]:
    """(n,) mean distance to the nearest others, between features of one net."""
    near = []
    for part in torch.split(features, 2000):
        nearest = torch.cdist(part, features).topk(min(_NEIGHBOURS + 1, len(features)), largest=False).values
        near.append(nearest[:, 1:].mean(1))
    return np.asarray(torch.cat(near).cpu().numpy())
