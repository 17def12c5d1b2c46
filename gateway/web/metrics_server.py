"""Where Prometheus reads the metrics: an address of their own, whose thread sums up those of all workers."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from gateway.addresses import Address
from gateway.web.metrics import REGISTRY

# The library's: each process that starts with it writes what it counts into a file there.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


class _Workers(MultiProcessCollector):
    """Collects the metrics of workers; of one that has ended, what it has counted, but nothing of its state."""

    def __init__(self, folder: Path) -> None:
        super().__init__(None, folder)  # type: ignore[no-untyped-call]
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        for process in {int(file.stem.rpartition("_")[2]) for file in self._folder.glob("gauge_live*.db")}:
            if not _is_alive(process):
                mark_process_dead(process, self._folder)  # type: ignore[no-untyped-call]
        metrics: Iterable[Metric] = super().collect()  # type: ignore[no-untyped-call]
        return metrics


@contextmanager
def serving_metrics(address: Address, workers: int) -> Iterator[None]:
    """Serve the metrics of this process, or of the workers that it starts. Raise OSError where the address is taken."""
    if workers == 1:
        with _listening(address, REGISTRY):
            yield
        return
    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        registry = CollectorRegistry()
        registry.register(_Workers(Path(folder)))
        with _listening(address, registry):
            os.environ[FOLDER] = folder
            yield


@contextmanager
def _listening(address: Address, registry: CollectorRegistry) -> Iterator[None]:
    server, thread = start_http_server(address.port, address.host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
