"""One network: its layers, its training, what it says of pictures.

The layers and the settings follow airbench94 (Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024;
github.com/KellerJordan/cifar10-airbench, MIT), its variant with Muon (Jordan et al., "Muon: An optimizer for hidden
layers in neural networks", 2024) and Page, "How to Train Your ResNet" (2018): a first layer that whitens patches and is
not trained, batch norms of which only the biases are, at a much higher rate, filters of a fixed norm that are turned by
orthogonal steps, smoothed labels, pictures mirrored every other time rather than at random. Pictures stay on the device
as bytes, and nothing in the loop waits for the device. On CUDA a step is recorded once and then repeated as a graph:
such small kernels are launched more slowly than they run.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from datalint.probe.fallback import out_of_memory
from datalint.probe.plan import FILTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

# Of all but the filters, for the mean loss of a batch of 1,024; those of airbench94, whose loss is a sum and whose rate
# is divided by what Nesterov's momentum adds up to. The rate grows with the square root of the batch.
_RATE = 1.5
_DECAY = 1.33e-3
_BIASES = 64  # how many times the rate
_MOMENTUM = 0.85
_TURN, _TURN_MOMENTUM = 0.24, 0.6  # of the filters
_ITERATIONS = 3
_SMOOTHING = 0.2
_SHIFT = 1 / 16  # of the side, by which training pictures are moved at most
_SCALE = 1 / 9  # of the output
_WHITENED = 0.3  # of the training, in which the first layer's bias is trained
_PATCH = 2
_WHITENING = 4_000_000  # patches from which the first layer is made, about
_EVALUATED = 2_000
_EAGER = 3  # steps before one is recorded: libraries choose their ways in the first


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures on a device, (n, side, side, channels) uint8, and what is known of them without labels."""

    pixels: Tensor
    mean: Tensor
    """Of each channel ..."""
    deviation: Tensor
    """... and its deviation, by which the pictures are standardised."""

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


class _Step:
    """One step of a training after the other, on batches of one size."""

    def __init__(self, net: Network, pictures: Pictures, labels: Tensor, batch: int) -> None:
        self._net, self._pictures, self._labels = net, pictures, labels
        device = labels.device
        self._inputs = [torch.zeros(batch, dtype=torch.int64, device=device) for _ in range(3)]
        self._inputs.append(torch.zeros(batch, dtype=torch.bool, device=device))
        self._recorded = device.type == "cuda"
        self._muon = _Muon([weight for name, weight in net.named_parameters() if "convolutions" in name])
        self._sgd = _sgd(net, self._recorded)
        self._graph: torch.cuda.CUDAGraph | None = None
        self._eager = _EAGER

    def train_whitening(self, wanted: bool) -> None:
        """Whether the first layer's bias is trained from now on."""
        bias = self._net.first.bias
        assert bias is not None
        if bias.requires_grad != wanted:
            bias.requires_grad_(wanted)
            self.release()
            self._eager = _EAGER

    def set_rate(self, rate: float) -> None:
        """The learning rate in parts of the highest."""
        self._muon.rate.fill_(_TURN * rate)
        for group in self._sgd.param_groups:
            value = _RATE * (len(self._inputs[0]) / 1024) ** 0.5 * rate * group["times"]
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(value)  # where the graph reads it
            else:
                group["lr"] = value

    def __call__(self, rows: Tensor, down: Tensor, right: Tensor, turned: Tensor) -> None:
        """On the pictures `rows`, moved and mirrored as `Pictures.at` does it."""
        for kept, value in zip(self._inputs, (rows, down, right, turned), strict=True):
            kept.copy_(value)
        if self._graph is not None:
            self._graph.replay()
            return
        if not self._recorded or self._eager > 0:
            self._eager -= 1
            self._once()
            return
        try:
            self._graph = self._record()
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            self._recorded = False  # an old driver, say: kernel by kernel then
            self._once()
        else:
            self._graph.replay()

    def _record(self) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        self._net.zero_grad(set_to_none=True)
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            self._once()
        return graph

    def release(self) -> None:
        """Give the recorded step back, when it is done."""
        if self._graph is not None:
            torch.cuda.current_stream().synchronize()
            self._graph = None

    def _once(self) -> None:
        rows, down, right, turned = self._inputs
        with _precision(rows.device):
            output = self._net(self._pictures.at(rows, down, right, turned))
        self._net.zero_grad(set_to_none=True)
        F.cross_entropy(output.float(), self._labels[rows], label_smoothing=_SMOOTHING).backward()  # type: ignore[no-untyped-call]
        self._muon.step()
        self._sgd.step()


