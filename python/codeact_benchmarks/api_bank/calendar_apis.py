"""Agenda, reminders, meetings and alarms: tables whose rows belong to a user."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from .accounts import TOKEN, user_of
from .api import Api, Parameter, Result, alike_in, never_once_done, require, same_all, same_once_done
from .databases import Databases

_TIME = "Format: %Y-%m-%d %H:%M:%S"


def _add(databases: Databases, table: str, token: str, row: Mapping[str, Any]) -> str:
    rows = databases[table]
    number = max((int(key) for key in rows), default=0) + 1
    rows[str(number)] = {**row, "username": user_of(databases, token)}
    return "success"


def _find(databases: Databases, table: str, token: str, wanted: Mapping[str, Any], message: str) -> str:
    user = user_of(databases, token)
    for key, row in databases[table].items():
        if row["username"] == user and any(row[name] == value for name, value in wanted.items()):
            return str(key)
    require(False, message)
    raise AssertionError


class Entries:
    """The four calls of one table. `marks` are the columns by any of which a row is found."""

    def __init__(
        self,
        table: str,
        noun: str,
        columns: Mapping[str, Parameter],
        marks: tuple[str, ...],
        same: Callable[[Result, Result], bool],
    ) -> None:
        self._table = table
        self._noun = noun
        self._columns = columns
        self._marks = marks
        self._same = same

    def apis(self) -> list[Api]:
        """Return the calls that add, delete, modify and query a row."""
        name, noun = self._table, self._noun
        parameters = {"token": TOKEN, **self._columns}
        same = self._same
        same_deletion = same_all if name == "Alarm" else same_once_done(self._marks[-1])
        original = never_once_done if name == "Meeting" else None
        made = [
            Api(f"Add{name}", f"This API adds {noun}.", parameters, self._add, same),
            Api(f"Delete{name}", f"This API deletes {noun}.", parameters, self._delete, same_deletion, original),
            Api(f"Query{name}", f"This API queries {noun}.", parameters, self._query, same),
        ]
        if name == "Alarm":
            times = {
                "from_time": Parameter("str", f"The time of the alarm until now. {_TIME}"),
                "to_time": Parameter("str", f"The time of the alarm from now on. {_TIME}"),
            }
            return [*made, Api("ModifyAlarm", f"This API modifies {noun}.", {"token": TOKEN, **times}, self._move)]
        return [*made, Api(f"Modify{name}", f"This API modifies {noun}.", parameters, self._modify, same)]

    def _add(self, databases: Databases, token: str, **row: Any) -> str:
        return _add(databases, self._table, token, row)

    def _key(self, databases: Databases, token: str, row: Mapping[str, Any]) -> str:
        wanted = {mark: row[mark] for mark in self._marks}
        about = " or at time : ".join(str(value) for value in wanted.values())
        return _find(databases, self._table, token, wanted, f"You have no {self._table.lower()} about {about}")

    def _delete(self, databases: Databases, token: str, **row: Any) -> str:
        del databases[self._table][self._key(databases, token, row)]
        return "success"

    def _query(self, databases: Databases, token: str, **row: Any) -> Any:
        return databases[self._table][self._key(databases, token, row)]

    def _modify(self, databases: Databases, token: str, **row: Any) -> str:
        databases[self._table][self._key(databases, token, row)].update(row)
        return "success"

    def _move(self, databases: Databases, token: str, from_time: str, to_time: str) -> str:
        databases[self._table][self._key(databases, token, {"time": from_time})]["time"] = to_time
        return "success"


_AT = Parameter("str", f"The time. {_TIME}")
_WHERE = Parameter("str", "The location.")
_CONTENT = Parameter("str", "The content.")

APIS = [
    *Entries(
        "Agenda",
        "an item of the agenda of a user",
        {"content": _CONTENT, "time": _AT, "location": _WHERE},
        ("content", "time"),
        alike_in("content", compared=("time", "location")),
    ).apis(),
    *Entries(
        "Reminder",
        "a reminder of a user",
        {"content": _CONTENT, "time": _AT},
        ("content", "time"),
        alike_in("content", ignores_case=True, compared=("time",)),
    ).apis(),
    *Entries(
        "Meeting",
        "a meeting, the reservation of a room included",
        {
            "meeting_topic": Parameter("str", "The topic of the meeting."),
            "start_time": Parameter("str", f"The start. {_TIME}"),
            "end_time": Parameter("str", f"The end. {_TIME}"),
            "location": _WHERE,
            "attendees": Parameter("list(str)", "The names of those who attend."),
        },
        ("meeting_topic", "start_time"),
        alike_in("meeting_topic"),
    ).apis(),
    *Entries("Alarm", "an alarm of a user", {"time": _AT}, ("time",), same_all).apis(),
]
