"""The user that runs the servers: Postgres refuses root, so root's servers run as a plain user of the machine."""

import ctypes
import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from workbench.servers.errors import ServerError

PLAIN_USERS = ("nobody", "daemon")

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAP_SETPCAP = 8
CAPABILITY_VERSION = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class ServerUser:
    """A user and group, and the one capability that user needs to read below closed folders (0: none)."""

    uid: int
    gid: int
    capability: int = 0

    @property
    def is_our_own(self) -> bool:
        return self.uid == os.geteuid()

    def own(self, folder: Path) -> None:
        """Hand a folder over to the user, if need be."""
        if not self.is_our_own:
            os.chown(folder, self.uid, self.gid)

    def assume(self) -> None:
        """Become this user for good. Runs in a child between fork and exec."""
        if self.is_our_own:
            return
        if self.capability:
            # Without this the change of user takes every capability away, and access(2) would overlook the one kept.
            _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
        os.setgroups([])
        os.setresgid(self.gid, self.gid, self.gid)
        os.setresuid(self.uid, self.uid, self.uid)
        if self.capability:
            _keep_only(self.capability)


def user_for(*must_reach: Path, cluster: Path) -> ServerUser:
    """Return the present user, or for root a plain one: the owner of the cluster if there is one, else nobody.

    A clone in root's own home is closed to that user. The plain user then gets the capability to read, without opening
    the folders to everybody else. Raises ServerError where the machine does not let us hand that capability on.
    """
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    user = _owner_of(cluster) or _plain_user()
    closed = [path for path in (*must_reach, cluster) if not _can_pass(path, user.pw_uid, user.pw_gid)]
    if not closed:
        return ServerUser(user.pw_uid, user.pw_gid)
    ours = _effective_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if ours >> capability & 1 and ours >> CAP_SETPCAP & 1:
            return ServerUser(user.pw_uid, user.pw_gid, capability)
    raise ServerError(
        f"As root the embedded servers run as {user.pw_name}, who may not enter {closed[0]}. "
        "Clone into a folder that everybody may enter, or run as an ordinary user."
    )


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel to send us this signal when the parent's thread ends, however it ends.

    The kernel forgets the request on every change of user: call this last.
    """
    _prctl(PR_SET_PDEATHSIG, signal_number)


def _owner_of(cluster: Path) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(cluster.stat().st_uid) if cluster.stat().st_uid else None
    except (FileNotFoundError, KeyError):
        return None


def _plain_user() -> pwd.struct_passwd:
    for name in PLAIN_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("As root the embedded servers need a plain user to run as; this machine has no `nobody`.")


def _can_pass(path: Path, uid: int, gid: int) -> bool:
    """Tell whether this user may enter every folder above the path."""
    for folder in path.resolve().parents:
        status = folder.stat()
        if status.st_uid == uid:
            may_enter = status.st_mode & 0o100
        elif status.st_gid == gid:
            may_enter = status.st_mode & 0o010
        else:
            may_enter = status.st_mode & 0o001
        if not may_enter:
            return False
    return True


def _effective_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilitySet(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _keep_only(capability: int) -> None:
    bit = 1 << capability
    header = _CapabilityHeader(CAPABILITY_VERSION, 0)
    sets = (_CapabilitySet * 2)(_CapabilitySet(bit, bit, bit), _CapabilitySet(0, 0, 0))
    if libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _prctl(option: int, *values: int) -> None:
    arguments = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]
    if libc.prctl(option, *arguments) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")
