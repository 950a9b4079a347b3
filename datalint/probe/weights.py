"""A pretrained network of torchvision: which one is meant, where its weights are, and how they are read without risk.

Nothing is downloaded unless that is allowed, and nothing but tensors is read from a file.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import pickle
import re
import warnings
import zipfile
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalint.config.settings import ConfigError, split

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

PREFERRED = ("resnet18", "resnet34", "resnet50", "mobilenet_v3_large", "mobilenet_v3_small")
"""Networks that are tried without being asked for, the first whose weights are in torch's cache; and those that a file
is recognised as."""

_NESTED = ("state_dict", "model_state_dict", "model")  # where training scripts keep it in a checkpoint
_PREFIX = re.compile(r"(module|model|_orig_mod|backbone)\.")  # what wrappers put before every name
_UNCOUNTED = "num_batches_tracked"  # of no use for prediction; old files lack it
_PORTED = {"googlenet", "inception_v3"}  # their weights want inputs of another normalisation
_OLD_DENSENET = re.compile(r"(.*denselayer\d+\.(?:norm|conv))\.([12]\..*)")


@dataclass(frozen=True, slots=True)
class Network:
    """A network that gives features: its last layer is left off."""

    name: str
    """Of the architecture in torchvision."""
    model: nn.Module
    """Takes (n, 3, side, side), normalised, to (n, d)."""
    file: Path
    sha256: str
    """Of the file."""
    side: int
    """Of the pictures it was trained on, in pixels ..."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    """... and their normalisation, of values in [0, 1]."""
    work: float
    """10^9 multiplications a picture."""


def asked(text: str, allow_download: bool) -> Network:
    """The network that `text` means: NAME, FILE or NAME:FILE. Raises ConfigError with what is wrong."""
    from torchvision import models

    name, file = split(text)
    known = models.list_models(module=models)
    if name is not None and name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        suggestion = f"did you mean {close[0]}?" if close else "a file has a / or a . in its name"
        raise ConfigError(f"probe backbone: torchvision has no classification model {name!r}; {suggestion}")
    if file is not None:
        return _loaded(name, Path(file).expanduser())
    assert name is not None
    preset = _cached(name)
    if preset is None:
        preset = models.get_model_weights(name).DEFAULT
        place = cache_folder() / _file_name(preset)
        if not allow_download:
            size = preset.meta.get("_file_size", 0)
            raise ConfigError(
                f"probe backbone: the weights of {name} are not in torch's cache ({place}): give them as "
                f"{name}:FILE, or let them be downloaded ({size:.0f} MB) with --allow-download"
            )
        _download(preset.url, place)
    return _loaded(name, cache_folder() / _file_name(preset), preset)


def unasked() -> Network | None:
    """The first of PREFERRED whose weights are in torch's cache. Imports torch only if one may be there."""
    names = [name for name in PREFERRED if any(cache_folder().glob(f"{name}-*.pth"))]
    for name in names:
        if preset := _cached(name):
            return _loaded(name, cache_folder() / _file_name(preset), preset)
    return None


def cache_folder() -> Path:
    """Where torch keeps downloaded weights: `torch.hub.get_dir()/checkpoints`, found without importing torch."""
    home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")  # noqa: PTH118
    return Path(home).expanduser() / "hub" / "checkpoints"


def _cached(name: str) -> Any:
    """The weights of torchvision for `name` whose file is in the cache, the default first; None if none is."""
    from torchvision import models

    choices = models.get_model_weights(name)
    ordered = [choices.DEFAULT, *(preset for preset in choices if preset is not choices.DEFAULT)]
    return next((preset for preset in ordered if (cache_folder() / _file_name(preset)).is_file()), None)


def _file_name(preset: Any) -> str:
    return str(preset.url.rpartition("/")[2])


def _download(url: str, place: Path) -> None:
    import torch

    stamp = re.search(r"-([0-9a-f]{8,})\.", place.name)  # the beginning of the SHA-256
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(url, str(place), hash_prefix=stamp[1] if stamp else None, progress=False)
    except (OSError, RuntimeError) as error:  # urllib's errors are OSErrors
        raise ConfigError(f"probe backbone: {url} cannot be downloaded: {error}") from None


class _Unfit(Exception):  # noqa: N818 - reported as a ConfigError
    """Why a file's weights cannot be used."""


def _loaded(name: str | None, file: Path, preset: Any = None) -> Network:
    from torchvision import models

    try:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        state = _plain(_read(file))
        name = name or _recognised(state)
        model = _model(name, state)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from None
    except _Unfit as error:
        raise ConfigError(f"{file}: {error}") from None
    preset = preset or models.get_model_weights(name).DEFAULT
    shown = preset.transforms()
    work = float(preset.meta.get("_ops", 4.0))
    return Network(name, model, file, digest, int(shown.crop_size[0]), tuple(shown.mean), tuple(shown.std), work)


