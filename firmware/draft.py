"""Small files that a power cut leaves old or new. A rare room."""

import os


def write(path, *data):
    """Write a file of so many pieces (octets). Its folder is made where it is missing. Raises OSError; then the old one stands."""
    folder = path.rpartition("/")[0]
    if folder:
        make_folder(folder)
    draft = path + ".tmp"
    with open(draft, "wb") as f:
        for piece in data:
            f.write(piece)
    os.rename(draft, path)


def make_folder(path):
    """Make the folder where it is missing."""
    try:
        os.mkdir(path)
    except OSError:
        pass  # it is there; or what is wrong shows when a file is opened
