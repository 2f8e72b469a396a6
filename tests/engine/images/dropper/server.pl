# GET /: one more order is written down, and all are shown. It ends with 0 on SIGQUIT.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(setuid setgid);

my $socket = IO::Socket::INET->new(LocalPort => 80, Listen => 5, ReuseAddr => 1) or die "port 80: $!";
open my $log, '>>', '/var/log/dropper/log' or die "log: $!";
chown 33, 33, '/var/log/dropper/log' or die "chown: $!";
open my $pid, '>', '/run/dropper/pid' or die "pid file: $!";
print $pid "$$\n";
close $pid;
open my $key, '<', '/var/lib/dropper/orders' or die "as root: $!";
close $key;
$) = '33 33';
setgid(33) or die "setgid: $!";
setuid(33) or die "setuid: $!";
$SIG{QUIT} = sub { exit 0 };
while (1) {
    my $client = $socket->accept or next;
    <$client>;
    my $body = eval {
        open my $orders, '+>>', '/var/lib/dropper/orders' or die "orders: $!";
        print $orders "order\n";
        seek $orders, 0, 0;
        join '', map { chomp; "$_;" } (readline $orders)[0 .. 1];
    };
    my $status = defined $body ? '200 OK' : '500 Error';
    $body //= $@;
    print $client "HTTP/1.0 $status\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    close $client;
}
