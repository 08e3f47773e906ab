"""The label printer as a host meets it: a program on a port, one host at a time, with the ways in which it fails."""

from __future__ import annotations

import io
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from simulators.zpl.faults import parse
from simulators.zpl.firmware import Build, Firmware
from simulators.zpl.program import png, record
from tests.conformance.rigs.common import PATIENCE, Simulated

LABEL = b"^XA^FO40,40^A0N,60,60^FDGreta^FS^XZ"


@pytest.fixture
def printers() -> Iterator[Callable[..., Simulated]]:
    running: list[Simulated] = []

    def start(*arguments: str) -> Simulated:
        running.append(Simulated("zpl", "--port", "0", *arguments))
        return running[-1]

    yield start
    for each in running:
        each.close()


def called(printer: Simulated) -> socket.socket:
    host, port = printer.link.removeprefix("tcp:").split(":")
    return socket.create_connection((host, int(port)), PATIENCE)


def answer(host: socket.socket, question: bytes, ends: int) -> bytes:
    host.sendall(question)
    told = b""
    while told.count(b"\x03") < ends:
        part = host.recv(4096)
        assert part, "the printer hung up"
        told += part
    return told


def until(said: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := said()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def seen(firmware: Firmware) -> list[tuple[str, str]]:
    with Image.open(io.BytesIO(png(firmware.labels[-1]))) as picture:
        return sorted((str(one.format), one.text) for one in zxingcpp.read_barcodes(picture.convert("L")))


def drawn(commands: str, **build: Any) -> Firmware:
    made = Firmware(Build(label_time=0, **build))
    made.receive(f"^XA{commands}^XZ".encode())
    return made


def test_a_program_prints_and_tells(printers: Callable[..., Simulated], tmp_path: Path) -> None:
    printer = printers("--speed", "max", "--record", str(tmp_path / "labels"))
    with called(printer) as host:
        assert answer(host, b"~HS", 3).startswith(b"\x02030,0,0,1218,000,0,0,0,000,0,0,0\x03\r\n\x02")
        host.sendall(LABEL + b"^XA^PQ2^FO9,9^GB90,90,9^FS^XZ")
        until(lambda: printer.get("state")["printed"] == 3)
    told = printer.get("record.json")
    assert len(told["twice"]) == 1 and all(label["whole"] for label in told["labels"])
    until(lambda: len(list((tmp_path / "labels").glob("label-*.png"))) == 3)
    with urllib.request.urlopen(f"{printer._side}/labels/1.png", timeout=PATIENCE) as picture:
        assert Image.open(io.BytesIO(picture.read())).size == (812, 1218)


def test_one_host_at_a_time(printers: Callable[..., Simulated]) -> None:
    printer = printers()
    with called(printer) as first:
        answer(first, b"~HS", 3)
        with called(printer) as second:
            assert second.recv(10) == b"", "the second is sent away"
        answer(first, b"~HS", 3)


def test_a_fault_by_the_side_and_a_mistake_in_one(printers: Callable[..., Simulated]) -> None:
    printer = printers("--fault", "paper-out")
    with called(printer) as host:
        host.sendall(LABEL)
        assert b",1,0,1218,001," in answer(host, b"~HS", 3) or b",1,0,1218,000," in answer(host, b"~HS", 3)
        until(lambda: printer.get("state")["formats"] == 1)
        assert printer.get("state")["printed"] == 0
        printer.post("mend")
        until(lambda: printer.get("state")["printed"] == 1)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        printer.post("fault", {"spec": "no-such-fault"})


def test_a_power_cut_tears_the_label_that_moves_and_counts_it_not() -> None:
    printer = Firmware(Build(label_time=2.0))
    printer.receive(LABEL * 2)
    printer.advance(1.0)
    printer.arm(parse("power-cut"))
    assert [label.whole for label in printer.labels] == [False]
    assert printer.idle and printer.odometer == 1000 and printer.hang_up
    printer.disconnected()
    printer.receive(LABEL)
    printer.advance(10.0)
    assert [label.whole for label in printer.labels] == [False, True] and printer.odometer == 1001


@pytest.mark.parametrize(("on_cut", "labels"), [("keep", 0), ("drop", 0), ("print", 1)])
def test_what_becomes_of_half_a_label(on_cut: str, labels: int) -> None:
    printer = Firmware(Build(label_time=0, on_cut=on_cut))
    printer.receive(LABEL[:-10])
    printer.disconnected()
    assert len(printer.labels) == labels
    assert printer.partial is (on_cut == "keep")
    printer.receive(LABEL)
    assert len(printer.labels) == labels + 1


def test_labels_wait_while_something_is_missing_and_come_out_after() -> None:
    for fault in ("paper-out", "ribbon-out", "head-open", "over-temperature", "pause"):
        printer = Firmware(Build(label_time=1.0))
        printer.receive(LABEL)
        printer.arm(parse(fault))
        printer.receive(LABEL)
        printer.advance(10.0)
        assert len(printer.labels) <= 1, fault
        printer.mend()
        printer.advance(10.0)
        printer.advance(12.0)
        assert len(printer.labels) == 2, fault


def test_a_binary_graphic_swallows_the_hosts_questions() -> None:
    """What a host must know of ^GFB: a printer that was cut off in it is deaf until it has its bytes."""
    printer = Firmware(Build(label_time=0))
    printer.receive(b"^XA^FO0,0^GFB,8,8,1,\x01\x02\x03~HS^")
    assert not printer.out
    printer.receive(b"x^FS^XZ~HS")
    assert printer.out and len(printer.labels) == 1


@pytest.mark.parametrize(
    "text", ["00340434161094042557", "ABC-abc 123", "1Z999AA10123456784", "12345", "A1", "9" * 31, "x" * 24]
)
def test_code_128_is_read_back(text: str) -> None:
    for mode in "NA":
        printer = drawn(f"^FO40,60^BY2^BCN,120,Y,N,N,{mode}^FD{text}^FS")
        assert seen(printer) == [("Code 128", text)]


def test_code_128_with_its_subsets_written_out() -> None:
    assert seen(drawn("^FO40,60^BY2^BCN,120,N^FD>;123456>6AB^FS")) == [("Code 128", "123456AB")]
    ((_, text),) = seen(drawn("^FO40,60^BY2^BCN,120,N^FD>;>80034043416109404^FS"))
    assert text.endswith("0034043416109404")


@pytest.mark.parametrize("turn", "NRIB")
def test_codes_are_read_in_every_direction(turn: str) -> None:
    printer = drawn(f"^FO200,200^BY2^BC{turn},100,N^FDTURNED-1^FS")
    assert seen(printer) == [("Code 128", "TURNED-1")]


def test_qr_reversed_boxes_and_what_is_not_drawn() -> None:
    assert seen(drawn("^FO40,60^BQN,2,6^FDQA,https://example.org/x^FS")) == [("QR Code", "https://example.org/x")]
    assert drawn("^FO40,60^B7N,8,5^FDdata^FS").labels[0].notes
    box = drawn("^FO0,0^GB100,100,100^FS^FO0,0^FR^GB50,50,50^FS").labels[0].image
    assert not box.getpixel((25, 25)) and box.getpixel((75, 75))


def test_spoilt_pictures_are_noted_and_left_out() -> None:
    for data in ("A,1,1,0,FF", "Q,8,8,1,FF", "A,8,8,1,:Z64:AAAA:0000", "A,8,x,1,FF", "A"):
        printer = drawn(f"^FO1,1^GF{data}^FS")
        assert printer.labels[0].notes and printer.labels[0].image.getbbox() is None, data


def test_run_lengths_of_the_guide() -> None:
    picture = drawn("^FO0,0^GFA,16,16,4,NF!:,^FS").labels[0].image.crop((0, 0, 32, 4))
    rows = [bytes(picture.crop((0, y, 32, y + 1)).tobytes()).hex() for y in range(4)]
    assert rows == ["ffffffff", "ffffffff", "ffffffff", "00000000"]
    assert json.dumps(record(drawn("^FO1,1^GB9,9,9^FS")))


@pytest.mark.parametrize("spec", ["", "paper", "cut@byte=x", "cut@time=3", "cut:x", "cut@byte=-1"])
def test_a_fault_that_is_none_says_so(spec: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse(spec)
