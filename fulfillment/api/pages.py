"""The dashboard's pages, their fragments, and the buttons of a page without its module.

A page is rendered whole; the module then asks for `/fragments/<page>` (the same body, alone) when something happened.
Every button is a form that posts to `/act/...`; with the module the same form posts to `/v1/...` and says how it went.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError

from fulfillment.api import batches, floor, guard, labels, notes, orders, papers, upkeep
from fulfillment.api.guard import COOKIE, Operator, Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.lists.asking import Asked
from fulfillment.shop import Shop
from fulfillment.web import batches as jigs
from fulfillment.web import papers as paper_pages
from fulfillment.web import sight
from fulfillment.web.programs import looked_at
from fulfillment.web.render import page
from jobs import views
from jobs.store import NotFound, Refused

THEMES = ("light", "dark")
MONTH = 30 * 24 * 3600
MAX_FORM = 64 * 1024
"""Bytes of a form without files."""


class PageRoute(APIRoute):
    """A route whose problems are pages for people, and which asks who you are where that is not known."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except NotFound as error:
                return _problem(request, Problem(404, "Not found", str(error)))
            except Refused as error:
                return _problem(request, Problem(409, "Not possible now", str(error)))
            except RequestValidationError as error:
                text = "; ".join(f"{e['loc'][-1]}: {e['msg']}" for e in error.errors()[:3])
                return _problem(request, Problem(422, "Not understood", text))
            except Problem as problem:
                if problem.status == 401 and not request.url.path.startswith("/fragments/"):
                    there = "/" if request.method != "GET" else quote(str(request.url.replace(scheme="", netloc="")))
                    return RedirectResponse(f"/login?next={there}", 303)
                return _problem(request, problem)

        return handle


router = APIRouter(include_in_schema=False, route_class=PageRoute, default_response_class=HTMLResponse)


# --- pages and their fragments ------------------------------------------------------------------------------------


