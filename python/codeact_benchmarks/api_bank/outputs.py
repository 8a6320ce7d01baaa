"""What each API returns, as its description tells the model: names and types as in the release."""

from __future__ import annotations

from .api import Parameter

_STATUS = {"status": Parameter("str", "success or failed")}
_TOKEN = {"token": Parameter("str", "The token of the user.")}

_STATUS_APIS = (
    "AddAgenda AddAlarm AddMeeting AddReminder CancelRegistration CancelTimedSwitch DeleteAccount DeleteAgenda "
    "DeleteAlarm DeleteMeeting DeleteReminder DeleteScene ForgotPassword ModifyAgenda ModifyAlarm ModifyMeeting "
    "ModifyPassword ModifyRegistration ModifyReminder OpenBankAccount RecordHealthData SendEmail TimedSwitch"
)

OUTPUTS: dict[str, dict[str, Parameter]] = {
    **dict.fromkeys(_STATUS_APIS.split(), _STATUS),
    "AppointmentRegistration": {"appointment_id": Parameter("str", "The ID of the appointment.")},
    "BookHotel": {"order_id": Parameter("str", "The ID of the order.")},
    "Calculator": {"result": Parameter("float", "The result of the formula.")},
    "Dictionary": {
        "results": Parameter(
            "list",
            'The meanings: [{"partOfSpeech": ..., "definitions": [{"definition": ..., "example": ..., '
            '"synonyms": [...]}, ...]}, ...]',
        )
    },
    "DocumentQA": {"answer": Parameter("str", "The answer to the question.")},
    "EmergencyKnowledge": {
        "results": Parameter("list", 'The diseases: [{"name": of the disease, "aid": first aid}, ...]')
    },
    "GetToday": {"date": Parameter("str", "The current date. Format: %Y-%m-%d")},
    "GetUserToken": _TOKEN,
    "ImageCaption": {"caption": Parameter("str", "The caption.")},
    "PlayMusic": {"status": Parameter("str", "The URL that makes the player play.")},
    "QueryAgenda": {"info": Parameter("json", "The item, with user and time.")},
    "QueryAlarm": {"info": Parameter("json", "The alarm, with user and time.")},
    "QueryBalance": {"balance": Parameter("float", "The balance of the user.")},
    "QueryHealthData": {"health_data": Parameter("list", "The records of the user in the span of time.")},
    "QueryHistoryToday": {"history": Parameter("list", "What happened on the day.")},
    "QueryMeeting": {"meeting_info": Parameter("json", "The meeting.")},
    "QueryRegistration": {
        "appointments": Parameter("list", "The appointments by ID, with patient_name, date and doctor_name.")
    },
    "QueryReminder": {"reminder_info": Parameter("json", "The reminder.")},
    "QueryScene": {"devices": Parameter("list", "The devices, with name and description.")},
    "QueryStock": {"stock_price": Parameter("float", "The price of the stock.")},
    "RegisterUser": _TOKEN,
    "SearchEngine": {"results": Parameter("list", "The results.")},
    "SpeechRecognition": {"transcript": Parameter("str", "What is said.")},
    "SymptomSearch": {
        "results": Parameter("list", 'The diseases: [{"name": of the disease, "description": of it}, ...]')
    },
    "Translate": {"translated_text": Parameter("str", "The translated text.")},
    "Wiki": {"results": Parameter("dict", 'The page: {"url": ..., "summary": ..., "content": ...}')},
}
