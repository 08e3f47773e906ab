"""config.yaml is edited as a person would: one machine comes or goes, and every other byte stays."""

from __future__ import annotations

import difflib
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.config import ConfigError, check
from fulfillment.config.layout import CannotEdit
from fulfillment.config.writing import rendered, replace, with_machine, without_machine
from fulfillment.positions import Document, read

SHIPPED = Path(__file__).parents[2] / "config.yaml"
NEW: dict[str, Any] = {
    "name": "new-1",
    "driver": "marlin",
    "address": "/dev/serial/by-id/usb-x",
    "processes": ["plot"],
    "envelope": {"x": "220 mm", "y": "220 mm", "z": "60 mm"},
    "limits": {"speed": {"x": "150 mm/s", "y": "150 mm/s", "z": "10 mm/s"}, "acceleration": "1000 mm/s2"},
    "options": {"safe_end": ["M107", "M84"], "baud": 250000},
    "secret": {"file": "key: with a colon"},
}


def data(text: str) -> Any:
    document = read(text, "config.yaml")
    assert isinstance(document, Document), document
    return document.data


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    lines = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def test_a_machine_is_added_to_the_shipped_file_and_nothing_else_changes() -> None:
    before = SHIPPED.read_text()
    after = with_machine(before, NEW)
    gone, came = difference(before, after)
    assert gone == [] and data(after)["machines"][-1] == NEW
    assert [line.strip() for line in came if line.strip()][:3] == [
        "- name: new-1",
        "driver: marlin",
        "address: /dev/serial/by-id/usb-x",
    ]
    assert "    envelope: {x: 220 mm, y: 220 mm, z: 60 mm}\n" in came
    assert without_machine(after, "new-1") == before


@pytest.mark.parametrize("name", ["frosting-1", "frosting-2", "slip-printer"])
def test_each_machine_of_the_shipped_file_can_go(name: str) -> None:
    before = SHIPPED.read_text()
    after = without_machine(before, name)
    left = [machine for machine in data(before)["machines"] if machine["name"] != name]
    assert data(after) == data(before) | {"machines": left}
    assert [line for line in before.splitlines() if line.lstrip().startswith("#")] == [
        line for line in after.splitlines() if line.lstrip().startswith("#")
    ]
    assert "\n\n\n" not in after and "machines:\n\n" not in after


def test_what_others_refer_to_stays_when_its_machine_goes() -> None:
    after = without_machine(SHIPPED.read_text(), "frosting-1")
    users = SHIPPED.read_text().count("*frosting-limits")
    assert after.count("&frosting-limits") == 1 and after.count("*frosting-limits") == users - 1
    assert data(after)["machines"][0]["limits"]["speed"]["x"] == "150 mm/s"


# --- any layout -----------------------------------------------------------------------------------------------------

comment = st.sampled_from(["", "", "# a remark", "#machines:", "# - name: not one", "#\tx"])
word = st.text(alphabet="abcxyz-0", min_size=1, max_size=6).filter(lambda text: not text.startswith("-"))


@st.composite
def written(draw: st.DrawFn) -> str:
    """A file of some machines as people write them: remarks, gaps, brackets, quotes, texts of several lines."""
    dash = draw(st.sampled_from(["", "  ", "    "]))
    gap = draw(st.booleans())
    lines = [draw(comment), "site: {name: x}  # here", "machines:" + draw(st.sampled_from(["", "  # all of them"]))]
    for number in range(draw(st.integers(1, 4))):
        if number and gap:
            lines += [""] * draw(st.integers(1, 2))
        if draw(st.booleans()):
            lines.append(f"{dash}# of machine {number}")
        lines.append(f"{dash}- name: m{number}")
        body = draw(
            st.lists(
                st.sampled_from(
                    [
                        ["driver: marlin   # as such"],
                        ["note: |", "  two", "  lines"],
                        ["note: >-", "  folded", "", "  too"],
                        ["options:", "  deep: [1, 2,", "    3]"],
                        ["quoted: 'it''s # no remark'"],
                        ["  # indented"],
                        [""],
                        ["empty:"],
                        ['args: ["a",', '       "b"]'],
                    ]
                ),
                unique_by=lambda block: block[0].split(":")[0],
            )
        )
        lines += [f"{dash}  {line}".rstrip() for block in body for line in block]
    lines += draw(
        st.sampled_from([[], [""], ["", "# the end"], ["    # deep", "web: {port: 1}"], ["web: {port: 1}", ""]])
    )
    if lines[-1].strip() in ("lines", "too", "# indented"):
        lines.append("")  # a text without its last end of line would get one by what comes behind it: that is refused
    text = "\n".join(lines)
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


