"""What can be wrong with a message whose checksum is right."""


class MessageError(ValueError):
    """The message breaks the rules of its encoding, or is none that we know; the text says where."""


class KeyMissing(MessageError):
    """The message is encrypted, and a key for it was not given."""


class KeyWrong(MessageError):
    """The message is encrypted with another key than the one given."""


class Replayed(MessageError):
    """The message was sent before: its invocation counter has not grown."""
