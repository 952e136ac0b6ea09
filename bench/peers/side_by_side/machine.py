"""Where a comparison runs: links between server and clients, and the account of a server's CPU."""
import os
import pathlib
import signal
import subprocess
import sys
import time

WAIT_SECONDS = 10


def give_up(what):
    sys.exit(f"bench/peers: {what}")


def end_in_order():
    """SIGTERM and the like unwind as an exception does, so that whatever is open ends what it started."""
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def stop(number, _frame):
        for each in signals:
            signal.signal(each, signal.SIG_IGN)  # a second one must not cut the ending short
        sys.exit(128 + number)

    for each in signals:
        signal.signal(each, stop)


class Loopback:
    """Every address of 127/8 is the host's own."""

    name, interface, server, first_client = "lo", "lo", "127.0.0.1", "127.1.0.1"
    client_prefix = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class VethPair:
    """The clients behind a veth pair, in a namespace of their own; the server in this one. Subclasses say what `ip` is told
    on either side."""

    interface, client_interface = "veth-server", "veth-clients"
    server_lines, client_lines = (), ()

    def __enter__(self):
        # Holds the namespace, and ends with this process.
        self.holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        namespace = f"/proc/{self.holder.pid}/ns/net"
        deadline = time.monotonic() + WAIT_SECONDS
        while os.readlink(namespace) == os.readlink("/proc/self/ns/net"):
            if time.monotonic() > deadline:
                give_up("no second network namespace")
            time.sleep(0.01)
        self.client_prefix = ["nsenter", f"--net={namespace}"]
        subprocess.run(f"ip link add veth-server type veth peer name veth-clients netns {self.holder.pid}".split(), check=True)
        for prefix, lines in (([], ("link set veth-server up",)), (self.client_prefix, ("link set lo up", "link set veth-clients up")),
                              ([], self.server_lines), (self.client_prefix, self.client_lines)):
            for line in lines:
                subprocess.run([*prefix, "ip", *line.split()], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run("ip link delete veth-server".split(), check=True)
        self.holder.stdin.close()
        self.holder.wait()


class Veth(VethPair):
    """All of 10.99/16 is local to the clients (AnyIP)."""

    name, server, first_client = "veth", "10.98.0.1", "10.99.0.1"
    server_lines = ("address add 10.98.0.1/24 dev veth-server", "route add 10.99.0.0/16 via 10.98.0.2")
    client_lines = ("address add 10.98.0.2/24 dev veth-clients", "route add local 10.99.0.0/16 dev lo")


LINKS = {"lo": Loopback, "veth": Veth}


class CpuGroup:
    """CPU seconds of a server and all it forks, dead children included: a version 2 control group's account. (in.tftpd forks
    for every transfer and never waits for it, so that process times would lose most of its work.)"""

    def __init__(self):
        mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
        roots = [fields[1] for fields in mounts if fields[2] == "cgroup2"]
        if not roots:
            give_up("no version 2 control group is mounted; mount -t cgroup2 none DIR")
        self.path = pathlib.Path(roots[0]) / f"rackcast-bench-{os.getpid()}"
        self.path.mkdir(exist_ok=True)

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self):
        """In all, and of it in user and kernel mode. Interrupts are in the kernel's share; the split is by sampling."""
        stat = dict(line.split() for line in (self.path / "cpu.stat").read_text().splitlines())
        return tuple(int(stat[key]) / 1e6 for key in ("usage_usec", "user_usec", "system_usec"))

    def end_leftovers(self):
        """Transfers a peer forked live on without it; everything in the group is this bench's own."""
        deadline = time.monotonic() + WAIT_SECONDS
        while pids := (self.path / "cgroup.procs").read_text().split():
            for pid in pids:
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > deadline:
                give_up(f"processes {pids} do not end")
            time.sleep(0.02)

    def close(self):
        self.end_leftovers()
        self.path.rmdir()
