"""Label files in JSON and XML."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from tools.fuzz.seeds.label_sets import HEIGHT, WIDTH, LabelSet, as_json, mask, one, picture

_SIZE = {"width": WIDTH, "height": HEIGHT}


def _coco() -> dict[str, Any]:
    plain, packed = [25, 4, 20, 4, 20, 4, 20, 4, 667], "i04d000000Wd0"  # one mask, of 4 x 4 pixels at 1, 1
    shapes: list[dict[str, Any]] = [
        {"bbox": [2, 3, 10, 8], "area": 80, "iscrowd": 0, "segmentation": [[2, 3, 12, 3, 12, 11, 2, 11]]},
        {"bbox": [1, 1, 4, 4], "area": 16, "iscrowd": 1, "segmentation": {"size": [24, 32], "counts": plain}},
        {"bbox": [1, 1, 4, 4], "area": 16.5, "iscrowd": 1, "segmentation": {"size": [24, 32], "counts": packed}},
        {"bbox": [4, 4, 9.5, 9.25], "keypoints": [5, 5, 2, 6, 6, 1, 0, 0, 0], "num_keypoints": 2},
    ]
    annotations = [
        {"id": number + 1, "image_id": number % 2 + 1, "category_id": number % 2 + 1, **shape}
        for number, shape in enumerate(shapes)
    ]
    categories: list[dict[str, Any]] = [{"id": 1, "name": "cat", "supercategory": "animal"}, {"id": 2, "name": "dog"}]
    categories[1] |= {"keypoints": ["nose", "ear", "tail"], "skeleton": [[1, 2], [2, 3]]}
    images = [{"id": number, "file_name": name, **_SIZE} for number, name in ((1, "a{d}.png"), (2, "b{d}.png"))]
    return {
        "info": {"year": 2020},
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }


def _panoptic() -> LabelSet:
    segments = [{"id": 1, "category_id": 1, "bbox": [0, 0, 8, 8], "area": 64, "iscrowd": 0}]
    content = _coco() | {
        "annotations": [{"image_id": 1, "file_name": "a{d}.png", "segments_info": segments}],
        "categories": [{"id": 1, "name": "sky", "isthing": 0, "color": [1, 2, 3]}],
    }
    files = {"val/a{d}.png": picture(0), "val/b{d}.png": picture(1), "annotations/panoptic_val/a{d}.png": mask()}
    name = "annotations/panoptic_val.json"
    return LabelSet(files | {name: as_json(content)}, {name: "json"})


def _captions() -> dict[str, Any]:
    texts = [{"id": 1, "image_id": 1, "caption": "a cat"}, {"id": 2, "image_id": 2, "caption": "a dog"}]
    return {"images": _coco()["images"], "annotations": texts}


def _results_with_strings() -> dict[str, Any]:
    content = _coco()
    for image in content["images"]:
        image["id"] = str(image["id"])
    for annotation in content["annotations"]:
        annotation["image_id"] = str(annotation["image_id"])
    return content


_OBJECT = """<object><name>{name}</name><pose>Left</pose><truncated>0</truncated><difficult>0</difficult>
<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>14</xmax><ymax>12</ymax></bndbox>{more}</object>
"""
_VOC = (
    "<annotation>\n<folder>VOC</folder><filename>{n}.png</filename>\n"
    f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size><segmented>0</segmented>\n"
    + _OBJECT.format(name="cat", more="<part><name>head</name></part>")
    + _OBJECT.format(name="dog", more="<polygon><x1>1</x1><y1>2</y1><x2>9</x2><y2>2</y2><x3>9</x3><y3>9</y3></polygon>")
    + "</annotation>\n"
).encode()

_CVAT_IMAGES = b"""<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
<meta><task><size>2</size><labels><label><name>cat</name></label><label><name>dog</name></label></labels></task></meta>
<image id="0" name="a{d}.png" subset="Train" width="32" height="24">
<box label="cat" xtl="1.5" ytl="2" xbr="9" ybr="11" rotation="30" occluded="0" z_order="0">
<attribute name="age">2</attribute></box>
<polygon label="dog" points="1,1;9,1;9,9"/><polyline label="dog" points="1,1;5,5"/><points label="cat" points="3,3"/>
<mask label="cat" rle="3, 5, 4" left="2" top="2" width="4" height="3"/><tag label="cat"/>
<ellipse label="cat" cx="9" cy="9" rx="4" ry="3"/>
<cuboid label="dog" xtl1="1" ytl1="1" xbl1="1" ybl1="9" xtr1="9" ytr1="1" xbr1="9" ybr1="9" xtl2="2" ytl2="2" xbl2="2"
 ybl2="8" xtr2="8" ytr2="2" xbr2="8" ybr2="8"/>
