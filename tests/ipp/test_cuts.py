"""Documents over a wire that is cut, to the simulated printer; the record of the wire that cuts can be trusted, too."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cuts.runs import Campaign, Printed, Result, document
from benchmarks.ipp_cuts import TICKET, campaign, pages
from drivers.contract import Seen

RUNS = 100


def test_whatever_is_cut_and_whoever_is_killed_nothing_is_printed_twice_or_lost(tmp_path: Path) -> None:
    result = campaign("simulated", RUNS, 3, tmp_path)
    assert (result.twice, result.lost) == ([], [])
    assert result.runs == RUNS == sum(result.ends.values())
    assert result.struck.total() > RUNS // 2 and result.killed > RUNS // 10
    assert set(result.ends) <= {"made", "unknown"} and result.ends["made"] > RUNS // 3


def test_a_record_with_two_copies_or_none_is_told(tmp_path: Path) -> None:
    class Forged:
        port, path = 9, "/"

        def printed(self) -> list[Printed]:
            return [Printed("j-1-a1", True), Printed("j-1-a2", True), Printed("j-2-a1", False), Printed("j-4-a1", True)]

    judge = Campaign(Forged(), tmp_path, document(tmp_path, pages(1, 1), "application/pdf", TICKET), "j")
    judge.close()
    result = Result()
    judge._judge(result, {"j-1": Seen.MADE, "j-2": Seen.MADE, "j-3": Seen.ABSENT, "j-4": Seen.UNKNOWN})
    assert result.twice == ["j-1"] and [each.split(":")[0] for each in result.lost] == ["j-2", "j-2", "j-3"]
    assert result.halves == 1
