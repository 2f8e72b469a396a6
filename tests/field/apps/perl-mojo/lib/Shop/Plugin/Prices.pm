package Shop::Plugin::Prices;
use Mojo::Base 'Mojolicious::Plugin';

sub register {
    my ($self, $app) = @_;
    $app->helper(price => sub { sprintf '%.2f EUR', $_[1] });
}

1;
