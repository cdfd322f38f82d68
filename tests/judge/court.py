# SPDX-License-Identifier: BSD-3-Clause
"""How checks are run and what they may ask. A check is a function with @check("A13: …"); it fails by an
exception. Slow checks begin in the background at the start and are asked for their result at the
end."""
import os
import threading
import time
import traceback

from peer import Peer
from protocol import DATA, INITIATION, Keys
from world import World, await_true

FIRST_NUMBER = 20  # of the peers that checks make for themselves
HONEST = bytes([10, 0, 2, 10])  # its inner address
KEEPALIVE_LENGTH = 32
checks = []


def check(name, long=False):
    def register(function):
        checks.append((name, function, False, long))
        return function
    return register


def slow(name, long=False):
    """The function is called with a peer of its own, in a thread of its own."""
    def register(function):
        checks.append((name, function, True, long))
        return function
    return register


class Failed(Exception):
    pass


def require(holds, *what):
    if not holds:
        raise Failed(" ".join(str(word) for word in what))


class Turn:
    """A lock that is handed on in the order in which it was asked for, and that its holder may take
    again: whoever sends what is counted, or must not be disturbed, has the turn."""

    def __init__(self):
        self.changed = threading.Condition()
        self.queue, self.depth = [], 0

    def __enter__(self):
        me = threading.get_ident()
        with self.changed:
            if me not in self.queue:
                self.queue.append(me)
            self.changed.wait_for(lambda: self.queue[0] == me)
            self.depth += 1

    def __exit__(self, *_):
        with self.changed:
            self.depth -= 1
            if self.depth == 0:
                self.queue.pop(0)
                self.changed.notify_all()


class Court:
    def __init__(self, lab, build):
        self.world = World(lab, build)
        self.site = Keys(self.world.key("siteA"))
        self.numbers = iter(range(FIRST_NUMBER, 250))
        self.lock = threading.Lock()
        self.turn = Turn()
        self.indices = []  # every sender index that site A chose
        self.left = set()  # endpoints of peers whose check is over
        # honest has a session that lasts through all checks; herald makes a handshake whenever asked
        self.honest = Peer(self.world, 2, self.site.public, Keys(self.world.key("siteB")), port=51820)
        self.honest.initiate()
        self.honest.confirm().echo()
        self.herald = self.peer()

    def peer(self, *words, **options):
        """A new peer that site A knows."""
        endpoint = options.pop("endpoint", True)
        with self.lock:
            peer = Peer(self.world, next(self.numbers), self.site.public, **options)
            return peer.register(*words, endpoint=endpoint)

    def up(self, *words, **options):
        """A new peer with a confirmed session."""
        peer = self.peer(*words, **options)
        peer.initiate()
        peer.confirm().echo()
        return peer

    # ---- what a message did ----

    def settle(self):
        """All that was sent before has been looked at: control took a later handshake, crypt a later
        ping, and both were good."""
        session = self.herald.initiate()
        self.indices.append(session.remote)
        self.catch_up()

    def catch_up(self):
        """A ping, and the captures' threads have seen it, and so all that came before."""
        black, red = self.world.black.mark(), self.world.red.mark()
        self.honest.echo()
        require(await_true(2, lambda: any(d[2] == self.honest.at for d in self.world.black.since(black))
                           and any(p[12:16] == HONEST for _, p in self.world.red.since(red))),
                "no capture")

    def is_ours(self, datagram):
        """Traffic that settle() or a slow check makes, or a timer for a peer that was left alone."""
        _, _, to, payload, _ = datagram
        return to in self.world.quiet or to == self.herald.at or \
            (to == self.honest.at and payload[0] == DATA) or \
            (to in self.left and (payload[0] == INITIATION or len(payload) == KEEPALIVE_LENGTH))

    def leave(self):
        """A check is over: what its peers were sent last, nobody answers, so they hear from timers."""
        for line in self.world.wg("show", "endpoints").splitlines():
            address, _, port = line.split("\t")[1].rpartition(":")
            if port.isdigit() and (address, int(port)) != self.honest.at:
                self.left.add((address, int(port)))

    def observe(self, act):
        """Runs act, lets it settle: (counters that changed, datagrams that site A sent meanwhile)."""
        with self.turn:
            self.catch_up()
            before = self.world.counters()
            mark = self.world.black.mark()
            act()
            self.settle()
            after = self.world.counters()
        # The host of a peer that is gone answers timers with ICMP: no message of ours can be the reason.
        before["black drop_protocol"] = after["black drop_protocol"]
        changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
        sent = [d for d in self.world.black.since(mark) if not self.is_ours(d)]
        return changed, sent

    def refused(self, act, **drops):
        """act sends what site A must drop: exactly those counters of black, crypt and control move, by
        those numbers (black_drop_size=3), nothing is sent, and good traffic passes."""
        changed, sent = self.observe(act)
        dropped = {name.replace(" ", "_"): n for name, n in changed.items()
                   if " drop_" in name and not name.startswith("red ")}
        require(dropped == drops, "drops are", dropped, "and should be", drops)
        require(not sent, "site A answered:", [(d[2], d[3][:4].hex(), len(d[3])) for d in sent])
        return changed

    def accepted(self, act, count=1):
        """act sends data that comes out at the red port."""
        changed, _ = self.observe(act)
        opened = changed.get("crypt opened_packets", 0) - 1  # the ping of settle()
        require(opened == count, opened, "packets came out, not", count)
        wrong = [name for name in changed if " drop_" in name and not name.startswith("red ")]
        require(not wrong, "drops:", wrong)

    # ---- the sitting ----

    def hold(self, selected, long):
        """Prints the plan, and ok or not ok for each check; the number of failures."""
        chosen = [c for c in checks if selected in c[0] and (long or not c[3])]
        print("1..%d" % len(chosen), flush=True)
        waiting = {function: Slow(self, function) for _, function, is_slow, _ in chosen if is_slow}
        failures = 0
        for name, function, is_slow, _ in sorted(chosen, key=lambda c: c[2]):
            begun = time.monotonic()
            try:
                if is_slow:
                    waiting[function].result()
                else:
                    with self.turn:
                        function(self)
                        self.leave()
                print("ok", name, flush=True)
            except Exception as error:  # whatever it is, it is this check's failure
                failures += 1
                print("not ok", name, flush=True)
                print("#", type(error).__name__, error)
                if not isinstance(error, Failed):
                    print("# " + traceback.format_exc().replace("\n", "\n# "))
            if os.environ.get("TIMES"):
                print("# %.2f s" % (time.monotonic() - begun), flush=True)
        return failures


class Slow(threading.Thread):
    def __init__(self, court, function):
        super().__init__(daemon=True)
        self.court, self.function, self.error = court, function, None
        self.peer = court.peer(*getattr(function, "words", ()))
        court.world.quiet.add(self.peer.at)
        self.start()

    def run(self):
        try:
            self.function(self.court, self.peer)
        except Exception as error:  # shown with the check
            self.error = error

    def result(self):
        self.join()
        if self.error:
            raise self.error


__all__ = ["check", "slow", "require", "Court", "await_true"]
