"""The system's own units under this machine's systemd, in a box: a team on a share, and runs by a timer."""

import pytest
from boxes import PATIENCE_SECONDS, Box, House, add_user, give_key, photo

from waiting import eventually

pytestmark = pytest.mark.slow
NAS = "/mnt/nas/retouchd"


@pytest.fixture(scope="module")
def system(box: Box) -> House:
    """The system's own retouchd on a share for a team, started."""
    box.sh(
        "mkdir -p /var/nas /mnt/nas && mount --bind /var/nas /mnt/nas\n"
        f"install -d -m 2775 -o retouchd -g photos {NAS} {NAS}/inbox {NAS}/outbox {NAS}/done {NAS}/failed"
    )
    house = House(box, "retouchd", NAS, "/var/lib/retouchd", "/etc/retouchd/config.toml")
    house.found("[output]", 'folder_mode = "2775"')
    give_key(box, "dench-api-key")
    add_user(box, "anna")
    box.run("systemctl", "start", "retouchd")
    return house


def test_verify_finds_nothing(box: Box) -> None:
    """The system's and the user's manager understand every line of every unit."""
    for name in ("retouchd.service", "retouchd@anna.service", "retouchd-once.service", "retouchd-once.timer"):
        assert box.run("systemd-analyze", "verify", "--man=no", f"/etc/systemd/system/{name}") == ""
    told = box.sh(
        "mkdir -p /run/user/0; XDG_RUNTIME_DIR=/run/user/0 systemd-analyze --user verify --man=no"
        " /opt/units/user/retouchd.service"
    )
    assert told == ""


def test_the_users_unit_is_closed(box: Box) -> None:
    """systemd-analyze sees an exposure of 2.0 at most."""
    told = box.sh(
        "mkdir -p /run/user/0; XDG_RUNTIME_DIR=/run/user/0 systemd-analyze --user security --offline=true"
        " --threshold=20 --no-pager /opt/units/user/retouchd.service"
    )

    assert "Overall exposure level" in told


def test_it_works_for_a_team(box: Box, system: House) -> None:
    """A start that works is a start; a photo of another member is converted, edited, and theirs to move."""
    assert box.show("retouchd", "ActiveState") == "active"
    box.wait_for("retouchd", "StatusText", "Idle: waits for photos")
    box.sh(f"runuser -u anna -- mkdir -m 2775 {NAS}/inbox/trip")

    system.drop("trip/beach.tiff", photo(1, "TIFF"), "make it evening", user="anna")
    told = system.wait_for("trip/beach.png")

    assert told["sent"][0]["why"]
    assert box.path(f"{NAS}/outbox/trip").stat().st_mode & 0o7777 == 0o2775
    box.sh(f"runuser -u anna -- mv {NAS}/outbox/trip/beach.png {NAS}/outbox/trip/kept.png")
    assert eventually(lambda: box.path(f"{NAS}/done/trip/beach.tiff").exists())


def test_the_systems_log_has_facts_as_fields(box: Box, system: House) -> None:
    """The story of one photo, and what needs somebody, are found by journalctl, in lines for people."""
    system.drop("told.jpg", photo(3), "make it noon", user="anna")
    system.drop("wrong.jpg", photo(3), "+++\nqualty = 1\n+++\nmake it noon", user="anna")
    system.wait_for("told.png")
    assert eventually(lambda: "wrong.jpg" in box.run("journalctl", "--priority=warning", "--output=cat"))

    # The original is moved, and that told, after the picture is there.
    assert eventually(
        lambda: box.run(
            "journalctl", "--output=cat", "RETOUCHD_SOURCE=told.jpg", "RETOUCHD_EVENT=job.done"
        ).startswith("job.done told.jpg -> outbox/told.png, job ")
    )
    warned = box.run("journalctl", "--priority=warning", "--output=cat", "SYSLOG_IDENTIFIER=retouchd")
    assert 'bundle.needs_you wrong.jpg: wrong.txt: "qualty" is no option' in warned
    assert "told.jpg" not in warned


