"""Texts that GRBL prints of itself (report.c)."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.grbl import settings

HELP = "[HLP:$$ $# $G $I $N $x=val $Nx=line $J=line $SLP $C $X $H ~ ! ? ctrl-x]\r\n"
BANNERS: Mapping[str, str] = {
    "grbl": "\r\nGrbl 1.1h ['$' for help]\r\n",
    "grblhal": "\r\nGrblHAL 1.1f ['$' or '$HELP' for help]\r\n",
}


def message(text: str) -> str:
    return f"[MSG:{text}]\r\n"


def build(flavour: str, info: str, blocks: int, buffer: int, options: str) -> str:
    """The answer to $I. ``blocks``: those that can be used."""
    if flavour == "grblhal":
        return (
            f"[VER:1.1f.20240330:{info}]\r\n[OPT:{options},{blocks},{buffer},3,0]\r\n"
            "[AXS:3:XYZ]\r\n[NEWOPT:ENUMS,RT-,LASER]\r\n[FIRMWARE:grblHAL]\r\n[DRIVER:Simulated]\r\n"
        )
    return f"[VER:1.1h.20190830:{info}]\r\n[OPT:{options},{blocks},{buffer}]\r\n"


def listing(values: Mapping[int, float]) -> str:
    """The answer to $$."""
    return "".join(f"{settings.text(number, values[number])}\r\n" for number in settings.SETTINGS)


def point(values: tuple[float, ...], inches: bool) -> str:
    return ",".join(f"{value / 25.4:.4f}" if inches else f"{value:.3f}" for value in values)


def rate(value: float, inches: bool) -> str:
    """mm/min."""
    return f"{value / 25.4:.1f}" if inches else f"{value:.0f}"
