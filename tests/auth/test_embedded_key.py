"""The signing key of an installation that has no other."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.auth.embedded_key import embedded_secret


def test_the_embedded_secret_is_random_and_for_its_owner_alone(tmp_path: Path) -> None:
    files = [tmp_path / "one.key", tmp_path / "other.key"]
    secrets = {embedded_secret(file) for file in files}
    assert sorted(map(len, secrets)) == [64, 64]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_embedded_secret_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "gateway.db.key"
    assert embedded_secret(file) == embedded_secret(file) == file.read_text()
    assert list(tmp_path.iterdir()) == [file]


def test_all_who_start_at_once_read_the_same_embedded_secret(tmp_path: Path) -> None:
    start = threading.Barrier(16)

    def make(folder: Path) -> str:
        start.wait()
        return embedded_secret(folder / "gateway.db.key")

    for attempt in range(10):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with ThreadPoolExecutor(16) as threads:
            assert len(set(threads.map(make, [folder] * 16))) == 1
        assert [file.name for file in folder.iterdir()] == ["gateway.db.key"]
