"""GRBL's words, both ways: what is read of it, and what may be sent to it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import ArtifactFault, OurFault
from drivers.options import checked
from drivers.protocols.grbl import meanings, program, replies, talk
from drivers.protocols.grbl.known import Known
from drivers.protocols.grbl.options import Options
from drivers.protocols.grbl.program import EPILOGUE, PREAMBLE, dwell
from drivers.protocols.grbl.report import INCH, Mode, Report, Sight, report
from drivers.protocols.grbl.states import TABLE, Cue, State, step
from drivers.protocols.grbl.window import Window

OWN = len(PREAMBLE), len(EPILOGUE)


def lines(data: bytes) -> list[bytes]:
    made = program(data)
    return [made.line(index) for index in range(OWN[0], made.total - OWN[1])]


# --- programs -----------------------------------------------------------------------------------------------------


def test_comments_blanks_and_blank_lines_are_not_sent() -> None:
    made = program(b"%\r\n(head; of it)\r\ng1 x1.5 (there) y-2 ; fast\r\n\r\n  G0 X.5Y+3.\n(open\n M5\n%\n")
    assert [made.line(index) for index in range(made.total)] == [
        *PREAMBLE,
        b"G1X1.5Y-2",
        b"G0X.5Y+3.",
        b"M5",
        *EPILOGUE,
    ]
    assert list(made.numbers) == [0, 0, 0, 3, 5, 7, 0, 0]
    assert made.longest == len(b"G17G21G90G94G54")


WORD = st.builds(
    lambda letter, sign, number: f"{letter}{sign}{number}",
    st.sampled_from("FIJKNPRSTXYZ"),
    st.sampled_from(["", "-", "+"]),
    st.sampled_from(["0", "1.", ".5", "12.375", "007"]),
)
LINE = st.tuples(
    st.lists(WORD, min_size=1, max_size=6), st.sampled_from(["", " ", "\t"]), st.sampled_from(["", ";c", "(c)"])
)


@given(st.lists(st.one_of(LINE, st.just(None)), min_size=1, max_size=30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_sent_is_each_line_in_order_with_its_number(
    shape: list[tuple[list[str], str, str] | None], end: str
) -> None:
    text = [gap.join(words) + tail if each else "" for each in shape for words, gap, tail in [each or ([], "", "")]]
    wanted = [("".join(each[0]), number) for number, each in enumerate(shape, 1) if each]
    if not wanted:
        with pytest.raises(ArtifactFault, match="no command"):
            program(end.join(text).encode())
        return
    made = program(end.join(text).encode())
    at = range(OWN[0], made.total - OWN[1])
    assert [(made.line(index).decode(), made.numbers[index]) for index in at] == wanted
    assert made.bounds[0] == 0
    assert made.bounds[made.total] == len(made.text)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"; nothing\n(at all)\n", "no command"),
        (b"", "no command"),
        (b"G1 X1\n$H\n", "line 2 .*owner"),
        (b"$32=1", "owner"),
        (b"G1 X1 ?", "line 1 .*words"),
        (b"G1 X1~", "words"),
        (b"G1\x18X1", "words"),
        (b"G1 X\xc2\x851", "words"),
        (b"/G1 X1", "words"),
        (b"G1 X", "words"),
        (b"G1 X1..2", "words"),
        (b"#1=2", "words"),
        (b"hello", "words"),
        (b"G21\n\n(x)\nG10 L20 P1 X0", r"line 4 \(G10L20P1X0\) writes"),
        (b"G010L2P1X0", "writes"),
        (b"G28.1", "writes"),
        (b"G1X1G30.10", "writes"),
        (b"G55", "G54"),
        (b"G59.1", "G54"),
    ],
)
def test_artifacts_that_no_machine_can_run(data: bytes, why: str) -> None:
    with pytest.raises(ArtifactFault, match=why):
        program(data)


@pytest.mark.parametrize("data", [b"G28", b"G30", b"G54", b"G100", b"G1X10G54", b"G281", b"M30", b"G92X0"])
def test_lines_that_only_look_forbidden(data: bytes) -> None:
    assert lines(data) == [data]


@given(st.binary(max_size=200))
def test_no_byte_that_the_firmware_obeys_gets_through(data: bytes) -> None:
    try:
        made = program(data)
    except ArtifactFault:
        return
    assert not set(made.text) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-\n")


def test_a_dwell_is_known_by_its_seconds() -> None:
    assert dwell(b"G1X1\nG4P2.5\nG04P1\nG40\nG4X1P9..\n") == 2.5
    assert dwell(b"G1X1P5\n") == 0.0


# --- the window ---------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60), min_size=1, max_size=120), st.integers(80, 300), st.randoms(use_true_random=False))
def test_the_buffer_is_filled_and_never_overrun(lengths: list[int], buffer: int, dice: object) -> None:
    made = program(b"\n".join(b"X%0*d" % (length, 1) for length in lengths))
    window = Window(one_by_one=False)
    window.fit(buffer)
    window.load(made)
    wire = b""
    while not window.done:
        wire += window.pump()
        sent, answered = made.bounds[window.sent], made.bounds[window.answered]
        assert len(wire) == sent
        assert sent - answered < buffer
        if window.sent < made.total:  # No room is left over that the next line would fit in.
            assert made.bounds[window.sent + 1] - answered > window.capacity
        assert window.take(dice.randint(1, window.in_flight))  # type: ignore[attr-defined]
    assert wire == made.text
    assert window.pump() == b""
    assert not window.take(1)


def test_one_by_one_sends_one_line_for_each_answer() -> None:
    window = Window(one_by_one=True)
    window.load(program(b"X1\nX2"))
    sent = []
    while not window.done:
        sent.append(window.pump())
        assert window.pump() == b""
        assert window.take(1)
    assert sent == [line + b"\n" for line in (*PREAMBLE, b"X1", b"X2", *EPILOGUE)]


# --- replies ------------------------------------------------------------------------------------------------------


def test_a_report_in_full() -> None:
    seen = report("Hold:1|MPos:1.000,-2.500,3.000|Bf:14,100|Ln:99|FS:500,8000|Pn:XD|WCO:0.5,1,2|Ov:90,100,50|A:SF")
    assert seen == Report(
        Mode.HOLD,
        1,
        machine=(1.0, -2.5, 3.0),
        offset=(0.5, 1.0, 2.0),
        free=(14, 100),
        feed=500.0,
        spindle=8000.0,
        pins="XD",
        overrides=(90, 100, 50),
        accessories="SF",
        line=99,
    )


def test_what_a_report_does_not_carry_has_not_changed() -> None:
    sight = Sight()
    for text in ("Idle|WPos:1,1,1|WCO:10,20,30", "Run|WPos:2,2,2|Ov:90,100,100|A:S", "Run|WPos:3,3,3"):
        sight.hear(report(text) or Report(Mode.ALARM))
    assert sight.machine == (13.0, 23.0, 33.0)
    assert sight.work == (3.0, 3.0, 3.0)
    assert (sight.overrides, sight.accessories) == ((90, 100, 100), "S")
    sight.hear(report("Run|MPos:13,23,33|Ov:100,100,100") or Report(Mode.ALARM))
    assert sight.work == (3.0, 3.0, 3.0)
    assert (sight.overrides, sight.accessories) == ((100, 100, 100), "")


def test_a_position_without_its_offset_is_not_made_up() -> None:
    sight = Sight()
    sight.hear(report("Idle|WPos:1,1,1") or Report(Mode.ALARM))
    assert sight.machine is None
    assert sight.work == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "field", ["MPos:1", "MPos:1,nan,2", "MPos:a", "Bf:1", "Bf:x,y", "FS:1", "Ov:", "Ln:", "WCO:1,2"]
)
def test_a_spoilt_field_is_left_out(field: str) -> None:
    assert report(f"Idle|{field}|Pn:X") == Report(Mode.IDLE, pins="X")


def test_inches_become_mm() -> None:
    sight = Sight(inches=True)
    sight.hear(report("Idle|MPos:1.0000,2.0000,0.0000|WCO:1.0000,0.0000,0.0000") or Report(Mode.ALARM))
    assert sight.machine == (INCH, 2 * INCH, 0.0)
    assert sight.work == (0.0, 2 * INCH, 0.0)


def test_buffers_are_empty_when_the_most_is_free() -> None:
    sight = Sight()
    for text, drained in (("Idle|Bf:15,128", True), ("Run|Bf:15,100", False), ("Run|Bf:3,128", False), ("Idle", True)):
        sight.hear(report(text) or Report(Mode.ALARM))
        assert sight.drained is drained, text


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"ok\r", replies.Ok()),
        (b"error:20\r", replies.Error(20)),
        (b"ALARM:3", replies.Alarm(3)),
        (b"Grbl 1.1h ['$' for help]", replies.Booted("1.1h", hal=False)),
        (b"GrblHAL 1.1f ['$' or '$HELP' for help]", replies.Booted("1.1f", hal=True)),
        (b"$110=6000.000", replies.Setting(110, "6000.000")),
        (b"[VER:1.1h.20190825:]", replies.Version("1.1h.20190825")),
        (b"[OPT:V,15,128]", replies.Build("V", 15, 128)),
        (b"[OPT:VNMSL,35,1024,3,0]", replies.Build("VNMSL", 35, 1024)),
        (b"[MSG:Check Limits]", replies.Message("Check Limits")),
        (b">G54G20:ok", None),
        (b"[echo:G1X0.540Y10.4F100]", None),
        (b"[GC:G0 G54 G17 G21 G90 G94 M5 M9 T0 F0 S0]", None),
        (b"<Idle|MPos:0,0", None),
        (b"<Idel|MPos:0.000,0.000,0.000>", None),
        (b"okk", None),
        (b"start", replies.Stranger("Marlin", "start")),
        (b"echo:Marlin 2.1.2", replies.Stranger("Marlin", "echo:Marlin 2.1.2")),
    ],
)
def test_replies_as_the_firmware_documents_them(line: bytes, reply: replies.Reply | None) -> None:
    assert replies.parse(line) == reply


@given(st.binary(max_size=120))
def test_any_line_at_all_is_read_or_is_chatter(line: bytes) -> None:
    replies.parse(line)
    replies.parse(b"<" + line + b">")


def test_alarms_of_grbl_and_of_grblhal_part_at_ten() -> None:
    assert "second switch" in meanings.alarm(10, hal=False)
    assert "emergency stop" in meanings.alarm(10, hal=True)
    assert meanings.error(999) == "error:999"


@pytest.mark.parametrize("code", [1, 3, 6, 7, 8, 9])
def test_where_the_position_is_lost_the_way_out_is_homing(code: int) -> None:
    assert "$H" in meanings.way_out(code, hal=False, homes=True)
    assert "origin" in meanings.way_out(code, hal=False, homes=False)


def test_a_target_outside_the_travel_keeps_the_position() -> None:
    assert "kept" in meanings.way_out(2, hal=False, homes=True)


# --- the machine that is meant ------------------------------------------------------------------------------------


def known(letters: str = "V", **settings: str) -> Known:
    made = Known()
    made.version, made.letters = "1.1h", letters
    base = {30: "1000", 32: "1", 22: "1", 130: "300.000", 131: "200.000", 132: "40.000"}
    made.settings = base | {int(name[1:]): value for name, value in settings.items()}
    return made


@pytest.mark.parametrize(
    ("settings", "options", "envelope", "why"),
    [
        ({}, {}, (300.0, 200.0, 40.0), None),
        ({"s32": "0"}, {}, None, r"\$32=0.*\$32=1"),
        ({}, {"tool": "spindle"}, None, r"\$32=1.*\$32=0"),
        ({}, {"tool": "pen"}, None, r"\$32=1.*\$32=0"),
        ({"s32": "0"}, {"tool": "pen"}, None, None),
        ({"s30": "255"}, {}, None, r"\$30=255.*1000"),
        ({"s30": "255.0"}, {"s_max": 255.0}, None, None),
        ({}, {}, (301.0, 200.0, 40.0), "300 x 200 x 40 .* 301 x 200 x 40"),
        ({"s22": "0"}, {"home": "before-each"}, None, r"\$22=0"),
    ],
)
def test_a_machine_that_is_not_the_configured_one_is_named(
    settings: dict[str, str], options: dict[str, object], envelope: tuple[float, float, float] | None, why: str | None
) -> None:
    found = known(**settings).misfit(Options(**({"tool": "laser"} | options)), envelope)  # type: ignore[arg-type]
    if why is None:
        assert found is None
    else:
        assert re.search(why, found or ""), found


@pytest.mark.parametrize("told", ["nan", "inf", "-inf", "1e999", "x", ""])
def test_a_setting_that_is_no_number_raises_nothing(told: str) -> None:
    spoilt = known(s22=told, s23=told, s30=told, s13=told, s130=told)
    assert not spoilt.homes
    assert not spoilt.inches
    assert "$30" in (spoilt.misfit(Options(tool="laser"), None) or "")
    assert spoilt.facts(None).envelope is None
    assert spoilt.top == (0.0, 0.0, 0.0)


def test_reports_that_would_be_asked_for_too_often_are_refused() -> None:
    with pytest.raises(OurFault, match="five status reports"):
        checked(Options, {"tool": "laser", "report": 0.1}, "laser-1")
    with pytest.raises(OurFault, match="tool"):
        checked(Options, {}, "laser-1")
    with pytest.raises(OurFault, match="tool"):
        checked(Options, {"tool": "hammer"}, "laser-1")


def test_an_old_firmware_is_refused() -> None:
    old = known()
    old.version = "0.9j"
    assert "1.1 or later" in (old.misfit(Options(tool="laser"), None) or "")


def test_the_top_of_the_axes() -> None:
    assert known().top == (0.0, 0.0, 0.0)
    assert known(letters="VZ", s23="1").top == (300.0, 0.0, 0.0)


def test_facts_in_house_units() -> None:
    facts = known(s110="6000", s111="6000", s112="600", s120="500", s121="500", s122="50").facts((1.0, 2.0, 3.0))
    assert facts.speeds == (100.0, 100.0, 10.0)
    assert facts.accelerations == (500.0, 500.0, 50.0)
    assert facts.envelope == (300.0, 200.0, 40.0)
    assert facts.capabilities["$32"] == "1"


# --- technicians --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["$C", "$slp", "$RST=*", "G1 X1!", "~", "G1?", "é", "", "a\nb", "x" * 300])
def test_lines_that_no_console_sends(line: str) -> None:
    with pytest.raises(OurFault):
        talk.spoken(line)


def test_lines_that_a_console_sends() -> None:
    assert talk.spoken(" g10 l20 p1 x0 ") == b"G10 L20 P1 X0"
    assert talk.spoken("?") == b"?"
    assert talk.spoken("$I=Lasse") == b"$I=Lasse"
    assert [talk.asks(line) for line in ("$$", "$#", "?", "$32=1", "$H", "G1 X1", "$I=x")] == [True] * 3 + [False] * 4


def test_jogs_are_relative_there_and_back_and_frames_go_round_with_the_tool_off() -> None:
    assert talk.nudge(2, up=True) == (b"M5S0", b"$J=G91G21Z1F300", b"$J=G91G21Z-1F300")
    assert talk.nudge(0, up=False) == (b"M5S0", b"$J=G91G21X-1F300", b"$J=G91G21X1F300")
    assert talk.frame((1, 2, 3, 4), 50) == (
        b"M5S0",
        b"$J=G90G21X1.000Y2.000F3000",
        b"$J=G90G21X3.000Y2.000F3000",
        b"$J=G90G21X3.000Y4.000F3000",
        b"$J=G90G21X1.000Y4.000F3000",
        b"$J=G90G21X1.000Y2.000F3000",
    )


def test_an_axis_at_its_switch_goes_down_first() -> None:
    assert not talk.room_above(2, (0, 0, -1.0), (0, 0, 0), 1.0)
    assert talk.room_above(2, (0, 0, -10.0), (0, 0, 0), 1.0)
    assert talk.room_above(2, None, (0, 0, 0), 1.0)


# --- states -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("cue", Cue)
def test_the_table_refuses_what_it_does_not_list(state: State, cue: Cue) -> None:
    if cue in TABLE[state]:
        assert step(state, cue) is TABLE[state][cue]
    else:
        with pytest.raises(OurFault, match="nothing was sent"):
            step(state, cue)
