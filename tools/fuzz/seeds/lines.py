"""Label files of one object a line, masks, and folders whose names are the labels."""

from __future__ import annotations

from tools.fuzz.seeds.label_sets import LabelSet, mask, one, picture

_DATA = b"path: .\ntrain: images/train\nval: images/val\nnc: 3\nnames:\n  0: cat\n  1: dog\n  2: fox\n"
_POSE = b"path: .\ntrain: images/train\nkpt_shape: [2, 3]\nflip_idx: [1, 0]\nnames: [cat, dog]\n"
_BOXES = b"0 0.5 0.5 0.25 0.25\n1 0.25 0.25 0.125 0.125\n2 0.75 0.5 0.1 0.3\n"
_POLYGONS = b"0 0.1 0.1 0.9 0.1 0.9 0.9\n1 0.2 0.2 0.5 0.2 0.5 0.5 0.2 0.5\n"
_CORNERS = b"0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n1 0.2 0.2 0.6 0.2 0.6 0.6 0.2 0.6\n"
_POINTS = b"0 0.5 0.5 0.5 0.5 0.3 0.3 2 0.6 0.6 1\n1 0.5 0.5 0.2 0.2 0.4 0.4 0 0.5 0.5 2\n"
_DARKNET = b"classes = 2\ntrain = train.txt\nvalid = train.txt\nnames = obj.names\nbackup = backup/\n"
_LIST = b"obj_train_data/{n}.png\n"
_KITTI = (
    b"Car 0.00 0 -1.58 3.01 4.33 14.12 20.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59\n"
    b"DontCare -1 -1 -10 5.89 6.71 9.61 9.13 -1 -1 -1 -1000 -1000 -1000 -10\n"
    b"Van 0.00 1 1.58 1 2 30 22 2 1.8 4 1 1.7 20 1.6 0.95\n"
)
_DOTA = (
    b"imagesource:GoogleEarth\ngsd:0.146\n2 3 12 3 12 11 2 11 plane 0\n"
    b"1.5 1.5 9 2 8 9 1 8 ship 1\n4 4 9 4 9 9 4 9 car\n"
)
_VISDRONE = b"2,3,10,8,1,4,0,2\n1,1,4,4,0,0,0,0\n4,4,9,9,1,10,0,1,\n5,5,2,2,1,1,0,0\n"
_COLOURS = {
    "label_colors.txt": b"0 0 0 void\n128 0 0 cat\n0 128 0 dog\n",
    "labelmap.txt": b"# label:color_rgb:parts:actions\nvoid:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n",
    "class_dict.csv": b"name,r,g,b\nvoid,0,0,0\ncat,128,0,0\ndog,0,128,0\n",
    "dataset_meta.json": b'{"label_map": {"0": "void", "1": "cat"}, "segmentation_colors": [[0, 0, 0], [128, 0, 0]]}\n',
    "codes.txt": b"void\ncat\ndog\n",
}
_ICDAR = b"2,3,12,3,12,11,2,11,Genaxis Theatre\n1,1,9,2,8,9,1,8,###\n4,4,9,4,9,9,4,9,1,200\n1,1,5,1,6,2,5,3,1,3,round\n"
_PADDLE = (
    b'images/a{d}.png\t[{"transcription": "MASA", "points": [[2, 3], [12, 3], [12, 11], [2, 11]], "key": 1}]\n'
    b'images/b{d}.png\t[{"transcription": "###", "points": [[1, 1], [9, 2], [8, 9], [1, 8], [0, 4]]}]\n'
)
_WORDS = b"images/a{d}.png\tJOINT\nimages/b{d}.png\tyou, and me\n"
_WIDER = b"images/a{d}.png\n2\n2 3 12 11 0 0 0 0 0 0\n1 1 9 8 2 1 0 1 2 0\nimages/b{d}.png\n0\n0 0 0 0 0 0 0 0 0 0\n"
#: These formats are recognised by most of the lines: a damaged one must not be most of them.
_MANY = 5
_CELEBA = {
    "Anno/list_attr_celeba.txt": b"2\nBald Smiling Young \na{d}.png -1  1  1\nb{d}.png -1 -1  1\n",
    "Anno/list_bbox_celeba.txt": b"2\nimage_id x_1 y_1 width height\na{d}.png    2   3  10  8\nb{d}.png  1 1 20 20\n",
    "Anno/list_landmarks_celeba.txt": b"2\nlefteye_x lefteye_y nose_x nose_y\na{d}.png 3 4 5 6\nb{d}.png 7 8 9 10\n",
    "Eval/list_eval_partition.txt": b"a{d}.png 0\nb{d}.png 1\n",
}
_WFLW = (
    b"1.5 2.5 " * 98
    + b"1 2 30 22 0 0 0 0 1 0 images/a{d}.png\n"
    + b"3 4 " * 98
    + b"2 3 12 11 0 1 0 0 0 0 images/b{d}.png\n"
)
_KERAS = b"images/a{d}.png 2,3,12,11,0 1,1,9,8,1\nimages/b{d}.png\n"
_FRAME = b"1,7,2,3,10,8,%s\n2,8,1,1,4,4,%s\n2,9,4.5,4,9,9,%s\n"
_MOT = _FRAME % (b"1,1,0.5", b"0,8,1", b"1,3,-1")
_UAVDT = _FRAME % (b"1,1,1", b"2,2,3", b"1,1,2")
_VISDRONE_VIDEO = _FRAME % (b"1,4,0,0", b"0,0,0,0", b"1,10,1,2")
_MOTS = _MANY * b"1 1005 1 24 32 i04d000000Wd0\n2 2001 2 24 32 i04d000000Wd0\n2 10000 10 24 32 i04d000000Wd0\n"
_SEQINFO = b"[Sequence]\nname=v\nimDir=img1\nframeRate=30\nseqLength=2\nimWidth=32\nimHeight=24\nimExt=.png\n"
_STRUCTURES = {"txt": "words", "csv": "csv", "json": "json"}


