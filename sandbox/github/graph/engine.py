"""Answers GraphQL requests."""

from werkzeug.wrappers import Response

from sandbox.github.access import not_found
from sandbox.github.context import Context
from sandbox.github.limits import Meter


class GraphEngine:
    """GraphQL is not served yet: 404, as on a host without it."""

    def answer(self, context: Context, meter: Meter) -> Response:  # noqa: ARG002 - what an engine is given
        """Refuse."""
        raise not_found()
