"""The tools of M3ToolEval, with the original's quirks and without them."""

from __future__ import annotations

import unittest

from codeact_benchmarks.m3tooleval import find_max_nucleotide, tools

FLIGHT = {"from_location": '"E"', "to_location": '"A"', "date": "2023-12-25", "price": 450}
CHEAP = {**FLIGHT, "price": 300}
HOTEL = {"location": '"A"', "preferences": ["wifi", "pool"], "price_per_night": 120}
DATA = {"flights": [FLIGHT, CHEAP], "hotels": [HOTEL]}


def travel(corrected: bool = False):
    return tools("travel_itinerary_planning", DATA, corrected=corrected)


class TravelTools(unittest.TestCase):
    def test_max_and_min_are_pythons_own(self) -> None:
        for corrected in (False, True):
            own = travel(corrected)
            self.assertEqual(own["max"]([1, 3, 2]), 3)
            self.assertEqual(own["min"](3, 1, 2), 1)
            flights = own["find_flights"]("E", "A", "2023-12-25")
            self.assertEqual(own["min"](flights, key=lambda flight: flight["price"]), CHEAP)

    def test_sum_adds_its_arguments_and_corrected_a_list_too(self) -> None:
        self.assertEqual(travel()["sum"](1, 2, 3), 6)
        with self.assertRaises(TypeError):
            travel()["sum"]([1, 2])
        own = travel(corrected=True)["sum"]
        self.assertEqual([own(), own(1, 2), own([1, 2]), own([1, 2], 4)], [0, 3, 3, 7])

    def test_double_quotes_are_taken_off_locations_only(self) -> None:
        own = travel()
        self.assertEqual(own["find_flights"]('"E"', "A", "2023-12-25"), [FLIGHT, CHEAP])
        self.assertEqual(own["find_flights"]("E", "A", '"2023-12-25"'), [])
        self.assertEqual(own["book_hotel"]('"A"', "wifi"), [HOTEL])
        self.assertEqual(own["book_hotel"]("A", '"wifi"'), [])
        with self.assertRaisesRegex(ValueError, r"Location \['A'\] is not supported. Supported are: A, B,"):
            own["book_hotel"]("'A'")

    def test_corrected_takes_all_quotes_off(self) -> None:
        own = travel(corrected=True)
        self.assertEqual(own["find_flights"]("'E'", '"A"', "'2023-12-25'"), [FLIGHT, CHEAP])
        self.assertEqual(own["book_hotel"]("'A'", "'wifi'", '"pool"'), [HOTEL])


class DnaTools(unittest.TestCase):
    def test_the_first_of_equals_wins_and_a_later_count_replaces_one(self) -> None:
        self.assertEqual(find_max_nucleotide("A", 4, "G", 4), ("A", 4))
        self.assertEqual(find_max_nucleotide("A", 4, "G", 3, "A", 1), ("G", 3))


if __name__ == "__main__":
    unittest.main()
