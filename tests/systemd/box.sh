#!/usr/bin/env bash
# A box: this machine's own systemd as process 1 of namespaces of its own, for tests of the units. Nothing that is
# written inside stays, and nothing outside can be reached but what is bound in; only loopback is there.
#
#   box.sh up FOLDER [FROM:TO...]   boots, with folders bound in; what keeps account lies in FOLDER
#   box.sh in FOLDER CMD...         runs a command inside as root
#   box.sh down FOLDER              ends all of it
#   box.sh can                      says why this machine has no boxes; exit status 1 then
set -euo pipefail

why_not() {
  [ "$(id -u)" = 0 ] || { echo "only root can make namespaces"; return; }
  [ -x /lib/systemd/systemd ] || { echo "there is no systemd"; return; }
  command -v nsenter unshare pivot_root > /dev/null || { echo "util-linux is not complete"; return; }
  [ -n "$(groups_place)" ] || { echo "cgroup2 is not mounted"; return; }
  grep -qw overlay /proc/filesystems || { echo "the kernel has no overlay file system"; return; }
  mkdir "$(groups_place)/retouchd-can-$$" 2> /dev/null || { echo "cgroup2 cannot be written"; return; }
  rmdir "$(groups_place)/retouchd-can-$$"
  unshare --mount --pid --fork --uts --ipc --net --cgroup true 2> /dev/null || echo "namespaces are not allowed"
}

groups_place() { awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts; }

# Runs in the new namespaces, and becomes their process 1.
furnish() {
  local account=$1 root=$1/root name
  shift
  mount -t tmpfs box "$account"
  mkdir "$account/changes" "$account/work" "$root"
  mount -t overlay -o "lowerdir=/,upperdir=$account/changes,workdir=$account/work" box "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  for name in run tmp; do mount -t tmpfs -o mode=1777 box "$root/$name"; done
  chmod 755 "$root/run"
  mount -t tmpfs -o mode=755 box "$root/dev"
  for name in null zero full random urandom tty fuse; do
    [ ! -e "/dev/$name" ] || { : > "$root/dev/$name"; mount --bind "/dev/$name" "$root/dev/$name"; }
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 box "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  for name in "$@"; do
    mkdir -p "$root${name#*:}"
    mount --rbind "${name%%:*}" "$root${name#*:}"
  done
  # What the machine itself would start is none of the box's business; its log is kept in memory.
  for name in getty.target console-getty.service systemd-networkd.service systemd-resolved.service \
    systemd-timesyncd.service podman.socket cron.service ssh.service systemd-remount-fs.service; do
    ln -sfn /dev/null "$root/etc/systemd/system/$name"
  done
  mkdir -p "$root/etc/systemd/journald.conf.d"
  printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' > "$root/etc/systemd/journald.conf.d/box.conf"
  mkdir "$root/before"
  cd "$root"
  pivot_root . before
  umount -l /before
  # systemd makes its services' own views of the mounts from a shared one; in a container it expects that.
  mount --make-rshared /
  exec env -i container=box LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=basic.target --show-status=0 < /dev/null > /dev/null 2>&1
}

up() {
  local account=$1 group outer
  shift
  group=$(groups_place)/retouchd-box-$(basename "$account")
  mkdir -p "$account" "$group"
  echo "$group" > "$account.group"
  (
    echo "$BASHPID" > "$group/cgroup.procs"
    exec unshare --mount --pid --fork --uts --ipc --net --cgroup --propagation private --kill-child \
      bash "$0" furnish "$account" "$@"
  ) < /dev/null > "$account.log" 2>&1 &
  outer=$!
  disown "$outer"
  echo "$outer" > "$account.outer"
  for _ in $(seq 300); do
    [ -d "/proc/$outer" ] || { cat "$account.log" >&2; return 1; }
    read -r inner _ < "/proc/$outer/task/$outer/children" || true
    echo "${inner:-}" > "$account.inner"
    case $(inside "$account" systemctl is-system-running 2> /dev/null || true) in running | degraded) return 0 ;; esac
    sleep 0.1
  done
  echo "it did not come up" >&2
  return 1
}

inside() {
  local inner
  inner=$(cat "$1.inner")
  shift
  nsenter --target "$inner" --mount --uts --ipc --net --pid --cgroup --wdns=/ \
    env -i container=box HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

down() {
  local outer group
  outer=$(cat "$1.outer" 2> /dev/null || true)
  group=$(cat "$1.group" 2> /dev/null || true)
  # The kernel ends every process of the box with its process 1, which unshare takes along.
  [ -z "$outer" ] || kill -KILL "$outer" 2> /dev/null || true
  for _ in $(seq 100); do
    [ -n "$group" ] && [ -d "$group" ] || break
    find "$group" -depth -type d -exec rmdir {} + 2> /dev/null || sleep 0.05
  done
  rm -f "$1".{outer,inner,group,log}
  rmdir "$1" 2> /dev/null || true
}

action=$1
shift
case $action in
  furnish) furnish "$@" ;;
  up) up "$@" || { status=$?; down "$1"; exit $status; } ;;
  in) inside "$@" ;;
  down) down "$1" ;;
  can) reason=$(why_not); [ -z "$reason" ] || { echo "$reason"; exit 1; } ;;
esac
