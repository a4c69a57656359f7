"""A file of a message handed out: to be kept on one's device, never shown as a page of ours."""

from flask import Response

from gradebook.interchange.attachable import MEDIA_TYPES, Kind
from gradebook.services.attachments import FileLine

NOTHING_RUNS = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def file_response(line: FileLine, content: bytes) -> Response:
    """The bytes under the name that the file came with."""
    response = Response(content, content_type=MEDIA_TYPES[Kind(line.kind)])
    response.headers.set("Content-Disposition", "attachment", filename=line.name)
    response.headers["Content-Security-Policy"] = NOTHING_RUNS
    return response
