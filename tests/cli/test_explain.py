"""What is said of a workflow that the engine does not know."""

from temporalio.service import RPCError, RPCStatusCode

from cli.explain.engine import WAITING, why_unknown


def test_a_post_that_nobody_has_taken_up_waits_its_turn() -> None:
    unknown = RPCError("workflow not found for ID", RPCStatusCode.NOT_FOUND, b"")

    assert why_unknown(unknown, begun=False) == WAITING
    assert "forgotten" in why_unknown(unknown, begun=True)