def test_who_writes_is_seen_whoever_it_is(box: Box, system: House) -> None:
    """A photo of another user that is open for writing is waited for: the service may ask for a lease."""
    system.drop("open.jpg.later", photo(2), "make it morning", user="anna")
    box.sh(
        f"systemd-run --quiet --unit=writer --uid=anna sh -c 'exec 3>>{NAS}/inbox/open.jpg.later; sleep 60'"
        f"\nsleep 0.3; cd {NAS}/inbox; mv open.jpg.later open.jpg; mv open.jpg.txt open.txt"
    )

    assert not eventually(lambda: system.is_done("open.png"), 2.0)
    box.run("systemctl", "stop", "writer")
    system.wait_for("open.png")


def test_a_share_that_is_gone_pauses_and_comes_back(box: Box, system: House) -> None:
    """A share that is unmounted pauses the service, which says so; mounted anew it is seen in the sandbox."""
    pid = box.show("retouchd", "MainPID")

    box.run("umount", "/mnt/nas")
    box.wait_for("retouchd", "StatusText", "Paused:")
    box.run("mount", "--bind", "/var/nas", "/mnt/nas")
    box.wait_for("retouchd", "StatusText", "Idle:")
    system.drop("back.jpg", photo(3), "make it noon", user="anna")

    system.wait_for("back.png")
    assert box.show("retouchd", "MainPID") == pid


def test_a_reload_takes_up_what_was_changed(box: Box, system: House) -> None:
    """The same process goes by what the configuration says now; one that is wrong changes nothing."""
    pid = box.show("retouchd", "MainPID")
    config = box.path(system.config)
    before = config.read_text()

    config.write_text(before + "[budget]\nper_day_usd = 25\n")
    box.run("systemctl", "reload", "retouchd")
    assert eventually(lambda: " of $25.00 today" in box.show("retouchd", "StatusText"), PATIENCE_SECONDS)
    config.write_text(before + "[budget]\nper_day_usd = -1\n")
    box.run("systemctl", "reload", "retouchd")

    assert eventually(lambda: "budget.per_day_usd" in box.log("retouchd"), PATIENCE_SECONDS)
    wrong = "the configuration is not right, the one before still counts"
    assert eventually(lambda: wrong in box.show("retouchd", "StatusText"), PATIENCE_SECONDS)
    assert " of $25.00 today" in box.show("retouchd", "StatusText")
    assert box.show("retouchd", "MainPID") == pid
    assert box.show("retouchd", "ActiveState") == "active"
    config.write_text(before)
    box.run("systemctl", "reload", "retouchd")
    assert eventually(lambda: " of $10.00 today" in box.show("retouchd", "StatusText"), PATIENCE_SECONDS)


@pytest.mark.usefixtures("system")
def test_a_second_one_is_refused(box: Box) -> None:
    """Another service on the same folders ends with 75, once, and the first goes on."""
    box.sh(
        "cp /etc/systemd/system/retouchd.service /etc/systemd/system/second.service; systemctl daemon-reload"
    )

    box.run("systemctl", "start", "second", check=False)

    box.wait_for("second", "ActiveState", "failed")
    assert box.show("second", "ExecMainStatus") == "75"
    assert box.show("second", "NRestarts") == "0"
    assert "two would both pay" in box.log("second")
    assert box.show("retouchd", "ActiveState") == "active"


def test_a_timer_works_off_what_lies_there(box: Box, system: House) -> None:
    """A run by the timer does what there is to do and ends well; a pause is no failure of the unit."""
    box.run("systemctl", "stop", "retouchd")
    # What other tests have left for a person would be the end that the run tells of.
    box.sh(f"find {NAS}/inbox -type f ! -name .retouchd-root -delete")
    system.drop("timed.jpg", photo(10), "make it quick", user="anna")
    box.drop_in("retouchd-once.timer", "[Timer]", "OnCalendar=", "OnActiveSec=100ms", "AccuracySec=10ms")

    box.run("systemctl", "start", "retouchd-once.timer")
    system.wait_for("timed.png")
    box.wait_for("retouchd-once", "ActiveState", "inactive")

    assert box.show("retouchd-once", "Result") == "success"
    system.type("pause")
    system.drop("later.jpg", photo(11), "make it slow", user="anna")
    box.run("systemctl", "start", "retouchd-once")
    assert box.show("retouchd-once", "ExecMainStatus") == "4"
    assert box.show("retouchd-once", "Result") == "success"
    system.type("resume")
