"""The units of users under this machine's systemd, in a box: all that a service goes through in years."""

import re
from pathlib import Path

import pytest
from boxes import KEY, PATIENCE_SECONDS, PORT, Box, House, add_user, give_key, photo

from waiting import eventually

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "systemd/README.md"


def _own_house(box: Box, user: str, *lines: str, port: int = PORT) -> House:
    """Make a user with a retouchd of the template unit, and a key for it."""
    add_user(box, user)
    house = House(
        box, user, f"/home/{user}/Retouch", f"/var/lib/retouchd-{user}", f"/etc/retouchd/{user}.toml"
    )
    house.found(*lines, port=port)
    give_key(box, f"dench-api-key-{user}")
    return house


def test_a_kill_is_followed_by_a_start_that_goes_on(box: Box) -> None:
    """After kill -9 it is started again and finishes what waits, and nothing is paid for twice (I8)."""
    house = _own_house(box, "berta")
    box.run("systemctl", "start", "retouchd@berta")
    house.drop("one.jpg", photo(4), "make it red")
    house.wait_for("one.png")
    house.type("pause")
    house.drop("two.jpg", photo(5), "make it blue")

    box.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", "retouchd@berta")
    box.wait_for("retouchd@berta", "NRestarts", "1")
    box.wait_for("retouchd@berta", "StatusText", "Paused:")
    house.type("resume")
    house.wait_for("two.png")

    assert house.calls() == 2


def test_who_hangs_is_started_anew(box: Box) -> None:
    """A daemon that has stopped gives no sign of life, and is killed and started again."""
    house = _own_house(box, "clara")
    box.drop_in("retouchd@clara.service", "[Service]", "WatchdogSec=2s", "TimeoutStopSec=1s")
    box.run("systemctl", "start", "retouchd@clara")
    fed = box.show("retouchd@clara", "WatchdogTimestampMonotonic")
    # It is fed while all is well.
    assert eventually(lambda: box.show("retouchd@clara", "WatchdogTimestampMonotonic") != fed)
    assert box.show("retouchd@clara", "NRestarts") == "0"

    box.run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", "retouchd@clara")

    box.wait_for("retouchd@clara", "NRestarts", "1")
    house.drop("after.jpg", photo(6), "make it green")
    house.wait_for("after.png")
    assert "Watchdog timeout" in box.log("retouchd@clara")


def test_a_stop_finishes_the_call_under_way(box: Box) -> None:
    """A call that takes longer than systemd waits is finished and delivered all the same."""
    house = _own_house(box, "dora", port=PORT + 1)
    box.drop_in("retouchd@dora.service", "[Service]", "TimeoutStopSec=1s")
    box.run("systemctl", "start", "retouchd@dora")
    house.drop("slow.jpg", photo(7), "make it large")
    box.wait_for("retouchd@dora", "StatusText", "Working on 1")

    box.run("systemctl", "stop", "retouchd@dora")

    assert house.is_done("slow.png")
    assert box.show("retouchd@dora", "Result") == "success"
    assert house.calls() == 1


def test_a_missing_key_is_told_once(box: Box) -> None:
    """Without a credential it ends with 78, is not started again, and says what to do."""
    _own_house(box, "emma")
    box.path("/etc/credstore/dench-api-key-emma").unlink()

    box.run("systemctl", "start", "retouchd@emma", check=False)

    box.wait_for("retouchd@emma", "ActiveState", "failed")
    assert box.show("retouchd@emma", "ExecMainStatus") == "78"
    assert box.show("retouchd@emma", "NRestarts") == "0"
    assert "there is no key for the service. Do one of these" in box.log("retouchd@emma")


def test_a_missing_folder_is_told_once(box: Box) -> None:
    """Without its folder it ends with 78, is not started again, and says which one is missing, and why."""
    _own_house(box, "frieda")
    box.run("mv", "/home/frieda/Retouch", "/home/frieda/Elsewhere")

    box.run("systemctl", "start", "retouchd@frieda", check=False)

    box.wait_for("retouchd@frieda", "ActiveState", "failed")
    assert box.show("retouchd@frieda", "ExecMainStatus") == "78"
    assert box.show("retouchd@frieda", "NRestarts") == "0"
    told = box.log("retouchd@frieda")
    assert "folders.inbox: /home/frieda/Retouch/inbox does not exist; nor does /home/frieda, which" in told
    assert "if the folder is there, name it in a line BindPaths= of the unit" in told


