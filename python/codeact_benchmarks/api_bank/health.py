"""Health records, symptoms and appointments with doctors."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from .api import Api, Parameter, require, same_input, same_output
from .databases import Databases


def query_health_data(databases: Databases, user_id: str, start_time: str, end_time: str) -> Any:
    require(user_id, "The user id cannot be empty.")
    start, end = _time(start_time), _time(end_time)
    require(start <= end, "The start time cannot be later than the end time.")
    require(user_id in databases["HealthData"], "The user id does not exist.")
    return [entry for entry in databases["HealthData"][user_id] if start <= _time(entry["time"]) <= end]


def record_health_data(databases: Databases, user_id: str, time: str, health_data: list[Any]) -> str:
    require(user_id, "The user id cannot be empty.")
    require(isinstance(health_data, list) and health_data, "The health data cannot be empty.")
    names = []
    for item in health_data:
        require(isinstance(item, dict) and {"name", "value"} <= set(item), "The health data has invalid format.")
        names.append(item["name"])
    require(len(set(names)) == len(names), "The health data cannot contain duplicate items.")
    entry = {"time": time, **{item["name"]: item["value"] for item in health_data}}
    databases["HealthData"].setdefault(user_id, []).append(entry)
    return "success"


def _symptom(databases: Databases, symptom: str) -> list[dict[str, str]]:
    require(symptom, "The symptom cannot be empty.")
    found = databases["Symptom"].get(symptom.strip().lower())
    require(found is not None, "The symptom does not exist.")
    return found  # type: ignore[no-any-return]


def symptom_search(databases: Databases, symptom: str) -> Any:
    return [{"name": entry["name"], "description": entry["description"]} for entry in _symptom(databases, symptom)]


def emergency_knowledge(databases: Databases, symptom: str) -> Any:
    return [{"name": entry["name"], "aid": entry["aid"]} for entry in _symptom(databases, symptom)]


def appointment_registration(databases: Databases, patient_name: str, date: str, doctor_name: str) -> str:
    require(patient_name and doctor_name, "Patient name or doctor name cannot be empty.")
    appointments = databases["Appointments"]
    wanted = {"patient_name": patient_name, "date": date, "doctor_name": doctor_name}
    require(wanted not in appointments.values(), "This appointment has already been registered.")
    number = str(random.randint(10_000_000, 99_999_999))
    appointments[number] = wanted
    return number


def cancel_registration(databases: Databases, appointment_id: str) -> str:
    require(appointment_id in databases["Appointments"], "The appointment ID is incorrect.")
    del databases["Appointments"][appointment_id]
    return "success"


def modify_registration(
    databases: Databases, appointment_id: str, new_appointment_date: str, new_appointment_doctor: str
) -> str:
    appointments = databases["Appointments"]
    require(appointment_id in appointments, "The appointment ID does not exist.")
    appointments[appointment_id].update(date=new_appointment_date, doctor_name=new_appointment_doctor)
    return "success"


def query_registration(databases: Databases, patient_name: str, date: str) -> Any:
    found = {
        number: appointment
        for number, appointment in databases["Appointments"].items()
        if appointment["patient_name"] == patient_name and appointment["date"] == date
    }
    require(found, "No appointments found.")
    return found


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


_USER = Parameter("str", "The ID of the user.")
_DATE = "Format: %Y-%m-%d"
_TIME = "Format: %Y-%m-%d %H:%M:%S"
_PATIENT = Parameter("str", "The name of the patient.")

APIS = [
    Api(
        "QueryHealthData",
        "This API queries the health data of a user in a span of time.",
        {
            "user_id": _USER,
            "start_time": Parameter("str", f"The start of the span. {_TIME}"),
            "end_time": Parameter("str", f"The end of the span. {_TIME}"),
        },
        query_health_data,
    ),
    Api(
        "RecordHealthData",
        "This API records the health data of a user.",
        {
            "user_id": _USER,
            "time": Parameter("str", f"The time of the record. {_TIME}"),
            "health_data": Parameter(
                "list", "The data, such as [{'name': 'blood_pressure', 'value': '120/80'}], as a list of dict."
            ),
        },
        record_health_data,
    ),
    Api(
        "SymptomSearch",
        "This API searches the diseases of a symptom.",
        {"symptom": Parameter("str", "The symptom.")},
        symptom_search,
        same_output,
    ),
    Api(
        "EmergencyKnowledge",
        "This API tells the first aid for the diseases of a symptom.",
        {"symptom": Parameter("str", "The symptom.")},
        emergency_knowledge,
        same_output,
    ),
    Api(
        "AppointmentRegistration",
        "This API registers an appointment with a doctor.",
        {
            "patient_name": _PATIENT,
            "date": Parameter("str", f"The date of the appointment. {_DATE}"),
            "doctor_name": Parameter("str", "The name of the doctor."),
        },
        appointment_registration,
        same_input,
    ),
    Api(
        "CancelRegistration",
        "This API cancels the appointment with a given ID.",
        {"appointment_id": Parameter("str", "The ID of the appointment.")},
        cancel_registration,
    ),
    Api(
        "ModifyRegistration",
        "This API modifies the appointment with a given ID.",
        {
            "appointment_id": Parameter("str", "The ID of the appointment."),
            "new_appointment_date": Parameter("str", f"The date from now on. {_DATE}"),
            "new_appointment_doctor": Parameter("str", "The name of the doctor from now on."),
        },
        modify_registration,
    ),
    Api(
        "QueryRegistration",
        "This API queries the appointments of a patient on a date.",
        {"patient_name": _PATIENT, "date": Parameter("str", f"The date. {_DATE}")},
        query_registration,
    ),
]
