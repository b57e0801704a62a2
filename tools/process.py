"""Child processes that never outlive us and never run without a deadline.

`run` is for tools that do one thing and end. `Child` is for the parts of a running system (broker, meter, firmware): each is the
leader of a process group of its own, so that whatever it starts ends with it, and the kernel ends it when we die, however we die.
(To the kernel, "we" is the thread that started the child: start children from the main thread.)
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

# Looked up before any fork: loading a library in a forked child is not safe.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with(parent):
    """Return what a child does first: ask the kernel for a SIGKILL at its parent's death (Linux; elsewhere nothing)."""

    def prepare():
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return prepare


def _kill_group(process, sig):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sig)


def run(argv, seconds, **options):
    """Run `argv` to its end, at most `seconds`; return the CompletedProcess with text in stdout and stderr.

    Raises subprocess.TimeoutExpired after ending the whole group, OSError when there is no such program. A failing program does not raise.
    """
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        start_new_session=True, preexec_fn=_die_with(os.getpid()), **options,
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except BaseException:
            _kill_group(process, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, out, err)


class Child:
    """A process that runs until it is stopped. `output` is a binary pipe of stdout and stderr together, or None when they go to a file."""

    def __init__(self, argv, log=None, stdin=subprocess.DEVNULL, **options):
        """Start `argv`. `log`: an open file for its output; without one the output is to be read from `output`, or it stalls."""
        self.process = subprocess.Popen(
            argv, stdin=stdin, stdout=subprocess.PIPE if log is None else log, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_die_with(os.getpid()), **options,
        )
        self.output = self.process.stdout

    def running(self):
        """Whether it has not ended by itself."""
        return self.process.poll() is None

    def stop(self, seconds=3):
        """End it: SIGTERM, after `seconds` SIGKILL, for the whole group. Return its exit status (negative: the signal). May be repeated."""
        if self.process.poll() is None:
            _kill_group(self.process, signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        _kill_group(self.process, signal.SIGKILL)
        status = self.process.wait(seconds)
        if self.output is not None:
            self.output.close()
        return status
