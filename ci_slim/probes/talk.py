"""Talks to a server over a socket, with the perl of the toolkit.

curl cannot speak plain TCP, UDP or WebSocket, and bash cannot open Unix sockets. perl can do it
with its built-in functions, so the toolkit needs none of its modules. What is sent goes into a
file. What is received is written to standard output unchanged.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import Literal

from ci_slim.probes.exchange import Carried, Ran, Way
from ci_slim.probes.model import BODY_LIMIT, Answer, Expect

PROGRAM = "perl"
TLS_PROGRAM = "openssl"
"""perl has no TLS of its own, so it starts this program, which encrypts what it is given."""
QUIET = 0.5
"""Seconds without another byte after which an answer is complete."""

_REFUSED, _TIMED_OUT, _BROKEN = 7, 28, 56

_SCRIPT = rb"""
my ($file, $left, $type, $limit, @addresses) = @ARGV;
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { leave(28) };
alarm(int($left) + 2);
binmode(STDOUT);
my ($got, $all, $closed, $tls) = ('', 0, 0, 0);

sub leave {
    my ($code, $why) = @_;
    ($code, $why) = (7, 'no TLS connection') if $tls && !$all && $code == 56;
    kill 9, $tls if $tls;
    print STDERR $why if defined $why;
    exit $code;
}

sub encrypt {
    my ($address, $port) = @_;
    open(SELF, '<', '/proc/self/cmdline') or leave(2, "$!");
    my ($loader, $flag, $libraries, $perl) = split /\0/, join('', <SELF>);
    my @program = ('openssl');
    if ($flag eq '--library-path') {
        $perl =~ s/perl$/openssl/;
        @program = ($loader, $flag, $libraries, $perl);
    }
    my $host = length $address == 8 ? join('.', map { hex } $address =~ /../g)
        : '[' . join(':', $address =~ /..../g) . ']';
    socketpair(S, T, 1, 1, 0) or leave(7, "$!");
    $tls = fork;
    leave(7, "$!") unless defined $tls;
    if (!$tls) {
        open(STDIN, '<&T');
        open(STDOUT, '>&T');
        open(STDERR, '>', '/dev/null');
        close S;
        exec(@program, 's_client', '-quiet', '-connect', "$host:$port");
        exit 127;
    }
    close T;
}

sub reach {
    for (@addresses) {
        my ($family, $where, $port) = split /:/;
        return encrypt($where, $port) if $family eq 'tls';
        my $to = $family eq 'unix' ? pack('S a*', 1, pack('H*', $where) . "\0")
            : $family eq 'inet' ? pack('S n a4 x8', 2, $port, pack('H*', $where))
            : pack('S n N a16 N', 10, $port, 0, pack('H*', $where), 0);
        my $number = $family eq 'unix' ? 1 : $family eq 'inet' ? 2 : 10;
        next unless socket(S, $number, $type, 0);
        return 1 if connect(S, $to);
    }
    leave(7, "$!");
}

sub readable {
    my ($most) = @_;
    my $set = '';
    vec($set, fileno(S), 1) = 1;
    my ($found, $rest) = select($set, undef, undef, $most);
    $left -= $most - $rest;
    return $found > 0;
}

sub take {
    my $count = sysread(S, my $bytes, 65536);
    leave($! == 111 ? 7 : 56, "$!") unless defined $count;
    leave(56) if !$count && $tls && !$all;
    $closed = 1 if !$count && $type == 1;
    my $room = $limit - $all;
    print STDOUT substr($bytes, 0, $room) if $room > 0;
    $all += $count;
    $got = substr($got . $bytes, -1048576);
    $closed = 1 if $all >= $limit;
}

sub hear {
    my ($until, $literal) = @_;
    while (!$closed) {
        return if $until eq 'text' && index($got, $literal) >= 0;
        my $pause = $until eq 'quiet' && length $got ? 0.5 : $left;
        $pause = $left if $pause > $left;
        leave(28) if $left <= 0;
        if (readable($pause)) { take() }
        elsif ($until eq 'quiet' && length $got) { return }
        else { leave(28) }
    }
}

