package Tasks::Format::XML;
use strict;
use warnings;
use XML::Writer;

sub write {
    my $class = shift;
    my $writer = XML::Writer->new(OUTPUT => 'self', DATA_MODE => 1);
    $writer->startTag('tasks');
    $writer->dataElement(task => $_->{title}, state => $_->{state}) for @_;
    $writer->endTag;
    "$writer";
}

1;
