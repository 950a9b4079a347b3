"""What there is time for, at the usual speed of a kind of device: no clock is read, so that answers repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datalint.probe.given import Given
    from datalint.probe.weights import Network

#: Images a second, features and all. CPU: measured on 2 cores, 50,000 images in 137 to 144 s.
_IMAGES = {"cpu": 340, "mps": 500, "cuda": 2000}
_EMBEDDINGS = 1000  # rows a second
#: Images a second that can be counted on to be decoded once more.
_DECODED = 200
#: Objects that the features of are held in memory, 35 KB each: within 2 GB, together with all else.
MOST_OBJECTS = 12_000
#: Times the pixels that larger pictures cost the fixed features.
_LARGER = 1.7
#: 10^9 multiplications a second of pretrained networks, and seconds to decode a picture and hand it over.
_SPEED = {"cpu": 80.0, "mps": 500.0, "cuda": 5000.0}
_OVERHEAD = 0.015


def images(given: Given, kind: str, seconds: float) -> int:
    """How many images can be asked about: with what the user gave, else with what the probe makes itself."""
    if given.embeddings:
        rate: float = _EMBEDDINGS
    elif given.network and given.asked:
        rate = _network(given.network, kind)
    else:
        rate = _IMAGES[kind]
    return max(1, int(seconds * rate))


def objects(given: Given, kind: str, seconds: float, images_with: int) -> int:
    """The same of objects in `images_with` images, each of which is decoded once more for those in it."""
    rate = images(given, kind, 1.0)
    if images_with < seconds / (1 / rate + 1 / _DECODED):
        most = int((seconds - images_with / _DECODED) * rate)
    else:  # at worst each lies in another image
        most = int(seconds / (1 / rate + 1 / _DECODED))
    return max(1, min(most, MOST_OBJECTS) if kind == "cpu" else most)


def allows_network(network: Network, kind: str, count: int, seconds: float) -> bool:
    """Whether `count` images can be shown to a pretrained network."""
    return count <= seconds * _network(network, kind)


def allows_larger(times: float, kind: str, count: int, seconds: float) -> bool:
    """Whether `count` pictures can be decoded once more, `times` as many pixels as the small ones."""
    needed = count / _DECODED
    if kind == "cpu":  # the network's plan sees to the pixels; here half of the time is enough
        needed = 2 * (needed + count * _LARGER * times / _IMAGES[kind])
    return needed <= seconds


def allows_parts(count: int, parts: int, seconds: float) -> bool:
    """Whether `count` images can be decoded once more, and each of their parts be seen as an image is."""
    seen = count * parts
    return seen <= MOST_OBJECTS and count / _DECODED + 2 * seen / _IMAGES["cpu"] <= seconds


def _network(network: Network, kind: str) -> float:
    # every picture is decoded and seen twice, mirrored too
    return 1 / (1 / _EMBEDDINGS + 2 * (_OVERHEAD + network.work / _SPEED[kind]))
