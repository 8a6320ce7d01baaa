"""What all processes of a session use together: memory and room on the disk.

Limits of single processes do not add up to a limit of the session, so its process 1 looks from time to
time. Each look first takes upper bounds that are cheap. The exact count walks page tables: it is taken
when a bound passes the limit, and never for more than a small share of the time.
"""

from __future__ import annotations

import itertools
import os
import resource
import sys
import time
import weakref
from typing import Collection, Iterator

SCRATCH_FOLDERS = ("/tmp", "/dev/shm", "/home/codeact")

_SHARE_OF_TIME = 0.05
_BETWEEN_WALKS_SECONDS = 0.25
# Most cells are over by then; the machine cannot run out of memory by then.
_FIRST_LOOK_SECONDS = 0.02
# What a pipe holds when it is full, and about what a socket does. The kernel counts neither.
_CHANNEL_BYTES = 65_536
# Usual file systems keep one inode for so many bytes, and run out of either.
_BYTES_PER_FILE = 16_384
_ENTRIES_PER_WALK = 500
_ENTRIES_AT_ONCE = 20_000
_PAGE = resource.getpagesize()
_SHARED_MEMORY = b"/dev/zero (deleted)"
# The system takes no longer paths, so what lies deeper is looked at from an open folder on the way.
_PATH_CHARACTERS = 2048
# A workspace that is nested so deep that this many are not enough counts as full.
_FOLDERS_ON_THE_WAY = 64
_UNCOUNTABLE = 1 << 60


class UsageMeter:
    """Tells when the processes beside this one exceed `memoryBytes` or `diskBytes` of `limits`.

    A limit that is missing or 0 is not enforced. A session and its forks share the memory, and each has that much
    disk: `workspace` is the folder whose files count as such. Must be made by process 1 of the session, before
    it holds much memory itself.
    """

    def __init__(
        self,
        limits: dict[str, int],
        workspace: str = "/workspace",
        scratch_folders: tuple[str, ...] = SCRATCH_FOLDERS,
    ) -> None:
        self._memory_limit = limits.get("memoryBytes") or sys.maxsize
        self._disk_limit = limits.get("diskBytes") or sys.maxsize
        self._workspace = workspace
        self._scratch = scratch_folders
        self._mapped_by_zygote, _ = _mapped_and_anonymous("self")
        self._not_before = self._next_walk = 0.0
        self._files: dict[str, _Files] = {}

    def watch(self, session: str, pid: int | str = "self") -> None:
        """Count the files of a session, or of a fork of it: those that the process sees. Raises OSError."""
        self._files[session] = _Files(f"/proc/{pid}/root", self._workspace, self._scratch)

    def forget(self, session: str) -> None:
        """Do not count the files of a session any more."""
        del self._files[session]

    def start_cell(self, session: str) -> None:
        """Note what files hold: a cell is not blamed for what earlier cells left, so that it can clean up."""
        self._files[session].start_cell(self._disk_limit)
        self._not_before = max(self._not_before, time.monotonic() + _FIRST_LOOK_SECONDS)

    def exceeded(self, running: Collection[str]) -> dict[str, str]:
        """Return which of the sessions that run a cell exceed "memory" or "disk". Raises nothing."""
        now = time.monotonic()
        if now < self._not_before:
            return {}
        started = time.process_time()  # not by the clock: on a busy machine that would make looks rare
        verdict = {}
        if self._bound() > self._memory_limit and self.memory_bytes() > self._memory_limit:
            verdict = dict.fromkeys(running, "memory")
        elif now >= self._next_walk:
            self._next_walk = now + _BETWEEN_WALKS_SECONDS
            verdict = {session: "disk" for session in running if self._files[session].has_filled(self._disk_limit)}
        self._not_before = now + (time.process_time() - started) / _SHARE_OF_TIME
        return verdict

    def memory_bytes(self) -> int:
        """Count the memory of all processes and new files in memory, each page once: exact, and slow.

        Shared memory that lies in no folder counts as mapped, since nothing tells how much of it is used.
        """
        total = self._new_scratch_bytes()
        shared: dict[bytes, int] = {}
        channels: set[str] = set()
        for pid in _processes():
            total += _proportional_bytes(pid)
            _add_shared_memory(pid, shared)
            channels.update(_channels(pid))
        return total + sum(shared.values()) + len(channels) * _CHANNEL_BYTES

    def _bound(self) -> int:
        """Return what all processes hold at most: what several of them share counts for each."""
        total = self._new_scratch_bytes()
        for pid in _processes():
            mapped, anonymous = _mapped_and_anonymous(pid)
            # What was mapped since the zygote, whether or not it is resident; and what came from the zygote
            # and may have been written to.
            total += max(0, mapped - self._mapped_by_zygote) + min(anonymous, self._mapped_by_zygote)
            total += _count_descriptors(pid) * _CHANNEL_BYTES
        return total

    def _new_scratch_bytes(self) -> int:
        return sum(files.new_scratch_bytes() for files in self._files.values())


