"""Each reason for which a private network can't be had is named, with its cure."""

import errno
import subprocess
import sys

import pytest
from lab.worlds import HANG, World, require

from handshook.lab import PrivateNetwork, PrivateNetworkUnavailable
from handshook.lab.unavailable import Refusal, explain, not_linux

UBUNTU = {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"}
DEBIAN = {"/proc/sys/kernel/unprivileged_userns_clone": "0"}
NONE = {"/proc/sys/user/max_user_namespaces": "0"}
CONTAINER = {"/proc/self/status": "Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1"}

CASES = [
    (Refusal("namespaces", errno.EPERM), UBUNTU, "kernel.apparmor_restrict_unprivileged_userns", "sysctl"),
    (Refusal("namespaces", errno.EACCES), UBUNTU, "kernel.apparmor_restrict_unprivileged_userns", "sysctl"),
    (Refusal("identity", errno.EPERM), UBUNTU, "AppArmor", "apparmor_restrict_unprivileged_userns=0"),
    (Refusal("namespaces", errno.EPERM), UBUNTU | CONTAINER, "AppArmor", "sysctl"),
    (Refusal("namespaces", errno.EPERM), DEBIAN, "kernel.unprivileged_userns_clone = 0", "userns_clone=1"),
    (Refusal("namespaces", errno.ENOSPC), NONE, "user.max_user_namespaces = 0", "user.max_user_namespaces="),
    (Refusal("namespaces", errno.EPERM), CONTAINER, "likely", "seccomp=unconfined"),
    (Refusal("namespaces", errno.EPERM), {}, "EPERM", "root"),
    (Refusal("namespaces", errno.ENOSPC), {}, "limit", "lsns"),
    (Refusal("namespaces", errno.EUSERS), {}, "nested", "outside"),
    (Refusal("namespaces", errno.EINVAL), {}, "kernel lacks", "CONFIG_NET_NS"),
    (Refusal("tun", errno.ENOENT), {}, "no /dev/net/tun", "modprobe tun"),
    (Refusal("tun", errno.ENODEV), {}, "no TUN driver", "modprobe tun"),
    (Refusal("tun", errno.EACCES), {}, "may not be opened", "chmod"),
    (Refusal("tun", errno.EBUSY), {}, "EBUSY", "veth"),
    (Refusal("veth", errno.EOPNOTSUPP), {}, "no veth", "modprobe veth"),
    (Refusal("veth", errno.EPERM), {}, "EPERM", "tun"),
    (Refusal("packet", errno.EAFNOSUPPORT), {}, "no packet sockets", "modprobe af_packet"),
    (Refusal("packet", errno.EPERM), {}, "EPERM", "tun"),
    (Refusal("import", 0, "No module named 'pyroute2'"), {}, "pyroute2", "pip install pyroute2"),
    (Refusal("import", 0, "No module named 'x'"), {}, "No module named 'x'", "reinstall"),
    (Refusal("crash", 0, "Traceback…\nValueError: odd"), {}, "ValueError: odd", "report"),
    (Refusal("keeper", 0, ""), {}, "keeper", "report"),
    (Refusal("address", errno.EEXIST), {}, "EEXIST", "report"),
    (Refusal("start", errno.EMFILE), {}, "ulimit -n", "ulimit -n 256"),
    (Refusal("crash", 0, "…\nOSError: [Errno 24] Too many open files"), {}, "ulimit -n", "ulimit -n 256"),
    (Refusal("keeper", 0, "python: error while loading: Error 24"), {}, "ulimit -n", "ulimit -n 256"),
    (Refusal("tun", errno.ENFILE), {}, "fs.file-max", "sysctl"),
    (Refusal("keeper", errno.EAGAIN), {}, "ulimit -u", "end some"),
    (Refusal("crash", 0, "…\nRuntimeError: can't start new thread"), {}, "ulimit -u", "end some"),
    (Refusal("tun", errno.ENOENT), {}, "no /dev/net/tun", "--link veth"),
    (Refusal("veth", errno.EPERM), {}, "EPERM", "--link tun"),
]


@pytest.mark.parametrize(("refusal", "machine", "reason", "cure"), CASES)
def test_reason_and_cure(refusal: Refusal, machine: dict[str, str], reason: str, cure: str) -> None:
    unavailable = explain(refusal, machine.get)
    assert reason in unavailable.reason
    assert cure in unavailable.cure
    assert unavailable.reason in str(unavailable)
    assert "\n" not in str(unavailable)


def test_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PrivateNetworkUnavailable, match="darwin"):
        PrivateNetwork()
    assert "Linux" in not_linux("darwin").cure


def test_wrong_use() -> None:
    with pytest.raises(ValueError, match="tun, veth"):
        PrivateNetwork(link="ethernet")
    with pytest.raises(ValueError, match="1,280"):
        PrivateNetwork(mtu=1000)


def test_no_python_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper ends at once: what it said is the reason, and nothing hangs."""
    monkeypatch.setattr(sys, "path", ["/nonexistent"])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(PrivateNetworkUnavailable, match="keeper"):
        PrivateNetwork()


def test_a_system_without_user_namespaces_says_so_for_real() -> None:
    """In a user namespace whose limit is 0, as an unprivileged user would meet it."""
    require(World("nobody", "veth"))
    code = (
        "from pathlib import Path\n"
        "from handshook.lab import PrivateNetwork, PrivateNetworkUnavailable, libc\n"
        "import os\n"
        "libc.unshare(libc.CLONE_NEWUSER)\n"
        "Path('/proc/sys/user/max_user_namespaces').write_text('0')\n"
        "try:\n"
        "    PrivateNetwork()\n"
        "except PrivateNetworkUnavailable as unavailable:\n"
        "    print(unavailable)\n"
    )
    environment = World("root", "veth").environment()
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, capture_output=True, timeout=HANG, env=environment, check=True)
    assert b"user.max_user_namespaces = 0" in done.stdout, done
