"""Things to know: calculator, calendar day, history, search, language, pictures, speech, mail."""

from __future__ import annotations

import ast
import operator
import re
from typing import Any, Callable

from .api import Api, ApiError, Parameter, Result, require, same_all, same_output
from .databases import Databases

TODAY = "2023-03-31"

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def calculator(_databases: Databases, formula: str) -> float:
    try:
        return float(_value(ast.parse(formula.replace(" ", ""), mode="eval").body))
    except (SyntaxError, ValueError, ZeroDivisionError):
        raise ApiError("invalid formula") from None


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    raise ValueError(ast.dump(node))


def same_formula(mine: Result, truth: Result) -> bool:
    """Equal once spaces are removed from the formula."""
    return same_all(_without_spaces(mine), _without_spaces(truth))


def _without_spaces(result: Result) -> Result:
    formula = str((result.input or {}).get("formula", "")).replace(" ", "")
    return Result(result.api_name, {"formula": formula}, result.output, result.exception)


def get_today(_databases: Databases) -> str:
    return TODAY


def query_history_today(databases: Databases, date: str) -> Any:
    day = re.sub(r"^\d{4}-", "", date.strip())
    events = databases["History"].get(day)
    require(events is not None, "The date is not in the database.")
    return [
        f"Title: {event['Title']}, Date: {event['Date']}, Description: {event['Description']}" for event in events
    ]


def same_day(mine: Result, truth: Result) -> bool:
    """Equal when the output is; a year before the day changes nothing."""
    return same_output(mine, truth)


def document_qa(_databases: Databases, url: str, question: str) -> str:
    # So in every recording, although the database has the questions: the original does not find them.
    return "The question is too difficult to answer."


def image_caption(databases: Databases, url: str) -> str:
    for entry in databases["ImageCaptioning"]:
        if entry["url"] == url:
            return str(entry["caption"]).strip()
    raise ApiError("The image is not in the database.")


def speech_recognition(databases: Databases, url: str) -> str:
    require(url in databases["SpeechRecognition"], "The voice is not in the database.")
    return str(databases["SpeechRecognition"][url])


def send_email(_databases: Databases, receiver: str, subject: str, content: str) -> str:
    require(re.match(r"[^@\s]+@[^@\s]+\.[^@\s]+$", receiver), "The receiver is no email address.")
    return "success"


def wiki(databases: Databases, keyword: str) -> Any:
    try:
        return _recorded(databases, "Wiki", keyword=keyword)
    except ApiError:
        require(keyword.lower() in databases["Wiki"], "There is no such page.")
        return databases["Wiki"][keyword.lower()]


def dictionary(databases: Databases, keyword: str) -> Any:
    return _recorded(databases, "Dictionary", keyword=keyword)


def translate(databases: Databases, src: str, tgt_lang: str, src_lang: str = "auto") -> Any:
    return _recorded(databases, "Translate", src=src, tgt_lang=tgt_lang)


def search_engine(databases: Databases, keyword: str) -> Any:
    return _recorded(databases, "SearchEngine", keyword=keyword)


def _recorded(databases: Databases, name: str, **arguments: Any) -> Any:
    from .bank import recorded_output

    return recorded_output(databases, name, **arguments)


_KEYWORD = Parameter("str", "The word or words to look up.")
_URL = Parameter("str", "The URL of the file.")

APIS = [
    Api(
        "Calculator",
        "This API calculates with numbers, + - * / and brackets.",
        {"formula": Parameter("str", "The formula, such as (5+6)*3.")},
        calculator,
        same_formula,
    ),
    Api("GetToday", "This API gets the current date.", {}, get_today, same_output),
    Api(
        "QueryHistoryToday",
        "This API queries what happened on a day of the year.",
        {"date": Parameter("str", "The day. Format: %m-%d")},
        query_history_today,
        same_day,
    ),
    Api("Dictionary", "This API looks a word up.", {"keyword": _KEYWORD}, dictionary, same_output),
    Api("Wiki", "This API looks keywords up in Wikipedia.", {"keyword": _KEYWORD}, wiki, same_output),
    Api("SearchEngine", "This API searches the web.", {"keyword": _KEYWORD}, search_engine),
    Api(
        "Translate",
        "This API translates a text into another language.",
        {
            "src": Parameter("str", "The text."),
            "src_lang": Parameter("str", "The language of the text. Default: auto.", False),
            "tgt_lang": Parameter("str", "The language to translate into, such as fr."),
        },
        translate,
    ),
    Api(
        "DocumentQA",
        "This API answers a question about a document.",
        {"url": _URL, "question": Parameter("str", "The question.")},
        document_qa,
    ),
    Api("ImageCaption", "This API describes a picture.", {"url": _URL}, image_caption),
    Api("SpeechRecognition", "This API recognizes speech.", {"url": _URL}, speech_recognition),
    Api(
        "SendEmail",
        "This API sends an email.",
        {
            "receiver": Parameter("str", "The email address of the receiver."),
            "subject": Parameter("str", "The subject."),
            "content": Parameter("str", "The content."),
        },
        send_email,
    ),
]
