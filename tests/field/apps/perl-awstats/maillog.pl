#!/usr/bin/perl
# Turns Postfix's log into the lines that AWStats reads for LogType=M.
use strict;
use warnings;
my %month = (Jan => 1, Feb => 2, Mar => 3, Apr => 4, May => 5, Jun => 6, Jul => 7, Aug => 8, Sep => 9, Oct => 10, Nov => 11, Dec => 12);
my $year = shift // 2026;
my %mail;
while (<STDIN>) {
    my ($mon, $day, $time, $id, $text) = /^(\w+)\s+(\d+) ([\d:]+) \S+ postfix\/\S+: (\w+): (.*)/ or next;
    $mail{$id}{host} = $1 if $text =~ /client=(\S+?)\[/;
    @{$mail{$id}}{qw(from size)} = ($1, $2) if $text =~ /from=<(.*?)>, size=(\d+)/;
    if ($text =~ /to=<(.*?)>, relay=(\S+),.*status=(\w+)/) {
        printf "%04d-%02d-%02d %s %s %s %s %s SMTP - %d %d\n", $year, $month{$mon}, $day, $time,
            $mail{$id}{from}, $1, $mail{$id}{host}, $2, $3 eq 'sent' ? 1 : 999, $mail{$id}{size};
    }
}
