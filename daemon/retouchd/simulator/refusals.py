"""How the simulator says no: one error with the documented envelope.

Which requests are refused is decided elsewhere; here is only the shape of the refusal.
"""

from typing import Final

INVALID_REQUEST: Final = "invalid_request_error"


class RefusedError(Exception):
    """The request is answered with the error envelope, and nothing is charged.

    Attributes:
        status: HTTP status of the answer.
        code: Machine-readable reason, one per rule.
        field: The request field at fault, `input_images_base64[2]` for one of several, or None.
    """

    def __init__(
        self, *, status: int, code: str, message: str, field: str | None = None, kind: str = INVALID_REQUEST
    ) -> None:
        super().__init__(message)
        self.status: Final = status
        self.code: Final = code
        self.message: Final = message
        self.field: Final = field
        self.kind: Final = kind

    def envelope(self) -> dict[str, object]:
        """The documented error object."""
        details = {} if self.field is None else {"field": self.field}
        return {
            "error": {"message": self.message, "type": self.kind, "code": self.code, "details": details},
        }


def invalid(*, field: str | None, code: str, message: str) -> RefusedError:
    """A 400 that names the field at fault."""
    return RefusedError(status=400, code=code, message=message, field=field)
