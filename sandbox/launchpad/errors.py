"""How a record refuses: exceptions that the framework answers with a status and the message as plain text."""


class ApiError(Exception):
    """400 with the message; the status lies where `lazr.restful` looks for it."""

    __lazr_webservice_error__ = 400


class NotPermittedError(ApiError):
    """401: what Launchpad answers to a missing permission (never 403)."""

    __lazr_webservice_error__ = 401


class BrokenError(ApiError):
    """500, where the original itself fails with one."""

    __lazr_webservice_error__ = 500


def forbidden(record: object, attribute: str, permission: str = "launchpad.Edit") -> NotPermittedError:
    """Make the 401 that the original's security proxies give; its body names object, attribute and permission."""
    return NotPermittedError(f"(<{type(record).__name__} object>, {attribute!r}, {permission!r})")