def _read(file: Path) -> Any:
    """What the file holds; tensors, and nothing that could run code."""
    if file.suffix == ".safetensors":
        try:
            from safetensors import SafetensorError
            from safetensors.torch import load_file
        except ImportError:
            raise _Unfit("safetensors is not installed: pip install '.[probe]'") from None
        try:
            return load_file(file)
        except SafetensorError:
            raise _Unfit("is damaged, or not a safetensors file") from None
    import torch

    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if any(entry.endswith("/constants.pkl") for entry in archive.namelist()):
                raise _Unfit("is a TorchScript archive, which runs code: give a state dict (.pt, .pth, .safetensors)")
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise _Unfit(
            "holds more than tensors, which could run code and is not read: give a state dict, as "
            "torch.save(model.state_dict(), FILE) writes it"
        ) from None
    except OSError:
        raise
    except Exception:  # whatever a broken file makes of it
        raise _Unfit("is damaged, or holds no state dict") from None


def _plain(content: Any) -> dict[str, Tensor]:
    """The state dict in a file's content, its names as torchvision has them."""
    import torch

    if isinstance(content, dict):
        content = next((content[key] for key in _NESTED if isinstance(content.get(key), dict)), content)
    if not isinstance(content, dict) or not content:
        raise _Unfit("holds no state dict")
    if not all(isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in content.items()):
        raise _Unfit("holds no state dict: not everything in it is a tensor with a name")
    state = OrderedDict(content)
    while (prefix := _PREFIX.match(next(iter(state)))) and all(name.startswith(prefix[0]) for name in state):
        state = OrderedDict((name.removeprefix(prefix[0]), value) for name, value in state.items())
    vars(state)["_metadata"] = getattr(content, "_metadata", OrderedDict())  # the versions of the layers
    return state


def _recognised(state: Mapping[str, Tensor]) -> str:
    """The architecture among PREFERRED that the weights are of."""
    import torch

    for name in PREFERRED:
        with torch.device("meta"):
            model = _built(name)
        if not any(_differences(model, state)):
            return name
    raise _Unfit(
        f"does not say which network it is of: give NAME:FILE (recognised without NAME: {', '.join(PREFERRED)})"
    )


def _built(name: str) -> nn.Module:
    from torchvision import models

    also = {"transform_input": True, "init_weights": False} if name in _PORTED else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: nn.Module = models.get_model(name, weights=None, **also)
    return model


def _model(name: str, state: dict[str, Tensor]) -> nn.Module:
    """The network with these weights, but for its last layer."""
    from torch import nn

    if name.startswith("densenet"):  # torchvision's own files have names from before it renamed the layers
        for key in [key for key in state if _OLD_DENSENET.fullmatch(key)]:
            state[_OLD_DENSENET.sub(r"\1\2", key)] = state.pop(key)
    model = _built(name)
    missing, foreign = _differences(model, state)
    if missing or foreign:
        raise _Unfit(
            f"does not fit {name}: {len(missing):,} of its tensors are missing or of another shape, {len(foreign):,} "
            f"are unknown to it, such as {(missing or foreign)[0]}"
        )
    head = _head(model)
    for key in [key for key in state if _is_left_off(key, head)]:
        del state[key]
    try:
        model.load_state_dict(state, strict=False)
    except (RuntimeError, AssertionError, KeyError) as error:
        raise _Unfit(f"cannot be loaded into {name}: {' '.join(str(error).split())[:200] or 'it is too old'}") from None
    parent, _, last = head.rpartition(".")
    setattr(model.get_submodule(parent), last, nn.Identity())
    return model.eval().requires_grad_(False)


def _differences(model: nn.Module, state: Mapping[str, Tensor]) -> tuple[list[str], list[str]]:
    """Names of tensors of the model that are not in `state` as they should be, and of others there."""
    own, head = model.state_dict(), _head(model)
    missing = [
        key
        for key, value in own.items()
        if not _is_left_off(key, head) and (key not in state or state[key].shape != value.shape)
        if not key.endswith(_UNCOUNTED)
    ]
    return missing, [key for key in state if key not in own and not _is_left_off(key, head)]


def _head(model: nn.Module) -> str:
    """The layer that gives the classes: in all of torchvision's models the last one that multiplies."""
    from torch import nn

    names: list[str] = [name for name, layer in model.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)]
    return names[-1]


def _is_left_off(key: str, head: str) -> bool:
    """Whether a tensor belongs to the last layer, or to one that only training uses."""
    return key.startswith(head + ".") or key.lower().startswith("aux")
