"""A hook of MkDocs: the pages at the top of the repository are pages of the site as well.

`mkdocs build` writes the site to build/site. Links are written as they work in the repository.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
#: From a page of docs/ to one of these: the site has no folder docs, so the link leads one folder less up.
_UP = re.compile(rf"\]\(\.\./((?:\.\./)*(?:{'|'.join(PAGES)}))")


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages of the top folder."""
    for name in PAGES:
        files.append(File.generated(config, name, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Files) -> str:
    """Turn links of the repository into links of the site."""
    if page.file.src_uri in PAGES:
        return markdown.replace("](docs/", "](")
    return _UP.sub(r"](\1", markdown)
