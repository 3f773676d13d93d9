"""An upload over the operator's limit is not stored, not even for a moment."""

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from rickproject.config import get_config

MEGABYTE = 1024 * 1024
FORM_BYTES = 64 * 1024  # the other fields of the form and the lines around the file


def too_large(content_length: int) -> bool:
    """Tell whether a request of so many bytes holds a file over the limit."""
    return content_length > get_config().upload_limit_mb * MEGABYTE + FORM_BYTES


class LimitUploadHandler(FileUploadHandler):
    """First in ``FILE_UPLOAD_HANDLERS``: ends the upload when a file goes over the limit.

    Fields that the form sends before the file (the CSRF token) are read, later ones are not.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a piece on, or end the upload and delete what came."""
        self.received += len(raw_data)
        if self.received > get_config().upload_limit_mb * MEGABYTE + FORM_BYTES:
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers after this one."""
