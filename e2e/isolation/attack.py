"""Tries what an application must not be able to do. Prints a JSON object: attack -> "refused: why" or "SUCCEEDED: what"."""
import ctypes
import json
import os
import socket
import stat
import subprocess
import sys

target = json.loads(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
SO_MARK, MARK = 36, 0x539
CLONE_NEWUSER = 0x10000000
results = {}


def attack(name):
    def run(function):
        try:
            won = function()
            results[name] = f"SUCCEEDED: {won}" if won else "refused: nothing found"
        except OSError as error:
            results[name] = f"refused: {error.strerror or error}"
        return function
    return run


def command(*words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=10)
    if done.returncode == 0:
        return " ".join(words)
    raise OSError((done.stderr.strip().splitlines() or ["exit status %d" % done.returncode])[-1])


def in_user_namespace(function):
    """Runs the function in a forked child that has a user namespace of its own."""
    receive, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if libc.unshare(CLONE_NEWUSER) != 0:
                raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))
            os.write(send, str(function()).encode())
        except OSError as error:
            os.write(send, f"refused: {error.strerror or error}".encode())
        os._exit(0)
    os.close(send)
    os.waitpid(pid, 0)
    said = os.read(receive, 4096).decode()
    if said.startswith("refused: "):
        raise OSError(said.removeprefix("refused: "))
    return said


def mark():
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
        return "the proxy's mark"


attack("mark a socket")(mark)


def mark6():
    with socket.socket(socket.AF_INET6) as probe:
        probe.setsockopt(socket.SOL_SOCKET, SO_MARK, MARK)
        return "the proxy's mark"


attack("mark an IPv6 socket")(mark6)
attack("mark a socket in a nested user namespace")(lambda: in_user_namespace(mark))
attack("open a raw socket")(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) and "raw")
attack("open a packet socket")(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3) and "packet")
attack("announce a neighbour")(lambda: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) and "raw ICMPv6")
attack("flush the rules of IPv6")(lambda: command("/usr/sbin/ip6tables", "-t", "nat", "-F"))
attack("flush the rules")(lambda: command("/usr/sbin/iptables", "-t", "nat", "-F"))
attack("flush the rules in a nested user namespace")(lambda: command("unshare", "-U", "/usr/sbin/iptables", "-t", "nat", "-F"))
attack("add an address")(lambda: command("/usr/sbin/ip", "address", "add", "10.1.2.3/32", "dev", "lo"))
attack("add an IPv6 address")(lambda: command("/usr/sbin/ip", "-6", "address", "add", "fd00:10:244::99/128", "dev", "lo"))
attack("add a way out for IPv6")(lambda: command("/usr/sbin/ip", "-6", "route", "add", "default", "dev", "eth0"))
attack("enter another network")(lambda: command("nsenter", "-t", "1", "-n", "true"))
attack("enter another mount namespace")(lambda: command("nsenter", "-t", str(os.getppid()), "-m", "true"))


@attack("read files of the mesh")
def read_files():
    seen = []
    for path in target["files"]:
        try:
            with open(path, "rb") as file:
                file.read(1)
            seen.append(path)
        except OSError:
            pass
    return seen


@attack("find the mesh's directories")
def find_directories():
    return [path for path in target["directories"] if os.path.isdir(path) and os.listdir(path)]


@attack("connect to a Unix socket")
def connect_sockets():
    reached = []
    candidates = list(target["sockets"])
    for top in ("/run", "/tmp", "/var/run", "/var/tmp", "/dev/shm", "/home", "/root"):
        for directory, _, files in os.walk(top):
            for name in files:
                path = os.path.join(directory, name)
                if stat.S_ISSOCK(os.lstat(path).st_mode):
                    candidates.append(path)
    with open("/proc/net/unix") as table:
        candidates += ["\0" + line.split()[-1][1:] for line in table if line.split()[-1].startswith("@")]
    for path in candidates:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(path)
                reached.append(path)
        except OSError:
            pass
    return reached


def others():
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) not in (os.getpid(),)]


@attack("see the proxy")
def see_proxy():
    seen = []
    for pid in others():
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                words = file.read()
            if "envoy" in words or "agent" in words.split("\0")[0]:
                seen.append(words)
        except OSError:
            pass
    return seen


@attack("read another process's environment by the host's number")
def read_environment():
    return [pid for pid in target["pids"] if os.path.exists(f"/proc/{pid}/environ") and open(f"/proc/{pid}/environ").read()]


@attack("kill the proxy by the host's number")
def kill_proxy():
    for pid in target["pids"]:
        os.kill(pid, 0)
    return target["pids"]


@attack("trace the proxy by the host's number")
def trace_proxy():
    if libc.ptrace(16, target["pids"][0], 0, 0) != 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "attached"


attack("uncover a hidden directory")(lambda: command("umount", "-l", "/run"))
attack("uncover a hidden directory in a nested namespace")(lambda: command("unshare", "-Um", "umount", "-l", "/run"))
attack("uncover a hidden directory as root of a nested namespace")(lambda: command("unshare", "-Urm", "sh", "-c", "umount -l /run || umount -l /tmp"))
attack("mount")(lambda: command("mount", "-t", "tmpfs", "none", "/mnt"))


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


attack("let accepted connections inherit marks")(lambda: write("/proc/sys/net/ipv4/tcp_fwmark_accept", "1"))
attack("have an IPv6 link-local address")(lambda: write("/proc/sys/net/ipv6/conf/eth0/addr_gen_mode", "0"))
attack("route to loopback")(lambda: write("/proc/sys/net/ipv4/conf/all/route_localnet", "1"))


@attack("change the mesh's programs")
def change_programs():
    changed = []
    for path in target["programs"]:
        try:
            os.close(os.open(path, os.O_WRONLY))
            changed.append(path)
        except OSError:
            pass
    return changed


@attack("reach the admin port")
def reach_admin():
    with socket.create_connection(("127.0.0.1", 15000), 1):
        return "15000"


@attack("reach the host's loopback")
def reach_host():
    with socket.create_connection((target["gateway"], target["api"]), 2) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.recv(64).decode()


@attack("reach the host, its link or its metadata service over IPv6")
def reach_host6():
    reached = []
    for address in target["addresses6"]:
        for port in (target["api"], 80, 53):
            try:
                with socket.create_connection((address, port), 2) as client:
                    client.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    if client.recv(64):
                        reached.append((address, port))
            except OSError:
                pass
    return reached


@attack("have capabilities")
def have_capabilities():
    with open("/proc/self/status") as status:
        lines = dict(line.rstrip().split(":\t", 1) for line in status if line.startswith(("Cap", "NoNewPrivs")))
    held = {name: value for name, value in lines.items() if name.startswith("Cap") and int(value, 16) != 0}
    return held or (lines["NoNewPrivs"] != "1" and lines)


print(json.dumps(results))
