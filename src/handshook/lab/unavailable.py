"""Why a private network can't be had here, and what would change that.

The kernel's refusals are errnos that mean several things; which one it was is read off the machine's own
settings. What is known is stated, what is only likely is called that.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

from .limits import limit_met


class PrivateNetworkUnavailable(RuntimeError):
    """No private network on this machine, for this user. `reason` and `cure` are one line each."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(f"{reason}; {cure}")
        self.reason = reason
        self.cure = cure


class PrivateNetworkEnded(RuntimeError):
    """The private network has gone while it was in use: its keeper or its first process was killed."""

    def __init__(self) -> None:
        super().__init__("the private network has ended: its keeper or its first process was killed")


def read_setting(path: str) -> str | None:
    """What a file under /proc or /sys says, stripped; None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return None


@dataclass(frozen=True)
class Refusal:
    """A step of the set-up that failed, as the keeper or init tells it; `number` is the errno, or 0."""

    step: str
    number: int
    text: str = ""


def explain(refusal: Refusal, setting: Callable[[str], str | None] = read_setting) -> PrivateNetworkUnavailable:
    """Turns a refused step into a reason and a cure, looking at the machine through `setting`."""
    explanations: dict[str, Callable[[Refusal, Callable[[str], str | None]], tuple[str, str]]] = {
        "import": _no_library,
        "namespaces": _no_namespaces,
        "identity": _no_namespaces,
        "tun": _no_tun,
        "veth": _no_veth,
        "packet": _no_packet_socket,
    }
    limit = limit_met(refusal.number, refusal.text)
    if limit is not None:
        return PrivateNetworkUnavailable(*limit)
    describe = explanations.get(refusal.step, _unforeseen)
    return PrivateNetworkUnavailable(*describe(refusal, setting))


def not_linux(platform: str) -> PrivateNetworkUnavailable:
    """For a system that has no network namespaces."""
    return PrivateNetworkUnavailable(
        f"a private network is made of Linux network namespaces and this system is {platform}",
        "run it on Linux, or in a Linux virtual machine",
    )


def _no_library(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    if "pyroute2" in refusal.text:
        return "pyroute2, which sets up the network's devices, is not installed", "pip install pyroute2"
    return (
        f"the keeper of the network could not start: {refusal.text}",
        "reinstall handshook in this environment",
    )


def _no_namespaces(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    number = refusal.number
    denied = number in (errno.EPERM, errno.EACCES)
    if setting("/proc/sys/user/max_user_namespaces") == "0" and (denied or number == errno.ENOSPC):
        return (
            "this system allows no user namespaces (user.max_user_namespaces = 0)",
            "sudo sysctl user.max_user_namespaces=10000, or run it as root",
        )
    if denied and setting("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return (
            "this system allows user namespaces to root only (kernel.unprivileged_userns_clone = 0)",
            "sudo sysctl kernel.unprivileged_userns_clone=1, or run it as root",
        )
    if denied and setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") not in (None, "0"):
        return (
            "AppArmor lets no unprivileged user set up a user namespace "
            "(kernel.apparmor_restrict_unprivileged_userns = 1, Ubuntu's default)",
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run it as root",
        )
    if denied and _has_seccomp_filter(setting):
        return (
            f"making namespaces is forbidden here ({_name(number)} at {refusal.step}); "
            "a seccomp filter is active, as in a container, and is the likely cause",
            "start the container with --privileged, or with --cap-add SYS_ADMIN --cap-add NET_ADMIN "
            "--security-opt seccomp=unconfined --security-opt apparmor=unconfined",
        )
    if number == errno.ENOSPC:
        return (
            "the limit on namespaces is reached (one of user.max_user_namespaces, max_net_namespaces, "
            "max_pid_namespaces, max_mnt_namespaces), here or in an outer namespace",
            "raise that limit with sysctl, or end what holds the namespaces: lsns lists them",
        )
    if number == errno.EUSERS:
        return (
            "user namespaces are nested too deep here (32 at most)",
            "run it outside of some of the containers",
        )
    if number in (errno.EINVAL, errno.ENOSYS):
        return (
            f"this kernel lacks network, pid or user namespaces ({_name(number)} at {refusal.step})",
            "use a kernel with CONFIG_NET_NS, CONFIG_PID_NS and CONFIG_USER_NS",
        )
    return (
        f"making namespaces is forbidden here ({_name(number)} at {refusal.step}); "
        "a security module, a container's policy or a chroot can be why",
        "run it as root outside of the container or chroot",
    )


def _no_tun(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    if refusal.number == errno.ENOENT:
        return (
            "there is no /dev/net/tun",
            "sudo modprobe tun, in a container --device /dev/net/tun, or use --link veth",
        )
    if refusal.number in (errno.ENODEV, errno.ENXIO):
        return "this kernel has no TUN driver", "sudo modprobe tun, or use --link veth"
    if refusal.number in (errno.EACCES, errno.EPERM):
        return (
            f"/dev/net/tun may not be opened by this user ({_name(refusal.number)})",
            "sudo chmod 0666 /dev/net/tun, in a container --device /dev/net/tun, or use --link veth",
        )
    return f"the TUN device was refused ({_name(refusal.number)})", "use --link veth"


def _no_veth(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    if refusal.number in (errno.EOPNOTSUPP, errno.ENODEV):
        return "this kernel has no veth driver", "sudo modprobe veth, or use --link tun"
    return f"the veth pair was refused ({_name(refusal.number)})", "use --link tun"


def _no_packet_socket(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    if refusal.number == errno.EAFNOSUPPORT:
        return "this kernel has no packet sockets", "sudo modprobe af_packet, or use --link tun"
    return f"the packet socket was refused ({_name(refusal.number)})", "use --link tun"


def _unforeseen(refusal: Refusal, setting: Callable[[str], str | None]) -> tuple[str, str]:
    last_line = (refusal.text.strip().splitlines() or ["no further word"])[-1]
    return (
        f"setting up the private network failed at {refusal.step} "
        f"({_name(refusal.number) if refusal.number else last_line})",
        "please report this with the kernel's version (uname -r)",
    )


def _has_seccomp_filter(setting: Callable[[str], str | None]) -> bool:
    status = setting("/proc/self/status") or ""
    return any(line.split() == ["Seccomp:", "2"] for line in status.splitlines())


def _name(number: int) -> str:
    return f"{errno.errorcode.get(number, number)}, {os.strerror(number)}"