class _Muon:
    """Nesterov's momentum for filters, made orthogonal; before each step the filters are scaled back to their norm.

    A layer's filters are the rows of a matrix. All singular values of its step are about 1, so that directions that
    matter little to the loss are learned as fast as those that matter most (Jordan et al. 2024).
    """

    def __init__(self, filters: list[Tensor]) -> None:
        self.rate = torch.zeros((), device=filters[0].device)
        self._filters = filters
        self._momenta = [torch.zeros_like(weight) for weight in filters]

    @torch.no_grad()
    def step(self) -> None:
        """One step along the gradients that the filters have."""
        for weight, momentum in zip(self._filters, self._momenta, strict=True):
            gradient = weight.grad
            assert gradient is not None
            momentum.mul_(_TURN_MOMENTUM).add_(gradient)
            step = _orthogonal(gradient.add(momentum, alpha=_TURN_MOMENTUM).flatten(1))
            weight.mul_(len(weight) ** 0.5 / weight.norm())
            weight.sub_(self.rate * step.view(weight.shape))


def _orthogonal(matrix: Tensor) -> Tensor:
    """About U V' of a matrix U S V', singular values between .7 and 1.2, by Newton and Schulz's iteration.

    Its coefficients are those of Jordan et al., chosen to bring small singular values up in few iterations.
    """
    x: Tensor = matrix.bfloat16() if matrix.is_cuda else matrix
    x = x / (x.norm() + 1e-7)
    turned = x.shape[0] > x.shape[1]
    x = x.T if turned else x
    for _ in range(_ITERATIONS):
        square = x @ x.T
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.T if turned else x).to(matrix.dtype)


def train(
    pictures: Pictures,
    whitening: Tensor,
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

    `whitening` is that of the pictures. `rate` multiplies the learning rate. `advance` gets the share that is done, 0
    to 1, and may raise.
    """
    device = rows.device
    batch = min(batch, len(rows))
    each = len(rows) // batch
    steps = epochs * each
    draw = torch.Generator(device).manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # the first weights, the same on all devices
        net = Network(whitening, widths, classes)
    net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.train()
    turned = torch.rand(len(rows), generator=draw, device=device) < 0.5
    reach = max(1, round(_SHIFT * pictures.pixels.shape[1]))
    done = 0
    with _stream(device):
        step = _Step(net, pictures, labels, batch)
        for epoch in range(epochs):
            order = torch.randperm(len(rows), generator=draw, device=device)
            moves = torch.randint(-reach, reach + 1, (2, len(rows)), generator=draw, device=device)
            step.train_whitening(epoch < max(1, _WHITENED * epochs))
            for some in torch.split(order[: each * batch], batch):
                turn = (turned[some] ^ (epoch % 2 == 1)) & mirror
                step.set_rate(rate * (1 - done / steps))
                step(rows[some], moves[0][some], moves[1][some], turn)
                done += 1
            advance((epoch + 1) / epochs)
        step.release()
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


def whitening(pictures: Pictures) -> Tensor:
    """(FILTERS, channels, 2, 2) on the CPU: the principal directions of patches scaled to deviation 1, and their
    negatives."""
    side = pictures.pixels.shape[1]
    count = len(pictures.pixels)
    some = torch.arange(0, count, max(1, count * side**2 // _WHITENING), device=pictures.pixels.device)
    shown = pictures.at(some)
    patches = F.unfold(shown, _PATCH).transpose(1, 2).flatten(0, 1)
    values, vectors = torch.linalg.eigh((patches.T @ patches / len(patches)).cpu().double())
    filters = (vectors / (values.clamp(min=0) + 5e-4).sqrt()).T.float().view(-1, shown.shape[1], _PATCH, _PATCH)
    return torch.cat([filters, -filters]).flip(0)[:FILTERS]


def _sgd(net: Network, recorded: bool) -> torch.optim.SGD:
    """Of the last layer and all biases."""

    def rate() -> float | Tensor:
        return torch.tensor(_RATE, device=net.head.weight.device) if recorded else _RATE

    biases = [weight for name, weight in net.named_parameters() if weight.requires_grad and name.endswith("bias")]
    groups: list[dict[str, Any]] = [
        {"params": [net.head.weight], "lr": rate(), "weight_decay": _DECAY, "times": 1},
        {"params": biases, "lr": rate(), "weight_decay": _DECAY / _BIASES, "times": _BIASES},
    ]
    return torch.optim.SGD(groups, lr=rate(), momentum=_MOMENTUM, nesterov=True, fused=recorded or None)


def _precision(device: torch.device) -> torch.autocast:
    # without the cache of weights: it does not go into a graph
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda", cache_enabled=False)


@contextmanager
def _stream(device: torch.device) -> Iterator[None]:
    """A stream of its own on CUDA, as recording needs; what follows waits for it."""
    if device.type != "cuda":
        yield
        return
    outer, own = torch.cuda.current_stream(device), _own_stream(device)
    own.wait_stream(outer)
    try:
        with torch.cuda.stream(own):
            yield
    finally:
        outer.wait_stream(own)


@cache
def _own_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all trainings: memory that a stream gave back serves that stream only."""
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def _reflected(at: Tensor, side: int) -> Tensor:
    at = at.abs()
    return side - 1 - (side - 1 - at).abs()
