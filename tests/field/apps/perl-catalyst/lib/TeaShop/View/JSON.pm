package TeaShop::View::JSON;
use Moose;
extends 'Catalyst::View::JSON';
__PACKAGE__->config(expose_stash => 'json');
1;
