"""What can be wrong with a message whose checksum is right."""


class MessageError(ValueError):
    """The message is not understood; args are a sentence that says why, and the counter of Stats that takes it.

    Counters: unknown (the default), needs_key, wrong_key, replayed.
    """
