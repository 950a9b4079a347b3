"""One network: its layers, its training, what it says of pictures.

The layers and the settings follow airbench94 (Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024;
github.com/KellerJordan/cifar10-airbench, MIT) and Page, "How to Train Your ResNet" (2018): a first layer that whitens
patches and is not trained, batch norms of which only the biases are, at a much higher rate, a one-cycle rate,
lookahead, pictures mirrored every other time rather than at random. Labels are smoothed less than there, because
probabilities are wanted. Pictures stay on the device as bytes, and nothing in the loop waits for the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from datalint.probe.plan import FILTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

# For the mean loss of a batch of 1,024; those of airbench94, whose loss is a sum and whose rate is divided by what
# Nesterov's momentum adds up to. The rate falls with the square root of the batch: plan.py gives small datasets smaller
# batches and not more steps, and in so few a rate in proportion gets nowhere.
_RATE = 1.5
_DECAY = 1.33e-3
_BIASES = 64  # how many times the rate
_MOMENTUM = 0.85
_START, _PEAK, _END = 0.2, 0.23, 0.07  # first and last rate in parts of the highest, and when that is reached
_SMOOTHING = 0.1
_SHIFT = 1 / 16  # of the side, by which training pictures are moved at most
_SCALE = 1 / 9  # of the output
_SLOW = 5  # steps from one lookahead to the next
_WHITENED = 0.3  # of the training, in which the first layer's bias is trained
_PATCH = 2
_EVALUATED = 2_000


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures on a device, (n, side, side, channels) uint8, and what brings each channel to mean 0 and deviation 1."""

    pixels: Tensor
    mean: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, pixels: Tensor) -> Pictures:
        """Pictures standardised by their own means and deviations."""
        some = pixels[:: max(1, len(pixels) // 5_000)].flatten(0, 2).float()
        return cls(pixels, some.mean(0), some.std(0, correction=0).clamp(min=1.0))

    def at(
        self, rows: Tensor, down: Tensor | None = None, right: Tensor | None = None, turned: Tensor | None = None
    ) -> Tensor:
        """(m, channels, side, side) float32 in channels-last order: pictures `rows` (m,), moved and mirrored.

        `down` and `right` are (m,) pixels; what comes in at an edge is the reflection. `turned` is (m,) bool.
        """
        side = self.pixels.shape[1]
        along = torch.arange(side, device=rows.device)
        y = along if down is None else _reflected(along + down[:, None], side)
        x = along if right is None else _reflected(along + right[:, None], side)
        y, x = y.expand(len(rows), side), x.expand(len(rows), side)
        if turned is not None:
            x = torch.where(turned[:, None], x.flip(1), x)
        found = self.pixels[rows[:, None, None], y[:, :, None], x[:, None, :]]
        return ((found.float() - self.mean) / self.deviation).permute(0, 3, 1, 2)


class View(NamedTuple):
    """One way to look at a picture."""

    weight: float
    turned: bool
    """Mirrored."""
    moved: int
    """Pixels along the diagonal."""


PLAIN, TURNED = [View(1.0, False, 0)], [View(1.0, True, 0)]
#: As airbench94 predicts: moved by a pixel half of the time ...
MOVED = [View(0.5, False, 0), View(0.25, False, 1), View(0.25, False, -1)]
#: ... and mirrored half of the time.
MIRRORED = [View(weight / 2, turned, moved) for weight, _, moved in MOVED for turned in (False, True)]


class Network(nn.Module):
    """Scores (n, classes) of pictures; `body` gives the features (n, last width) before the last layer."""

    def __init__(self, whitening: Tensor, widths: tuple[int, ...], classes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(whitening.shape[1], len(whitening), _PATCH)
        self.first.weight = nn.Parameter(whitening, requires_grad=False)
        nn.init.zeros_(self.first.bias)  # type: ignore[arg-type]
        before = (len(whitening), *widths)
        self.groups = nn.Sequential(*[_Group(*pair) for pair in zip(before, widths, strict=False)])
        self.head = nn.Linear(widths[-1], classes, bias=False)

    def body(self, x: Tensor) -> Tensor:
        """Features of pictures as `Pictures.at` gives them."""
        seen: Tensor = self.groups(F.gelu(self.first(x)))
        return seen.amax((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        """Scores of such pictures."""
        scores: Tensor = self.head(self.body(x))
        return scores * _SCALE


class _Group(nn.Module):
    def __init__(self, before: int, width: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList([_convolution(before, width), _convolution(width, width)])
        self.norms = nn.ModuleList([_norm(width), _norm(width)])

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.convolutions[0](x), 2)
        x = F.gelu(self.norms[0](x))
        return F.gelu(self.norms[1](self.convolutions[1](x)))


def train(
    pictures: Pictures,
    rows: Tensor,
    labels: Tensor,
    classes: int,
    widths: tuple[int, ...],
    epochs: int,
    batch: int,
    *,
    rate: float,
    mirror: bool,
    seed: int,
    advance: Callable[[float], None],
) -> Network:
    """A network trained on `rows` of the pictures, whose labels are `labels` (all of them, class numbers).

    `rate` multiplies the learning rate. `advance` is told how much is done, 0 to 1, and may raise.
    """
    device = rows.device
    batch = min(batch, len(rows))
    each = len(rows) // batch
    steps = epochs * each
    draw = torch.Generator(device).manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # the first weights, the same on all devices
        net = Network(_whitening(pictures, rows), widths, classes)
    net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.train()
    optimiser = _optimiser(net)
    slow = [value.clone() for value in _state(net)]
    turned = torch.rand(len(rows), generator=draw, device=device) < 0.5
    reach = max(1, round(_SHIFT * pictures.pixels.shape[1]))
    done = 0
    for epoch in range(epochs):
        order = torch.randperm(len(rows), generator=draw, device=device)
        moves = torch.randint(-reach, reach + 1, (2, len(rows)), generator=draw, device=device)
        net.first.bias.requires_grad_(epoch < max(1, _WHITENED * epochs))  # type: ignore[union-attr]
        for some in torch.split(order[: each * batch], batch):
            turn = turned[some] ^ (epoch % 2 == 1) if mirror else None
            x = pictures.at(rows[some], moves[0][some], moves[1][some], turn)
            _set_rate(optimiser, rate * (batch / 1024) ** 0.5 * _cycle(done / steps))
            with _precision(device):
                output = net(x)
            optimiser.zero_grad(set_to_none=True)
            F.cross_entropy(output.float(), labels[rows[some]], label_smoothing=_SMOOTHING).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            done += 1
            if done % _SLOW == 0:
                _look_ahead(net, slow, 0.95**_SLOW * (done / steps) ** 3)
        advance((epoch + 1) / epochs)
    if done >= _SLOW:
        _look_ahead(net, slow, 1.0)
    net.eval()
    return net


@torch.no_grad()
def scores(net: Network, pictures: Pictures, rows: Tensor, views: Sequence[View]) -> tuple[Tensor, Tensor]:
    """Scores (m, classes) of the pictures `rows`, less their mean, and features (m, width), averaged over `views`."""
    outputs, features = [], []
    for some in torch.split(rows, _EVALUATED):
        seen = []
        for view in views:
            moved = torch.full_like(some, view.moved)
            x = pictures.at(some, moved, moved, torch.full_like(some, view.turned, dtype=torch.bool))
            with _precision(rows.device):
                seen.append(view.weight * net.body(x).float())
        features.append(torch.stack(seen).sum(0))
        output = net.head(features[-1]) * _SCALE
        outputs.append(output - output.mean(1, keepdim=True))
    return torch.cat(outputs), torch.cat(features)


def _convolution(before: int, width: int) -> nn.Conv2d:
    layer = nn.Conv2d(before, width, 3, padding=1, bias=False)
    nn.init.dirac_(layer.weight.data[: min(before, width)])
    return layer


def _norm(width: int) -> nn.BatchNorm2d:
    layer = nn.BatchNorm2d(width, momentum=0.4)
    layer.weight.requires_grad_(False)
    return layer


def _whitening(pictures: Pictures, rows: Tensor) -> Tensor:
    """(FILTERS, channels, 2, 2): the principal directions of patches scaled to deviation 1, and their negatives."""
    some = pictures.at(rows[:: max(1, len(rows) // 5_000)])
    patches = F.unfold(some.cpu(), _PATCH).transpose(1, 2).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values.clamp(min=0) + 5e-4).sqrt()).T.float().view(-1, some.shape[1], _PATCH, _PATCH)
    return torch.cat([filters, -filters]).flip(0)[:FILTERS]


def _optimiser(net: Network) -> torch.optim.SGD:
    named = [(name, weight) for name, weight in net.named_parameters() if weight.requires_grad]
    biases = [weight for name, weight in named if "norms" in name]
    others = [weight for name, weight in named if "norms" not in name]
    groups = [
        {"params": others, "weight_decay": _DECAY, "times": 1},
        {"params": biases, "weight_decay": _DECAY / _BIASES, "times": _BIASES},
    ]
    return torch.optim.SGD(groups, lr=_RATE, momentum=_MOMENTUM, nesterov=True)


def _set_rate(optimiser: torch.optim.SGD, share: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = _RATE * share * group["times"]


def _cycle(at: float) -> float:
    """The rate at a share of the training, in parts of the highest."""
    if at < _PEAK:
        return _START + (1 - _START) * at / _PEAK
    return _END + (1 - _END) * (1 - at) / (1 - _PEAK)


def _state(net: Network) -> list[Tensor]:
    """Weights, and the means and deviations of the batch norms."""
    return [value for value in net.state_dict().values() if value.is_floating_point()]


@torch.no_grad()
def _look_ahead(net: Network, slow: list[Tensor], decay: float) -> None:
    """Draw the slow weights towards the fast ones, and set these back to them (Zhang et al. 2019)."""
    for kept, value in zip(slow, _state(net), strict=True):
        kept.lerp_(value, 1 - decay)
        value.copy_(kept)


def _precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda")


def _reflected(at: Tensor, side: int) -> Tensor:
    at = at.abs()
    return side - 1 - (side - 1 - at).abs()
