package Tasks::Format::HTML;
use strict;
use warnings;
use Template;

sub write {
    my $class = shift;
    my $template = Template->new(INCLUDE_PATH => 'templates', WRAPPER => 'page.tt');
    $template->process('tasks.tt', { tasks => \@_ }, \my $text) or die $template->error;
    $text;
}

1;
