"""Puts the engine together: who decides, who works, and the loop, each built once and handed down."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol

from retouchd.core.records import PhotoPlace
from retouchd.engine.alone import Alone, Hands
from retouchd.engine.calls import Calls
from retouchd.engine.cashier import Cashier
from retouchd.engine.conflicts import Conflicts
from retouchd.engine.crew import Crew, Send, UnderWay
from retouchd.engine.deliveries import Deliveries
from retouchd.engine.delivery import Delivery
from retouchd.engine.desk import Desk
from retouchd.engine.dispatch import Dispatch
from retouchd.engine.filing import Clerk
from retouchd.engine.focus import Focus
from retouchd.engine.herald import Log
from retouchd.engine.history import Archivist
from retouchd.engine.intake import Intake
from retouchd.engine.look import Looker
from retouchd.engine.loop import Departments, Engine, OneShot
from retouchd.engine.mailbox import Mailbox
from retouchd.engine.moves import Moves
from retouchd.engine.office import Office
from retouchd.engine.operator import Operator
from retouchd.engine.pauseboard import PauseBoard
from retouchd.engine.prober import Prober
from retouchd.engine.process import Process, Registry
from retouchd.engine.pruning import Pruner, PruneWatch
from retouchd.engine.recovery import recover
from retouchd.engine.reloading import Reloading
from retouchd.engine.requestlimits import RequestLimits
from retouchd.engine.returning import Porter, Returns
from retouchd.engine.sightings import Sightings
from retouchd.engine.throttle import Throttle
from retouchd.engine.tools import Tools
from retouchd.engine.workers import Aftercare, Skills, Workers


class Rescan(Protocol):
    """What the engine asks of the scanner; all answer at once, whatever the share does."""

    def forget(self, folder: PurePosixPath) -> None:
        """Tell again what differs in a folder from what is known."""
        ...

    def request_scan(self) -> int:
        """Ask for a whole scan and give its number."""
        ...

    def taking_away(self, path: PurePosixPath) -> AbstractContextManager[None]:
        """Have a folder not looked at again because one of its files is taken away meanwhile."""
        ...

    def busy_seconds(self) -> float:
        """Give for how long the scanner has been looking at folders without a rest."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a run is for that ends by itself.

    Attributes:
        patience: How long it may take.
        photo: The one photo that it is for; None for all that is in the inbox.
    """

    patience: timedelta
    photo: PhotoPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """An engine that is ready to run, and those that are told things from outside.

    Attributes:
        count_calls: Counts the calls under way; engine thread only.
    """

    engine: Engine
    crew: Crew
    operator: Operator
    sightings: Sightings
    count_calls: Callable[[], int]
    reloading: Reloading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Surroundings:
    """Fits the intake's Protocol of the same name."""

    quiet_seconds: Callable[[PurePosixPath], float]
    tell_again: Callable[[PurePosixPath], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deciders:
    """Those who run in the engine thread."""

    moves: Moves
    board: PauseBoard
    throttle: Throttle
    cashier: Cashier
    calls: Calls
    limits: RequestLimits
    under_way: UnderWay
    intake: Intake
    deliveries: Deliveries
    dispatch: Dispatch


def assemble(
    office: Office,
    mailbox: Mailbox,
    tools: Tools,
    scanner: Rescan,
    log: Log,
    errand: Errand | None,
) -> Assembly:
    """Build the engine and recover what a crash has cut.

    Args:
        errand: What a one-shot run is for; None for a daemon.

    Raises:
        JournalError: The journal cannot be written.
    """
    deciders = _build_deciders(office, tools, scanner)
    with office.journal.transaction():
        recover(office, deciders.board, deciders.calls, deciders.intake)
    office.herald.flush()
    operator = Operator(office, deciders.moves, deciders.board, tools.spool)
    sightings = Sightings(office, deciders.board, deciders.intake, scanner.busy_seconds)
    hands = _build_hands(office, mailbox, tools, deciders, scanner)
    crew = _build_crew(office, mailbox, tools, deciders, hands, log)
    departments = Departments(
        board=deciders.board,
        throttle=deciders.throttle,
        dispatch=deciders.dispatch,
        operator=operator,
        sightings=sightings,
        under_way=deciders.under_way,
    )
    one_shot = None
    if errand is not None:
        deadline = office.clock.now() + errand.patience
        focus = None if errand.photo is None else Focus(office.journal, errand.photo)
        one_shot = OneShot(deadline=deadline, request_scan=scanner.request_scan, focus=focus)
    if errand is not None and errand.photo is not None:
        deciders.dispatch.focus_on(errand.photo)
    engine = Engine(office, mailbox, departments, crew.give, one_shot)
    return Assembly(
        engine=engine,
        crew=crew,
        operator=operator,
        sightings=sightings,
        count_calls=partial(deciders.under_way.count, Send),
        reloading=Reloading(office, deciders.board, deciders.throttle, deciders.intake),
    )


class _NoScanner:
    """Fits Rescan where nothing is scanned: the next start tells anew what lies in each folder."""

    def forget(self, folder: PurePosixPath) -> None:
        """Do nothing."""

    def request_scan(self) -> int:
        """Do nothing."""
        return 0

    def taking_away(self, _path: PurePosixPath) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def busy_seconds(self) -> float:
        """Do nothing."""
        return 0.0


def assemble_alone(office: Office, desk: Desk, tools: Tools) -> Alone:
    """Build what obeys one command where no engine runs."""
    scanner = _NoScanner()
    deciders = _build_deciders(office, tools, scanner)
    operator = Operator(office, deciders.moves, deciders.board, tools.spool)
    return Alone(office, desk, operator, _build_hands(office, desk, tools, deciders, scanner))


def _build_hands(office: Office, desk: Desk, tools: Tools, deciders: _Deciders, scanner: Rescan) -> Hands:
    return Hands(
        delivery=Delivery(
            office, desk, deciders.deliveries, tools, _build_conflicts(office, desk, tools, deciders)
        ),
        clerk=Clerk(desk, deciders.deliveries, tools.inbox, tools.filing, scanner.taking_away),
        porter=Porter(desk, Returns(office), tools.inbox.check_mark, tools.returns),
    )


def _build_conflicts(office: Office, desk: Desk, tools: Tools, deciders: _Deciders) -> Conflicts:
    return Conflicts(office, desk, deciders.moves, deciders.deliveries, tools.outbox)


def _build_deciders(office: Office, tools: Tools, scanner: Rescan) -> _Deciders:

    def tell_again(folder: PurePosixPath) -> None:
        # Only when it is durable: a scanner that looks into the journal before finds nothing new.
        office.herald.afterwards(partial(scanner.forget, folder))

    moves = Moves(office, tell_again)
    board = PauseBoard(office)
    throttle = Throttle(office, board)
    cashier = Cashier(office, moves, board, throttle, tools.spool)
    limits = RequestLimits(office)
    under_way = UnderWay(office)
    surroundings = _Surroundings(quiet_seconds=tools.inbox.quiet_seconds, tell_again=tell_again)
    intake = Intake(office, moves, surroundings, under_way)
    return _Deciders(
        moves=moves,
        board=board,
        cashier=cashier,
        calls=Calls(office, cashier, tools.spool, limits),
        limits=limits,
        under_way=under_way,
        intake=intake,
        deliveries=Deliveries(office, moves, board, cashier, intake),
        throttle=throttle,
        dispatch=Dispatch(office, board, throttle, intake, under_way, PruneWatch(office, under_way)),
    )


def _build_crew(
    office: Office, mailbox: Mailbox, tools: Tools, deciders: _Deciders, hands: Hands, log: Log
) -> Crew:
    registry = Registry(
        journal=office.journal,
        moves=deciders.moves,
        cashier=deciders.cashier,
        deliveries=deciders.deliveries,
        calls=deciders.calls,
        under_way=deciders.under_way,
    )
    skills = Skills(
        make_looker=lambda policy: Looker(tools.inbox, tools.pictures, policy, tools.darkroom),
        process=Process(
            mailbox,
            registry,
            tools,
            hands.delivery,
            _build_conflicts(office, mailbox, tools, deciders),
        ),
        hands=hands,
        prober=Prober(mailbox, deciders.board, tools.endpoint),
        pruner=Pruner(mailbox, office, tools.spool, Archivist(mailbox, office)),
    )
    workers = Workers(office, mailbox, skills, deciders.intake)
    aftercare = Aftercare(office, deciders.under_way, deciders.intake, deciders.calls)
    return Crew(
        deciders.dispatch.crew_size,
        workers.carry_out,
        lambda task, error: mailbox.tell(aftercare.end, task, error),
        log,
    )
