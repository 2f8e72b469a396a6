#!/usr/bin/env -S perl -w
# Uses each path of /opt/torture in the one way that its place says, and prints what it found.
use strict;
use POSIX ();

die "I must be the first process, not $$\n" unless $$ == 1;
die "the environment is not clear: @{[ %ENV ]}\n" if grep { $_ ne "PATH" } keys %ENV;
my $top = "/opt/torture";
my @told;
$SIG{QUIT} = sub { print "stopped\n"; exit 0 };
$| = 1;

sub walk {
    my ($folder) = @_;
    opendir my $handle, $folder or die "$folder: $!";
    for my $name (sort grep { $_ ne "." && $_ ne ".." } readdir $handle) {
        my $path = "$folder/$name";
        my @seen = lstat $path or die "$path: $!";
        my $what = "";
        if (-l _) { $what = readlink $path }
        elsif (-d _) { push @told, "$path"; walk($path); next }
        elsif (-f _) { open my $in, "<", $path or die "$path: $!"; local $/; $what = unpack "%32C*", scalar <$in> }
        push @told, join " ", $path, @seen[2, 3, 4, 5, 7], $what;
    }
}
walk("$top/$_") for qw(links other many modes names files gone opaque file-to-folder);
walk("$top/folder-to-link/.");
push @told, -e "$top/looked/stat" ? "stat" : die;
push @told, POSIX::access("$top/looked/access", &POSIX::R_OK) ? "access" : die;
push @told, readlink "$top/looked/link" // die;
chdir "$top/looked/entered" or die;
chdir "$top/deep" or die;
for (1 .. 12) { chdir "d" x 100 or die $! }
open my $bottom, "<", "bottom" or die;
push @told, <$bottom>, do { open my $in, "<", "$top/rewritten" or die; <$in> }, do { open my $in, "<", "$top/three" or die; <$in> };
chdir "/" or die;

# Two hundred processes at once, each of which reads ten files.
my @children = map {
    my $number = $_;
    my $child = fork // die "$!";
    if (!$child) {
        for (1 .. 10) { open my $in, "<", "$top/threads/" . ($number * 10 + $_) or POSIX::_exit(9) }
        POSIX::_exit(0);
    }
    $child;
} 0 .. 199;
for (@children) { waitpid $_, 0; die "a child ended with $?" if $? }

print unpack("%32C*", join "\n", @told), " of ", scalar @told, "\n";
print "ready\n";
sleep 1 while 1;
