"""Errors as RFC 9457 problem details: what is wrong, where, and the mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from jobs.store import NotFound, Refused


class Problem(Exception):
    """An answer that is a problem. ``errors``: one entry a field, where there are fields."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.errors, self.headers = status, title, detail, errors, headers


def answer(problem: Problem) -> JSONResponse:
    body: dict[str, Any] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [dict(error) for error in problem.errors]
    headers = dict(problem.headers or {})
    return JSONResponse(body, problem.status, media_type="application/problem+json", headers=headers)


def install(app: FastAPI) -> None:
    """Every error of the application leaves as a problem."""

    @app.exception_handler(Problem)
    async def _problem(_request: Request, problem: Problem) -> JSONResponse:
        return answer(problem)

    @app.exception_handler(NotFound)
    async def _missing(_request: Request, error: NotFound) -> JSONResponse:
        return answer(Problem(404, "Not found", str(error)))

    @app.exception_handler(Refused)
    async def _refused(_request: Request, error: Refused) -> JSONResponse:
        return answer(Problem(409, "Not possible now", str(error)))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [{"field": ".".join(map(str, e["loc"][1:])), "reason": str(e["msg"])} for e in error.errors()[:50]]
        text = "; ".join(f"{e['field']}: {e['reason']}" for e in errors[:3])
        return answer(Problem(422, "The request was not understood", text, errors))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return answer(Problem(error.status_code, str(error.detail), str(error.detail), headers=error.headers))

    @app.exception_handler(Exception)
    async def _defect(_request: Request, _error: Exception) -> JSONResponse:
        """It is logged by the server. The caller learns nothing of our insides."""
        text = (
            "This is a defect of ours: the log of `ful web` says more. Look whether it was done before you ask again."
        )
        return answer(Problem(500, "It went wrong here", text))
