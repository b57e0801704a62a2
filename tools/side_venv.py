"""Virtual environments beside `.venv`, for packages that only some tests and tools want, or that get in our way.

requirements-NAME.txt says what is in one; it is made under .cache/ when first asked for, and again when that file has changed.
"""

from tools import runtime, venv


def python(name):
    """The interpreter of environment `name`. Raises runtime.RuntimeUnreachable where its packages cannot be installed."""
    requirements = runtime.ROOT / f"requirements-{name}.txt"
    folder = runtime.CACHE / f"{name}-venv"
    made_from = folder / "made-from"
    wanted = requirements.read_text()
    with runtime.locked("venv"):
        if not made_from.exists() or made_from.read_text() != wanted:
            if venv.make(folder, requirements):
                packages = ", ".join(line for line in wanted.splitlines() if "==" in line)
                raise runtime.RuntimeUnreachable(f"cannot be installed here: {packages}")
            made_from.write_text(wanted)
    return folder / "bin" / "python"
