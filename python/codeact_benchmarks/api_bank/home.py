"""A smart home: scenes, timed switches, music."""

from __future__ import annotations

from typing import Any

from .api import Api, Parameter, Result, require, same_output
from .databases import Databases


def query_scene(databases: Databases, name: str) -> Any:
    require(name, "Scene name cannot be empty.")
    require(name.lower() in databases["Scenes"], "Scene not found.")
    return databases["Scenes"][name.lower()]


def delete_scene(databases: Databases, name: str) -> str:
    require(name, "Scene name cannot be empty.")
    require(name.lower() in databases["Scenes"], "The scene does not exist.")
    del databases["Scenes"][name.lower()]
    return "success"


def timed_switch(databases: Databases, name: str, time: str, on: bool) -> str:
    require(name, "device_id cannot be empty.")
    databases["TimeSwitch"].setdefault(name, []).append({"time": time, "on": on})
    return "success"


def cancel_timed_switch(databases: Databases, name: str, time: str) -> str:
    require(name, "device_id cannot be empty.")
    require(name in databases["TimeSwitch"], "device_id does not exist.")
    switches = databases["TimeSwitch"][name]
    kept = [switch for switch in switches if switch["time"] != time]
    require(len(kept) < len(switches), "time does not exist.")
    databases["TimeSwitch"][name] = kept
    return "success"


def same_but_for_case(mine: Result, truth: Result) -> bool:
    """Equal but for capital letters in the output: the recordings have some that the database lacks."""
    return mine.exception == truth.exception and str(mine.output).lower() == str(truth.output).lower()


def play_music(_databases: Databases, music_name: str) -> str:
    return f"music://{music_name.lower()}"


_TIME = Parameter("str", "The time. Format: %Y-%m-%d %H:%M:%S")
_SCENE = Parameter("str", "The name of the scene.")

APIS = [
    Api("QueryScene", "This API queries the devices of a scene.", {"name": _SCENE}, query_scene, same_but_for_case),
    Api("DeleteScene", "This API deletes a scene.", {"name": _SCENE}, delete_scene),
    Api(
        "TimedSwitch",
        "This API sets a device to be switched on or off at a time.",
        {
            "name": Parameter("str", "The name of the device."),
            "time": _TIME,
            "on": Parameter("bool", "Whether the device is switched on."),
        },
        timed_switch,
    ),
    Api(
        "CancelTimedSwitch",
        "This API cancels the timed switch of a device.",
        {"name": Parameter("str", "The name of the device."), "time": _TIME},
        cancel_timed_switch,
    ),
    Api(
        "PlayMusic",
        "This API plays music.",
        {"music_name": Parameter("str", "The name of the music.")},
        play_music,
        same_output,
    ),
]
