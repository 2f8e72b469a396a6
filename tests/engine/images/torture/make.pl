#!/usr/bin/perl
# Makes /opt/torture: content that archives, layers and tracers stumble over. Run once, in the build.
use strict;
use warnings;
use POSIX qw(mkfifo);

my $top = "/opt/torture";
mkdir $_ or die "$_: $!" for $top, map { "$top/$_" } qw(links other many modes names looked files gone opaque deep);
sub put { my ($path, $text) = @_; open my $out, ">", $path or die "$path: $!"; print $out $text; close $out }

put("$top/links/one", "several names in several folders\n" x 99);
link "$top/links/one", $_ or die "$_: $!" for "$top/other/two", "$top/three", map { "$top/many/name-$_" } 1 .. 200;
symlink "loop-b", "$top/links/loop-a";
symlink "loop-a", "$top/links/loop-b";
symlink "/nowhere", "$top/links/dangling";
symlink "../other/./two", "$top/links/relative";

my $number = 0;
for my $mode (0400, 0644, 01755, 02755, 04755, 06711) {
    my $path = sprintf "%s/modes/%04o", $top, $mode;
    put($path, "mode\n");
    chown 3_000_000 + $number, 2_200_000 + $number++, $path or die $!;
    chmod $mode, $path or die $!;
}
put("$top/modes/capable", "capable\n");
my $capability = pack "V5", 0x02000001, 1 << 13, 0, 0, 0;    # cap_net_raw+ep
my %setxattr = (amd64 => 188, arm64 => 5, armel => 226, armhf => 226);
chomp(my $architecture = qx(dpkg --print-architecture));
my ($path, $name) = ("$top/modes/capable", "security.capability");
syscall($setxattr{$architecture}, $path, $name, $capability, length $capability, 0) == 0 or die "setxattr: $!";
mkfifo("$top/modes/pipe", 0620) or die $!;
system(qw(mknod -m 0640), "$top/modes/null", qw(c 1 3)) == 0 or die;
system(qw(mknod -m 0604), "$top/modes/loop", qw(b 7 200)) == 0 or die;

put("$top/names/$_", "named\n")
    for "new\nline", "tab\there", "latin-\xe9\xff", "::error::x", "-rf", "[a]*?", "\$(id)`id`", "back\\slash",
    "quote'\"", "\xc3\xa4\xe6\xbc\xa2", "n" x 255;
chdir "$top/deep" or die;
for (1 .. 12) { my $part = "d" x 100; mkdir $part or die $!; chdir $part or die $! }
put("bottom", "more than a thousand bytes down\n");
chdir "/";

open my $sparse, ">", "$top/files/sparse" or die;
seek $sparse, 3_000_000, 0;
print $sparse "end\n";
close $sparse;
put("$top/files/empty", "");
put("$top/files/old", "1999\n");
utime 930_000_000, 930_000_000, "$top/files/old";
mkdir "$top/threads" or die;
put("$top/threads/$_", "$_\n") for 1 .. 2000;
mkdir "$top/looked/$_" or die for qw(entered);
put("$top/looked/$_", "$_\n") for qw(stat access);
symlink "target that is not there", "$top/looked/link";

put("$top/gone/deleted", "x");
put("$top/opaque/before", "x");
put("$top/file-to-folder", "x");
mkdir "$top/folder-to-link" or die;
put("$top/folder-to-link/x", "x");
put("$top/rewritten", "first\n");
