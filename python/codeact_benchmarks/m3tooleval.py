"""The tools of M3ToolEval's five families.

Source: the M3ToolEval release that came with "Executable Code Actions Elicit Better LLM Agents" (MIT). Agents
are compared on what these functions return, so they return what the original's do.

`tools(family, data)` returns the functions by name, with the original's quirks unless `corrected`. `data` holds what a family looks things up in:

- ``travel_itinerary_planning``: ``{"flights": [...], "hotels": [...]}``, locations in literal double quotes.
- ``web_browsing``: ``{"pages": {name: content}}``.
- others: nothing.
"""

from __future__ import annotations

import builtins
from typing import Any, Callable

# Message decoder


def convert_hex_to_ascii(hex_string: str) -> str:
    """Convert a hexadecimal string to ASCII."""
    return bytes.fromhex(str(hex_string)).decode("utf-8")


def reverse_string(string: str) -> str:
    """Reverse a string."""
    return string[::-1]


def caesar_decode(message: str, shift: int) -> str:
    """Shift letters back by `shift`; everything else stays."""
    shift = int(shift)
    decoded = ""
    for char in message:
        if char.isalpha():
            first = ord("a") if char.islower() else ord("A")
            char = chr((ord(char) - first - shift) % 26 + first)
        decoded += char
    return decoded


def string_length(string: str) -> int:
    """Return the length of a string."""
    return len(string)


def minimum_value(*args: Any) -> Any:
    """Return the least of the arguments."""
    return min(args)


def maximum_value(*args: Any) -> Any:
    """Return the greatest of the arguments."""
    return max(args)


# Cryptobotanist's plant DNA sequencer


def count_nucleotides(dna_sequence: str) -> dict[str, int]:
    """Count each letter, in the order in which letters are first seen."""
    return {nucleotide: dna_sequence.count(nucleotide) for nucleotide in dict.fromkeys(dna_sequence)}


def transcribe_dna_to_mrna(dna_sequence: str) -> str:
    """Transcribe A, C, G, T to U, G, C, A."""
    return dna_sequence.translate(str.maketrans("ACGT", "UGCA"))


def translate_mrna_to_amino_acid(mrna_sequence: str) -> str:
    """Translate codons, joined by ``-``; those not in the little table, and a rest of one or two, are X."""
    table = {"AUG": "Methionine", "UUU": "Phenylalanine", "UUC": "Phenylalanine"}
    codons = [mrna_sequence[start : start + 3] for start in range(0, len(mrna_sequence), 3)]
    return "-".join(table.get(codon, "X") for codon in codons)


def find_max_nucleotide(*args: Any) -> tuple[Any, Any]:
    """Return the (k, v) with the greatest v of k1, v1, k2, v2, ...; the first of equals."""
    counts = dict(zip(args[::2], args[1::2]))
    return max(counts.items(), key=lambda count: count[1])


def is_valid_dna_sequence(dna_sequence: str) -> bool:
    """Tell whether the sequence has only A, C, G and T."""
    return set(dna_sequence).issubset(set("ACGT"))


def reverse_transcribe_mrna_to_dna(mrna_sequence: str) -> str:
    """Transcribe U, C, A, G back to A, G, T, C."""
    return mrna_sequence.translate(str.maketrans("UCAG", "AGTC"))


# Trade calculator


def convert_currency(base_price: float, conversion_rate: float) -> float:
    """Return the price in local currency."""
    return base_price * conversion_rate


def calculate_tariff(price: float, tariff_rate: float) -> float:
    """Return the tariff; the rate is in percent."""
    return (price * tariff_rate) / 100


def estimate_final_value(price: float, tariff: float) -> float:
    """Return price and tariff together."""
    return price + tariff


def calculator(expression: str) -> Any:
    """Evaluate an arithmetic expression; what is wrong with it comes back as text."""
    try:
        return eval(expression)
    except Exception:
        return f"Failed to evaluate expression: {expression}"


def find_minimum(*args: float) -> float:
    """Return the least of the arguments."""
    return min(args)


def find_maximum(*args: float) -> float:
    """Return the greatest of the arguments."""
    return max(args)


# Travel itinerary planning


class TravelAgency:
    """Looks flights and hotels up. Locations are compared without double quotes and returned with them.

    Corrected, all arguments are compared without quotes of either kind: in text actions they are often quoted.
    """

    PLACES = ("A", "B", "C", "D", "E", "F")

    def __init__(
        self, flights: list[dict[str, Any]], hotels: list[dict[str, Any]], *, corrected: bool = False
    ) -> None:
        self._flights = flights
        self._hotels = hotels
        self._corrected = corrected

    def find_flights(self, from_location: str, to_location: str, date: str) -> list[dict[str, Any]]:
        """Return the flights between two places on a day. Raises ValueError for a place that is not served."""
        start, end, day = self._served(from_location), self._served(to_location), self._plain(date)
        return [
            dict(flight)
            for flight in self._flights
            if _unquoted(flight["from_location"]) == start
            and _unquoted(flight["to_location"]) == end
            and flight["date"] == day
        ]

    def book_hotel(self, location: str, *preferences: str) -> list[dict[str, Any]]:
        """Return the hotels that have all preferences. Raises ValueError for a place that is not served."""
        place = self._served(location)
        wanted = [self._plain(preference) for preference in preferences]
        return [
            dict(hotel)
            for hotel in self._hotels
            if _unquoted(hotel["location"]) == place
            and all(preference in hotel["preferences"] for preference in wanted)
        ]

    def _plain(self, text: str) -> str:
        return text.strip("\"'") if self._corrected and isinstance(text, str) else text

    def _served(self, location: str) -> str:
        place = _unquoted(self._plain(location))
        if place not in self.PLACES:
            raise ValueError(f"Location [{place}] is not supported. Supported are: {', '.join(self.PLACES)}")
        return place


