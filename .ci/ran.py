"""Fail unless tests really ran: `ran.py REPORT.xml LEAST`, on a report of `pytest --junitxml`."""

import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main(report: Path, least: int) -> str | None:
    """The reason to fail, if there is one."""
    cases = list(ET.parse(report).getroot().iter("testcase"))  # noqa: S314 - pytest wrote it a moment ago
    skipped = [case for case in cases if case.find("skipped") is not None]
    ran = len(cases) - len(skipped)
    if skipped:
        names = ", ".join(str(case.get("name")) for case in skipped)
        return f"{len(skipped)} of the tests in {report.name} were skipped: {names}"
    return f"only {ran} of the tests in {report.name} ran, {least} is the least" if ran < least else None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
