# The tea house's own directive: [[!tea cups=3]]
package IkiWiki::Plugin::tea;

use warnings;
use strict;
use IkiWiki 3.00;

sub import {
	hook(type => "getsetup", id => "tea", call => sub { return plugin => { safe => 1, rebuild => undef } });
	hook(type => "preprocess", id => "tea", call => \&preprocess);
}

sub preprocess (@) {
	my %params = @_;
	error("how many cups?") unless ($params{cups} // '') =~ /^\d+$/;
	return '<span class="tea">' . ('(cup)' x $params{cups}) . '</span>';
}

1
