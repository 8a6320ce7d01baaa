"""Stock prices and hotels."""

from __future__ import annotations

from typing import Any

from .api import Api, Parameter, require
from .databases import Databases


def query_stock(databases: Databases, stock_code: str, date: str) -> Any:
    require(stock_code, "The stock code cannot be empty.")
    require(stock_code in databases["Stock"], "The stock code does not exist.")
    prices = databases["Stock"][stock_code]
    require(date in prices, "The stock price of this date is not maintained.")
    return prices[date]


def book_hotel(databases: Databases, **booking: Any) -> str:
    bookings = databases["Hotel"]
    number = str(len(bookings) + 1)
    bookings[number] = booking
    return number


APIS = [
    Api(
        "QueryStock",
        "This API queries the price of a stock on a date.",
        {
            "stock_code": Parameter("str", "The code of the stock."),
            "date": Parameter("str", "The date. Format: %Y-%m-%d"),
        },
        query_stock,
    ),
    Api(
        "BookHotel",
        "This API books rooms of a hotel.",
        {
            "hotel_name": Parameter("str", "The name of the hotel."),
            "check_in_time": Parameter("str", "The day of arrival. Format: %Y-%m-%d"),
            "check_out_time": Parameter("str", "The day of departure. Format: %Y-%m-%d"),
            "room_count": Parameter("int", "The number of rooms."),
            "adult_count": Parameter("int", "The number of adults."),
            "child_count": Parameter("int", "The number of children."),
        },
        book_hotel,
    ),
]
