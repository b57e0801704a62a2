"""What can be wrong with a message whose checksum is right."""


class MessageError(ValueError):
    """The message breaks the rules of its encoding, or is none that we know; the text says where."""