def budget_calculator(flight_price: float, hotel_price_per_night: float, num_nights: int) -> float:
    """Return the price of a flight and a number of nights."""
    return flight_price + hotel_price_per_night * num_nights


def _unquoted(text: str) -> str:
    return text.strip('"')


# In the original `sum` hides the builtin, so that a list as the only argument fails; `max` and `min` are the builtins.
def _sum(corrected: bool) -> Callable[..., float]:
    """Return a sum of its arguments; corrected, also of the one list that is its argument, as Python's own."""

    def sum(*args: Any) -> float:
        if corrected and args and not isinstance(args[0], (int, float)):
            return builtins.sum(*args)
        return builtins.sum(args)

    return sum


# Web browsing


class Browser:
    """A browser of fixed pages that shows a few lines at a time. It starts at ``/``."""

    LINES_PER_VIEW = 5

    def __init__(self, pages: dict[str, str]) -> None:
        self._pages = pages
        self._page = "/"
        self._history: list[str] = []
        self._view = 0

    def click_url(self, url: str) -> str:
        """Open a page by its name and return its first view."""
        url = url.replace("'", "")
        if url not in self._pages:
            return "[URL not found.]"
        self._history.append(self._page)
        return self._open(url)

    def go_to_previous_page(self) -> str:
        """Go back and return the first view of that page."""
        if not self._history:
            return "[No previous page.]"
        return self._open(self._history.pop())

    def scroll_down(self) -> str:
        """Show the lines after these."""
        if (self._view + 1) * self.LINES_PER_VIEW >= len(self._lines()):
            return "[Reached the bottom of the page.]\n"
        self._view += 1
        return self.view()

    def scroll_up(self) -> str:
        """Show the lines before these."""
        if self._view <= 0:
            return "[Reached the top of the page.]\n"
        self._view -= 1
        return self.view()

    def view(self) -> str:
        """Return the current view."""
        start = self._view * self.LINES_PER_VIEW
        lines = self._lines()[start : start + self.LINES_PER_VIEW]
        rule = "-" * 10
        header = [
            rule,
            f"[Web Page Name: {self._page}]",
            f"[Viewing page {self._view + 1} of {self._view_count()}]",
            "",
        ]
        return "\n".join([*header, *lines, rule])

    def _open(self, page: str) -> str:
        self._page, self._view = page, 0
        return f"[Opened page: {page}]\n{self.view()}"

    def _lines(self) -> list[str]:
        return self._pages[self._page].split("\n")

    def _view_count(self) -> int:
        # One too many when the lines fill the last view: the original's way to count.
        count = len(self._lines())
        return count // self.LINES_PER_VIEW + 1 if count > self.LINES_PER_VIEW else 1


def tools(
    family: str, data: dict[str, Any] | None = None, *, corrected: bool = False
) -> dict[str, Callable[..., Any]]:
    """Return the functions of a family by name, with fresh state. Raises KeyError for an unknown family."""
    data = data or {}
    if family == "travel_itinerary_planning":
        agency = TravelAgency(data["flights"], data["hotels"], corrected=corrected)
        return {
            "find_flights": agency.find_flights,
            "book_hotel": agency.book_hotel,
            "budget_calculator": budget_calculator,
            "max": max,
            "min": min,
            "sum": _sum(corrected),
        }
    if family == "web_browsing":
        browser = Browser(data["pages"])
        names = ("click_url", "go_to_previous_page", "scroll_down", "scroll_up", "view")
        return {**{name: getattr(browser, name) for name in names}, "calculator": calculator}
    plain = {
        "message_decoder": (
            convert_hex_to_ascii,
            reverse_string,
            caesar_decode,
            string_length,
            minimum_value,
            maximum_value,
        ),
        "cryptobotanists_plant_dna_sequencer": (
            count_nucleotides,
            transcribe_dna_to_mrna,
            translate_mrna_to_amino_acid,
            find_max_nucleotide,
            is_valid_dna_sequence,
            reverse_transcribe_mrna_to_dna,
        ),
        "trade_calculator": (
            convert_currency,
            calculate_tariff,
            estimate_final_value,
            calculator,
            find_minimum,
            find_maximum,
        ),
    }
    return {function.__name__: function for function in plain[family]}
