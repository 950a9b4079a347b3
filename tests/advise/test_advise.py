"""The advice, run: every snippet on datasets of the kinds it is for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from datalint.advise.snippet import comment, in_order, literal
from datalint.dataset import Mirrored, ProbeOutcome
from datalint.report import Report
from tests.advise.snippets import boxes, folders, picture, run, scanned

ROOT = Path(__file__).resolve().parent.parent.parent
torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

#: Keys that Ultralytics' ultralytics/cfg/default.yaml has, in versions 8.0 to 8.4.
KEYS = {
    "task", "mode", "model", "data", "epochs", "patience", "batch", "imgsz", "single_cls", "rect", "max_det", "hsv_h",
    "hsv_s", "hsv_v", "degrees", "translate", "scale", "shear", "perspective", "flipud", "fliplr", "mosaic", "mixup",
}  # fmt: skip


def with_probe(report: Report, mirrored: Mirrored | None) -> Report:
    report.dataset.probe_outcome = ProbeOutcome(ran=True, reason="", mirrored=mirrored)
    return report


def code(report: Report, title: str) -> str:
    (snippet,) = [snippet for snippet in report.advice if snippet.title == title]
    return snippet.code


def titles(report: Report) -> list[str]:
    return [snippet.title for snippet in report.advice]


# -- whole pictures ----------------------------------------------------------------------------------------------------


def test_the_demo_is_read_and_batched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    report = scanned(Path("fixtures/datasets/demo"))
    found = run(report)
    assert found["MEAN"] == [0.485, 0.456, 0.406]
    assert found["CLASSES"][-1] == "spoon"
    assert len(found["UNREAD"]) == 6
    images, labels = next(iter(found["train_loader"]))
    assert images.shape == (32, 3, 80, 80)
    assert images.dtype == torch.float32
    assert torch.isfinite(images).all()
    assert torch.isfinite(found["loss"](torch.zeros(32, 7), labels))
    tested = found["test_data"]
    assert sorted(tested.class_to_idx) == tested.classes == found["CLASSES"]
    assert all(image.shape == (3, 80, 80) for image, _ in tested)
    files = [str(path) for path in (found["ROOT"] / "train").rglob("*")]
    every = [found["load"](path) for path in files if found["is_read"](path)]
    assert len(every) > 300, "also those in CMYK, with a palette, of 16 bits, turned by EXIF"


def test_measured_constants_make_it_standard(tmp_path: Path) -> None:
    report = scanned(folders(tmp_path / "data", {"cat": 20, "dog": 20}))
    found = run(report, lambda text: text.replace("PRETRAINED = True", "PRETRAINED = False").replace(
        'Path("splits.csv")', f"Path({str(tmp_path / 'splits.csv')!r})"))  # fmt: skip
    pixels = torch.stack([found["eval_transform"](found["load"](path)) for path in (tmp_path / "data").rglob("*.png")])
    assert pixels.mean((0, 2, 3)).abs().max() < 0.1
    assert (pixels.std((0, 2, 3)) - 1).abs().max() < 0.1


def test_small_pictures_get_a_network_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = run(scanned(folders(tmp_path / "data", {"cat": 30, "dog": 30}, (32, 32))))
    assert (found["SIZE"], found["PRETRAINED"]) == (32, False)
    images, _ = next(iter(found["train_loader"]))
    network = found["network"]()
    seen = []
    network.layer1.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[2:]))
    assert network(images).shape == (len(images), 2)
    assert seen == [(32, 32)], "nothing is shrunk before the first block"


@pytest.mark.parametrize(("side", "before"), [(28, 28), (64, 32)])
def test_grey_and_small_is_one_channel(side: int, before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = scanned(folders(tmp_path / "data", {"3": 20, "7": 20}, (side, side), mode="L"))
    found = run(report)
    network, images = found["network"](), next(iter(found["train_loader"]))[0]
    assert images.shape[1:] == (1, side, side)
    seen = []
    network.layer1.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[2]))
    network(images)
    assert seen == [before]
    assert "digits or letters" in code(report, "Transforms")


@pytest.mark.parametrize(("most", "white"), [(65535, 65535), (4000, 4095)])
def test_sixteen_bits_keep_their_range(most: int, white: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = folders(tmp_path / "data", {"a1": 16, "b1": 16}, (128, 128), mode="I;16", most=most)
    report = scanned(root)
    found = run(report, lambda text: text.replace("PRETRAINED = True", "PRETRAINED = False"))
    read = found["load"](next(root.rglob("*.png")))
    assert read.shape == (3, 128, 128)
    assert 0.5 < read.max() <= 1
    assert f"/ {white}" in code(report, "Read the pictures")
    pixels = torch.stack([found["eval_transform"](found["load"](path)) for path in root.rglob("*.png")])
    assert abs(float(pixels.mean())) < 0.1
    assert abs(float(pixels.std()) - 1) < 0.15


def test_floats_of_an_unknown_unit_are_stretched(tmp_path: Path) -> None:
    for at in range(12):
        path = tmp_path / "data" / f"{at % 2}a" / f"{at}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(at).normal(-5, 300, (96, 96)).astype(np.float32)).save(path)
    report = scanned(tmp_path / "data")
    found = run(report, lambda text: text[: text.index("# -- A split")])
    read = found["load"](path)
    assert (float(read.min()), float(read.max())) == (0.0, 1.0)


def test_turned_and_transparent_pictures(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"a1": 10, "b1": 10}, (128, 96))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(1, (128, 96)).save(root / "a1" / "turned.jpg", exif=exif)
    clear = Image.new("RGBA", (128, 96), (255, 0, 0, 0))
    clear.save(root / "b1" / "clear.png")
    found = run(scanned(root), lambda text: text[: text.index("# -- A split")])
    assert found["load"](root / "a1" / "turned.jpg").size == (96, 128)
    assert found["load"](root / "b1" / "clear.png").getpixel((0, 0)) == (255, 255, 255)


def test_wide_pictures_are_fitted_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = scanned(folders(tmp_path / "data", {"a1": 20, "b1": 20}, (480, 100)))
    assert "would lose 79 %" in code(report, "Transforms")
    found = run(report)
    seen = found["eval_transform"](found["load"](tmp_path / "data/a1/000.png"))
    assert seen.shape == (3, 96, 96)
    black = (seen == seen[:, :1, :1]).all(0)
    assert black[:30].all()
    assert not black[48].all()
    assert len(black[48].nonzero()) < 4, "from edge to edge"


def test_large_pictures_are_reduced_to_what_is_usual(tmp_path: Path) -> None:
    report = scanned(folders(tmp_path / "data", {"a1": 6, "b1": 6}, (900, 700)))
    assert "SIZE = 224" in code(report, "Transforms")
    (snippet,) = [snippet for snippet in report.advice if snippet.title == "Transforms"]
    assert any("reduced 3.1 times" in reason for reason in snippet.reasons)


# -- classes -----------------------------------------------------------------------------------------------------------


def test_even_classes_need_no_weights(tmp_path: Path) -> None:
    report = scanned(folders(tmp_path / "data", {"a1": 20, "b1": 24}))
    assert "weight" not in code(report, "Loss")


def test_uneven_classes_are_weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = scanned(folders(tmp_path / "data", {"a1": 80, "b1": 20}))
    weights = run(report)["loss"].weight
    assert weights[1] / weights[0] == pytest.approx(4)
    assert "Sampler" not in titles(report)


def test_a_rare_class_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report = scanned(folders(tmp_path / "data", {"a1": 300, "b1": 4}, (64, 48)))
    found = run(report)
    assert found["loss"].weight is None
    drawn = list(found["sampler"]([0] * 300 + [1] * 4))
    assert sum(number >= 300 for number in drawn) > 15
    assert found["train_loader"].sampler.num_samples == len(found["train_data"])


def test_several_labels_are_questions_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["path,sun,sea"]
    for at in range(40):
        picture(at, (96, 80)).save(tmp_path / f"{at}.png")
        rows.append(f"{at}.png,1,{int(at % 8 == 0)}")
    (tmp_path / "labels.csv").write_text("\n".join(rows), "utf-8")
    report = scanned(tmp_path)
    assert report.dataset.task == "multi"
    loss = run(report)["loss"]
    assert loss.pos_weight[1] == pytest.approx(7**0.5)
    assert torch.isfinite(loss(torch.zeros(2, 2), torch.ones(2, 2)))


# -- flips -------------------------------------------------------------------------------------------------------------

ALIKE = Mirrored(of=1000, plain=900, turned=905, matters=False)


@pytest.mark.parametrize(
    ("seen", "allowed", "says"),
    [
        (None, False, "was not tried"),
        (ALIKE, True, "900 recognised, in the mirror 905"),
        (replace(ALIKE, matters=True), False, "left and right matter"),
        (replace(ALIKE, plain=300), False, "too weak to tell"),
    ],
)
def test_flips_only_where_the_probe_found_no_difference(
    seen: Mirrored | None, allowed: bool, says: str, tmp_path: Path
) -> None:
    report = with_probe(scanned(folders(tmp_path / "data", {"cat": 10, "dog": 10})), seen)
    said = code(report, "Transforms").replace("\n        # ", " ").replace("\n# ", " ")
    assert says in said
    assert ("v2.RandomHorizontalFlip()" in said) is allowed


@pytest.mark.parametrize("names", [("turn_left", "turn_right"), ("6", "9"), ("b", "d")])
def test_no_flips_where_names_say_otherwise(names: tuple[str, str], tmp_path: Path) -> None:
    report = with_probe(scanned(folders(tmp_path / "data", dict.fromkeys(names, 10))), ALIKE)
    assert "Flip(" not in code(report, "Transforms")


def test_no_flips_where_mirrored_copies_have_another_label(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"cat": 10, "dog": 10})
    original = Image.open(ROOT / "fixtures/datasets/demo/train/cup/cup-045.jpg").convert("RGB")
    original.save(root / "cat" / "x.png")
    original.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(root / "dog" / "x.png")
    report = with_probe(scanned(root), ALIKE)
    assert "1 mirrored copy in the dataset has another label" in code(report, "Transforms").replace("\n# ", " ")


# -- splits ------------------------------------------------------------------------------------------------------------


def test_a_split_keeps_copies_together_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = folders(tmp_path / "data", {"a1": 40, "b1": 40}, (96, 80))
    for at in range(6):
        shutil.copy(root / "a1" / "000.png", root / "a1" / f"copy{at}.png")
    found = run(scanned(root))
    parts = found["SPLITS"]
    assert len({parts["a1/000.png"], *(parts[f"a1/copy{at}.png"] for at in range(6))}) == 1
    sizes = {split: len(found[f"{split}_data"]) for split in ("train", "val", "test")}
    assert sum(sizes.values()) == 86
    assert 60 < sizes["train"] < 75
    assert found["parts"]() == parts, "made once"
    assert (tmp_path / "splits.csv").exists()


def test_what_cannot_be_read_is_in_no_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    root = folders(tmp_path / "data", {"a1": 20, "b1": 20})
    (root / "a1" / "broken.png").write_bytes((root / "a1" / "000.png").read_bytes()[:200])
    found = run(scanned(root))
    assert found["UNREAD"] == {"a1/broken.png"}
    assert sum(len(found[f"{split}_data"]) for split in ("train", "val", "test")) == 40


def test_good_splits_are_kept(tmp_path: Path) -> None:
    for number, split in enumerate(("train", "test")):
        folders(tmp_path / "data" / split, {"a1": 20, "b1": 20}, (96, 80 + number))
        for at, path in enumerate(sorted((tmp_path / "data" / split).rglob("*.png"))):
            picture(9000 + 100 * number + at, (96, 80)).save(path)
    assert "A split by group" not in titles(scanned(tmp_path / "data"))


def test_sources_spread_over_splits_are_brought_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "fixtures/group-leak/bad", tmp_path / "data")
    report = scanned(tmp_path / "data")
    assert report.findings.filter(report.findings["code"] == "DL703").height
    parts = run(report)["parts"]()
    leaks = report.findings.filter(report.findings["code"] == "DL703")["id"]
    members = report.members.filter(report.members["finding"].is_in(leaks.implode()))
    for _, source in members.group_by("subject"):
        assert len({parts[path] for path in source["path"]}) == 1


# -- boxes -------------------------------------------------------------------------------------------------------------


def test_boxes_go_with_their_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import tv_tensors

    monkeypatch.chdir(tmp_path)
    report = with_probe(scanned(boxes(tmp_path / "data")), ALIKE)
    found = run(report)
    image = found["load"](tmp_path / "data/images/000.jpg")
    torch.manual_seed(0)
    placed = [[10.0, 20, 400, 90], [50, 60, 50, 80]]
    for way in ("train_transform", "eval_transform"):
        target = {
            "boxes": tv_tensors.BoundingBoxes(torch.tensor(placed), format="XYXY", canvas_size=(240, 320)),
            "labels": torch.tensor([1, 2]),
        }
        pixels, kept = found[way](image, target)
        assert pixels.shape == (3, 240, 320)
        assert kept["labels"].tolist() == [1], "a box without an area is left out"
        assert kept["boxes"].max() <= 320
    images, targets = found["collate"]([(pixels, kept), (pixels, kept)])
    model = found["detector"](pretrained=False)
    losses = model.train()(list(images), [dict(each.items()) for each in targets])
    assert all(torch.isfinite(value) for value in losses.values())
    assert model.transform.image_mean == pytest.approx(report.dataset.statistics.mean, abs=1e-3)  # type: ignore[union-attr]
    assert model.roi_heads.box_predictor.cls_score.out_features == 3


def test_small_objects_ask_for_larger_pictures(tmp_path: Path) -> None:
    report = scanned(boxes(tmp_path / "few", side=40))
    many = scanned(boxes(tmp_path / "many", side=3, most=150, images=4))
    assert "min_size=800" in code(report, "A detector that fits the sizes")
    assert "box_detections" not in code(report, "A detector that fits the sizes")
    assert "box_detections_per_img" not in code(many, "A detector that fits the sizes")
    tiny = code(many, "A detector that fits the sizes")
    assert "cut the pictures into tiles" not in tiny
    assert "min_size=800" not in tiny


def test_settings_for_ultralytics(tmp_path: Path) -> None:
    report = with_probe(scanned(boxes(tmp_path / "data", side=8)), ALIKE)
    settings = yaml.safe_load(report.advice.program("ultralytics"))
    assert settings.keys() <= KEYS
    assert settings["task"] == "detect"
    assert settings["imgsz"] % 32 == 0
    assert 8 * settings["imgsz"] / 320 >= 16
    assert settings["fliplr"] == 0.5
    report = with_probe(report, None)
    assert yaml.safe_load(report.advice.program("ultralytics"))["fliplr"] == 0.0


def test_settings_name_the_data_file_of_yolo(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (tmp_path / kind / split).mkdir(parents=True)
        for at in range(6):
            picture(at, (96, 80), mode="L").save(tmp_path / "images" / split / f"{at}.png")
            (tmp_path / "labels" / split / f"{at}.txt").write_text("0 0.5 0.5 0.4 0.4\n", "utf-8")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\nnames: {0: cat}\n", "utf-8")
    report = scanned(tmp_path)
    settings = yaml.safe_load(report.advice.program("ultralytics"))
    assert Path(settings["data"]) == tmp_path / "data.yaml"
    assert settings["single_cls"] is True
    assert settings["hsv_s"] == 0.0
    assert settings.keys() <= KEYS


# -- names of strangers, and nothing to say ----------------------------------------------------------------------------

HOSTILE = 'x"\\nimport os\nraise SystemExit(3) # \u202e'


def test_names_stay_names(tmp_path: Path) -> None:
    rows = [{"path": f"{at}.png", "label": HOSTILE if at % 2 else "b'\"\\"} for at in range(20)]
    for at in range(20):
        picture(at, (96, 80)).save(tmp_path / f"{at}.png")
    (tmp_path / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    report = scanned(tmp_path)
    found = run(report)
    assert sorted(found["CLASSES"]) == sorted({row["label"] for row in rows})
    assert "\u202e" not in report.advice.program()
    assert "\n" not in comment(HOSTILE, 0).removeprefix("# ").replace("\n# ", "")
    assert literal('a"b') == "'a\"b'"


def test_what_was_not_measured_is_not_advised(tmp_path: Path) -> None:
    root = folders(tmp_path / "data", {"a1": 3, "b1": 3})
    report = scanned(root, select=["DL4"])
    assert report.advice == ()
    assert str(report.advice) == ""


def test_imports_stand_once() -> None:
    assert in_order(["import torch", "from b import c", "import json", "from b import a, c"]) == [
        "import json", "", "import torch", "from b import a, c",
    ]  # fmt: skip


# -- the command -------------------------------------------------------------------------------------------------------


def advise(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "datalint", "advise", *map(str, arguments), "--isolated", "-j0", "--no-progress"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_command(tmp_path: Path) -> None:
    folders(tmp_path / "data", {"a1": 10, "b1": 10})
    done = advise("data", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    compile(done.stdout, "advice.py", "exec")
    assert 'ROOT = Path("data")' in done.stdout
    assert advise("data", "-o", "advice.py", folder=tmp_path).returncode == 0
    assert (tmp_path / "advice.py").read_text("utf-8") == done.stdout
    again = advise("data", "-o", "advice.py", folder=tmp_path)
    assert again.returncode == 2
    assert "exists and is not written over" in again.stderr
    other = advise("data", "--for", "ultralytics", folder=tmp_path)
    assert other.returncode == 2
    assert "has no boxes" in other.stderr
    (tmp_path / "empty").mkdir()
    assert advise("empty", folder=tmp_path).returncode == 3
