"""A worker's look into a refused key: is there another one, and does the service take it?"""

from retouchd.engine.crew import Probe
from retouchd.engine.desk import Desk
from retouchd.engine.needs import Endpoint
from retouchd.engine.pauseboard import PauseBoard


class Prober:
    """Asks the service, which costs nothing."""

    def __init__(self, desk: Desk, board: PauseBoard, endpoint: Endpoint) -> None:
        self._desk = desk
        self._board = board
        self._endpoint = endpoint

    def probe(self, task: Probe) -> None:
        """Ask when it is time, or at once when there is another key than the one that was refused."""
        if task.is_due or self._endpoint.has_new_key():
            self._desk.ask(self._board.take_probe, self._endpoint.probe())
