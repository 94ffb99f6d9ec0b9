"""Files that are sent to the service: from a form to a staged file that a job can take.

What the sender calls a file is kept as what a person reads. It never becomes a path: on the disk
a file is called by its content.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from index.errors import UsageError
from index.loaders import SUFFIXES
from index.loaders.metadata import one_line
from index.uploads import incoming_folder, kept_name

FIELDS = ("title", "author", "publisher", "published", "url")
_LONGEST_FIELD = 2000
_LONGEST_NAME = 200
_CHUNK = 2**20
_FORM = "send it as multipart/form-data, for example: curl -F file=@report.pdf"
#: By what a sender says a file is, where its name does not tell.
SUFFIX_OF = {media_type: suffix for suffix, media_type in reversed(list(SUFFIXES.items()))}


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived whole. staged, name, said: as `qa.uploads.Upload` has them.

    title: what a person calls it.
    """

    staged: Path
    name: str
    said: Mapping[str, str]
    title: str


async def receive_file(request: Request, index: Path, most: int) -> Received:
    """The file in a request's form, staged for the index in a folder.

    most: its bytes. Raises UsageError if there is no such file or a field is none, HTTPException
    with 413 if it is too large and 415 if no loader reads it.
    """
    try:
        form = await request.form(max_files=1, max_fields=len(FIELDS), max_part_size=16 * 1024)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise UsageError(f"the form cannot be read: {error.detail}", _FORM) from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise UsageError("the form holds no file named `file`", _FORM)
        said = _said(form)
        name = file_name(file.filename or "")
        suffix = suffix_of(name, file.content_type or "")
        stage = partial(_stage, file.file, index, name, suffix, said, most)
        received: Received = await run_sync(stage)
        return received
    finally:
        await form.close()


def file_name(sent: str) -> str:
    """What a sender calls a file, without folders and controls, to be shown to people."""
    last = re.split(r"[/\\]", one_line(sent))[-1].strip()
    return last[-_LONGEST_NAME:] or "upload"


def suffix_of(name: str, media_type: str) -> str:
    """The suffix of the loader for a file. Raises HTTPException with 415 if none takes it."""
    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES:
        return suffix
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in SUFFIX_OF:
        raise HTTPException(415, f"send a file of one of these kinds: {' '.join(SUFFIXES)}")
    return SUFFIX_OF[kind]


def _said(form: FormData) -> dict[str, str]:
    said = {}
    for key, value in form.multi_items():
        if key == "file":
            continue
        if key not in FIELDS or not isinstance(value, str) or key in said:
            raise UsageError(
                "the form has an unknown or repeated field", f"send file, {', '.join(FIELDS)}"
            )
        if len(value) > _LONGEST_FIELD:
            raise UsageError(f"the field {key} is too long", f"at most {_LONGEST_FIELD} characters")
        if one_line(value):
            said[key] = one_line(value)
    if "published" in said:
        try:
            said["published"] = date.fromisoformat(said["published"]).isoformat()
        except ValueError as error:
            raise UsageError("published is not a date", "write it as YYYY-MM-DD") from error
    if "url" in said and not _is_web(said["url"]):
        raise UsageError("url is not an address of the web", "begin it with http:// or https://")
    return said


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _stage(
    file: BinaryIO, index: Path, name: str, suffix: str, said: Mapping[str, str], most: int
) -> Received:
    staged = incoming_folder(index) / f"{secrets.token_hex(16)}{suffix}"
    digest = hashlib.sha256()
    size = 0
    try:
        with staged.open("wb") as out:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > most:
                    raise HTTPException(413, f"a file has at most {most} bytes")
                digest.update(chunk)
                out.write(chunk)
        if not size:
            raise UsageError("the file is empty", "send one that holds text")
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    kept = kept_name(digest.hexdigest(), suffix)
    title = said.get("title") or Path(name).stem
    return Received(staged, kept, {**said, "name": name}, title)
