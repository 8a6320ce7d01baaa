"""The text of values, as IPython 8 lays it out."""

from __future__ import annotations

import collections
import re
import types
import unittest
from typing import Any

from codeact_kernel.pretty import pretty


class Own(list):
    def __repr__(self) -> str:
        return "own"


class Plain(list):
    pass


class Pair(tuple):
    pass


class Lines:
    def __repr__(self) -> str:
        return "one\ntwo"


class Counting:
    pass


class Tree:
    """Takes part in the layout."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        with printer.group(0, "Tree(", ")"):
            for index, part in enumerate(self.parts):
                if index:
                    printer.text(",")
                    printer.breakable()
                printer.pretty(part)


CASES: list[tuple[Any, str]] = [
    ([1, 2, 3], "[1, 2, 3]"),
    (list(range(30)), "[" + ",\n ".join(map(str, range(30))) + "]"),
    ((1,), "(1,)"),
    ({3, 1, 2}, "{1, 2, 3}"),
    (set(), "set()"),
    (frozenset([2, 1]), "frozenset({1, 2})"),
    ({"a" * 40: 1, "b" * 40: [1]}, "{'" + "a" * 40 + "': 1,\n '" + "b" * 40 + "': [1]}"),
    (Own([1]), "own"),
    (Plain([1]), "[1]"),
    (ValueError("x"), "ValueError('x')"),
    (collections.OrderedDict(a=1), "OrderedDict([('a', 1)])"),
    (collections.defaultdict(list, a=[1]), "defaultdict(list, {'a': [1]})"),
    (collections.Counter("aab"), "Counter({'a': 2, 'b': 1})"),
    (collections.deque([1], maxlen=2), "deque([1], maxlen=2)"),
    (types.SimpleNamespace(a=1), "namespace(a=1)"),
    (re.compile(r"\d", re.I), "re.compile(r'\\d', re.IGNORECASE|re.UNICODE)"),
    (int, "int"),
    (len, "<function len(obj, /)>"),
    ("a\nb", "'a\\nb'"),
    (Pair((1,)), "(1,)"),
    (ValueError([1] * 30), "ValueError([" + ",\n            ".join(["1"] * 30) + "])"),
    (types.MappingProxyType({1: 2}), "mappingproxy({1: 2})"),
    ([Lines()], "[one\n two]"),
    ({"k": Tree("a" * 40, "b" * 40)}, "{'k': Tree('" + "a" * 40 + "',\n '" + "b" * 40 + "')}"),
    (Counting, "tests.test_pretty.Counting"),
]


class Pretty(unittest.TestCase):
    def test_layout_of_values(self) -> None:
        for value, text in CASES:
            with self.subTest(text[:40]):
                self.assertEqual(pretty(value), text)

    def test_long_sequences_end_in_dots(self) -> None:
        lines = pretty(list(range(5000))).splitlines()
        self.assertEqual(lines[-2:], [" 999,", " ...]"])

    def test_cycles_end(self) -> None:
        value: list[Any] = [1]
        value.append(value)
        self.assertEqual(pretty(value), "[1, [...]]")

    def test_nested_values_break_outermost_first(self) -> None:
        value = {"first": list(range(20)), "second": tuple("abcdefgh")}
        inner = str(value["first"])
        text = "{'first': " + inner + ",\n 'second': ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')}"
        broken = "[" + ",\n  ".join(map(str, range(20))) + "]"
        self.assertEqual(pretty(value), text.replace(inner, broken))

    def test_a_value_beside_a_broken_key_stays_on_its_line(self) -> None:
        # As in IPython: the end of the key's line is where the value's own breaks are given up.
        key, value = (1, 2), ["a" * 75, "b" * 20]
        self.assertEqual(pretty({key: value}), f"{{(1,\n  2): {value!r}}}")

    def test_an_object_without_a_text_shows_its_class_and_address(self) -> None:
        self.assertRegex(pretty(Counting()), r"^<tests\.test_pretty\.Counting at 0x[0-9a-f]+>$")
