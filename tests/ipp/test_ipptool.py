"""Another's client and our codec: what ipptool sends is read as it was meant, and what is answered it accepts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from drivers.protocols.ipp.values import Attribute, Range, Resolution, Tag, Value, collected, integer, keyword

TESTS = """
{
  NAME "It tells what it is"
  OPERATION Get-Printer-Attributes
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  STATUS successful-ok
  EXPECT printer-state OF-TYPE enum
  EXPECT copies-supported OF-TYPE rangeOfInteger WITH-VALUE 1,99
  EXPECT printer-resolution-default OF-TYPE resolution
  EXPECT media-col-default OF-TYPE collection COUNT 1
  EXPECT media-col-ready OF-TYPE collection COUNT 2
}
{
  NAME "It takes a job with a collection"
  OPERATION Create-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR language attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR name requesting-user-name fulfillment
  ATTR name job-name "Gruesse, Grüße"
  GROUP job-attributes-tag
  ATTR collection media-col {
    MEMBER collection media-size {
      MEMBER integer x-dimension 10500
      MEMBER integer y-dimension 14800
    }
    MEMBER keyword media-source main
  }
  ATTR rangeOfInteger page-ranges 1-2,4-4
  ATTR resolution printer-resolution 300x600dpi
  ATTR keyword sides one-sided
  STATUS successful-ok
  EXPECT job-id OF-TYPE integer COUNT 1
  EXPECT job-state OF-TYPE enum
}
"""


def test_ipptool_and_the_codec_understand_each_other(printer: Any, tmp_path: Path) -> None:
    tool = shutil.which("ipptool")
    if tool is None:
        pytest.skip("not installed: ipptool")
    size = collected("media-size", integer("x-dimension", 21000), integer("y-dimension", 29700))
    media = collected("media-col-default", size, keyword("media-source", "main"))
    for each in (
        media,
        Attribute("media-col-ready", media.values * 2),
        Attribute("copies-supported", (Value(Tag.RANGE, Range(1, 99)),)),
        Attribute("printer-resolution-default", (Value(Tag.RESOLUTION, Resolution(600, 600, 3)),)),
    ):
        printer.printer[each.name] = each
    (tmp_path / "printer.test").write_text(TESTS, encoding="utf-8")
    told = subprocess.run(
        [tool, "-tv", "-T", "10", printer.address, str(tmp_path / "printer.test")],
        capture_output=True,
        text=True,
        env={"LANG": "C.UTF-8", "PATH": "/usr/bin", "HOME": str(tmp_path)},
        timeout=60,
        check=False,
    )
    assert told.returncode == 0 and told.stdout.count("[PASS]") == 2, told.stdout
    (job,) = printer.jobs
    assert job.name == "Gruesse, Grüße"
    sent = {each.name: each for each in job.template}
    media_col = sent["media-col"].collections[0]
    inner = media_col["media-size"].collections[0]
    assert inner["x-dimension"].integers + inner["y-dimension"].integers == (10500, 14800)
    assert media_col["media-source"].texts == ("main",)
    assert [each.data for each in sent["page-ranges"].values] == [Range(1, 2), Range(4, 4)]
    assert sent["printer-resolution"].values[0].data == Resolution(300, 600, 3)
