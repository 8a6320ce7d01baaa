"""Tests of the kernel, standard library only."""
