"""What the printer says of itself: the attributes that PWG 5100.14 asks for, and their groups."""

from __future__ import annotations

from collections.abc import Iterable

from simulators.ipp import ticket
from simulators.ipp.documents import COMPRESSIONS, FORMATS
from simulators.ipp.media import KNOWN, described, dimensions, size_of
from simulators.ipp.printer import Printer
from simulators.ipp.values import (
    boolean,
    charset,
    collection,
    date,
    enum,
    integer,
    keyword,
    language,
    mime,
    named,
    octets,
    resolution,
    span,
    text,
    uri,
)
from simulators.ipp.wire import Attribute

VERSIONS = ("1.1", "2.0")
WHICH = ("completed", "not-completed", "aborted", "all", "canceled", "pending", "pending-held", "processing")
LONG = "media-col-database"
"""Said only when it is asked for by name."""
MAXIMUM = 2**31 - 1


def template(printer: Printer) -> list[Attribute]:
    """The group job-template, with what lies in the trays."""
    build = printer.build
    ready = [tray for tray in printer.trays if tray.sheets > 0]
    return [
        *ticket.capabilities(printer.trays[0].media, build.colour, build.two_sided),
        keyword("media-ready", *dict.fromkeys(tray.media for tray in ready or printer.trays[:1])),
        collection("media-col-ready", *(described(tray.media, tray.name) for tray in ready or printer.trays[:1])),
    ]


def description(printer: Printer, operations: Iterable[int]) -> list[Attribute]:
    """The group printer-description."""
    return [*_status(printer), *_identity(printer), *_abilities(printer, operations), *_supplies(printer)]


def _status(printer: Printer) -> list[Attribute]:
    clock, changed = printer.clock(), printer.changed
    reasons = printer.reasons
    return [
        enum("printer-state", printer.state),
        keyword("printer-state-reasons", *reasons),
        text("printer-state-message", "ready" if reasons == ["none"] else ", ".join(reasons)),
        boolean("printer-is-accepting-jobs", printer.accepting),
        integer("queued-job-count", len(printer.unfinished)),
        integer("printer-up-time", max(1, int(clock.up))),
        date("printer-current-time", clock.day),
        integer("printer-state-change-time", max(1, int(changed.up))),
        date("printer-state-change-date-time", changed.day),
        integer("printer-config-change-time", 1),
        date("printer-config-change-date-time", clock.day - clock.up + 1),
    ]


def _identity(printer: Printer) -> list[Attribute]:
    name, auth = printer.build.name, printer.settings.text("auth")
    return [
        named("printer-name", name),
        text("printer-info", name),
        text("printer-location", "simulated"),
        text("printer-organization", ""),
        text("printer-organizational-unit", ""),
        text("printer-make-and-model", "Simulated IPP Everywhere printer"),
        text("printer-device-id", "MFG:Simulators;MDL:IPP;CMD:PDF,JPEG,PWGRaster;"),
        uri("printer-geo-location", "geo:50.0,8.0"),
        uri("printer-uuid", printer.build.uuid),
        uri("printer-uri-supported", printer.uri),
        keyword("uri-security-supported", "tls" if printer.uri.startswith("ipps:") else "none"),
        keyword("uri-authentication-supported", {"none": "requesting-user-name"}.get(auth, auth)),
        uri("printer-more-info", f"{printer.web}/"),
        uri("printer-supply-info-uri", f"{printer.web}/"),
        uri("printer-icons", f"{printer.web}/icon.png"),
    ]


def _abilities(printer: Printer, operations: Iterable[int]) -> list[Attribute]:
    minute = max(1, round(60 / max(0.1, printer.settings.number("page")) * (printer.speed or 1)))
    kinds = ("sgray_8", "srgb_8", "black_1", "cmyk_8") if printer.build.colour else ("sgray_8", "black_1")
    return [
        charset("charset-configured", "utf-8"),
        charset("charset-supported", "utf-8"),
        language("natural-language-configured", "en"),
        language("generated-natural-language-supported", "en"),
        keyword("ipp-versions-supported", *VERSIONS),
        keyword("ipp-features-supported", "ipp-everywhere"),
        enum("operations-supported", *operations),
        keyword("compression-supported", *COMPRESSIONS),
        mime("document-format-default", FORMATS[-1]),
        mime("document-format-supported", *FORMATS),
        keyword("identify-actions-default", "display"),
        keyword("identify-actions-supported", "display", "flash"),
        keyword("job-creation-attributes-supported", *ticket.TEMPLATE),
        boolean("job-ids-supported", True),
        span("job-impressions-supported", 0, MAXIMUM),
        span("job-k-octets-supported", 0, 262144),
        span("job-media-sheets-supported", 0, MAXIMUM),
        boolean("multiple-document-jobs-supported", False),
        integer("multiple-operation-time-out", max(1, int(printer.settings.number("time-out")))),
        keyword("multiple-operation-time-out-action", printer.settings.text("time-out-action")),
        keyword("pdl-override-supported", "attempted"),
        boolean("preferred-attributes-supported", False),
        keyword("printer-get-attributes-supported", "document-format"),
        keyword("which-jobs-supported", *WHICH),
        boolean("color-supported", printer.build.colour),
        integer("pages-per-minute", minute),
        *([integer("pages-per-minute-color", minute)] if printer.build.colour else []),
        collection("media-size-supported", *(dimensions(size_of(name) or (0, 0)) for name in KNOWN)),
        resolution("pwg-raster-document-resolution-supported", *ticket.RESOLUTIONS),
        keyword("pwg-raster-document-sheet-back", "normal"),
        keyword("pwg-raster-document-type-supported", *kinds),
        keyword("pdf-versions-supported", "iso-32000-1_2008", "adobe-1.7"),
        integer("jpeg-k-octets-supported", 262144),
    ]


def _supplies(printer: Printer) -> list[Attribute]:
    """Toner and trays (PWG 5100.13, 5.6; PWG 5107.2's words)."""
    level = {"toner-low": 5, "toner-empty": 0}
    full = min((level[condition] for condition in printer.standing if condition in level), default=80)
    toner = f"index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level={full};"
    trays = (
        f"type=sheetFeedAutoRemovableTray;mediafeed={tray.size[1]};mediaxfeed={tray.size[0]};"
        f"maxcapacity=500;level={tray.sheets};status=0;name={tray.name};"
        for tray in printer.trays
    )
    return [
        octets("printer-supply", toner.encode()),
        text("printer-supply-description", "Black toner"),
        octets("printer-input-tray", *(each.encode() for each in trays)),
        octets("printer-output-tray", b"type=unRemovableBin;maxcapacity=500;remaining=-2;status=0;name=face-down;"),
    ]


def database(printer: Printer) -> Attribute:
    """Every paper that it takes."""
    papers = dict.fromkeys([*(tray.media for tray in printer.trays), *KNOWN])
    return collection(LONG, *(described(name) for name in papers))


def asked_for(printer: Printer, wanted: Iterable[str] | None, operations: Iterable[int]) -> list[Attribute]:
    """Of all that there is, what ``wanted`` names: attributes, or groups; None: all. ``operations``: their codes."""
    names = set(wanted) if wanted is not None else {"all"}
    told = description(printer, operations)
    said = [attribute for attribute in told if names & {"all", "printer-description", attribute.name}]
    said += [attribute for attribute in template(printer) if names & {"all", "job-template", attribute.name}]
    return [*said, database(printer)] if LONG in names else said
