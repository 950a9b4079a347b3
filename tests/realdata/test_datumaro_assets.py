"""What is in the annotation formats of Datumaro's test assets, counted by hand, and what a scan has to say of them.

The table is an overview too: one row for each dataset root in the 60 folders. Its numbers were worked out from the
files themselves (reading them, and with ElementTree, json and csv), never with datalint's readers.

How it counts:

* *images* are files with an image's extension, and files that a label names. Masks that a recognised layout pairs with
  images are labels. Where a format is refused nothing says which PNG is a mask, so that all of them count.
* *labels* are classes of whole images; *boxes* and *polygons* are what the label files hold of them (open lines count
  as polygons, each part of an object on its own), *keypoints* objects with named points. Files that say the same of
  the same images count once.
* *classes* are the different names that label files declare or use; numbers where nothing names them.
* *layouts* are the formats that were read; `image-folder` stands there where folders are the classes. None was read
  where it is empty: `says` is then a pattern that the report's evidence or the reasons for skipped files must hold.
* *exit* 1 needs findings of severity error, listed in `errors` with their number; 3 is neither an image nor a label.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import pytest

import datalint

if TYPE_CHECKING:
    from pathlib import Path

ASSETS = "datumaro-assets/tests/assets"


class Root(NamedTuple):
    """One dataset: where it is, what it is, and what is in it."""

    path: str
    what: str
    layouts: str = ""
    images: int = 0
    labels: int = 0
    boxes: int = 0
    polygons: int = 0
    keypoints: int = 0
    classes: int = 0
    exit: int = 0
    errors: str = ""
    says: str = ""
    why: str = ""


ROOTS = (
    # --- COCO -------------------------------------------------------------------------------------------------------
    # Seven annotation types describe the same two images. The objects are those of instances and person_keypoints
    # (the same three); labels_*.json holds annotations that have a category and no box: classes of whole images.
    # Stuff (RLE with boxes) and panoptic segments are other tasks on the same images: not added to the objects.
    Root(
        "coco_dataset/coco",
        "COCO, all annotation types of two images",
        "coco",
        images=2,
        labels=3,
        boxes=3,
        polygons=1,
        keypoints=3,
        classes=3,
        why="a.jpg has 1 object, b.jpg 2 (1 polygon, 1 RLE); labels: b / a, b; categories a, b, c; 2 PNG are masks",
    ),
    # Captions are no classes: category_id 0 without any category there is no unknown category.
    Root("coco_dataset/coco_captions", "COCO captions", "coco", images=2, why="3 captions, no object"),
    Root("coco_dataset/coco_image_info", "COCO, lists of images only", "coco", images=2, why="no annotation at all"),
    Root(
        "coco_dataset/coco_instances",
        "COCO instances, train and val",
        "coco",
        images=2,
        boxes=3,
        polygons=1,
        classes=3,
        why="train: 1 box without outline; val: 1 with a polygon, 1 with RLE (a crowd)",
    ),
    Root(
        "coco_dataset/coco_labels",
        "COCO annotations of a category alone",
        "coco",
        images=2,
        labels=3,
        classes=2,
        why="train: b; val: a and b",
    ),
    # The segments have boxes, which are objects as good as those of stuff; the PNG are masks.
    Root(
        "coco_dataset/coco_panoptic",
        "COCO panoptic",
        "coco",
        images=2,
        boxes=3,
        classes=2,
        exit=1,
        errors="DL813 x1",
        says="panoptic",
        why="1 and 2 segments; panoptic_train/a.png has 5x5 pixels, its image a.jpg 10x5",
    ),
    Root(
        "coco_dataset/coco_person_keypoints",
        "COCO keypoints",
        "coco",
        images=2,
        boxes=3,
        polygons=1,
        keypoints=3,
        classes=2,
        why="the three objects of instances, each with 3 points",
    ),
    Root(
        "coco_dataset/coco_roboflow",
        "COCO as Roboflow exports it",
        "coco",
        images=2,
        boxes=3,
        polygons=1,
        classes=3,
        why="as coco_instances, the JSON beside the images",
    ),
    Root(
        "coco_dataset/coco_stuff",
        "COCO stuff",
        "coco",
        images=2,
        boxes=2,
        classes=2,
        why="one region of RLE an image, with its box",
    ),
    Root(
        "coco_dataset/mmdet_coco",
        "COCO as mmdetection has it",
        "coco",
        images=2,
        boxes=3,
        polygons=1,
        classes=3,
        why="as coco_instances, images in train/ and val/",
    ),
    Root(
        "kaggle_dataset/relaxed_coco",
        "COCO, one file beside the images",
        "coco",
        images=2,
        boxes=2,
        classes=2,
        why="one box an image; ids 0 and 1",
    ),
    Root(
        "roboflow_dataset/coco",
        "Roboflow COCO",
        "coco",
        images=3,
        boxes=4,
        classes=2,
        why="train: 1 and 1; val: 2 in one image",
    ),
    # --- Pascal VOC -------------------------------------------------------------------------------------------------
    # The part (head) of the person is no object. ImageSets/Main/aeroplane_train.txt ... are lists over the same image:
    # they give the split, and no labels beside the XML. 2007_000002 stands in the test lists and has no XML, as the
    # test images of VOC have none: no error.
    Root(
        "voc_dataset/voc_dataset1",
        "Pascal VOC with masks",
        "voc",
        images=2,
        boxes=2,
        classes=2,
        why="cat and person in the one XML; SegmentationClass and SegmentationObject hold masks",
    ),
    # No image at all, so that missing ones are not told. labelmap.txt (CVAT's VOC export) declares 22 names; the last,
    # `ignored` in the colour of VOC's void, is none to learn.
    Root(
        "voc_dataset/voc_dataset2",
        "Pascal VOC, label files alone",
        "voc",
        boxes=4,
        classes=21,
        why="@.xml has no object, a to d one each; labelmap.txt: background and the 20 classes of VOC",
    ),
    Root(
        "voc_dataset/voc_dataset3",
        "Pascal VOC, a list with a comment",
        "voc",
        images=1,
        boxes=1,
        classes=1,
        why="train.txt has an empty line and a comment before the name",
    ),
    Root(
        "kaggle_dataset/relaxed_voc1",
        "VOC, folders images and annotations",
        "voc",
        images=2,
        boxes=2,
        classes=2,
        why="one XML with cat and person; the other image has none (a warning)",
    ),
    Root(
        "kaggle_dataset/relaxed_voc2",
        "VOC, XML beside the images",
        "voc",
        images=2,
        boxes=2,
        classes=2,
        why="as relaxed_voc1",
    ),
    Root(
        "roboflow_dataset/voc",
        "Roboflow VOC",
        "voc",
        images=3,
        boxes=4,
        classes=2,
        why="1, 1 and 2 objects; boxes begin at 0 here",
    ),
    # --- YOLO -------------------------------------------------------------------------------------------------------
    Root(
        "yolo_dataset/strict",
        "YOLO of Darknet: obj.data",
        "yolo",
        images=1,
        boxes=2,
        classes=10,
        why="paths begin with data/, Darknet's name for this folder; obj.names: 10 lines",
    ),
    Root(
        "yolo_dataset/labels",
        "YOLO, images/ and labels/ by split",
        "yolo",
        images=2,
        boxes=4,
        classes=10,
        why="2 lines an image; README.txt is no label file",
    ),
    Root(
        "yolo_dataset/annotations",
        "YOLO, Images/ and Annotations/",
        "yolo",
        images=1,
        boxes=2,
        classes=10,
        why="2 lines",
    ),
    Root(
        "kaggle_dataset/relaxed_yolo",
        "YOLO txt beside the images, no names",
        "yolo",
        images=2,
        boxes=4,
        classes=4,
        why="ids 2, 4 and 1, 3; nothing names them",
    ),
    # `../train/images` is how Roboflow writes paths: from a folder beside the data file. train/ is there, valid/ is
    # not (the folder is val/), which Ultralytics refuses. val/ is read all the same.
    Root(
        "roboflow_dataset/yolo",
        "Roboflow YOLO",
        "yolo",
        images=3,
        boxes=4,
        classes=2,
        exit=1,
        errors="DL413 x1",
        why="data.yaml names ../valid/images; 1, 1 and 2 lines",
    ),
    # The label files are DOTA's, the data file YOLO's: its broken path is as broken as that of roboflow_dataset/yolo.
    Root(
        "roboflow_dataset/yolo_obb",
        "Roboflow oriented boxes: data.yaml and DOTA's labelTxt",
        "dota yolo",
        images=3,
        boxes=4,
        classes=2,
        exit=1,
        errors="DL413 x1",
        why="data.yaml names ../valid/images; 1, 1 and 2 quadrilaterals",
    ),
    # --- other label files of boxes and outlines --------------------------------------------------------------------
    Root(
        "dota_dataset",
        "DOTA",
        "dota",
        images=3,
        boxes=4,
        classes=2,
        why="1, 1 and 2 quadrilaterals, all within 10x5",
    ),
    # x and y of CreateML are the centre. Whoever wrote this file meant the corner: three boxes then leave the image
    # by 1 to 4.5 pixels, which is what any reader of CreateML makes of them.
    Root(
        "roboflow_dataset/createml",
        "Roboflow CreateML",
        "createml",
        images=3,
        boxes=4,
        classes=2,
        exit=1,
        errors="DL801 x3",
        why="centres at 0, 0: boxes begin at (-1, -2), (-0.5, -1) and (-4.5, -0.5)",
    ),
    # img0.jpg and img1.jpg stand in three folders; the attribute `subset` says which one is meant.
    Root(
        "cvat_dataset/for_images/export_project",
        "CVAT for images, a project of three tasks",
        "cvat",
        images=6,
        boxes=3,
        polygons=6,
        keypoints=3,
        classes=2,
        why="a subset: 1 box, 1 polyline, 1 polygon, 1 set of points; all within 8x8 and 10x10",
    ),
    # Two shapes have the label "", which is none of the two that the file declares: they train as nothing.
    Root(
        "cvat_dataset/for_images/export_task",
        "CVAT for images, a task",
        "cvat",
        images=2,
        boxes=1,
        polygons=2,
        keypoints=1,
        classes=2,
        exit=1,
        errors="DL810 x2",
        why="1 box, 1 polyline, 1 polygon, 1 set of points; polyline and polygon have an empty label",
    ),
    Root(
        "cvat_dataset/for_video",
        "CVAT for video: tracks, interpolated between key frames",
        "cvat",
        images=3,
        boxes=1,
        polygons=1,
        keypoints=1,
        classes=3,
        why="what is not `outside`: a box and a set of points in frame 10, a polyline in frame 13",
    ),
    # Objects with a mask have a box beside it; `type` bounding_box makes a box of b1's four points.
    Root(
        "labelme_dataset",
        "LabelMe of the web tool: XML, masks, scribbles",
        "labelme masks",
        images=1,
        boxes=3,
        polygons=4,
        classes=7,
        why="boxes: license plate, b1, m1; polygons: window, o1, q1, hg; the XML names 2 masks and 2 scribbles",
    ),
    Root(
        "kitti_dataset/kitti_detection",
        "KITTI boxes",
        "kitti",
        images=2,
        boxes=5,
        classes=2,
        why="2 and 3 lines, Truck and Van, within 10x10",
    ),
    Root(
        "kitti_dataset/kitti_3d",
        "KITTI boxes with 3D",
        "kitti",
        images=1,
        boxes=3,
        classes=3,
        exit=1,
        errors="DL801 x2",
        why="boxes at x 500 to 700 of an image of 10x10; the third, DontCare, is a region to ignore: a warning",
    ),
    # VoTT CSV: img0004's box 1,2,2,4 is the only one within the images of 5x5.
    Root(
        "vott_csv_dataset/dataset",
        "VoTT CSV, train and test",
        "box-table",
        images=4,
        boxes=5,
        classes=2,
        exit=1,
        errors="DL801 x4",
        why="boxes at 10,5,20,7 and the like in images of 5x5",
    ),
    Root(
        "vott_csv_dataset/dataset_with_meta_file",
        "VoTT CSV, test only",
        "box-table",
        images=4,
        boxes=2,
        classes=2,
        exit=1,
        errors="DL801 x2",
        why="two images are in no table (a warning)",
    ),
    # Three tables say the same of three images: ann.csv leads. ann3.csv has corners in one column.
    Root(
        "kaggle_dataset/image_csv_det",
        "box CSV: corners, sizes, one column",
        "box-table",
        images=3,
        boxes=6,
        classes=2,
        why="2, 1 and 3 boxes",
    ),
    # ann_single_obj.txt gives the same boxes as left, top, width, height and without a class.
    Root(
        "kaggle_dataset/image_txt_det",
        "the same as TXT without a header",
        "box-table",
        images=3,
        boxes=6,
        classes=2,
        why="2, 1 and 3 boxes",
    ),
    # Open Images without any annotation: the lists name the images and their splits.
    Root(
        "open_images_dataset/v5",
        "Open Images v5, lists of images",
        "box-table",
        images=2,
        classes=2,
        why="class-descriptions.csv names 2 classes, no label uses them",
    ),
    # Human labels with confidence 0 say that the class is NOT there: b, /m/0. The line of d in
    # image_ids_and_rotation.csv has 11 fields where the header has 12.
    Root(
        "open_images_dataset/v6",
        "Open Images v6",
        "box-table",
        images=4,
        labels=3,
        boxes=2,
        classes=4,
        exit=1,
        errors="DL401 x1",
        why="labels: a /m/0, c /m/1 and /m/3; a box in b and one in c; masks/train/b_m0_01234567.png is a mask",
    ),
    # --- masks ------------------------------------------------------------------------------------------------------
    # The lists give paths with a leading slash, meant from the dataset's root: no fault, as everybody's CamVid has it.
    Root("camvid_dataset", "CamVid", "masks", images=4, why="4 images, 4 colour masks in *annot, unnamed"),
    # dataset_meta.json is Datumaro's own: names and colours of classes.
    Root(
        "common_semantic_segmentation_dataset/dataset",
        "images/ and masks/",
        "masks",
        images=2,
        classes=6,
        why="2 images, 2 colour masks of the same names; dataset_meta.json: 6 classes",
    ),
    Root(
        "common_semantic_segmentation_dataset/non_standard_dataset",
        "images/image_* and masks/gt_*",
        "masks",
        images=2,
        classes=8,
        why="2 images, 2 colour masks; prefixes differ, numbers agree; dataset_meta.json: 8 classes",
    ),
    Root(
        "kaggle_dataset/image_mask",
        "images/ and masks/ of 16 bit",
        "masks",
        images=2,
        why="values 0 and 1; nothing names classes",
    ),
    Root(
        "kaggle_dataset/image_mask_with_labelmap",
        "images/, masks/ and a class table",
        "masks",
        images=3,
        classes=3,
        why="labelmap.csv: background, cat, dog; values 0, 1, 2",
    ),
    Root(
        "kitti_dataset/kitti_segmentation",
        "KITTI semantics: image_2/ and instance/",
        "masks",
        images=2,
        why="16-bit masks class * 256 + number, of the same names",
    ),
    # Refusing it by name ("Cityscapes", 8 and 12 images) would be defensible; its names pair as any mask folder's do.
    Root(
        "cityscapes_dataset/dataset",
        "Cityscapes: leftImg8bit/ and gtFine/",
        "masks",
        images=4,
        why="4 *_leftImg8bit.png, 4 *_gtFine_instanceIds.png",
    ),
    Root(
        "cityscapes_dataset/train_dataset",
        "Cityscapes with training ids",
        "masks",
        images=4,
        why="4 images, 8 masks: instanceIds and labelTrainIds",
    ),
    Root(
        "synthia_dataset/rand",
        "SYNTHIA-RAND: RGB/, GT/, GTTXT/",
        "masks",
        images=2,
        why="2 images, 2 colour masks; GTTXT repeats the masks as numbers",
    ),
    Root(
        "synthia_dataset/rand_custom_labelmap",
        "SYNTHIA-RAND with label_colors.txt",
        "masks",
        images=2,
        classes=5,
        why="label_colors.txt: 5 lines; the masks hold 4 of its colours",
    ),
    Root(
        "synthia_dataset/rand_meta_file",
        "SYNTHIA-RAND with Datumaro's dataset_meta.json",
        "masks",
        images=2,
        classes=5,
        why="2 images, 2 colour masks; dataset_meta.json: 5 classes",
    ),
    # Depth maps are pictures that no layout knows as masks.
    Root(
        "synthia_dataset/al",
        "SYNTHIA-AL: RGB/, SemSeg/, Depth/",
        "masks",
        images=4,
        why="2 images, 2 depth maps; 2 colour masks in SemSeg",
    ),
    Root(
        "synthia_dataset/sf",
        "SYNTHIA-SF: RGBLeft/, GTLeft/, DepthLeft/",
        "masks",
        images=4,
        why="2 images, 2 depth maps; 2 colour masks in GTLeft",
    ),
    # ADE20K's own label files (*_atr.txt, JSON) are not read; its masks are told by their names (_seg, _parts_1) or by
    # the image's folder (1.jpg, 1/instance_000_...png).
    Root(
        "ade20k2017_dataset/dataset",
        "ADE20K 2017: masks beside the images",
        "masks",
        images=2,
        why="2 images with 2 and 3 masks",
    ),
    Root(
        "ade20k2017_dataset/dataset_with_meta_file",
        "ADE20K 2017",
        "masks",
        images=1,
        classes=4,
        why="1 image, 2 masks; dataset_meta.json: 4 classes",
    ),
    Root("ade20k2020_dataset/dataset", "ADE20K 2020", "masks", images=2, why="2 images with 5 and 7 masks"),
    Root(
        "ade20k2020_dataset/dataset_with_meta_file",
        "ADE20K 2020",
        "masks",
        images=1,
        classes=4,
        why="1 image, 5 masks; dataset_meta.json: 4 classes",
    ),
    # The panoptic JSON is COCO's. Its segments have empty boxes: what they say is which classes an image has.
    # config_v1.2.json and config_v2.0.json give the same three names (`name`; `readable` is for people).
    Root(
        "mapillary_vistas_dataset",
        "Mapillary Vistas",
        "coco masks",
        images=3,
        labels=6,
        classes=3,
        why="train 1, val 2, two classes in each; 18 masks: labels, instances and panoptic, in two versions",
    ),
    # Tracks are not read, masks are. All three masks have 5x1 pixels and their images 1x5.
    Root(
        "mots_dataset",
        "MOTS: tracks as masks",
        "masks",
        images=3,
        classes=4,
        exit=1,
        errors="DL813 x3",
        why="train 2, val 1; labels.txt: a, b, c, d",
    ),
    # By the documented rule one image in each of three numbered folders makes no classes. label_0 is what is good:
    # that it has no mask is no fault.
    Root(
        "mvtec_dataset/category_0",
        "MVTec AD: default/<label>/ and ground_truth/<label>/*_mask",
        "masks",
        images=3,
        why="3 images, 2 masks",
    ),
    # --- tables of classes ------------------------------------------------------------------------------------------
    Root(
        "kaggle_dataset/image_csv",
        "CSV of names and classes, twice",
        "table",
        images=5,
        labels=5,
        classes=2,
        why="ann_wo_ext.csv repeats ann.csv without extensions",
    ),
    Root(
        "kaggle_dataset/image_csv_multi_label",
        "CSV with one column a class, twice",
        "table",
        images=6,
        labels=9,
        classes=3,
        why="three images of one class, three of two",
    ),
    Root(
        "roboflow_dataset/multiclass",
        "Roboflow multi-class CSV",
        "table",
        images=3,
        labels=4,
        classes=2,
        why="1, 1 and 2 classes; blanks after the commas are no part of the names",
    ),
    # Lists of names and classes in .txt; of CelebA, whose lists are of the same form, none is read.
    Root("kaggle_dataset/image_txt", "TXT of names and classes", "table", images=5, labels=5, classes=2, why="5 lines"),
    Root(
        "imagenet_txt_dataset/basic",
        "ImageNet list train.txt with synsets.txt",
        "table",
        images=2,
        labels=4,
        classes=3,
        exit=1,
        errors="DL402 x2",
        why="4 images, two of which are not there",
    ),
    Root("imagenet_txt_dataset/custom_labels", "ImageNet list alone", "table", labels=1, classes=1, why="1 line"),
    Root("imagenet_txt_dataset/no_labels", "ImageNet list alone", "table", labels=1, classes=1, why="1 line"),
    # --- folders ----------------------------------------------------------------------------------------------------
    Root("explore_dataset", "class folders", "image-folder", images=24, labels=24, classes=4, why="4 folders of 6"),
    Root(
        "lfw_dataset",
        "LFW: a folder a person",
        "image-folder",
        images=3,
        labels=3,
        classes=2,
        says="LFW|pairs",
        why="name0 has 1 image, name1 has 2; pairs and landmarks are not read",
    ),
    # The boxes have no class: they do not take the place of the folders, which say who it is.
    Root(
        "vgg_face2_dataset",
        "VGGFace2: a folder a person, a box an image",
        "image-folder box-table",
        images=4,
        labels=4,
        boxes=4,
        classes=3,
        says="VGG ?Face|landmark",
        why="train: n000001 1, n000002 2; test: n000003 1; loose_bb_*.csv: 1 box each; landmarks are not read",
    ),
    Root(
        "widerface_dataset",
        "WIDER FACE: a folder an event, boxes in lists of its own",
        "wider-face",
        images=3,
        boxes=6,
        classes=1,
        why="train: 1 and 2 faces, val: 3",
    ),
    # Images at the root, in folders, and in a folder within: by the documented rule folders are no classes then.
    # Three labels of two classes would be ImageNet's own reading.
    Root("imagenet_dataset", "ImageNet folders with images at all depths", images=4, why="folders that do not tell"),
    Root("imagenet_subsets_dataset", "the same by split", images=12, why="4 in each of train, val and test"),
    # One image in each of three numbered folders.
    Root("mars_dataset", "MARS: a folder a person, one image each", images=3, why="bbox_train, bbox_test: splits"),
    Root("image_dir_dataset", "images alone", images=2, why="no labels"),
    Root("synthetic_dataset", "images alone", images=3, why="no labels"),
    Root("rise", "an image beside a model", images=1, why="model.xml is OpenVINO's"),
    # Folders of resolutions. Names alone cannot tell them from classes (6 labels of 3 classes); they are none.
    Root("common_super_resolution_dataset", "pairs of resolutions: HR/, LR/, upsampled/", images=6, why="no labels"),
    Root(
        "algorithms/noisy_label_detection_cls",
        "Datumaro's own JSON",
        "datumaro",
        images=6,
        labels=6,
        classes=2,
        why="6 items of one label each: label_0 and label_1",
    ),
    Root(
        "datumaro_dataset/legacy",
        "Datumaro's own JSON",
        "datumaro",
        images=4,
        labels=7,
        classes=4,
        why="train: a has 1 label, b 4; validation: d none; test: c 2; car, bicycle, tom, mary are declared",
    ),
    Root(
        "align_celeba_dataset/dataset",
        "CelebA, aligned: attributes, landmarks, splits",
        "celeba",
        images=5,
        labels=4,
        keypoints=5,
        classes=9,
        why="8 attributes, 2 of each of 2 images; 5 points of each of 5, of the class face; identities are not read",
    ),
    Root(
        "align_celeba_dataset/dataset_with_meta_file",
        "CelebA, aligned",
        "celeba",
        images=5,
        says="identities",
        why="splits alone",
    ),
    Root(
        "celeba_dataset/dataset",
        "CelebA: attributes, boxes, landmarks, splits",
        "celeba",
        images=5,
        labels=4,
        boxes=5,
        keypoints=5,
        classes=9,
        exit=1,
        errors="DL801 x5",
        why="as the aligned one, and a box of each image, which is larger than these images of a few pixels",
    ),
    Root("celeba_dataset/dataset_with_meta_file", "CelebA", "celeba", images=5, says="identities", why="splits alone"),
    # Folders are clips. By their names alone they look like two classes.
    Root("ava_dataset", "AVA actions", images=4, says="AVA", why="2 frames of 2 clips; a table without a header"),
    Root(
        "icdar_dataset/text_localization",
        "ICDAR text boxes",
        "icdar",
        images=2,
        boxes=3,
        classes=1,
        why="1 quadrilateral and 2 boxes of 2 images (JPEG named .png, a warning)",
    ),
    Root(
        "icdar_dataset/text_segmentation",
        "ICDAR text masks",
        images=2,
        says="ICDAR",
        why="1 image and its mask 1_GT.bmp (a PNG, a warning)",
    ),
    Root(
        "icdar_dataset/word_recognition",
        "ICDAR words",
        "paddleocr",
        images=2,
        why="a list of 2 images and their texts (JPEG named .png, a warning)",
    ),
    Root("kitti_dataset/kitti_raw", "KITTI raw: tracklets", images=3, says="tracklet", why="3 frames; boxes are 3D"),
    # Folders are gallery, training set and query; the person is in the file's name.
    Root(
        "market1501_dataset",
        "Market-1501",
        images=3,
        says="Market",
        why="1 image a folder (PNG named .jpg, a warning)",
    ),
    Root("mot_dataset/mot_seq", "MOT sequence", "mot", images=1, boxes=1, classes=10, why="1 frame, 1 box, 10 labels"),
    Root("mpii_dataset", "MPII, MATLAB", images=3, says="MATLAB|MPII", why="3 images"),
    Root("mpii_json_dataset/dataset_with_numpy_files", "MPII, JSON", images=3, says="MPII", why="3 images"),
    Root("mpii_json_dataset/dataset_wo_numpy_files", "MPII, JSON", images=3, says="MPII", why="3 images"),
    Root(
        "segment_anything_dataset",
        "Segment Anything: a JSON an image",
        images=2,
        says="Segment Anything|SA-1B",
        why="`image`, not `images`: not COCO",
    ),
    # Folders are frames. By their names alone they look like two classes.
    Root("sly_pointcloud_dataset", "Supervisely point clouds", images=2, says="Supervisely", why="2 related images"),
    Root("vott_json_dataset/dataset", "VoTT JSON", images=3, says="VoTT", why="3 images"),
    Root("vott_json_dataset/dataset_with_meta_file", "VoTT JSON", images=3, says="VoTT", why="3 images"),
    # --- nothing that is read: no image ------------------------------------------------------------------------------
    Root(
        "algorithms/noisy_label_detection_det",
        "Datumaro's own JSON alone",
        "datumaro",
        boxes=67,
        classes=6,
        why="10 items whose paths are of another machine",
    ),
    Root(
        "compat/v0.1/project",
        "a Datumaro project: three label files alone",
        "datumaro",
        labels=3,
        classes=2,
        why="one item of one label in each; a and b are declared",
    ),
    Root("brats_dataset", "medical volumes (NIfTI)", exit=3, says="medical|NIfTI|archive"),
    Root("brats_numpy_dataset", "volumes as NumPy arrays", exit=3, says="array|NumPy"),
    Root("cifar10_dataset", "CIFAR-10 as pickles", exit=3, says="pickle|CIFAR"),
    Root("cifar100_dataset", "CIFAR-100 as pickles", exit=3, says="pickle|CIFAR"),
    Root("image_zip_dataset", "images in archives", images=2),
    Root("kinetics_dataset", "Kinetics: videos", exit=3, says="video"),
    Root("mnist_csv_dataset", "pixels in CSV", exit=3, why="no column names an image"),
    Root("mnist_dataset", "MNIST's IDX, compressed", exit=3, says="archive|IDX"),
    Root("mot_dataset/mot_seq_with_seqinfo", "MOT label file alone", "mot", boxes=1, classes=10, why="as mot_seq"),
    Root("nyu_depth_v2_dataset", "HDF5", exit=3, says="HDF5|array|container"),
    Root("pytorch_launcher", "a model", exit=3, why="model_config.yml is no data file"),
    Root("roboflow_dataset/tfrecord", "TFRecord", exit=3, says="record"),
    Root("sampler", "a table of predictions", exit=3, why="ids 1, 2, ... are no images"),
    Root("tabular_dataset", "tables without images", exit=3),
    Root("tabular_dataset/adopt-a-buddy", "tables without images", exit=3),
    Root("tabular_dataset/women-clothing", "tables without images", exit=3),
    Root("tf_detection_api_dataset", "TFRecord", exit=3, says="record"),
    Root("video_dataset", "a video", exit=3, says="video"),
)

SELECT = ["DL1", "DL2", "DL4", "DL8"]


def outcome(root: Root, report: datalint.Report) -> Root:
    """What the scan says, as a row: that of `root` with the numbers found."""
    tables = report.tables
    by_folder = tables["labels"]["file"].is_null().any()
    layouts = [name for name in report.dataset.layouts if by_folder or name != "image-folder"]
    names = pl.concat([tables[table]["class"] for table in ("classes", "labels", "boxes", "polygons", "keypoints")])
    errors = Counter(report.new.filter(pl.col("severity") == "error")["code"].to_list())
    told = [*report.dataset.evidence, *tables["skipped"]["reason"].to_list()]
    return root._replace(
        layouts=" ".join(sorted(layouts)),
        images=tables["images"].height,
        labels=tables["labels"].height,
        boxes=tables["boxes"].filter(~pl.col("repeats")).height,
        polygons=tables["polygons"].filter(~pl.col("repeats")).height,
        keypoints=tables["keypoints"].height,
        classes=names.drop_nulls().n_unique(),
        exit=report.exit_code,
        errors=", ".join(f"{code} x{count}" for code, count in sorted(errors.items())),
        says=root.says if re.search(rf"(?i)(?<![a-z])({root.says})", "\n".join(told)) else "\n".join(told),
    )


@pytest.mark.realdata
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.path)
def test_root(root: Root, realdata: Path) -> None:
    report = datalint.scan(realdata / ASSETS / root.path, select=SELECT, isolated=True, jobs=0)
    expected = root._replace(layouts=" ".join(sorted(root.layouts.split())))
    found = outcome(root, report)
    differing = [
        f"{name}: {there!r} found, {here!r} expected"
        for name, here, there in zip(Root._fields, expected, found, strict=True)
        if here != there
    ]
    assert not differing, "\n".join([str(root), *differing])


@pytest.mark.realdata
def test_every_folder_has_a_row(realdata: Path) -> None:
    folders = {path.name for path in (realdata / ASSETS).iterdir()}
    assert len(folders) == 60
    assert folders == {root.path.partition("/")[0] for root in ROOTS}


def test_no_root_twice() -> None:
    assert [path for path, count in Counter(root.path for root in ROOTS).items() if count > 1] == []


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("path", "unused"),
    [
        ("cvat_dataset/for_images/export_task", []),  # label2 is that of the points
        ("cvat_dataset/for_video", ["z U k"]),  # klhg is that of the points
        ("coco_dataset/coco_instances", ["c"]),
        ("open_images_dataset/v6", ["Generic label #2"]),
        ("yolo_dataset/strict", [f"label_{number}" for number in (0, 1, 3, 5, 6, 7, 8, 9)]),
    ],
)
def test_unused_classes(realdata: Path, path: str, unused: list[str]) -> None:
    report = datalint.scan(realdata / ASSETS / path, select=["DL406"], isolated=True, jobs=0)
    assert sorted(report.members["subject"].to_list()) == unused
