"""Why the one-machine stack cannot run; the message says what to do next."""


class StackError(Exception):
    """A server of ours is missing or does not stay up."""


class AlreadyRunningError(StackError):
    """Another process of ours holds the data folder."""