$| = 1;
open(STEPS, '<', $file) or leave(2, "$!");
my @steps = <STEPS>;
reach();
for (@steps) {
    my ($what, $hex) = split;
    my $bytes = pack('H*', defined $hex ? $hex : '');
    if ($what eq 'send') {
        $got = '';
        while (length $bytes) {
            my $count = syswrite(S, $bytes);
            # As with a socket of its own, what is sent to a server that has just closed is lost.
            last if !defined $count && $tls && $all;
            leave(56, "$!") unless defined $count;
            substr($bytes, 0, $count) = '';
        }
    }
    elsif ($what eq 'end') { shutdown(S, 1) }
    else { hear($what, $bytes) }
}
leave(0);
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a conversation. `send`: send these bytes. `end`: nothing more will be sent. The
    others wait: `quiet` for an answer and then silence, `text` for these bytes, `eof` for
    the end."""

    what: Literal["send", "end", "quiet", "text", "eof"]
    data: bytes = b""


def over_port(
    way: Way, port: int, steps: Iterable[Step], timeout: float, *, udp: bool = False
) -> Carried:
    """A conversation over TCP or UDP with a port of the target."""
    hosts = dict.fromkeys((way.host, "127.0.0.1", "::1"))
    addresses = []
    for host in hosts:
        address = ip_address(host)
        family = "inet" if address.version == 4 else "inet6"
        addresses.append(f"{family}:{address.packed.hex()}:{port}")
    return _call(way, steps, timeout, "2" if udp else "1", addresses[:1] if udp else addresses)


def over_tls(way: Way, port: int, steps: Iterable[Step], timeout: float) -> Carried:
    """A conversation over TLS. The certificate is not verified, because the server is reached by
    its address."""
    address = f"tls:{ip_address(way.host).packed.hex()}:{port}"
    return _call(way, steps, timeout, "1", [address])


def _call(
    way: Way, steps: Iterable[Step], timeout: float, kind: str, addresses: Iterable[str]
) -> Carried:
    lines = "".join(f"{step.what} {step.data.hex()}\n" for step in steps).encode()
    files = {f"talk-{sha256(text).hexdigest()[:16]}": text for text in (_SCRIPT, lines)}
    script, said = (f"{way.scratch.rstrip('/')}/{name}" for name in files)
    argv = (script, said, f"{timeout:g}", kind, str(BODY_LIMIT), *addresses)
    return Carried(PROGRAM, argv, files)


def turns(send: Iterable[bytes], expect: Expect, *, greeting: bool = False) -> tuple[Step, ...]:
    """The steps of a conversation of texts. The last step waits for the expected text, or until the
    server is silent."""
    found = [Step("quiet")] if greeting else []
    for text in send:
        found += [Step("send", text), Step("quiet")]
    if not found and (expect.body or expect.body_regex or expect.json):
        found = [Step("quiet")]
    if found and expect.body:
        found[-1] = Step("text", expect.body.encode())
    return tuple(found)


def heard(ran: Ran, timeout: float, whom: str, expect: Expect) -> Answer:
    """What the server said, cut at BODY_LIMIT."""
    error = trouble(ran, timeout, whom)
    if expect.body and ran.stdout and error.startswith("timed out"):
        error = ""  # it answered, but not with the expected text
    return Answer(False, None, ran.ms, ran.stdout[:BODY_LIMIT], error=error)


def trouble(ran: Ran, timeout: float, whom: str) -> str:
    """Why the conversation ended early, or "" if it did not. `whom` is `port 6379` or the like."""
    if ran.error or ran.code == 0:
        return ran.error
    detail = ran.stderr[-200:].decode(errors="replace").strip()
    if ran.code == _REFUSED:
        refused = "connection refused" if "refused" in detail else detail
        return f"{refused} on {whom}"
    if ran.code == _TIMED_OUT:
        part = " in the middle of the answer" if ran.stdout else " without an answer"
        return f"timed out after {timeout:g} s{part}"
    if ran.code == _BROKEN:
        return f"the connection broke: {detail}"
    return f"perl gave no result (exit {ran.code}): {detail or 'it wrote nothing'}"
