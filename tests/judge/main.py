#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A peer that shares no code with the daemon sits in judgement: it does what a good peer never does.

  main.py LAB BUILD [PART-OF-A-NAME]

LAB is up, site B's daemon ended and its address taken over; BUILD has encrypterctl. Prints how many
checks there are, as `1..N`, and `ok NAME` or `not ok NAME` for each. LONG=yes adds those that wait for minutes, TIMES=yes says what each
took."""
import os
import sys

import checks_handshake  # noqa: F401
import checks_data  # noqa: F401
import checks_inner  # noqa: F401
import checks_timers  # noqa: F401
import checks_cookie  # noqa: F401
from court import Court

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    failures = Court(*sys.argv[1:3]).hold("".join(sys.argv[3:4]), os.environ.get("LONG") == "yes")
    sys.stdout.flush()
    os._exit(failures != 0)  # captures still wait for frames
