"""Files of labels: what may be sent, and where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.protocols.zpl import ZplError, commands, job
from simulators.zpl.firmware import Build, Firmware
from simulators.zpl.stream import Stream


@pytest.mark.parametrize(
    ("data", "offset", "words"),
    [
        (b"", 0, "no ZPL command"),
        (b"hello", 0, "no ZPL command"),
        (b"hello^XA^XZ", 0, "before the first command"),
        (b"^XA^FO1,1", 9, "no end"),
        (b"^XA^XA^XZ", 3, "inside of another"),
        (b"^FO1,1^XA^XZ", 0, "outside of a label"),
        (b"^XA^XZtail", 6, "after a label"),
        (b"^XA~JR^XZ", 3, "at once"),
        (b"^XA^GFB,1,1,1,x^XZ", 3, "deaf"),
        (b"^XA^PQ9999^XZ", 3, "labels would come out"),
        (b"^XA^PQx^XZ", 3, "for a number"),
        (b"^XA^FD caret ^ in text^FS^XZ", 13, "no command"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(data: bytes, offset: int, words: str) -> None:
    with pytest.raises(ZplError, match=words) as refused:
        job(data)
    assert refused.value.offset == offset and refused.value.mend


def test_labels_are_counted() -> None:
    assert job(b"^XA^PQ3^XZ\r\n^XA^FDx^FS^XZ\n").labels == 4
    assert job(b"^XA^PQ3^XZ\r\n^XA^FDx^FS^XZ\n").formats == 2


@example(b"! U1 ")
@given(st.binary(max_size=300))
def test_any_bytes_are_a_job_or_refused(data: bytes) -> None:
    for bytes_ in (data, b"^XA" + data + b"^XZ"):
        try:
            found = job(bytes_)
        except ZplError as error:
            assert 0 <= error.offset <= len(bytes_)
            continue
        # Whatever passes prints as many labels as were counted, and leaves nothing begun behind.
        printer = Firmware(Build(label_time=0))
        printer.receive(found.data)
        assert len(printer.labels) == found.labels and printer.idle and not printer.states


@given(st.lists(st.sampled_from([b"^FO1,1", b"^FDtext^FS", b"^A0N,20,20", b"^GB5,5,5^FS", b"^BCN,9"]), max_size=20))
def test_commands_are_split_as_a_printer_splits_them(parts: list[bytes]) -> None:
    data = b"^XA" + b"".join(parts) + b"^XZ"
    ours = [(one.name, one.data) for one in commands(data)]
    assert ours == [(one.name, one.data) for one in Stream().feed(data)]
