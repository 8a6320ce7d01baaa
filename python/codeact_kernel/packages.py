"""Packages that a session installs for itself.

They lie in a hidden folder of its workspace: so they count as its disk, and checkpoints, restores and forks
take them along. They come before the packages of the environment, which a session cannot change.
"""

from __future__ import annotations

import importlib
import os
import site
import sys

FOLDER = ".packages"

# pip takes the environment that it runs in for the one to change. Told of another prefix, it installs there, sees
# what the environment has, and leaves that alone where it would have to replace it.
_PIP = """
import runpy, sys
sys.prefix = sys.exec_prefix = sys.argv.pop(1)
if sys.path[:1] == [""]: sys.path.pop(0)
try:
    import pip
except ImportError:
    import ensurepip, glob, os
    sys.path[:0] = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
_PLACES = ("--prefix", "--target", "-t", "--root", "--user")

_used = ""


def use(workspace: str) -> None:
    """Let this process, and those that it starts, import and run what lies in the workspace's packages."""
    global _used
    prefix = os.path.join(workspace, FOLDER)
    if prefix == _used:
        return
    modules, programs = site_folder(prefix), os.path.join(prefix, "bin")
    if _used:
        old = site_folder(_used)
        sys.path[:] = [entry for entry in sys.path if entry != old]
    _replace_in_list("PYTHONPATH", old=site_folder(_used), new=modules)
    _replace_in_list("PATH", old=os.path.join(_used, "bin"), new=programs)
    sys.path.insert(_first_site(sys.path), modules)
    os.environ["PIP_PREFIX"] = prefix
    os.environ["PIP_NO_CACHE_DIR"] = "1"
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    _used = prefix


def refresh() -> None:
    """Notice packages that another process has installed. Costs next to nothing when there are none."""
    modules = site_folder(_used)
    if sys.path_importer_cache.get(modules, refresh) is None and os.path.isdir(modules):
        importlib.invalidate_caches()


def pip_command(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs pip on this session's packages, and its environment."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_PREFIX"}
    # The folder for temporary files is in memory, where a large package has no room.
    environment["TMPDIR"] = temporary = os.path.join(_used, "tmp")
    os.makedirs(temporary, exist_ok=True)
    if arguments[:1] == ["install"] and not any(word.split("=")[0] in _PLACES for word in arguments):
        arguments = [*arguments, "--prefix", _used, "--no-warn-script-location"]
    quiet = ["--disable-pip-version-check", "--no-input"]
    return [sys.executable, "-c", _PIP, _used, *quiet, *arguments], environment


def after_pip() -> None:
    """Make what pip has installed importable, and remove what it left behind."""
    for folder in (os.path.join(_used, "tmp"), _used):
        try:
            os.rmdir(folder)
        except OSError:
            pass  # not empty
    modules = site_folder(_used)
    if os.path.isdir(modules):
        site.addsitedir(modules)  # for its .pth files; it is on the path already
    importlib.invalidate_caches()


def site_folder(prefix: str) -> str:
    """Return where Python modules lie below a prefix."""
    return os.path.join(prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")


def _first_site(path: list[str]) -> int:
    for index, entry in enumerate(path):
        if entry.endswith(("site-packages", "dist-packages")):
            return index
    return len(path)


def _replace_in_list(name: str, old: str, new: str) -> None:
    entries = [entry for entry in os.environ.get(name, "").split(os.pathsep) if entry not in ("", old)]
    os.environ[name] = os.pathsep.join([new, *entries])
