#!/usr/bin/perl
# A server that needs a file only under a condition that a simple probe does not meet: MODE says
# which. The file's path is put together while it runs, so that nobody can read it from this text.
use strict;
use warnings;
use IO::Socket::INET;

my $mode = $ENV{MODE} // "plain";
my ($asked, $began, $reloaded) = (0, time, 0);
$| = 1;

sub place { join "/", "", "var", "lib", "of-" . reverse("suorehcaert"), $_[0] }

sub content {
    open my $file, "<", place($_[0]) or die "cannot open $_[0]\n";
    my $line = <$file>;
    chomp $line;
    return $line;
}

sub traced {
    open my $status, "<", "/proc/self/status" or die;
    return grep { /^TracerPid:\t[1-9]/ } <$status>;
}

my %answer = (
    plain   => sub { "hello" },
    second  => sub { $asked > 1 ? content("second") : "first" },
    order   => sub { $_[0] eq "/b" && $asked > 3 ? content("order") : "hello" },
    exists  => sub { $asked > 1 && -e place("exists") ? "with" : "without" },
    tracer  => sub { traced() ? "a word" : content("tracer") },
    unlike  => sub { traced() ? "traced" : "not traced" },
    clock   => sub { "it is " . localtime() . " in process $$ since $began, asked $asked times" },
    flaky   => sub { traced() ? "hello" : die "not now\n" },
    timer   => sub { "hello" },
    hup     => sub { $reloaded ? "reloaded" : "hello" },
    restart => sub { "hello" },
    many    => sub { "hello" },
    stop    => sub { "hello" },
    late    => sub { sleep 1; "slow" },
    paths   => sub { content(substr $_[0], 1) },    # /second reads the file `second`
);

$SIG{TERM} = sub { content("stop") if $mode eq "stop"; exit 0 };
$SIG{HUP} = sub { content("hup") if $mode eq "hup"; $reloaded = 1 };
$SIG{PIPE} = "IGNORE";
if ($mode eq "restart" && -e "/data/seen") { content("restart") }
if ($mode eq "restart") { open my $seen, ">", "/data/seen" or die; }

my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 50, ReuseAddr => 1) or die "$!";
my ($fired, @waiting) = (0);
while (1) {
    my $ready = "";
    vec($ready, fileno($server), 1) = 1;
    my $came = select($ready, undef, undef, 0.2);
    if ($mode eq "timer" && !$fired && time - $began > 3) { content("timer"); $fired = 1 }
    next unless $came > 0;
    my $client = $server->accept or next;
    my $line = <$client> // next;
    while (defined(my $header = <$client>)) { last if $header =~ /^\r?\n$/ }
    $asked++;
    my ($path) = $line =~ /^\S+ (\S+)/;
    if ($mode eq "many") {    # two at the same time need a file
        push @waiting, $client;
        my $more = "";
        vec($more, fileno($server), 1) = 1;
        next if @waiting < 2 && select($more, undef, undef, 0.3) > 0;
        my $word = eval { @waiting > 1 ? content("many") : "hello" };
        reply($_, $word) for splice @waiting;
        next;
    }
    reply($client, eval { $answer{$mode}->($path) });
}

sub reply {
    my ($client, $word) = @_;
    my $status = defined $word ? "200 OK" : "500 Internal Server Error";
    # In the mode `many` both answer the same, whether they came together or not.
    $word = "hello" if $mode eq "many" && defined $word;
    my $body = ($word // "sorry") . "\n";
    print $client "HTTP/1.1 $status\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        . "Content-Length: " . length($body) . "\r\n\r\n$body";
    close $client;
}