def _show(request: Request, shop: Shop, template: str, path: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page, or its body alone where a fragment of it was asked for. ``path``: the page's own, with its query."""
    alone = request.url.path.startswith("/fragments/")
    with shop.store.read() as connection:
        last = views.last_event(connection)
    theme = request.cookies.get("theme")
    site = shop.factory.config.site
    text = page(
        f"parts/{template}" if alone else template,
        site.zone,
        shop.store.now(),
        site=site,
        last_event=last,
        theme=theme if theme in THEMES else None,
        keys=shop.factory.config.web.keys_required,
        fragment=f"/fragments{path}",
        **values,
    )
    return HTMLResponse(text, status)


def _problem(request: Request, problem: Problem) -> HTMLResponse:
    return _show(request, request.app.state.shop, "problem.html", "", problem.status, problem=problem)


@router.get("/")
@router.get("/fragments/")
def get_floor(request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    """The floor; with ``?wall`` to be read from afar, without buttons."""
    wall = "wall" in request.query_params
    values = sight.floor(shop, floor.machine_views(shop)) | {"gathering": jigs.gathering(shop)}
    return _show(request, shop, "wall.html" if wall else "floor.html", "/?wall" if wall else "/", **values)


@router.get("/orders")
@router.get("/fragments/orders")
def get_orders(
    request: Request, shop: TheShop, _who: Reader, state: str | None = None, before: float | None = None
) -> HTMLResponse:
    """Orders, newest first."""
    state = state if state in ("open", "done", "cancelled") else None
    with shop.store.read() as connection:
        found = views.orders(connection, state=state, most=51, before=before)
    query = "&".join(f"{key}={value}" for key, value in (("state", state), ("before", before)) if value)
    values: dict[str, Any] = {"orders": found[:50], "more": len(found) > 50, "titles": sight.titles(shop)}
    return _show(request, shop, "orders.html", f"/orders?{query}".rstrip("?"), state=state, **values)


@router.get("/orders/{order_id}")
@router.get("/fragments/orders/{order_id}")
def get_order(order_id: str, request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    values = sight.order(shop, order_id)
    values |= paper_pages.of_order(shop, values["order"])
    values["labelled"] = labels.get_label(order_id, shop, "")["pieces"]
    return _show(request, shop, "order.html", f"/orders/{order_id}", **values)


@router.get("/units/{unit_id}")
@router.get("/fragments/units/{unit_id}")
def get_unit(unit_id: str, request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    values = sight.unit(shop, unit_id)
    values |= paper_pages.of_unit(shop, values["unit"])
    programs = looked_at(values["unit"]["steps"]) if not values["unit"]["forgotten"] else []
    return _show(request, shop, "unit.html", f"/units/{unit_id}", programs=programs, **values)


@router.get("/machines/{name}")
@router.get("/fragments/machines/{name}")
def get_machine(name: str, request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    found = sight.machine(shop, floor.machine_views(shop), name)
    return _show(request, shop, "machine.html", f"/machines/{name}", **found)


@router.get("/batches/{job_id}")
@router.get("/fragments/batches/{job_id}")
def get_batch(job_id: str, request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    values = jigs.batch(shop, job_id)
    batch = values["batch"]
    shown = batch["operation"] is not None and not values["forgotten"]  # one that was given up has no pieces
    programs = looked_at([{"title": batch["operation"].capitalize(), "jobs": [batch]}]) if shown else []
    return _show(request, shop, "batch.html", f"/batches/{job_id}", programs=programs, **values)


@router.get("/papers")
@router.get("/fragments/papers")
def get_papers(request: Request, shop: TheShop, _who: Reader) -> HTMLResponse:
    """Every paper with its preview."""
    return _show(request, shop, "papers.html", "/papers", **paper_pages.papers(shop))


@router.get("/papers/{name}")
@router.get("/fragments/papers/{name}")
def get_paper(
    name: str,
    request: Request,
    shop: TheShop,
    _who: Reader,
    about: papers.Code = "",
    example: bool = False,
    language: papers.Short = "",
    size: papers.Short = "",
) -> HTMLResponse:
    """One paper: its picture, and what can be chosen for it."""
    values = paper_pages.paper(shop, Asked(name, about, example, language, size))
    return _show(request, shop, "paper.html", values["query"]["page"], **values)


@router.get("/find", response_model=None)
def get_found(shop: TheShop, _who: Reader, code: str = "") -> Response:
    """Go to what was scanned or typed."""
    path = sight.find(shop, code)
    if path is not None:
        return RedirectResponse(path, 303)
    text = f"Nothing here is called {code.strip()[:80]!r}." if code.strip() else "No code was given."
    kinds = "a unit (U-...), an order (O-... or the shop's own number), a job or a machine"
    raise NotFound(f"{text} Scan a packing slip, or type {kinds}.")


# --- signing in ---------------------------------------------------------------------------------------------------


@router.get("/login", response_model=None)
def get_login(request: Request, shop: TheShop) -> Response:
    if not shop.factory.config.web.keys_required:
        return RedirectResponse("/", 303)
    return _show(request, shop, "login.html", "", next=_local(request.query_params.get("next", "")), wrong=False)


@router.post("/login", response_model=None)
async def post_login(request: Request, shop: TheShop) -> Response:
    """Keep the key in a cookie that no script can read and no other site can use."""
    form = await _form(request)
    key, there = form.get("key", [""])[0].strip(), _local(form.get("next", [""])[0])
    if await run_in_threadpool(guard.owner_of, shop.store, key) is None:
        return await run_in_threadpool(_show, request, shop, "login.html", "", 401, next=there, wrong=True)
    answer = RedirectResponse(there, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, key, max_age=MONTH, path="/", httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout", response_model=None)
def post_logout() -> Response:
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


def _local(path: str) -> str:
    """The path where it is one of ours, and never another site."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


# --- buttons without the module -----------------------------------------------------------------------------------

Form = Mapping[str, list[str]]
Act = Callable[[Shop, str, Mapping[str, Any], Form], object]
Body = TypeVar("Body", bound=BaseModel)


def _correction(form: Form) -> orders.Correction:
    """The correction that a form without files says: its photos are kept."""
    given: dict[str, dict[str, str]] = {"fields": {}, "options": {}}
    for name, values in form.items():
        part, _, key = name.partition(".")
        if part in given and values[0]:
            given[part][key] = values[0]
    return orders.Correction(**given, keep=form.get("keep", []))


def _said(body: type[Body], form: Form) -> Body:
    """What a form of one line each says. Raises ValidationError."""
    return body.model_validate({name: values[0] for name, values in form.items() if values[0]})


ACTS: Mapping[str, Act] = {
    "/machines/{name}/bed/clear": lambda shop, who, at, _: floor.clear(at["name"], shop, who),
    "/machines/{name}/bed/dirty": lambda shop, who, at, _: floor.dirty(at["name"], shop, who),
    "/machines/{name}/stop": lambda shop, who, at, _: floor.stop(at["name"], shop, who),
    "/stop": lambda shop, who, _at, _: floor.stop_all(shop, who),
    "/machines/{name}/connect": lambda shop, who, at, _: floor.connect(at["name"], shop, who),
    "/machines/{name}/drain": lambda shop, who, at, form: upkeep.drain(at["name"], _said(upkeep.Why, form), shop, who),
    "/machines/{name}/out-of-service": lambda shop, who, at, form: upkeep.out_of_service(
        at["name"], _said(upkeep.Why, form), shop, who
    ),
    "/machines/{name}/in-service": lambda shop, who, at, _: upkeep.in_service(at["name"], shop, who),
    "/machines/{name}/load": lambda shop, who, at, form: upkeep.load(
        at["name"], _said(upkeep.Loading, form), shop, who
    ),
    "/machines/{name}/cleaned": lambda shop, who, at, form: upkeep.cleaned(
        at["name"], _said(upkeep.How, form), shop, who
    ),
    "/machines/{name}/maintained": lambda shop, who, at, form: upkeep.maintained(
        at["name"], _said(upkeep.Done, form), shop, who
    ),
    "/machines/{name}/undo": lambda shop, who, at, form: upkeep.undo(at["name"], _said(upkeep.How, form), shop, who),
    "/attempts/{attempt}/pause": lambda shop, who, at, _: floor.ask(at["attempt"], "pause", shop, who),
    "/attempts/{attempt}/resume": lambda shop, who, at, _: floor.ask(at["attempt"], "resume", shop, who),
    "/attempts/{attempt}/cancel": lambda shop, who, at, _: floor.ask(at["attempt"], "cancel", shop, who),
    "/jobs/{job_id}/decide": lambda shop, who, at, form: floor.decide(
        at["job_id"], floor.Verdict.model_validate({"verdict": form.get("verdict", [""])[0]}), shop, who
    ),
    "/jobs/{job_id}/scrap": lambda shop, who, at, _: batches.scrap(at["job_id"], shop, who),
    "/jobs/{job_id}/keep": lambda shop, who, at, _: batches.keep(at["job_id"], shop, who),
    "/batches": lambda shop, who, _at, form: batches.post_batch(_said(batches.Begin, form), shop, who),
    "/units/{unit_id}/release": lambda shop, who, at, _: orders.release(at["unit_id"], shop, who),
    "/units/{unit_id}/cancel": lambda shop, who, at, _: orders.cancel(at["unit_id"], shop, who),
    "/units/{unit_id}/correct": lambda shop, who, at, form: orders.correct(at["unit_id"], _correction(form), shop, who),
    "/units/{unit_id}/operations/{name}/done": lambda shop, who, at, form: orders.done(
        at["unit_id"], at["name"], shop, who, _said(orders.Done, form)
    ),
    "/orders/{order_id}/note": lambda shop, who, at, form: notes.post_note(
        at["order_id"], _said(notes.Note, form), shop, who
    ),
    "/orders/{order_id}/note/undo": lambda shop, who, at, _: notes.undo(at["order_id"], shop, who),
}
"""What a form may ask for: the path is that of the API, behind `/act` instead of `/v1`."""


def _add(path: str, act: Act) -> None:
    async def endpoint(request: Request, shop: TheShop, who: Operator) -> Response:
        form = await _form(request)
        try:
            await run_in_threadpool(act, shop, who, request.path_params, form)
        except ValidationError as error:
            raise Problem(422, "Not understood", "; ".join(e["msg"] for e in error.errors()[:3])) from None
        return RedirectResponse(_local(urlsplit(request.headers.get("referer", "")).path), 303)

    router.add_api_route(f"/act{path}", endpoint, methods=["POST"], response_model=None)


for _path, _act in ACTS.items():
    _add(_path, _act)


async def _form(request: Request) -> Form:
    """A small form's values. Raises Problem."""
    body = await request.body()
    if len(body) > MAX_FORM:
        raise Problem(413, "Too large", f"A form may have {MAX_FORM // 1024} kB.")
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise Problem(422, "Not understood", "The form is no UTF-8, or has too many fields.") from None