def _video(name: str, data: bytes, folder: str, structure: str = "csv", **more: bytes) -> LabelSet:
    """Two frames, and the label file of their video."""
    images = {f"{folder}/{frame:06}.png": picture(frame) for frame in (1, 2)}
    return LabelSet(
        images | {name: _MANY * data} | {key.replace("__", "."): more[key] for key in more}, {name: structure}
    )


def _yolo(data: bytes, labels: bytes) -> LabelSet:
    files = {"data.yaml": data, "images/train/{n}.png": picture(), "labels/train/{n}.txt": labels}
    return LabelSet(files | {"images/val/a.png": picture(1)}, {"labels/train/{n}.txt": "words", "data.yaml": "yaml"})


def _masks(name: str) -> LabelSet:
    files = {"images/{n}.png": picture(), "masks/{n}.png": mask(), name: _COLOURS[name]}
    return LabelSet(files, {"masks/{n}.png": "png", name: _STRUCTURES[name.rpartition(".")[2]]})


#: Format -> its datasets.
SETS: dict[str, list[LabelSet]] = {
    "yolo": [
        _yolo(_DATA, _BOXES),
        _yolo(_DATA, _POLYGONS),
        _yolo(_DATA, _CORNERS),
        _yolo(_POSE, _POINTS),
        LabelSet(
            {"obj.data": _DARKNET, "obj.names": b"cat\ndog\n", "train.txt": _LIST,
             "obj_train_data/{n}.png": picture(), "obj_train_data/{n}.txt": _BOXES[:-20]},
            {"obj_train_data/{n}.txt": "words", "obj.data": "words", "obj.names": "words", "train.txt": "words"},
        ),
        LabelSet(
            {"photos/{n}.png": picture(), "photos/{n}.txt": _BOXES, "photos/classes.txt": b"cat\ndog\nfox\n"},
            {"photos/{n}.txt": "words", "photos/classes.txt": "words"},
        ),
    ],
    "kitti": [
        LabelSet({"training/image_2/{n}.png": picture(), "training/label_2/{n}.txt": _MANY * _KITTI},
                 {"training/label_2/{n}.txt": "words"}),
    ],
    "visdrone": [
        LabelSet(
            {"images/{n}.png": picture(), "annotations/{n}.txt": _MANY * _VISDRONE}, {"annotations/{n}.txt": "csv"}
        )
    ],
    "dota": [LabelSet({"train/images/{n}.png": picture(), "train/labelTxt/{n}.txt": _MANY * _DOTA},
                      {"train/labelTxt/{n}.txt": "words"})],
    "mot": [
        LabelSet(
            {"v{n}/img1/000001.png": picture(), "v{n}/img1/000002.png": picture(1), "v{n}/seqinfo.ini": _SEQINFO,
             "v{n}/gt/gt.txt": _MANY * _MOT, "v{n}/gt/labels.txt": b"cat\ndog\nfox\n" * 3},
            {"v{n}/gt/gt.txt": "csv", "v{n}/gt/labels.txt": "words", "v{n}/seqinfo.ini": "words"},
        )
    ],
    "mots": [_video("txt/v{n}.txt", _MOTS, "v{n}", "words")],
    "uavdt": [_video("GT/v{n}_gt_whole.txt", _UAVDT, "v{n}"), _video("GT/v{n}_gt_ignore.txt", _UAVDT, "v{n}")],
    "visdrone-video": [_video("annotations/v{n}.txt", _VISDRONE_VIDEO, "sequences/v{n}")],
    "celeba": [
        LabelSet(
            {"Img/img_celeba/a{d}.png": picture(), "Img/img_celeba/b{d}.png": picture(1), **_CELEBA},
            dict.fromkeys(_CELEBA, "words"),
        )
    ],
    "wflw": [one("list_98pt_rect_attr_train.txt", "words", _WFLW)],
    "keras-yolo": [
        one("train.txt", "words", _KERAS, classes__txt=b"cat\ndog\n"),
    ],
    "wider-face": [one("wider_face_split/wider_face_train_bbx_gt.txt", "words", _WIDER)],
    "icdar": [
        LabelSet({"train/{n}.png": picture(), "train/gt_{n}.txt": _MANY * _ICDAR}, {"train/gt_{n}.txt": "csv"}),
        LabelSet(
            {"train/{n}.png": picture(), "train/gt_{n}.txt": _MANY * b'2 3 12 11 "EXIT"\n1 1 9 9 "###"\n'},
            {"train/gt_{n}.txt": "words"},
        ),
    ],
    "paddleocr": [one("Label.txt", "words", _PADDLE), one("rec_gt.txt", "words", _WORDS)],
    "masks": [_masks(name) for name in _COLOURS],
    "image-folder": [
        LabelSet({"train/{n}/a.png": picture(), "test/{n}/b.png": picture(1)}, {"train/{n}/a.png": "name"}),
        LabelSet({"{n}/a.png": picture(), "{n}/b.png": picture(1)}, {"{n}/a.png": "name"}),
    ],
}  # fmt: skip
