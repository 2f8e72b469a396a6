package Shop;
use Mojo::Base 'Mojolicious';

sub startup {
    my $self = shift;
    $self->secrets(['field']);
    push @{$self->plugins->namespaces}, 'Shop::Plugin';
    push @{$self->commands->namespaces}, 'Shop::Command';
    $self->plugin('Prices');
    my $r = $self->routes;
    $r->get('/' => sub { shift->render(text => 'shop') });
    $r->get('/teas')->to('teas#list');
    $r->get('/teas/:name' => [format => ['json']])->to('teas#show', format => undef);
    $r->get('/count')->to('teas#count');
    $r->get('/table.xls')->to('teas#table');
    $r->get('/day')->to('teas#day');
    $r->post('/order')->to('teas#order');
}

1;