@settings(deadline=None)
@given(
    written(),
    st.dictionaries(word, st.one_of(word, st.integers(-(10**9), 10**9), st.booleans(), st.lists(word)), max_size=4),
)
def test_adding_adds_one_and_removing_it_gives_the_same_bytes(text: str, more: dict[str, Any]) -> None:
    machine = {"name": "new-1"} | {f"k{key}": value for key, value in more.items()}
    after = with_machine(text, machine)
    assert data(after) == data(text) | {"machines": [*data(text)["machines"], machine]}
    gone, came = difference(text, after)
    assert len(came) - len(gone) <= len(rendered(machine, "")) + 1
    assert without_machine(after, "new-1") == text


@settings(deadline=None)
@given(written(), st.data())
def test_removing_any_leaves_the_others_and_their_remarks(text: str, choice: Any) -> None:
    names = [machine["name"] for machine in data(text)["machines"]]
    name = choice.draw(st.sampled_from(names))
    if len(names) == 1:
        with pytest.raises(CannotEdit, match="only machine"):
            without_machine(text, name)
        return
    after = without_machine(text, name)
    left = [machine for machine in data(text)["machines"] if machine["name"] != name]
    assert (data(after)["machines"] or []) == left
    number = int(name[1:])
    kept = [line for line in text.splitlines() if line.strip().startswith("# of machine") and str(number) not in line]
    assert [line for line in after.splitlines() if line.strip().startswith("# of machine")] == kept


@pytest.mark.parametrize(
    "empty", ["machines:\n", "machines: []\n", "machines:   # none yet\n", "machines: [ ]  # none yet\n"]
)
def test_the_first_machine(empty: str) -> None:
    text = f"site: {{name: x}}\n{empty}web: {{port: 1}}\n"
    after = with_machine(text, NEW)
    assert data(after) == data(text) | {"machines": [NEW]}
    assert after.count("# none yet") == text.count("# none yet")


@pytest.mark.parametrize(
    "text", ["machines: [{name: a}]\n", "machines: 5\n", "site: x\n", "- a\n", "", "a: [", "machines: {a: {name: b}}\n"]
)
def test_what_cannot_be_edited_says_so_and_what_to_paste(text: str) -> None:
    with pytest.raises(CannotEdit) as refused:
        with_machine(text, NEW)
    assert str(refused.value)


def test_a_text_whose_last_line_has_no_end_would_change() -> None:
    with pytest.raises(CannotEdit, match="paste"):
        with_machine("machines:\n- name: a\n  note: |\n    two\n    lines", NEW)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        without_machine(SHIPPED.read_text(), "nobody")


def test_words_that_look_like_something_else_stay_words() -> None:
    odd = {
        "name": "new-1",
        "driver": "true",
        "address": "1e5",
        "title": "a: b # c",
        "note": "- x",
        "n": "null",
        "o": "12",
    }
    after = with_machine("machines:\n- name: a\n", odd)
    assert data(after)["machines"][1] == odd


# --- putting it in place ----------------------------------------------------------------------------------------------


@pytest.fixture
def factory(tmp_path: Path, tools: Any) -> Path:
    """A file with two machines that has nothing wrong with it."""
    path, text = tmp_path / "config.yaml", tools.config
    for number in (1, 2):
        folder = {
            "name": f"folder-{number}",
            "driver": "hot-folder",
            "address": f"f{number}",
            "processes": ["document"],
        }
        text = with_machine(text, folder | {"options": {"done_when": "written"}})
    path.write_text(text)
    assert check(path) == []
    return path


def test_the_file_is_replaced_whole_and_kept_as_it_was(factory: Path) -> None:
    factory.chmod(0o640)
    before = factory.read_bytes()
    after = without_machine(before.decode(), "folder-2")
    assert replace(factory, before, after) == factory.with_name("config.yaml.before")
    assert factory.read_text() == after and factory.with_name("config.yaml.before").read_bytes() == before
    assert stat.S_IMODE(factory.stat().st_mode) == 0o640
    assert sorted(path.name for path in factory.parent.iterdir()) == ["config.yaml", "config.yaml.before"]


def test_a_link_to_the_file_stays_a_link(factory: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "config.yaml"
    link.parent.mkdir()
    link.symlink_to(factory)
    before = factory.read_bytes()
    replace(link, before, without_machine(before.decode(), "folder-2"))
    assert link.is_symlink() and "folder-2" not in factory.read_text()


def test_what_config_check_refuses_is_not_written(factory: Path) -> None:
    before = factory.read_bytes()
    wrong = with_machine(before.decode(), NEW | {"driver": "marln"})
    with pytest.raises(ConfigError, match="marlin"):
        replace(factory, before, wrong)
    assert factory.read_bytes() == before and [path.name for path in factory.parent.iterdir()] == ["config.yaml"]


def test_a_file_that_was_changed_meanwhile_is_left_alone(factory: Path) -> None:
    before = factory.read_bytes()
    factory.write_bytes(before + b"# somebody was here\n")
    with pytest.raises(CannotEdit, match="meanwhile"):
        replace(factory, before, without_machine(before.decode(), "folder-2"))
    assert factory.read_bytes().endswith(b"was here\n")
