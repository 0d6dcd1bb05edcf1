"""Metrics of a real daemon, as Prometheus and node_exporter meet them."""

import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from workshop import KEY, OpenShop, picture

from retouchd.simulator.server import Simulator
from waiting import eventually


def free_port() -> int:
    """Give a port that nobody has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


def scrape(port: int) -> str:
    """Ask as Prometheus does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def tells(port: int, line: str) -> bool:
    """Say whether the page has a line."""
    return f"\n{line}\n" in scrape(port)


def test_a_daemon_under_load_tells_its_numbers(open_shop: OpenShop, simulator: Simulator) -> None:
    """Twenty ask at once while photos are worked on; sums are right, and no name, prompt or key is told."""
    port = free_port()
    shop = open_shop(simulator.base_url, metrics__port=port)
    for number in range(12):
        shop.drop(f"trip/secretname{number}.jpg", picture(number), f"secret prompt {number}")
    shop.drop("secretname.jpg", picture(50))
    with shop.running() as daemon, ThreadPoolExecutor(20) as crowd:
        daemon.wait_for("metrics.served")
        pages = list(crowd.map(scrape, [port] * 60))
        assert eventually(lambda: tells(port, 'retouchd_jobs{state="done"} 12.0'), 20)
        pages.append(scrape(port))

    last = pages[-1]
    assert all(page.startswith("# HELP retouchd_up ") and "\nretouchd_up 1.0\n" in page for page in pages)
    assert '\nretouchd_calls_total{outcome="answered"} 12.0\n' in last
    assert '\nretouchd_photos{state="waiting_for_prompt"} 1.0\n' in last
    assert '\nretouchd_watch_info{mode="events",mount="inbox"} 1.0\n' in last
    assert f'\nretouchd_spend_usd{{period="day"}} {shop.status()["spend"]["today_usd"]}\n' in last
    assert not any(word in page for page in pages for word in ("secret", "trip", KEY, str(shop.place)))


def test_who_holds_port_and_history_stops_no_photo(open_shop: OpenShop, simulator: Simulator) -> None:
    """A port that is taken and a text file that cannot be written are told; the work goes on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as stranger:
        port = stranger.getsockname()[1]
        shop = open_shop(simulator.base_url, metrics__port=port, metrics__textfile="missing/retouchd.prom")
        shop.drop("beach.jpg", picture(1), "although the port is taken")

        ended = shop.until_idle()

    assert ended.code == 0
    assert shop.outputs() == ["beach.jpg"]
    (served,), (written,) = ended.told("metrics.not_served"), ended.told("metrics.not_written")
    assert "Address already in use" in served["detail"]
    assert str(shop.place / "missing" / "retouchd.prom") in written["detail"]


def test_the_text_file_follows_each_run(open_shop: OpenShop, simulator: Simulator, tmp_path: Path) -> None:
    """A run from a timer leaves its numbers, and that nothing runs any more; the next one takes them up."""
    file = tmp_path / "retouchd.prom"
    shop = open_shop(simulator.base_url, metrics__textfile=str(file))
    shop.drop("beach.jpg", picture(1), "for the text file")

    assert shop.until_idle().code == 0

    assert "\nretouchd_up 0.0\n" in file.read_text()
    assert '\nretouchd_jobs{state="done"} 1.0\n' in file.read_text()
    with shop.running():
        assert eventually(lambda: "\nretouchd_up 1.0\n" in file.read_text())