<skeleton label="cat"><points label="nose" outside="0" occluded="1" points="4,4"/></skeleton></image>
<image id="1" name="b{d}.png" width="32" height="24"></image></annotations>
"""
_CVAT_VIDEO = b"""<annotations><meta><task><name>v</name><size>2</size><labels><label><name>cat</name></label></labels>
<original_size><width>32</width><height>24</height></original_size></task></meta>
<track id="0" label="cat" source="manual"><box frame="0" keyframe="1" outside="0" xtl="1" ytl="1" xbr="9" ybr="9"/>
<box frame="1" keyframe="1" outside="1" xtl="2" ytl="1" xbr="9" ybr="9"/></track>
<track id="1" label="cat"><polygon frame="1" keyframe="1" outside="0" points="1,1;9,1;9,9"/></track></annotations>
"""

_LABELME_WEB = (
    b"<annotation><filename>{n}.png</filename><folder>f</folder><source><submittedBy>LabelMe</submittedBy></source>\n"
    b"<imagesize><nrows>24</nrows><ncols>32</ncols></imagesize><object><name>cat</name><deleted>0</deleted><id>0</id>\n"
    b"<parts><hasparts></hasparts></parts><polygon><username>u</username><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y>"
    b"</pt><pt><x>9</x><y>9</y></pt></polygon></object>\n<object><name>dog</name><deleted>0</deleted><id>1</id>\n"
    b"<type>bounding_box</type><polygon><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt><x>9</x><y>9</y></pt>"
    b"<pt><x>1</x><y>9</y></pt></polygon></object></annotation>\n"
)


def _labelme() -> bytes:
    points: dict[str, list[list[float]]] = {
        "polygon": [[1, 1], [9, 1], [9, 9.5]],
        "rectangle": [[1, 1], [9, 9]],
        "circle": [[9, 9], [12, 9]],
        "line": [[1, 1], [9, 9]],
        "point": [[3, 3]],
        "linestrip": [[1, 1], [2, 5], [9, 9]],
        "quadrilateral": [[1, 1], [9, 1], [9, 9], [1, 9]],
        "cuboid": [[1, 1], [9, 1], [9, 9], [1, 9], [3, 3], [11, 3], [11, 11], [3, 11]],
    }
    shapes: list[dict[str, Any]] = [
        {"label": "cat", "points": one, "group_id": None, "shape_type": name, "flags": {}}
        for name, one in points.items()
    ]
    content = {"version": "5.0.1", "flags": {"good": True, "bad": False}, "shapes": shapes, "imagePath": "{n}.png"}
    return as_json(content | {"imageData": None, "imageHeight": HEIGHT, "imageWidth": WIDTH}, 1)


_BOX = {"x": 12, "y": 9, "width": 8.5, "height": 6}
_CREATEML = [
    {
        "image": "a{d}.png",
        "annotations": [{"label": "cat", "coordinates": _BOX}, {"label": "dog", "coordinates": _BOX}],
    },
    {"image": "b{d}.png", "annotations": []},
]

_VIA_SHAPES: tuple[dict[str, Any], ...] = (
    {"name": "rect", "x": 2, "y": 3, "width": 9, "height": 8},
    {"name": "circle", "cx": 9, "cy": 9, "r": 4.5},
    {"name": "ellipse", "cx": 9, "cy": 9, "rx": 4, "ry": 3, "theta": 0.3},
    {"name": "polygon", "all_points_x": [1, 9, 9], "all_points_y": [1, 1, 9]},
    {"name": "polyline", "all_points_x": [1, 9], "all_points_y": [1, 9]},
    {"name": "point", "cx": 3, "cy": 4},
)


def _via(as_list: bool = True) -> dict[str, Any]:
    found = [{"shape_attributes": shape, "region_attributes": {"animal": "cat"}} for shape in _VIA_SHAPES]
    regions: Any = found if as_list else {str(number): region for number, region in enumerate(found)}
    a = {"filename": "a{d}.png", "size": 99, "regions": regions, "file_attributes": {"place": "home"}}
    b = {"filename": "b{d}.png", "size": 98, "regions": [] if as_list else {}, "file_attributes": {"place": "zoo"}}
    return {"a{d}.png99": a, "b{d}.png98": b}


def _via_project() -> dict[str, Any]:
    options = {"type": "radio", "options": {"cat": "", "dog": ""}, "default_options": {}}
    attributes = {"region": {"animal": options}, "file": {}}
    return {"_via_settings": {"ui": {}}, "_via_img_metadata": _via(), "_via_attributes": attributes}


_VIA_CSV = (
    b"filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
    b'a{d}.png,99,"{}",2,0,"{""name"":""rect"",""x"":2,""y"":3,""width"":9,""height"":8}","{""animal"":""cat""}"\n'
    b'a{d}.png,99,"{}",2,1,"{""name"":""polygon"",""all_points_x"":[1,9,9],""all_points_y"":[1,1,9]}",'
    b'"{""animal"":""dog""}"\nb.png,98,"{""place"":""zoo""}",0,0,"{}","{}"\n'
)


def _bdd100k() -> list[dict[str, Any]]:
    corners = {"x1": 2, "y1": 3.5, "x2": 14, "y2": 12}
    line = {"vertices": [[1, 2], [9, 2.5], [9, 9]], "types": "LLL", "closed": True}
    labels = [
        {"id": "0", "category": "car", "attributes": {"occluded": False}, "box2d": corners},
        {"id": 1, "category": "lane", "poly2d": [line], "attributes": {}},
        {"id": "2", "category": "area", "poly2d": [[1, 2, "L"], [9, 2, "C"], [9, 9, "C"]], "box2d": corners},
        {"id": "3", "category": "car", "box3d": {"alpha": 0}},
    ]
    return [
        {"name": "a{d}.png", "attributes": {}, "timestamp": 1, "labels": labels},
        {"name": "b{d}.png", "videoName": "b", "frameIndex": 0},
    ]


_CROWDHUMAN = (
    b'{"ID": "a{d}", "gtboxes": [{"tag": "person", "vbox": [1, 2, 9, 8.5], "fbox": [-3, 2, 20, 20], '
    b'"hbox": [2, 2, 3, 3], "extra": {"box_id": 0, "occ": 0}}, {"tag": "mask", "fbox": [1, 1, 4, 4]}]}\n'
    b'{"ID": "b{d}", "gtboxes": []}\n'
)


def _label_studio() -> list[dict[str, Any]]:
    size = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    shapes: dict[str, dict[str, Any]] = {
        "rectanglelabels": {"x": 10, "y": 20, "width": 30.5, "height": 40, "rotation": 0},
        "polygonlabels": {"points": [[10, 10], [90, 10], [90, 90.5]]},
        "ellipselabels": {"x": 50, "y": 50, "radiusX": 20, "radiusY": 10, "rotation": 30},
        "keypointlabels": {"x": 50, "y": 50, "width": 0.5},
        "brushlabels": {"format": "rle", "rle": [0, 0, 9, 64]},
    }
    results = [
        {"id": kind, "from_name": "a", "to_name": "b", "type": kind, **size, "value": {**value, kind: ["cat"]}}
        for kind, value in shapes.items()
    ]
    choice = {"id": "c", "from_name": "c", "to_name": "b", "type": "choices", "value": {"choices": ["indoor"]}}
    return [
        {
            "id": 1,
            "annotations": [{"id": 1, "completed_by": 1, "was_cancelled": False, "result": [*results, choice]}],
            "data": {"image": "/data/upload/1/0a1b2c3d-a{d}.png"},
        },
        {
            "id": 2,
            "annotations": [{"id": 2, "completed_by": 1, "was_cancelled": False, "result": []}],
            "data": {"image": "/data/local-files/?d=b{d}.png"},
        },
    ]


def _label_studio_min() -> list[dict[str, Any]]:
    own = {"annotator": 1, "annotation_id": 1, "created_at": "2024", "updated_at": "2024", "lead_time": 1.5}
    (first, second) = _label_studio()
    regions = [
        {**result["value"], "original_width": WIDTH, "original_height": HEIGHT}
        for result in first["annotations"][0]["result"]
        if result["type"] != "choices"
    ]
    return [
        {**first["data"], "id": 1, "label": regions, "place": "indoor", **own},
        {**second["data"], "id": 2, "place": {"choices": ["indoor", "night"]}, **own},
    ]


_LABEL_STUDIO_CSV = (
    b"image,id,label,place,annotator,annotation_id,created_at,updated_at,lead_time\n"
    b'/data/upload/1/a{d}.png,1,"[{""x"": 10, ""y"": 20, ""width"": 30, ""height"": 40, ""rotation"": 30, '
    b'""rectanglelabels"": [""cat""], ""original_width"": 32, ""original_height"": 24}]",indoor,1,1,2024,2024,1.5\n'
    b'b{d}.png,2,,"{""choices"": [""indoor"", ""night""]}",1,2,2024,2024,1.5\n'
)

_DEFLATED = base64.b64encode(zlib.compress(mask())).decode()
_SUPERVISELY: dict[str, Any] = {
    "description": "",
    "tags": [{"name": "night", "value": None}],
    "size": {"height": HEIGHT, "width": WIDTH},
    "objects": [
        {"classTitle": "cat", "geometryType": kind, "points": {"exterior": points, "interior": []}}
        for kind, points in (
            ("rectangle", [[1, 2], [9, 8]]),
            ("polygon", [[1, 1], [9, 1], [5, 9.5]]),
            ("line", [[1, 1], [9, 1]]),
            ("point", [[4, 4]]),
        )
    ]
    + [
        {"classTitle": "dog", "geometryType": "bitmap", "bitmap": {"origin": [1, 2], "data": _DEFLATED}},
        {"classTitle": "dog", "geometryType": "graph", "nodes": {"a": {"loc": [1, 2]}, "b": {"loc": [3, 4]}}},
    ],
}
_SUPERVISELY_META = {"classes": [{"title": "cat", "shape": "any"}, {"title": "dog", "shape": "any"}], "tags": []}

_LISTS = {"ImageSets/Main/train.txt": b"0\n1\n", "ImageSets/Main/cat_train.txt": b"0  1\n1 -1\n2  0\n"}
_LABELMAP = {
    "labelmap.txt": b"# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0:head:jump\ndog:0,128,0::\n"
}

_DLIB = (
    b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<dataset>\n<name>faces</name>\n<images>\n"
    b"<image file='images/a{d}.png' width='32' height='24'>\n<box top='3' left='2' width='10' height='8' ignore='1'/>\n"
    b"<box top='1' left='1' width='20' height='20'><label>face</label>\n"
    b"<part name='00' x='3' y='4'/><part name='01' x='5' y='6'/></box>\n</image>\n"
    b"<image file='images/b{d}.png'/>\n</images>\n</dataset>\n"
)
_HRSC = (
    b"<HRSC_Image>\n<Img_FileName>{n}</Img_FileName>\n<Img_FileFmt>png</Img_FileFmt>\n<Img_SizeWidth>32</Img_SizeWidth>\n"
    b"<Img_SizeHeight>24</Img_SizeHeight>\n<HRSC_Objects>\n<HRSC_Object><Class_ID>100000013</Class_ID>\n"
    b"<mbox_cx>12.5</mbox_cx><mbox_cy>11</mbox_cy><mbox_w>9</mbox_w><mbox_h>4</mbox_h><mbox_ang>0.5</mbox_ang>\n"
    b"<difficult>0</difficult></HRSC_Object>\n<HRSC_Object><Class_ID>100000006</Class_ID><box_xmin>2</box_xmin>\n"
    b"<box_ymin>3</box_ymin><box_xmax>12</box_xmax><box_ymax>11</box_ymax></HRSC_Object>\n</HRSC_Objects>\n</HRSC_Image>\n"
)
_FAIR1M = (
    b"<annotation>\n<source><filename>{n}.png</filename></source>\n<size><width>32</width><height>24</height></size>\n"
    b"<objects>\n<object><coordinate>pixel</coordinate><possibleresult><name>Boeing737</name></possibleresult>\n<points>\n"
    b"<point>2.5,3</point><point>12,3</point><point>12,11</point><point>2.5,11</point><point>2.5,3</point>\n"
    b"</points></object>\n<object><possibleresult><name>Bridge</name></possibleresult><points>\n"
    b"<point>1,1</point><point>9,2</point><point>8,9</point></points></object>\n</objects>\n</annotation>\n"
)
#: Format -> its datasets.
SETS: dict[str, list[LabelSet]] = {
    "coco": [
        one("instances_train.json", "json", as_json(_coco())),
        one("_annotations.coco.json", "json", as_json(_coco(), 1)),
        one("captions_val.json", "json", as_json(_captions())),
        one("strings.json", "json", as_json(_results_with_strings())),
        _panoptic(),
    ],
    "voc": [
        LabelSet(
            {"JPEGImages/{n}.png": picture(), "Annotations/{n}.xml": _VOC, **_LISTS, **_LABELMAP},
            {"Annotations/{n}.xml": "xml", **dict.fromkeys((*_LISTS, *_LABELMAP), "words")},
        ),
        LabelSet({"train/{n}.png": picture(), "train/{n}.xml": _VOC}, {"train/{n}.xml": "xml"}),
    ],
    "dlib": [one("training.xml", "xml", _DLIB)],
    "hrsc2016": [
        LabelSet({"AllImages/{n}.png": picture(), "Annotations/{n}.xml": _HRSC}, {"Annotations/{n}.xml": "xml"})
    ],
    "fair1m": [
        LabelSet({"images/{n}.png": picture(), "labelXml/{n}.xml": _FAIR1M}, {"labelXml/{n}.xml": "xml"})
    ],
    "cvat": [one("annotations.xml", "xml", _CVAT_IMAGES), LabelSet(
        {"images/frame_000000.png": picture(0), "images/frame_000001.png": picture(1), "annotations.xml": _CVAT_VIDEO},
        {"annotations.xml": "xml"},
    )],
    "labelme": [
        LabelSet({"{n}.png": picture(), "{n}.json": _labelme()}, {"{n}.json": "json"}),
        LabelSet(
            {"Images/f/{n}.png": picture(), "Annotations/f/{n}.xml": _LABELME_WEB}, {"Annotations/f/{n}.xml": "xml"}
        ),
    ],
    "createml": [one("_annotations.createml.json", "json", as_json(_CREATEML, indent)) for indent in (None, 1)],
    "via": [
        one("via_project.json", "json", as_json(_via_project())),
        one("via_region_data.json", "json", as_json(_via())),
        one("via_old.json", "json", as_json(_via(as_list=False), 1)),
        one("via_region_data.csv", "csv", _VIA_CSV),
    ],
    "bdd100k": [
        one("det_train.json", "json", as_json(_bdd100k(), 1)),
        one("frames.json", "json", as_json({"frames": _bdd100k(), "config": {}})),
    ],
    "crowdhuman": [one("annotation_train.odgt", "jsonl", _CROWDHUMAN)],
    "supervisely": [LabelSet(
        {
            "train/img/{n}.png": picture(),
            "train/ann/{n}.png.json": as_json(_SUPERVISELY),
            "meta.json": as_json(_SUPERVISELY_META),
        },
        {"train/ann/{n}.png.json": "json", "meta.json": "json"},
    )],
    "label-studio": [
        one("project-1.json", "json", as_json(_label_studio())),
        one("project-1-min.json", "json", as_json(_label_studio_min(), 1)),
        one("project-1.csv", "csv", _LABEL_STUDIO_CSV),
    ],
}  # fmt: skip
