"""Files leave here: tables in five formats, other files as they are; and CKAN's ``/datastore/dump/``."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

import audit
from accounts.access import open_to_all
from accounts.token_scopes import Scope
from accounts.tokens import holder_of
from catalog.addresses import file_stem, marked_name
from catalog.api.ckan.datastore_actions import row_query, wanted_columns
from catalog.api.ckan.errors import Invalid
from catalog.api.ckan.parameters import read_parameters
from catalog.copy_marks import HEADER
from catalog.engine.row_formats import MEDIA_TYPES
from catalog.engine.row_query import RowQuery, UnableToUnderstandQuery
from catalog.models import Resource, ResourceKind
from catalog.opening_words import Way
from catalog.selectors.datasets import find_resource
from catalog.selectors.export import FORMATS, export
from catalog.selectors.reading import NothingToRead, OpenTable, open_table
from catalog.services.statistics import count_use, note_download
from catalog.vocabulary import Opening
from foundation import files

SCOPES = frozenset({Scope.CATALOG_READ, Scope.CATALOG_WRITE})


@open_to_all
@require_safe
def download(request: HttpRequest, uid: Any, name: str) -> HttpResponse | StreamingHttpResponse:
    """A resource's content; a table in the format the file name ends with. ``?bom=1`` is for spreadsheets."""
    viewer = reader_of(request)
    resource = find_resource(viewer, str(uid))
    if resource is None:
        raise Http404
    if resource.kind == ResourceKind.LINK:
        return HttpResponseRedirect(resource.url)
    if resource.kind == ResourceKind.FILE:
        return _whole_file(request, resource)
    ending = name.rpartition(".")[2].lower()
    if ending not in FORMATS:
        raise Http404
    table = _open(viewer, resource)
    bom = request.GET.get("bom") == "1"
    mark = note_download(
        table, timezone.now(), audit.origin_of(request), viewer, rows=table.release.row_count
    )
    rows = export(
        table, RowQuery(table.columns), ending, bom=bom, with_titles=bom or ending == "xlsx", as_objects=True,
        mark=mark,
    )  # fmt: skip
    return _stream(rows, ending, marked_name(file_stem(resource), mark, ending), mark=mark)


@open_to_all
@require_safe
def dump(request: HttpRequest, uid: Any) -> HttpResponse | StreamingHttpResponse:
    """CKAN's dump: format, bom, filters, q, fields, sort, limit, offset."""
    viewer = reader_of(request)
    resource = find_resource(viewer, str(uid))
    if resource is None:
        raise Http404
    asked = read_parameters(request, is_read=True)
    table = _open(viewer, resource)
    try:
        format = asked.text("format", "csv") or "csv"
        if format not in FORMATS:
            raise Invalid({"format": [f"must be one of {', '.join(FORMATS)}"]})
        shown = wanted_columns(asked, table)
        query = row_query(asked, table, shown)
        limit = asked.number("limit", -1, least=-1)
        offset = asked.number("offset", 0)
        bom = asked.flag("bom")
    except UnableToUnderstandQuery as error:
        return HttpResponse(str(error), status=409, content_type="text/plain; charset=utf-8")
    except Invalid as error:
        return HttpResponse(str(error.error), status=409, content_type="text/plain; charset=utf-8")
    most = table.release.row_count
    mark = note_download(
        table, timezone.now(), audit.origin_of(request), viewer, rows=most if limit < 0 else min(limit, most)
    )
    rows = export(
        table, query, format, bom=bom, limit=None if limit < 0 else limit, offset=offset, mark=mark
    )  # fmt: skip
    return _stream(rows, format, marked_name(str(resource.uid), mark, format), mark=mark)


def reader_of(request: HttpRequest) -> Any:
    """Who reads: the holder of a token with a catalogue scope, else who is signed in, else nobody."""
    secret = request.headers.get("Authorization", "") or request.headers.get("X-CKAN-API-Key", "")
    kind, _, rest = secret.strip().partition(" ")
    if kind.casefold() in ("bearer", "token"):
        secret = rest
    if secret:
        found = holder_of(secret.strip(), timezone.now())
        return found[0] if found and SCOPES & set(found[1].scopes) else AnonymousUser()
    return request.user


def _open(viewer: Any, resource: Resource) -> OpenTable:
    try:
        return open_table(viewer, resource, timezone.now(), way=Way.DOWNLOAD)
    except NothingToRead as error:
        raise Http404(str(error)) from None


def _whole_file(request: HttpRequest, resource: Resource) -> HttpResponse | StreamingHttpResponse:
    """A file as it was handed in; of open datasets only, for its content is not graded by field."""
    if resource.dataset.opening != Opening.OPEN and resource.dataset.is_published:
        raise Http404
    if not files.store().exists(resource.file_digest):
        raise Http404
    count_use(resource.dataset_id, "downloads", timezone.now())
    return _stream(_file_pieces(resource.file_digest), "", resource.file_name, resource.mimetype)


def _file_pieces(digest: str) -> Iterator[bytes]:
    with files.store().open(digest) as stream:
        while piece := stream.read(1 << 16):
            yield piece


def _stream(
    pieces: Iterator[bytes], format: str, name: str, media_type: str = "", mark: str = ""
) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=media_type or MEDIA_TYPES[format])
    if mark:
        response[HEADER] = mark
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
