"""The errors a user can meet. Each message says what was wrong, where, what was expected and what to type instead."""


class ConvscopeError(Exception):
    """The root of every error that convscope raises on purpose."""


class SpecError(ConvscopeError):
    """The command line, a model spec or a data spec is wrong; the command ends with status 2."""


class WorkError(ConvscopeError):
    """The work failed, or found nothing usable; the command ends with status 1."""