class _Files:
    """The files of one session: on the disk, in its workspace, and in memory, in the scratch folders. Raises OSError.

    `root` is its root folder as this process sees it.
    """

    def __init__(self, root: str, workspace: str, scratch_folders: tuple[str, ...]) -> None:
        self._scratch = [_Folder(root + folder) for folder in scratch_folders]
        self._disk = _DiskWalk(_Folder(root + workspace), workspace)
        self._disk_at_start = 0
        self._scratch_at_start = self._scratch_bytes()

    def start_cell(self, disk_limit: int) -> None:
        """Note what they take now."""
        if self._disk.used_bytes > disk_limit // 2:
            self._disk.start_over()
        self._disk_at_start = self._disk.used_bytes
        self._scratch_at_start = self._scratch_bytes()

    def has_filled(self, disk_limit: int) -> bool:
        """Look at the next files; tell whether the cell has filled the disk."""
        self._disk.go_on()
        allowed = disk_limit if self._disk_at_start >= _UNCOUNTABLE else max(disk_limit, self._disk_at_start)
        return self._disk.used_bytes > allowed

    def new_scratch_bytes(self) -> int:
        """Return what files in memory take that the cell has made."""
        return max(0, self._scratch_bytes() - self._scratch_at_start)

    def _scratch_bytes(self) -> int:
        total = 0
        for folder in self._scratch:
            status = os.statvfs(folder.descriptor)
            total += (status.f_blocks - status.f_bfree) * status.f_frsize
        return total


class _Folder:
    """An open folder; closed when nothing refers to it any more. Raises OSError."""

    def __init__(self, path: str, below: _Folder | None = None) -> None:
        self.descriptor = -1
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        self.descriptor = os.open(path, flags, dir_fd=None if below is None else below.descriptor)

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


class _DiskWalk:
    """Sums up a folder's files, a part at each step, since there may be very many of them.

    `inside` is the path of the folder for the processes of its session.
    """

    def __init__(self, root: _Folder, inside: str) -> None:
        self._root = root
        self._inside = inside
        self._finished = 0
        self._sum = 0
        self._entries: Iterator[int] = iter(())

    @property
    def used_bytes(self) -> int:
        """What the last whole walk found, or the walk that is under way if it has found more already."""
        return max(self._finished, self._sum)

    def start_over(self) -> None:
        """Walk anew, in one go as far as that is a matter of milliseconds: what was counted may be outdated."""
        self._entries = _sizes(self._root, self._inside)
        self._finished = self._sum = 0
        for size in itertools.islice(self._entries, _ENTRIES_AT_ONCE):
            self._sum += size

    def go_on(self) -> None:
        """Look at the next entries."""
        for _ in range(_ENTRIES_PER_WALK):
            size = next(self._entries, None)
            if size is None:
                self._finished, self._sum = self._sum, 0
                self._entries = _sizes(self._root, self._inside)
                return
            self._sum += size


def _sizes(root: _Folder, inside: str) -> Iterator[int]:
    """Yield what each file takes, those that are deleted but still open first."""
    own = os.fstat(root.descriptor)
    seen: set[int] = set()
    for pid in _processes():
        if not _is_at(f"/proc/{pid}/root{inside}", own):
            continue
        for entry in _descriptors(pid):
            status = _deleted_file(entry)
            if status is not None and status.st_dev == own.st_dev and status.st_ino not in seen:
                seen.add(status.st_ino)
                yield max(status.st_blocks * 512, _BYTES_PER_FILE)
    yield from _sizes_below(root)


