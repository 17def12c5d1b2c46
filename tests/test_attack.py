"""`scripts/attack`, in short: every attack is answered below 500, and the process stays small."""

import subprocess
import sys
from pathlib import Path

from scripts.attacks.requests import ATTACKS

ROOT = Path(__file__).parents[1]
# How long others wait is measured where nothing else runs.
ANY_MS = 60_000


def attacked(*options: str) -> str:
    """Return what the script prints where the gateway withstands."""
    command = [sys.executable, "-m", "scripts.attacks", "--devices", "2000", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  # it is ours
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_no_attack_fails_the_gateway_or_swells_it() -> None:
    shown = attacked("--seconds", "0.1", "--most-ms", str(ANY_MS))
    names = [line.split(":")[0].strip() for line in shown.splitlines()]
    assert [name for name in names if name in ATTACKS] == list(ATTACKS)


def test_random_hostile_requests_fail_nothing_and_leave_nothing_but_their_lines_in_the_log() -> None:
    shown = attacked("--hostile", "248", "--seed", "1", "--seed", "2")
    assert [line.split(", by")[0] for line in shown.splitlines()] == ["seed 1: 248 requests", "seed 2: 248 requests"]