def test_a_folder_that_comes_late_is_waited_for_by_the_timer(box: Box) -> None:
    """After a power cut the NAS may come back last: the timer that the page shows starts the service then."""
    house = _own_house(box, "irene")
    box.run("mv", "/home/irene/Retouch", "/home/irene/Elsewhere")
    box.run("systemctl", "start", "retouchd@irene", check=False)
    box.wait_for("retouchd@irene", "ActiveState", "failed")
    shown = PAGE.read_text()
    timer = shown[shown.index("[Timer]") : shown.index("```", shown.index("[Timer]"))]
    timer = timer.replace("*:0/5", "*:*:0/1").replace("retouchd.service", "retouchd@irene.service")
    box.path("/etc/systemd/system/retouchd-late.timer").write_text(timer)
    box.run("systemctl", "daemon-reload")

    box.run("mv", "/home/irene/Elsewhere", "/home/irene/Retouch")
    box.run("systemctl", "enable", "--now", "retouchd-late.timer")

    box.wait_for("retouchd@irene", "ActiveState", "active")
    box.run("systemctl", "disable", "--now", "retouchd-late.timer")
    house.drop("late.jpg", photo(11), "make it bright")
    house.wait_for("late.png")


def test_a_folder_elsewhere_takes_one_line(box: Box) -> None:
    """A folder at another place, in another home even, is named in one line of a drop-in."""
    house = _own_house(box, "gerda")
    box.run("mv", "/home/gerda/Retouch", "/home/gerda/Bilder")
    config = box.path(house.config)
    config.write_text(config.read_text().replace("/home/gerda/Retouch", "/home/gerda/Bilder"))
    house.root = "/home/gerda/Bilder"
    box.drop_in("retouchd@gerda.service", "[Service]", "BindPaths=/home/gerda/Bilder")

    box.run("systemctl", "start", "retouchd@gerda")
    house.drop("here.jpg", photo(8), "make it dark")

    house.wait_for("here.png")


def test_a_program_of_the_owner_is_told(box: Box) -> None:
    """A hook runs inside the same walls: it reaches network and folder, and gets nothing of systemd's."""
    hook = box.path("/usr/local/bin/tell-me")
    hook.write_text(
        "#!/opt/retouchd/bin/python\nimport os, socket, sys\n"
        f"socket.create_connection(('localhost', {PORT})).close()\n"
        "open('/home/irma/Retouch/told', 'w').write(sys.stdin.read() + repr(dict(os.environ)))\n"
    )
    hook.chmod(0o755)
    house = _own_house(box, "irma", "[notify]", 'hook = "/usr/local/bin/tell-me"', "batch_seconds = 1")
    told = box.path("/home/irma/Retouch/told")

    box.run("systemctl", "start", "retouchd@irma")
    house.drop("tell.jpg", photo(12), "make it known")

    assert eventually(lambda: told.exists() and "tell.jpg" in told.read_text(), PATIENCE_SECONDS)
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"} & set(
        re.findall(r"[A-Z_]+", told.read_text())
    )


def test_a_users_own_service_lingers(box: Box) -> None:
    """A user's own unit works, protected, without anybody logged in, with program and key in the home."""
    add_user(box, "hanna")
    box.run("loginctl", "enable-linger", "hanna")
    own = ("--user", "--machine=hanna@")
    home = "/home/hanna"
    box.sh(
        f"runuser -u hanna -- mkdir -p {home}/.config/systemd/user {home}/.config/retouchd\n"
        f"cp /opt/units/user/retouchd.service {home}/.config/systemd/user/\n"
        f"printf {KEY} > {home}/.config/retouchd/key; chmod 600 {home}/.config/retouchd/key\n"
        f"chown -R hanna: {home}/.config"
    )
    house = House(
        box,
        "hanna",
        f"{home}/Retouch",
        f"{home}/.local/state/retouchd",
        f"{home}/.config/retouchd/config.toml",
    )
    house.found(f'api_key_file = "{home}/.config/retouchd/key"')
    assert eventually(
        lambda: box.run("systemctl", *own, "daemon-reload", check=False) == "", PATIENCE_SECONDS
    )

    box.run("systemctl", *own, "start", "retouchd")
    house.drop("own.tiff", photo(9, "TIFF"), "make it mine")

    house.wait_for("own.png")
    box.wait_for("retouchd", "StatusText", "Idle:", *own)
    box.run("systemctl", *own, "stop", "retouchd")
    assert box.show("retouchd", "Result", *own) == "success"
