"""Changes of the embedded database, in the order in which they are asked for.

SQLite makes one after the other, and to bring one to the disk takes longer than to make it. So those that wait are made
in one transaction, where each that fails is undone alone, and are brought to the disk together.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.db.stores.faults import IN_DOUBT, NOTHING_CHANGED, SLOW, Fault
from gateway.db.stores.sqlite_errors import BUSY
from gateway.db.stores.sqlite_file import SQLiteFile
from gateway.db.stores.sqlite_transactions import OTHERS, SQLiteTransactions
from gateway.db.stores.store import Options, Result, Work
from gateway.db.stores.turns import Turns

# More are refused at once.
MOST_WAITING = 1_000
# A change that has begun in time has so many seconds to end.
SECONDS_TO_END = 5.0
# A transaction has so many changes at most, and none begins in it later: other processes wait for it.
MOST_TOGETHER = 100
SECONDS_TOGETHER = 0.05

TOO_MANY = "Too many changes wait for the database"


@dataclass(eq=False, slots=True)
class _Change:
    """A change that was asked for."""

    work: Work[Any]
    deadline: float
    """When it may begin at the latest."""
    answer: "asyncio.Future[Any]"
    has_begun: bool = False

    def begin(self) -> bool:
        """Tell whether it is still waited for, and is to be made.

        It says so before it looks, and who gives it up looks after that. So where both happen at once, it is not made,
        or nobody says that it was not.
        """
        self.has_begun = True
        return not self.answer.cancelled()


class _Outcome(NamedTuple):
    change: _Change
    result: Any = None
    error: BaseException | None = None


class SQLiteChanges:
    def __init__(self, file: SQLiteFile, options: Options) -> None:
        """A change begins within the timeout after it was asked for, however many wait with it, or not at all."""
        self._timeout_seconds = options.timeout_seconds
        self._transactions = SQLiteTransactions(file, options)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-changes")
        self._queue: Turns[_Change] = Turns()
        """The changes that have not begun: large ones of one caller let those of others go between them."""
        self._waiting: dict[_Change, float] = {}
        """Until when each change is waited for, in the order in which they were asked for."""
        self._timer: asyncio.TimerHandle | None = None
        self.last_failed = False
        """Whether the last change could not be made, by no fault of its own."""

    async def change(self, work: Work[Result]) -> Result:
        """Return what `work` returns, whose writes are on disk then; an exception undoes them all.

        It is called again where a fault undoes the transaction that it shares with others. Raise Unavailable where the
        database cannot be changed, and sqlite3.Error.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Fault(TOO_MANY, NOTHING_CHANGED)
        deadline = time.monotonic() + self._timeout_seconds
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        change = _Change(work, deadline, answer)
        self._waiting[change] = deadline + SECONDS_TO_END
        self._queue.append(change)
        self._thread.submit(self._make_next)
        if self._timer is None:
            self._give_up_late()
        try:
            return await answer
        except asyncio.CancelledError as error:
            if change in self._waiting:
                raise  # The caller has gone.
            self.last_failed = True
            if change.has_begun:
                raise Fault(SLOW, IN_DOUBT) from error
            raise Fault(OTHERS, NOTHING_CHANGED) from error
        finally:
            self._waiting.pop(change, None)

    @property
    def waiting(self) -> int:
        """How many changes have been asked for and not made yet."""
        return len(self._waiting)

    def leave_moved(self) -> None:
        """Close the connection where its file is not there any more, unless a change takes too long to wait for."""
        with suppress(TimeoutError):
            self._thread.submit(self._transactions.leave_moved).result(SECONDS_TO_END)

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        await asyncio.to_thread(self._transactions.close)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up_late(self) -> None:
        """Give up those that are late. One timer is for all: to set one for each takes as long as its commit."""
        now = time.monotonic()
        while self._waiting:
            oldest, until = next(iter(self._waiting.items()))
            if until > now:
                self._timer = asyncio.get_running_loop().call_later(until - now, self._give_up_late)
                return
            del self._waiting[oldest]
            oldest.answer.cancel()
        self._timer = None

    def _make_next(self) -> None:
        """Make the next changes that wait. It is called once for each, most of which are made with others then."""
        if first := self._next():
            for change in self._make(first, self._next):
                self._make(change, lambda: None)

    def _next(self) -> _Change | None:
        """Return the next change that is still waited for, which begins; None where there is none."""
        while change := self._queue.pop():
            if change.begin():
                return change
        return None

    def _make(self, first: _Change, following: Callable[[], _Change | None]) -> Sequence[_Change]:
        """Make a change, and those that follow while they are few and quick, in one transaction, and tell the outcomes.

        Return those that a fault has undone together, of which nothing was told: each may be made alone.
        """
        outcomes: list[_Outcome] = []
        try:
            transaction = self._transactions.begin(first.deadline)
            until = time.monotonic() + SECONDS_TOGETHER
            outcomes.append(_Outcome(first, transaction.run(first.work)))
        except BaseException as error:  # noqa: BLE001  # told to whoever waits
            self._tell([self._failed(first, error)])
            return ()
        while len(outcomes) < MOST_TOGETHER and time.monotonic() < until and (change := following()):
            try:
                outcomes.append(_Outcome(change, transaction.run_beside_others(change.work)))
            except BaseException as error:  # noqa: BLE001  # the same
                outcomes.append(self._failed(change, error))
            if not transaction.goes_on:
                return [each.change for each in outcomes]
        try:
            transaction.commit()
            self.last_failed = False
        except BaseException as error:  # noqa: BLE001  # the same
            outcomes = [self._failed(each.change, error) for each in outcomes]
        self._tell(outcomes)
        return ()

    def _failed(self, change: _Change, error: BaseException) -> _Outcome:
        if isinstance(error, Fault):
            self.last_failed = True
            if error.reason not in {BUSY, OTHERS}:
                self._transactions.leave()  # What has failed once may fail for ever; another connection may not.
        return _Outcome(change, error=error)

    def _tell(self, outcomes: Sequence[_Outcome]) -> None:
        """Tell those who wait, in one turn of their event loop."""
        outcomes[0].change.answer.get_loop().call_soon_threadsafe(_answer, outcomes)


def _answer(outcomes: Sequence[_Outcome]) -> None:
    for change, result, error in outcomes:
        if change.answer.done():
            continue  # Nobody waits for it any more.
        if error is None:
            change.answer.set_result(result)
        else:
            change.answer.set_exception(error)
