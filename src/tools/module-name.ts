import { isTakenName, pythonName, uniquePythonName } from "./python-name.ts";

/** Modules of the standard library of Python 3.9 to 3.14. */
const standardModules =
  "abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo compression annotationlib";

/** Packages that code is likely to import, and the module of the tool search. */
const packages =
  "PIL bs4 cv2 httpx lxml matplotlib numpy openpyxl pandas pip requests scipy seaborn setuptools sklearn sympy torch yaml tools";

const known = new Set(`${standardModules} ${packages}`.split(" "));

/**
 * Turns the name of a server into that of a Python module, different from all in `used`, to which it is added. One that
 * code expects to be something else gets a prefix: `time` becomes `mcp_time`.
 */
export function uniqueModuleName(name: string, used: Set<string>): string {
  const module = pythonName(name);
  return uniquePythonName(
    known.has(module) || isTakenName(module) ? `mcp_${module}` : module,
    used,
  );
}
