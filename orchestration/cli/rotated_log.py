"""What programs that run for months write: a file that starts anew when it is large, while they hold it open."""

import os
import shutil
from collections import deque
from pathlib import Path
from typing import IO

LARGEST = 10 * 2**20  # bytes
MAX_FILES = 3  # files beside the present one


class RotatedLog:
    """Programs get `output` as their standard output; who started them calls `rotate` now and then.

    It is copied and emptied in place, for a file that was renamed would go on being written. What is written between
    the two is lost. No pipe: with its reader gone, it would stop the programs.
    """

    def __init__(self, path: Path, largest: int = LARGEST) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path, self.largest = path, largest
        self.output: IO[bytes] = path.open("ab")  # each write goes to the end, wherever that is by then

    def __enter__(self) -> "RotatedLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.output.close()

    def rotate(self) -> None:
        """A disk without room for the copy empties it all the same."""
        if os.fstat(self.output.fileno()).st_size < self.largest:
            return
        for number in range(MAX_FILES - 1, 0, -1):
            if self.earlier(number).exists():
                self.earlier(number).replace(self.earlier(number + 1))
        try:
            shutil.copyfile(self.path, self.earlier(1))
        except OSError:
            self.earlier(1).unlink(missing_ok=True)
        self.output.truncate(0)

    def earlier(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def last_lines(self, count: int) -> str:
        with self.path.open(errors="replace") as lines:
            return "".join(deque(lines, count))