def _sizes_below(root: _Folder) -> Iterator[int]:
    starts = weakref.WeakSet([root])
    waiting = [(root, ".")]
    while waiting:
        start, path = waiting.pop()
        try:
            folder = _Folder(path, start)
            if len(path) > _PATH_CHARACTERS:
                start, path = folder, "."
                starts.add(start)
                if len(starts) > _FOLDERS_ON_THE_WAY:
                    yield _UNCOUNTABLE
                    return
            with os.scandir(folder.descriptor) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append((start, f"{path}/{entry.name}"))
                    yield max(status.st_blocks * 512, _BYTES_PER_FILE) // max(1, status.st_nlink)
        except OSError:
            pass  # gone meanwhile, or swapped for something else


def _is_at(path: str, status: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), status)
    except OSError:
        return False  # the process has ended meanwhile


def _deleted_file(descriptor: str) -> os.stat_result | None:
    try:
        if not os.readlink(descriptor).endswith(" (deleted)"):
            return None
        status = os.stat(descriptor)
    except OSError:
        return None
    return status if status.st_nlink == 0 else None


def _processes() -> list[str]:
    """Return every process of the session but this one, as names below /proc."""
    own = str(os.getpid())
    return [_living_thread(name) for name in os.listdir("/proc") if name.isdigit() and name != own]


def _living_thread(pid: str) -> str:
    """Return where /proc tells what the process holds: below its first thread, unless that has ended before others."""
    tasks = f"/proc/{pid}/task"
    try:
        if os.stat(tasks).st_nlink > 3 and not _mapped_and_anonymous(pid)[0]:
            return next(f"{pid}/task/{thread}" for thread in os.listdir(tasks) if thread != pid)
    except (OSError, StopIteration):
        pass  # ended meanwhile
    return pid


def _mapped_and_anonymous(pid: str) -> tuple[int, int]:
    """Return the process's mapped bytes, and an upper bound of those that are its own and resident."""
    try:
        file = os.open(f"/proc/{pid}/statm", os.O_RDONLY)
        try:
            mapped, resident, shared = os.read(file, 256).split(None, 3)[:3]
        finally:
            os.close(file)
    except (OSError, ValueError):
        return 0, 0  # ended meanwhile
    return int(mapped) * _PAGE, (int(resident) - int(shared)) * _PAGE


def _proportional_bytes(pid: str) -> int:
    """Return the process's share of the anonymous pages that it and others hold."""
    return _sum_of_lines(f"/proc/{pid}/smaps_rollup", (b"Pss_Anon:", b"SwapPss:"))


def _sum_of_lines(path: str, names: tuple[bytes, ...]) -> int:
    try:
        with open(path, "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(names)) * 1024
    except (OSError, ValueError):
        return 0  # ended meanwhile


def _add_shared_memory(pid: str, found: dict[bytes, int]) -> None:
    """Add the shared memory that the process has mapped and that lies in no folder, as inode -> bytes."""
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            maps = file.read()
    except OSError:
        return
    if _SHARED_MEMORY not in maps:
        return
    sizes: dict[bytes, int] = {}
    for line in maps.splitlines():
        if line.endswith(_SHARED_MEMORY):
            addresses, _, _, _, inode = line.split(None, 5)[:5]
            start, _, end = addresses.partition(b"-")
            sizes[inode] = sizes.get(inode, 0) + int(end, 16) - int(start, 16)
    for inode, size in sizes.items():
        found[inode] = max(found.get(inode, 0), size)


def _channels(pid: str) -> Iterator[str]:
    """Yield the names of the pipes and sockets that the process holds."""
    for entry in _descriptors(pid):
        try:
            target = os.readlink(entry)
        except OSError:
            continue
        if target.startswith(("pipe:", "socket:")):
            yield target


def _descriptors(pid: str) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    try:
        for name in os.listdir(folder):
            yield f"{folder}/{name}"
    except OSError:
        pass  # ended meanwhile


def _count_descriptors(pid: str) -> int:
    try:
        return os.stat(f"/proc/{pid}/fd").st_size or len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0
