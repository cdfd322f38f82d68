#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""unit/unit.c notices what must not pass. unit_selftest.py PROGRAM runs unit_selftest.c, each suite by
itself, and compares; exit status 1 when something else was said."""
import re
import subprocess
import sys

GOOD = ["1..2", "ok 1 - good: passes", "ok 2 - good: is skipped # SKIP there is none"]
BAD = ["1..3", "not ok 1 - bad: C35: asserts nothing", "# no assertion was reached", "not ok 2 - bad: fails",
       "# FILE: false", "not ok 3 - bad: fails and is skipped", "# FILE: false"]


def says(program, suite, status, expected):
    run = subprocess.run([program, suite], capture_output=True, text=True, timeout=60)
    lines = [re.sub(r"^# \S+:\d+:", "# FILE:", line) for line in run.stdout.splitlines() if line]
    if (run.returncode, lines) == (status, expected):
        return True
    print("suite %r: exit status %d, and not %d, or other lines:" % (suite, run.returncode, status))
    print(run.stdout)
    return False


if __name__ == "__main__":
    results = [says(sys.argv[1], "good", 0, GOOD), says(sys.argv[1], "bad", 1, BAD),
               says(sys.argv[1], "no such suite", 1, ["1..0"])]
    sys.exit(not all(results))
