# Serves the files of public/, and two answers of its own. It needs no module but perl-base's.
use strict;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 50, ReuseAddr => 1) or die $!;
$SIG{TERM} = sub { exit 0 };

while (my $client = $server->accept) {
    my ($method, $path) = split ' ', <$client> // '';
    my $length = 0;
    while (my $line = <$client>) {
        last if $line eq "\r\n";
        $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
    }
    read $client, my $body, $length;
    $path = '/index.html' if $path eq '/';
    my ($status, $type, $text) = ('404 Not Found', 'text/plain', "nothing here\n");
    if ($path eq '/healthz') {
        ($status, $text) = ('200 OK', "fine\n");
    } elsif ($method eq 'POST' && $path eq '/echo') {
        ($status, $text) = ('200 OK', $body);
    } elsif ($path =~ m{^/[a-z]+\.html$} && open my $file, '<', "public$path") {
        ($status, $type, $text) = ('200 OK', 'text/html', join '', <$file>);
    }
    print $client "HTTP/1.1 $status\r\nContent-Type: $type\r\nConnection: close\r\n",
        'Content-Length: ', length $text, "\r\n\r\n$text";
    close $client;
}
