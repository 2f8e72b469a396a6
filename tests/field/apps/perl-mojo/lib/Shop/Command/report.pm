package Shop::Command::report;
use Mojo::Base 'Mojolicious::Command';

has description => 'Print the report';

sub run {
    require Text::Markdown;
    print Text::Markdown::markdown('# Daily report');
}

1;
