"""Small files that a power cut leaves old or new. A rare room."""

import os


def write(path, *data):
    """Write a file of so many pieces (octets). Its folder is made where it is missing. Raises OSError; then the old one stands."""
    folder = path.rpartition("/")[0]
    if folder:
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there; or what is wrong shows when the file is opened
    draft = path + ".tmp"
    with open(draft, "wb") as f:
        for piece in data:
            f.write(piece)
    os.rename(draft, path)
