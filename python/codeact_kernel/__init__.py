"""The kernel: runs Python cells for a host that speaks over a socket. Standard library only."""

__version__ = "0.1.0"
