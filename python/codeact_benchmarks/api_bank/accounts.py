"""Users: tokens, registration, passwords, bank accounts."""

from __future__ import annotations

import random
import string
from typing import Any

from .api import Api, Parameter, require, same_input
from .databases import Databases

VERIFICATION_CODE = 970420

TOKEN = Parameter("str", "The token of the user, from GetUserToken.")


def user_of(databases: Databases, token: str) -> str:
    """Return whose token it is. Raises ApiError for a token of nobody."""
    for user, account in databases["Account"].items():
        if account["token"] == token:
            return user
    require(False, "The token is invalid.")
    raise AssertionError


def get_user_token(databases: Databases, username: str, password: str) -> Any:
    accounts = databases["Account"]
    require(username in accounts, "The username does not exist.")
    require(accounts[username]["password"] == password, "The password is incorrect.")
    return {"token": accounts[username]["token"]}


def register_user(databases: Databases, username: str, password: str, email: str) -> Any:
    accounts = databases["Account"]
    require(username not in accounts, "The username already exists.")
    token = "".join(random.choice(string.ascii_lowercase + string.digits) for _ in range(32))
    accounts[username] = {"password": password, "token": token, "email": email}
    return {"token": token}


def delete_account(databases: Databases, token: str) -> Any:
    del databases["Account"][user_of(databases, token)]
    return {"status": "success"}


def modify_password(databases: Databases, token: str, old_password: str, new_password: str) -> Any:
    account = databases["Account"][user_of(databases, token)]
    require(account["password"] == old_password, "The old password is incorrect.")
    account["password"] = new_password
    return {"status": "success"}


def forgot_password(
    databases: Databases,
    status: str,
    username: str = "",
    email: str = "",
    verification_code: int | None = None,
    new_password: str = "",
) -> Any:
    accounts = databases["Account"]
    if status == "Forgot Password":
        require(username and email, "The username and email are required for the first call.")
        require(username in accounts, "The username does not exist.")
        require(accounts[username]["email"] == email, "The email is incorrect.")
        return VERIFICATION_CODE
    require(status == "Verification Code", "The status is only \"Forgot Password\" or \"Verification Code\".")
    require(
        new_password and verification_code is not None,
        "The new password and verification code are required for the second call.",
    )
    require(verification_code == VERIFICATION_CODE, "The verification code is incorrect.")
    return "success"


def open_bank_account(databases: Databases, account: str, password: str, name: str) -> Any:
    accounts = databases["Bank"]
    accounts[account] = {"password": password, "name": name}
    return "success"


def query_balance(databases: Databases, token: str) -> Any:
    user = user_of(databases, token)
    require(user in databases["Bank"], "The user does not have an account.")
    return databases["Bank"][user]["balance"]


APIS = [
    Api(
        "GetUserToken",
        "This API gets the token of a user by username and password.",
        {
            "username": Parameter("str", "The username of the user."),
            "password": Parameter("str", "The password of the user."),
        },
        get_user_token,
    ),
    Api(
        "RegisterUser",
        "This API registers an account with a username, a password and an email address.",
        {
            "username": Parameter("str", "The username of the user."),
            "password": Parameter("str", "The password of the user."),
            "email": Parameter("str", "The email address of the user."),
        },
        register_user,
        same_input,
    ),
    Api("DeleteAccount", "This API deletes the account of a user.", {"token": TOKEN}, delete_account),
    Api(
        "ModifyPassword",
        "This API changes the password of a user.",
        {
            "token": TOKEN,
            "old_password": Parameter("str", "The password until now."),
            "new_password": Parameter("str", "The password from now on."),
        },
        modify_password,
    ),
    Api(
        "ForgotPassword",
        "This API resets a forgotten password in two calls. The first sends a verification code; the second sets "
        "the new password.",
        {
            "status": Parameter(
                "str", '"Forgot Password" for the first call and "Verification Code" for the second.'
            ),
            "username": Parameter("str", "The username of the user; for the first call.", False),
            "email": Parameter("str", "The email address of the user; for the first call.", False),
            "verification_code": Parameter("int", "The code of the first call; for the second.", False),
            "new_password": Parameter("str", "The password from now on; for the second call.", False),
        },
        forgot_password,
    ),
    Api(
        "OpenBankAccount",
        "This API opens a bank account for a user.",
        {
            "account": Parameter("str", "The account of the user."),
            "password": Parameter("str", "The password of the account."),
            "name": Parameter("str", "The name of the user."),
        },
        open_bank_account,
    ),
    Api("QueryBalance", "This API queries the balance of a user.", {"token": TOKEN}, query_balance),
]
