#!/usr/bin/env python3
"""Reads JUnit reports as a CI server does, and prints what it found as a line of JSON.

Needs junitparser.
"""

import json
import sys

from junitparser import JUnitXml, TestSuite

for path in sys.argv[1:]:
    xml = JUnitXml.fromfile(path)
    suites = [xml] if isinstance(xml, TestSuite) else list(xml)
    cases = [
        {
            "suite": suite.name,
            "name": case.name,
            "result": [[type(result).__name__.lower(), result.message] for result in case.result],
        }
        for suite in suites
        for case in suite
    ]
    counts = {name: getattr(xml, name) for name in ("tests", "failures", "errors", "skipped")}
    print(json.dumps({**counts, "cases": cases}))
