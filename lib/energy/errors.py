"""What is said of data of a user that cannot be used."""


class DataError(ValueError):
    """Data of a user that cannot be used; the text says what is wrong with which key."""
