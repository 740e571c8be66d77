"""Named checks, and the line that each prints: how it went, the tool, its name, what was wrong."""

import os
import traceback

# The emulator over http, or nothing where the server is a real one.
EMULATOR = os.environ.get("EMULATOR_URL", "")


class Checks:
    """The checks of one tool."""

    def __init__(self, tool):
        self.tool = tool
        self.all = []

    def check(self, name, on_emulator=""):
        """Makes a check of a function; `on_emulator` says why a real server cannot pass it."""
        return lambda function: self.all.append((name, on_emulator, function))

    def run(self, session):
        """Runs every check, and counts those that fail."""
        return sum(self.one(name, why, function, session) for name, why, function in self.all)

    def one(self, name, why, function, session):
        if why and not EMULATOR:
            return self.tell("-", name, why)
        try:
            function(session)
        except Exception as error:
            line = traceback.extract_tb(error.__traceback__)[-1].lineno
            body = getattr(error, "body", "")
            return self.tell("failed", name, f"{type(error).__name__} in line {line}: {error} {body}") or 1
        return self.tell("ok", name)

    def tell(self, *words):
        outcome, *rest = [" ".join(str(word).split()) for word in words]
        print(outcome, self.tool, *rest, sep="\t", flush=True)
        return 0


def equal(got, wanted):
    """Wants two values to be the same."""
    assert got == wanted, f"{got!r}, wanted {wanted!r}"


def contains(text, part):
    """Wants a text to be in another."""
    assert part in str(text), f"wanted {part!r} in {text!r}"
